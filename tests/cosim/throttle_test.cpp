// Interrupt moderation through the whole system, judged by the messages on the bus (fact base 2.6; design
// law: the next grant is at max(last grant + interval, first instant of an unmasked cause), within one device
// clock).
#include <gtest/gtest.h>

#include <algorithm>

#include "runs.hpp"
#include "tlm/pcie_link.hpp"

namespace niclab::lab {
namespace {

constexpr Duration kClock = 8_ns;

/// An interrupt message on the link. It was granted when its first symbol left or, if it had to queue behind
/// other TLPs (first of all the write-backs that it announces), at some instant since those began.
struct Message {
  Time granted_from, start;
  /// The law allows one clock.
  bool could_be_granted_at(Time t) const { return t + kClock >= granted_from && t <= start + kClock; }
};

struct Seen {
  std::unique_ptr<RunResult> result;
  std::vector<Message> messages;  // from the start line on
  std::vector<Time> frames;       // received: last bit
};

/// One queue, one CPU, one sink on port 9; `traffic` is appended.
Seen observe(unsigned rx_usecs, const std::string& traffic) {
  static Scenario scenario;
  static EventList events;
  scenario = from_text(R"(
[run]
duration = "20ms"
[[host]]
name = "h1"
cpus = 1
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
rx_usecs = )" + std::to_string(rx_usecs) +
                       "\n[[app]]\nhost = \"h1\"\nkind = \"sink\"\nport = 9\n" + traffic);
  RunOptions options;
  options.quiet = true;
  options.events = &events;
  Seen seen;
  seen.result = run_scenario(scenario, options);
  const Time start = Time::from_ps(seen.result->start_ns * 1000);
  Time busy_from{}, busy_until{};  // the upstream link
  for (const Event& e : events.events) {
    const Time t = Time::from_ps(e.time_ps);
    const auto kind = static_cast<EventKind>(e.kind);
    if (kind == EventKind::tlp && e.outbound != 0) {
      const auto type = static_cast<niclab::TlpType>(e.number);
      const bool data = type == niclab::TlpType::MWr || type == niclab::TlpType::CplD;
      if (t != busy_until) busy_from = t;
      busy_until = t + 500_ps * sim::tlp_wire_bytes(type, e.words[0],
                                                    data ? static_cast<std::uint32_t>(e.words[1]) : 0);
      if (t >= start && type == niclab::TlpType::MWr && e.words[0] >> 20 == 0xFEE)
        seen.messages.push_back({busy_from, t});
    }
    if (kind == EventKind::frame && e.outbound == 0 && t >= start) seen.frames.push_back(t);
  }
  std::sort(seen.frames.begin(), seen.frames.end());
  return seen;
}

std::string udp_traffic(const std::string& rate, const std::string& more = "") {
  return "[[traffic]]\nto = \"h1.eth0\"\nkind = \"udp\"\nsize = 64\nrate = \"" + rate + "\"\n" + more;
}

class FixedInterval : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Microseconds, FixedInterval, testing::Values(10u, 100u, 125u, 500u));

// There is always a cause when the interval ends: the grants are a ruler.
TEST_P(FixedInterval, FactBase_2_6_6_BusyVectorIsGrantedExactlyOnceAnInterval) {
  const Seen s = observe(GetParam(), udp_traffic("200000pps"));
  const auto expected = 20'000 / GetParam();  // in 20 ms
  ASSERT_GE(s.messages.size(), expected - 2);
  ASSERT_LE(s.messages.size(), expected + 1);
  for (std::size_t i = 1; i < s.messages.size(); ++i) {
    const Time grant = s.messages[0].granted_from + Duration::from_us(GetParam()) * i;
    ASSERT_TRUE(s.messages[i].could_be_granted_at(grant))
        << "message " << i << " at " << s.messages[i].start.ps() << ", granted at " << grant.ps();
  }
}

// From the last bit to the cause: up to a clock to the grid, 20 clocks of pipeline, 3 to the first TLP, its
// 80 bytes at 2 GB/s.
constexpr Duration kToCause = 160_ns + 24_ns + 40_ns;

TEST(IdleVector, FactBase_2_6_6_FiresAtOnceAndOneCauseIsOneMessage) {
  const Seen s = observe(100, udp_traffic("1000pps", "count = 15\n"));
  ASSERT_EQ(s.frames.size(), 15u);
  ASSERT_EQ(s.messages.size(), 15u);
  for (std::size_t i = 0; i < 15; ++i)
    EXPECT_TRUE(s.messages[i].could_be_granted_at(s.frames[i] + kToCause)) << i;
}

// Two streams whose sum is now denser, now sparser than the interval: some grants wait for the throttle, some
// do not.
TEST(IrregularTraffic, FactBase_2_6_6_EveryGrantIsAtMaxOfLastGrantPlusIntervalAndCause) {
  constexpr Duration kInterval = 100_us;
  const Seen s =
      observe(100, udp_traffic("4000pps") + udp_traffic("3001pps", "start = \"33us\"\nsport = 5000\n"));
  ASSERT_GT(s.messages.size(), 100u);
  std::size_t k = 0, waited = 0, at_once = 0;
  Time grant{};
  for (std::size_t i = 0; i < s.messages.size(); ++i) {
    while (k < s.frames.size() && i != 0 && s.frames[k] + kToCause <= grant) ++k;
    ASSERT_LT(k, s.frames.size());
    const Time cause = s.frames[k] + kToCause;
    const bool wait = i != 0 && grant + kInterval > cause;
    grant = wait ? grant + kInterval : cause.ceil(kClock);
    ++(wait ? waited : at_once);
    ASSERT_TRUE(s.messages[i].could_be_granted_at(grant))
        << "message " << i << " at " << s.messages[i].start.ps() << ", granted at " << grant.ps();
  }
  EXPECT_GT(waited, 20u);
  EXPECT_GT(at_once, 20u);
}

TEST(ThrottleOff, EveryFrameOfASlowStreamInterrupts) {
  const Seen s = observe(0, udp_traffic("20000pps", "count = 300\n"));
  EXPECT_EQ(s.messages.size(), 300u);
}

// Kept aside to validate, not to fit: under a 125 us throttle a request and its answer take one interval.
TEST(RequestResponse, Near8000ASecondUnder125Microseconds) {
  static Scenario scenario;
  scenario = from_text(R"(
[run]
duration = "100ms"
[[host]]
name = "h1"
cpus = 1
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
rx_usecs = 125
[[host]]
name = "h2"
cpus = 1
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:02"
ipv4 = "10.0.0.2/24"
rx_usecs = 125
[[app]]
host = "h2"
kind = "echo"
port = 7
[[app]]
host = "h1"
kind = "request"
to = "10.0.0.2:7"
size = 1
)");
  RunOptions options;
  options.quiet = true;
  const auto r = run_scenario(scenario, options);
  std::uint64_t answers = 0;
  for (const auto& socket : r->hosts.at(0).sockets) answers += socket.rx_datagrams;
  EXPECT_GE(answers, 780u);
  EXPECT_LE(answers, 801u);
}

}  // namespace
}  // namespace niclab::lab
