#include "driver/hardware.hpp"

namespace niclab::igb {

void Hardware::check_removed(reg::Offset offset) {
  if (removed_) return;
  // Any register may hold all ones by chance, CTRL cannot.
  if (offset != reg::CTRL && pdev_.mmio_read32(0, reg::CTRL) != ~std::uint32_t{0}) return;
  removed_ = true;
  if (when_removed_) when_removed_();
  kernel_.log("igb " + pdev_.address().to_string() + ": PCIe link lost, device now detached");
}

}  // namespace niclab::igb
