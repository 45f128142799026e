#include "base/exponential.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace niclab {
namespace {

constexpr unsigned kDraws = 1'000'000;

TEST(ExponentialGaps, HaveTheDistributionOfAPoissonProcess) {
  const double mean = 672'000;  // ps
  ExponentialGaps gaps(Duration::from_ps(672'000), 1);
  double sum = 0, squares = 0;
  std::vector<unsigned> above(6);
  for (unsigned i = 0; i < kDraws; ++i) {
    const auto x = static_cast<double>(gaps.next().ps());
    sum += x;
    squares += x * x;
    for (unsigned k = 0; k < above.size() && x > mean * k / 2; ++k) ++above[k];
  }
  const double average = sum / kDraws, variance = squares / kDraws - average * average;
  // Five standard errors: 1/sqrt(n) of the mean, sqrt(8/n) of the variance, sqrt(p(1-p)/n) of a share.
  EXPECT_NEAR(average / mean, 1, 5e-3);
  EXPECT_NEAR(variance / (mean * mean), 1, 15e-3);
  for (unsigned k = 1; k < above.size(); ++k)
    EXPECT_NEAR(above[k] / double{kDraws}, std::exp(-0.5 * k), 2.5e-3) << "above " << k << "/2 means";
}

TEST(ExponentialGaps, AreTheSameForTheSameSeedAndForNoOther) {
  ExponentialGaps a(1_us, 7), b(1_us, 7), c(1_us, 8);
  unsigned same = 0;
  for (unsigned i = 0; i < 1000; ++i) {
    const Duration gap = a.next();
    EXPECT_EQ(gap, b.next());
    same += gap == c.next();
  }
  EXPECT_LT(same, 3u);
}

TEST(ExponentialGaps, ScaleWithTheMeanWithoutOverflow) {
  ExponentialGaps small(1_us, 3), large(Duration::from_s(1000), 3);
  for (unsigned i = 0; i < 1000; ++i) {
    const auto ps = static_cast<double>(small.next().ps());
    EXPECT_NEAR(static_cast<double>(large.next().ps()), ps * 1e9, 1.1e9) << "rounded at each scale";
  }
}

}  // namespace
}  // namespace niclab
