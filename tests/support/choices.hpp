// Where a random test takes its decisions from: a seed, or the bytes of a fuzzer.
#pragma once

#include <cstdint>
#include <span>

#include "base/splitmix64.hpp"

namespace niclab::test {

class Choices {
 public:
  explicit Choices(std::uint64_t seed) : random_(seed), from_bytes_(false) {}
  /// Every decision eats a byte or more; when none is left, all answers are 0.
  explicit Choices(std::span<const std::uint8_t> bytes) : random_(0), bytes_(bytes), from_bytes_(true) {}

  bool exhausted() const { return from_bytes_ && bytes_.empty(); }
  /// 0 … n - 1; `n` is not 0.
  std::uint32_t below(std::uint32_t n) {
    if (!from_bytes_) return static_cast<std::uint32_t>((random_.next() >> 32) * n >> 32);
    std::uint32_t v = 0;
    for (std::uint64_t range = 1; range < n; range <<= 8) v = v << 8 | byte();
    return v % n;
  }
  std::uint32_t between(std::uint32_t low, std::uint32_t high) { return low + below(high - low + 1); }
  bool one_in(std::uint32_t n) { return below(n) == n - 1; }
  std::uint32_t word() {
    if (!from_bytes_) return static_cast<std::uint32_t>(random_.next() >> 32);
    std::uint32_t v = 0;
    for (int i = 0; i < 4; ++i) v = v << 8 | byte();
    return v;
  }
  template <class T, std::size_t N>
  const T& of(const T (&list)[N]) {
    return list[below(N)];
  }

 private:
  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const std::uint8_t b = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return b;
  }
  SplitMix64 random_;
  std::span<const std::uint8_t> bytes_;
  bool from_bytes_;
};

}  // namespace niclab::test
