#include "hw/phy.hpp"

#include "hw/register_fields.hpp"

namespace niclab::hw {

using namespace mii;

void Phy::load_defaults() {
  regs_.fill(0);
  regs_[BMCR] = 0x1140;
  regs_[BMSR] = 0x7949;
  regs_[PHYID1] = 0x0154;
  regs_[PHYID2] = 0x03B1;
  regs_[ANAR] = 0x0DE1;
  regs_[ANNPTR] = 0x2001;
  regs_[CTRL1000] = 0x0200;
  regs_[ESTATUS] = 0x3000;
}

void Phy::reset(Time t) {
  load_defaults();
  restart(t);
}

void Phy::set_cable(bool connected, Time t) {
  if (cable_ == connected) return;
  cable_ = connected;
  restart(t);
}

void Phy::set_link_disconnect(bool on, Time t) {
  if (disconnect_ == on) return;
  disconnect_ = on;
  restart(t);
}

void Phy::restart(Time t) {
  dropped_ = true;
  link_up_at_ = cable_ && !disconnect_ && !powered_down() ? t + negotiation_ : Time::never();
}

std::uint16_t Phy::status(Time t) {
  const bool up = link(t);
  const bool report_link = up && !dropped_;
  dropped_ = !up;
  return static_cast<std::uint16_t>(regs_[BMSR] | (up ? BMSR_AN_COMPLETE : 0) |
                                    (report_link ? BMSR_LINK : 0));
}

std::uint16_t Phy::read(unsigned reg, Time t) {
  const bool up = link(t);
  switch (reg) {
    case BMSR: return status(t);
    case ANLPAR: return up ? 0xC1E1 : 0;  // every 10/100 mode, no pause
    case ANER: return up ? 0x0007 : 0x0004;
    case ANLPNP: return up ? 0x4006 : 0;
    case STAT1000: return up ? 0x7C00 : 0;
    case PHY_STATUS_2: return up ? static_cast<std::uint16_t>(static_cast<unsigned>(mode().speed) << 8) : 0;
    default: return reg < regs_.size() ? regs_[reg] : 0xFFFF;
  }
}

void Phy::write(unsigned reg, std::uint16_t value, Time t) {
  switch (reg) {
    case BMCR: {
      if (value & BMCR_RESET) {
        reset(t);
        return;
      }
      const bool was_down = powered_down();
      constexpr std::uint16_t kForce = BMCR_AN_ENABLE | BMCR_SPEED_LSB | BMCR_SPEED_MSB | BMCR_FULL_DUPLEX;
      const bool mode_changed = ((regs_[BMCR] ^ value) & kForce) != 0;
      regs_[BMCR] = value & static_cast<std::uint16_t>(~BMCR_AN_RESTART);
      if ((value & BMCR_AN_RESTART) || was_down != powered_down() || mode_changed) restart(t);
      return;
    }
    case BMSR:
    case PHYID1:
    case PHYID2:
    case ANLPAR:
    case ANER:
    case ANLPNP:
    case STAT1000:
    case ESTATUS:
    case PHY_STATUS_2:
    case DIAGNOSTIC: return;  // read only
    default:
      if (reg < regs_.size()) regs_[reg] = value;
  }
}

std::uint32_t Phy::mdic(std::uint32_t written, Time t) {
  namespace m = niclab::hw::reg::mdic;
  const std::uint32_t kept = written & (m::DATA.mask() | m::REGADD.mask() | m::PHYADD.mask() | m::OP.mask());
  if (m::PHYADD.get(written) != kAddress) return kept | m::READY | m::ERROR;
  const unsigned reg = m::REGADD.get(written);
  if ((written & m::OP.mask()) == m::OP_WRITE) {
    write(reg, static_cast<std::uint16_t>(m::DATA.get(written)), t);
    return kept | m::READY;
  }
  if ((written & m::OP.mask()) == m::OP_READ) return m::DATA.replace(kept, read(reg, t)) | m::READY;
  return kept | m::READY;
}

LinkMode Phy::mode() const {
  const std::uint16_t control = regs_[BMCR];
  if (!(control & BMCR_AN_ENABLE)) {
    const bool full = (control & BMCR_FULL_DUPLEX) != 0;
    if (control & BMCR_SPEED_MSB) return {LinkSpeed::mbps1000, full};
    return {control & BMCR_SPEED_LSB ? LinkSpeed::mbps100 : LinkSpeed::mbps10, full};
  }
  // The partner can do everything, so our best advertised mode wins.
  if (regs_[CTRL1000] & CTRL1000_FD) return {LinkSpeed::mbps1000, true};
  if (regs_[ANAR] & ANAR_100FD) return {LinkSpeed::mbps100, true};
  if (regs_[ANAR] & ANAR_100HD) return {LinkSpeed::mbps100, false};
  return {LinkSpeed::mbps10, (regs_[ANAR] & ANAR_10FD) != 0};
}

}  // namespace niclab::hw
