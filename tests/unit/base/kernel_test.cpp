// The part of Kernel that every charge and every observation goes through: what synchronises, and what must
// not.
#include "base/kernel.hpp"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>
#include <vector>

#include "base/callback.hpp"
#include "base/pci.hpp"

namespace niclab {
namespace {

/// One posted write into `cell`, visible at a time of the test's choice.
struct OneWrite final : PostedWrites {
  void arm(Time visible, std::uint32_t& cell, std::uint32_t value) {
    next = visible.ps();
    cell_ = &cell;
    value_ = value;
  }
  void apply(Time upto) override {
    if (next > upto.ps()) return;
    *cell_ = value_;
    next = ~std::uint64_t{0};
  }

 private:
  std::uint32_t* cell_ = nullptr;
  std::uint32_t value_ = 0;
};

/// Counts synchronisations; has neither tasks nor timers.
class StubKernel final : public Kernel {
 public:
  StubKernel(Clock& of, OneWrite& writes, KernelProfile says = {}) : Kernel(of, kCost, says, writes) {}
  unsigned syncs = 0, contended = 0, handed_over = 0;

  unsigned num_online_cpus() const override { return 2; }
  bool local_irq_save() override { return true; }
  void local_irq_restore(bool) override {}
  void local_bh_disable() override { ++bh_depth; }
  void local_bh_enable() override { --bh_depth; }
  bool in_softirq() const override { return bh_depth != 0; }
  bool in_hardirq() const override { return false; }
  bool need_resched() override { return false; }
  void open_softirq(Softirq, Callback) override {}
  void raise_softirq(Softirq) override {}
  void smp_call_function_single(unsigned, Callback) override {}
  Task& spawn(std::string, unsigned, std::function<void()>) override { throw std::logic_error("no tasks"); }
  void wait(WaitQueue&) override {}
  bool wait_until(WaitQueue&, Time) override { return false; }
  void sleep_until(Time) override {}
  void wake_one(WaitQueue&) override {}
  void wake_all(WaitQueue&) override {}
  void cond_resched() override {}
  void mod_timer(Timer&, std::uint64_t) override {}
  bool del_timer(Timer&) override { return false; }
  std::byte* alloc_host_memory(std::size_t, std::size_t) override { throw std::bad_alloc(); }
  void log(std::string_view) override {}
  std::uint64_t random_seed() const override { return 1; }
  int bh_depth = 0;

 private:
  void sync_slow() override { ++syncs; }
  void lock_slow(SpinLock&) override { ++contended; }
  void unlock_slow(SpinLock&) override { ++handed_over; }
  static constexpr CostModel kCost{};
};

struct KernelTest : testing::Test {
  Clock clock{.local = 0, .next = 10'000, .eager = false, .cpu = 0};
  OneWrite posted;
  StubKernel kernel{clock, posted};
};

TEST_F(KernelTest, ChargeOnlyMovesTheLocalClockEvenPastTheNextEvent) {
  kernel.charge(25_ns);
  EXPECT_EQ(clock.local, 25'000u);
  EXPECT_EQ(kernel.syncs, 0u);
}

TEST_F(KernelTest, SyncWorksOnlyWhenSomethingIsDue) {
  kernel.charge(9'999_ps);
  kernel.sync();
  EXPECT_EQ(kernel.syncs, 0u);
  kernel.charge(1_ps);  // at the very instant of the next event
  kernel.sync();
  EXPECT_EQ(kernel.syncs, 1u);
}

TEST_F(KernelTest, EagerSynchronisesAtEachCharge) {
  clock.eager = true;
  kernel.charge(1_ps);
  kernel.charge(1_ps);
  EXPECT_EQ(kernel.syncs, 2u);
}

TEST_F(KernelTest, ReadingTheClockIsAnObservation) {
  kernel.charge(10_ns);
  EXPECT_EQ(kernel.now(), Time::from_ps(10'000));
  EXPECT_EQ(kernel.syncs, 1u);
}

TEST_F(KernelTest, JiffiesFollowHz) {
  EXPECT_EQ(kernel.jiffy(), 4_ms);
  clock.next = ~std::uint64_t{0};
  kernel.charge(4_ms - 1_ps);
  EXPECT_EQ(kernel.jiffies(), 0u);
  kernel.charge(1_ps);
  EXPECT_EQ(kernel.jiffies(), 1u);
  StubKernel fast{clock, posted, {KernelVersion::v4_0, 1000}};
  EXPECT_EQ(fast.jiffies(), 4u);
}

TEST_F(KernelTest, ADescriptorShowsADeviceWriteFromItsInstantOnAndNotBefore) {
  std::array<std::uint32_t, 2> ring{};
  const CoherentArray<std::uint32_t> coherent(ring.data(), ring.size(), DmaAddress{0x1000});
  posted.arm(Time::from_ps(5'000), ring[1], 7);
  kernel.charge(4'999_ps);
  EXPECT_EQ(coherent.load(kernel, 1), 0u);
  kernel.charge(1_ps);
  EXPECT_EQ(coherent.load(kernel, 1), 7u);
}

TEST_F(KernelTest, ADescriptorStoreComesAfterTheDeviceWritesDueBefore) {
  std::array<std::uint32_t, 2> ring{};
  CoherentArray<std::uint32_t> coherent(ring.data(), ring.size(), DmaAddress{0x1000});
  posted.arm(Time::from_ps(5'000), ring[1], 7);
  kernel.charge(6_ns);
  coherent.store(kernel, 1, 9);
  kernel.charge(1_ns);
  EXPECT_EQ(coherent.load(kernel, 1), 9u) << "the older write must not come after the newer one";
}

TEST_F(KernelTest, LockCostsHalfAtEachEndAndKnowsItsHolder) {
  SpinLock lock;
  kernel.lock(lock);
  EXPECT_TRUE(lock.held());
  EXPECT_FALSE(kernel.try_lock(lock));
  const std::uint64_t before = clock.local;
  kernel.unlock(lock);
  EXPECT_EQ(clock.local - before, (kernel.cost.lock / 2).ps());
  EXPECT_FALSE(lock.held());
  EXPECT_TRUE(kernel.try_lock(lock));
  kernel.unlock(lock);
  EXPECT_EQ(kernel.contended, 0u);
}

TEST_F(KernelTest, AHeldLockIsContendedForTheOtherCpu) {
  SpinLock lock;
  kernel.lock(lock);
  clock.cpu = 1;
  kernel.lock(lock);
  EXPECT_EQ(kernel.contended, 1u);
}

TEST_F(KernelTest, BhGuardNests) {
  {
    const BhGuard outer(kernel);
    {
      const BhGuard inner(kernel);
      EXPECT_EQ(kernel.bh_depth, 2);
    }
    EXPECT_TRUE(kernel.in_softirq());
  }
  EXPECT_FALSE(kernel.in_softirq());
}

TEST(Callback, CallsTheMethodOfItsObject) {
  struct Counter {
    int n = 0;
    void add() { ++n; }
  } a, b;
  const Callback call = Callback::to<&Counter::add>(b);
  call();
  call();
  EXPECT_EQ(a.n, 0);
  EXPECT_EQ(b.n, 2);
  EXPECT_FALSE(Callback{});
  EXPECT_TRUE(call);
}

TEST(DescriptorStamps, EachQueueAndIndexHasItsOwn) {
  DescriptorStamps stamps;
  stamps.at(0, 4095) = Time::from_ps(1);
  stamps.at(1, 0) = Time::from_ps(2);
  stamps.at(7, 4095) = Time::from_ps(3);
  EXPECT_EQ(stamps.at(0, 4095), Time::from_ps(1));
  EXPECT_EQ(stamps.at(1, 0), Time::from_ps(2));
  EXPECT_EQ(stamps.at(7, 4095), Time::from_ps(3));
}

}  // namespace
}  // namespace niclab
