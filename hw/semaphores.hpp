// The semaphores software and firmware share: SWSM and SW_FW_SYNC (fact base 2.4.5). One object per device;
// every port sees the same two registers.
#pragma once

#include <cstdint>

#include "hw/register_fields.hpp"

namespace niclab::hw {

class Semaphores {
 public:
  /// Test and set: the value before SMBI is taken by this very read.
  std::uint32_t read_swsm() {
    const std::uint32_t before = swsm_;
    swsm_ |= reg::swsm::SMBI;
    return before;
  }
  /// SMBI can only be released; SWESMBI sticks at once, as no firmware holds its side.
  void write_swsm(std::uint32_t v) {
    constexpr std::uint32_t kStored = reg::swsm::SWESMBI | reg::swsm::DRV_LOAD;
    swsm_ = (swsm_ & v & reg::swsm::SMBI) | (v & kStored);
  }
  std::uint32_t sw_fw_sync() const { return sw_fw_sync_; }
  void write_sw_fw_sync(std::uint32_t v) { sw_fw_sync_ = v; }

 private:
  std::uint32_t swsm_ = 0, sw_fw_sync_ = 0;
};

}  // namespace niclab::hw
