// The MAC's transmitter: frames back to back at the speed of the link, PAUSE frames of its own between them
// (fact base 2.8.3, 3.6, 4.7, 4.8).
#include <utility>

#include "base/bytes.hpp"
#include "hw/crc32.hpp"
#include "hw/vlan_tag.hpp"
#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

namespace {

constexpr std::uint32_t kPauseFrameBytes = kMinimumFrame;

}  // namespace

/// Something may be sent, or may be sent now.
void I350Function::tx_mac_try(Time t) {
  if (tx_mac_event_ != Time::never()) return;
  const bool pause = pause_sender_.wanted();
  if (!pause && (tx_mac_.empty() || !tx_mac_enabled())) return;
  if (!link_up(t)) return tx_deferred();
  Time at = t;
  if (!pause) {
    at = niclab::max(t, tx_mac_.front().ready);
    if (pause_timer_.until() > at) {
      at = pause_timer_.until();
      tx_deferred();
    }
  }
  tx_mac_event_ = at;
  engine_.at<&I350Function::tx_mac_start>(at, Kind::frame_start, agent_, *this);
}

/// What waited for the future need perhaps wait no longer, or has to wait longer. With a frame on the wire
/// that is decided at its end.
void I350Function::tx_mac_reconsider(Time t) {
  if (tx_mac_event_ != Time::never()) {
    if (tx_mac_event_ <= t || t < tx_wire_free_) return;
    engine_.cancel(Kind::frame_start, agent_, this);
    tx_mac_event_ = Time::never();
  }
  tx_mac_try(t);
}

/// DC: once for each frame that found the transmitter stopped or the link down.
void I350Function::tx_deferred() {
  if (!tx_deferred_) statistics_.count(reg::DC);
  tx_deferred_ = true;
}

/// The tag goes in, the FCS that software brought is told from the data, and a stamp is ordered.
void I350Function::tx_dress(const TxOnWire& next, Time t) {
  Frame& f = *next.frame;
  if ((next.extras & TxPacket::kTimeStamp) != 0) tx_stamp_wanted(t);
  if ((next.extras & TxPacket::kTag) != 0) {
    f.length += kVlanTagBytes;
    insert_vlan_tag({f.data, f.length}, static_cast<std::uint16_t>(csr_[reg::VET]), next.tag);
  }
  if ((next.extras & TxPacket::kOwnFcs) != 0) {
    f.length -= kFcsBytes;
    f.fcs_good = load_le<std::uint32_t>(f.data + f.length) == ethernet_fcs(f.bytes());
  }
}

/// The wire is free: releases the frame before, starts the next.
void I350Function::tx_mac_start(Time t, std::uint32_t) {
  const ShowAfter show{*this, t};
  tx_mac_event_ = Time::never();
  if (tx_mac_releasing_ != 0) {
    tx_buffer_bytes_ -= tx_mac_releasing_;
    const std::uint32_t released = std::exchange(tx_mac_releasing_, 0);
    if (meters_) [[unlikely]]
      tx_left(released, tx_mac_releasing_since_, t);
    tx_kick(t);
  }
  if (pause_sender_.wanted() && link_up(t)) [[unlikely]]
    return tx_mac_pause(t);
  if (tx_mac_.empty() || !tx_mac_enabled()) return;
  if (!link_up(t)) return tx_deferred();
  const TxOnWire next = tx_mac_.front();
  if (niclab::max(next.ready, pause_timer_.until()) > t) return tx_mac_try(t);
  tx_checksum_.settle(t);
  tx_mac_.pop_front();
  tx_deferred_ = false;
  journey_begins(next.frame->journey, Stage::tx_mac_queue, next.ready);
  journey_ends(next.frame->journey, Stage::tx_mac_queue, t);
  if (next.extras != 0) [[unlikely]]
    tx_dress(next, t);
  statistics_.count_tx_good(next.frame->length + kFcsBytes,
                            destination_kind(MacAddress::load(next.frame->data)), next.queue);
  ++account_.on_the_wire;
  tx_mac_releasing_ = next.buffer_bytes;
  tx_mac_releasing_since_ = next.frame->buffered;
  tx_mac_put(next.frame, t);
}

/// A PAUSE frame does not ask whether the transmitter is stopped.
void I350Function::tx_mac_pause(Time t) {
  csr_[reg::TCTL] &= ~reg::tctl::SWXOFF;
  const Time end = t + frame_time(mac_mode_.speed, kPauseFrameBytes);
  const std::uint16_t quanta = pause_sender_.take(end, mac_mode_.speed);
  Frame* const frame = frames_.get(kPauseFrameBytes);
  write_pause_frame(frame->bytes(), flow_control_addresses(), quanta);
  statistics_.count_tx_mac(kPauseFrameBytes + kFcsBytes);
  statistics_.count(quanta != 0 ? reg::XOFFTXC : reg::XONTXC);
  ++account_.tx_control;
  tx_mac_put(frame, t);
  schedule_pause_refresh();
}

/// The frame's preamble begins at `t`. The wire is free again a gap after its end.
void I350Function::tx_mac_put(Frame* frame, Time t) {
  const LinkSpeed speed = mac_mode_.speed;
  const std::uint32_t length =
      frame->length;  // a receiver may have done with the frame when transmit() returns
  if (loops_back()) [[unlikely]] {
    loop_back(frame, t + frame_time(speed, length));
  } else {
    bus_.transmit(t, t + frame_time(speed, length), frame);
  }
  tx_wire_free_ = t + frame_occupancy(speed, length, gap_bytes(csr_[reg::TIPG]));
  tx_mac_event_ = tx_wire_free_;
  engine_.at<&I350Function::tx_mac_start>(tx_wire_free_, Kind::frame_start, agent_, *this);
}

/// The frame comes in again here, and the wire sees nothing of it (fact base 2.5.4, 2.7.1).
void I350Function::loop_back(Frame* frame, Time end) {
  journey_dropped(std::exchange(frame->journey, JourneyId::none));
  looped_.push_back(frame);
  engine_.at<&I350Function::looped_event>(end.ceil(kDeviceClock), Kind::frame_arrival, agent_ + 1, *this);
}

void I350Function::looped_event(Time t, std::uint32_t) {
  const ShowAfter show{*this, t};
  Frame* const frame = looped_.front();
  looped_.pop_front();
  rx_end_ = t;
  ++account_.injected;
  accept(frame, JourneyId::none, t);
}

}  // namespace niclab::sim
