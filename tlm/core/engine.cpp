#include "tlm/core/engine.hpp"

#include <utility>

#include "tlm/core/cpu.hpp"

namespace niclab::sim {

void Engine::fail_past(Time t) const {
  throw SimulationError("event asked for at " + std::to_string(t.ps()) + " ps, before the current time " +
                        std::to_string(now_.ps()) + " ps");
}

void Engine::run_event(const Event& e) {
  ++events_run_;
  now_ = Time::from_ps(e.t);
  in_event_ = true;
  e.call(e.object, now_, e.arg);
  in_event_ = false;
}

void Engine::continue_cpu(Cpu& cpu, Time t) {
  now_ = t;
  running_ = &cpu;
  clock_.local = t.ps();
  clock_.cpu = cpu.index();
  cpu.state_ = Cpu::State::running;
}

Time Engine::run_until(Time horizon) {
  calendar_.set_horizon(horizon.ps());
  running_ = nullptr;
  while (calendar_.next_time() < calendar_.horizon()) {
    limit_ = ~std::uint64_t{0};
    if (calendar_.turn_is_next()) {
      const Calendar::Turn turn = calendar_.pop_turn();
      ++events_run_;
      continue_cpu(*turn.cpu, Time::from_ps(turn.t));
      Context::transfer(main_, turn.cpu->context());
      running_ = nullptr;
      rethrow_failure();
    } else {
      run_event(calendar_.pop());
    }
    if (single_step_) break;
  }
  return Time::from_ps(calendar_.next_time());
}

void Engine::run_event_on(Context& self, const Event& e) {
  try {
    run_event(e);
  } catch (...) {
    failure_ = std::current_exception();
  }
  if (failure_) [[unlikely]]
    Context::transfer(self, main_);
}

void Engine::rethrow_failure() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

Time Engine::run(Time end) {
  if (!eager()) return run_until(end);
  Time next = Time::from_ps(calendar_.next_time());
  while (next < end) next = step(next + 1_ps);
  return next;
}

void Engine::freeze() {
  frozen_ = true;
  clock_.eager = false;
  clock_.local = now_.ps();
  clock_.next = ~std::uint64_t{0};
}

Time Engine::step(Time horizon) {
  single_step_ = true;
  const Time next = run_until(horizon);
  single_step_ = false;
  return next;
}

void Engine::limit_horizon(Time horizon) {
  if (horizon.ps() < calendar_.horizon()) calendar_.set_horizon(horizon.ps());
}

void Engine::dispatch(Context& self) {
  running_ = nullptr;
  limit_ = ~std::uint64_t{0};
  for (;;) {
    if (clock_.eager || calendar_.next_time() >= calendar_.horizon()) {
      Context::transfer(self, main_);
      return;
    }
    if (!calendar_.turn_is_next()) {
      run_event_on(self, calendar_.pop());
      continue;
    }
    const Calendar::Turn turn = calendar_.pop_turn();
    ++events_run_;
    continue_cpu(*turn.cpu, Time::from_ps(turn.t));
    if (&turn.cpu->context() != &self) Context::transfer(self, turn.cpu->context());
    return;
  }
}

}  // namespace niclab::sim
