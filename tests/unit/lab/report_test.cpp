#include "lab/report.hpp"

#include <gmock/gmock.h>

#include "lab/events.hpp"
#include "lab/progress.hpp"

namespace niclab::lab {
namespace {

using testing::HasSubstr;

TEST(Report, Numbers) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(readable_ns(850), "850 ns");
  EXPECT_EQ(readable_ns(12'340), "12.34 us");
  EXPECT_EQ(readable_ns(12'500'000), "12.50 ms");
  EXPECT_EQ(readable_ns(36'000'000'000), "36.000 s");
}

TEST(Report, ColumnsLineUp) {
  EXPECT_EQ(align({{"a", "n"}, {"long", "1,000"}}), "  a         n\n  long  1,000\n");
}

TEST(Report, SaysWhatHappened) {
  RunResult r;
  r.scenario = "s";
  r.time_ns = 2'000'000'000;
  r.start_ns = 1'000'000'000;
  r.links = {{"h1.eth0", {0, 1000, 0, 64000, 0.0005}}};
  r.latency = {{"wire_to_app", {1000, 900, 1000, 2000, 3000, 4000, 5000}}, {"unused", {}}};
  PcieResult p;
  p.up.wire_bytes = 100'000;
  p.down.wire_bytes = 50'000;
  r.pcie = {{"h1.eth0", p}};
  AccountResult account;
  account.injected = 1000;
  account.delivered = 999;
  r.accounts = {{"h1.eth0", account}};
  const auto text = report_text(r, {{"a == 1", "s.toml:3", "2", false}}, "out/s");
  EXPECT_THAT(text, HasSubstr("1,000 frames"));
  EXPECT_THAT(text, HasSubstr("1,000 /s"));
  EXPECT_THAT(text, HasSubstr("wire_to_app"));
  EXPECT_THAT(text, Not(HasSubstr("unused")));
  EXPECT_THAT(text, HasSubstr("150.0 B")) << "bus bytes a frame";
  EXPECT_THAT(text, HasSubstr("FAIL  a == 1  (found 2)"));
  EXPECT_THAT(text, HasSubstr("out/s/"));
}

TEST(Progress, TimeRateAndTimeToGo) {
  const Time now = Time::from_ps(12'000'000'000), end = Time::from_ps(24'000'000'000);
  EXPECT_EQ(ProgressLine::text(now, end, 2), "12.00 ms simulated, 6000.00 us a second, 2 s to go");
  EXPECT_EQ(ProgressLine::text(now, Time::never(), 2), "12.00 ms simulated, 6000.00 us a second");
}

TEST(Events, InWords) {
  const auto e = Event::tlp(Time::from_ps(1'234'567'890), 0, 0, true, TlpType::MWr, 0x1000, 64, 3, 0xab);
  EXPECT_EQ(describe(e), "host 0 nic 0: TLP up MWr 64 B at 0x1000, tag 3, content 00000000000000ab");
  EXPECT_EQ(describe_time(e.time_ps), "1,234.567890 us");
  EXPECT_THAT(describe(Event::interrupt({}, 1, 0, 2, 3)), HasSubstr("interrupt vector 2 to CPU 3"));
  EXPECT_THAT(describe(Event::frame({}, 0, 1, false, 60, 1)), HasSubstr("nic 1: frame received 60 B"));
  const std::uint64_t from = std::uint64_t{0x0a090002} << 16 | 7;
  EXPECT_THAT(describe(Event::delivery({}, 0, 4, 18, from, 1)),
              HasSubstr("socket 4 of 18 B from 10.9.0.2:7"));
}

}  // namespace
}  // namespace niclab::lab
