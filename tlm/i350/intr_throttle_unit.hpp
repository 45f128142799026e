// Interrupt moderation of a port in the fidelity a scenario chose: C++, RTL, or both compared (docs/rtl.md).
//
// The names are those of hw::InterruptThrottle, whose header says what they do. Every call that changes
// something says at which instant of the device's grid it happens; the others answer for the instant of the
// last of these. Each has the model's way inline.
#pragma once

#include <memory>
#include <string>

#include "base/time.hpp"
#include "hw/interrupts.hpp"
#include "tlm/rtl/fidelity.hpp"
#include "tlm/rtl/rtl_intr_throttle.hpp"

namespace niclab::sim {

class IntrThrottleUnit {
 public:
  /// `name`: for the report of a mismatch. `agent`: of the calendar, for the block's clock.
  void choose(Fidelity fidelity, RtlWorld* world, Engine& engine, unsigned agent, std::string name,
              const hw::ThrottleReadings& readings);
  /// Shows the block's signals, if RTL was chosen, in a scope `name` of `scope`.
  void show_waves(WaveSink& sink, WaveScope scope, std::string_view name) {
    if (rtl_ != nullptr) rtl_->show_waves(sink, sink.scope(scope, name));
  }

  void reset(Time t);
  void reset_port(Time t);
  void expire_counters(Time t);
  void set_causes(std::uint32_t mask, Time t) {
    if (rtl_ != nullptr) rtl_set_causes(mask, t);
    if (twin()) model_.set_causes(mask, t);
  }
  void set_other_level(bool level, Time t) {
    if (rtl_ != nullptr) rtl_set_other_level(level, t);
    if (twin()) model_.set_other_level(level, t);
  }
  void low_latency(std::uint32_t vectors, Time t) {
    if (rtl_ != nullptr) rtl_low_latency(vectors, t);
    if (twin()) model_.low_latency(vectors, t);
  }

  void write_eicr(std::uint32_t v, Time t) { write<&hw::InterruptThrottle::write_eicr>(Write::eicr, v, t); }
  void write_eics(std::uint32_t v, Time t) { write<&hw::InterruptThrottle::write_eics>(Write::eics, v, t); }
  void write_eims(std::uint32_t v, Time t) { write<&hw::InterruptThrottle::write_eims>(Write::eims, v, t); }
  void write_eimc(std::uint32_t v, Time t) { write<&hw::InterruptThrottle::write_eimc>(Write::eimc, v, t); }
  void write_eiac(std::uint32_t v, Time t) { write<&hw::InterruptThrottle::write_eiac>(Write::eiac, v, t); }
  void write_eiam(std::uint32_t v, Time t) { write<&hw::InterruptThrottle::write_eiam>(Write::eiam, v, t); }
  void write_gpie(std::uint32_t v, Time t) { write<&hw::InterruptThrottle::write_gpie>(Write::gpie, v, t); }
  void write_eitr(unsigned v, std::uint32_t value, Time t) {
    if (rtl_ != nullptr) rtl_write(Write::eitr, v, value, t);
    if (twin()) model_.write_eitr(v, value, t);
  }

  std::uint32_t read_eicr(Time t) { return rtl_ == nullptr ? model_.read_eicr(t) : rtl_read_eicr(t); }
  std::uint32_t read_eitr(unsigned v, Time t) {
    return rtl_ == nullptr ? model_.read_eitr(v, t) : rtl_read_eitr(v, t);
  }
  std::uint32_t eicr() const {
    return rtl_ == nullptr ? model_.eicr() : same("EICR", rtl_->eicr(), model_.eicr());
  }
  std::uint32_t eims() const {
    return rtl_ == nullptr ? model_.eims() : same("EIMS", rtl_->eims(), model_.eims());
  }
  std::uint32_t eiac() const {
    return rtl_ == nullptr ? model_.eiac() : same("EIAC", rtl_->eiac(), model_.eiac());
  }
  std::uint32_t eiam() const {
    return rtl_ == nullptr ? model_.eiam() : same("EIAM", rtl_->eiam(), model_.eiam());
  }
  std::uint32_t gpie() const {
    return rtl_ == nullptr ? model_.gpie() : same("GPIE", rtl_->gpie(), model_.gpie());
  }

  Time next_grant() const { return rtl_ == nullptr ? model_.next_grant() : rtl_next_grant(); }
  std::uint32_t grants(Time t) { return rtl_ == nullptr ? model_.grants(t) : rtl_grants(t); }

  bool msix_mode() const {
    return rtl_ == nullptr ? model_.msix_mode() : (rtl_->gpie() & hw::reg::gpie::Multiple_MSIX) != 0;
  }
  bool line(unsigned v) const {
    return rtl_ == nullptr ? model_.line(v) : same("line", rtl_->line(v), model_.line(v)) != 0;
  }
  bool counter_running(unsigned v, Time t) const { return counter_expiry(v) > t; }
  Time counter_expiry(unsigned v) const {
    return rtl_ == nullptr ? model_.counter_expiry(v) : rtl_counter_expiry(v);
  }

  void finish(Time end) {
    if (rtl_ != nullptr) rtl_->finish(end);
  }
  RtlCounters counters() const;

 private:
  using Write = hw::ThrottleWrite;
  /// Whether the C++ throttle runs: alone, or to be compared.
  bool twin() const { return rtl_ == nullptr || compare_; }
  template <void (hw::InterruptThrottle::*Method)(std::uint32_t, Time)>
  void write(Write which, std::uint32_t value, Time t) {
    if (rtl_ != nullptr) rtl_write(which, 0, value, t);
    if (twin()) (model_.*Method)(value, t);
  }
  void rtl_write(Write which, unsigned vector, std::uint32_t value, Time t);
  void rtl_set_causes(std::uint32_t mask, Time t);
  void rtl_set_other_level(bool level, Time t);
  void rtl_low_latency(std::uint32_t vectors, Time t);
  std::uint32_t rtl_read_eicr(Time t);
  std::uint32_t rtl_read_eitr(unsigned v, Time t);
  std::uint32_t rtl_grants(Time t);
  Time rtl_next_grant() const;
  Time rtl_counter_expiry(unsigned v) const;

  /// The RTL's value; in lockstep the model's must be the same.
  std::uint32_t same(const char* what, std::uint32_t rtl, std::uint32_t model) const {
    if (compare_ && rtl != model) [[unlikely]]
      differ(what, rtl, model);
    return rtl;
  }
  void differ(const char* what, std::uint32_t rtl, std::uint32_t model) const;
  Time same(const char* what, Time rtl, Time model) const;
  LockstepReport report(const char* what) const {
    return {rtl_->instance().name, what, rtl_->now(), transactions_};
  }
  InputHistory& history() { return rtl_->instance().history; }

  hw::InterruptThrottle model_;
  std::unique_ptr<RtlIntrThrottle> rtl_;
  bool compare_ = false;
  std::uint64_t transactions_ = 0;
};

}  // namespace niclab::sim
