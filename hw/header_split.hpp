// Where the bytes of a received packet go: header and packet buffers of its descriptors (fact base 2.7.3,
// 2.7.4, 3.3.1, 3.6; the table of the 82575 manual, "Header splitting and replication").
#pragma once

#include <cstdint>

#include "hw/packet_parser.hpp"
#include "hw/register_fields.hpp"

namespace niclab::hw {

/// A queue's buffers, as SRRCTL and RCTL.BSIZE say.
struct RxBuffers {
  unsigned descriptor_type = reg::srrctl::DESCTYPE_LEGACY;  ///< SRRCTL.DESCTYPE
  std::uint32_t packet_bytes = 2048;                        ///< of one packet buffer
  std::uint32_t header_bytes = 256;                         ///< of one header buffer

  bool uses_header_buffer() const { return descriptor_type > reg::srrctl::DESCTYPE_ADV_ONEBUF; }
};

/// What one descriptor takes of a packet. Bytes are counted in the packet as it is stored, without what was
/// stripped.
struct RxPlacement {
  std::uint32_t header_bytes = 0;   ///< from byte 0 of the packet to the header buffer
  std::uint32_t packet_offset = 0;  ///< first byte for the packet buffer ...
  std::uint32_t packet_bytes = 0;   ///< ... and how many
  std::uint32_t next = 0;           ///< bytes of the packet done with this descriptor
  std::uint32_t pkt_len = 0;        ///< PKT_LEN; differs from packet_bytes only when replication uses the
                                    ///< header buffer alone
  std::uint32_t header_fields = 0;  ///< SPH and HDR_LEN of dword 0
  std::uint32_t errors = 0;         ///< rxd::HBO or nothing
};

/// Length of the header that PSRTYPE selects for this packet, in bytes of the frame; 0: the packet is of no
/// selected type (2.7.4). A type whose bit is clear may still be split behind its Ethernet header by bit 0.
std::uint32_t selected_header(const ParsedPacket& packet, std::uint32_t psrtype);

/// The first descriptor of a packet of `length` bytes whose header has `header` bytes (0: not found).
RxPlacement place_first(const RxBuffers& buffers, std::uint32_t length, std::uint32_t header);

/// The descriptor that goes on at byte `done`: only packet buffers (3.3.1).
constexpr RxPlacement place_next(const RxBuffers& buffers, std::uint32_t length, std::uint32_t done) {
  const std::uint32_t n = length - done < buffers.packet_bytes ? length - done : buffers.packet_bytes;
  return {.packet_offset = done, .packet_bytes = n, .next = done + n, .pkt_len = n};
}

}  // namespace niclab::hw
