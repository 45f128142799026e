// The fingerprint of a run: a multiply-mix per stream of events, finalised once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace niclab {

/// An order-sensitive 64-bit running hash. Not cryptographic; one changed bit changes it.
class Digest {
 public:
  void add(std::uint64_t v) {
    h_ = (h_ ^ v) * 0x9FB21C651E98DF25ull;
    h_ ^= h_ >> 29;
    ++n_;
  }
  void add(std::uint64_t a, std::uint64_t b) {
    h_ = (h_ ^ a) * 0x9FB21C651E98DF25ull;
    h_ ^= h_ >> 29;
    h_ = (h_ ^ b) * 0xD6E8FEB86659FD93ull;
    h_ ^= h_ >> 32;
    ++n_;
  }
  std::uint64_t value() const { return h_ ^ n_ * 0x9E3779B97F4A7C15ull; }

 private:
  std::uint64_t h_ = 0x9E3779B97F4A7C15ull;
  std::uint64_t n_ = 0;
};

/// Hash of a byte string, four independent lanes wide so that long frames cost little.
inline std::uint64_t hash_bytes(std::span<const std::byte> bytes) {
  constexpr std::uint64_t k = 0x9FB21C651E98DF25ull;
  const std::byte* p = bytes.data();
  std::size_t n = bytes.size();
  std::uint64_t lane[4] = {n, k, n ^ k, ~k};
  const auto word = [](const std::byte* q) {
    std::uint64_t v;
    std::memcpy(&v, q, 8);
    return v;
  };
  for (; n >= 32; n -= 32, p += 32)
    for (int i = 0; i < 4; ++i) {
      lane[i] = (lane[i] ^ word(p + 8 * i)) * k;
      lane[i] ^= lane[i] >> 32;
    }
  for (; n >= 8; n -= 8, p += 8) {
    lane[0] = (lane[0] ^ word(p)) * k;
    lane[0] ^= lane[0] >> 32;
  }
  // Sizes known at compile time: no call for the tail.
  std::uint64_t tail = 0;
  if ((n & 4) != 0) {
    std::uint32_t v;
    std::memcpy(&v, p, 4);
    tail = v;
    p += 4;
  }
  if ((n & 2) != 0) {
    std::uint16_t v;
    std::memcpy(&v, p, 2);
    tail = tail << 16 | v;
    p += 2;
  }
  if ((n & 1) != 0) tail = tail << 8 | std::to_integer<std::uint64_t>(*p);
  lane[1] = (lane[1] ^ tail) * k;
  std::uint64_t h = 0;
  for (const std::uint64_t l : lane) {
    h = (h ^ l) * 0xD6E8FEB86659FD93ull;
    h ^= h >> 29;
  }
  return h;
}

}  // namespace niclab
