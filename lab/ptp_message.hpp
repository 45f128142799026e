// PTP version 2 messages of the delay request-response mechanism (IEEE 1588-2008, clause 13).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/addresses.hpp"

namespace niclab::lab {

enum class PtpType : std::uint8_t { sync = 0, delay_req = 1, follow_up = 8, delay_resp = 9 };

/// clockIdentity and portNumber.
using PtpPortIdentity = std::array<std::uint8_t, 10>;
/// Port 1 of the clock whose identity is the address as EUI-64.
PtpPortIdentity ptp_port_identity(const MacAddress& mac);

struct PtpMessage {
  PtpType type = PtpType::sync;
  std::uint16_t sequence = 0;
  PtpPortIdentity source{};
  std::uint64_t time = 0;        ///< its time stamp field, nanoseconds
  PtpPortIdentity requesting{};  ///< delay_resp: whose request it answers
};

/// Its octets, 44 or 54. Sync tells that a Follow_Up comes.
std::vector<std::byte> ptp_octets(const PtpMessage& message);
/// nullopt: not version 2, none of these types, or too short.
std::optional<PtpMessage> parse_ptp(std::span<const std::byte> octets);

}  // namespace niclab::lab
