// Collects a latency distribution without allocating per sample.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "base/time.hpp"
#include "lab/results.hpp"

namespace niclab::lab {

/// A histogram in nanoseconds: exact below 2,048 ns, buckets of 1/1024 of the value (upper edge reported)
/// above. Minimum and maximum are exact; percentiles are nearest-rank.
class LatencyRecorder {
 public:
  LatencyRecorder();
  void add(Duration d) {
    const std::uint64_t ns = d.ns();
    ++n_;
    if (ns < min_) min_ = ns;
    if (ns > max_) max_ = ns;
    ++buckets_[bucket(ns)];
  }
  std::uint64_t count() const { return n_; }
  /// All zeros when nothing was added.
  LatencyStats stats() const;

 private:
  static constexpr std::uint64_t kExact = 2048;
  static constexpr unsigned kSubBits = 10;
  static std::size_t bucket(std::uint64_t ns) {
    if (ns < kExact) return static_cast<std::size_t>(ns);
    const unsigned exponent = 63u - static_cast<unsigned>(__builtin_clzll(ns));  // >= 11
    const std::uint64_t sub = (ns >> (exponent - kSubBits)) - (1u << kSubBits);
    return static_cast<std::size_t>(kExact + (exponent - 11u) * (1u << kSubBits) + sub);
  }
  static std::uint64_t upper_edge(std::size_t bucket);
  std::uint64_t quantile(std::uint64_t numerator, std::uint64_t denominator) const;

  struct Free {
    void operator()(std::uint64_t* p) const { std::free(p); }
  };
  std::unique_ptr<std::uint64_t[], Free> buckets_;  // pages nobody counts in are never touched
  std::uint64_t n_ = 0, min_ = ~std::uint64_t{0}, max_ = 0;
};

}  // namespace niclab::lab
