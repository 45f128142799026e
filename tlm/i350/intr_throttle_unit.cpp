#include "tlm/i350/intr_throttle_unit.hpp"

namespace niclab::sim {

using namespace hw;

namespace {

constexpr const char* kWrites[] = {
    "EICR written", "EICS written", "EIMS written", "EIMC written",
    "EIAC written", "EIAM written", "GPIE written", "EITR written: value, vector"};

}  // namespace

void IntrThrottleUnit::choose(Fidelity fidelity, RtlWorld* world, Engine& engine, unsigned agent,
                              std::string name, const ThrottleReadings& readings) {
  compare_ = fidelity == Fidelity::lockstep;
  model_ = InterruptThrottle(readings);
  if (fidelity != Fidelity::model)
    rtl_ = std::make_unique<RtlIntrThrottle>(*world, engine, agent, std::move(name), readings);
}

void IntrThrottleUnit::differ(const char* what, std::uint32_t rtl, std::uint32_t model) const {
  rtl_->instance().check(report("throttle").value(what, rtl, model));
}

Time IntrThrottleUnit::same(const char* what, Time rtl, Time model) const {
  if (compare_ && rtl != model) rtl_->instance().check(report("throttle").time(what, rtl, model));
  return rtl;
}

// --- inputs --------------------------------------------------------------------------------------

void IntrThrottleUnit::reset(Time t) {
  model_.reset();
  if (rtl_ == nullptr) return;
  history().add(t, "power-on");
  rtl_->reset(t);
}

void IntrThrottleUnit::reset_port(Time t) {
  if (twin()) model_.reset_port(t);
  if (rtl_ == nullptr) return;
  history().add(t, "port reset");
  rtl_->reset_port(t);
}

void IntrThrottleUnit::expire_counters(Time t) {
  if (twin()) model_.expire_counters(t);
  if (rtl_ == nullptr) return;
  history().add(t, "countdowns end");
  rtl_->expire_counters(t);
}

void IntrThrottleUnit::rtl_write(Write which, unsigned vector, std::uint32_t value, Time t) {
  ++transactions_;
  history().add(t, kWrites[static_cast<unsigned>(which)], value, vector);
  rtl_->write(which, vector, value, t);
}

void IntrThrottleUnit::rtl_set_causes(std::uint32_t mask, Time t) {
  if (!rtl_->set_causes(mask, t)) return;
  ++transactions_;
  history().add(t, "causes", mask);
}

void IntrThrottleUnit::rtl_set_other_level(bool level, Time t) {
  if (rtl_->set_other_level(level, t)) history().add(t, "level of other causes", level);
}

void IntrThrottleUnit::rtl_low_latency(std::uint32_t vectors, Time t) {
  ++transactions_;
  history().add(t, "low latency", vectors);
  rtl_->low_latency(vectors, t);
}

// --- outputs -------------------------------------------------------------------------------------

std::uint32_t IntrThrottleUnit::rtl_read_eicr(Time t) {
  ++transactions_;
  history().add(t, "EICR read");
  const std::uint32_t value = rtl_->read_eicr(t);
  return same("EICR", value, compare_ ? model_.read_eicr(t) : value);
}

std::uint32_t IntrThrottleUnit::rtl_read_eitr(unsigned v, Time t) {
  const std::uint32_t value = rtl_->read_eitr(v, t);
  return same("EITR", value, compare_ ? model_.read_eitr(v, t) : value);
}

std::uint32_t IntrThrottleUnit::rtl_grants(Time t) {
  const std::uint32_t granted = rtl_->grants(t);
  if (granted != 0) {
    ++transactions_;
    history().add(t, "granted", granted);
  }
  return same("grant", granted, compare_ ? model_.grants(t) : granted);
}

Time IntrThrottleUnit::rtl_next_grant() const {
  const Time due = rtl_->next_grant();
  return same("due", due, niclab::max(model_.next_grant(), rtl_->now()));
}

Time IntrThrottleUnit::rtl_counter_expiry(unsigned v) const {
  return same("expiry", rtl_->counter_expiry(v), model_.counter_expiry(v));
}

RtlCounters IntrThrottleUnit::counters() const {
  return rtl_ == nullptr ? RtlCounters{}
                         : RtlCounters{transactions_, rtl_->cycles(), rtl_->instance().mismatches};
}

}  // namespace niclab::sim
