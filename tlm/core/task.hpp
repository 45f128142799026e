// A task: a thread of simulated software with a stack of its own. It stays on the CPU it was spawned on.
#pragma once

#include <functional>
#include <string>

#include "base/kernel.hpp"
#include "tlm/core/context.hpp"

namespace niclab::sim {
class Cpu;
}

namespace niclab {

class Task {
 public:
  static constexpr std::size_t kStackBytes = 256 * 1024;
  enum class State : std::uint8_t { runnable, blocked, finished };

  Task(std::string task_name, sim::Cpu& on, std::function<void()> work)
      : context(kStackBytes), cpu(on), name(std::move(task_name)), body(std::move(work)) {}

  sim::Context context;
  sim::Cpu& cpu;
  const std::string name;
  std::function<void()> body;
  State state = State::runnable;
  bool queued = false;  // on its CPU's run queue
  bool timed_out = false;
  bool has_deadline = false;
  Task* run_next = nullptr;   // link of the run queue
  Task* wait_next = nullptr;  // link of the wait queue it is on
  WaitQueue* waiting_on = nullptr;
  unsigned id = 0;  // within its host; orders deadlines that fall together
};

/// The implementation's access to what tasks wait on.
class WaitQueueAccess {
 public:
  static void append(WaitQueue& q, Task& t) {
    t.waiting_on = &q;
    t.wait_next = nullptr;
    (q.last_ != nullptr ? q.last_->wait_next : q.first_) = &t;
    q.last_ = &t;
  }
  static Task* pop(WaitQueue& q) {
    Task* t = q.first_;
    if (t != nullptr) remove(*t);
    return t;
  }
  static void remove(Task& t) {
    WaitQueue& q = *t.waiting_on;
    Task* previous = nullptr;
    for (Task* i = q.first_; i != &t; i = i->wait_next) previous = i;
    (previous != nullptr ? previous->wait_next : q.first_) = t.wait_next;
    if (q.last_ == &t) q.last_ = previous;
    t.waiting_on = nullptr;
    t.wait_next = nullptr;
  }
};

/// The implementation's access to timers.
class TimerAccess {
 public:
  static bool& pending(Timer& t) { return t.pending_; }
  static unsigned& cpu(Timer& t) { return t.cpu_; }
  static std::uint64_t& expires(Timer& t) { return t.expires_; }
};

/// A CPU spinning for a lock, linked first come first served.
struct SpinWaiter {
  sim::Cpu* cpu = nullptr;
  Time granted = Time::never();  ///< when the lock became its own
  SpinWaiter* next = nullptr;
};

class SpinLockAccess {
 public:
  static unsigned& owner(SpinLock& l) { return l.owner_; }
  static SpinWaiter* first(SpinLock& l) { return static_cast<SpinWaiter*>(l.waiters_); }
  static void set_first(SpinLock& l, SpinWaiter* w) { l.waiters_ = w; }
};

}  // namespace niclab
