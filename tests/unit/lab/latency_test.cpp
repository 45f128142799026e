#include "lab/latency.hpp"

#include <gtest/gtest.h>

namespace niclab::lab {
namespace {

TEST(Latency, NearestRankIsExactBelow2048Nanoseconds) {
  LatencyRecorder r;
  for (std::uint64_t i = 1000; i >= 1; --i) r.add(Duration::from_ns(i));
  const auto s = r.stats();
  EXPECT_EQ(s.n, 1000u);
  EXPECT_EQ(s.min, 1u);
  EXPECT_EQ(s.p50, 500u);
  EXPECT_EQ(s.p90, 900u);
  EXPECT_EQ(s.p99, 990u);
  EXPECT_EQ(s.p999, 999u);
  EXPECT_EQ(s.max, 1000u);
}

TEST(Latency, LongOnesAreWithinAThousandth) {
  for (const std::uint64_t ns :
       {65'535ull, 65'536ull, 65'537ull, 131'071ull, 1'000'000ull, 123'456'789ull, 9'876'543'210'987ull}) {
    LatencyRecorder r;
    r.add(Duration::from_ns(1));
    r.add(Duration::from_ns(ns));
    r.add(Duration::from_ns(2 * ns));
    const auto s = r.stats();
    EXPECT_GE(s.p50, ns);
    EXPECT_LE(s.p50, ns + ns / 1024);
    EXPECT_EQ(s.max, 2 * ns);
  }
}

TEST(Latency, OneSampleAndNone) {
  LatencyRecorder r;
  EXPECT_EQ(r.stats().n, 0u);
  EXPECT_EQ(r.stats().min, 0u);
  r.add(Duration::from_ns(100'003));
  const auto s = r.stats();
  EXPECT_EQ(s.min, 100'003u);
  EXPECT_EQ(s.p50, 100'003u) << "never outside what was seen";
  EXPECT_EQ(s.p999, 100'003u);
}

}  // namespace
}  // namespace niclab::lab
