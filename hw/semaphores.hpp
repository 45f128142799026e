// What software and firmware of a card use to take turns: SWSM, SW_FW_SYNC (fact base 2.4.5) and the grant of
// direct access to the EEPROM (2.4.1). One object per device; every port sees the same registers.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "hw/firmware_agent.hpp"
#include "hw/register_fields.hpp"

namespace niclab::hw {

/// FWSM of a card with pass-through management firmware: mode 2, valid. 0 is a card without.
inline constexpr std::uint32_t kFwsmPassThrough = reg::fwsm::MODE.put(2) | reg::fwsm::VALID;

class Semaphores {
 public:
  explicit Semaphores(const std::vector<FirmwareHold>& firmware = {}, std::uint32_t fwsm = 0)
      : firmware_(firmware), has_firmware_(!firmware.empty()), fwsm_(fwsm) {}

  /// Test and set: the value before SMBI is taken by this very read.
  std::uint32_t read_swsm() {
    const std::uint32_t before = swsm_;
    swsm_ |= reg::swsm::SMBI;
    return before;
  }
  /// SMBI can only be released; SWESMBI sticks unless firmware holds its side.
  void write_swsm(std::uint32_t v, Time t) {
    firmware_runs(t);
    std::uint32_t stored = v & (reg::swsm::SWESMBI | reg::swsm::DRV_LOAD);
    if ((swsm_ & reg::swsm::SWESMBI) == 0 && firmware_.holds(SharedResource::swsm))
      stored &= ~reg::swsm::SWESMBI;
    if ((swsm_ & ~stored & reg::swsm::SWESMBI) != 0) freed_[static_cast<unsigned>(SharedResource::swsm)] = t;
    swsm_ = (swsm_ & v & reg::swsm::SMBI) | stored;
  }
  std::uint32_t read_sw_fw_sync(Time t) {
    firmware_runs(t);
    return sw_fw_sync_ | firmware_.sw_fw_sync();
  }
  /// Software has the lower half; the upper one is firmware's.
  void write_sw_fw_sync(std::uint32_t v, Time t) {
    firmware_runs(t);
    for (unsigned r = 0; r < kSharedResources.size(); ++r)
      if ((sw_fw_sync_ & ~v & software_bit(static_cast<SharedResource>(r))) != 0) freed_[r] = t;
    sw_fw_sync_ = v & 0xFFFF;
  }
  std::uint32_t fwsm() const { return fwsm_; }

  /// EECD.REQ of a port rises or falls. The first to ask has the EEPROM until it lets go, then the lowest
  /// port.
  void request_nvm(unsigned port, bool wanted) {
    nvm_wanted_ = (nvm_wanted_ & ~(1u << port)) | (wanted ? 1u << port : 0u);
    if ((nvm_wanted_ & nvm_owner_) == 0) nvm_owner_ = nvm_wanted_ & (~nvm_wanted_ + 1);
  }
  /// EECD.GNT: it is that port's turn, and firmware does not use the part.
  bool nvm_granted(unsigned port, Time t) {
    firmware_runs(t);
    return nvm_owner_ == 1u << port && !firmware_.holds(SharedResource::eeprom);
  }

 private:
  bool software_has(SharedResource r) const {
    if (r == SharedResource::swsm) return (swsm_ & reg::swsm::SWESMBI) != 0;
    return (sw_fw_sync_ & software_bit(r)) != 0;
  }
  void firmware_runs(Time t) {
    if (!has_firmware_) return;
    firmware_.advance(
        t, [this](SharedResource r) { return software_has(r); },
        [this](SharedResource r) { return freed_[static_cast<unsigned>(r)]; });
  }

  FirmwareAgent firmware_;
  bool has_firmware_;
  std::uint32_t fwsm_;
  std::uint32_t swsm_ = 0, sw_fw_sync_ = 0;
  std::array<Time, kSharedResources.size()> freed_{};
  std::uint32_t nvm_wanted_ = 0, nvm_owner_ = 0;  // a bit a port
};

}  // namespace niclab::hw
