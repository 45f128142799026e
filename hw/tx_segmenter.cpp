#include "hw/tx_segmenter.hpp"

#include <cstring>

#include "base/bytes.hpp"
#include "base/inet_checksum.hpp"

namespace niclab::hw {
namespace {

constexpr unsigned kEthernet = 14, kSnap = 8, kTag = 4;  // header bytes
constexpr unsigned kIpv4 = 20, kIpv6 = 40, kTcp = 20, kUdp = 8;
constexpr std::uint16_t kVlanEtherType = 0x8100;

void add_be16(std::byte* field, std::uint32_t n) {
  store_be16(field, static_cast<std::uint16_t>(load_be16(field) + n));
}
void put_be16(std::byte* field, std::uint32_t value) { store_be16(field, static_cast<std::uint16_t>(value)); }

}  // namespace

TxSegmentationResult TxSegmenter::check(const AdvTxContext& c, const AdvTxData& first,
                                        std::uint32_t longest) {
  using enum TxSegmentationResult;
  if (first.paylen() == 0) return no_payload;
  if (c.mss() == 0) return no_segment_size;
  if (c.l4t() != txd::L4T_TCP && c.l4t() != txd::L4T_UDP) return l4_type;
  if (c.maclen() < kEthernet + (c.snap() ? kSnap : 0)) return mac_header_too_short;
  if (c.iplen() < (c.ipv4() ? kIpv4 : kIpv6)) return ip_header_too_short;
  if (c.l4len() < (c.l4t() == txd::L4T_TCP ? kTcp : kUdp)) return l4_header_too_short;
  const std::uint32_t payload = std::min<std::uint32_t>(c.mss(), first.paylen());
  return c.maclen() + c.iplen() + c.l4len() + payload > longest ? segment_too_long : ok;
}

void TxSegmenter::write_header(const TxSegment& s, std::span<const std::byte> prototype,
                               std::span<std::byte> frame) const {
  std::memcpy(frame.data(), prototype.data(), header_bytes());
  std::byte* const mac = frame.data();
  std::byte* const ip = mac + context_.maclen();
  std::byte* const l4 = ip + context_.iplen();
  const bool tcp = context_.l4t() == txd::L4T_TCP;
  const std::uint32_t l4_bytes = context_.l4len() + s.bytes;
  if (context_.snap()) {
    const unsigned tag = load_be16(mac + 12) == kVlanEtherType ? kTag : 0;  // software's own
    put_be16(mac + 12 + tag, header_bytes() + s.bytes - kEthernet - tag);
  }
  write_ip(s, ip);
  if (tcp) {
    write_tcp(s, l4);
  } else {
    put_be16(l4 + 4, l4_bytes);
  }
  if (!txsm_) return;
  std::byte* const checksum = l4 + (tcp ? 16 : 6);
  InetChecksum sum(load_be16(checksum));
  sum.add16(static_cast<std::uint16_t>(l4_bytes));
  store_be16(checksum, sum.partial());
}

void TxSegmenter::write_ip(const TxSegment& s, std::byte* ip) const {
  const std::uint32_t behind_mac = context_.iplen() + context_.l4len() + s.bytes;
  if (context_.ipv4()) {
    put_be16(ip + 2, behind_mac);
    add_be16(ip + 4, s.number);
  } else {
    put_be16(ip + 4, behind_mac - kIpv6);
  }
}

void TxSegmenter::write_tcp(const TxSegment& s, std::byte* tcp) const {
  store_be32(tcp + 4, load_be32(tcp + 4) + s.offset);
  const std::uint16_t mask = s.last ? masks_.last : s.number == 0 ? masks_.first : masks_.middle;
  store_be16(tcp + 12, static_cast<std::uint16_t>(load_be16(tcp + 12) & (0xF000 | mask)));
}

std::string_view to_string(TxSegmentationResult result) {
  constexpr std::string_view names[] = {"ok",
                                        "PAYLEN is 0",
                                        "MSS is 0, or no context",
                                        "L4 type neither TCP nor UDP",
                                        "MAC header too short",
                                        "IP header too short",
                                        "L4 header too short",
                                        "segment longer than the longest packet"};
  return names[static_cast<unsigned>(result)];
}

}  // namespace niclab::hw
