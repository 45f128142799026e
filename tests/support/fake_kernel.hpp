// A Kernel for unit tests of stack and driver: no engine, no SystemC, time moves when the test says so.
//
// * Charges move the clock; timers and sleepers expire only in advance() (or while a task or the test waits).
// * Softirqs run when the last bottom-half level is enabled, at the end of hardirq(), and in run().
// * Tasks are threads that pass one baton, so exactly one runs at a time and each test is deterministic.
// * wait() in the test's own thread runs the hooks given to when_waiting(), softirqs, tasks and timers until
// it is
//   woken; it throws std::logic_error when nothing can wake it any more.
// * A spinlock taken twice is a deadlock: std::logic_error.
#pragma once

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/kernel.hpp"

namespace niclab {

class Task {
 public:
  std::string name;
  unsigned cpu = 0;
  std::function<void()> body;
  Task* next = nullptr;  // in its WaitQueue
  WaitQueue* waiting_on = nullptr;
  std::uint64_t deadline = ~std::uint64_t{0};
  bool woken = false, blocked = false, done = false;
  std::thread thread;
};

class WaitQueueAccess {
 public:
  static void push(WaitQueue& q, Task& t) {
    t.next = nullptr;
    (q.last_ != nullptr ? q.last_->next : q.first_) = &t;
    q.last_ = &t;
    t.waiting_on = &q;
  }
  static Task* pop(WaitQueue& q) {
    Task* t = q.first_;
    if (t != nullptr) remove(q, *t);
    return t;
  }
  static void remove(WaitQueue& q, Task& t) {
    Task** link = &q.first_;
    Task* last = nullptr;
    while (*link != &t) last = *link, link = &(*link)->next;
    *link = t.next;
    if (q.last_ == &t) q.last_ = last;
    t.waiting_on = nullptr;
  }
};

class TimerAccess {
 public:
  static void arm(Timer& t, std::uint64_t jiffies, unsigned cpu) {
    t.pending_ = true;
    t.expires_ = jiffies;
    t.cpu_ = cpu;
  }
  static void disarm(Timer& t) { t.pending_ = false; }
  static std::uint64_t expires(const Timer& t) { return t.expires_; }
};

/// Members that must outlive the Kernel base.
struct FakeKernelParts {
  struct NoPostedWrites final : PostedWrites {
    void apply(Time) override {}
  };
  Clock fake_clock{.local = 0, .next = ~std::uint64_t{0}, .eager = false, .cpu = 0};
  CostModel fake_cost{};
  NoPostedWrites fake_posted;
};

class FakeKernel : private FakeKernelParts, public Kernel {
 public:
  explicit FakeKernel(KernelProfile p = {}, unsigned cpus = 1, std::uint64_t seed = 1)
      : Kernel(fake_clock, fake_cost, p, fake_posted), cpus_(cpus), seed_(seed) {
    clock_.local = Duration::from_s(1).ps();  // power-on was a while ago
  }
  ~FakeKernel() override { kill_tasks(); }

  // --- what a test does with it ------------------------------------------------------------------
  CostModel& mutable_cost() { return fake_cost; }
  Time time() const { return Time::from_ps(clock_.local); }
  /// Code below runs on this CPU from now on.
  void set_cpu(unsigned cpu) { clock_.cpu = cpu; }
  /// Runs `handler` in hard-interrupt context, then pending softirqs, as irq_exit does.
  void hardirq(const std::function<void()>& handler) {
    Cpu& c = cpu();
    ++c.hardirq_depth;
    handler();
    --c.hardirq_depth;
    maybe_softirqs();
  }
  /// Softirqs and runnable tasks, until none is left.
  void run() {
    do {
      for (unsigned i = 0; i < cpus_; ++i) on_cpu(i, [this] { maybe_softirqs(); });
    } while (run_one_task());
  }
  /// Moves the clock by `d`, firing timers, sleepers and deadlines in order on the way.
  void advance(Duration d) {
    const std::uint64_t end = clock_.local + d.ps();
    run();
    while (next_event() <= end) fire_next_event();
    clock_.local = std::max(clock_.local, end);
    run();
  }
  /// The next wait() of the test's own thread calls this once before it looks for anything else to do.
  void when_waiting(std::function<void()> other_side) { hooks_.push_back(std::move(other_side)); }
  const std::vector<std::string>& log_lines() const { return log_; }
  std::size_t pending_timers() const { return timers_.size(); }
  bool softirq_pending(Softirq nr) const {
    return (per_cpu_[clock_.cpu].pending >> static_cast<unsigned>(nr) & 1) != 0;
  }
  unsigned wakeups = 0;  ///< tasks made runnable so far

  // --- Kernel ------------------------------------------------------------------------------------
  unsigned num_online_cpus() const override { return cpus_; }
  bool local_irq_save() override {
    charge(cost.irq_save_restore / 2);
    return std::exchange(cpu().irqs_enabled, false);
  }
  void local_irq_restore(bool were_enabled) override {
    charge(cost.irq_save_restore / 2);
    cpu().irqs_enabled = were_enabled;
  }
  void local_bh_disable() override { ++cpu().bh_depth; }
  void local_bh_enable() override {
    if (cpu().bh_depth == 0) throw std::logic_error("local_bh_enable without disable");
    --cpu().bh_depth;
    maybe_softirqs();
  }
  bool in_softirq() const override {
    const Cpu& c = per_cpu_[clock_.cpu];
    return c.bh_depth != 0 || c.serving;
  }
  bool in_hardirq() const override { return per_cpu_[clock_.cpu].hardirq_depth != 0; }
  bool need_resched() override { return false; }
  void open_softirq(Softirq nr, Callback action) override { actions_[static_cast<unsigned>(nr)] = action; }
  void raise_softirq(Softirq nr) override { cpu().pending |= 1u << static_cast<unsigned>(nr); }
  void smp_call_function_single(unsigned target, Callback call) override {
    charge(cost.ipi);
    on_cpu(target, [&] { hardirq([&] { call(); }); });
  }

  Task& spawn(std::string name, unsigned target, std::function<void()> body) override {
    auto t = std::make_unique<Task>();
    t->name = std::move(name);
    t->cpu = target;
    t->body = std::move(body);
    t->woken = true;
    tasks_.push_back(std::move(t));
    return *tasks_.back();
  }
  void wait(WaitQueue& queue) override { block(&queue, ~std::uint64_t{0}); }
  bool wait_until(WaitQueue& queue, Time deadline) override { return block(&queue, deadline.ps()); }
  void sleep_until(Time wake) override { block(nullptr, wake.ps()); }
  void wake_one(WaitQueue& queue) override {
    if (Task* t = WaitQueueAccess::pop(queue)) make_runnable(*t);
  }
  void wake_all(WaitQueue& queue) override {
    while (Task* t = WaitQueueAccess::pop(queue)) make_runnable(*t);
  }
  void cond_resched() override {}

  void mod_timer(Timer& timer, std::uint64_t jiffies) override {
    std::erase(timers_, &timer);
    TimerAccess::arm(timer, jiffies, clock_.cpu);
    timers_.push_back(&timer);
  }
  bool del_timer(Timer& timer) override {
    const bool was = timer.pending();
    std::erase(timers_, &timer);
    TimerAccess::disarm(timer);
    return was;
  }

  std::byte* alloc_host_memory(std::size_t bytes, std::size_t alignment) override {
    alignment = std::max<std::size_t>(alignment, 64);
    const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    auto* p = static_cast<std::byte*>(std::aligned_alloc(alignment, rounded));
    if (p == nullptr) throw std::bad_alloc();
    std::fill(p, p + rounded, std::byte{0});
    memory_.emplace_back(p, &std::free);
    return p;
  }
  void log(std::string_view line) override { log_.emplace_back(line); }
  std::uint64_t random_seed() const override { return seed_; }

 protected:
  void sync_slow() override {}
  void lock_slow(SpinLock&) override { throw std::logic_error("spinlock already held: deadlock"); }
  void unlock_slow(SpinLock&) override {}

 private:
  struct Cpu {
    unsigned bh_depth = 0, hardirq_depth = 0;
    bool serving = false, irqs_enabled = true;
    std::uint32_t pending = 0;
  };
  struct TaskKilled {};

  Cpu& cpu() { return per_cpu_[clock_.cpu]; }
  template <class F>
  void on_cpu(unsigned target, F&& f) {
    const unsigned before = std::exchange(clock_.cpu, target);
    f();
    clock_.cpu = before;
  }
  void maybe_softirqs() {
    Cpu& c = cpu();
    if (c.bh_depth != 0 || c.hardirq_depth != 0 || c.serving || !c.irqs_enabled) return;
    c.serving = true;
    for (unsigned rounds = 0; c.pending != 0; ++rounds) {
      if (rounds > 100'000) throw std::logic_error("softirqs never end");
      const std::uint32_t now_pending = std::exchange(c.pending, 0);
      charge(cost.softirq_entry);
      for (unsigned nr = 0; nr < kSoftirqCount; ++nr)
        if ((now_pending >> nr & 1) != 0 && actions_[nr]) actions_[nr]();
      charge(cost.softirq_exit);
    }
    c.serving = false;
  }

  // --- tasks -------------------------------------------------------------------------------------
  void make_runnable(Task& t) {
    charge(cost.wakeup);
    t.woken = true;
    ++wakeups;
  }
  bool run_one_task() {
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      Task& t = *tasks_[i];
      if (!t.done && t.woken && &t != running_) {
        switch_to(t);
        return true;
      }
    }
    return false;
  }
  /// Gives the baton to `t` until it blocks or ends. Only the test's thread schedules.
  void switch_to(Task& t) {
    t.woken = false;
    charge(cost.context_switch);
    on_cpu(t.cpu, [&] {
      std::unique_lock hold(baton_);
      running_ = &t;
      if (!t.thread.joinable())
        t.thread = std::thread([this, &t] { task_main(t); });
      else
        changed_.notify_all();
      changed_.wait(hold, [this] { return running_ == nullptr; });
    });
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }
  void task_main(Task& t) {
    {
      std::unique_lock hold(baton_);
      changed_.wait(hold, [&] { return running_ == &t; });
    }
    try {
      if (!dying_) t.body();
    } catch (const TaskKilled&) {
    } catch (...) {
      failure_ = std::current_exception();
    }
    std::unique_lock hold(baton_);
    t.done = true;
    running_ = nullptr;
    changed_.notify_all();
  }
  /// Returns false when the deadline came first.
  bool block(WaitQueue* queue, std::uint64_t deadline) {
    if (cpu().bh_depth != 0 || cpu().hardirq_depth != 0 || cpu().serving)
      throw std::logic_error("scheduling while atomic");
    Task& t = running_ != nullptr ? *running_ : test_task_;
    if (dying_ && &t != &test_task_) throw TaskKilled{};
    t.woken = false;
    t.deadline = deadline;
    t.blocked = true;
    if (queue != nullptr) WaitQueueAccess::push(*queue, t);
    if (&t == &test_task_)
      wait_in_test();
    else
      yield(t);
    t.blocked = false;
    t.deadline = ~std::uint64_t{0};
    const bool timed_out = t.waiting_on != nullptr;
    if (timed_out) WaitQueueAccess::remove(*t.waiting_on, t);
    return !timed_out;
  }
  void yield(Task& t) {
    std::unique_lock hold(baton_);
    running_ = nullptr;
    changed_.notify_all();
    changed_.wait(hold, [&] { return running_ == &t; });
    if (dying_) {
      if (t.waiting_on != nullptr) WaitQueueAccess::remove(*t.waiting_on, t);
      throw TaskKilled{};
    }
  }
  void wait_in_test() {
    while (!test_task_.woken) {
      if (!hooks_.empty()) {
        auto hook = std::move(hooks_.front());
        hooks_.pop_front();
        hook();
        continue;
      }
      run();
      if (test_task_.woken) break;
      if (next_event() == ~std::uint64_t{0}) {
        if (test_task_.waiting_on != nullptr) WaitQueueAccess::remove(*test_task_.waiting_on, test_task_);
        throw std::logic_error("waiting for something that can never happen");
      }
      fire_next_event();
    }
  }
  void kill_tasks() {
    dying_ = true;
    for (const auto& t : tasks_) {
      if (!t->thread.joinable()) continue;
      if (!t->done) {
        std::unique_lock hold(baton_);
        running_ = t.get();
        changed_.notify_all();
        changed_.wait(hold, [this] { return running_ == nullptr; });
      }
      t->thread.join();
    }
  }

  // --- time --------------------------------------------------------------------------------------
  std::uint64_t timer_at(const Timer* t) const { return TimerAccess::expires(*t) * jiffy().ps(); }
  std::uint64_t next_event() const {
    std::uint64_t at = ~std::uint64_t{0};
    for (const Timer* t : timers_) at = std::min(at, timer_at(t));
    for (const auto& t : tasks_)
      if (t->blocked && !t->woken) at = std::min(at, t->deadline);
    if (test_task_.blocked && !test_task_.woken) at = std::min(at, test_task_.deadline);
    return at;
  }
  void fire_next_event() {
    const std::uint64_t at = next_event();
    clock_.local = std::max(clock_.local, at);
    for (const auto& t : tasks_)
      if (t->blocked && t->deadline == at) t->woken = true;
    if (test_task_.blocked && test_task_.deadline == at) test_task_.woken = true;
    const auto due =
        std::find_if(timers_.begin(), timers_.end(), [&](Timer* t) { return timer_at(t) == at; });
    if (due != timers_.end()) {
      Timer* t = *due;
      timers_.erase(due);
      TimerAccess::disarm(*t);
      cpu().serving = true;  // TIMER softirq
      t->expired();
      cpu().serving = false;
    }
    run();
  }

  const unsigned cpus_;
  const std::uint64_t seed_;
  std::array<Cpu, 32> per_cpu_{};
  std::array<Callback, kSoftirqCount> actions_{};
  std::vector<Timer*> timers_;
  std::vector<std::unique_ptr<std::byte, void (*)(void*)>> memory_;
  std::vector<std::string> log_;
  std::deque<std::function<void()>> hooks_;
  // tasks
  std::vector<std::unique_ptr<Task>> tasks_;
  Task test_task_;
  Task* running_ = nullptr;
  bool dying_ = false;
  std::exception_ptr failure_;
  std::mutex baton_;
  std::condition_variable changed_;
};

}  // namespace niclab
