// IEEE 1588: the clock, its target times and pins, time stamps of frames (fact base 2.11).
#include <cstring>

#include "base/bytes.hpp"
#include "hw/ptp_filter.hpp"
#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

namespace {

constexpr std::uint32_t kStampHeader = 16;  // bytes in front of a packet: eight of zeros, eight of time

/// From the first bit of the preamble to the first octet of the start delimiter.
constexpr Duration preamble_time(LinkSpeed s) { return byte_time(s) * (kPreambleBytes - 1); }
/// From there to the last bit of the FCS of a frame of `bytes` without it.
constexpr Duration time_from_delimiter(LinkSpeed s, std::size_t bytes) {
  return frame_time(s, bytes) - preamble_time(s);
}

}  // namespace

// --- registers -----------------------------------------------------------------------------------

std::uint32_t I350Function::read_time_sync(const reg::Target& r, Time t) {
  const RegisterReadings& readings = config_.quirks.registers;
  switch (r.first) {
    case reg::SYSTIMR: return latch_system_time(t);
    case reg::SYSTIML:
      if (readings.systiml_latches) latch_system_time(t);
      break;
    case reg::TXSTMPH: csr_[reg::TSYNCTXCTL] &= ~reg::tsynctxctl::VALID; break;
    case reg::RXSTMPH:
      if (!readings.rxsatrh_clears) csr_[reg::TSYNCRXCTL] &= ~reg::tsyncrxctl::VALID;
      break;
    case reg::RXSATRH:
      if (readings.rxsatrh_clears) csr_[reg::TSYNCRXCTL] &= ~reg::tsyncrxctl::VALID;
      break;
    case reg::AUXSTMPH(0): csr_[reg::TSAUXC] &= ~reg::tsauxc::AUTT(r.index); break;
    case reg::TSICR: return std::exchange(csr_[reg::TSICR], 0);
    default: break;
  }
  return csr_.read(r.offset);
}

void I350Function::write_time_sync(const reg::Target& r, std::uint32_t value, Time t) {
  const std::uint32_t before = time_sync_causes();
  switch (r.first) {
    case reg::SYSTIML:
    case reg::SYSTIMH: return write_system_time(r.offset, value, t);
    case reg::TSAUXC: return write_tsauxc(value, t);
    case reg::TSICR: csr_[reg::TSICR] &= ~value; return;
    default: csr_.write(r.offset, value);
  }
  switch (r.first) {
    case reg::TIMINCA: system_time_.set_increment(value, t); return schedule_clock_event(t);
    case reg::TIMADJH: return adjust_system_time(value, t);
    case reg::TSIM: return time_sync_changed(before, t);
    case reg::TSYNCRXCTL: return update_rx_setup(t);
    case reg::TRGTTIML(0):
    case reg::TRGTTIMH(0): return schedule_clock_event(t);
    case reg::TSSDP: return pins_changed(t);
    default: return;
  }
}

void I350Function::reset_time_sync(Time t) {
  system_time_.reset(t);
  schedule_clock_event(t);
  if (tx_stamp_event_ != Time::never()) engine_.cancel(Kind::device, agent_ + step::tx_stamp, this);
  tx_stamp_event_ = Time::never();
  target_levels_ = {};
  pin_levels_ = 0;
}

// --- the clock -----------------------------------------------------------------------------------

/// Puts a 40-bit time into a pair of registers.
void I350Function::put_time(reg::Offset low, reg::Offset high, std::uint64_t ns) {
  csr_[low] = static_cast<std::uint32_t>(ns);
  csr_[high] = static_cast<std::uint32_t>(ns >> 32);
}

/// SYSTIML and SYSTIMH show the time of the last latch; what is returned is the fraction.
std::uint32_t I350Function::latch_system_time(Time t) {
  const SystemTime::Value now = system_time_.at(t);
  put_time(reg::SYSTIML, reg::SYSTIMH, now.ns);
  return now.fraction;
}

/// One half of the counter, in the reading in which that can be.
void I350Function::write_system_time(reg::Offset offset, std::uint32_t value, Time t) {
  if (!config_.quirks.registers.systim_writable) return;
  const std::uint64_t now = system_time_.at(t).ns;
  system_time_.set(offset == reg::SYSTIML ? (now >> 32) << 32 | value
                                          : std::uint64_t{value} << 32 | static_cast<std::uint32_t>(now),
                   t);
  schedule_clock_event(t);
}

void I350Function::adjust_system_time(std::uint32_t high, Time t) {
  const auto ns = static_cast<std::int64_t>(std::uint64_t{high & 0xFF} << 32 | csr_[reg::TIMADJL]);
  system_time_.adjust((high & reg::timadjh::NEGATIVE) != 0 ? -ns : ns, t);
  schedule_clock_event(t);
}

void I350Function::write_tsauxc(std::uint32_t value, Time t) {
  using namespace reg::tsauxc;
  const std::uint32_t taken = AUTT(0) | AUTT(1);
  csr_[reg::TSAUXC] = (value & ~(SAMP_AUT(0) | SAMP_AUT(1) | taken)) | (csr_[reg::TSAUXC] & taken);
  system_time_.run((value & DISABLE_SYSTIME) == 0, t);
  for (unsigned i = 0; i < 2; ++i)
    if ((value & SAMP_AUT(i)) != 0) auxiliary_stamp(i, t);
  schedule_clock_event(t);
}

// --- causes --------------------------------------------------------------------------------------

void I350Function::time_sync_cause(std::uint32_t causes, Time t) {
  const std::uint32_t before = time_sync_causes();
  csr_[reg::TSICR] |= causes;
  time_sync_changed(before, t);
}

/// ICR.TIME_SYNC comes with an enabled cause that was not there before.
void I350Function::time_sync_changed(std::uint32_t before, Time t) {
  if ((time_sync_causes() & ~before) != 0) legacy_cause(reg::icr::TIME_SYNC, t);
}

// --- target times, auxiliary stamps, pins --------------------------------------------------------

std::uint64_t I350Function::target_time(unsigned i) const {
  return std::uint64_t{csr_[reg::TRGTTIMH(i)]} << 32 | csr_[reg::TRGTTIML(i)];
}

/// The clock or a target changed: when the next of what can be foreseen happens.
void I350Function::schedule_clock_event(Time t) {
  clock_wraps_ = system_time_.wraps(t);
  Time due = clock_wraps_;
  for (unsigned i = 0; i < 2; ++i)
    if ((csr_[reg::TSAUXC] & reg::tsauxc::EN_TT(i)) != 0)
      due = niclab::min(due, system_time_.reaches(target_time(i), t));
  const Time at = due == Time::never() ? due : niclab::max(due, t + kDeviceClock).ceil(kDeviceClock);
  if (at == clock_event_) return;
  if (clock_event_ != Time::never()) engine_.cancel(Kind::device, agent_ + step::clock, this);
  clock_event_ = at;
  if (at != Time::never())
    engine_.at<&I350Function::clock_event>(at, Kind::device, agent_ + step::clock, *this);
}

void I350Function::clock_event(Time t, std::uint32_t) {
  const ShowAfter show{*this, t};
  clock_event_ = Time::never();
  if (clock_wraps_ <= t) time_sync_cause(reg::tsicr::SYS_WRAP, t);
  for (unsigned i = 0; i < 2; ++i)
    if ((csr_[reg::TSAUXC] & reg::tsauxc::EN_TT(i)) != 0 && system_time_.reaches(target_time(i), t) == t)
      target_reached(i, t);
  schedule_clock_event(t);
}

void I350Function::target_reached(unsigned i, Time t) {
  csr_[reg::TSAUXC] &= ~reg::tsauxc::EN_TT(i);
  target_levels_[i] = !target_levels_[i];
  time_sync_cause(reg::tsicr::TT(i), t);
  pins_changed(t);
}

/// One that was taken stays until its upper half is read.
void I350Function::auxiliary_stamp(unsigned i, Time t) {
  if ((csr_[reg::TSAUXC] & reg::tsauxc::AUTT(i)) != 0) return;
  put_time(reg::AUXSTMPL(i), reg::AUXSTMPH(i), system_time_.at(t).ns);
  csr_[reg::TSAUXC] |= reg::tsauxc::AUTT(i);
  time_sync_cause(reg::tsicr::AUTT(i), t);
}

/// The level of a software-definable pin: a target time's, else what software puts out; nothing comes in from
/// outside.
bool I350Function::pin_level(unsigned pin) const {
  const std::uint32_t tssdp = csr_[reg::TSSDP];
  if ((tssdp & reg::tssdp::SDP_EN(pin)) != 0) {
    const unsigned by = reg::tssdp::SDP_SEL(pin).get(tssdp);
    return by < target_levels_.size() && target_levels_[by];
  }
  const bool first_two = pin < 2;
  const std::uint32_t control = csr_[first_two ? reg::CTRL : reg::CTRL_EXT];
  const unsigned data = first_two ? 18 + pin : 4 + pin, output = first_two ? 22 + pin : 8 + pin;
  return (control >> output & 1) != 0 && (control >> data & 1) != 0;
}

/// After a write to CTRL, CTRL_EXT or TSSDP, and after a target time: an edge of a pin may be one to stamp.
void I350Function::pins_changed(Time t) {
  unsigned levels = 0;
  for (unsigned pin = 0; pin < 4; ++pin) levels |= unsigned{pin_level(pin)} << pin;
  const unsigned changed = std::exchange(pin_levels_, levels) ^ levels;
  if (changed == 0) return;
  const std::uint32_t tssdp = csr_[reg::TSSDP];
  for (unsigned i = 0; i < 2; ++i)
    if ((csr_[reg::TSAUXC] & reg::tsauxc::EN_TS(i)) != 0 && (tssdp & reg::tssdp::AUX_EN(i)) != 0 &&
        (changed >> reg::tssdp::AUX_SEL(i).get(tssdp) & 1) != 0)
      auxiliary_stamp(i, t);
}

// --- transmit ------------------------------------------------------------------------------------

/// A frame that asks for a stamp starts at `start`.
void I350Function::tx_stamp_wanted(Time start) {
  tx_stamp_event_ = start + preamble_time(mac_mode_.speed);
  engine_.at<&I350Function::tx_stamp>(tx_stamp_event_, Kind::device, agent_ + step::tx_stamp, *this);
}

void I350Function::tx_stamp(Time t, std::uint32_t) {
  using namespace reg::tsynctxctl;
  const ShowAfter show{*this, t};
  tx_stamp_event_ = Time::never();
  if ((csr_[reg::TSYNCTXCTL] & (VALID | EN)) != EN) return;
  put_time(reg::TXSTMPL, reg::TXSTMPH, system_time_.at(t).ns);
  csr_[reg::TSYNCTXCTL] |= VALID;
  time_sync_cause(reg::tsicr::TXTS, t);
}

// --- receive -------------------------------------------------------------------------------------

/// Into the packet if its queue has room for it there, else into RXSTMP if that is free. `marked` by ETQF or
/// FTQF.
void I350Function::rx_stamp(RxEntry& e, const ParsedPacket& packet, bool marked) {
  const std::uint32_t control = csr_[reg::TSYNCRXCTL];
  if (!e.frame->fcs_good || !wants_time_stamp(control, csr_[reg::TSYNCRXCFG], packet, marked,
                                              config_.quirks.registers.ptp_named_only))
    return;
  const Time delimiter = rx_end_ - time_from_delimiter(mac_mode_.speed, packet.frame.size());
  const std::uint64_t stamp = system_time_.at(delimiter).ns;
  if (rx_setup_[e.queue].stamps_in_packet) {
    rx_stamp_ = stamp;
    e.status |= rxd::TSIP;
    return;
  }
  if ((control & reg::tsyncrxctl::VALID) != 0) return;
  put_time(reg::RXSTMPL, reg::RXSTMPH, stamp);
  const std::uint64_t source = source_attributes(packet);
  csr_[reg::RXSATRL] = static_cast<std::uint32_t>(source);
  csr_[reg::RXSATRH] = static_cast<std::uint32_t>(source >> 32);
  csr_[reg::TSYNCRXCTL] |= reg::tsyncrxctl::VALID;
  e.status |= rxd::TS;
  time_sync_cause(reg::tsicr::RXTS, e.arrived);
}

/// The stamp begins the first packet buffer: it stands before the packet, or behind the header that goes to a
/// buffer of its own.
void I350Function::rx_insert_stamp(RxEntry& e, const RxSetup& setup) {
  const unsigned type = setup.buffers.descriptor_type;
  const bool split = (type == reg::srrctl::DESCTYPE_SPLIT || type == reg::srrctl::DESCTYPE_SPLIT_ALWAYS) &&
                     e.header <= setup.buffers.header_bytes;
  const std::uint32_t before = split ? e.header : 0;
  Frame* const image = frames_.get(e.frame->length + kStampHeader);
  std::byte* const stamp = image->data + before;
  std::memcpy(image->data, e.frame->data, before);
  std::memset(stamp, 0, 8);
  store_le(stamp + 8, rx_stamp_);
  std::memcpy(stamp + kStampHeader, e.frame->data + before, e.frame->length - before);
  image->fcs_good = e.frame->fcs_good;
  image->number = e.frame->number;
  FramePool::unref(e.frame);
  e.frame = image;
}

}  // namespace niclab::sim
