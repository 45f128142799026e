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
  while (calendar_.top_time() < calendar_.horizon()) {
    const Event e = calendar_.pop();
    limit_ = ~std::uint64_t{0};
    if (e.call == nullptr) {
      Cpu& cpu = *static_cast<Cpu*>(e.object);
      ++events_run_;
      continue_cpu(cpu, Time::from_ps(e.t));
      Context::transfer(main_, cpu.context());
      running_ = nullptr;
      rethrow_failure();
    } else {
      run_event(e);
    }
    if (single_step_) break;
  }
  return calendar_.empty() ? Time::never() : Time::from_ps(calendar_.top_time());
}

void Engine::run_event_on(Context& self, const Event& e) {
  try {
    run_event(e);
  } catch (...) {
    failure_ = std::current_exception();
  }
  if (failure_) [[unlikely]] Context::transfer(self, main_);
}

void Engine::rethrow_failure() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

Time Engine::run(Time end) {
  if (!eager()) return run_until(end);
  Time next = calendar_.empty() ? Time::never() : Time::from_ps(calendar_.top_time());
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
    if (clock_.eager || calendar_.top_time() >= calendar_.horizon()) {
      Context::transfer(self, main_);
      return;
    }
    const Event e = calendar_.pop();
    if (e.call != nullptr) {
      run_event_on(self, e);
      continue;
    }
    Cpu& cpu = *static_cast<Cpu*>(e.object);
    ++events_run_;
    continue_cpu(cpu, Time::from_ps(e.t));
    if (&cpu.context() != &self) Context::transfer(self, cpu.context());
    return;
  }
}

}  // namespace niclab::sim
