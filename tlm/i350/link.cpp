// The link as the MAC sees it: PHY state changes become LSC (fact base 2.5, 4.8).
#include <algorithm>

#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

void I350Function::write_link(const reg::Target& r, std::uint32_t value, Time t) {
  switch (r.offset) {
    case reg::MDIC: csr_[reg::MDIC] = mdic(value, t); break;
    case reg::PHPM:
      csr_.write(r.offset, value);
      phy_.set_link_disconnect((value & reg::phpm::GO_LINKD) != 0, t);
      break;
    default: return csr_.write(r.offset, value);
  }
  watch_link(t);
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

std::uint32_t I350Function::mdic(std::uint32_t written, Time t) {
  const std::uint32_t address = reg::mdic::PHYADD.get(written);
  if (address != 0 || !config_.quirks.registers.phy_at_zero_too) return phy_.mdic(written, t);
  return reg::mdic::PHYADD.replace(phy_.mdic(reg::mdic::PHYADD.replace(written, Phy::kAddress), t), 0);
}

void I350Function::watch_link(Time t) {
  if (phy_.restarts() != told_restarts_) {
    told_restarts_ = phy_.restarts();
    if (cable_back_ == Time::never()) bus_.link_says(t, phy_.signal());
  }
  mac_mode_ = resolved_mode();
  const bool up = link_up(t);
  if (up != link_was_up_) {
    link_was_up_ = up;
    if (!up) link_lost(t);
    legacy_cause(reg::icr::LSC, t);
    if (up) tx_mac_reconsider(t);
  }
  const Time due = up ? Time::never() : phy_.link_up_at();
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

void I350Function::partner_will_say(const LinkSignal& s, Time t) {
  partner_signals_.push_back(s);
  engine_.at<&I350Function::partner_event>(t.ceil(kDeviceClock), Kind::device, agent_ + step::partner, *this);
}

void I350Function::partner_event(Time t, std::uint32_t) {
  const ShowAfter show{*this, t};
  partner_signal_ = partner_signals_.front();
  partner_signals_.pop_front();
  if (cable_back_ == Time::never()) phy_.partner_says(partner_signal_, t);
  watch_link(t);
}

}  // namespace niclab::sim
