// The protocol headers as views over bytes: offsets and names, no copies. Callers have checked the length.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/addresses.hpp"
#include "base/bytes.hpp"
#include "base/inet_checksum.hpp"

namespace niclab::stack {

inline constexpr std::uint8_t kIpProtoIcmp = 1, kIpProtoIgmp = 2, kIpProtoTcp = 6, kIpProtoUdp = 17;
inline constexpr std::uint16_t kIpDf = 0x4000, kIpMf = 0x2000, kIpOffsetMask = 0x1fff;
inline constexpr std::uint32_t kIpHeaderLength = 20, kUdpHeaderLength = 8, kIcmpHeaderLength = 8;
inline constexpr std::uint32_t kArpLength = 28;
inline constexpr std::uint8_t kDefaultTtl = 64;

/// struct iphdr (RFC 791).
struct IpHeader {
  std::byte* p;
  unsigned version() const { return load_u8(p) >> 4; }
  std::uint32_t header_length() const { return (load_u8(p) & 15u) * 4; }
  std::uint8_t tos() const { return load_u8(p + 1); }
  std::uint16_t tot_len() const { return load_be16(p + 2); }
  std::uint16_t id() const { return load_be16(p + 4); }
  std::uint16_t frag_off() const { return load_be16(p + 6); }
  std::uint8_t ttl() const { return load_u8(p + 8); }
  std::uint8_t protocol() const { return load_u8(p + 9); }
  Ipv4Address saddr() const { return {load_be32(p + 12)}; }
  Ipv4Address daddr() const { return {load_be32(p + 16)}; }
  bool is_fragment() const { return (frag_off() & (kIpMf | kIpOffsetMask)) != 0; }
  bool checksum_ok() const {
    InetChecksum c;
    c.add({p, header_length()});
    return c.verifies();
  }

  void set_version_ihl(std::uint32_t header_bytes) const { p[0] = std::byte(0x40 | header_bytes / 4); }
  void set_tos(std::uint8_t v) const { p[1] = std::byte{v}; }
  void set_tot_len(std::uint16_t v) const { store_be16(p + 2, v); }
  void set_id(std::uint16_t v) const { store_be16(p + 4, v); }
  void set_frag_off(std::uint16_t v) const { store_be16(p + 6, v); }
  void set_ttl(std::uint8_t v) const { p[8] = std::byte{v}; }
  void set_protocol(std::uint8_t v) const { p[9] = std::byte{v}; }
  void set_saddr(Ipv4Address a) const { store_be32(p + 12, a.value); }
  void set_daddr(Ipv4Address a) const { store_be32(p + 16, a.value); }
  /// ip_send_check
  void update_checksum() const {
    store_be16(p + 10, 0);
    InetChecksum c;
    c.add({p, header_length()});
    store_be16(p + 10, c.finish());
  }
};

/// struct udphdr (RFC 768).
struct UdpHeader {
  std::byte* p;
  std::uint16_t source() const { return load_be16(p); }
  std::uint16_t dest() const { return load_be16(p + 2); }
  std::uint16_t length() const { return load_be16(p + 4); }
  std::uint16_t check() const { return load_be16(p + 6); }
  void set_source(std::uint16_t v) const { store_be16(p, v); }
  void set_dest(std::uint16_t v) const { store_be16(p + 2, v); }
  void set_length(std::uint16_t v) const { store_be16(p + 4, v); }
  void set_check(std::uint16_t v) const { store_be16(p + 6, v); }
};

/// struct icmphdr (RFC 792).
struct IcmpHeader {
  std::byte* p;
  std::uint8_t type() const { return load_u8(p); }
  std::uint8_t code() const { return load_u8(p + 1); }
  std::uint16_t echo_id() const { return load_be16(p + 4); }
  std::uint16_t echo_sequence() const { return load_be16(p + 6); }
  void set(std::uint8_t t, std::uint8_t c, std::uint32_t rest) const {
    p[0] = std::byte{t};
    p[1] = std::byte{c};
    store_be16(p + 2, 0);
    store_be32(p + 4, rest);
  }
  void set_check(std::uint16_t v) const { store_be16(p + 2, v); }
};

namespace icmp_type {
inline constexpr std::uint8_t kEchoReply = 0, kDestUnreach = 3, kSourceQuench = 4, kRedirect = 5, kEcho = 8,
                              kTimeExceeded = 11, kParameterProb = 12, kTimestamp = 13, kTimestampReply = 14,
                              kAddress = 17, kAddressReply = 18, kMax = 18;
/// Error messages, never answered by an error message.
constexpr bool is_error(std::uint8_t t) {
  return t == kDestUnreach || t == kSourceQuench || t == kRedirect || t == kTimeExceeded ||
         t == kParameterProb;
}
}  // namespace icmp_type

namespace icmp_code {
inline constexpr std::uint8_t kNetUnreach = 0, kHostUnreach = 1, kProtUnreach = 2, kPortUnreach = 3,
                              kFragNeeded = 4, kSourceRouteFailed = 5, kFragTime = 1;
}  // namespace icmp_code

}  // namespace niclab::stack
