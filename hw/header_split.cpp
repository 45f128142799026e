#include "hw/header_split.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "hw/descriptors.hpp"

namespace niclab::hw {
namespace {

using namespace reg;

std::uint32_t byte_at(const ParsedPacket& p, std::size_t offset) { return load_u8(p.frame.data() + offset); }

/// Behind the TCP or UDP header; 0 when it does not fit the frame.
std::uint32_t end_of_l4(const ParsedPacket& p) {
  if (p.l4 == L4::udp) return p.l4_offset + 8u;
  const std::uint32_t header = (byte_at(p, p.l4_offset + 12u) >> 4) * 4;
  const std::uint32_t end = p.l4_offset + header;
  return header >= 20 && end <= p.frame.size() ? end : 0;
}

/// The header and the PSRTYPE bit of the most specific type the packet is of; 0 bytes: none above Ethernet.
struct HeaderType {
  std::uint32_t bit = 0, bytes = 0;
};
HeaderType type_of(const ParsedPacket& p) {
  const bool v4 = p.l3 == L3::ipv4;
  if (p.l4 == L4::tcp) return {v4 ? psrtype::IPV4_TCP : psrtype::IPV6_TCP, end_of_l4(p)};
  if (p.l4 == L4::udp) return {v4 ? psrtype::IPV4_UDP : psrtype::IPV6_UDP, end_of_l4(p)};
  if (p.l3 == L3::none || !p.fragment) return {};
  if (v4) return {psrtype::IPV4_FRAGMENT, p.l4_offset};
  return {psrtype::IPV6_FRAGMENT, p.ipv6_fragment};
}

std::uint32_t split_header(std::uint32_t header) {
  return rxd::SPH | std::min<std::uint32_t>(header, rxd::HDR_LEN_MAX) << rxd::HDR_LEN_SHIFT;
}

/// The first `header` bytes go to the header buffer, what follows to the packet buffer.
RxPlacement split_at(const RxBuffers& buffers, std::uint32_t length, std::uint32_t header) {
  RxPlacement p = place_next(buffers, length, header);
  p.header_bytes = header;
  return p;
}

}  // namespace

std::uint32_t selected_header(const ParsedPacket& packet, std::uint32_t selected) {
  const HeaderType type = type_of(packet);
  if (type.bytes != 0 && (selected & type.bit) != 0) return type.bytes;
  return (selected & psrtype::ETHERNET) != 0 ? packet.l3_offset : 0;
}

RxPlacement place_first(const RxBuffers& buffers, std::uint32_t length, std::uint32_t header) {
  const std::uint32_t room = buffers.header_bytes;
  const bool overflow = header > room;
  RxPlacement p = place_next(buffers, length, 0);
  switch (buffers.descriptor_type) {
    case srrctl::DESCTYPE_SPLIT:
      if (header != 0 && !overflow) p = split_at(buffers, length, header);
      break;
    case srrctl::DESCTYPE_SPLIT_ALWAYS:
      if (header != 0 && !overflow) {
        p = split_at(buffers, length, header);
      } else {
        p = split_at(buffers, length, std::min(length, room));
        if (header == 0) p.header_fields = split_header(p.header_bytes) & ~rxd::SPH;
      }
      break;
    case srrctl::DESCTYPE_REPLICATE: p.header_bytes = std::min(length, room); break;
    case srrctl::DESCTYPE_REPLICATE_LARGE:
      p.header_bytes = std::min(length, room);
      if (length <= room) {
        p.packet_bytes = 0;
        p.next = p.pkt_len = length;
      }
      break;
    default: return p;
  }
  if (header != 0) {
    p.header_fields = split_header(header);
    if (overflow) p.errors = rxd::HBO;
  }
  return p;
}

}  // namespace niclab::hw
