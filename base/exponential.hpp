// Random waiting times of a Poisson process, the same on every machine: integers only, no libm.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "base/splitmix64.hpp"
#include "base/time.hpp"

namespace niclab {

/// Exponentially distributed durations with a given mean, to the picosecond.
class ExponentialGaps {
 public:
  ExponentialGaps(Duration mean, std::uint64_t seed) : mean_(mean.ps()), random_(seed) {}

  Duration next() {
    // In parts, so that every product fits into 64 bits.
    const std::uint64_t sample = standard();
    const std::uint64_t whole = sample >> 32, fraction = sample & 0xFFFFFFFF;
    const std::uint64_t low = (mean_ & 0xFFFFFFFF) * fraction, high = (mean_ >> 32) * fraction;
    return Duration::from_ps(mean_ * whole + high + ((low + (std::uint64_t{1} << 31)) >> 32));
  }

 private:
  /// One with mean 1, in units of 2^-32. Ahrens and Dieter 1972, algorithm SA: how often a fair coin falls
  /// heads counts multiples of ln 2; within ln 2 the least of so many uniform numbers.
  std::uint64_t standard() {
    std::uint64_t bits = random_.next();
    std::uint64_t whole = 0;  // multiples of ln 2
    while (bits == 0) {
      whole += 64;
      bits = random_.next();
    }
    whole += static_cast<unsigned>(std::countl_zero(bits));
    const std::uint64_t u = uniform();
    if (u < kSums[0]) return whole * kSums[0] + u;
    std::uint64_t least = uniform();
    unsigned i = 0;
    do {
      const std::uint64_t other = uniform();
      if (other < least) least = other;
    } while (u >= kSums[++i]);
    return whole * kSums[0] + (least * kSums[0] >> 32);
  }
  std::uint64_t uniform() { return random_.next() >> 32; }

  /// Sum of the first k terms (ln 2)^i / i!, k = 1 …: the distribution function of how many numbers are
  /// drawn.
  static constexpr std::array<std::uint64_t, 16> kSums = [] {
    std::array<std::uint64_t, 16> sums{};
    double term = 1, sum = 0;
    for (unsigned i = 0; i < sums.size(); ++i) {
      term *= 0.693147180559945309417232121458 / (i + 1);
      sum += term;
      sums[i] = static_cast<std::uint64_t>(sum * 4294967296.0);
    }
    sums.back() = std::uint64_t{1} << 32;  // no number is above
    return sums;
  }();

  std::uint64_t mean_;
  SplitMix64 random_;
};

}  // namespace niclab
