#include "base/meters.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <stdexcept>

#include "base/splitmix64.hpp"

namespace niclab {
namespace {

constexpr Time at(std::uint64_t ps) { return Time::from_ps(ps); }

TEST(OccupancyMeter, IntegratesTheLevelFromItsBeginning) {
  OccupancyMeter m;
  m.holds(4, at(10));
  m.begin(at(20));
  m.holds(1, at(30));  // 4 x 10
  m.holds(3, at(50));  // 1 x 20
  EXPECT_EQ(m.area(at(60)), ThingTime{40 + 20 + 30});
  EXPECT_DOUBLE_EQ(m.mean(at(60)), 90.0 / 40);
  EXPECT_EQ(m.most(), 4u) << "what was there at the beginning counts";
  EXPECT_EQ(m.level(), 3u);
  EXPECT_EQ(m.mean(at(20)), 0.0);
  EXPECT_THROW(m.holds(1, at(49)), std::logic_error);
}

TEST(OccupancyMeter, TellsWhenItWasFirstNearlyAsFullAsEver) {
  OccupancyMeter m;
  m.begin(at(10));
  EXPECT_EQ(m.most_since(), at(10));
  m.holds(8, at(20));
  m.holds(9, at(30));
  EXPECT_EQ(m.most_since(), at(20)) << "8 is eight ninths of 9";
  m.holds(10, at(40));
  m.holds(2, at(50));
  m.holds(10, at(60));
  EXPECT_EQ(m.most_since(), at(40));
  EXPECT_EQ(m.most(), 10u);
}

TEST(OccupancyMeter, HoldsWhatDoesNotFitInto64Bits) {
  OccupancyMeter m;
  m.holds(1 << 20, Time{});
  const Time end = Time{} + Duration::from_s(1'000'000);
  EXPECT_EQ(m.area(end) / Duration::from_s(1'000'000).ps(), ThingTime{1 << 20});
}

TEST(BufferMeter, WaitsCountFromTheBeginningOn) {
  BufferMeter m;
  m.enter(1, 1, at(10));
  m.enter(2, 3, at(15));
  m.begin(at(20));
  EXPECT_EQ(m.arrivals(), 3u);
  m.leave(1, at(10), 2, at(25));
  EXPECT_EQ(m.departures(), 1u);
  m.stayed(2, at(15), at(40));
  EXPECT_EQ(m.waits(), ThingTime{5 + 2 * 20});
  EXPECT_EQ(m.occupancy().area(at(40)), m.waits());
}

/// A queue with random arrivals and departures, of which one may forget to tell.
ThingTime difference(bool forgets) {
  SplitMix64 random(3);
  BufferMeter m;
  std::deque<Time> queue;
  Time t{};
  for (unsigned i = 0; i < 10'000; ++i) {
    t += Duration::from_ps(random.next() % 100);
    if (i == 500) m.begin(t);
    if (random.next() % 2 == 0 || queue.empty()) {
      queue.push_back(t);
      m.enter(1, queue.size(), t);
    } else {
      const Time since = queue.front();
      queue.pop_front();
      if (forgets && i > 5000) {
        forgets = false;
        continue;
      }
      m.leave(1, since, queue.size(), t);
    }
  }
  for (const Time since : queue) m.stayed(1, since, t);
  const ThingTime area = m.occupancy().area(t);
  return area > m.waits() ? area - m.waits() : m.waits() - area;
}

TEST(BufferMeter, LittlesLawHoldsExactlyUnlessSomethingIsNotTold) {
  EXPECT_EQ(difference(false), ThingTime{0});
  EXPECT_NE(difference(true), ThingTime{0});
}

TEST(StallMeter, CountsTheTimeBetweenStoppingAndGoingOn) {
  StallMeter m;
  m.goes_on(at(5));
  m.stops(at(10));
  m.stops(at(12));  // still
  m.begin(at(15));
  m.goes_on(at(20));
  m.goes_on(at(22));
  m.stops(at(30));
  EXPECT_EQ(m.total(at(33)), Duration::from_ps(5 + 3));
  EXPECT_TRUE(m.stalled());
}

}  // namespace
}  // namespace niclab
