#include "hw/tx_checksum.hpp"

#include "base/bytes.hpp"
#include "base/inet_checksum.hpp"
#include "hw/crc32.hpp"

namespace niclab::hw {
namespace {

constexpr std::size_t kIpv4Field = 10;  ///< bytes into the header

/// Where the checksum of an L4T lies and how wide it is.
struct L4Field {
  std::size_t offset, size;
};
constexpr L4Field l4_field(std::uint32_t l4t) {
  if (l4t == txd::L4T_TCP) return {16, 2};
  return l4t == txd::L4T_SCTP ? L4Field{8, 4} : L4Field{6, 2};
}

void insert_ip(std::span<std::byte> header) {
  store_be16(header.data() + kIpv4Field, 0);
  InetChecksum sum;
  sum.add(header);
  store_be16(header.data() + kIpv4Field, sum.finish());
}

void insert_l4(std::span<std::byte> packet, std::uint32_t l4t) {
  std::byte* field = packet.data() + l4_field(l4t).offset;
  if (l4t == txd::L4T_SCTP) {
    store_le(field, crc32c_field_zero(packet, 8));
    return;
  }
  InetChecksum sum;
  sum.add(packet);
  std::uint16_t value = sum.finish();
  if (l4t == txd::L4T_UDP && value == 0) value = 0xFFFF;
  store_be16(field, value);
}

}  // namespace

TxChecksumResult insert_checksums(std::span<std::byte> frame, const AdvTxContext& context, bool ixsm,
                                  bool txsm) {
  const bool ip = ixsm && context.ipv4();
  const std::size_t l3 = context.maclen(), l4 = l3 + context.iplen();
  if (!ip && !txsm) return TxChecksumResult::ok;
  if (l4 > frame.size()) return TxChecksumResult::ip_header_outside_frame;
  if (ip && context.iplen() < 20) return TxChecksumResult::ip_header_too_short;
  if (txsm) {
    if (context.l4t() == txd::L4T_MASK) return TxChecksumResult::l4_type_reserved;
    const L4Field field = l4_field(context.l4t());
    if (l4 + field.offset + field.size > frame.size()) return TxChecksumResult::l4_header_outside_frame;
  }
  if (ip) insert_ip(frame.subspan(l3, context.iplen()));
  if (txsm) insert_l4(frame.subspan(l4), context.l4t());
  return TxChecksumResult::ok;
}

std::string_view to_string(TxChecksumResult result) {
  constexpr std::string_view names[] = {"ok", "IP header outside the frame", "IP header too short",
                                        "L4 header outside the frame", "reserved L4 type"};
  return names[static_cast<unsigned>(result)];
}

}  // namespace niclab::hw
