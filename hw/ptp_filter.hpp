// Which received packets are time-stamped, and by what they are told apart (fact base 2.11).
#pragma once

#include <cstdint>

#include "hw/packet_parser.hpp"

namespace niclab::hw {

inline constexpr std::uint16_t kEtherTypePtp = 0x88F7;

/// Whether TSYNCRXCTL.TYPE (the field's value in place, bits 3:1) and TSYNCRXCFG want a stamp for the packet.
/// `marked`: ETQF.1588 or FTQF's bit 27 named it (2.6.8); only type "all packets" does without. Message types
/// 2 and 3 are stamped beside the one TSYNCRXCFG names, as on the 82576.
bool wants_time_stamp(std::uint32_t tsyncrxctl, std::uint32_t tsyncrxcfg, const ParsedPacket& packet,
                      bool marked, bool named_only = false);

/// RXSATRL and RXSATRH of a PTP message: six octets of its source identity, from octet 22 on, and its
/// sequence number in bits 63:48, all as they lie in the packet; 0 for anything else.
std::uint64_t source_attributes(const ParsedPacket& packet);

}  // namespace niclab::hw
