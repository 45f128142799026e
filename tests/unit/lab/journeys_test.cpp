#include "lab/journeys.hpp"

#include <gtest/gtest.h>

namespace niclab::lab {
namespace {

constexpr Stage stage(unsigned i) { return static_cast<Stage>(i); }
Time at(std::uint64_t ps) { return Time::from_ps(1'000'000 + ps); }

/// A received packet each of whose stages takes 100 ps more than the one before; `late` begins `by` ps late.
JourneyId walk(Journeys& j, unsigned late = kFirstTxStage, std::uint64_t by = 0) {
  const JourneyId id = j.received(0, 60, Time{});
  std::uint64_t now = 0;
  for (unsigned i = 0; i < kFirstTxStage; ++i) {
    j.begins(id, stage(i), at(now + (i == late ? by : 0)));
    now += 100 * (i + 1);
    j.ends(id, stage(i), at(now));
  }
  return id;
}

const StageResult& result(const std::vector<StageResult>& all, std::string_view name) {
  for (const StageResult& r : all)
    if (r.name == name) return r;
  throw std::out_of_range(std::string(name));
}

TEST(Journeys, StagesThatMeetAreCountedAndSharesAddUpToOne) {
  Journeys j({"h1.eth0"});
  j.completed(walk(j));
  EXPECT_TRUE(j.faults().empty());
  const auto all = j.results();
  double sum = 0;
  for (const StageResult& r : all) {
    const bool received = r.name.starts_with("rx_");
    EXPECT_EQ(r.latency.n, received ? 1u : 0u) << r.name;
    if (received && r.name != "rx_total") sum += r.share;
  }
  EXPECT_NEAR(sum, 1, 1e-12);
  EXPECT_EQ(result(all, "rx_total").latency.max, 100 * kFirstTxStage * (kFirstTxStage + 1) / 2 / 1000);
}

TEST(Journeys, OnePicosecondBetweenTwoStagesIsAFaultThatNamesPacketStagesAndGap) {
  Journeys j({"h1.eth0", "h1.eth1"});
  j.dropped(walk(j));
  j.completed(walk(j, static_cast<unsigned>(Stage::rx_dma), 1));
  EXPECT_EQ(j.faults(),
            std::vector<std::string>{
                "latency by stage: packet 2 received by h1.eth0 (60 B): rx_buffer ends at 1000.600 ns, "
                "rx_dma begins at 1000.601 ns: a gap of 1 ps"});
  EXPECT_EQ(result(j.results(), "rx_total").latency.n, 0u);
}

TEST(Journeys, AStageNobodyBeganOrEndedOrThatRunsBackwardsIsAFault) {
  Journeys j({"h1.eth0"});
  const JourneyId sent = j.sent(Time{});
  j.leaves(sent, 0, 1514);
  j.completed(sent);
  const JourneyId id = walk(j);
  j.ends(id, Stage::rx_app, Time::from_ps(0));
  j.completed(id);
  ASSERT_EQ(j.faults().size(), 2u);
  EXPECT_EQ(j.faults()[0], "latency by stage: packet 1 sent by h1.eth0 (1514 B): tx_socket has no beginning");
  EXPECT_NE(j.faults()[1].find("rx_app begins at"), std::string::npos);
  EXPECT_NE(j.faults()[1].find("it lasts -"), std::string::npos);
}

TEST(Journeys, OfManyFaultsTheFirstAreToldAndTheRestCounted) {
  Journeys j({"h1.eth0"});
  for (int i = 0; i < 25; ++i) j.completed(walk(j, 3, 7));
  const auto faults = j.faults();
  ASSERT_EQ(faults.size(), 11u);
  EXPECT_EQ(faults.back(), "latency by stage: 15 more packets whose stages do not meet");
}

TEST(Journeys, AnIdThatIsOverIsNobodysEvenWhenItsSlotIsUsedAgain) {
  Journeys j({"h1.eth0"});
  const JourneyId over = j.received(0, 60, Time{});
  j.dropped(over);
  const JourneyId id = walk(j);
  EXPECT_NE(id, over);
  j.begins(over, Stage::rx_wire, at(123));
  j.dropped(over);
  j.completed(over);
  j.completed(id);
  EXPECT_TRUE(j.faults().empty());
  EXPECT_EQ(result(j.results(), "rx_wire").latency.n, 1u);
}

struct Came {
  std::uint64_t
      visible;  // us, in a poll whose interrupt came at 200 and was served at 400; polled from 800, at 1000
  std::uint64_t interrupt, hardirq, softirq, poll;  // then these stages last so long
};
class Polled : public testing::TestWithParam<Came> {};
INSTANTIATE_TEST_SUITE_P(Visible, Polled,
                         testing::Values(Came{150, 50, 200, 400, 200}, Came{350, 0, 50, 400, 200},
                                         Came{750, 0, 0, 50, 200}, Came{950, 0, 0, 0, 50}));

TEST_P(Polled, APacketDoesNotWaitForWhatHappenedBeforeItWasThere) {
  const auto us = [](std::uint64_t n) { return Time{} + Duration::from_us(n); };
  Journeys j({"h1.eth0"});
  const JourneyId id = j.received(0, 60, Time{});
  for (unsigned i = 0; i < kFirstTxStage; ++i) {
    const Time t = us(i <= static_cast<unsigned>(Stage::rx_writeback) ? GetParam().visible : 1000);
    j.begins(id, stage(i), t);
    j.ends(id, stage(i), t);
  }
  j.begins(id, Stage::rx_interrupt, us(GetParam().visible));
  NapiStamps poll;
  poll.interrupt = {us(200), us(200), us(400)};
  poll.scheduled = us(400);
  poll.chosen = poll.polling = us(800);
  j.polled(id, poll, us(1000));
  j.completed(id);
  EXPECT_TRUE(j.faults().empty()) << j.faults().front();
  const auto all = j.results();
  EXPECT_EQ(result(all, "rx_interrupt").latency.max, GetParam().interrupt * 1000);
  EXPECT_EQ(result(all, "rx_hardirq").latency.max, GetParam().hardirq * 1000);
  EXPECT_EQ(result(all, "rx_softirq").latency.max, GetParam().softirq * 1000);
  EXPECT_EQ(result(all, "rx_poll").latency.max, GetParam().poll * 1000);
}

TEST(Journeys, ACopySharesWhatWasAndGoesItsOwnWay) {
  Journeys j({"h1.eth0"});
  JourneyId id = j.received(0, 60, Time{});
  j.begins(id, Stage::rx_wire, at(0));
  j.ends(id, Stage::rx_wire, at(5'000));
  std::vector<JourneyId> all{id};
  for (int i = 0; i < 100; ++i) all.push_back(j.copy(id));
  for (const JourneyId one : all) {
    for (unsigned i = 1; i < kFirstTxStage; ++i) {
      j.begins(one, stage(i), at(5'000));
      j.ends(one, stage(i), at(5'000));
    }
    j.completed(one);
  }
  EXPECT_TRUE(j.faults().empty());
  EXPECT_EQ(result(j.results(), "rx_wire").latency.n, 101u);
  EXPECT_EQ(result(j.results(), "rx_wire").latency.min, 5u);
}

}  // namespace
}  // namespace niclab::lab
