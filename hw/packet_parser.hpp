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
  L4 l4 = L4::none;              ///< none for fragments and for headers that do not fit
  std::uint16_t ethertype = 0;   ///< type or length field behind the tags; 0 when there is none
  std::uint16_t l3_offset = 0;   ///< IP header; with L3::none the first byte behind the EtherType
  std::uint16_t l4_offset = 0;   ///< byte behind the IP header and its options or extension headers
  std::uint16_t ip_id = 0;       ///< IPv4 identification
  std::uint16_t vlan_tci = 0;    ///< of the tag at vlan_offset, when `vlan`
  std::uint8_t vlan_offset = 0;  ///< of the tag that filters look at and stripping removes: 12, or 16 behind
                                 ///< an outer one (CTRL_EXT.EXT_VLAN)
  bool vlan = false;
  bool outer_vlan = false;  ///< CTRL_EXT.EXT_VLAN: the first tag is there (rxd::VEXT)
  bool fragment = false;
  bool ipv6_extension = false;   ///< IPv6 with extension headers
  bool ipv6_addresses = false;   ///< among them a home address option or a type-2 routing header
  std::uint8_t ip_protocol = 0;  ///< last protocol or next-header number, when l3 is there
  std::uint8_t tcp_flags = 0;    ///< byte 13 of the TCP header, when l4 is tcp
  std::uint16_t ipv6_source = 0,
                ipv6_destination = 0;   ///< addresses the hash takes in the "Ex" forms (4.1.1)
  std::uint16_t ipv6_fragment = 0;      ///< IPv6 fragment header; 0: none
  std::uint32_t ptype = 0;              ///< rxd::PTYPE_* bits
  std::uint32_t status_errors = 0;      ///< rxd::IPCS, L4CS, UDPCS, UDPV, IPE, L4E
  std::uint16_t fragment_checksum = 0;  ///< RXCSUM.IPPCSE with PCSD = 0
};

/// The registers that steer parsing.
struct ParserConfig {
  std::uint32_t rxcsum = 0x300;
  std::uint32_t rfctl = 0;
  bool ext_vlan = false;           ///< CTRL_EXT.EXT_VLAN: every frame has an outer tag of type `vet_ext`
  std::uint16_t vet_ext = 0x8100;  ///< VET[31:16]
};

/// Parses any bytes; never reads outside `frame`.
ParsedPacket parse_packet(std::span<const std::byte> frame, const ParserConfig& config);

/// The packet checksum (RXCSUM.PCSD = 0, IPPCSE = 0): one's complement sum, not inverted, of the bytes from
/// `start` (RXCSUM.PCSS) to the end of what is stored; 0 when it is shorter.
std::uint16_t packet_checksum(std::span<const std::byte> stored, std::size_t start);

/// Tags the MAC allows for when it judges a length: 0, 1 or 2 (3.6).
unsigned count_vlan_tags(std::span<const std::byte> frame, const ParserConfig& config);

}  // namespace niclab::hw
