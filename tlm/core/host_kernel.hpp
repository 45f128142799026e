// A host's kernel services on simulated CPUs: the implementation of base/kernel.hpp.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/kernel.hpp"
#include "tlm/core/cpu.hpp"
#include "tlm/core/engine.hpp"
#include "tlm/core/host_memory.hpp"

namespace niclab::sim {

struct HostConfig {
  std::string name = "h1";
  unsigned cpus = 1;
  KernelProfile profile{};
  std::size_t memory_bytes = std::size_t{256} << 20;
  MemoryBacking memory{};
  std::uint64_t seed = 1;
  unsigned first_agent = 0;  ///< global number of CPU 0; orders CPUs of all hosts at equal time
};

class HostKernel final : public Kernel {
 public:
  HostKernel(Engine& engine, const CostModel& cost_model, const HostConfig& config);
  ~HostKernel() override;

  /// Power-on of all CPUs at time zero (or later).
  void start(Time t);

  const std::string& name() const { return config_.name; }
  Engine& engine() { return engine_; }
  HostMemory& memory() { return memory_; }
  Cpu& cpu(unsigned i) { return *cpus_[i]; }
  struct LogLine {
    Time at;
    std::string text;
  };
  const std::vector<LogLine>& kernel_log() const { return log_; }
  std::array<std::uint64_t, kSoftirqCount> softirq_counts(unsigned cpu_index) const;
  std::array<std::uint64_t, 4> cpu_time(unsigned cpu_index, Time t) const {
    return cpus_[cpu_index]->time_in_mode(t);
  }

  /// A new row of /proc/interrupts.
  IrqAction& add_irq(std::string irq_name, Callback handler, bool measured);
  const std::vector<std::unique_ptr<IrqAction>>& irqs() const { return irqs_; }
  /// Interrupts by CPU that stand in no row: timer ticks and deadlines; those CPUs send each other.
  std::vector<std::uint64_t> local_timer_counts() const;
  const std::vector<std::uint64_t>& ipi_counts() const { return ipi_.count; }
  /// Called with the time from an interrupt's arrival at the CPU to its handler's first instruction.
  void set_irq_latency_sink(std::function<void(Duration)> sink) { irq_latency_ = std::move(sink); }

  // --- Kernel ------------------------------------------------------------------------------------
  unsigned num_online_cpus() const override { return static_cast<unsigned>(cpus_.size()); }
  bool local_irq_save() override { return here().irq_save(); }
  void local_irq_restore(bool on) override { here().irq_restore(on); }
  void local_bh_disable() override { here().bh_disable(); }
  void local_bh_enable() override { here().bh_enable(); }
  bool in_softirq() const override { return cpus_[clock_.cpu]->in_softirq(); }
  bool in_hardirq() const override { return cpus_[clock_.cpu]->in_hardirq(); }
  bool need_resched() override { return here().need_resched(); }
  void open_softirq(Softirq nr, Callback action) override {
    softirq_action_[static_cast<unsigned>(nr)] = action;
  }
  void raise_softirq(Softirq nr) override { here().raise_softirq(nr); }
  void smp_call_function_single(unsigned cpu_index, Callback call) override;
  Task& spawn(std::string task_name, unsigned cpu_index, std::function<void()> body) override;
  void wait(WaitQueue& queue) override;
  bool wait_until(WaitQueue& queue, Time deadline) override;
  void sleep_until(Time wake) override;
  void wake_one(WaitQueue& queue) override;
  void wake_all(WaitQueue& queue) override;
  void cond_resched() override { here().cond_resched(); }
  void mod_timer(Timer& timer, std::uint64_t jiffies_due) override;
  bool del_timer(Timer& timer) override;
  std::byte* alloc_host_memory(std::size_t bytes, std::size_t alignment) override {
    return memory_.allocate(bytes, alignment);
  }
  void log(std::string_view line) override;
  /// In an event, outside of any CPU.
  void log_at(Time t, std::string_view line) { log_.push_back({t, std::string(line)}); }
  std::uint64_t random_seed() const override { return config_.seed; }

  // --- for Cpu -----------------------------------------------------------------------------------
  const Callback& softirq_action(unsigned nr) const { return softirq_action_[nr]; }
  void wake_task(Task& task);
  void record_irq_latency(Duration d) {
    if (irq_latency_) irq_latency_(d);
  }
  Cpu& here() { return *cpus_[clock_.cpu]; }
  /// Tasks spawned that have not returned.
  unsigned live_tasks() const;

 private:
  /// What one CPU's clock-event device and timer lists hold.
  struct CpuTimers {
    std::vector<Timer*> wheel;
    std::uint64_t armed_jiffies = ~std::uint64_t{0};
    bool tick_pending = false;  // the tick arrived, its softirq has not finished
    struct Deadline {
      Time at;
      Task* task;
    };
    std::vector<Deadline> deadlines;  // soonest last
    Time armed_deadline = Time::never();
    bool deadline_pending = false;  // the interrupt arrived, its handler has not run
    std::vector<Callback> calls;    // queued smp_call_function
  };

  void sync_slow() override { here().sync(); }
  void lock_slow(SpinLock& lock) override { here().spin(lock); }
  void unlock_slow(SpinLock& lock) override;

  void arm_wheel(unsigned cpu_index);
  void tick_event(Time t, std::uint32_t cpu_index);
  void tick_handler();
  void run_timer_softirq();
  void add_deadline(Task& task, Time deadline);
  void remove_deadline(Task& task);
  void arm_deadline(unsigned cpu_index);
  void deadline_event(Time t, std::uint32_t cpu_index);
  void deadline_handler();
  void ipi_event(Time t, std::uint32_t cpu_index);
  void ipi_handler();
  void send_ipi(unsigned cpu_index);
  bool block(WaitQueue* queue);
  unsigned agent(unsigned cpu_index) const { return config_.first_agent + cpu_index; }

  Engine& engine_;
  const HostConfig config_;
  HostMemory memory_;
  std::vector<std::unique_ptr<Cpu>> cpus_;
  std::vector<CpuTimers> timers_;
  std::vector<std::unique_ptr<IrqAction>> irqs_;
  std::vector<std::unique_ptr<Task>> tasks_;
  std::array<Callback, kSoftirqCount> softirq_action_{};
  IrqAction tick_, deadline_, ipi_;
  std::vector<LogLine> log_;
  std::function<void(Duration)> irq_latency_;
};

}  // namespace niclab::sim
