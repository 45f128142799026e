// When the frames of a generator are due.
#include "tlm/traffic.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace niclab::sim {
namespace {

/// The due times of the first `n` frames after a start at 1 ms.
std::vector<Time> due_times(unsigned n, Duration interval, unsigned burst = 1,
                            std::optional<std::uint64_t> poisson_seed = {}) {
  UdpTraffic t;
  t.start = Time{} + 1_ms;
  t.interval = interval;
  t.burst = burst;
  t.poisson_seed = poisson_seed;
  UdpSource source(t);
  FramePool pool;
  std::vector<Time> times;
  for (unsigned i = 0; i < n; ++i) {
    times.push_back(source.next_due(Time{}).value());
    FramePool::unref(source.take(pool));
  }
  return times;
}

TEST(UdpTraffic, RegularFramesAreAnIntervalApart) {
  const auto times = due_times(4, 10_us);
  for (unsigned i = 0; i < times.size(); ++i) EXPECT_EQ(times[i], Time{} + 1_ms + 10_us * i);
}

TEST(UdpTraffic, FramesOfABurstAreDueTogetherAndBurstsAnIntervalApart) {
  const auto times = due_times(24, 80_us, 8);
  for (unsigned i = 0; i < times.size(); ++i) EXPECT_EQ(times[i], Time{} + 1_ms + 80_us * (i / 8));
}

TEST(UdpTraffic, PoissonFramesComeAtTheRateWithTheVarianceOfThatProcess) {
  constexpr unsigned kFrames = 100'000;
  const auto times = due_times(kFrames + 1, 1_us, 1, 5);
  EXPECT_GT(times[0], Time{} + 1_ms) << "the first one waits too";
  EXPECT_NEAR(static_cast<double>((times.back() - times.front()).ps()) / kFrames, 1e6, 5 * 1e6 / 316);
  // The numbers of frames in windows of 10 us have their mean as variance.
  std::vector<unsigned> counts((times.back() - (Time{} + 1_ms)) / 10_us + 1);
  for (const Time t : times) ++counts[(t - (Time{} + 1_ms)) / 10_us];
  counts.pop_back();
  double sum = 0, squares = 0;
  for (const unsigned c : counts) sum += c, squares += double{1} * c * c;
  const double n = static_cast<double>(counts.size()), mean = sum / n;
  EXPECT_NEAR((squares / n - mean * mean) / mean, 1, 0.08);
  EXPECT_EQ(times, due_times(kFrames + 1, 1_us, 1, 5));
  EXPECT_NE(times, due_times(kFrames + 1, 1_us, 1, 6));
}

}  // namespace
}  // namespace niclab::sim
