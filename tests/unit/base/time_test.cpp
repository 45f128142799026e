#include "base/time.hpp"

#include <gtest/gtest.h>

namespace niclab {
namespace {

TEST(Duration, UnitsAreExact) {
  EXPECT_EQ((1_ns).ps(), 1'000u);
  EXPECT_EQ(1_us, 1'000_ns);
  EXPECT_EQ(1_ms, 1'000_us);
  EXPECT_EQ(1_s, 1'000_ms);
  EXPECT_EQ((1'999_ps).ns(), 1u) << "truncated, not rounded";
}

TEST(Duration, Arithmetic) {
  EXPECT_EQ(3_ns + 200_ps, 3'200_ps);
  EXPECT_EQ(3_ns - 200_ps, 2'800_ps);
  EXPECT_EQ(200_ps * 5, 1_ns);
  EXPECT_EQ(1_s / 250, 4_ms);
  EXPECT_EQ(1_s / 672_ns, 1'488'095u) << "64-byte frames a second at 1 Gb/s";
  Duration d = 1_us;
  d += 24_ns;
  d -= 1_us;
  EXPECT_EQ(d, 24_ns);
}

TEST(Duration, HoldsAHundredDays) { EXPECT_EQ((1_s * 8'640'000).ps() / (1_s).ps(), 8'640'000u); }

TEST(Time, DifferenceIsADuration) {
  const Time a = Time::from_ps(5'000), b = a + 3_ns;
  EXPECT_EQ(b - a, 3_ns);
  EXPECT_EQ(b - 3_ns, a);
  EXPECT_EQ(b.ns(), 8u);
}

TEST(Time, CeilStaysOnTheGridAndNeverGoesBack) {
  EXPECT_EQ(Time().ceil(kDeviceClock), Time());
  EXPECT_EQ(Time::from_ps(1).ceil(kDeviceClock), Time::from_ps(8'000));
  EXPECT_EQ(Time::from_ps(8'000).ceil(kDeviceClock), Time::from_ps(8'000));
  EXPECT_EQ(Time::from_ps(8'001).ceil(kDeviceClock), Time::from_ps(16'000));
}

TEST(Time, NeverIsLast) {
  EXPECT_LT(Time() + 1_s * 1'000'000, Time::never());
  EXPECT_EQ(min(Time::never(), Time::from_ps(3)), Time::from_ps(3));
  EXPECT_EQ(max(Time::never(), Time::from_ps(3)), Time::never());
}

}  // namespace
}  // namespace niclab
