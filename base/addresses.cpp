#include "base/addresses.hpp"

#include <charconv>
#include <cstdio>

namespace niclab {
namespace {

/// Reads one decimal number in 0..limit at the front of `text` and removes it; no leading sign or blank.
std::optional<unsigned> take_number(std::string_view& text, unsigned limit) {
  unsigned v = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (ec != std::errc{} || v > limit || end - text.data() > 3) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return v;
}

bool take_char(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Ipv4Address> take_ipv4(std::string_view& text) {
  std::uint32_t v = 0;
  for (int i = 0; i < 4; ++i) {
    if (i != 0 && !take_char(text, '.')) return std::nullopt;
    const auto octet = take_number(text, 255);
    if (!octet) return std::nullopt;
    v = v << 8 | *octet;
  }
  return Ipv4Address{v};
}

}  // namespace

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  if (text.size() != 17) return std::nullopt;
  MacAddress mac;
  for (std::size_t i = 0; i < 6; ++i) {
    const char* p = text.data() + 3 * i;
    const auto [end, ec] = std::from_chars(p, p + 2, mac.octets[i], 16);
    if (ec != std::errc{} || end != p + 2 || (i < 5 && p[2] != ':')) return std::nullopt;
  }
  return mac;
}

std::string MacAddress::to_string() const {
  char s[18];
  std::snprintf(s, sizeof s, "%02x:%02x:%02x:%02x:%02x:%02x", octets[0], octets[1], octets[2], octets[3],
                octets[4], octets[5]);
  return s;
}

std::optional<Ipv4Address> Ipv4Address::parse(std::string_view text) {
  const auto a = take_ipv4(text);
  return text.empty() ? a : std::nullopt;
}

std::string Ipv4Address::to_string() const {
  char s[16];
  std::snprintf(s, sizeof s, "%u.%u.%u.%u", value >> 24, value >> 16 & 255, value >> 8 & 255, value & 255);
  return s;
}

std::optional<Ipv4Prefix> Ipv4Prefix::parse(std::string_view text) {
  const auto a = take_ipv4(text);
  if (!a || !take_char(text, '/')) return std::nullopt;
  const auto length = take_number(text, 32);
  if (!length || !text.empty()) return std::nullopt;
  return Ipv4Prefix{*a, *length};
}

std::string Ipv4Prefix::to_string() const { return address.to_string() + "/" + std::to_string(length); }

std::string PciAddress::to_string() const {
  char s[16];
  std::snprintf(s, sizeof s, "0000:%02x:%02x.%x", bus, device, function);
  return s;
}

}  // namespace niclab
