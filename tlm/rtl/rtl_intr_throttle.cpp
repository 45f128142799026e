#include "tlm/rtl/rtl_intr_throttle.hpp"

#include <Vintr_throttle.h>

namespace niclab::sim {

using namespace hw;

namespace {

constexpr Duration kMicrosecond = 1_us;
constexpr unsigned kClockBits = 7;

/// An instant on the block's ports: microseconds, and clocks within.
Time instant_of(std::uint64_t port) {
  return Time{} + kMicrosecond * (port >> kClockBits) + kDeviceClock * (port & ((1u << kClockBits) - 1));
}

}  // namespace

RtlIntrThrottle::RtlIntrThrottle(RtlWorld& world, Engine& engine, unsigned agent, std::string name,
                                 const ThrottleReadings& readings)
    : RtlCalledBlock(world, engine, agent, std::move(name)) {
  top().write_reloads_interval = readings.write_reloads_interval;
  top().low_latency_unless_limited = readings.low_latency_unless_limited;
  reset(Time{});
}

RtlIntrThrottle::~RtlIntrThrottle() = default;

void RtlIntrThrottle::show_waves(WaveSink& sink, WaveScope scope) { begin_waves(sink, scope); }

// --- the clock -----------------------------------------------------------------------------------

void RtlIntrThrottle::next_inputs() {
  Vintr_throttle& top = this->top();
  top.rst = top.write_valid = top.read_eicr = top.port_reset = top.expire = top.grant_ready = 0;
  top.set_causes = top.low_latency = 0;
  step_ = Step::start;
  fell_ = false;
  if (registers_change_) known_ = 0;
  registers_change_ = false;
  if (clocked()) schedule_refill();
}

void RtlIntrThrottle::set_now(Time t) {
  now_ = t;
  top().now_us = t.ps() / kMicrosecond.ps();
  top().now_clock = static_cast<std::uint8_t>(t.ps() % kMicrosecond.ps() / kDeviceClock.ps());
  input_changed();
}

void RtlIntrThrottle::arrive(Time t) {
  if (t <= now_) return;
  if (strobed()) edge();
  refills_before(t);
  open(t);
  set_now(t);
}

/// The cycles at which credits come back, which no call begins.
void RtlIntrThrottle::refills_before(Time t) {
  while (top().wake_valid && instant_of(top().wake) < t) {
    const Time wake = instant_of(top().wake);
    open(wake);
    set_now(wake);
    edge();
  }
}

void RtlIntrThrottle::schedule_refill() {
  if (!top().wake_valid || instant_of(top().wake) == refill_scheduled_) return;
  refill_scheduled_ = instant_of(top().wake);
  engine().at<&RtlIntrThrottle::refill_event>(refill_scheduled_ + kDeviceClock, Kind::clock_edge, agent(),
                                              *this);
}

void RtlIntrThrottle::refill_event(Time t, std::uint32_t) { arrive(t); }

void RtlIntrThrottle::finish(Time end) {
  run_out(end);
  refills_before(end - kDeviceClock);
}

/// Accesses, falls and grants are one a cycle; causes add up.
void RtlIntrThrottle::begin(Step step, Time t) {
  arrive(t);
  const bool again = step == step_ && step != Step::raise && step != Step::low_latency;
  if (step_ > step || again) edge();
  step_ = step;
  if (step == Step::access || step == Step::grant) registers_change_ = true;
}

void RtlIntrThrottle::show_registers() {
  if (registers_change_) edge();
}

// --- inputs --------------------------------------------------------------------------------------

void RtlIntrThrottle::reset(Time t) {
  access(t);
  top().other_level = 0;
  top().rst = 1;
  strobe();
  edge();
}

void RtlIntrThrottle::reset_port(Time t) {
  access(t);
  top().port_reset = 1;
  fell_ = top().other_level != 0;
  if (fell_) step_ = Step::fall;
  top().other_level = 0;
  strobe();
}

void RtlIntrThrottle::expire_counters(Time t) {
  access(t);
  top().expire = 1;
  strobe();
}

void RtlIntrThrottle::write(ThrottleWrite which, unsigned vector, std::uint32_t value, Time t) {
  access(t);
  top().write_valid = 1;
  top().write_select = static_cast<std::uint8_t>(which);
  top().write_vector = static_cast<std::uint8_t>(vector);
  top().write_value = value;
  strobe();
}

std::uint32_t RtlIntrThrottle::read_eicr(Time t) {
  access(t);
  settle();
  const std::uint32_t value = top().eicr;
  top().read_eicr = 1;
  strobe();
  return value;
}

bool RtlIntrThrottle::set_causes(std::uint32_t mask, Time t) {
  if (strobed() && t > now_) edge();
  if (!strobed() && (mask & top().eicr & ~reg::eicr::OTHER) == mask) return false;
  begin(Step::raise, t);
  top().set_causes |= mask;
  strobe();
  return true;
}

bool RtlIntrThrottle::set_other_level(bool level, Time t) {
  if (level == (top().other_level != 0)) return false;
  if (level) {
    arrive(t);
    if (fell_) edge();
  }
  begin(level ? Step::raise : Step::fall, t);
  fell_ = !level;
  top().other_level = level;
  strobe();
  return true;
}

void RtlIntrThrottle::low_latency(std::uint32_t vectors, Time t) {
  begin(Step::low_latency, t);
  top().low_latency |= vectors;
  strobe();
}

std::uint32_t RtlIntrThrottle::grants(Time t) {
  arrive(t);
  if (step_ == Step::grant) edge();
  settle();
  const std::uint32_t granted = top().grant;
  if (granted == 0) return 0;
  begin(Step::grant, t);
  top().grant_ready = 1;
  strobe();
  return granted;
}

// --- outputs -------------------------------------------------------------------------------------

std::uint32_t RtlIntrThrottle::eicr() {
  if (strobed()) edge();
  settle();
  return top().eicr;
}

std::uint32_t RtlIntrThrottle::eims() { return show_registers(), top().eims; }
std::uint32_t RtlIntrThrottle::eiac() { return show_registers(), top().eiac; }
std::uint32_t RtlIntrThrottle::eiam() { return show_registers(), top().eiam; }
std::uint32_t RtlIntrThrottle::gpie() { return show_registers(), top().gpie; }

std::uint32_t RtlIntrThrottle::read_eitr(unsigned v, Time t) {
  arrive(t);
  show_registers();
  top().eitr_vector = static_cast<std::uint8_t>(v);
  input_changed();
  settle();
  return top().eitr;
}

Time RtlIntrThrottle::counter_expiry(unsigned v) {
  show_registers();
  if ((known_ >> v & 1) == 0) {
    top().eitr_vector = static_cast<std::uint8_t>(v);
    input_changed();
    settle();
    expiry_[v] = instant_of(top().expiry);
    known_ |= reg::bit(v);
  }
  return expiry_[v];
}

bool RtlIntrThrottle::line(unsigned v) {
  if (step_ == Step::grant) edge();
  settle();
  return (top().line >> v & 1) != 0;
}

Time RtlIntrThrottle::next_grant() {
  if (step_ == Step::grant) edge();
  settle();
  return top().due_valid ? niclab::max(instant_of(top().due), now_) : Time::never();
}

}  // namespace niclab::sim
