#include "lab/values.hpp"

#include <gtest/gtest.h>

namespace niclab::lab {
namespace {

TEST(Values, TimesAreIntegersWithAUnit) {
  EXPECT_EQ(parse_duration("15ns"), 15_ns);
  EXPECT_EQ(parse_duration("2us"), 2_us);
  EXPECT_EQ(parse_duration("10ms"), 10_ms);
  EXPECT_EQ(parse_duration("3s"), 3_s);
  EXPECT_EQ(parse_duration("0s"), Duration{});
  EXPECT_EQ(parse_duration("200ps", true), 200_ps);
}

TEST(Values, OtherTimesAreRefused) {
  for (const char* bad : {"", "5", "ms", "-1ms", "+1ms", "1.5ms", "1 ms", "1ms ", "1min", "1MS", "0x1ms",
                          "200ps", "99999999999999999999s", "1000001s", "1e3ns"})
    EXPECT_FALSE(parse_duration(bad)) << bad;
}

TEST(Values, Rates) {
  EXPECT_EQ(parse_rate("captured")->kind, Rate::Kind::captured);
  EXPECT_EQ(parse_rate("line")->kind, Rate::Kind::line);
  EXPECT_EQ(parse_rate("1488095pps")->pps, 1488095u);
  for (const char* bad : {"", "fast", "0pps", "-1pps", "1000", "1000 pps", "1.5pps", "1000000001pps"})
    EXPECT_FALSE(parse_rate(bad)) << bad;
}

TEST(Values, Endpoints) {
  const auto e = Endpoint::parse("10.9.0.2:7");
  ASSERT_TRUE(e);
  EXPECT_EQ(e->address.value, 0x0a090002u);
  EXPECT_EQ(e->port, 7);
  EXPECT_EQ(e->to_string(), "10.9.0.2:7");
  for (const char* bad :
       {"", "10.9.0.2", ":7", "10.9.0.2:", "10.9.0.2:0", "10.9.0.2:65536", "10.9.0:7", "10.9.0.2:7x"})
    EXPECT_FALSE(Endpoint::parse(bad)) << bad;
}

TEST(Values, ComparisonsPrintAsTheyAreWritten) {
  for (const char* op : {"==", "!=", "<", "<=", ">", ">="}) {
    ASSERT_TRUE(parse_compare(op));
    EXPECT_EQ(to_string(*parse_compare(op)), op);
  }
  EXPECT_FALSE(parse_compare("="));
}

}  // namespace
}  // namespace niclab::lab
