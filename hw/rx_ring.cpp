#include "hw/rx_ring.hpp"

#include <utility>

namespace niclab::hw {

void RxRing::set_enabled(bool enable) {
  if (enable && !enabled()) {
    restart(0);
    oldest_ = total_ = done_ = 0;
    released_ = false;
  }
  DescriptorPrefetch::set_enabled(enable);
}

std::optional<RxBurst> RxRing::next_writeback() {
  if (!released_) return std::nullopt;
  const RxBurst burst{oldest_, done_};
  oldest_ = index_after(oldest_, done_);
  total_ -= done_;
  done_ = 0;
  released_ = false;
  return burst;
}

}  // namespace niclab::hw
