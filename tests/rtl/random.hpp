// Random choices of the blocks' tests, reproducible from a seed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/splitmix64.hpp"

namespace niclab::rtl {

class Random {
 public:
  explicit Random(std::uint64_t seed) : generator_(seed) {}
  std::uint64_t bits() { return generator_.next(); }
  unsigned below(unsigned n) { return static_cast<unsigned>(bits() % n); }
  unsigned from(unsigned low, unsigned high) { return low + below(high - low + 1); }
  bool percent(unsigned p) { return below(100) < p; }
  template <class T, std::size_t N>
  T one_of(const T (&choices)[N]) {
    return choices[below(N)];
  }

 private:
  SplitMix64 generator_;
};

}  // namespace niclab::rtl
