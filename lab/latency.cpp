#include "lab/latency.hpp"

#include <algorithm>
#include <new>

namespace niclab::lab {

LatencyRecorder::LatencyRecorder()
    : buckets_(static_cast<std::uint64_t*>(
          std::calloc(kExact + (64 - 11) * (1u << kSubBits), sizeof(std::uint64_t)))) {
  if (buckets_ == nullptr) throw std::bad_alloc();
}

std::uint64_t LatencyRecorder::upper_edge(std::size_t bucket) {
  if (bucket < kExact) return bucket;
  const std::uint64_t log = bucket - kExact;
  const unsigned shift = 11 + static_cast<unsigned>(log >> kSubBits) - kSubBits;
  const std::uint64_t sub = (log & ((1u << kSubBits) - 1)) + (1u << kSubBits);
  return (sub << shift) + (std::uint64_t{1} << shift) - 1;
}

std::uint64_t LatencyRecorder::quantile(std::uint64_t numerator, std::uint64_t denominator) const {
  const std::uint64_t rank = std::max<std::uint64_t>(1, (n_ * numerator + denominator - 1) / denominator);
  std::uint64_t seen = 0;
  for (std::size_t i = bucket(min_); i <= bucket(max_); ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::clamp(upper_edge(i), min_, max_);
  }
  return max_;
}

LatencyStats LatencyRecorder::stats() const {
  if (n_ == 0) return {};
  return {n_, min_, quantile(1, 2), quantile(9, 10), quantile(99, 100), quantile(999, 1000), max_};
}

}  // namespace niclab::lab
