// The receive parser: one pass over a frame finds its headers and judges its checksums (fact
// base 3.3.2, 4.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace niclab::hw {

enum class L3 : std::uint8_t { none, ipv4, ipv6 };
enum class L4 : std::uint8_t { none, tcp, udp, sctp };

/// What the parser found. Offsets count from the first byte of the frame and are valid only when the layer is
/// there.
struct ParsedPacket {
  std::span<const std::byte> frame;  ///< without FCS; must outlive this object's use
  L3 l3 = L3::none;
  L4 l4 = L4::none;             ///< none for fragments and for headers that do not fit
  std::uint16_t l3_offset = 0;  ///< IP header; with L3::none the first byte behind the EtherType
  std::uint16_t l4_offset = 0;  ///< byte behind the IP header and its options or extension headers
  std::uint16_t ip_id = 0;      ///< IPv4 identification
  std::uint16_t vlan_tci = 0;   ///< of the outer tag, when `vlan`
  bool vlan = false;
  bool fragment = false;
  bool ipv6_extension = false;      ///< IPv6 with extension headers
  std::uint32_t ptype = 0;          ///< rxd::PTYPE_* bits
  std::uint32_t status_errors = 0;  ///< rxd::IPCS, L4CS, UDPCS, UDPV, IPE, L4E
  std::uint16_t checksum = 0;       ///< RXCSUM.PCSD = 0: packet or fragment checksum for the write-back
};

/// The registers that steer parsing.
struct ParserConfig {
  std::uint32_t rxcsum = 0x300;
  std::uint32_t rfctl = 0;
};

/// Parses any bytes; never reads outside `frame`.
ParsedPacket parse_packet(std::span<const std::byte> frame, const ParserConfig& config);

}  // namespace niclab::hw
