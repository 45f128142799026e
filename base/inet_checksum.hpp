// The Internet checksum (RFC 1071): one implementation for device, stack and tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/addresses.hpp"
#include "base/bytes.hpp"

namespace niclab {

/// A running one's-complement sum in network order; feed it spans, fold it once at the end.
class InetChecksum {
 public:
  /// Adds bytes; an odd-sized span is padded with a zero, so only the last one may be odd.
  constexpr InetChecksum() = default;
  explicit InetChecksum(std::uint16_t partial) : sum_(__builtin_bswap16(partial)) {}

  void add(std::span<const std::byte> bytes) {
    const std::byte* p = bytes.data();
    std::size_t n = bytes.size();
    std::uint64_t s = sum_;
    for (; n >= 8; n -= 8, p += 8) {
      const auto v = load_le<std::uint64_t>(p);
      s += v;
      s += s < v;  // end-around carry
    }
    // Byte counts known at compile time: no call to memcpy for the tail.
    std::uint64_t tail = 0;
    if ((n & 4) != 0) tail += load_le<std::uint32_t>(p), p += 4;
    if ((n & 2) != 0) tail += load_le<std::uint16_t>(p), p += 2;
    if ((n & 1) != 0) tail += load_u8(p);
    s += tail;
    s += s < tail;
    sum_ = s;
  }
  /// Adds a 16-bit value given in host order.
  void add16(std::uint16_t host_order) { add_raw(__builtin_bswap16(host_order)); }
  void add(Ipv4Address a) {
    add16(static_cast<std::uint16_t>(a.value >> 16));
    add16(static_cast<std::uint16_t>(a.value));
  }
  /// The folded, not complemented sum, in host order (what a checksum field holds as a partial seed).
  std::uint16_t partial() const {
    std::uint64_t s = (sum_ & 0xffffffff) + (sum_ >> 32);
    s = (s & 0xffff) + (s >> 16);
    s = (s & 0xffff) + (s >> 16);
    s = (s & 0xffff) + (s >> 16);
    return __builtin_bswap16(static_cast<std::uint16_t>(s));
  }
  /// The checksum to store, in host order: the complement of the folded sum.
  std::uint16_t finish() const { return static_cast<std::uint16_t>(~partial()); }
  /// True when a span that contains its own checksum sums to all ones.
  bool verifies() const { return partial() == 0xffff; }

 private:
  void add_raw(std::uint64_t v) {
    sum_ += v;
    sum_ += sum_ < v;
  }
  std::uint64_t sum_ = 0;
};

/// The sum of an IPv4 pseudo header (RFC 768): addresses, protocol, length of header plus payload in bytes.
inline InetChecksum ipv4_pseudo_header(Ipv4Address source, Ipv4Address destination, std::uint8_t protocol,
                                       std::uint16_t length) {
  InetChecksum c;
  c.add(source);
  c.add(destination);
  c.add16(protocol);
  c.add16(length);
  return c;
}

}  // namespace niclab
