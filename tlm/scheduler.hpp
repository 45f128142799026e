// The one SystemC process of the fast path: runs the engine up to what SystemC's kernel would do next.
#pragma once

#include <exception>
#include <systemc>

#include "tlm/core/engine.hpp"

namespace niclab::sim {

class Scheduler final : public sc_core::sc_module {
 public:
  Scheduler(sc_core::sc_module_name name, Engine& engine);

  /// SystemC's sc_start: until the end of the run, or until somebody pauses it. Rethrows what the engine
  /// threw.
  void start();
  /// The run stops before this instant.
  void set_end(Time end) { end_ = end; }
  /// Somebody other than the engine may have scheduled SystemC activity: look at the kernel again.
  void refresh_horizon();
  /// A foreign process asked the engine for something: wake up now.
  void kick();
  /// Between two sc_start calls: the process wakes when sc_start is called again.
  std::uint64_t activations() const { return activations_; }

 private:
  void run();
  Time kernel_horizon() const;

  Engine& engine_;
  sc_core::sc_event wake_;
  Time end_ = Time::never();
  std::uint64_t activations_ = 0;
  bool running_ = false;
  bool first_ = true;
  std::exception_ptr failure_;
};

}  // namespace niclab::sim
