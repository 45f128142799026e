// Byte-order codecs. Wire formats are big-endian, PCIe and device registers little-endian.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace niclab {

static_assert(std::endian::native == std::endian::little, "niclab runs on little-endian hosts");

/// A size in bytes, kept apart from counts and addresses.
struct ByteCount {
  std::uint64_t value = 0;
  constexpr auto operator<=>(const ByteCount&) const = default;
  constexpr ByteCount& operator+=(ByteCount o) { return value += o.value, *this; }
};

template <class T>
inline T load_le(const std::byte* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <class T>
inline void store_le(std::byte* p, T v) {
  std::memcpy(p, &v, sizeof v);
}
inline std::uint16_t load_be16(const std::byte* p) { return __builtin_bswap16(load_le<std::uint16_t>(p)); }
inline std::uint32_t load_be32(const std::byte* p) { return __builtin_bswap32(load_le<std::uint32_t>(p)); }
inline void store_be16(std::byte* p, std::uint16_t v) { store_le(p, __builtin_bswap16(v)); }
inline void store_be32(std::byte* p, std::uint32_t v) { store_le(p, __builtin_bswap32(v)); }
inline std::uint8_t load_u8(const std::byte* p) { return std::to_integer<std::uint8_t>(*p); }

}  // namespace niclab
