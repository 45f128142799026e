// Small frames for the tests of this folder, byte by byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "base/addresses.hpp"
#include "base/bytes.hpp"
#include "base/inet_checksum.hpp"

namespace niclab::hw::test {

using Bytes = std::vector<std::byte>;

inline Bytes bytes(std::initializer_list<int> values) {
  Bytes b;
  for (const int v : values) b.push_back(static_cast<std::byte>(v));
  return b;
}
inline void append(Bytes& b, const Bytes& more) { b.insert(b.end(), more.begin(), more.end()); }
inline Bytes be16(unsigned v) { return bytes({static_cast<int>(v >> 8 & 0xFF), static_cast<int>(v & 0xFF)}); }
inline Bytes be32(std::uint32_t v) {
  Bytes b = be16(v >> 16);
  append(b, be16(v & 0xFFFF));
  return b;
}
inline Bytes ethernet(unsigned type) {
  Bytes b = bytes({2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2});
  append(b, be16(type));
  return b;
}

struct Ipv4 {
  Ipv4Address source{0xC0A80101}, destination{0xC0A80102};
  std::uint8_t protocol = 17;
  unsigned options = 0;   ///< bytes, a multiple of 4
  unsigned fragment = 0;  ///< flags and offset
};
/// An IPv4 packet with a right header checksum.
inline Bytes ipv4(const Ipv4& h, const Bytes& payload) {
  Bytes b = bytes({static_cast<int>(0x45 + h.options / 4), 0});
  append(b, be16(static_cast<unsigned>(20 + h.options + payload.size())));
  append(b, be16(0x1234));
  append(b, be16(h.fragment));
  append(b, bytes({64, h.protocol, 0, 0}));
  append(b, be32(h.source.value));
  append(b, be32(h.destination.value));
  append(b, Bytes(h.options, std::byte{1}));
  InetChecksum sum;
  sum.add(b);
  store_be16(b.data() + 10, sum.finish());
  append(b, payload);
  return b;
}
/// A UDP datagram for `h`, checksummed.
inline Bytes udp(const Ipv4& h, unsigned source, unsigned destination, const Bytes& data) {
  Bytes b = be16(source);
  append(b, be16(destination));
  append(b, be16(static_cast<unsigned>(8 + data.size())));
  append(b, be16(0));
  append(b, data);
  InetChecksum sum = ipv4_pseudo_header(h.source, h.destination, 17, static_cast<std::uint16_t>(b.size()));
  sum.add(b);
  store_be16(b.data() + 6, sum.finish() == 0 ? 0xFFFF : sum.finish());
  return b;
}
/// A TCP segment for `h`, checksummed.
inline Bytes tcp(const Ipv4& h, unsigned source, unsigned destination, const Bytes& data) {
  Bytes b = be16(source);
  append(b, be16(destination));
  append(b, bytes({1, 0, 0, 0, 0, 0, 32, 0, 0x50, 0x10, 0x20, 0, 0, 0, 0, 0}));
  append(b, data);
  InetChecksum sum = ipv4_pseudo_header(h.source, h.destination, 6, static_cast<std::uint16_t>(b.size()));
  sum.add(b);
  store_be16(b.data() + 16, sum.finish());
  return b;
}
inline Bytes frame(unsigned type, const Bytes& packet) {
  Bytes b = ethernet(type);
  append(b, packet);
  return b;
}

}  // namespace niclab::hw::test
