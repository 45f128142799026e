// Deterministic randomness and the hash the stack uses for tables.
#pragma once

#include <bit>
#include <cstdint>

#include "base/splitmix64.hpp"

namespace niclab::stack {

/// net_random(): a splitmix64 sequence from the run's seed.
class Random {
 public:
  explicit Random(std::uint64_t seed) : sequence_(seed ^ 0x6e69636c61622121ull) {}
  std::uint32_t next() { return static_cast<std::uint32_t>(sequence_.next() >> 32); }
  /// 0 .. limit-1; 0 for limit 0.
  std::uint32_t below(std::uint32_t limit) { return limit == 0 ? 0 : next() % limit; }

 private:
  SplitMix64 sequence_;
};

/// Bob Jenkins' lookup3 final mix over three words (Linux: jhash_3words).
constexpr std::uint32_t jhash_3words(std::uint32_t a, std::uint32_t b, std::uint32_t c,
                                     std::uint32_t secret) {
  const std::uint32_t start = 0xdeadbeef + (3u << 2) + secret;
  a += start, b += start, c += start;
  c = (c ^ b) - std::rotl(b, 14);
  a = (a ^ c) - std::rotl(c, 11);
  b = (b ^ a) - std::rotl(a, 25);
  c = (c ^ b) - std::rotl(b, 16);
  a = (a ^ c) - std::rotl(c, 4);
  b = (b ^ a) - std::rotl(a, 14);
  c = (c ^ b) - std::rotl(b, 24);
  return c;
}

/// __flow_hash_1word.
constexpr std::uint32_t jhash_1word(std::uint32_t a, std::uint32_t secret) {
  return jhash_3words(a, 0, 0, secret);
}

}  // namespace niclab::stack
