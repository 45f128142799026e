// The C++ throttle against the law (fact base 2.6.6); tests/rtl/throttle_law_test.cpp does the same to its
// twin.
#include "tests/support/throttle_law.hpp"

#include "hw/interrupts.hpp"

namespace niclab::hw {
namespace {

TEST(ThrottleLaw, FactBase_2_6_6_GrantsOfRandomSoftwareAndArrivals) {
  EXPECT_GT(throttle_law::check_cases<InterruptThrottle>(3000), 20'000u);
}

TEST(ThrottleLaw, FactBase_2_6_6_PoissonArrivalsWaitAsLongAsTheRenewalArgumentSays) {
  for (const double load : {0.1, 0.5, 1.0, 2.0, 5.0, 20.0}) {
    const double expected = throttle_law::expected_wait(load);
    EXPECT_NEAR(throttle_law::poisson_wait<InterruptThrottle>(load, 200'000), expected, 0.02 * expected)
        << load;
  }
}

}  // namespace
}  // namespace niclab::hw
