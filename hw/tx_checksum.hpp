// Transmit checksum insertion (fact base 4.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "hw/descriptors.hpp"

namespace niclab::hw {

/// Why a context descriptor cannot be applied to its packet. Nothing is changed then.
enum class TxChecksumResult : std::uint8_t {
  ok,
  ip_header_outside_frame,  ///< MACLEN + IPLEN reach beyond the packet
  ip_header_too_short,      ///< IPLEN < 20 with IXSM
  l4_header_outside_frame,  ///< the checksum field of the L4 header lies beyond the packet
  l4_type_reserved,         ///< TUCMD.L4T = 11b
};
std::string_view to_string(TxChecksumResult result);

/// Whether `context` fits a packet of `size` bytes (from the destination address on, without FCS). The checks
/// are made in the order of TxChecksumResult.
TxChecksumResult check_offload(std::size_t size, const AdvTxContext& context, bool ixsm, bool txsm);

/// What to write where: 16-bit values, high byte first, at byte offsets into the packet.
struct TxChecksums {
  bool ip = false, l4 = false;  ///< whether there is anything to write
  std::uint16_t ip_offset = 0, ip_checksum = 0;
  std::uint16_t l4_offset = 0, l4_checksum = 0;
  constexpr bool operator==(const TxChecksums&) const = default;
};

/// The IPv4, UDP and TCP checksums POPTS asks for (fact base 4.3); check_offload() said ok. The TCP and UDP
/// fields must hold the folded pseudo-header sum, which is part of the sum; a UDP result of 0 is sent as
/// 0xFFFF. `ixsm` does nothing without TUCMD.IPV4. This is the C++ twin of rtl/tx_checksum (docs/rtl.md).
TxChecksums compute_checksums(std::span<const std::byte> packet, const AdvTxContext& context, bool ixsm,
                              bool txsm);
/// Writes them into the packet.
void apply_checksums(std::span<std::byte> packet, const TxChecksums& checksums);
/// SCTP's CRC32c, inserted in place when `txsm` and the context ask for it; no block in RTL has it.
void insert_sctp_crc(std::span<std::byte> packet, const AdvTxContext& context, bool txsm);

/// All of the above: checks, computes, writes. Nothing is changed unless the result is ok.
TxChecksumResult insert_checksums(std::span<std::byte> packet, const AdvTxContext& context, bool ixsm,
                                  bool txsm);

/// A legacy descriptor's IC (fact base 3.2.2): the sum of all bytes from `css` on, with the field as it is,
/// complemented, at `cso`. Nothing when one of them lies outside the packet.
void insert_legacy_checksum(std::span<std::byte> packet, std::size_t css, std::size_t cso);

/// The clock the checksum unit spends on a packet: it reads so many bytes each clock from the transmit
/// buffer, and its result is known so many clocks after the last of them (docs/rtl.md).
namespace tx_checksum_timing {
inline constexpr unsigned kBytesPerClock = 32, kLatency = 3;
constexpr unsigned clocks(std::size_t size) {
  return static_cast<unsigned>((size + kBytesPerClock - 1) / kBytesPerClock);
}
}  // namespace tx_checksum_timing

}  // namespace niclab::hw
