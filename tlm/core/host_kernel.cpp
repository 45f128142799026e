#include "tlm/core/host_kernel.hpp"

#include <algorithm>

namespace niclab::sim {
HostKernel::HostKernel(Engine& engine, const CostModel& cost_model, const HostConfig& config)
    : Kernel(engine.clock(), cost_model, config.profile, memory_),
      engine_(engine),
      config_(config),
      memory_(engine, config.first_agent, config.memory_bytes, config.memory),
      timers_(config.cpus) {
  for (unsigned i = 0; i < config.cpus; ++i)
    cpus_.push_back(std::make_unique<Cpu>(engine, *this, i, agent(i)));
  const std::vector<std::uint64_t> zero(config.cpus);
  tick_ = {Callback::to<&HostKernel::tick_handler>(*this), "tick", zero, false, false};
  deadline_ = {Callback::to<&HostKernel::deadline_handler>(*this), "hrtimer", zero, false, false};
  ipi_ = {Callback::to<&HostKernel::ipi_handler>(*this), "ipi", zero, false, false};
  open_softirq(Softirq::timer, Callback::to<&HostKernel::run_timer_softirq>(*this));
}

HostKernel::~HostKernel() = default;

void HostKernel::start(Time t) {
  for (auto& c : cpus_) c->start(t);
}

IrqAction& HostKernel::add_irq(std::string irq_name, Callback handler, bool measured) {
  irqs_.push_back(std::make_unique<IrqAction>(IrqAction{
      handler, std::move(irq_name), std::vector<std::uint64_t>(num_online_cpus()), true, measured}));
  return *irqs_.back();
}

std::vector<std::uint64_t> HostKernel::local_timer_counts() const {
  std::vector<std::uint64_t> sum = tick_.count;
  for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += deadline_.count[c];
  return sum;
}

std::array<std::uint64_t, kSoftirqCount> HostKernel::softirq_counts(unsigned cpu_index) const {
  return cpus_[cpu_index]->softirq_count_;
}

unsigned HostKernel::live_tasks() const {
  return static_cast<unsigned>(std::count_if(
      tasks_.begin(), tasks_.end(), [](const auto& t) { return t->state != Task::State::finished; }));
}

void HostKernel::log(std::string_view line) {
  log_.push_back({Time::from_ps(clock_.local), std::string(line)});
}

// --- tasks ---------------------------------------------------------------------------------------

Task& HostKernel::spawn(std::string task_name, unsigned cpu_index, std::function<void()> body) {
  Cpu& on = *cpus_.at(cpu_index);
  tasks_.push_back(std::make_unique<Task>(std::move(task_name), on, std::move(body)));
  Task& task = *tasks_.back();
  task.id = static_cast<unsigned>(tasks_.size());
  task.context.start(&Cpu::task_entry, &task);
  task.state = Task::State::blocked;
  wake_task(task);
  return task;
}

void HostKernel::wake_task(Task& task) {
  if (task.state != Task::State::blocked) return;
  task.cpu.make_runnable(task);
  if (task.cpu.parked()) send_ipi(task.cpu.index());
}

bool HostKernel::block(WaitQueue* queue) {
  Task& me = here().current();
  if (!here().in_task()) throw SimulationError("sleeping in interrupt context: " + me.name);
  me.timed_out = false;
  me.state = Task::State::blocked;
  if (queue != nullptr) WaitQueueAccess::append(*queue, me);
  here().schedule();
  return !me.timed_out;
}

void HostKernel::wait(WaitQueue& queue) { block(&queue); }

bool HostKernel::wait_until(WaitQueue& queue, Time deadline) {
  Task& me = here().current();
  if (deadline <= now()) return false;
  add_deadline(me, deadline);
  return block(&queue);
}

void HostKernel::sleep_until(Time wake) {
  Task& me = here().current();
  if (wake <= now()) return;
  add_deadline(me, wake);
  block(nullptr);
}

void HostKernel::wake_one(WaitQueue& queue) {
  sync();
  if (queue.empty()) return;
  charge(cost.wakeup);
  sync();
  if (Task* t = WaitQueueAccess::pop(queue)) {
    remove_deadline(*t);
    wake_task(*t);
  }
}

void HostKernel::wake_all(WaitQueue& queue) {
  sync();
  while (!queue.empty()) wake_one(queue);
}

// --- interprocessor interrupts -------------------------------------------------------------------

void HostKernel::send_ipi(unsigned cpu_index) {
  engine_.at<&HostKernel::ipi_event>(engine_.now() + cost.ipi, Kind::irq, agent(cpu_index), *this, cpu_index);
}

void HostKernel::ipi_event(Time t, std::uint32_t cpu_index) { cpus_[cpu_index]->irq_arrives(t, ipi_); }

void HostKernel::ipi_handler() {
  std::vector<Callback> calls;
  sync();
  calls.swap(timers_[smp_processor_id()].calls);
  for (const Callback& c : calls) c();
}

void HostKernel::smp_call_function_single(unsigned cpu_index, Callback call) {
  sync();
  timers_[cpu_index].calls.push_back(call);
  send_ipi(cpu_index);
}

// --- locks ---------------------------------------------------------------------------------------

void HostKernel::unlock_slow(SpinLock& lock) {
  SpinWaiter* w = SpinLockAccess::first(lock);
  SpinLockAccess::set_first(lock, w->next);
  SpinLockAccess::owner(lock) = w->cpu->index();
  w->granted = Time::from_ps(clock_.local) + cost.l3_hit;
  w->cpu->resume_spinning(w->granted);
}

// --- jiffy timers --------------------------------------------------------------------------------

void HostKernel::mod_timer(Timer& timer, std::uint64_t jiffies_due) {
  del_timer(timer);
  const std::uint64_t soonest = jiffies() + 1;
  TimerAccess::expires(timer) = std::max(jiffies_due, soonest);
  TimerAccess::pending(timer) = true;
  TimerAccess::cpu(timer) = smp_processor_id();
  timers_[smp_processor_id()].wheel.push_back(&timer);
  arm_wheel(smp_processor_id());
}

bool HostKernel::del_timer(Timer& timer) {
  sync();
  if (!timer.pending()) return false;
  const unsigned c = TimerAccess::cpu(timer);
  std::erase(timers_[c].wheel, &timer);
  TimerAccess::pending(timer) = false;
  arm_wheel(c);
  return true;
}

void HostKernel::arm_wheel(unsigned cpu_index) {
  CpuTimers& t = timers_[cpu_index];
  if (t.tick_pending) return;
  std::uint64_t first = ~std::uint64_t{0};
  for (Timer* timer : t.wheel) first = std::min(first, TimerAccess::expires(*timer));
  if (first == t.armed_jiffies) return;
  if (t.armed_jiffies != ~std::uint64_t{0}) engine_.cancel(Kind::timer, agent(cpu_index) * 2, this);
  t.armed_jiffies = first;
  if (first == ~std::uint64_t{0}) return;
  const Time at = niclab::max(Time{} + jiffy() * first, engine_.now());
  engine_.at<&HostKernel::tick_event>(at, Kind::timer, agent(cpu_index) * 2, *this, cpu_index);
}

void HostKernel::tick_event(Time t, std::uint32_t cpu_index) {
  timers_[cpu_index].armed_jiffies = ~std::uint64_t{0};
  timers_[cpu_index].tick_pending = true;
  cpus_[cpu_index]->irq_arrives(t, tick_);
}

void HostKernel::tick_handler() { raise_softirq(Softirq::timer); }

void HostKernel::run_timer_softirq() {
  CpuTimers& t = timers_[smp_processor_id()];
  for (;;) {
    const std::uint64_t due = jiffies();
    // Insertion order among those due: deterministic, and what Linux's lists do within a jiffy.
    const auto it = std::find_if(t.wheel.begin(), t.wheel.end(),
                                 [&](Timer* timer) { return TimerAccess::expires(*timer) <= due; });
    if (it == t.wheel.end()) break;
    Timer& timer = **it;
    t.wheel.erase(it);
    TimerAccess::pending(timer) = false;
    charge(cost.instructions(60));
    timer.expired();
  }
  t.tick_pending = false;
  arm_wheel(smp_processor_id());
}

// --- deadlines of sleeping tasks -----------------------------------------------------------------

void HostKernel::add_deadline(Task& task, Time deadline) {
  auto& list = timers_[task.cpu.index()].deadlines;
  auto it = list.end();
  while (it != list.begin() &&
         ((it - 1)->at < deadline || ((it - 1)->at == deadline && (it - 1)->task->id < task.id)))
    --it;
  list.insert(it, {deadline, &task});
  task.has_deadline = true;
  arm_deadline(task.cpu.index());
}

void HostKernel::remove_deadline(Task& task) {
  if (!task.has_deadline) return;
  task.has_deadline = false;
  std::erase_if(timers_[task.cpu.index()].deadlines, [&](const auto& d) { return d.task == &task; });
  arm_deadline(task.cpu.index());
}

void HostKernel::arm_deadline(unsigned cpu_index) {
  CpuTimers& t = timers_[cpu_index];
  if (t.deadline_pending) return;
  const Time first = t.deadlines.empty() ? Time::never() : t.deadlines.back().at;
  if (first == t.armed_deadline) return;
  if (t.armed_deadline != Time::never()) engine_.cancel(Kind::timer, agent(cpu_index) * 2 + 1, this);
  t.armed_deadline = first;
  if (first != Time::never())
    engine_.at<&HostKernel::deadline_event>(niclab::max(first, engine_.now()), Kind::timer,
                                            agent(cpu_index) * 2 + 1, *this, cpu_index);
}

void HostKernel::deadline_event(Time t, std::uint32_t cpu_index) {
  timers_[cpu_index].armed_deadline = Time::never();
  timers_[cpu_index].deadline_pending = true;
  cpus_[cpu_index]->irq_arrives(t, deadline_);
}

void HostKernel::deadline_handler() {
  CpuTimers& mine = timers_[smp_processor_id()];
  // now() lets others run, who may wake a task and take its deadline away: look at the list only after it.
  const auto due = [&] {
    const Time t = now();
    return !mine.deadlines.empty() && mine.deadlines.back().at <= t;
  };
  while (due()) {
    charge(cost.wakeup);
    if (!due()) break;
    Task& task = *mine.deadlines.back().task;
    mine.deadlines.pop_back();
    task.has_deadline = false;
    if (task.waiting_on != nullptr) WaitQueueAccess::remove(task);
    task.timed_out = true;
    wake_task(task);
  }
  mine.deadline_pending = false;
  arm_deadline(smp_processor_id());
}

}  // namespace niclab::sim
