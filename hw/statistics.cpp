#include "hw/statistics.hpp"

namespace niclab::hw {

std::uint32_t Statistics::read(reg::Offset offset) {
  if (!owns(offset)) return 0;
  const std::uint32_t value = values_[index(offset)];
  if (is_low_half(offset)) return value;
  values_[index(offset)] = 0;
  if (const reg::Offset low = low_half(offset)) values_[index(low)] = 0;
  return value;
}

std::uint32_t Statistics::snapshot(reg::Offset offset) const {
  return owns(offset) ? values_[index(offset)] : 0;
}

void Statistics::reset() {
  values_.fill(0);
  rqdpc_.fill(0);
}

}  // namespace niclab::hw
