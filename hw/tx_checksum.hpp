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

/// Inserts what POPTS asks for, in place. `frame` starts at the destination address, without FCS. The TCP and
/// UDP fields must hold the folded pseudo-header sum, which is part of the sum; a UDP result of 0 is sent as
/// 0xFFFF. `ixsm` does nothing without TUCMD.IPV4.
TxChecksumResult insert_checksums(std::span<std::byte> frame, const AdvTxContext& context, bool ixsm,
                                  bool txsm);

}  // namespace niclab::hw
