#include "lab/ptp_message.hpp"

#include <cstring>

#include "base/bytes.hpp"

namespace niclab::lab {
namespace {

constexpr std::size_t kLength = 2, kFlags = 6, kSource = 20, kSequence = 30, kControl = 32, kInterval = 33,
                      kTime = 34, kRequesting = 44, kShort = 44, kLong = 54;
constexpr std::uint16_t kTwoStep = 0x0200;
constexpr std::uint64_t kSecond = 1'000'000'000;

std::size_t length_of(PtpType type) { return type == PtpType::delay_resp ? kLong : kShort; }

/// The field that version 1 had instead of a type.
std::uint8_t control_of(PtpType type) {
  switch (type) {
    case PtpType::sync: return 0;
    case PtpType::delay_req: return 1;
    case PtpType::follow_up: return 2;
    case PtpType::delay_resp: return 3;
  }
  return 5;
}

}  // namespace

PtpPortIdentity ptp_port_identity(const MacAddress& mac) {
  const auto& o = mac.octets;
  return {o[0], o[1], o[2], 0xFF, 0xFE, o[3], o[4], o[5], 0, 1};
}

std::vector<std::byte> ptp_octets(const PtpMessage& m) {
  std::vector<std::byte> octets(length_of(m.type));
  std::byte* const p = octets.data();
  p[0] = static_cast<std::byte>(m.type);
  p[1] = std::byte{2};
  store_be16(p + kLength, static_cast<std::uint16_t>(octets.size()));
  if (m.type == PtpType::sync) store_be16(p + kFlags, kTwoStep);
  std::memcpy(p + kSource, m.source.data(), m.source.size());
  store_be16(p + kSequence, m.sequence);
  p[kControl] = std::byte{control_of(m.type)};
  p[kInterval] = std::byte{0x7F};
  const std::uint64_t seconds = m.time / kSecond;
  store_be16(p + kTime, static_cast<std::uint16_t>(seconds >> 32));
  store_be32(p + kTime + 2, static_cast<std::uint32_t>(seconds));
  store_be32(p + kTime + 6, static_cast<std::uint32_t>(m.time % kSecond));
  if (m.type == PtpType::delay_resp) std::memcpy(p + kRequesting, m.requesting.data(), m.requesting.size());
  return octets;
}

std::optional<PtpMessage> parse_ptp(std::span<const std::byte> octets) {
  if (octets.size() < kShort || (load_u8(octets.data() + 1) & 0xF) != 2) return std::nullopt;
  const std::byte* const p = octets.data();
  PtpMessage m;
  m.type = static_cast<PtpType>(load_u8(p) & 0xF);
  if (control_of(m.type) == 5 || octets.size() < length_of(m.type)) return std::nullopt;
  m.sequence = load_be16(p + kSequence);
  std::memcpy(m.source.data(), p + kSource, m.source.size());
  m.time = (std::uint64_t{load_be16(p + kTime)} << 32 | load_be32(p + kTime + 2)) * kSecond +
           load_be32(p + kTime + 6);
  if (m.type == PtpType::delay_resp) std::memcpy(m.requesting.data(), p + kRequesting, m.requesting.size());
  return m;
}

}  // namespace niclab::lab
