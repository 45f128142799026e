// The wire by closed form: line rate, the transmit buffer, and where frames go that find no room (fact
// base 2.9, 3.5, 3.6, 4.10; "nothing is lost silently").
#include <gtest/gtest.h>

#include "bench.hpp"
#include "runs.hpp"

namespace niclab::sim {
namespace {

using namespace hw;

constexpr Duration kSmallest = 672_ns;  // preamble 8, frame 64, gap 12 bytes of 8 ns
static_assert(1'000'000'000'000 / kSmallest.ps() == 1'488'095);

std::vector<Time> frame_ends(const Recorder& r, bool transmitted) {
  std::vector<Time> v;
  for (const auto& f : r.frames)
    if (f.transmitted == transmitted) v.push_back(f.end);
  return v;
}

void expect_spacing(const std::vector<Time>& ends, Duration spacing) {
  for (std::size_t i = 1; i < ends.size(); ++i)
    ASSERT_EQ((ends[i] - ends[i - 1]).ps(), spacing.ps()) << "frame " << i;
}

class LineRate : public testing::TestWithParam<unsigned> {};  // bytes of a frame with FCS
INSTANTIATE_TEST_SUITE_P(Sizes, LineRate, testing::Values(64u, 65u, 1518u));

TEST_P(LineRate, FactBase_3_6_Received) {
  CardBench b;
  b.task([&] {
    b.bring_up();
    b.receive_ring(255, b.buffer(2048), 0);
    b.far.add_source(
        std::make_unique<UdpSource>(CardBench::to_station(GetParam(), 200, b.host.kernel().now() + 5_us)));
  });
  b.run(10_ms);
  const auto ends = frame_ends(b.recorder, false);
  ASSERT_EQ(ends.size(), 200u);
  expect_spacing(ends, 8_ns * (GetParam() + 20));
  const auto a = b.nic.function(0).account();
  EXPECT_EQ(a.injected, 200u);
  EXPECT_EQ(a.delivered, 200u);
}

TEST_P(LineRate, FactBase_3_6_Transmitted) {
  CardBench b;
  b.task([&] {
    b.bring_up();
    const auto packet = b.buffer(2048);
    const auto length = static_cast<std::uint16_t>(GetParam() - 4);
    b.transmit_ring(200, {&packet, 1}, {&length, 1});
    b.wr(reg::TDT(0), 200);
  });
  b.run(10_ms);
  const auto ends = frame_ends(b.recorder, true);
  ASSERT_EQ(ends.size(), 200u);
  expect_spacing(ends, 8_ns * (GetParam() + 20));
  EXPECT_EQ(b.far.received(), 200u);
}

TEST(LineRate, SmallestFrameIs1488095ASecond) {
  EXPECT_EQ(frame_occupancy(LinkSpeed::mbps1000, 60).ps(), kSmallest.ps());
}

TEST(TransmitBuffer, FactBase_3_5_DescriptorIsDoneBeforeItsFrameByAtMostTheBuffer) {
  constexpr unsigned kFrames = 120;
  constexpr std::uint16_t kLength = 1514;
  constexpr std::uint64_t kBuffer = 20408;  // fact base 2.9
  CardBench b;
  CardBench::Buffer ring{};
  b.task([&] {
    b.bring_up();
    const auto packet = b.buffer(2048);
    ring = b.transmit_ring(kFrames, {&packet, 1}, {&kLength, 1});
    b.wr(reg::TDT(0), kFrames);
  });
  b.run(10_ms);
  const auto ends = frame_ends(b.recorder, true);
  ASSERT_EQ(ends.size(), kFrames);
  unsigned done = 0;
  std::uint64_t most = 0;
  for (const TlpEvent& e : b.recorder.select(true, TlpType::MWr)) {
    if (e.address - ring.bus >= 256 * 16) continue;
    ASSERT_EQ((e.address - ring.bus) / 16, done);
    done += e.length / 16;
    const auto sent =
        static_cast<unsigned>(std::count_if(ends.begin(), ends.end(), [&](Time t) { return t <= e.start; }));
    ASSERT_LE(sent, done) << "a frame was on the wire before its descriptor was done";
    most = std::max<std::uint64_t>(most, (done - sent) * kLength);
  }
  EXPECT_EQ(done, kFrames);
  EXPECT_LE(most, kBuffer);
  EXPECT_GT(most + kLength, kBuffer);  // and the buffer is used to the full
}

TEST(ReceiveBuffer, FactBase_2_9_OverflowIsMissedAndCounted) {
  constexpr unsigned kFrames = 1000, kFit = 36 * 1024 / 64;
  CardBench b;
  b.task([&] {
    b.bring_up();
    b.receive_ring(0, b.buffer(2048), 0);  // enabled, and never given a descriptor
    b.far.add_source(
        std::make_unique<UdpSource>(CardBench::to_station(64, kFrames, b.host.kernel().now() + 5_us)));
    b.wait(2_ms);
    EXPECT_EQ(b.rd(reg::MPC), kFrames - kFit);
    EXPECT_EQ(b.rd(reg::RNBC), kFit);
    EXPECT_EQ(b.rd(reg::RQDPC(0)), 0u);
  });
  b.run(10_ms);
  const auto a = b.nic.function(0).account();
  EXPECT_EQ(a.injected, kFrames);
  EXPECT_EQ(a.missed, kFrames - kFit);
  EXPECT_EQ(a.rx_inside, kFit);
  EXPECT_EQ(a.delivered + a.filtered + a.queue_drops + a.error_drops, 0u);
}

TEST(ReceiveBuffer, FactBase_4_10_QueueThatDropsDoesNotFillIt) {
  constexpr unsigned kFrames = 1000, kDescriptors = 40;
  CardBench b;
  b.task([&] {
    b.bring_up();
    b.receive_ring(kDescriptors, b.buffer(2048), 0, reg::srrctl::DROP_EN);
    b.far.add_source(
        std::make_unique<UdpSource>(CardBench::to_station(64, kFrames, b.host.kernel().now() + 5_us)));
    b.wait(2_ms);
    EXPECT_EQ(b.rd(reg::MPC), 0u);
    EXPECT_EQ(b.rd(reg::RQDPC(0)) & 0xFFF, kFrames - kDescriptors);
  });
  b.run(10_ms);
  const auto a = b.nic.function(0).account();
  EXPECT_EQ(a.delivered, kDescriptors);
  EXPECT_EQ(a.queue_drops, kFrames - kDescriptors);
  EXPECT_EQ(a.rx_inside + a.missed + a.filtered + a.error_drops, 0u);
}

}  // namespace
}  // namespace niclab::sim

namespace niclab::lab {
namespace {

/// Smallest frames at line rate for 10 ms against a CPU ten times too slow; one sink.
std::unique_ptr<RunResult> overload(unsigned queues) {
  static Scenario scenario;
  scenario = from_text(R"(
[run]
duration = "15ms"
[cost]
instruction = "2ns"
[[host]]
name = "h1"
cpus = 2
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
rx_ring = 80
queues = )" + std::to_string(queues) +
                       R"(
[[app]]
host = "h1"
kind = "sink"
port = 9
[[traffic]]
to = "h1.eth0"
kind = "udp"
rate = "line"
count = 14880
sources = 64
)");
  RunOptions options;
  options.quiet = true;
  return run_scenario(scenario, options);
}

std::uint64_t ethtool(const RunResult& r, std::string_view name) {
  return value_of(r.hosts.at(0).ethtool.at(0).second, name);
}

TEST(Overload, OneQueueMissesFramesAndTheAccountCloses) {
  const auto r = overload(1);
  const AccountResult& a = r->accounts.at(0).second;
  EXPECT_GT(a.missed, 1000u);
  EXPECT_EQ(a.queue_drops, 0u);
  EXPECT_EQ(ethtool(*r, "rx_missed_errors"), a.missed);
  EXPECT_EQ(a.rx_gap(), 0);
  EXPECT_GE(a.injected, 14880u);
  EXPECT_TRUE(faults_of(*r).empty());
}

TEST(Overload, TwoQueuesDropAtTheQueueAndTheAccountCloses) {
  const auto r = overload(2);
  const AccountResult& a = r->accounts.at(0).second;
  EXPECT_GT(a.queue_drops, 1000u);
  // igb takes twelve bits of RQDPC every two seconds (fact base 4.10); the account knows better.
  const auto told = ethtool(*r, "rx_queue_0_drops") + ethtool(*r, "rx_queue_1_drops");
  EXPECT_LE(told, a.queue_drops);
  EXPECT_EQ((a.queue_drops - told) % 4096, 0u);
  EXPECT_EQ(ethtool(*r, "rx_missed_errors"), a.missed);
  EXPECT_EQ(a.rx_gap(), 0);
  EXPECT_TRUE(faults_of(*r).empty());
}

}  // namespace
}  // namespace niclab::lab
