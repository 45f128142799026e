// The one total order of all that will happen (docs/architecture.md, "Order at equal times").
#include "tlm/core/calendar.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tlm/core/engine.hpp"

namespace niclab::sim {
namespace {

/// An event that is known by its number.
Event event(std::uint64_t t, Kind kind, unsigned agent, std::uint32_t number) {
  return {t, order_of(kind, agent), number, nullptr, nullptr};
}

std::vector<std::uint32_t> numbers(Calendar& calendar) {
  std::vector<std::uint32_t> all;
  while (!calendar.empty()) all.push_back(calendar.pop().arg);
  return all;
}

TEST(Calendar, OrderIsTimeThenKindThenAgentThenInsertion) {
  Clock clock;
  Calendar c(clock);
  c.push(event(7, Kind::memory_write, 0, 6));
  c.push(event(5, Kind::cpu, 0, 5));
  c.push(event(5, Kind::device, 2, 2));
  c.push(event(5, Kind::device, 2, 3));
  c.push(event(5, Kind::device, 1, 1));
  c.push(event(5, Kind::irq, 0, 4));
  c.push(event(5, Kind::link_arrival, 0xFFFF, 0));
  EXPECT_EQ(numbers(c), (std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6}));
}

TEST(Calendar, HoldsAnyNumberInOrder) {
  Clock clock;
  Calendar c(clock);
  std::mt19937 random(3);
  std::vector<std::pair<std::uint64_t, std::uint32_t>> expected;
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const std::uint64_t t = random() % 500;
    c.push(event(t, Kind::device, 0, i));
    expected.emplace_back(t, i);
  }
  std::sort(expected.begin(), expected.end());
  for (const auto& [t, number] : expected) {
    EXPECT_EQ(c.top_time(), t);
    EXPECT_EQ(c.pop().arg, number);
  }
  EXPECT_TRUE(c.empty());
}

TEST(Calendar, CancelTakesTheSoonestOfItsOwnerOnly) {
  Clock clock;
  Calendar c(clock);
  int mine = 0, other = 0;
  const auto order = order_of(Kind::timer, 4);
  for (const auto& [t, object, number] :
       {std::tuple(9u, &mine, 0u), std::tuple(3u, &other, 1u), std::tuple(6u, &mine, 2u)})
    c.push({t, order, number, nullptr, object});
  EXPECT_TRUE(c.cancel(order, &mine));
  EXPECT_FALSE(c.cancel(order_of(Kind::timer, 5), &mine));
  EXPECT_EQ(numbers(c), (std::vector<std::uint32_t>{1, 0}));
}

// What the clock publishes is what a CPU compares its local time with.
TEST(Calendar, PublishesTheNearestOfEventTurnAndHorizon) {
  Clock clock;
  Calendar c(clock);
  c.set_horizon(100);
  EXPECT_EQ(clock.next, 100u);
  c.push(event(50, Kind::device, 0, 0));
  EXPECT_EQ(clock.next, 50u);
  c.push_turn({30, order_of(Kind::cpu, 0), nullptr});
  EXPECT_EQ(clock.next, 30u);
  EXPECT_TRUE(c.turn_is_next());
  c.set_horizon(20);
  EXPECT_EQ(clock.next, 20u);
  c.set_horizon(100);
  c.pop_turn();
  EXPECT_EQ(clock.next, 50u);
  c.pop();
  EXPECT_EQ(clock.next, 100u);
}

TEST(Calendar, TurnsOfCpusStandInTheSameOrder) {
  Clock clock;
  Calendar c(clock);
  for (const unsigned agent : {2u, 0u, 1u}) c.push_turn({10, order_of(Kind::cpu, agent), nullptr});
  c.push_turn({5, order_of(Kind::cpu, 7), nullptr});
  EXPECT_EQ(c.exchange_turn({10, order_of(Kind::cpu, 3), nullptr}).order, order_of(Kind::cpu, 7));
  for (const unsigned agent : {0u, 1u, 2u, 3u}) EXPECT_EQ(c.pop_turn().order, order_of(Kind::cpu, agent));
  EXPECT_FALSE(c.has_turn());
}

struct Steps {
  void step(Time t, std::uint32_t number) { seen.emplace_back(t.ps(), number); }
  void chains(Time t, std::uint32_t) { engine->chain<&Steps::step>(t + then, Kind::device, 0, *this, 1); }
  Engine* engine;
  Duration then{};
  std::vector<std::pair<std::uint64_t, std::uint32_t>> seen{};
};

TEST(EngineHorizon, NothingRunsAtOrPastIt) {
  Engine engine(false);
  Steps s{.engine = &engine};
  engine.at<&Steps::step>(Time::from_ps(10), Kind::device, 0, s, 1);
  engine.at<&Steps::step>(Time::from_ps(20), Kind::device, 0, s, 2);
  EXPECT_EQ(engine.run_until(Time::from_ps(20)), Time::from_ps(20));
  EXPECT_EQ(s.seen.size(), 1u);
  EXPECT_EQ(engine.run_until(Time::from_ps(21)), Time::never());
  EXPECT_EQ(s.seen.size(), 2u);
}

// A step may run at once when nothing comes before it; what somebody outside may do at that instant counts.
TEST(EngineHorizon, AStepIsChainedOnlyWhenNothingComesBeforeIt) {
  const auto chained_by = [](Duration then, auto&& prepare) {
    Engine engine(false);
    Steps s{.engine = &engine, .then = then};
    engine.at<&Steps::chains>(Time::from_ps(10), Kind::device, 0, s);
    prepare(engine, s);
    engine.run_until(Time::from_ps(30));
    return s.seen;
  };
  using Seen = std::vector<std::pair<std::uint64_t, std::uint32_t>>;
  const auto nothing = [](Engine&, Steps&) {};
  EXPECT_EQ(chained_by(Duration::from_ps(19), nothing), (Seen{{29, 1}}));
  EXPECT_EQ(chained_by(Duration::from_ps(20), nothing), Seen{}) << "at the horizon";
  const auto another = [](Engine& engine, Steps& s) {
    engine.at<&Steps::step>(Time::from_ps(15), Kind::memory_read, 0, s, 2);
  };
  EXPECT_EQ(chained_by(Duration::from_ps(5), another), (Seen{{15, 2}, {15, 1}}));
  EXPECT_EQ(chained_by(Duration::from_ps(4), another), (Seen{{14, 1}, {15, 2}}));
}

}  // namespace
}  // namespace niclab::sim
