// Link flow control: MAC control frames received, the watermarks of the receive packet buffer (fact
// base 2.10, 4.7).
#include "base/bytes.hpp"
#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

std::uint32_t I350Function::read_flow_control(const reg::Target& r, Time t) {
  return r.offset == reg::FCSTS0 ? pause_sender_.status(t, rx_fifo_bytes_) : csr_.read(r.offset);
}

void I350Function::write_flow_control(const reg::Target& r, std::uint32_t value, Time t) {
  csr_.write(r.offset, value);
  flow_control_changed(t);
}

/// CTRL.RFCE and TFCE, FCT, FCTTV, the watermarks: what the packet path compares with is worked out here.
void I350Function::flow_control_changed(Time t) {
  const std::uint32_t ctrl = csr_[reg::CTRL];
  control_type_ = (ctrl & reg::ctrl::RFCE) != 0 ? csr_[reg::FCT] : kNoControlFrames;
  if ((ctrl & reg::ctrl::RFCE) == 0 && pause_timer_.paused(t)) {
    pause_timer_.clear();
    tx_mac_reconsider(t);
  }
  pause_sender_.configure({.enabled = (ctrl & reg::ctrl::TFCE) != 0,
                           .fcrth = csr_[reg::FCRTH],
                           .fcrtl = csr_[reg::FCRTL],
                           .fcttv = csr_[reg::FCTTV],
                           .fcrtv = csr_[reg::FCRTV]},
                          rx_fifo_bytes_);
  pause_wanted(t);
}

FlowControlAddresses I350Function::flow_control_addresses() const {
  FlowControlAddresses a;
  const auto address = [](std::uint32_t low, std::uint32_t high) {
    MacAddress m;
    for (unsigned i = 0; i < 4; ++i) m.octets[i] = static_cast<std::uint8_t>(low >> 8 * i);
    for (unsigned i = 0; i < 2; ++i) m.octets[4 + i] = static_cast<std::uint8_t>(high >> 8 * i);
    return m;
  };
  a.station = address(csr_[reg::RAL(0)], csr_[reg::RAH(0)]);
  a.group = address(csr_[reg::FCAL], csr_[reg::FCAH]);
  a.ether_type = static_cast<std::uint16_t>(csr_[reg::FCT]);
  return a;
}

/// A frame of the control type while RFCE is set: what it tells the MAC, and whether the host sees it too, if
/// the filters let it.
I350Function::Control I350Function::take_control_frame(const Frame& frame, Time t) {
  if (!frame.fcs_good || frame.length < kMinimumFrame) return Control::none;
  const std::uint32_t rctl = csr_[reg::RCTL];
  switch (mac_control(frame.bytes(), flow_control_addresses())) {
    case MacControl::no: return Control::none;
    case MacControl::unsupported:
      statistics_.count(reg::FCRUC);
      return (rctl & reg::rctl::PMCF) != 0 ? Control::passed_on : Control::kept;
    case MacControl::pause: break;
  }
  const std::uint16_t quanta = pause_quanta(frame.bytes());
  statistics_.count(quanta != 0 ? reg::XOFFRXC : reg::XONRXC);
  pause_timer_.received(quanta, mac_mode_.speed, t);
  tx_mac_reconsider(t);
  return (rctl & reg::rctl::DPF) != 0 ? Control::kept : Control::passed_on;
}

void I350Function::pause_crossed(Time t) {
  pause_sender_.crossed(rx_fifo_bytes_);
  pause_wanted(t);
}

void I350Function::receive_buffer_overflowed(Time t) {
  pause_sender_.overflowed();
  pause_wanted(t);
}

/// The sender may want a frame, or may have given up a refresh.
void I350Function::pause_wanted(Time t) {
  schedule_pause_refresh();
  if (pause_sender_.wanted()) tx_mac_reconsider(t);
}

void I350Function::schedule_pause_refresh() {
  const Time at = pause_sender_.refresh_at();
  if (at == pause_refresh_event_) return;
  if (pause_refresh_event_ != Time::never()) engine_.cancel(Kind::device, agent_ + step::pause_refresh, this);
  pause_refresh_event_ = at;
  if (at != Time::never())
    engine_.at<&I350Function::pause_refresh>(at, Kind::device, agent_ + step::pause_refresh, *this);
}

void I350Function::pause_refresh(Time t, std::uint32_t) {
  const ShowAfter show{*this, t};
  pause_refresh_event_ = Time::never();
  pause_sender_.refresh(rx_fifo_bytes_);
  pause_wanted(t);
}

/// TCTL was written.
void I350Function::software_pause(Time t) {
  if ((csr_[reg::TCTL] & reg::tctl::SWXOFF) == 0 || !config_.quirks.software_xoff) return;
  pause_sender_.request();
  pause_wanted(t);
}

/// Port reset, or the link was lost: nobody is stopped any more.
void I350Function::flow_control_forget(Time t) {
  pause_timer_.clear();
  pause_sender_.reset(rx_fifo_bytes_);
  pause_wanted(t);
}

}  // namespace niclab::sim
