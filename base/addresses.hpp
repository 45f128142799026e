// Network and bus addresses as value types.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace niclab {

/// A 48-bit Ethernet address; octet 0 is the first on the wire.
struct MacAddress {
  std::array<std::uint8_t, 6> octets{};
  constexpr auto operator<=>(const MacAddress&) const = default;
  constexpr bool is_group() const { return (octets[0] & 1) != 0; }
  constexpr bool is_broadcast() const { return *this == broadcast(); }
  constexpr bool is_zero() const { return *this == MacAddress{}; }
  static constexpr MacAddress broadcast() { return {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}; }
  static MacAddress load(const std::byte* p) {
    MacAddress m;
    std::memcpy(m.octets.data(), p, 6);
    return m;
  }
  void store(std::byte* p) const { std::memcpy(p, octets.data(), 6); }
  /// "02:00:00:35:00:0a", any case; nothing else is accepted.
  static std::optional<MacAddress> parse(std::string_view text);
  std::string to_string() const;
};

/// An IPv4 address; `value` is in host order (10.9.0.1 is 0x0a090001).
struct Ipv4Address {
  std::uint32_t value = 0;
  constexpr auto operator<=>(const Ipv4Address&) const = default;
  constexpr bool is_any() const { return value == 0; }
  constexpr bool is_multicast() const { return (value >> 28) == 0xe; }
  constexpr bool is_limited_broadcast() const { return value == 0xffffffff; }
  constexpr bool is_loopback() const { return (value >> 24) == 127; }
  /// Dotted quad only.
  static std::optional<Ipv4Address> parse(std::string_view text);
  std::string to_string() const;
};

/// An address with its prefix length: "10.9.0.1/24".
struct Ipv4Prefix {
  Ipv4Address address;
  unsigned length = 32;  ///< 0..32
  constexpr auto operator<=>(const Ipv4Prefix&) const = default;
  constexpr std::uint32_t mask() const { return length == 0 ? 0 : ~std::uint32_t{0} << (32 - length); }
  constexpr bool contains(Ipv4Address a) const { return ((a.value ^ address.value) & mask()) == 0; }
  constexpr Ipv4Address broadcast() const { return {address.value | ~mask()}; }
  static std::optional<Ipv4Prefix> parse(std::string_view text);
  std::string to_string() const;
};

/// RFC 1112 §6.4: the Ethernet address of an IPv4 group.
constexpr MacAddress multicast_mac(Ipv4Address group) {
  return {{0x01, 0x00, 0x5e, static_cast<std::uint8_t>((group.value >> 16) & 0x7f),
           static_cast<std::uint8_t>(group.value >> 8), static_cast<std::uint8_t>(group.value)}};
}

/// An address on the PCIe bus as the device sees it (after dma_map, before the IOMMU).
struct DmaAddress {
  std::uint64_t value = 0;
  constexpr auto operator<=>(const DmaAddress&) const = default;
  constexpr DmaAddress operator+(std::uint64_t n) const { return {value + n}; }
};

/// Where a PCI function sits: bus, device, function.
struct PciAddress {
  std::uint8_t bus = 0, device = 0, function = 0;
  constexpr auto operator<=>(const PciAddress&) const = default;
  /// The 16-bit Requester ID (PCI Express Base 2.2.6.2).
  constexpr std::uint16_t requester_id() const {
    return static_cast<std::uint16_t>(bus << 8 | device << 3 | function);
  }
  std::string to_string() const;  ///< "0000:01:00.0"
};

}  // namespace niclab
