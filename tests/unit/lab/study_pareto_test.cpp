// Fronts, positions and elasticities (lab/study/pareto).
#include <gtest/gtest.h>

#include "lab/study/pareto.hpp"

namespace niclab::lab::study {
namespace {

using Indices = std::vector<std::size_t>;

TEST(Pareto, FrontIsWhatNothingBeats) {
  const std::vector<XY> p{{5, 1}, {1, 5}, {3, 3}, {4, 4}, {3, 6}, {2, 4.5}};
  EXPECT_EQ(pareto_front(p), (Indices{1, 5, 2, 0}));
  EXPECT_EQ(pareto_front({}), Indices{});
}

TEST(Pareto, EqualPointsAreAllOnIt) {
  const std::vector<XY> p{{1, 2}, {1, 2}, {1, 3}, {2, 1}, {2, 2}};
  EXPECT_EQ(pareto_front(p), (Indices{0, 1, 3}));
}

TEST(Pareto, SmallDifferencesAreNone) {
  const std::vector<XY> p{{100, 10}, {100.2, 5}, {99.8, 10}};
  EXPECT_EQ(pareto_front(p), (Indices{2, 1}));
  EXPECT_EQ(pareto_front(p, 0.01), (Indices{1}));
}

TEST(Pareto, PositionSaysHowFarOff) {
  const std::vector<XY> p{{10, 100}, {8, 100}, {8, 90}, {10, 50}, {20, 10}};
  const Position off = position_of(0, p);
  EXPECT_FALSE(off.on_front);
  EXPECT_EQ(off.cheaper, 1u);
  EXPECT_NEAR(off.saves, 0.2, 1e-12);
  EXPECT_EQ(off.faster, 3u);
  EXPECT_NEAR(off.gains, 0.5, 1e-12);
  EXPECT_TRUE(position_of(2, p).on_front);
  EXPECT_TRUE(position_of(4, p).on_front);
  // What is hardly better is not better.
  EXPECT_FALSE(position_of(0, std::vector<XY>{{10, 100}, {9.95, 100}}).on_front);
  EXPECT_TRUE(position_of(0, std::vector<XY>{{10, 100}, {9.95, 100}}, 0.01).on_front);
}

TEST(Pareto, ElasticityIsTheSlopeOfLogarithms) {
  EXPECT_NEAR(elasticity(0.9, 1.1, 0.1).value(), 1, 1e-12);           // proportional
  EXPECT_NEAR(elasticity(7, 7, 0.1).value(), 0, 1e-12);               // does not care
  EXPECT_NEAR(elasticity(0.81, 1.21, 0.1).value(), 2, 1e-12);         // square
  EXPECT_NEAR(elasticity(1 / 0.9, 1 / 1.1, 0.1).value(), -1, 1e-12);  // inverse
  EXPECT_FALSE(elasticity(0, 1, 0.1));
  EXPECT_FALSE(elasticity(1, 1, 0));
}

}  // namespace
}  // namespace niclab::lab::study
