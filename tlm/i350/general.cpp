// General control: CTRL and STATUS (fact base 2.3, 4.9).
#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

std::uint32_t I350Function::status(Time t) {
  const RegisterReadings& readings = config_.quirks.registers;
  std::uint32_t s = status_latched_;
  if (t >= nvm_loaded_at_) s |= reg::status::PF_RST_DONE;
  if (readings.status_dmoff) s |= reg::bit(30);
  if (readings.status_mtxckok) s |= reg::bit(31);
  if (!readings.status_asdv) s |= reg::status::LAN_INIT_DONE;
  s |= reg::status::LAN_ID.put(number_);
  if ((csr_[reg::CTRL] & reg::ctrl::GIO_MASTER_DISABLE) == 0 || transactions_pending())
    s |= reg::status::GIO_MASTER_ENABLE;
  const std::uint32_t ctrl = csr_[reg::CTRL];
  const bool up = link_up(t);
  if (up) s |= reg::status::LU;
  if (up || (ctrl & reg::ctrl::FRCSPD) != 0) {
    const auto speed = static_cast<std::uint32_t>(mac_mode_.speed);
    s |= reg::status::SPEED.put(speed);
    if (readings.status_asdv) s |= speed << 8;
  }
  if ((up || (ctrl & reg::ctrl::FRCDPX) != 0) && mac_mode_.full_duplex) s |= reg::status::FD;
  if (pause_timer_.paused(t)) s |= reg::status::TXOFF;
  return s;
}

/// What the wires of the I2C bus show: open drain, pulled up, and nobody else there.
std::uint32_t I350Function::i2c_lines(std::uint32_t params) {
  using namespace reg::i2cparams;
  const bool data = (params & (DATA_OE_N | DATA_OUT)) != 0, clock = (params & (CLK_OE_N | CLK_OUT)) != 0;
  return params | (data ? DATA_IN : 0) | (clock ? CLK_IN : 0);
}

std::uint32_t I350Function::read_general(const reg::Target& r, Time t) {
  switch (r.offset) {
    case reg::STATUS: return status(t);
    case reg::FRTIMER: return free_running_timer_.read(t);
    case reg::I2CPARAMS: return i2c_lines(csr_.read(r.offset));
    default: return csr_.read(r.offset);
  }
}

void I350Function::write_ctrl(std::uint32_t value, Time t) {
  if ((value & reg::ctrl::DEV_RST) != 0) return bus_.reset_device(t);
  if ((value & reg::ctrl::RST) != 0) return reset(t);
  const bool held = (value & reg::ctrl::PHY_RST) != 0;
  if (!phy_reset_asserted_ && held) phy_.hold_in_reset(t);
  if (phy_reset_asserted_ && !held) {
    phy_.reset(t);
    status_latched_ |= reg::status::PHYRA;
  }
  phy_reset_asserted_ = held;
  const bool was_master = master_enabled();
  csr_.write(reg::CTRL, value);
  pins_changed(t);
  flow_control_changed(t);
  update_rx_setup(t);
  if (master_enabled() != was_master) {
    interrupt_mode_changed(t);
    if (!was_master) master_enabled_again(t);
  }
  watch_link(t);
}

void I350Function::write_general(const reg::Target& r, std::uint32_t value, Time t) {
  switch (r.offset) {
    case reg::CTRL: return write_ctrl(value, t);
    case reg::STATUS:
      if ((value & reg::status::PHYRA) == 0) status_latched_ &= ~reg::status::PHYRA;
      status_latched_ &= ~(value & reg::status::DEV_RST_SET);
      return;
    case reg::FRTIMER: return free_running_timer_.write(value, t);
    case reg::I2CCMD:  // a command for a module that is not there
      csr_.write(r.offset, value);
      csr_[reg::I2CCMD] |= reg::i2ccmd::READY | reg::i2ccmd::ERROR;
      return;
    case reg::CTRL_EXT:
      csr_.write(r.offset, value);
      pins_changed(t);
      if ((value & reg::ctrl_ext::EE_RST) != 0) load_nvm(t);
      return update_rx_setup(t);
    default: return csr_.write(r.offset, value);
  }
}

}  // namespace niclab::sim
