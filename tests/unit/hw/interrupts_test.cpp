// The throttle law (fact base 2.6.5, 2.6.6).
#include "hw/interrupts.hpp"

#include <gtest/gtest.h>

#include <random>

namespace niclab::hw {
namespace {

using reg::bit;
constexpr Time ns(std::uint64_t n) { return Time::from_ps(n * 1000); }
constexpr Time us(std::uint64_t n) { return ns(n * 1000); }
constexpr std::uint32_t kMsix = 0xC0000011;  // what igb writes to GPIE

InterruptThrottle msix(std::uint32_t eims, std::uint32_t auto_mask = 0) {
  InterruptThrottle t;
  t.write_gpie(kMsix, {});
  t.write_eims(eims, {});
  t.write_eiac(auto_mask, {});
  t.write_eiam(auto_mask, {});
  return t;
}

TEST(Throttle, IdleVectorFiresAtOnceOnTheDeviceClock) {
  auto t = msix(0b10);
  t.set_causes(0b10, ns(1001));
  EXPECT_EQ(t.next_grant(), ns(1008));
  EXPECT_EQ(t.grants(ns(1001)), 0u);
  EXPECT_EQ(t.grants(ns(1008)), 0b10u);
  EXPECT_EQ(t.next_grant(), Time::never());
}

TEST(Throttle, GrantsAreAnIntervalApart) {
  auto t = msix(1, 0);
  t.write_eiac(1, {});
  t.write_eitr(0, 10 << 2, {});
  Time last;
  for (int i = 0; i < 5; ++i) {
    t.set_causes(1, i == 0 ? us(3) : last + 100_ns);
    const Time due = t.next_grant();
    EXPECT_EQ(due, i == 0 ? us(3) : last + 10_us);
    EXPECT_EQ(t.grants(due), 1u);
    last = due;
    EXPECT_TRUE(t.counter_running(0, due));
    EXPECT_EQ(t.counter_expiry(0), due + 10_us);
  }
  EXPECT_FALSE(t.counter_running(0, last + 10_us));
  t.set_causes(1, last + 25_us);
  EXPECT_EQ(t.next_grant(), last + 25_us) << "idle again: at once";
}

TEST(Throttle, AVectorGrantsAtMostOnceAClock) {
  auto t = msix(1, 0);
  t.write_eiac(1, {});  // interval 0: moderation off
  t.set_causes(1, us(1));
  EXPECT_EQ(t.grants(us(1)), 1u);
  t.set_causes(1, us(1));
  EXPECT_EQ(t.next_grant(), us(1) + kDeviceClock);
  EXPECT_FALSE(t.counter_running(0, us(1) + kDeviceClock));
}

TEST(Throttle, AMessageHeldBackStartsTheCountdownWhenItGoes) {
  auto t = msix(1);
  t.write_eitr(0, 10 << 2, {});
  t.set_causes(1, us(1));
  EXPECT_EQ(t.grants(us(4)), 1u);
  EXPECT_EQ(t.counter_expiry(0), us(14));
}

// What else software does meanwhile makes the line neither rise again nor fall.
TEST(Throttle, FactBase_2_6_6_AMessageHeldBackSurvivesOtherAccesses) {
  auto t = msix(1, 0);
  t.write_eiac(1, {});
  t.write_eitr(0, 10 << 2, {});
  t.set_causes(1, us(1));
  EXPECT_EQ(t.grants(us(1)), 1u);
  t.set_causes(1, us(2));
  t.set_causes(0b10, us(3));
  t.write_eims(0b10, us(4));
  t.write_eimc(0b10, us(5));
  EXPECT_EQ(t.next_grant(), us(11));
  EXPECT_EQ(t.grants(us(11)), 1u);
}

TEST(Throttle, OneCauseOneMessage) {
  auto t = msix(1);  // neither auto-clear nor auto-mask
  t.write_eitr(0, 4, {});
  t.set_causes(1, us(1));
  EXPECT_EQ(t.grants(us(1)), 1u);
  EXPECT_EQ(t.next_grant(), Time::never()) << "EICR is still set, but its message is gone";
  t.write_eicr(1, us(5));
  t.set_causes(1, us(6));
  EXPECT_EQ(t.next_grant(), us(6));
}

TEST(Throttle, AutoClearAndAutoMaskAtTheGrant) {
  auto t = msix(0b110, 0b110);
  t.set_causes(0b010, us(1));
  EXPECT_EQ(t.grants(us(1)), 0b010u);
  EXPECT_EQ(t.eicr(), 0u);
  EXPECT_EQ(t.eims() & 0b110, 0b100u);
  t.set_causes(0b010, us(2));
  EXPECT_EQ(t.next_grant(), Time::never()) << "latched while masked";
  EXPECT_EQ(t.eicr(), 0b010u);
  t.write_eims(0b010, us(9));
  EXPECT_EQ(t.next_grant(), us(9));
}

TEST(Throttle, FactBase_2_6_5_AutoClearNeedsNoAutoMask) {
  auto t = msix(0b110, 0b110);
  t.write_gpie(kMsix & ~reg::gpie::EIAME, {});
  t.set_causes(0b010, us(1));
  EXPECT_EQ(t.grants(us(1)), 0b010u);
  EXPECT_EQ(t.eicr(), 0u);
  EXPECT_EQ(t.eims() & 0b110, 0b110u);
}

TEST(Throttle, CauseClearedInTimeSendsNothing) {
  auto t = msix(1);
  t.write_eiac(1, {});
  t.write_eitr(0, 10 << 2, {});
  t.set_causes(1, us(1));
  t.grants(us(1));
  t.set_causes(1, us(2));
  EXPECT_EQ(t.next_grant(), us(11));
  t.write_eimc(1, us(3));
  EXPECT_EQ(t.next_grant(), Time::never());
  t.write_eims(1, us(4));
  EXPECT_EQ(t.next_grant(), us(11));
  t.write_eicr(1, us(5));
  EXPECT_EQ(t.next_grant(), Time::never());
}

TEST(Throttle, CounterIngrKeepsTheCountdownAPlainWriteEndsIt) {
  auto t = msix(1);
  t.write_eiac(1, {});
  t.write_eitr(0, 100 << 2, {});
  t.set_causes(1, us(1));
  t.grants(us(1));
  t.set_causes(1, us(2));
  t.write_eitr(0, reg::eitr::CNT_INGR | 5 << 2, us(10));
  EXPECT_EQ(t.next_grant(), us(101)) << "the running countdown goes on";
  EXPECT_EQ(t.read_eitr(0, us(10)) >> 2 & 0x1FFF, 5u);
  EXPECT_EQ(reg::eitr::COUNTER.get(t.read_eitr(0, us(10))), 91u / 8);
  t.write_eitr(0, reg::eitr::COUNTER.put(2) | 5 << 2, us(20));
  EXPECT_EQ(t.next_grant(), us(36)) << "COUNTER = 2 units of 8 us";
  t.write_eitr(0, 5 << 2, us(21));
  EXPECT_EQ(t.next_grant(), us(21));
  EXPECT_EQ(t.grants(us(21)), 1u);
  EXPECT_EQ(t.counter_expiry(0), us(26));
}

TEST(Throttle, SingleModeIsVector0AndEicrClearsOnRead) {
  InterruptThrottle t;  // GPIE = 0, EIMS = OTHER
  t.write_eitr(0, 50 << 2, {});
  t.set_other_level(true, us(1));
  EXPECT_EQ(t.grants(us(1)), 1u);
  EXPECT_TRUE(t.line(0));
  t.set_other_level(false, us(2));
  EXPECT_FALSE(t.line(0));
  t.set_other_level(true, us(3));
  EXPECT_EQ(t.next_grant(), us(51));
  EXPECT_EQ(t.grants(us(51)), 1u);
  t.set_causes(0b1, us(52));
  EXPECT_EQ(t.read_eicr(us(53)), reg::eicr::OTHER | 1u);
  EXPECT_EQ(t.eicr(), reg::eicr::OTHER) << "the level is still there, the latch is gone";
}

TEST(Throttle, MsixModeKeepsEicrOnRead) {
  auto t = msix(0);
  t.set_causes(0b101, us(1));
  EXPECT_EQ(t.read_eicr(us(1)), 0b101u);
  EXPECT_EQ(t.eicr(), 0b101u);
}

TEST(Throttle, WithoutEiameTheMaskFollowsEicrAccesses) {
  InterruptThrottle t;
  t.write_gpie(reg::gpie::Multiple_MSIX, {});
  t.write_eims(0b11, {});
  t.write_eiam(0b01, {});
  t.write_eicr(0b11, us(1));
  EXPECT_EQ(t.eims() & 0b11, 0b10u);
  t.write_eics(0b01, us(2));
  EXPECT_EQ(t.eims() & 0b11, 0b11u);
  EXPECT_EQ(t.next_grant(), us(2));
}

// --- low latency (fact base 2.6.4, 2.6.6, 4.6) -------------------------------------------------------

/// Vector 0 with `credits` and an interval of 100 us, granted at 1 us: its countdown runs to 101 us.
InterruptThrottle throttled(unsigned credits, unsigned ll_interval, ThrottleReadings readings = {},
                            std::uint32_t enable = reg::eitr::LLI_EN) {
  InterruptThrottle t(readings);
  t.write_eitr(0, 100 << 2 | enable | reg::eitr::LL_COUNTER.put(credits), {});
  t.write_gpie(kMsix | reg::gpie::LL_INTERVAL.put(ll_interval), {});
  t.write_eims(1, {});
  t.write_eiac(1, {});
  t.set_causes(1, us(1));
  EXPECT_EQ(t.grants(us(1)), 1u);
  return t;
}

unsigned credits(InterruptThrottle& t, Time at) { return reg::eitr::LL_COUNTER.get(t.read_eitr(0, at)); }

TEST(LowLatency, FactBase_4_6_ACreditPassesTheCountdownAndIsUsedUp) {
  auto t = throttled(2, 0);
  EXPECT_EQ(credits(t, us(1)), 2u) << "the first message waited for nothing";
  for (unsigned i = 0; i < 2; ++i) {
    const Time at = us(2 + i);
    t.set_causes(1, at);
    EXPECT_EQ(t.next_grant(), us(101 + i)) << "an ordinary cause waits";
    t.low_latency(1, at);
    EXPECT_EQ(t.next_grant(), at);
    EXPECT_EQ(t.grants(at), 1u);
    EXPECT_EQ(credits(t, at), 1 - i);
    EXPECT_EQ(t.counter_expiry(0), at + 100_us) << "the interval begins anew";
  }
  t.write_eitr(0, 100 << 2 | reg::eitr::LLI_EN | reg::eitr::LL_COUNTER.put(9) | reg::eitr::CNT_INGR, us(4));
  EXPECT_EQ(credits(t, us(4)), 0u) << "CNT_INGR keeps the credits, too";
  t.set_causes(1, us(4));
  t.low_latency(1, us(4));
  EXPECT_EQ(t.next_grant(), us(103)) << "no credit";
  EXPECT_EQ(t.grants(us(103)), 1u);
  EXPECT_EQ(credits(t, us(103)), 0u) << "a message that waited costs none";
}

TEST(LowLatency, FactBase_2_6_4_CreditsComeBackEveryIntervalUpTo31) {
  auto t = throttled(0, 3);  // 12 us, from the GPIE write on
  EXPECT_EQ(credits(t, us(12) - 8_ns), 0u);
  EXPECT_EQ(credits(t, us(12)), 1u);
  EXPECT_EQ(credits(t, us(12 * 30) + 11_us), 30u);
  EXPECT_EQ(credits(t, us(12 * 31)), 31u);
  EXPECT_EQ(credits(t, us(12 * 40)), 31u);
  t.set_causes(1, us(1000));
  t.grants(us(1000));
  t.set_causes(1, us(1001));
  t.low_latency(1, us(1001));
  t.grants(us(1001));
  EXPECT_EQ(credits(t, us(1013) - 8_ns), 30u);
  EXPECT_EQ(credits(t, us(1013)), 31u) << "the timer starts when a credit is missing";
}

TEST(LowLatency, FactBase_4_6_WithoutCreditItWaitsForTheNextOne) {
  auto t = throttled(0, 5);
  t.set_causes(1, us(2));
  t.low_latency(1, us(2));
  EXPECT_EQ(t.next_grant(), us(20));
  EXPECT_EQ(t.grants(us(20) - 8_ns), 0u);
  EXPECT_EQ(t.grants(us(20)), 1u);
  EXPECT_EQ(credits(t, us(20)), 0u);
}

TEST(LowLatency, AMaskedCauseStaysUrgentAClearedOneIsForgotten) {
  auto t = throttled(5, 0);
  t.write_eimc(1, us(2));
  t.set_causes(1, us(2));
  t.low_latency(1, us(2));
  EXPECT_EQ(t.next_grant(), Time::never());
  t.write_eims(1, us(3));
  EXPECT_EQ(t.next_grant(), us(3));
  t.write_eicr(1, us(3));
  t.set_causes(1, us(4));
  EXPECT_EQ(t.next_grant(), us(101)) << "an ordinary cause";
  t.low_latency(2, us(4));
  EXPECT_EQ(t.next_grant(), us(101)) << "of another vector, which has no cause";
}

TEST(LowLatency, FactBase_4_6_WithoutLliEnLikeAnyCauseOrByTheOtherReadingAtOnce) {
  for (const bool other : {false, true}) {
    auto t = throttled(0, 0, {.low_latency_unless_limited = other}, 0);
    t.set_causes(1, us(2));
    t.low_latency(1, us(2));
    EXPECT_EQ(t.next_grant(), us(other ? 2 : 101));
    t.grants(us(101));
    EXPECT_EQ(credits(t, us(101)), 0u);
  }
}

TEST(LowLatency, InSingleModeVector0) {
  InterruptThrottle t;
  t.write_eitr(0, 50 << 2 | reg::eitr::LLI_EN | reg::eitr::LL_COUNTER.put(1), {});
  t.write_eims(0b110, {});
  t.set_causes(0b010, us(1));
  t.grants(us(1));
  EXPECT_TRUE(t.asserted(0));
  t.read_eicr(us(2));
  EXPECT_FALSE(t.asserted(0));
  t.set_causes(0b100, us(3));
  t.low_latency(0b100, us(3));
  EXPECT_EQ(t.next_grant(), us(3));
  EXPECT_FALSE(t.asserted(0)) << "not before its message";
  EXPECT_EQ(t.grants(us(3)), 1u);
}

// 2.6.6: the other reading of a write without CNT_INGR.
TEST(Throttle, AWriteMayReloadTheInterval) {
  InterruptThrottle t({.write_reloads_interval = true});
  t.write_gpie(kMsix, {});
  t.write_eims(1, {});
  t.write_eitr(0, 7 << 2 | reg::eitr::COUNTER.put(3), us(10));
  t.set_causes(1, us(11));
  EXPECT_EQ(t.next_grant(), us(17));
}

TEST(Throttle, PortResetKeepsTheIntervalAndAnotherFunctionsResetFiresPending) {
  auto t = msix(1);
  t.write_eiac(1, {});
  t.write_eitr(0, 100 << 2, {});
  t.set_causes(1, us(1));
  t.grants(us(1));
  t.set_causes(1, us(2));
  t.expire_counters(us(3));
  EXPECT_EQ(t.next_grant(), us(3));
  t.reset_port(us(4));
  EXPECT_EQ(t.next_grant(), Time::never());
  EXPECT_EQ(t.interval(0), 100_us);
}

/// The law, one 8 ns tick after another, nothing computed ahead.
class TickModel {
 public:
  static constexpr unsigned kVectors = 3;
  std::uint32_t eicr = 0, eims = 0, eiac = 0, eiam = 0;
  unsigned interval_ticks[kVectors] = {}, counter[kVectors] = {};
  bool sent[kVectors] = {};

  void clock() {
    for (unsigned& c : counter)
      if (c != 0) --c;
  }
  void settle() {
    for (unsigned v = 0; v < kVectors; ++v)
      if (!(eicr & eims & bit(v))) sent[v] = false;
  }
  std::uint32_t messages() {
    std::uint32_t out = 0;
    for (unsigned v = 0; v < kVectors; ++v) {
      if (!(eicr & eims & bit(v)) || sent[v] || counter[v] != 0) continue;
      out |= bit(v);
      sent[v] = true;
      counter[v] = std::max(interval_ticks[v], 1u);  // at most one message a clock
      eicr &= ~(bit(v) & eiac);
      eims &= ~(bit(v) & eiam);
    }
    settle();
    return out;
  }
};

TEST(Throttle, EqualsATickByTickModelOnRandomSchedules) {
  constexpr unsigned kTicks = 12'000;  // 96 us
  std::uint64_t messages = 0;
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    std::mt19937 rng(seed);
    const auto below = [&](unsigned n) { return static_cast<unsigned>(rng() % n); };
    TickModel model;
    InterruptThrottle unit;
    unit.write_gpie(kMsix, {});
    model.eiac = below(8);
    model.eiam = below(8);
    unit.write_eiac(model.eiac, {});
    unit.write_eiam(model.eiam, {});
    const unsigned busy = 20 + below(400);
    for (unsigned tick = 1; tick < kTicks; ++tick) {
      const Time now = ns(8ull * tick);
      model.clock();
      for (unsigned n = below(busy) == 0 ? 1 + below(3) : 0; n > 0; --n) {
        const std::uint32_t mask = below(8);
        const unsigned v = below(TickModel::kVectors), gap = below(6);
        switch (below(8)) {
          case 0:
          case 1:
          case 2: model.eicr |= mask, unit.set_causes(mask, now); break;
          case 3:
          case 4: model.eims |= mask, unit.write_eims(mask, now); break;
          case 5: model.eims &= ~mask, unit.write_eimc(mask, now); break;
          case 6: model.eicr &= ~mask, unit.write_eicr(mask, now); break;
          default: {
            const bool keep = below(2) != 0;
            const unsigned counter = below(3);
            model.interval_ticks[v] = gap * 125;
            if (!keep) model.counter[v] = counter * 1000;
            unit.write_eitr(v, gap << 2 | reg::eitr::COUNTER.put(counter) | (keep ? reg::eitr::CNT_INGR : 0),
                            now);
          }
        }
        model.settle();
      }
      const std::uint32_t expected = model.messages();
      const std::uint32_t actual = unit.next_grant() <= now ? unit.grants(now) : 0;
      ASSERT_EQ(actual, expected) << "seed " << seed << " tick " << tick;
      for (unsigned v = 0; v < TickModel::kVectors; ++v)
        ASSERT_EQ(unit.counter_running(v, now), model.counter[v] != 0) << "seed " << seed << " tick " << tick;
      messages += static_cast<unsigned>(std::popcount(actual));
    }
  }
  EXPECT_GT(messages, 1000u) << "the schedules must exercise the law";
}

}  // namespace
}  // namespace niclab::hw
