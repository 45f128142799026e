#include "tlm/scheduler.hpp"

#include <utility>

#include "tlm/payload.hpp"

namespace niclab::sim {

Scheduler::Scheduler(sc_core::sc_module_name name, Engine& engine) : sc_module(name), engine_(engine) {
  SC_HAS_PROCESS(Scheduler);
  SC_METHOD(run);
}

Time Scheduler::kernel_horizon() const {
  const std::uint64_t pending =
      sc_core::sc_time_to_pending_activity(sc_core::sc_get_curr_simcontext()).value();
  const bool none = pending >= std::uint64_t{1} << 62;
  return none ? end_ : niclab::min(end_, kernel_now() + Duration::from_ps(pending));
}

void Scheduler::refresh_horizon() {
  if (running_ && !engine_.eager()) engine_.limit_horizon(kernel_horizon());
}

void Scheduler::kick() {
  if (!running_) wake_.notify(sc_core::SC_ZERO_TIME);
}

void Scheduler::start() {
  sc_core::sc_start();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Scheduler::run() {
  if (first_) {  // let every other process reach its first wait: then the kernel knows what is pending
    first_ = false;
    next_trigger(sc_core::SC_ZERO_TIME);
    return;
  }
  ++activations_;
  running_ = true;
  Time next;
  try {
    next = engine_.eager() ? engine_.step(niclab::min(end_, kernel_now() + 1_ps))
                           : engine_.run_until(kernel_horizon());
  } catch (...) {  // SystemC would make a report of its own of it
    failure_ = std::current_exception();
    sc_core::sc_pause();
    return;
  }
  running_ = false;
  if (next < end_) {
    next_trigger(delay_to(niclab::max(next, kernel_now())), wake_);
  } else if (end_ == Time::never()) {
    next_trigger(wake_);
  } else if (kernel_now() < end_) {  // foreign processes have their time up to the end
    next_trigger(delay_to(end_), wake_);
  } else {  // they may go on for ever; the run does not
    sc_core::sc_pause();
    next_trigger(wake_);
  }
}

}  // namespace niclab::sim
