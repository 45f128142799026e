#include "hw/flow_control.hpp"

#include <algorithm>
#include <cstring>

#include "base/bytes.hpp"
#include "hw/register_fields.hpp"

namespace niclab::hw {
namespace {

constexpr std::uint16_t kPauseOpcode = 1;
constexpr unsigned kTypeAt = 12, kOpcodeAt = 14, kTimerAt = 16;

}  // namespace

MacControl mac_control(std::span<const std::byte> frame, const FlowControlAddresses& addresses) {
  if (load_be16(frame.data() + kTypeAt) != addresses.ether_type) return MacControl::no;
  const auto destination = MacAddress::load(frame.data());
  if (destination != addresses.group && destination != addresses.station) return MacControl::no;
  return load_be16(frame.data() + kOpcodeAt) == kPauseOpcode ? MacControl::pause : MacControl::unsupported;
}

std::uint16_t pause_quanta(std::span<const std::byte> frame) { return load_be16(frame.data() + kTimerAt); }

void write_pause_frame(std::span<std::byte> frame, const FlowControlAddresses& addresses,
                       std::uint16_t quanta) {
  std::fill(frame.begin(), frame.end(), std::byte{});
  addresses.group.store(frame.data());
  addresses.station.store(frame.data() + 6);
  store_be16(frame.data() + kTypeAt, addresses.ether_type);
  store_be16(frame.data() + kOpcodeAt, kPauseOpcode);
  store_be16(frame.data() + kTimerAt, quanta);
}

// --- PauseSender ---------------------------------------------------------------------------------

std::uint32_t PauseSender::high() const {
  const std::uint32_t v = registers_.enabled ? registers_.fcrth & reg::fcrth::RTH : 0;
  return v != 0 ? v : kNever;
}

std::uint32_t PauseSender::low() const { return registers_.fcrtl & reg::fcrtl::RTL; }

void PauseSender::set_state(bool xoff) {
  xoff_ = xoff;
  trip_high_ = xoff ? kNever : high();
  trip_low_ = xoff ? low() : 0;
}

void PauseSender::configure(const PauseSenderRegisters& r, std::uint32_t bytes) {
  registers_ = r;
  if (!r.enabled) return reset(bytes);
  set_state(xoff_);
  crossed(bytes);
}

void PauseSender::reset(std::uint32_t bytes) {
  stopped_ = false;
  wanted_ = Wanted::nothing;
  refresh_at_ = Time::never();
  set_state(false);
  crossed(bytes);
}

void PauseSender::crossed(std::uint32_t bytes) {
  if (bytes >= trip_high_) {
    set_state(true);
    wanted_ = Wanted::xoff;
  } else if (bytes < trip_low_) {
    set_state(false);
    refresh_at_ = Time::never();
    // Nobody has to be told to go on who was not stopped.
    wanted_ = stopped_ && (registers_.fcrtl & reg::fcrtl::XONE) != 0 ? Wanted::xon : Wanted::nothing;
  }
}

void PauseSender::overflowed() {
  if (rules_.repeat_on_overflow && xoff_ && stopped_) wanted_ = Wanted::xoff;
}

Time PauseSender::quanta_after(std::uint32_t quanta) const {
  return last_xoff_ + pause_time(last_speed_, static_cast<std::uint16_t>(quanta));
}

std::uint16_t PauseSender::take(Time end, LinkSpeed speed) {
  const auto quanta = static_cast<std::uint16_t>(wanted_ == Wanted::xoff ? registers_.fcttv : 0);
  wanted_ = Wanted::nothing;
  refresh_at_ = Time::never();
  stopped_ = quanta != 0;
  if (!stopped_) return quanta;
  last_xoff_ = end;
  last_speed_ = speed;
  const std::uint32_t threshold = registers_.fcrtv;
  if (xoff_ && threshold != 0 && threshold < quanta)
    refresh_at_ = quanta_after(rules_.refresh_counts_down ? quanta - threshold : threshold);
  return quanta;
}

void PauseSender::refresh(std::uint32_t bytes) {
  refresh_at_ = Time::never();
  const bool still = rules_.refresh_above_high ? bytes > high() : bytes >= low();
  if (xoff_ && still) wanted_ = Wanted::xoff;
}

std::uint32_t PauseSender::status(Time t, std::uint32_t bytes) const {
  namespace f = reg::fcsts0;
  std::uint32_t s = (xoff_ ? f::XOFF : 0) | (bytes > high() ? f::ABOVE_HIGH : 0) |
                    (bytes < std::max(low(), 1u) ? f::BELOW_LOW : 0);
  if (!stopped_ || t < last_xoff_) return s;
  const auto run = static_cast<std::uint64_t>((t - last_xoff_).ps() / pause_time(last_speed_, 1).ps());
  if (run >= registers_.fcttv) return s;
  const auto counter = static_cast<std::uint32_t>(rules_.refresh_counts_down ? registers_.fcttv - run : run);
  return s | f::REFRESH.put(counter);
}

}  // namespace niclab::hw
