// The link as the MAC sees it: PHY state changes become LSC (fact base 2.5, 4.8).
#include <algorithm>
#include <utility>

#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

namespace {

constexpr Duration kMdioFrame = 25'600_ns;       // preamble and frame, 64 bits at 2.5 MHz
constexpr Duration kPropagationPerMetre = 5_ns;  // of twisted pair

}  // namespace

std::uint32_t I350Function::read_link(const reg::Target& r, Time t) {
  const std::uint32_t value = csr_.read(r.offset);
  switch (r.offset) {
    case reg::MDIC: return t < mdic_done_at_ ? value & ~reg::mdic::READY : value;
    case reg::EEER: return value | (link_up(t) && phy_.eee_negotiated(t) ? reg::eeer::EEE_NEG : 0);
    default: return value;
  }
}

void I350Function::write_link(const reg::Target& r, std::uint32_t value, Time t) {
  if (r.offset == reg::MDIC) {
    write_mdic(value, t);
  } else {
    csr_.write(r.offset, value);
    if (r.offset == reg::PHPM) phy_.set_link_disconnect((value & reg::phpm::GO_LINKD) != 0, t);
    if (r.offset == reg::IPCNFG) offer_eee();
  }
  watch_link(t);
}

/// The bits of IPCNFG lie one place higher than those of an advertisement.
void I350Function::offer_eee() {
  using namespace reg::ipcnfg;
  phy_.offer_eee(static_cast<std::uint16_t>((csr_[reg::IPCNFG] & (EEE_100M_AN | EEE_1G_AN)) >> 1));
}

/// After a reset of the MAC: the PHY lives on, but what its registers outside it say is gone.
void I350Function::reset_link(Time t) {
  if (std::exchange(phy_reset_asserted_, false)) phy_.reset(t);  // CTRL.PHY_RST is clear now
  mdic_done_at_ = {};
  engine_.cancel(Kind::device, agent_ + step::mdic, this);
  offer_eee();
  phy_.set_link_disconnect(false, t);
}

/// What the PHY settled on, unless CTRL forces the MAC to something else; it then speaks past its PHY if that
/// differs, as far as timing goes.
LinkMode I350Function::resolved_mode() const {
  LinkMode mode = phy_.mode();
  const std::uint32_t ctrl = csr_[reg::CTRL];
  if ((ctrl & reg::ctrl::FRCSPD) != 0)
    mode.speed = static_cast<LinkSpeed>(std::min(reg::ctrl::SPEED.get(ctrl), 2u));
  if ((ctrl & reg::ctrl::FRCDPX) != 0) mode.full_duplex = (ctrl & reg::ctrl::FD) != 0;
  return mode;
}

/// When the MAC has, or will have, a link: the PHY's. MAC loopback with speed and duplex forced needs none.
Time I350Function::mac_link_from() const {
  using namespace reg::ctrl;
  const std::uint32_t ctrl = csr_[reg::CTRL];
  if ((ctrl & SLU) == 0) return Time::never();
  const bool forced = (ctrl & FRCSPD) != 0 && (ctrl & FRCDPX) != 0;
  return forced && reg::rctl::LBM.get(csr_[reg::RCTL]) == 1 ? Time{} : phy_.link_up_at();
}

/// What the PHY makes of it happens at once; by `mdic_time` software hears of it when the frame is over.
void I350Function::write_mdic(std::uint32_t value, Time t) {
  csr_[reg::MDIC] = mdic(value, t);
  mdic_done_at_ = config_.quirks.registers.mdio_frames ? t + kMdioFrame : t;
  if ((value & reg::mdic::INT_EN) == 0) return;
  if (mdic_done_at_ <= t) return legacy_cause(reg::icr::MDAC, t);
  engine_.cancel(Kind::device, agent_ + step::mdic, this);
  engine_.at<&I350Function::mdic_event>(mdic_done_at_, Kind::device, agent_ + step::mdic, *this);
}

void I350Function::mdic_event(Time t, std::uint32_t) {
  const ShowAfter show{*this, t};
  legacy_cause(reg::icr::MDAC, t);
}

std::uint32_t I350Function::mdic(std::uint32_t written, Time t) {
  const std::uint32_t address = reg::mdic::PHYADD.get(written);
  if (address != 0 || !config_.quirks.registers.phy_at_zero_too) return phy_.mdic(written, t);
  return reg::mdic::PHYADD.replace(phy_.mdic(reg::mdic::PHYADD.replace(written, Phy::kAddress), t), 0);
}

void I350Function::watch_link(Time t) {
  if (phy_.restarts() != told_restarts_) {
    told_restarts_ = phy_.restarts();
    bus_.link_says(t, phy_.signal());
  }
  mac_mode_ = resolved_mode();
  link_up_from_ = mac_link_from();
  loops_back_ = reg::rctl::LBM.get(csr_[reg::RCTL]) != 0 || phy_.loops_back();
  const bool up = link_up(t);
  if (up != link_was_up_) {
    link_was_up_ = up;
    if (!up) link_lost(t);
    legacy_cause(reg::icr::LSC, t);
    if (up) tx_mac_reconsider(t);
  }
  const Time due = up ? Time::never() : link_up_from_;
  const Time at = due == Time::never() || due <= t ? Time::never() : due.ceil(kDeviceClock);
  if (at == link_event_at_) return;
  if (link_event_at_ != Time::never()) engine_.cancel(Kind::device, agent_ + step::link, this);
  link_event_at_ = at;
  if (at != Time::never())
    engine_.at<&I350Function::link_event>(at, Kind::device, agent_ + step::link, *this);
}

void I350Function::link_event(Time t, std::uint32_t) {
  const ShowAfter show{*this, t};
  link_event_at_ = Time::never();
  watch_link(t);
}

/// A frame on its way in loses its end; the one on its way out is the other side's trouble.
void I350Function::link_lost(Time t) {
  for (std::size_t i = 0; i < arriving_.size(); ++i) arriving_[i].cut = true;
  flow_control_forget(t);
}

void I350Function::set_cable(Duration propagation) {
  phy_.set_cable_length(static_cast<unsigned>(propagation / kPropagationPerMetre));
}

void I350Function::partner_will_say(const LinkSignal& s, Time t) {
  partner_signals_.push_back(s);
  engine_.at<&I350Function::partner_event>(t.ceil(kDeviceClock), Kind::device, agent_ + step::partner, *this);
}

void I350Function::partner_event(Time t, std::uint32_t) {
  const ShowAfter show{*this, t};
  phy_.partner_says(partner_signals_.front(), t);
  partner_signals_.pop_front();
  watch_link(t);
}

}  // namespace niclab::sim
