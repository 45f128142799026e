// NVM words, and the semaphores shared with firmware (fact base 2.4).
#include "hw/nvm_fields.hpp"
#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

namespace {

constexpr std::uint32_t kPins = reg::eecd::SK | reg::eecd::CS | reg::eecd::DI;
constexpr std::uint32_t kEecdKept = kPins | reg::eecd::FWE.mask() | reg::eecd::REQ;
constexpr std::uint32_t kMdicnfgExternal = reg::bit(31), kMdicnfgShared = reg::bit(30);  // 2.5.2
constexpr std::uint32_t kWucApme = reg::bit(0);                                          // 4.14

}  // namespace

std::uint32_t I350Function::read_nvm(const reg::Target& r, Time t) {
  switch (r.offset) {
    case reg::EECD: return read_eecd(t);
    case reg::EERD: return csr_[reg::EERD] & (t >= nvm_read_at_ ? ~0u : ~reg::eerd::DONE);
    case reg::EEMNGCTL: {
      std::uint32_t done = 0;
      for (unsigned p = 0; p < 4; ++p) done |= reg::eemngctl::CFG_DONE(p);
      return done;
    }
    case reg::SWSM: return semaphores_.read_swsm();
    case reg::FWSM: return semaphores_.fwsm();
    case reg::SW_FW_SYNC: return semaphores_.read_sw_fw_sync(t);
    default: return csr_.read(r.offset);
  }
}

void I350Function::write_nvm(const reg::Target& r, std::uint32_t value, Time t) {
  switch (r.offset) {
    case reg::EECD: return write_eecd(value, t);
    case reg::EERD: return write_eerd(value, t);
    case reg::SWSM: return semaphores_.write_swsm(value, t);
    case reg::SW_FW_SYNC: return semaphores_.write_sw_fw_sync(value, t);
    default: return csr_.write(r.offset, value);
  }
}

std::uint32_t I350Function::read_eecd(Time t) {
  return (csr_[reg::EECD] & kEecdKept) | (nvm_output_ ? reg::eecd::DO : 0) |
         (nvm_granted(t) ? reg::eecd::GNT : 0) | (t >= nvm_loaded_at_ ? reg::eecd::AUTO_RD : 0) |
         reg::eecd::PRES | reg::eecd::ADDR_SIZE | reg::eecd::SIZE_EX.put(eeprom_.image().size_code()) |
         nvm_errors_;
}

/// Pins reach the part only with the grant; without it they stay, and BLOCKED tells.
void I350Function::write_eecd(std::uint32_t value, Time t) {
  const std::uint32_t before = csr_[reg::EECD] & kEecdKept;
  std::uint32_t now = value & kEecdKept;
  if ((value & reg::eecd::ERROR_CLR) != 0) nvm_errors_ = 0;
  if ((now & ~before & reg::eecd::REQ) != 0) {
    semaphores_.request_nvm(number_, true);
    nvm_granted_at_ = config_.quirks.registers.late_grant ? t + 50_us : t;
  }
  if (nvm_granted(t)) {
    eeprom_.select((now & reg::eecd::CS) == 0, t);
    if ((now & ~before & reg::eecd::SK) != 0) nvm_output_ = eeprom_.clock((now & reg::eecd::DI) != 0, t);
  } else if (((now ^ before) & kPins) != 0) {
    nvm_errors_ |= reg::eecd::BLOCKED;
    now = (now & ~kPins) | (before & kPins);
  }
  csr_[reg::EECD] = now;
  if ((before & ~now & reg::eecd::REQ) != 0) release_nvm(t);
}

void I350Function::abort_nvm(Time t) {
  if (nvm_granted(t) && (csr_[reg::EECD] & reg::eecd::CS) == 0) nvm_errors_ |= reg::eecd::ABORT;
  release_nvm(t);
}

void I350Function::release_nvm(Time t) {
  if (semaphores_.nvm_granted(number_, t)) eeprom_.select(false, t);
  semaphores_.request_nvm(number_, false);
  nvm_output_ = false;
}

/// EERD.ADDR is 14 bits; a word beyond the part reads all ones.
void I350Function::write_eerd(std::uint32_t value, Time t) {
  const RegisterReadings& readings = config_.quirks.registers;
  const unsigned address = reg::eerd::ADDR.get(value);
  csr_[reg::EERD] = reg::eerd::ADDR.put(address);
  if ((value & reg::eerd::START) == 0) return;
  if (readings.eerd_refuses && address >= eeprom_.image().size()) {
    nvm_errors_ |= reg::eecd::RD_TIMEOUT;
    return;
  }
  csr_[reg::EERD] |= reg::eerd::DATA.put(eeprom_.image().word(address)) | reg::eerd::DONE;
  nvm_read_at_ = readings.slow_eerd ? t + 10_us : t;
}

void I350Function::load_nvm(Time t) {
  nvm_loaded_at_ = config_.quirks.registers.late_nvm ? t + 1_ms : t;
  const std::optional<NvmDefaults> from = nvm_defaults(eeprom_.image(), number_);
  if (!from) return;
  csr_[reg::CTRL_EXT] = reg::ctrl_ext::LINK_MODE.replace(csr_[reg::CTRL_EXT], from->link_mode);
  csr_[reg::LEDCTL] = from->ledctl;
  csr_[reg::WUC] = (csr_[reg::WUC] & ~kWucApme) | (from->apme ? kWucApme : 0);
  csr_[reg::MDICNFG] = (csr_[reg::MDICNFG] & ~(kMdicnfgExternal | kMdicnfgShared)) |
                       (from->external_mdio ? kMdicnfgExternal : 0) |
                       (from->shared_mdio ? kMdicnfgShared : 0);
  write_csr(reg::RAL(0), MacFilter::ral_of(from->mac), t);
  write_csr(reg::RAH(0), MacFilter::rah_of(from->mac), t);
}

}  // namespace niclab::sim
