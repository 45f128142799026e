#include "hw/packet_parser.hpp"

#include "base/bytes.hpp"
#include "base/inet_checksum.hpp"
#include "hw/crc32.hpp"
#include "hw/descriptors.hpp"
#include "hw/register_fields.hpp"

namespace niclab::hw {
namespace {

using namespace reg;

constexpr std::uint16_t kTypeIpv4 = 0x0800, kTypeIpv6 = 0x86DD, kTypeVlan = 0x8100;
constexpr std::uint8_t kTcp = 6, kUdp = 17, kEsp = 50, kAh = 51, kSctp = 132;
constexpr std::uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kDestinationOptions = 60;

/// One frame on its way through the layers.
class Parser {
 public:
  /// Fills `result` in place: a copy of freshly written bytes would stall.
  Parser(ParsedPacket& result, const ParserConfig& config) : config_(config), p_(result) {}

  void run() {
    const std::uint16_t type = ethernet();
    // Without the first tag a double-VLAN port does nothing for a frame but forward it.
    if (config_.ext_vlan && !p_.outer_vlan) return;
    if (type == kTypeIpv4) {
      ipv4();
    } else if (type == kTypeIpv6 && !(config_.rfctl & rfctl::IPV6_DIS)) {
      ipv6();
    }
  }

 private:
  std::size_t size() const { return p_.frame.size(); }
  const std::byte* at(std::size_t offset) const { return p_.frame.data() + offset; }
  bool has(std::size_t offset, std::size_t bytes) const {
    return offset <= size() && bytes <= size() - offset;
  }

  /// Skips addresses, tags and LLC/SNAP; returns the EtherType, 0 when there is none.
  std::uint16_t ethernet() {
    if (!has(12, 2)) return 0;
    std::size_t at_type = 12;
    std::uint16_t type = load_be16(at(at_type));
    if (config_.ext_vlan) {
      if (type != config_.vet_ext || !has(at_type, 6)) return 0;
      p_.outer_vlan = true;
      at_type += 4;
      type = load_be16(at(at_type));
    }
    for (int tags = config_.ext_vlan; tags < 2 && type == kTypeVlan && has(at_type, 6); ++tags) {
      if (!p_.vlan) {
        p_.vlan = true;
        p_.vlan_tci = load_be16(at(at_type + 2));
        p_.vlan_offset = static_cast<std::uint8_t>(at_type);
      }
      at_type += 4;
      type = load_be16(at(at_type));
    }
    p_.ethertype = type;
    if (type <= 1500) {
      if (!has(at_type + 2, 8) || load_be32(at(at_type + 2)) != 0xAAAA0300 || load_be16(at(at_type + 6)) != 0)
        return 0;
      at_type += 8;
      type = load_be16(at(at_type));
    }
    p_.l3_offset = static_cast<std::uint16_t>(at_type + 2);
    return type;
  }

  void ipv4() {
    const std::size_t l3 = p_.l3_offset;
    if (!has(l3, 20) || load_u8(at(l3)) >> 4 != 4) return;
    const std::size_t header = (load_u8(at(l3)) & 0xFu) * 4;
    if (header < 20 || !has(l3, header)) return;
    p_.l3 = L3::ipv4;
    p_.ptype |= rxd::PTYPE_IPV4 | (header > 20 ? rxd::PTYPE_IPV4_EX : 0);
    p_.ip_id = load_be16(at(l3 + 4));
    p_.ip_protocol = load_u8(at(l3 + 9));
    p_.l4_offset = static_cast<std::uint16_t>(l3 + header);
    if (config_.rxcsum & rxcsum::IPOFL) {
      InetChecksum sum;
      sum.add(p_.frame.subspan(l3, header));
      p_.status_errors |= rxd::IPCS | (sum.verifies() ? 0 : rxd::IPE);
    }
    const std::size_t total = load_be16(at(l3 + 2));
    const bool whole = total >= header && has(l3, total);
    const std::uint16_t frag = load_be16(at(l3 + 6)) & 0x3FFF;
    p_.fragment = frag != 0;
    if (!whole) return;
    const std::uint8_t protocol = p_.ip_protocol;
    if (p_.fragment) {
      fragment(protocol, total - header, (frag & 0x1FFF) == 0);
      return;
    }
    InetChecksum pseudo;
    pseudo.add(p_.frame.subspan(l3 + 12, 8));
    layer4(protocol, total - header, pseudo);
  }

  void ipv6() {
    const std::size_t l3 = p_.l3_offset;
    if (!has(l3, 40) || load_u8(at(l3)) >> 4 != 6) return;
    p_.l3 = L3::ipv6;
    p_.ptype |= rxd::PTYPE_IPV6;
    const std::size_t payload = load_be16(at(l3 + 4));
    const std::size_t end = l3 + 40 + payload;
    std::uint8_t next = load_u8(at(l3 + 6));
    std::size_t l4 = l3 + 40;
    p_.ipv6_source = static_cast<std::uint16_t>(l3 + 8);
    p_.ipv6_destination = static_cast<std::uint16_t>(l3 + 24);
    const bool whole = end <= size();
    const std::size_t limit = whole ? end : size();
    while (next == kHopByHop || next == kRouting || next == kDestinationOptions || next == kFragment) {
      p_.ipv6_extension = true;
      if (l4 + 8 > limit) {
        finish_ipv6(next, limit);
        return;
      }
      const std::size_t length = next == kFragment ? 8 : 8 + 8u * load_u8(at(l4 + 1));
      if (next == kFragment) {
        p_.fragment = true;
        if (p_.ipv6_fragment == 0) p_.ipv6_fragment = static_cast<std::uint16_t>(l4);
      } else if (l4 + length <= limit) {
        if (next == kRouting) routing_header(l4, length);
        if (next == kDestinationOptions) destination_options(l4, length);
      }
      next = load_u8(at(l4));
      l4 += length;
      if (l4 > limit) {
        finish_ipv6(next, limit);
        return;
      }
    }
    finish_ipv6(next, l4);
    if (!whole || p_.fragment) return;
    InetChecksum pseudo;
    pseudo.add(p_.frame.subspan(l3 + 8, 32));
    layer4(next, end - l4, pseudo);
  }
  /// A type-2 routing header holds the home address of a mobile destination. With segments left the packet's
  /// checksum is that of another destination.
  void routing_header(std::size_t header, std::size_t length) {
    if (load_u8(at(header + 3)) != 0) other_pseudo_header_ = true;
    if (length != 24 || load_u8(at(header + 2)) != 2 || load_u8(at(header + 3)) != 1) return;
    p_.ipv6_destination = static_cast<std::uint16_t>(header + 8);
    p_.ipv6_addresses = true;
  }
  /// The home address option holds that of a mobile source, and the checksum is that of this one.
  void destination_options(std::size_t header, std::size_t length) {
    constexpr std::uint8_t kPad1 = 0, kHomeAddress = 0xC9;
    for (std::size_t option = header + 2; option + 2 <= header + length;) {
      const std::uint8_t type = load_u8(at(option));
      if (type == kPad1) {
        ++option;
        continue;
      }
      const std::size_t bytes = load_u8(at(option + 1));
      if (option + 2 + bytes > header + length) return;
      if (type == kHomeAddress && bytes == 16) {
        p_.ipv6_source = static_cast<std::uint16_t>(option + 2);
        p_.ipv6_addresses = other_pseudo_header_ = true;
        return;
      }
      option += 2 + bytes;
    }
  }
  void finish_ipv6(std::uint8_t next, std::size_t l4) {
    p_.ip_protocol = next;
    p_.l4_offset = static_cast<std::uint16_t>(l4);
    if (p_.ipv6_extension) p_.ptype |= rxd::PTYPE_IPV6_EX;
  }

  /// `length` bytes of layer 4 begin at l4_offset and lie inside the frame; `pseudo` already holds the
  /// addresses.
  void layer4(std::uint8_t protocol, std::size_t length, InetChecksum pseudo) {
    const std::size_t l4 = p_.l4_offset;
    const bool v6_unchecked = p_.l3 == L3::ipv6 && (config_.rfctl & rfctl::IPV6_XSUM_DIS);
    const bool check = (config_.rxcsum & rxcsum::TUOFL) && !v6_unchecked && !other_pseudo_header_;
    if (protocol == kTcp && length >= 20) {
      p_.l4 = L4::tcp;
      p_.ptype |= rxd::PTYPE_TCP;
      p_.tcp_flags = load_u8(at(l4 + 13));
      if (check) inet_checked(pseudo, protocol, length, rxd::L4CS);
    } else if (protocol == kUdp && length >= 8) {
      p_.l4 = L4::udp;
      p_.ptype |= rxd::PTYPE_UDP;
      const std::size_t udp_length = load_be16(at(l4 + 4));
      // A zero checksum means "none" (v4); a length the IP payload cannot hold leaves nothing to check.
      const bool present = p_.l3 == L3::ipv6 || load_be16(at(l4 + 6)) != 0;
      if (check && present && udp_length >= 8 && udp_length <= length)
        inet_checked(pseudo, protocol, udp_length, rxd::L4CS | rxd::UDPCS);
    } else if (protocol == kSctp && length >= 12) {
      p_.l4 = L4::sctp;
      p_.ptype |= rxd::PTYPE_SCTP;
      if (config_.rxcsum & rxcsum::CRCOFL) sctp_checked(length);
    } else if (protocol == kEsp) {
      p_.ptype |= rxd::PTYPE_ESP;
    } else if (protocol == kAh) {
      p_.ptype |= rxd::PTYPE_AH;
    }
  }
  void inet_checked(InetChecksum sum, std::uint8_t protocol, std::size_t length, std::uint32_t done) {
    sum.add16(protocol);
    sum.add16(static_cast<std::uint16_t>(length));
    sum.add(p_.frame.subspan(p_.l4_offset, length));
    p_.status_errors |= done | (sum.verifies() ? 0 : rxd::L4E);
  }
  void sctp_checked(std::size_t length) {
    const auto packet = p_.frame.subspan(p_.l4_offset, length);
    const auto stored = load_le<std::uint32_t>(packet.data() + 8);
    p_.status_errors |= rxd::L4CS | (crc32c_field_zero(packet, 8) == stored ? 0 : rxd::L4E);
  }

  /// RXCSUM.IPPCSE with PCSD = 0: raw sum from the layer-4 start of a fragment; UDPV on a first one.
  void fragment(std::uint8_t protocol, std::size_t length, bool first) {
    if (!(config_.rxcsum & rxcsum::IPPCSE) || (config_.rxcsum & rxcsum::PCSD)) return;
    InetChecksum sum;
    sum.add(p_.frame.subspan(p_.l4_offset, length));
    p_.fragment_checksum = sum.partial();
    if (first && protocol == kUdp && length >= 8 && load_be16(at(p_.l4_offset + 6u)) != 0)
      p_.status_errors |= rxd::UDPV;
  }

  const ParserConfig& config_;
  ParsedPacket& p_;
  bool other_pseudo_header_ = false;  ///< the checksum is not over the addresses of the IPv6 header
};

}  // namespace

ParsedPacket parse_packet(std::span<const std::byte> frame, const ParserConfig& config) {
  ParsedPacket result;
  result.frame = frame;
  Parser(result, config).run();
  return result;
}

std::uint16_t packet_checksum(std::span<const std::byte> stored, std::size_t start) {
  if (start >= stored.size()) return 0;
  InetChecksum sum;
  sum.add(stored.subspan(start));
  return sum.partial();
}

unsigned count_vlan_tags(std::span<const std::byte> frame, const ParserConfig& config) {
  unsigned tags = 0;
  std::uint16_t wanted = config.ext_vlan ? config.vet_ext : kTypeVlan;
  while (tags < 2 && frame.size() >= 14 + 4 * tags && load_be16(frame.data() + 12 + 4 * tags) == wanted) {
    ++tags;
    wanted = kTypeVlan;
  }
  return tags;
}

}  // namespace niclab::hw
