// What a driver and a network stack see of the machine they run on: CPUs, contexts, tasks, timers, cost.
//
// Software runs as ordinary C++ and *charges* simulated time. A charge only moves the CPU's local clock
// ahead; nothing else happens until the software synchronises. The rule that keeps this exact:
//
//   call sync() before you look at, or change, anything another context can see
//   (another CPU, a softirq or interrupt of this CPU, the device, the clock).
//
// The functions below that change context (locks, irq/bh disable and enable, wait, wake, timers) do it
// themselves. After sync() an interrupt that was due earlier has run, at its exact instant, and the charges
// it delayed have slid behind it. Between two synchronisations code runs atomically with respect to every
// other context.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/callback.hpp"
#include "base/cost.hpp"
#include "base/journey.hpp"
#include "base/time.hpp"

namespace niclab {

/// The clock of the CPU that runs now, shared by every Kernel of a simulation and by its engine.
struct Clock {
  std::uint64_t local = 0;     ///< local time of the running CPU, ps
  std::uint64_t next = 0;      ///< nothing else happens before this instant, ps
  bool eager = false;          ///< --eager: synchronise at every charge
  unsigned cpu = 0;            ///< index, within its host, of the running CPU
  bool instant = false;        ///< an Instant is open
  std::uint64_t deferred = 0;  ///< charges of the open Instant, ps
};

/// Posted writes of devices that are computed but not yet visible in host memory.
struct PostedWrites {
  std::uint64_t next = ~std::uint64_t{0};  ///< when the earliest becomes visible, ps
  virtual void apply(Time upto) = 0;       ///< makes visible all that is due at `upto`

 protected:
  ~PostedWrites() = default;
};

enum class KernelVersion : std::uint8_t { v3_13, v4_0 };

/// What the host's `kernel` and `hz` keys say (path-map A-01).
struct KernelProfile {
  KernelVersion version = KernelVersion::v3_13;
  unsigned hz = 250;  ///< jiffies per second
};

/// Softirq numbers in Linux's order; lower runs first.
enum class Softirq : std::uint8_t {
  hi,
  timer,
  net_tx,
  net_rx,
  block,
  block_iopoll,
  tasklet,
  sched,
  hrtimer,
  rcu
};
inline constexpr unsigned kSoftirqCount = 10;
/// As /proc/softirqs writes them.
inline constexpr std::array<std::string_view, kSoftirqCount> kSoftirqNames{
    "HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "BLOCK_IOPOLL", "TASKLET", "SCHED", "HRTIMER", "RCU"};

/// Where a CPU's time goes (summary.json `hosts.<h>.cpu`).
enum class CpuMode : std::uint8_t { idle, task, softirq, hardirq };

class Task;  // an implementation's task; opaque here
class FunctionObserver;

/// Tasks waiting for something. Owned by whoever signals it; must be empty when destroyed.
class WaitQueue {
 public:
  bool empty() const { return first_ == nullptr; }

 private:
  friend class WaitQueueAccess;
  Task* first_ = nullptr;
  Task* last_ = nullptr;
};

/// A kernel timer (jiffy resolution, runs in TIMER softirq) - see Kernel::mod_timer.
class Timer {
 public:
  explicit Timer(Callback on_expiry = {}) : expired(on_expiry) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  bool pending() const { return pending_; }
  Callback expired;

 private:
  friend class TimerAccess;
  bool pending_ = false;
  unsigned cpu_ = 0;
  std::uint64_t expires_ = 0;  // jiffies
};

/// A spinlock that another CPU may hold. Lock and unlock synchronise; a contended lock spins in simulated
/// time, first come first served. Whoever shares it with a softirq of the same CPU must disable bottom halves
/// first.
class SpinLock {
 public:
  bool held() const { return owner_ != kNobody; }

 private:
  friend class SpinLockAccess;
  friend class Kernel;
  static constexpr unsigned kNobody = ~0u;
  unsigned owner_ = kNobody;  // CPU index
  void* waiters_ = nullptr;   // implementation's FIFO
};

/// One simulated host's kernel services.
class Kernel {
 public:
  Kernel(Clock& clock, const CostModel& costs, KernelProfile kernel_profile, PostedWrites& posted)
      : cost(costs), profile(kernel_profile), clock_(clock), posted_(posted) {}
  virtual ~Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  const CostModel& cost;
  const KernelProfile profile;

  // --- time --------------------------------------------------------------------------------------
  /// The running CPU spends `d`. Observes nothing (design rule: charge only adds).
  void charge(Duration d) {
    if (clock_.instant) {
      clock_.deferred += d.ps();
      return;
    }
    clock_.local += d.ps();
    if (clock_.eager) [[unlikely]]
      sync_slow();
  }
  /// Everything due before the local time has happened when this returns. Inside an Instant time stands
  /// still, so there is nothing to do.
  void sync() {
    if (clock_.instant) return;
    if (clock_.local >= clock_.next) [[unlikely]]
      sync_slow();
  }
  /// sync(), and device writes due by now are visible in host memory. Before every read of DMA-coherent
  /// memory and before every write a device may read.
  void dma_sync() {
    sync();
    if (posted_.next <= clock_.local) posted_.apply(Time::from_ps(clock_.local));
  }
  /// The current time; synchronises first.
  Time now() {
    sync();
    return Time::from_ps(clock_.local);
  }
  /// Opens an Instant (prefer the class of that name): synchronises, then time stands still until settle().
  void begin_instant() {
    sync();
    clock_.instant = true;
  }
  /// For class Instant: false when one is open already.
  bool open_instant() {
    if (clock_.instant) return false;
    begin_instant();
    return true;
  }
  /// Closes an open Instant: what it cost is spent now. Does not synchronise.
  void end_instant() {
    if (!clock_.instant) return;
    clock_.instant = false;
    clock_.local += clock_.deferred;
    clock_.deferred = 0;
    if (clock_.eager) [[unlikely]]
      sync_slow();
  }
  /// Closes an open Instant and synchronises: what comes next happens after all that was charged so far.
  void settle() {
    end_instant();
    sync();
  }
  /// When what has been charged so far will be over, if nothing interrupts; for measurements.
  Time eventually() const { return Time::from_ps(clock_.local + clock_.deferred); }
  /// Where the charges so far have brought the running CPU, all that is due before included; for
  /// measurements.
  Time moment() {
    sync();
    return eventually();
  }
  /// Whole ticks since power-on.
  std::uint64_t jiffies() {
    const std::uint64_t t = now().ps();
    if (t - jiffy_start_ >= jiffy_.ps()) {
      jiffies_ = t / jiffy_.ps();
      jiffy_start_ = jiffies_ * jiffy_.ps();
    }
    return jiffies_;
  }
  Duration jiffy() const { return jiffy_; }
  /// round_jiffies: `wanted` moved to a whole second, skewed per CPU, so that timers that need no precision
  /// expire together; as it is when that would be past.
  std::uint64_t round_jiffies(std::uint64_t wanted) {
    const std::uint64_t now = jiffies(), skew = 3ull * smp_processor_id(), skewed = wanted + skew;
    const std::uint64_t rest = skewed % profile.hz;
    const std::uint64_t rounded = skewed - rest + (rest < profile.hz / 4 ? 0 : profile.hz) - skew;
    return rounded <= now ? wanted : rounded;
  }

  // --- CPUs and contexts -------------------------------------------------------------------------
  virtual unsigned num_online_cpus() const = 0;
  unsigned smp_processor_id() const { return clock_.cpu; }
  /// Interrupts of this CPU off / on. Nest by saving: returns whether they were on before.
  virtual bool local_irq_save() = 0;
  virtual void local_irq_restore(bool were_enabled) = 0;
  /// Bottom halves off / on; nest. Enabling the last level runs pending softirqs at once (path-map C-14).
  virtual void local_bh_disable() = 0;
  virtual void local_bh_enable() = 0;
  virtual bool in_softirq() const = 0;  ///< softirq context or bottom halves off
  virtual bool in_hardirq() const = 0;
  virtual bool need_resched() = 0;
  /// Registers the action of a softirq, for all CPUs.
  virtual void open_softirq(Softirq nr, Callback action) = 0;
  /// Marks a softirq pending on this CPU; outside interrupts ksoftirqd or the next bh-enable runs it.
  virtual void raise_softirq(Softirq nr) = 0;
  /// Runs `call` in hard-interrupt context on another CPU after the IPI latency.
  virtual void smp_call_function_single(unsigned cpu, Callback call) = 0;

  void lock(SpinLock& l) {
    charge(cost.lock / 2);
    sync();
    if (l.owner_ == SpinLock::kNobody) [[likely]] {
      l.owner_ = clock_.cpu;
      return;
    }
    settle();  // a contended lock is waited for in time
    if (l.owner_ == SpinLock::kNobody) {
      l.owner_ = clock_.cpu;
    } else {
      lock_slow(l);
    }
  }
  bool try_lock(SpinLock& l) {
    charge(cost.lock / 2);
    sync();
    if (l.held()) return false;
    l.owner_ = clock_.cpu;
    return true;
  }
  void unlock(SpinLock& l) {
    charge(cost.lock / 2);
    sync();
    l.owner_ = SpinLock::kNobody;
    if (l.waiters_ != nullptr) [[unlikely]]
      unlock_slow(l);
  }

  // --- tasks -------------------------------------------------------------------------------------
  /// A new task, runnable at once on `cpu` (it stays there); its name appears in error messages.
  virtual Task& spawn(std::string name, unsigned cpu, std::function<void()> body) = 0;
  /// Sleeps until woken. Check the condition after a sync(), call wait() with nothing in between, check
  /// again.
  virtual void wait(WaitQueue& queue) = 0;
  /// As wait(); false when `deadline` came first.
  virtual bool wait_until(WaitQueue& queue, Time deadline) = 0;
  virtual void sleep_until(Time wake) = 0;
  /// Makes waiting tasks runnable; charges CostModel::wakeup for each. Any context.
  virtual void wake_one(WaitQueue& queue) = 0;
  virtual void wake_all(WaitQueue& queue) = 0;
  /// A voluntary preemption point: the end of a system call. Switches when another task's turn has come.
  virtual void cond_resched() = 0;

  // --- timers ------------------------------------------------------------------------------------
  /// (Re)arms `timer` to expire at the first tick at or after `jiffies`, on this CPU. Any context.
  virtual void mod_timer(Timer& timer, std::uint64_t jiffies) = 0;
  /// Disarms; true when it was pending.
  virtual bool del_timer(Timer& timer) = 0;

  // --- memory ------------------------------------------------------------------------------------
  /// Host memory a device can reach, zeroed, for the life of the run. Throws std::bad_alloc when exhausted.
  virtual std::byte* alloc_host_memory(std::size_t bytes, std::size_t alignment) = 0;

  // --- measurement -------------------------------------------------------------------------------
  /// Who records the journeys of packets; nullptr: nobody.
  JourneyObserver* journeys() const { return journeys_; }
  void set_journeys(JourneyObserver* observer) {
    journeys_ = observer;
    interrupts_.resize(num_online_cpus());
  }
  /// Who is told which functions run (base/function_trace.hpp); nullptr: nobody.
  FunctionObserver* functions() const { return functions_; }
  void set_functions(FunctionObserver* observer) { functions_ = observer; }
  /// Of the hard interrupt the running CPU served last. Only while journeys are recorded.
  InterruptStamps& interrupt_stamps() { return interrupts_[clock_.cpu]; }

  /// printk: one line of the kernel log, stamped with simulated time.
  virtual void log(std::string_view line) = 0;
  /// The seed of this run, for hash secrets and the like (path-map B-73).
  virtual std::uint64_t random_seed() const = 0;

 protected:
  virtual void sync_slow() = 0;
  virtual void lock_slow(SpinLock& lock) = 0;
  virtual void unlock_slow(SpinLock& lock) = 0;

  Clock& clock_;
  PostedWrites& posted_;

 private:
  const Duration jiffy_ = Duration::from_s(1) / profile.hz;
  std::uint64_t jiffies_ = 0, jiffy_start_ = 0;  // of the tick asked for last
  JourneyObserver* journeys_ = nullptr;
  FunctionObserver* functions_ = nullptr;
  std::vector<InterruptStamps> interrupts_;  // by CPU
};

/// Everything in this scope happens at one instant, and what it costs is spent when the scope ends, or
/// earlier at Kernel::settle(). One synchronisation then serves many looks at shared state: read-mostly
/// tables, a queue, its counters, its waiters. Short scopes only: others see the effects before their cost is
/// over. Scopes may nest, the outermost counts; one that was settled inside is over.
class Instant {
 public:
  explicit Instant(Kernel& k) : kernel_(k), mine_(k.open_instant()) {}
  ~Instant() {
    if (mine_) kernel_.end_instant();
  }
  Instant(const Instant&) = delete;
  Instant& operator=(const Instant&) = delete;

 private:
  Kernel& kernel_;
  const bool mine_;
};

/// Holds bottom halves off for a scope.
class BhGuard {
 public:
  explicit BhGuard(Kernel& k) : kernel_(k) { kernel_.local_bh_disable(); }
  ~BhGuard() { kernel_.local_bh_enable(); }
  BhGuard(const BhGuard&) = delete;
  BhGuard& operator=(const BhGuard&) = delete;

 private:
  Kernel& kernel_;
};

}  // namespace niclab
