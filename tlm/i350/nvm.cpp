// NVM words, and the semaphores shared with firmware (fact base 2.4).
#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

std::uint32_t I350Function::read_nvm(const reg::Target& r, Time t) {
  switch (r.offset) {
    case reg::EECD: {
      const std::uint32_t request = csr_[reg::EECD] & reg::eecd::REQ;
      const bool granted = request != 0 && t >= nvm_granted_at_, loaded = t >= nvm_loaded_at_;
      return request | (granted ? reg::eecd::GNT : 0) | (loaded ? reg::eecd::AUTO_RD : 0) | reg::eecd::PRES |
             reg::eecd::ADDR_SIZE | reg::eecd::SIZE_EX.put(nvm_.size_code()) | 0x10;
    }
    case reg::EEMNGCTL: {
      std::uint32_t done = 0;
      for (unsigned p = 0; p < 4; ++p) done |= reg::eemngctl::CFG_DONE(p);
      return done;
    }
    case reg::SWSM: return semaphores_.read_swsm();
    case reg::SW_FW_SYNC: return semaphores_.sw_fw_sync();
    default: return csr_.read(r.offset);
  }
}

void I350Function::write_nvm(const reg::Target& r, std::uint32_t value, Time t) {
  switch (r.offset) {
    case reg::EECD:
      if ((value & ~csr_[reg::EECD] & reg::eecd::REQ) != 0)
        nvm_granted_at_ = config_.quirks.registers.late_grant ? t + 50_us : t;
      return csr_.write(r.offset, value);
    case reg::EERD:
      csr_[reg::EERD] = nvm_.eerd(value);
      if (config_.quirks.registers.eerd_refuses && reg::eerd::ADDR.get(value) >= nvm_.size())
        csr_[reg::EERD] &= ~reg::eerd::DONE;
      return;
    case reg::SWSM: return semaphores_.write_swsm(value);
    case reg::SW_FW_SYNC: return semaphores_.write_sw_fw_sync(value);
    default: return csr_.write(r.offset, value);
  }
}

}  // namespace niclab::sim
