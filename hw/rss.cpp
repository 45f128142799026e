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
  if (p.l3 != L3::ipv6) return kNone;
  const bool ex = !p.ipv6_extension || !(rfctl_ & (rfctl::IPV6_EX_DIS | rfctl::NEW_IPV6_EXT_DIS));
  const bool plain = !p.ipv6_extension;
  if (p.l4 == L4::tcp && ex && (mrqc_ & mrqc::TCP_IPV6_EX)) return {RssType::ipv6_tcp_ex, true};
  if (p.l4 == L4::tcp && plain && (mrqc_ & mrqc::TCP_IPV6)) return {RssType::ipv6_tcp, true};
  if (p.l4 == L4::udp && ex && (mrqc_ & mrqc::UDP_IPV6_EX)) return {RssType::ipv6_udp_ex, true};
  if (p.l4 == L4::udp && plain && (mrqc_ & mrqc::UDP_IPV6)) return {RssType::ipv6_udp, true};
  if (ex && (mrqc_ & mrqc::IPV6_EX)) return {RssType::ipv6_ex, false};
  return mrqc_ & mrqc::IPV6 ? Choice{RssType::ipv6, false} : kNone;
}

RssResult RssHash::hash(const ParsedPacket& packet) {
  if (!active()) return {};
  const Choice choice = choose(packet);
  if (choice.type == RssType::none) return {};
  const bool v4 = packet.l3 == L3::ipv4;
  std::array<std::byte, kMaxInput> input;
  std::size_t size = v4 ? 8 : 32;
  std::memcpy(input.data(), packet.frame.data() + packet.l3_offset + (v4 ? 12 : 8), size);
  if (choice.ports) {
    std::memcpy(input.data() + size, packet.frame.data() + packet.l4_offset, 4);
    size += 4;
  }
  const std::uint32_t h = toeplitz({input.data(), size});
  return {h, choice.type, reta_[h % kEntries]};
}

}  // namespace niclab::hw
