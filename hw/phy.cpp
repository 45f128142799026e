#include "hw/phy.hpp"

#include <algorithm>

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

/// How much an end wants to be master: told so, a port among several, one alone, told not to.
unsigned wish_to_be_master(const LinkSignal& s) {
  if ((s.gigabit_page & CTRL1000_MANUAL) != 0) return (s.gigabit_page & CTRL1000_MASTER) != 0 ? 3 : 0;
  return (s.gigabit_page & CTRL1000_MULTIPORT) != 0 ? 2 : 1;
}

/// Bits that keep what is written (2.5.4, IEEE 802.3 clauses 22, 28, 40); BMCR apart. What is not named reads
/// 0.
constexpr std::array<std::uint16_t, 32> kWritable = [] {
  std::array<std::uint16_t, 32> w{};
  w[ANAR] = 0xBFFF;
  w[ANNPTR] = 0xB7FF;
  w[CTRL1000] = 0xFF00;
  w[EMI_ADDRESS] = w[PHY_CONTROL_2] = w[LOOPBACK] = w[CONFIGURATION] = 0xFFFF;
  return w;
}();
constexpr std::uint16_t kWritableControl = 0x7DC0;

}  // namespace

ClockRole clock_role(const LinkSignal& mine, const LinkSignal& partner) {
  const unsigned here = wish_to_be_master(mine), there = wish_to_be_master(partner);
  if (here != there) return here > there ? ClockRole::master : ClockRole::slave;
  if ((mine.gigabit_page & CTRL1000_MANUAL) != 0) return ClockRole::fault;
  return mine.seed >= partner.seed ? ClockRole::master : ClockRole::slave;
}

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
  if ((mine.gigabit_page & other.gigabit_page & CTRL1000_FD) != 0) {
    if (clock_role(mine, other) == ClockRole::fault) return std::nullopt;
    return LinkMode{LinkSpeed::mbps1000, true};
  }
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
  held_ = false;
  load_defaults();
  restart(t);
}

void Phy::hold_in_reset(Time t) {
  held_ = true;
  restart(t);
}

void Phy::partner_says(const LinkSignal& signal, Time t) {
  partner_ = signal;
  if (!loops_back()) negotiate(t);
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
  if (loops_back()) {
    mode_ = forced_mode();
    link_up_at_ = t;
    return;
  }
  const auto mode = resolve_link(said_, partner_);
  if (mode) mode_ = *mode;
  link_up_at_ = mode ? t + negotiation_ : Time::never();
}

LinkMode Phy::forced_mode() const {
  const std::uint16_t control = regs_[BMCR];
  return {(control & BMCR_SPEED_MSB) != 0   ? LinkSpeed::mbps1000
          : (control & BMCR_SPEED_LSB) != 0 ? LinkSpeed::mbps100
                                            : LinkSpeed::mbps10,
          (control & BMCR_FULL_DUPLEX) != 0};
}

LinkSignal Phy::signal_of_registers() const {
  if (disconnect_ || held_ || powered_down() || loops_back()) return LinkSignal::nothing();
  LinkSignal s{
      .base_page = regs_[ANAR], .gigabit_page = regs_[CTRL1000], .eee_page = eee_offer_, .seed = seed_};
  s.negotiates = (regs_[BMCR] & BMCR_AN_ENABLE) != 0;
  if (!s.negotiates) s.forced = forced_mode();
  return s;
}

bool Phy::eee_negotiated(Time t) const {
  if (!negotiated(t) || !mode_.full_duplex) return false;
  const unsigned speed = mode_.speed == LinkSpeed::mbps1000  ? EEE_1000
                         : mode_.speed == LinkSpeed::mbps100 ? EEE_100
                                                             : 0;
  return (said_.eee_page & partner_.eee_page & speed) != 0;
}

// --- registers -----------------------------------------------------------------------------------

std::uint16_t Phy::status(Time t) {
  const bool up = link(t);
  const bool report_link = up && !dropped_;
  dropped_ = !up;
  return static_cast<std::uint16_t>(regs_[BMSR] | (negotiated(t) ? BMSR_AN_COMPLETE : 0) |
                                    (report_link ? BMSR_LINK : 0));
}

/// Who is master, that both receivers are well, and what the partner can do.
std::uint16_t Phy::gigabit_status(Time t) const {
  const ClockRole role = clock_role(said_, partner_);
  if (!link(t)) return said_.negotiates && partner_.present && role == ClockRole::fault ? STAT1000_FAULT : 0;
  const bool gigabit = mode_.speed == LinkSpeed::mbps1000;
  unsigned s = gigabit ? STAT1000_RECEIVERS : 0;
  if (negotiated(t)) {
    s |= (partner_.gigabit_page & (CTRL1000_FD | CTRL1000_HD)) << 2;
    if (gigabit && role == ClockRole::master) s |= STAT1000_MASTER;
  }
  return static_cast<std::uint16_t>(s);
}

std::uint16_t Phy::status_2(Time t) const {
  if (!link(t)) return 0;
  const std::uint16_t control = regs_[PHY_CONTROL_2];
  const bool crossed = (control & CONTROL2_AUTO_MDIX) == 0 && (control & CONTROL2_MDIX) != 0;
  return static_cast<std::uint16_t>(static_cast<unsigned>(mode_.speed) << 8 | (crossed ? STATUS2_MDIX : 0));
}

std::uint16_t Phy::emi_data(Time t) const {
  return regs_[EMI_ADDRESS] == EMI_PARTNER_EEE && negotiated(t) ? partner_.eee_page : 0;
}

std::uint16_t Phy::read(unsigned reg, Time t) {
  const bool heard = negotiated(t) && partner_.negotiates;
  switch (reg) {
    case BMSR: return status(t);
    case ANLPAR: return negotiated(t) ? partner_page(partner_) : 0;
    case ANER: return heard ? 0x0007 : 0x0004;
    case ANLPNP: return heard ? 0x4006 : 0;
    case STAT1000: return gigabit_status(t);
    case EMI_DATA: return emi_data(t);
    case PHY_STATUS_2: return status_2(t);
    case DIAGNOSTIC:
      return link(t) && !loops_back() ? static_cast<std::uint16_t>(std::min(cable_metres_, 0xFFu) << 2) : 0;
    default: return reg < regs_.size() ? regs_[reg] : 0xFFFF;
  }
}

void Phy::write(unsigned reg, std::uint16_t value, Time t) {
  if (reg == BMCR) return write_control(value, t);
  if (reg >= regs_.size()) return;
  const unsigned mask = kWritable[reg];
  regs_[reg] = static_cast<std::uint16_t>((regs_[reg] & ~mask) | (value & mask));
}

void Phy::write_control(std::uint16_t value, Time t) {
  if ((value & BMCR_RESET) != 0) return reset(t);
  constexpr std::uint16_t kRestarting =
      BMCR_AN_ENABLE | BMCR_SPEED_LSB | BMCR_SPEED_MSB | BMCR_FULL_DUPLEX | BMCR_POWER_DOWN | BMCR_LOOPBACK;
  const bool changed = ((regs_[BMCR] ^ value) & kRestarting) != 0;
  regs_[BMCR] = value & kWritableControl;
  if (changed || (value & BMCR_AN_RESTART) != 0) restart(t);
}

std::uint32_t Phy::mdic(std::uint32_t written, Time t) {
  namespace m = niclab::hw::reg::mdic;
  const std::uint32_t kept =
      written & (m::DATA.mask() | m::REGADD.mask() | m::PHYADD.mask() | m::OP.mask() | m::INT_EN);
  if (m::PHYADD.get(written) != kAddress || held_) return kept | m::READY | m::ERROR;
  const unsigned reg = m::REGADD.get(written);
  if ((written & m::OP.mask()) == m::OP_WRITE) {
    write(reg, static_cast<std::uint16_t>(m::DATA.get(written)), t);
    return kept | m::READY;
  }
  if ((written & m::OP.mask()) == m::OP_READ) return m::DATA.replace(kept, read(reg, t)) | m::READY;
  return kept | m::READY;
}

}  // namespace niclab::hw
