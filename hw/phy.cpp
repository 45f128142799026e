#include "hw/phy.hpp"

#include "hw/register_fields.hpp"

namespace niclab::hw {

using namespace mii;

namespace {

/// Modes of 10 and 100 Mb/s, best first.
constexpr struct {
  std::uint16_t bit;
  LinkMode mode;
} kBaseModes[] = {{ANAR_100FD, {LinkSpeed::mbps100, true}},
                  {ANAR_100HD, {LinkSpeed::mbps100, false}},
                  {ANAR_10FD, {LinkSpeed::mbps10, true}},
                  {ANAR_10HD, {LinkSpeed::mbps10, false}}};

/// What a partner that does not negotiate looks like: half duplex at its speed (parallel detection).
LinkSignal detected(const LinkSignal& s) {
  if (s.negotiates) return s;
  LinkSignal d;
  if (s.forced.speed == LinkSpeed::mbps1000) d.gigabit_page = CTRL1000_FD;
  if (s.forced.speed == LinkSpeed::mbps100) d.base_page = ANAR_100HD;
  if (s.forced.speed == LinkSpeed::mbps10) d.base_page = ANAR_10HD;
  return d;
}

bool offers(const LinkSignal& s, LinkSpeed speed) {
  if (!s.negotiates) return s.forced.speed == speed;
  switch (speed) {
    case LinkSpeed::mbps1000: return (s.gigabit_page & CTRL1000_FD) != 0;
    case LinkSpeed::mbps100: return (s.base_page & (ANAR_100FD | ANAR_100HD)) != 0;
    case LinkSpeed::mbps10: return (s.base_page & (ANAR_10FD | ANAR_10HD)) != 0;
  }
  return false;
}

std::uint16_t partner_page(const LinkSignal& partner) {
  const std::uint16_t page = detected(partner).base_page;
  return partner.negotiates ? static_cast<std::uint16_t>(page | ANAR_SELECTOR | LP_ACKNOWLEDGE | LP_NEXT_PAGE)
                            : page;
}

/// Master, both receivers well, and what the partner can do.
std::uint16_t partner_gigabit(const LinkSignal& partner, LinkMode mode) {
  const unsigned abilities = (partner.gigabit_page & (CTRL1000_FD | CTRL1000_HD)) << 2;
  return static_cast<std::uint16_t>((mode.speed == LinkSpeed::mbps1000 ? 0x7000 : 0) | abilities);
}

}  // namespace

LinkSignal LinkSignal::everything(LinkSpeed fastest, bool pause) {
  LinkSignal s;
  s.base_page = ANAR_10HD | ANAR_10FD;
  if (fastest >= LinkSpeed::mbps100) s.base_page |= ANAR_100HD | ANAR_100FD;
  if (fastest >= LinkSpeed::mbps1000) s.gigabit_page = CTRL1000_FD | CTRL1000_HD;
  if (pause) s.base_page |= ANAR_PAUSE;
  return s;
}

std::optional<LinkMode> resolve_link(const LinkSignal& mine, const LinkSignal& partner) {
  if (!mine.present || !partner.present) return std::nullopt;
  if (!mine.negotiates) {
    if (!offers(partner, mine.forced.speed)) return std::nullopt;
    return mine.forced;
  }
  const LinkSignal other = detected(partner);
  if ((mine.gigabit_page & other.gigabit_page & CTRL1000_FD) != 0) return LinkMode{LinkSpeed::mbps1000, true};
  const unsigned common = mine.base_page & other.base_page;
  for (const auto& [bit, mode] : kBaseModes)
    if ((common & bit) != 0) return mode;
  return std::nullopt;
}

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

void Phy::partner_says(const LinkSignal& signal, Time t) {
  partner_ = signal;
  negotiate(t);
}

void Phy::set_link_disconnect(bool on, Time t) {
  if (disconnect_ == on) return;
  disconnect_ = on;
  restart(t);
}

void Phy::restart(Time t) {
  ++restarts_;
  said_ = signal_of_registers();
  negotiate(t);
}

void Phy::negotiate(Time t) {
  dropped_ = true;
  const auto mode = resolve_link(said_, partner_);
  if (mode) mode_ = *mode;
  link_up_at_ = mode ? t + negotiation_ : Time::never();
}

LinkSignal Phy::signal_of_registers() const {
  if (disconnect_ || powered_down()) return LinkSignal::nothing();
  const std::uint16_t control = regs_[BMCR];
  LinkSignal s{.base_page = regs_[ANAR], .gigabit_page = regs_[CTRL1000]};
  s.negotiates = (control & BMCR_AN_ENABLE) != 0;
  if (s.negotiates) return s;
  s.forced = {(control & BMCR_SPEED_MSB) != 0   ? LinkSpeed::mbps1000
              : (control & BMCR_SPEED_LSB) != 0 ? LinkSpeed::mbps100
                                                : LinkSpeed::mbps10,
              (control & BMCR_FULL_DUPLEX) != 0};
  return s;
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
    case ANLPAR: return up ? partner_page(partner_) : 0;
    case ANER: return up && partner_.negotiates ? 0x0007 : 0x0004;
    case ANLPNP: return up && partner_.negotiates ? 0x4006 : 0;
    case STAT1000: return up ? partner_gigabit(partner_, mode_) : 0;
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

}  // namespace niclab::hw
