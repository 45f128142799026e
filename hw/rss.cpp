#include "hw/rss.hpp"

#include <bit>
#include <cstring>

namespace niclab::hw {

using namespace reg;

void RssHash::write_rssrk(unsigned i, std::uint32_t value) {
  std::memcpy(&key_[4 * i], &value, 4);
  stale_ = true;
}

void RssHash::write_reta(unsigned i, std::uint32_t value) {
  for (unsigned b = 0; b < 4; ++b) reta_[4 * i + b] = value >> 8 * b & 7;
}

void RssHash::rebuild() {
  stale_ = false;
  for (unsigned i = 0; i < kMaxInput; ++i) {
    // The 40 key bits that slide past input byte i; bit 7 of the byte meets the leftmost 32 of them.
    std::uint64_t window = 0;
    for (unsigned b = 0; b < 5; ++b) window = window << 8 | (i + b < kKeyBytes ? key_[i + b] : 0);
    auto& row = table_[i];
    row[0] = 0;
    for (unsigned value = 1; value < 256; ++value) {
      const unsigned lowest = static_cast<unsigned>(std::countr_zero(value));
      row[value] = row[value & (value - 1)] ^ static_cast<std::uint32_t>(window >> (lowest + 1));
    }
  }
}

std::uint32_t RssHash::toeplitz(std::span<const std::byte> input) {
  if (stale_) [[unlikely]]
    rebuild();
  std::uint32_t hash = 0;
  for (std::size_t i = 0; i < input.size() && i < kMaxInput; ++i)
    hash ^= table_[i][std::to_integer<std::uint8_t>(input[i])];
  return hash;
}

/// The first enabled match in the order of fact base 4.1.1.
RssHash::Choice RssHash::choose(const ParsedPacket& p) const {
  constexpr Choice kNone{RssType::none, false};
  if (p.l3 == L3::ipv4) {
    if (p.l4 == L4::tcp && (mrqc_ & mrqc::TCP_IPV4)) return {RssType::ipv4_tcp, true};
    if (p.l4 == L4::udp && (mrqc_ & mrqc::UDP_IPV4)) return {RssType::ipv4_udp, true};
    return mrqc_ & mrqc::IPV4 ? Choice{RssType::ipv4, false} : kNone;
  }
  return p.l3 == L3::ipv6 ? choose_ipv6(p) : kNone;
}

/// An "Ex" type is for any packet and takes the home addresses if there are some; a plain one is for packets
/// without. RFCTL takes the Ex and the port types away from packets with extension headers, or only from
/// those with home addresses.
RssHash::Choice RssHash::choose_ipv6(const ParsedPacket& p) const {
  const bool disabled = (p.ipv6_extension && (rfctl_ & rfctl::IPV6_EX_DIS)) ||
                        (p.ipv6_addresses && (rfctl_ & rfctl::NEW_IPV6_EXT_DIS));
  const auto either = [&](std::uint32_t ex_bit, Choice ex, std::uint32_t plain_bit, Choice plain) -> Choice {
    const bool use_plain = (mrqc_ & plain_bit) && !p.ipv6_addresses;
    const bool use_ex = mrqc_ & ex_bit;
    if (use_plain && (readings_.plain_ipv6_types || !use_ex)) return plain;
    return use_ex ? ex : Choice{RssType::none, false};
  };
  const Choice any{RssType::ipv6, false}, any_ex{RssType::ipv6_ex, false, true};
  if (disabled) return mrqc_ & mrqc::IPV6 ? any : Choice{RssType::none, false};
  Choice ports{RssType::none, false};
  if (p.l4 == L4::tcp)
    ports = either(mrqc::TCP_IPV6_EX, {RssType::ipv6_tcp_ex, true, true}, mrqc::TCP_IPV6,
                   {RssType::ipv6_tcp, true});
  if (p.l4 == L4::udp)
    ports = either(mrqc::UDP_IPV6_EX, {RssType::ipv6_udp_ex, true, true}, mrqc::UDP_IPV6,
                   {RssType::ipv6_udp, true});
  if (ports.type != RssType::none) return ports;
  const Choice addresses = either(mrqc::IPV6_EX, any_ex, mrqc::IPV6, any);
  if (addresses.type != RssType::none) return addresses;
  return mrqc_ & mrqc::IPV6 ? any : Choice{RssType::none, false};
}

RssResult RssHash::hash(const ParsedPacket& packet) {
  const Choice choice = active() ? choose(packet) : Choice{RssType::none, false};
  if (choice.type == RssType::none) return {0, RssType::none, default_queue()};
  const bool v4 = packet.l3 == L3::ipv4;
  std::array<std::byte, kMaxInput> input;
  std::size_t size = v4 ? 8 : 32;
  if (choice.ex && packet.ipv6_addresses) [[unlikely]] {
    std::memcpy(input.data(), packet.frame.data() + packet.ipv6_source, 16);
    std::memcpy(input.data() + 16, packet.frame.data() + packet.ipv6_destination, 16);
  } else {
    std::memcpy(input.data(), packet.frame.data() + packet.l3_offset + (v4 ? 12 : 8), size);
  }
  if (choice.ports) {
    std::memcpy(input.data() + size, packet.frame.data() + packet.l4_offset, 4);
    size += 4;
  }
  const std::uint32_t h = toeplitz({input.data(), size});
  return {h, choice.type, reta_[h % kEntries]};
}

}  // namespace niclab::hw
