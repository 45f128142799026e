// Which functions of driver and stack run, when, and for which packet.
//
// Measurement only. A FunctionSpan at the head of a function costs one test when nobody observes.
#pragma once

#include <initializer_list>
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

/// The time in which a function runs: this scope. A function that the model has as one and Linux as several
/// is told by all their names, the outermost first.
class FunctionSpan {
 public:
  FunctionSpan(Kernel& k, std::string_view name, JourneyId packet = JourneyId::none)
      : kernel_(k.functions() != nullptr ? &k : nullptr) {
    if (kernel_ != nullptr) [[unlikely]]
      enter(*kernel_, name, packet);
  }
  FunctionSpan(Kernel& k, std::initializer_list<std::string_view> names, JourneyId packet = JourneyId::none)
      : kernel_(k.functions() != nullptr ? &k : nullptr), depth_(static_cast<unsigned>(names.size())) {
    if (kernel_ != nullptr) [[unlikely]]
      enter(*kernel_, names, packet);
  }
  ~FunctionSpan() {
    if (kernel_ != nullptr) [[unlikely]]
      leave(*kernel_, depth_);
  }
  FunctionSpan(const FunctionSpan&) = delete;
  FunctionSpan& operator=(const FunctionSpan&) = delete;

 private:
  // Kept out of the functions told, whose code shall stay small.
  [[gnu::cold]] static void enter(Kernel& k, std::string_view name, JourneyId packet);
  [[gnu::cold]] static void enter(Kernel& k, std::initializer_list<std::string_view> names, JourneyId packet);
  [[gnu::cold]] static void leave(Kernel& k, unsigned depth);

  Kernel* const kernel_;  // null when nobody observes
  const unsigned depth_ = 1;
};

/// The functions running on this CPU turn out to serve `packet`.
inline void functions_serve(Kernel& k, JourneyId packet) {
  if (k.functions() != nullptr && packet != JourneyId::none) [[unlikely]]
    k.functions()->serves(k.smp_processor_id(), packet);
}

}  // namespace niclab
