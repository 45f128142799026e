// The engine: one calendar, one clock, and the CPUs that run between the calendar's events.
//
// A CPU runs ahead of the calendar on its local clock. When it synchronises, whatever the calendar holds
// before its local time is run first, inline on the CPU's own stack; only another CPU's turn costs a context
// switch. Nothing runs at or past the horizon: the next thing somebody outside may do (SystemC's kernel, the
// end of the run).
#pragma once

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>

#include "base/kernel.hpp"
#include "tlm/core/calendar.hpp"
#include "tlm/core/context.hpp"

namespace niclab::sim {

class Cpu;

/// Something is wrong with the simulator itself or the simulated software; ends the run loudly.
class SimulationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Engine {
 public:
  /// `eager`: every charge is a wait and every effect an event of its own; the oracle of the lazy way.
  explicit Engine(bool eager) : calendar_(clock_) { clock_.eager = eager; }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  Clock& clock() { return clock_; }
  bool eager() const { return clock_.eager; }

  /// Runs all events before `horizon`; returns the time of the next one (never() if none). From the main
  /// context.
  Time run_until(Time horizon);
  /// Runs the single next event if it lies before `horizon` (the --eager way); returns as run_until.
  Time step(Time horizon);
  /// Runs everything before `end` without a SystemC kernel, the eager way event by event.
  Time run(Time end);
  /// The horizon came closer: a foreign model scheduled something. From any context.
  void limit_horizon(Time horizon);
  Time horizon() const { return Time::from_ps(calendar_.horizon()); }

  /// The instant of the event being run, or of the last observation of the running CPU.
  Time now() const { return running_ != nullptr && !in_event_ ? Time::from_ps(clock_.local) : now_; }

  /// The instant of the event being run, or at which the running CPU last synchronised: nobody will do
  /// anything before it.
  Time settled() const { return now_; }

  /// When something happens next; never() when nothing will.
  Time next_event() const { return Time::from_ps(calendar_.next_time()); }

  template <auto Method, class T>
  void at(Time t, Kind kind, unsigned agent, T& object, std::uint32_t arg = 0) {
    check_future(t);
    calendar_.push({t.ps(), order_of(kind, agent), arg,
                    [](void* o, Time when, std::uint32_t a) { (static_cast<T*>(o)->*Method)(when, a); },
                    &object});
  }
  bool cancel(Kind kind, unsigned agent, const void* object) {
    return calendar_.cancel(order_of(kind, agent), object);
  }
  /// Whether a step that is due at `t` may run at once because nothing else comes before it (rule: inline
  /// chaining). Never in eager mode.
  bool may_chain(Time t, Kind kind, unsigned agent) const {
    if (clock_.eager || t.ps() >= calendar_.horizon() || t.ps() >= limit_) return false;
    return calendar_.nothing_before(t.ps(), order_of(kind, agent));
  }
  /// Runs Method now if nothing comes before it, else schedules it.
  template <auto Method, class T>
  void chain(Time t, Kind kind, unsigned agent, T& object, std::uint32_t arg = 0) {
    if (may_chain(t, kind, agent)) {
      const Time saved = now_;
      now_ = t;
      (object.*Method)(t, arg);
      now_ = saved;
    } else {
      at<Method>(t, kind, agent, object, arg);
    }
  }

  /// The run is over: software may be called from the main context to read its counters; time stands still
  /// and every synchronisation returns at once.
  void freeze();
  bool frozen() const { return frozen_; }

  std::uint64_t events_run() const { return events_run_; }

 private:
  friend class Cpu;
  void check_future(Time t) const {
    if (t < now_) [[unlikely]]
      fail_past(t);
  }
  [[noreturn]] void fail_past(Time t) const;
  void run_event(const Event& e);
  /// As run_event on a coroutine's stack: an exception ends the run in the main context instead of unwinding
  /// here.
  void run_event_on(Context& self, const Event& e);
  void rethrow_failure();
  /// Gives the calendar its turn until the context `self` is continued.
  void dispatch(Context& self);
  void continue_cpu(Cpu& cpu, Time t);

  Clock clock_;
  Calendar calendar_;
  Context main_;
  Cpu* running_ = nullptr;  // whose local time the clock shows; null in the main context
  Time now_{};              // of the event being run
  bool in_event_ = false;
  std::uint64_t limit_ = ~std::uint64_t{0};  // local time of a CPU that drains events inline
  std::uint64_t events_run_ = 0;
  bool single_step_ = false;
  bool frozen_ = false;
  std::exception_ptr failure_;
};

}  // namespace niclab::sim
