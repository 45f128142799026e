// TCPTIMER (fact base 2.6.9).
#include "hw/tcp_timer.hpp"

#include <gtest/gtest.h>

namespace niclab::hw {
namespace {

using namespace reg::tcptimer;

constexpr Time ms(std::uint64_t n) { return Time{} + Duration::from_ms(n); }

TEST(TcpTimer, KickStartCountsTheDurationOnce) {
  TcpTimer t;
  EXPECT_EQ(t.expiry(), Time::never());
  EXPECT_FALSE(t.write(7 | KickStart | CountEnable, ms(1)));
  EXPECT_EQ(t.expiry(), ms(8));
  EXPECT_EQ(t.read(), 7 | CountEnable) << "the strobe reads 0";
  t.expire(ms(8));
  EXPECT_EQ(t.expiry(), Time::never());
}

TEST(TcpTimer, CountEnableHoldsAndGoesOn) {
  TcpTimer t;
  t.write(10 | KickStart, ms(1));
  EXPECT_EQ(t.expiry(), Time::never()) << "kicked, not enabled";
  t.write(10 | CountEnable, ms(2));
  EXPECT_EQ(t.expiry(), ms(12));
  t.write(10, ms(6));
  EXPECT_EQ(t.expiry(), Time::never());
  t.write(10 | CountEnable, ms(100));
  EXPECT_EQ(t.expiry(), ms(106)) << "six were left";
}

TEST(TcpTimer, LoopBeginsAgain) {
  TcpTimer t;
  t.write(3 | KickStart | CountEnable | Loop, ms(0));
  for (unsigned i = 1; i <= 4; ++i) {
    ASSERT_EQ(t.expiry(), ms(3 * i));
    t.expire(ms(3 * i));
  }
  t.write(5 | CountEnable | Loop, ms(13));
  EXPECT_EQ(t.expiry(), ms(15)) << "a new duration counts from the next start";
  t.expire(ms(15));
  EXPECT_EQ(t.expiry(), ms(20));
  t.write(5 | CountEnable, ms(16));
  t.expire(ms(20));
  EXPECT_EQ(t.expiry(), Time::never());
}

TEST(TcpTimer, FinishRaisesTheCauseNowAndWaitsForAKick) {
  TcpTimer t;
  t.write(50 | KickStart | CountEnable, ms(0));
  EXPECT_TRUE(t.write(50 | CountFinish | CountEnable, ms(10)));
  EXPECT_EQ(t.expiry(), Time::never());
  EXPECT_TRUE(t.write(50 | CountFinish | CountEnable | Loop, ms(20)));
  EXPECT_EQ(t.expiry(), ms(70));
}

TEST(TcpTimer, WriteAtTheInstantOfExpiryLosesNothing) {
  TcpTimer t;
  t.write(2 | KickStart | CountEnable, ms(0));
  t.write(2 | CountEnable, ms(2));
  EXPECT_EQ(t.expiry(), ms(2));
}

TEST(TcpTimer, ZeroNeverRuns) {
  TcpTimer t;
  t.write(KickStart | CountEnable | Loop, ms(1));
  EXPECT_EQ(t.expiry(), Time::never());
  EXPECT_TRUE(t.write(CountFinish | CountEnable | Loop, ms(1)));
  EXPECT_EQ(t.expiry(), Time::never());
}

}  // namespace
}  // namespace niclab::hw
