// One simulated CPU: contexts (task, softirq, hard interrupt), run queue, interrupts, time accounting.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "base/kernel.hpp"
#include "tlm/core/cpu_waves.hpp"
#include "tlm/core/engine.hpp"
#include "tlm/core/ring.hpp"
#include "tlm/core/task.hpp"

namespace niclab::sim {

class HostKernel;

/// What a hard interrupt runs, and its row in /proc/interrupts.
struct IrqAction {
  Callback handler;
  std::string name;
  std::vector<std::uint64_t> count;  ///< per CPU
  bool listed = true;                ///< false: kernel-internal (timer, IPI)
  bool measured = false;             ///< contributes to irq_assert_to_handler
  bool level = false;                ///< a pin of the interrupt controller rather than a message
};

class Cpu {
 public:
  enum class State : std::uint8_t {
    parked,     ///< idle, nothing scheduled
    scheduled,  ///< its resumption is in the calendar
    running,    ///< the clock shows its local time
    stalled,    ///< a load waits for the bus
    spinning    ///< waits for a lock
  };

  Cpu(Engine& engine, HostKernel& host, unsigned index, unsigned agent);
  Cpu(const Cpu&) = delete;
  Cpu& operator=(const Cpu&) = delete;

  unsigned index() const { return index_; }
  Context& context() { return current_->context; }
  Task& current() { return *current_; }
  /// Time spent per CpuMode up to `t`.
  std::array<std::uint64_t, 4> time_in_mode(Time t) const;

  // --- called in the CPU's own context, while it runs --------------------------------------------
  void sync();
  bool irq_save();
  void irq_restore(bool were_enabled);
  void bh_disable();
  void bh_enable();
  bool in_softirq() const { return in_softirq_ || bh_count_ != 0; }
  bool in_hardirq() const { return in_hardirq_; }
  bool in_task() const { return !in_hardirq_ && !in_softirq(); }
  void raise_softirq(Softirq nr);
  /// Gives up the CPU until this task is runnable again and its turn has come.
  void schedule();
  void cond_resched();
  bool need_resched();
  /// Stops until Cpu::unstall; a load from the bus.
  void stall();
  void spin(SpinLock& lock);

  // --- called from events or from another CPU ----------------------------------------------------
  /// An interrupt reaches this CPU now.
  void irq_arrives(Time t, IrqAction& action);
  void unstall(Time t);
  void make_runnable(Task& task);
  bool parked() const { return state_ == State::parked; }
  /// A lock is handed to this spinning CPU.
  void resume_spinning(Time t);
  void start(Time t);  ///< power-on: schedules the idle loop
  /// Before the run: what this CPU runs is shown in `scope`.
  void show_waves(WaveSink& sink, WaveScope scope) { waves_ = std::make_unique<CpuWaves>(sink, scope); }

 private:
  friend class Engine;
  friend class HostKernel;
  struct PendingIrq {
    Time arrived;   // as the interrupt controller says
    Time received;  // by our own clock
    IrqAction* action;
  };

  bool irq_due() const {
    return !pending_.empty() && irqs_on_ && pending_.front().arrived.ps() <= engine_.clock_.local;
  }
  void take_irq();
  void do_softirq();
  void suspend_until(Time t);
  void run_events_before(std::uint64_t local, std::uint32_t order);
  void push_resume(Time t);
  void yield_to_next(std::uint64_t local, std::uint32_t order);
  void set_mode(CpuMode mode);
  /// Waves: from now on this runs in the current mode; or what the mode itself says.
  void show(std::string_view context) const;
  void show() const;
  void enqueue(Task& task);
  Task* dequeue();
  void switch_to(Task& next);
  void idle_loop();
  void ksoftirqd_loop();
  static void task_entry(void* task);
  void charge(Duration d);

  Engine& engine_;
  HostKernel& host_;
  const unsigned index_;  // within the host
  const unsigned agent_;  // within the simulation; orders CPUs at equal time
  State state_ = State::parked;
  Time resume_at_{};
  // contexts
  Task* current_ = nullptr;
  std::unique_ptr<Task> idle_;
  std::unique_ptr<Task> ksoftirqd_;
  Task* run_first_ = nullptr;
  Task* run_last_ = nullptr;
  Time slice_start_{};
  std::array<SpinWaiter, 4> spin_waiters_{};  // task, softirq and hard interrupt may each spin once
  unsigned spin_depth_ = 0;
  // interrupts
  Ring<PendingIrq> pending_;
  bool irqs_on_ = true;
  Time irqs_on_since_{};
  bool in_hardirq_ = false;
  bool in_softirq_ = false;
  unsigned bh_count_ = 0;
  std::uint32_t softirq_pending_ = 0;
  std::array<std::uint64_t, kSoftirqCount> softirq_count_{};
  // accounting
  CpuMode mode_ = CpuMode::idle;
  Time mode_since_{};
  std::array<std::uint64_t, 4> mode_ps_{};
  // waves
  std::unique_ptr<CpuWaves> waves_;
  unsigned softirq_running_ = 0;
};

}  // namespace niclab::sim
