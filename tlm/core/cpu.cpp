#include "tlm/core/cpu.hpp"

#include <algorithm>

#include "base/function_trace.hpp"
#include "tlm/core/host_kernel.hpp"

namespace niclab::sim {
namespace {

constexpr int kMaxSoftirqRestart = 10;      // path-map C-14
constexpr Duration kMaxSoftirqTime = 2_ms;  // path-map C-14
constexpr Duration kSchedSlice = 3_ms;      // CFS: sched_min_granularity on a few CPUs

}  // namespace

Cpu::Cpu(Engine& engine, HostKernel& host, unsigned index, unsigned agent)
    : engine_(engine), host_(host), index_(index), agent_(agent) {
  idle_ = std::make_unique<Task>("swapper/" + std::to_string(index), *this, [this] { idle_loop(); });
  ksoftirqd_ =
      std::make_unique<Task>("ksoftirqd/" + std::to_string(index), *this, [this] { ksoftirqd_loop(); });
  idle_->context.start(&Cpu::task_entry, idle_.get());
  ksoftirqd_->context.start(&Cpu::task_entry, ksoftirqd_.get());
  ksoftirqd_->state = Task::State::blocked;
  current_ = idle_.get();
}

void Cpu::task_entry(void* raw) {
  Task& task = *static_cast<Task*>(raw);
  Cpu& cpu = task.cpu;
  try {
    task.body();
  } catch (...) {
    cpu.engine_.failure_ = std::current_exception();
  }
  if (cpu.engine_.failure_) {
    cpu.engine_.running_ = nullptr;
    Context::transfer(task.context, cpu.engine_.main_);
  }
  task.state = Task::State::finished;
  for (;;) cpu.schedule();
}

void Cpu::start(Time t) {
  mode_since_ = t;
  push_resume(t);
}

void Cpu::charge(Duration d) { host_.charge(d); }

// --- time ----------------------------------------------------------------------------------------

void Cpu::push_resume(Time t) {
  state_ = State::scheduled;
  resume_at_ = t;
  engine_.calendar_.push_turn({t.ps(), order_of(Kind::cpu, agent_), this});
}

void Cpu::suspend_until(Time t) {
  push_resume(t);
  engine_.dispatch(current_->context);
  // An interrupt may have brought us back early: the charges up to t were not observed and slide behind it.
  engine_.clock_.local = std::max(engine_.clock_.local, t.ps());
}

void Cpu::sync() {
  Engine& e = engine_;
  Calendar& calendar = e.calendar_;
  const std::uint32_t order = order_of(Kind::cpu, agent_);
  for (;;) {
    if (irq_due()) {
      take_irq();
      continue;
    }
    const std::uint64_t local = e.clock_.local;
    if (local >= calendar.horizon()) {
      suspend_until(Time::from_ps(local));
    } else if (calendar.nothing_before(local, order)) {
      e.now_ = Time::from_ps(local);
      return;
    } else if (calendar.turn_is_next()) {
      yield_to_next(local, order);
    } else if (e.eager()) {
      suspend_until(Time::from_ps(local));
    } else {
      run_events_before(local, order);
    }
  }
}

/// Runs the calendar's events that come before (local, order) and before any other CPU's turn, on our own
/// stack. The first is known to; stops when one of them changed whose turn it is, or interrupted us.
void Cpu::run_events_before(std::uint64_t local, std::uint32_t order) {
  Engine& e = engine_;
  Calendar& calendar = e.calendar_;
  const std::uint64_t version = calendar.turns_version();
  std::uint64_t bound = std::min(local, calendar.horizon());
  std::uint32_t bound_order = bound == local ? order : 0;
  if (calendar.has_turn() && before(calendar.next_turn().t, calendar.next_turn().order, bound, bound_order)) {
    bound = calendar.next_turn().t;
    bound_order = calendar.next_turn().order;
  }
  e.limit_ = local;
  do {
    e.run_event_on(current_->context, calendar.pop());
  } while (calendar.event_before(bound, bound_order) && pending_.empty() &&
           calendar.turns_version() == version && calendar.horizon() >= bound);
}

/// Another CPU's turn comes first: hand over to it directly, be called back at `local`.
void Cpu::yield_to_next(std::uint64_t local, std::uint32_t order) {
  Engine& e = engine_;
  state_ = State::scheduled;
  resume_at_ = Time::from_ps(local);
  const Calendar::Turn turn = e.calendar_.exchange_turn({local, order, this});
  ++e.events_run_;
  e.limit_ = ~std::uint64_t{0};
  e.continue_cpu(*turn.cpu, Time::from_ps(turn.t));
  Context::transfer(current_->context, turn.cpu->context());
  // Back; perhaps early, for an interrupt: then what was not observed yet slides behind it.
  e.clock_.local = std::max(e.clock_.local, local);
}

void Cpu::set_mode(CpuMode mode) {
  const Time t = Time::from_ps(engine_.clock_.local);
  mode_ps_[static_cast<unsigned>(mode_)] += (t - mode_since_).ps();
  mode_since_ = t;
  mode_ = mode;
}

void Cpu::show(std::string_view context) const {
  if (waves_) waves_->runs(mode_, context, Time::from_ps(engine_.clock_.local));
}

void Cpu::show() const {
  if (!waves_) return;
  switch (mode_) {
    case CpuMode::idle: return show("");
    case CpuMode::softirq: return show(kSoftirqNames[softirq_running_]);
    case CpuMode::task:
    case CpuMode::hardirq: return show(current_->name);
  }
}

std::array<std::uint64_t, 4> Cpu::time_in_mode(Time t) const {
  auto ps = mode_ps_;
  if (t > mode_since_) {
    ps[static_cast<unsigned>(mode_)] += (t - mode_since_).ps();
  } else {
    ps[static_cast<unsigned>(mode_)] -= std::min(ps[static_cast<unsigned>(mode_)], (mode_since_ - t).ps());
  }
  return ps;
}

// --- interrupts ----------------------------------------------------------------------------------

void Cpu::irq_arrives(Time t, IrqAction& action) {
  pending_.push_back({t, engine_.now(), &action});
  switch (state_) {
    case State::parked:
      // The idle state is left first; the handler starts when the core is awake.
      irqs_on_since_ = t + host_.cost.idle_exit;
      push_resume(t);
      break;
    case State::spinning:
      if (irqs_on_) push_resume(t);
      break;
    case State::scheduled:
      if (irqs_on_ && t < resume_at_) {
        const Time at = niclab::max(t, engine_.now_);
        engine_.calendar_.cancel_turn(this);
        push_resume(at);
      }
      break;
    case State::running:
    case State::stalled: break;
  }
}

void Cpu::take_irq() {
  Clock& clock = engine_.clock_;
  const PendingIrq irq = pending_.front();
  pending_.pop_front();
  const Time begin = niclab::max(irq.arrived, irqs_on_since_);
  const Duration unobserved = Duration::from_ps(clock.local > begin.ps() ? clock.local - begin.ps() : 0);
  clock.local = begin.ps();
  FunctionObserver* const functions = host_.functions();
  if (functions != nullptr) {
    functions->interrupted(index_, begin);
    functions->enters(index_, "do_IRQ", JourneyId::none, begin);
  }
  const CpuMode interrupted = mode_;
  set_mode(CpuMode::hardirq);
  show(irq.action->name);
  irqs_on_ = false;
  in_hardirq_ = true;
  charge(host_.cost.hardirq_entry);
  host_.sync();  // counters and modes change at an instant: a run may end before it
  ++irq.action->count[index_];
  if (irq.action->measured) host_.record_irq_latency(Time::from_ps(clock.local) - irq.arrived);
  if (host_.journeys() != nullptr && irq.action->measured)
    host_.interrupt_stamps() = {.arrived = irq.arrived, .received = irq.received, .name = irq.action->name};
  irq.action->handler();
  host_.end_instant();
  charge(host_.cost.hardirq_exit);
  host_.sync();
  in_hardirq_ = false;
  set_mode(interrupted);
  show();
  irqs_on_ = true;
  irqs_on_since_ = Time::from_ps(clock.local);
  if (functions != nullptr) functions->leaves(index_, Time::from_ps(clock.local));
  if (!in_softirq() && softirq_pending_ != 0) do_softirq();
  if (functions != nullptr) functions->resumed(index_, Time::from_ps(clock.local));
  clock.local += unobserved.ps();
}

bool Cpu::irq_save() {
  host_.sync();
  const bool were = irqs_on_;
  irqs_on_ = false;
  return were;
}

void Cpu::irq_restore(bool were_enabled) {
  if (!were_enabled || irqs_on_) return;
  host_.sync();
  irqs_on_ = true;
  irqs_on_since_ = Time::from_ps(engine_.clock_.local);
  if (pending_.empty()) return;
  host_.end_instant();
  sync();  // what waited is served now
}

// --- softirqs ------------------------------------------------------------------------------------

void Cpu::bh_disable() {
  if (!in_softirq()) host_.sync();
  ++bh_count_;
}

void Cpu::bh_enable() {
  if (bh_count_ == 1 && !in_softirq_ && !in_hardirq_) {
    host_.sync();
    if (softirq_pending_ != 0) {
      host_.settle();
      bh_count_ = 0;
      do_softirq();
      return;
    }
  }
  --bh_count_;
}

void Cpu::raise_softirq(Softirq nr) {
  const bool irqs = in_hardirq_ ? false : irq_save();
  softirq_pending_ |= 1u << static_cast<unsigned>(nr);
  if (!in_hardirq_ && !in_softirq()) host_.wake_task(*ksoftirqd_);
  if (!in_hardirq_) irq_restore(irqs);
}

void Cpu::do_softirq() {
  // Told without synchronising: until we are in softirq context an interrupt would run the softirqs itself.
  FunctionObserver* const functions = host_.functions();
  if (functions != nullptr)
    functions->enters(index_, "__do_softirq", JourneyId::none, Time::from_ps(engine_.clock_.local));
  const CpuMode interrupted = mode_;
  set_mode(CpuMode::softirq);
  in_softirq_ = true;
  charge(host_.cost.softirq_entry);
  const Time end = host_.now() + kMaxSoftirqTime;
  for (int round = 0;; ++round) {
    sync();
    const std::uint32_t pending = softirq_pending_;
    if (pending == 0) break;
    if (round != 0 &&
        (round >= kMaxSoftirqRestart || Time::from_ps(engine_.clock_.local) >= end || need_resched())) {
      host_.wake_task(*ksoftirqd_);
      break;
    }
    softirq_pending_ = 0;
    for (unsigned nr = 0; nr < kSoftirqCount; ++nr) {
      if ((pending >> nr & 1) == 0) continue;
      ++softirq_count_[nr];
      softirq_running_ = nr;
      show();
      if (const Callback& action = host_.softirq_action(nr)) action();
      host_.end_instant();
    }
    charge(host_.cost.softirq_exit);
  }
  if (functions != nullptr) functions->leaves(index_, Time::from_ps(engine_.clock_.local));
  in_softirq_ = false;
  set_mode(interrupted);
  show();
}

void Cpu::ksoftirqd_loop() {
  for (;;) {
    sync();
    if (softirq_pending_ != 0 && !in_softirq()) {
      do_softirq();
      cond_resched();
      continue;
    }
    current_->state = Task::State::blocked;
    schedule();
  }
}

// --- tasks ---------------------------------------------------------------------------------------

void Cpu::enqueue(Task& task) {
  task.queued = true;
  task.run_next = nullptr;
  (run_last_ != nullptr ? run_last_->run_next : run_first_) = &task;
  run_last_ = &task;
}

Task* Cpu::dequeue() {
  Task* t = run_first_;
  if (t == nullptr) return nullptr;
  run_first_ = t->run_next;
  if (run_first_ == nullptr) run_last_ = nullptr;
  t->queued = false;
  return t;
}

void Cpu::make_runnable(Task& task) {
  if (task.state != Task::State::blocked) return;
  task.state = Task::State::runnable;
  enqueue(task);
}

void Cpu::switch_to(Task& next) {
  Task& previous = *current_;
  if (&next == &previous) return;
  current_ = &next;
  slice_start_ = Time::from_ps(engine_.clock_.local);
  if (host_.functions() != nullptr) host_.functions()->switched(index_, previous, next, slice_start_);
  Context::transfer(previous.context, next.context);
}

void Cpu::schedule() {
  host_.settle();
  if (run_first_ != nullptr && run_first_ != current_) {
    charge(host_.cost.context_switch);
    sync();
  }
  // Interrupts that ran inside the switch may have made us runnable again, or others.
  Task* next = dequeue();
  if (next == nullptr) next = idle_.get();
  set_mode(next == idle_.get() ? CpuMode::idle : CpuMode::task);
  show(next == idle_.get() ? std::string_view() : next->name);
  switch_to(*next);
}

bool Cpu::need_resched() {
  host_.sync();
  return run_first_ != nullptr && current_ != idle_.get() &&
         Time::from_ps(engine_.clock_.local) >= slice_start_ + kSchedSlice;
}

void Cpu::cond_resched() {
  if (!in_task() || !need_resched()) return;
  enqueue(*current_);
  schedule();
}

void Cpu::idle_loop() {
  for (;;) {
    sync();
    if (run_first_ != nullptr) {
      schedule();
      continue;
    }
    set_mode(CpuMode::idle);
    show();
    state_ = State::parked;
    engine_.dispatch(current_->context);
    charge(host_.cost.idle_exit);
    sync();
  }
}

// --- waiting for the bus and for locks -----------------------------------------------------------

void Cpu::stall() {  // the caller has settled
  state_ = State::stalled;
  engine_.dispatch(current_->context);
  irqs_on_since_ = niclab::max(irqs_on_since_, Time::from_ps(engine_.clock_.local));
  if (!pending_.empty())
    sync();  // what arrived meanwhile is served now; the clock does not tell the next sync of it
}

void Cpu::unstall(Time t) { push_resume(t); }

void Cpu::spin(SpinLock& lock) {
  if (SpinLockAccess::owner(lock) == index_)
    throw SimulationError("deadlock: " + current_->name + " takes a spinlock its own CPU " +
                          std::to_string(index_) + " holds");
  SpinWaiter& me = spin_waiters_.at(spin_depth_++);
  me = SpinWaiter{.cpu = this};
  if (SpinWaiter* w = SpinLockAccess::first(lock); w != nullptr) {
    while (w->next != nullptr) w = w->next;
    w->next = &me;
  } else {
    SpinLockAccess::set_first(lock, &me);
  }
  while (me.granted == Time::never()) {
    state_ = State::spinning;
    engine_.dispatch(current_->context);
    sync();  // an interrupt is served while spinning; others catch up before we look at the lock again
  }
  engine_.clock_.local = std::max(engine_.clock_.local, me.granted.ps());
  --spin_depth_;
}

void Cpu::resume_spinning(Time t) {
  if (state_ == State::spinning) push_resume(t);
}

}  // namespace niclab::sim
