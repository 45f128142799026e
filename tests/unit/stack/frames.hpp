// Frames as a peer would send them.
#pragma once

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "stack/net_device.hpp"
#include "stack/wire.hpp"

namespace niclab::stack {

using Bytes = std::vector<std::byte>;

inline Bytes bytes_of(std::string_view s) {
  Bytes b(s.size());
  std::memcpy(b.data(), s.data(), s.size());
  return b;
}
/// `n` bytes that differ from each other.
inline Bytes pattern(std::size_t n, unsigned salt = 0) {
  Bytes b(n);
  for (std::size_t i = 0; i < n; ++i) b[i] = std::byte((i * 7 + i / 256 + salt) & 0xff);
  return b;
}

inline constexpr MacAddress kHostMac{{2, 0, 0, 0x35, 0, 0x0a}}, kPeerMac{{2, 0, 0, 0x35, 0, 0x0b}};
inline constexpr Ipv4Address kHost{0x0a090001}, kPeer{0x0a090002}, kGroup{0xef010203};

struct IpFields {
  Ipv4Address source = kPeer, destination = kHost;
  std::uint8_t protocol = kIpProtoUdp, ttl = 64, tos = 0;
  std::uint16_t id = 1, frag_off = 0;
  Bytes options;
};

inline Bytes ip_packet(const IpFields& f, const Bytes& payload) {
  const std::size_t header = 20 + f.options.size();
  Bytes p(header + payload.size());
  const IpHeader ip{p.data()};
  ip.set_version_ihl(static_cast<std::uint32_t>(header));
  ip.set_tos(f.tos);
  ip.set_tot_len(static_cast<std::uint16_t>(p.size()));
  ip.set_id(f.id);
  ip.set_frag_off(f.frag_off);
  ip.set_ttl(f.ttl);
  ip.set_protocol(f.protocol);
  ip.set_saddr(f.source);
  ip.set_daddr(f.destination);
  std::copy(f.options.begin(), f.options.end(), p.begin() + 20);
  ip.update_checksum();
  std::copy(payload.begin(), payload.end(), p.begin() + static_cast<std::ptrdiff_t>(header));
  return p;
}

inline Bytes ethernet(MacAddress to, MacAddress from, std::uint16_t type, const Bytes& payload) {
  Bytes f(std::max<std::size_t>(14 + payload.size(), 60));
  to.store(f.data());
  from.store(f.data() + 6);
  store_be16(f.data() + 12, type);
  std::copy(payload.begin(), payload.end(), f.begin() + 14);
  return f;
}

inline MacAddress mac_for(Ipv4Address a) {
  if (a.is_multicast()) return multicast_mac(a);
  if (a.is_limited_broadcast() || (a.value & 255) == 255) return MacAddress::broadcast();
  return kHostMac;
}

inline Bytes ip_frame(const IpFields& f, const Bytes& payload) {
  return ethernet(mac_for(f.destination), kPeerMac, kEthPIp, ip_packet(f, payload));
}

inline Bytes udp_datagram(Ipv4Address source, std::uint16_t sport, Ipv4Address destination,
                          std::uint16_t dport, const Bytes& payload) {
  Bytes u(8 + payload.size());
  const UdpHeader h{u.data()};
  h.set_source(sport);
  h.set_dest(dport);
  h.set_length(static_cast<std::uint16_t>(u.size()));
  std::copy(payload.begin(), payload.end(), u.begin() + 8);
  InetChecksum sum =
      ipv4_pseudo_header(source, destination, kIpProtoUdp, static_cast<std::uint16_t>(u.size()));
  sum.add(u);
  h.set_check(sum.finish() == 0 ? 0xffff : sum.finish());
  return u;
}

inline Bytes udp_frame(std::uint16_t dport, const Bytes& payload, Ipv4Address destination = kHost,
                       std::uint16_t sport = 4000, Ipv4Address source = kPeer) {
  return ip_frame({.source = source, .destination = destination, .options = {}},
                  udp_datagram(source, sport, destination, dport, payload));
}

inline Bytes icmp_message(std::uint8_t type, std::uint8_t code, std::uint32_t rest, const Bytes& payload) {
  Bytes m(8 + payload.size());
  const IcmpHeader h{m.data()};
  h.set(type, code, rest);
  std::copy(payload.begin(), payload.end(), m.begin() + 8);
  InetChecksum sum;
  sum.add(m);
  h.set_check(sum.finish());
  return m;
}

inline Bytes arp_frame(std::uint16_t operation, MacAddress sha, Ipv4Address sip, Ipv4Address tip,
                       MacAddress to = MacAddress::broadcast(), MacAddress tha = {}) {
  Bytes a(28);
  store_be16(a.data(), 1);
  store_be16(a.data() + 2, kEthPIp);
  a[4] = std::byte{6};
  a[5] = std::byte{4};
  store_be16(a.data() + 6, operation);
  sha.store(a.data() + 8);
  store_be32(a.data() + 14, sip.value);
  tha.store(a.data() + 18);
  store_be32(a.data() + 24, tip.value);
  return ethernet(to, sha, kEthPArp, a);
}

/// The fragments of an IP payload, `step` bytes each (a multiple of 8).
inline std::vector<Bytes> fragments(IpFields f, const Bytes& payload, std::size_t step) {
  std::vector<Bytes> all;
  for (std::size_t at = 0; at < payload.size(); at += step) {
    const std::size_t n = std::min(step, payload.size() - at);
    f.frag_off = static_cast<std::uint16_t>(at / 8 | (at + n < payload.size() ? kIpMf : 0));
    all.push_back(ip_frame(f, Bytes(payload.begin() + static_cast<std::ptrdiff_t>(at),
                                    payload.begin() + static_cast<std::ptrdiff_t>(at + n))));
  }
  return all;
}

/// Views of what was sent.
inline std::uint16_t ether_type(const Bytes& f) { return load_be16(f.data() + 12); }
inline IpHeader ip_of(Bytes& f) { return {f.data() + 14}; }
inline Bytes ip_payload(Bytes& f) {
  const IpHeader ip = ip_of(f);
  return Bytes(f.begin() + 14 + ip.header_length(), f.begin() + 14 + ip.tot_len());
}

}  // namespace niclab::stack
