// The time law of the engine (docs/architecture.md, "Time"): run-ahead, preemption, locks, wake-ups; and the
// proof that the eager way (every charge a wait) gives the same history.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <sstream>

#include "tlm/core/host_kernel.hpp"

namespace niclab::sim {
namespace {

struct Machine {
  explicit Machine(bool eager, unsigned cpus = 2) : engine(eager), kernel(engine, cost, config(cpus)) {
    kernel.start(Time{});
  }
  static HostConfig config(unsigned cpus) {
    HostConfig c;
    c.cpus = cpus;
    c.memory_bytes = 1 << 20;
    return c;
  }
  void note(std::string_view what) {
    trace << kernel.now().ps() << ' ' << kernel.smp_processor_id() << ' ' << what << '\n';
  }
  CostModel cost;
  Engine engine;
  HostKernel kernel;
  std::ostringstream trace;
};

struct IrqSource {
  void fire(Time t, std::uint32_t cpu) { machine->kernel.cpu(cpu).irq_arrives(t, *action); }
  Machine* machine;
  IrqAction* action;
};

struct Handler {
  void run() {
    machine->kernel.charge(work);
    machine->note("irq");
    machine->kernel.raise_softirq(Softirq::net_rx);
  }
  Machine* machine;
  Duration work;
};

class EngineBothWays : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(LazyAndEager, EngineBothWays, testing::Bool());

TEST_P(EngineBothWays, InterruptIsTakenAtItsExactTimeAndDelaysWhatWasNotObserved) {
  Machine m(GetParam(), 1);
  Handler h{&m, 1_us};
  IrqSource source{&m, &m.kernel.add_irq("test", Callback::to<&Handler::run>(h), false)};
  m.kernel.spawn("task", 0, [&] {
    const Time begin = m.kernel.now();
    m.engine.at<&IrqSource::fire>(begin + 3_us, Kind::irq, 0, source, 0);
    m.kernel.charge(4_us);
    m.kernel.charge(6_us);
    // 10 us of own work, 1 us handler, entry and exit, and a net_rx softirq without action
    const Duration extra =
        1_us + m.cost.hardirq_entry + m.cost.hardirq_exit + m.cost.softirq_entry + m.cost.softirq_exit;
    EXPECT_EQ((m.kernel.now() - begin).ps(), (10_us + extra).ps());
    m.note("task done");
  });
  m.engine.run(Time{} + 1_ms);
  EXPECT_NE(m.trace.str().find("task done"), std::string::npos);
  EXPECT_LT(m.trace.str().find("irq"), m.trace.str().find("task done"));
}

// What comes behind an interrupt sees what its handler did.
TEST_P(EngineBothWays, AnInterruptIsServedBeforeEventsBehindIt) {
  Machine m(GetParam(), 1);
  struct Flag {
    void set() { is_set = true; }
    void look(Time, std::uint32_t) { seen = is_set; }
    bool is_set = false, seen = false;
  } flag;
  IrqSource source{&m, &m.kernel.add_irq("test", Callback::to<&Flag::set>(flag), false)};
  m.kernel.spawn("task", 0, [&] {
    const Time begin = m.kernel.now();
    m.engine.at<&IrqSource::fire>(begin + 3_us, Kind::irq, 0, source, 0);
    m.engine.at<&Flag::look>(begin + 8_us, Kind::device, 0, flag);
    m.kernel.charge(10_us);
    m.kernel.sync();
    EXPECT_TRUE(flag.seen);
  });
  m.engine.run(Time{} + 1_ms);
  EXPECT_TRUE(flag.seen);
}

TEST_P(EngineBothWays, InterruptsWaitWhileTheyAreOff) {
  Machine m(GetParam(), 1);
  Handler h{&m, Duration{}};
  IrqSource source{&m, &m.kernel.add_irq("test", Callback::to<&Handler::run>(h), false)};
  Time enabled{};
  m.kernel.spawn("task", 0, [&] {
    const bool were = m.kernel.local_irq_save();
    m.engine.at<&IrqSource::fire>(m.kernel.now() + 1_us, Kind::irq, 0, source, 0);
    m.kernel.charge(5_us);
    enabled = m.kernel.now();
    EXPECT_EQ(m.trace.str(), "");
    m.kernel.local_irq_restore(were);
    EXPECT_NE(m.trace.str(), "");
  });
  m.engine.run(Time{} + 1_ms);
  EXPECT_EQ(m.trace.str(), std::to_string((enabled + m.cost.hardirq_entry).ps()) + " 0 irq\n");
}

TEST_P(EngineBothWays, SpinningCpuGetsTheLockWhenItIsReleased) {
  Machine m(GetParam());
  SpinLock lock;
  Time released{}, taken{};
  m.kernel.spawn("holder", 0, [&] {
    m.kernel.lock(lock);
    m.kernel.charge(20_us);
    m.kernel.unlock(lock);
    released = m.kernel.now();
  });
  m.kernel.spawn("waiter", 1, [&] {
    m.kernel.sleep_until(m.kernel.now() + 10_us);
    m.kernel.lock(lock);
    taken = m.kernel.now();
    m.kernel.unlock(lock);
  });
  m.engine.run(Time{} + 1_ms);
  EXPECT_EQ((taken - released).ps(), m.cost.l3_hit.ps());
  EXPECT_FALSE(lock.held());
}

TEST_P(EngineBothWays, SleepEndsAtItsDeadlineAndWakeUpCancelsIt) {
  Machine m(GetParam());
  WaitQueue queue;
  bool in_time = false, late = true;
  m.kernel.spawn("sleeper", 0, [&] {
    in_time = m.kernel.wait_until(queue, m.kernel.now() + 500_us);
    late = m.kernel.wait_until(queue, m.kernel.now() + 100_us);
    const Time wake = m.kernel.now() + 400_us;
    m.kernel.sleep_until(wake);
    EXPECT_GE(m.kernel.now(), wake) << "the deadline of the first wait is forgotten";
    m.note("end");
  });
  m.kernel.spawn("waker", 1, [&] {
    m.kernel.sleep_until(Time{} + 200_us);
    m.kernel.wake_all(queue);
  });
  m.engine.run(Time{} + 10_ms);
  EXPECT_TRUE(in_time);
  EXPECT_FALSE(late);
  EXPECT_EQ(m.kernel.live_tasks(), 0u);
}

TEST_P(EngineBothWays, TimersExpireAtTheFirstTickAtOrAfterTheirTime) {
  Machine m(GetParam(), 1);
  struct Owner {
    void expired() { at = machine->kernel.now(); }
    Machine* machine;
    Time at{};
  } third{&m}, fourth{&m};
  Timer early(Callback::to<&Owner::expired>(third)), late(Callback::to<&Owner::expired>(fourth));
  m.kernel.spawn("task", 0, [&] {
    m.kernel.mod_timer(late, 4);
    m.kernel.mod_timer(early, 3);
  });
  m.engine.run(Time{} + 100_ms);
  for (const auto& [at, jiffies] : {std::pair(third.at, 3u), std::pair(fourth.at, 4u)}) {
    const Time tick = Time{} + m.kernel.jiffy() * jiffies;
    EXPECT_GE(at, tick);
    EXPECT_LT(at, tick + 5_us);
  }
}

TEST(Engine, TaskThatTakesItsOwnCpusLockTwiceIsReported) {
  Machine m(false, 1);
  SpinLock lock;
  m.kernel.spawn("greedy", 0, [&] {
    m.kernel.lock(lock);
    m.kernel.lock(lock);
  });
  EXPECT_THROW(m.engine.run(Time{} + 1_ms), SimulationError);
}

// Random tasks on several CPUs that charge, lock, wake each other, and are interrupted: one history, both
// ways.
std::string random_history(bool eager, std::uint64_t seed) {
  constexpr unsigned kCpus = 3, kTasks = 7;
  Machine m(eager, kCpus);
  std::mt19937_64 random(seed);
  SpinLock lock;
  std::vector<WaitQueue> queues(kTasks);
  std::vector<std::unique_ptr<Handler>> handlers;
  std::vector<std::unique_ptr<IrqSource>> sources;
  std::uint64_t shared = 0;
  struct RxAction {
    void run() {
      machine->kernel.charge(700_ns);
      machine->note("softirq");
      machine->kernel.wake_one(*queue);
    }
    Machine* machine;
    WaitQueue* queue;
  } rx{&m, &queues[0]};
  m.kernel.open_softirq(Softirq::net_rx, Callback::to<&RxAction::run>(rx));
  struct Answer {
    void arrives(Time t, std::uint32_t) { cpu->unstall(t); }
    Cpu* cpu;
  };
  std::array<Answer, kCpus> answers{{{&m.kernel.cpu(0)}, {&m.kernel.cpu(1)}, {&m.kernel.cpu(2)}}};
  for (unsigned i = 0; i < 200; ++i) {
    const unsigned cpu = static_cast<unsigned>(random() % kCpus);
    handlers.push_back(std::make_unique<Handler>(Handler{&m, Duration::from_ns(random() % 3000)}));
    auto& action = m.kernel.add_irq("x", Callback::to<&Handler::run>(*handlers.back()), false);
    sources.push_back(std::make_unique<IrqSource>(IrqSource{&m, &action}));
    m.engine.at<&IrqSource::fire>(Time{} + Duration::from_ns(random() % 2'000'000), Kind::irq, cpu,
                                  *sources.back(), cpu);
  }
  for (unsigned i = 0; i < kTasks; ++i) {
    const std::uint64_t task_seed = random();
    m.kernel.spawn("task" + std::to_string(i), i % kCpus, [&, i, task_seed] {
      std::mt19937_64 r(task_seed);
      for (int step = 0; step < 150; ++step) {
        for (unsigned n = r() % 6; n > 0; --n) m.kernel.charge(Duration::from_ns(r() % 2500));
        switch (r() % 8) {
          case 0: {
            BhGuard bh(m.kernel);
            m.kernel.lock(lock);
            m.kernel.charge(Duration::from_ns(r() % 4000));
            shared = shared * 31 + i;
            m.kernel.unlock(lock);
            break;
          }
          case 1: m.kernel.wake_one(queues[r() % kTasks]); break;
          case 2: m.kernel.wait_until(queues[i], m.kernel.now() + Duration::from_ns(r() % 30'000)); break;
          case 3: m.kernel.cond_resched(); break;
          case 4: {
            const bool were = m.kernel.local_irq_save();
            m.kernel.charge(Duration::from_ns(r() % 1000));
            m.kernel.local_irq_restore(were);
            break;
          }
          case 6: {
            // A load from the bus: the CPU stands still until the answer comes, interrupts wait for that.
            m.kernel.settle();
            m.engine.at<&Answer::arrives>(m.kernel.now() + Duration::from_ns(1 + r() % 3000),
                                          Kind::link_arrival, 0x100 + i, answers[i % kCpus]);
            m.kernel.here().stall();
            break;
          }
          case 5: {
            // Several shared things at one instant, their cost afterwards.
            Instant instant(m.kernel);
            m.kernel.charge(Duration::from_ns(r() % 800));
            BhGuard bh(m.kernel);
            m.kernel.lock(lock);
            m.kernel.charge(Duration::from_ns(r() % 800));
            shared = shared * 37 + i;
            m.kernel.unlock(lock);
            m.kernel.wake_one(queues[r() % kTasks]);
            if (r() % 4 == 0) m.kernel.settle();
            m.kernel.charge(Duration::from_ns(r() % 800));
            break;
          }
          default: m.note("step");
        }
      }
    });
  }
  m.engine.run(Time{} + 20_ms);
  m.trace << shared << ' ' << m.kernel.live_tasks() << '\n';
  for (unsigned c = 0; c < kCpus; ++c)
    for (const auto ps : m.kernel.cpu_time(c, Time{} + 20_ms)) m.trace << ps << ' ';
  return m.trace.str();
}

class RandomHistory : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, RandomHistory, testing::Range<std::uint64_t>(1, 121));

TEST_P(RandomHistory, LazyEqualsEager) {
  const std::string lazy = random_history(false, GetParam());
  EXPECT_GT(lazy.size(), 5000u);
  const std::string eager = random_history(true, GetParam());
  const auto [l, e] = std::mismatch(lazy.begin(), lazy.end(), eager.begin(), eager.end());
  const auto around = [](const std::string& text, std::ptrdiff_t at) {
    return text.substr(static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, at - 200)), 260);
  };
  EXPECT_TRUE(lazy == eager) << "lazy:\n"
                             << around(lazy, l - lazy.begin()) << "\neager:\n"
                             << around(eager, e - eager.begin());
}

}  // namespace
}  // namespace niclab::sim
