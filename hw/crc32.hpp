// CRC-32 of Ethernet (the FCS) and CRC-32C (SCTP), eight bytes a step.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"

namespace niclab::hw {

/// A reflected 32-bit CRC with initial value and final XOR of all ones, by slicing-by-8 tables.
class Crc32 {
 public:
  /// `polynomial` in reflected form.
  explicit constexpr Crc32(std::uint32_t polynomial) {
    for (std::uint32_t b = 0; b < 256; ++b) {
      std::uint32_t c = b;
      for (int i = 0; i < 8; ++i) c = c >> 1 ^ (c & 1 ? polynomial : 0);
      table_[0][b] = c;
    }
    for (std::uint32_t b = 0; b < 256; ++b)
      for (unsigned k = 1; k < 8; ++k)
        table_[k][b] = table_[k - 1][b] >> 8 ^ table_[0][table_[k - 1][b] & 0xFF];
  }

  std::uint32_t operator()(std::span<const std::byte> bytes) const {
    return ~update(~std::uint32_t{0}, bytes);
  }

  /// Feeds more bytes to a running remainder that began as all ones; the CRC is its complement.
  std::uint32_t update(std::uint32_t c, std::span<const std::byte> bytes) const {
    const std::byte* p = bytes.data();
    std::size_t n = bytes.size();
    for (; n >= 8; n -= 8, p += 8) {
      const std::uint64_t v = load_le<std::uint64_t>(p) ^ c;
      c = 0;
      for (unsigned k = 0; k < 8; ++k) c ^= table_[7 - k][v >> 8 * k & 0xFF];
    }
    for (; n > 0; --n, ++p) c = c >> 8 ^ table_[0][(c ^ load_u8(p)) & 0xFF];
    return c;
  }

 private:
  std::array<std::array<std::uint32_t, 256>, 8> table_{};
};

inline constexpr Crc32 kEthernetCrc{0xEDB88320};
inline constexpr Crc32 kCrc32c{0x82F63B78};

/// The frame check sequence over destination address to the end of the data; on the wire least significant
/// byte first (fact base 4.2: "123456789" gives 0xCBF43926).
inline std::uint32_t ethernet_fcs(std::span<const std::byte> frame) { return kEthernetCrc(frame); }
/// "123456789" gives 0xE3069283; SCTP stores it least significant byte first.
inline std::uint32_t crc32c(std::span<const std::byte> bytes) { return kCrc32c(bytes); }

/// CRC-32C of `bytes` as if the four bytes at `field` were zero: how SCTP computes and checks its checksum.
/// `field + 4` must not exceed the size.
inline std::uint32_t crc32c_field_zero(std::span<const std::byte> bytes, std::size_t field) {
  constexpr std::array<std::byte, 4> zero{};
  std::uint32_t c = kCrc32c.update(~std::uint32_t{0}, bytes.first(field));
  c = kCrc32c.update(c, zero);
  return ~kCrc32c.update(c, bytes.subspan(field + 4));
}

}  // namespace niclab::hw
