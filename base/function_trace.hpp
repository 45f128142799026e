// Which functions of driver and stack run, when, and for which packet.
//
// Measurement only. A FunctionSpan at the head of a function costs one test when nobody observes.
#pragma once

#include <string_view>

#include "base/kernel.hpp"

namespace niclab {

/// Times are those of the running CPU. Inside an Instant they are where its charges will have led; an
/// interrupt that comes first makes those that lie after its arrival slide, as the charges themselves do.
class FunctionObserver {
 public:
  virtual ~FunctionObserver() = default;
  /// `name` lives as long as the program. `packet`: whom the function serves; none: whom its caller serves.
  virtual void enters(unsigned cpu, std::string_view name, JourneyId packet, Time at) = 0;
  /// The function entered last on this CPU returns.
  virtual void leaves(unsigned cpu, Time at) = 0;
  /// The functions running on this CPU turn out to serve `packet`.
  virtual void serves(unsigned cpu, JourneyId packet) = 0;
  /// A hard interrupt is taken at `at`, and whoever was interrupted goes on.
  virtual void interrupted(unsigned cpu, Time at) = 0;
  virtual void resumed(unsigned cpu, Time at) = 0;
  /// The CPU goes on with another task.
  virtual void switched(unsigned cpu, const Task& from, const Task& to, Time at) = 0;
};

/// The time in which a function runs: this scope.
class FunctionSpan {
 public:
  FunctionSpan(Kernel& k, std::string_view name, JourneyId packet = JourneyId::none)
      : kernel_(k), observer_(k.functions()) {
    if (observer_ != nullptr) [[unlikely]]
      observer_->enters(k.smp_processor_id(), name, packet, k.moment());
  }
  ~FunctionSpan() {
    if (observer_ != nullptr) [[unlikely]]
      leave();
  }
  FunctionSpan(const FunctionSpan&) = delete;
  FunctionSpan& operator=(const FunctionSpan&) = delete;

 private:
  void leave() {
    const Time at = kernel_.moment();
    observer_->leaves(kernel_.smp_processor_id(), at);
  }
  Kernel& kernel_;
  FunctionObserver* const observer_;
};

/// The functions running on this CPU turn out to serve `packet`.
inline void functions_serve(Kernel& k, JourneyId packet) {
  if (k.functions() != nullptr && packet != JourneyId::none)
    k.functions()->serves(k.smp_processor_id(), packet);
}

}  // namespace niclab
