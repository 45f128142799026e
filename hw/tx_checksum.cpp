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

}  // namespace

TxChecksumResult check_offload(std::size_t size, const AdvTxContext& context, bool ixsm, bool txsm) {
  const bool ip = ixsm && context.ipv4();
  const std::size_t l4 = context.maclen() + context.iplen();
  if (!ip && !txsm) return TxChecksumResult::ok;
  if (l4 > size) return TxChecksumResult::ip_header_outside_frame;
  if (ip && context.iplen() < 20) return TxChecksumResult::ip_header_too_short;
  if (txsm) {
    if (context.l4t() == txd::L4T_MASK) return TxChecksumResult::l4_type_reserved;
    const L4Field field = l4_field(context.l4t());
    if (l4 + field.offset + field.size > size) return TxChecksumResult::l4_header_outside_frame;
  }
  return TxChecksumResult::ok;
}

TxChecksums compute_checksums(std::span<const std::byte> packet, const AdvTxContext& context, bool ixsm,
                              bool txsm) {
  TxChecksums out;
  const std::size_t l3 = context.maclen(), l4 = l3 + context.iplen();
  if (ixsm && context.ipv4()) {
    InetChecksum sum;
    sum.add(packet.subspan(l3, kIpv4Field));
    sum.add(packet.subspan(l3 + kIpv4Field + 2, context.iplen() - kIpv4Field - 2));
    out.ip = true;
    out.ip_offset = static_cast<std::uint16_t>(l3 + kIpv4Field);
    out.ip_checksum = sum.finish();
  }
  if (txsm && context.l4t() != txd::L4T_SCTP) {
    InetChecksum sum;
    sum.add(packet.subspan(l4));
    const std::uint16_t value = sum.finish();
    out.l4 = true;
    out.l4_offset = static_cast<std::uint16_t>(l4 + l4_field(context.l4t()).offset);
    out.l4_checksum = context.l4t() == txd::L4T_UDP && value == 0 ? 0xFFFF : value;
  }
  return out;
}

void apply_checksums(std::span<std::byte> packet, const TxChecksums& checksums) {
  if (checksums.ip) store_be16(packet.data() + checksums.ip_offset, checksums.ip_checksum);
  if (checksums.l4) store_be16(packet.data() + checksums.l4_offset, checksums.l4_checksum);
}

void insert_sctp_crc(std::span<std::byte> packet, const AdvTxContext& context, bool txsm) {
  if (!txsm || context.l4t() != txd::L4T_SCTP) return;
  const auto sctp = packet.subspan(context.maclen() + context.iplen());
  store_le(sctp.data() + l4_field(txd::L4T_SCTP).offset, crc32c_field_zero(sctp, 8));
}

TxChecksumResult insert_checksums(std::span<std::byte> packet, const AdvTxContext& context, bool ixsm,
                                  bool txsm) {
  const TxChecksumResult result = check_offload(packet.size(), context, ixsm, txsm);
  if (result != TxChecksumResult::ok) return result;
  apply_checksums(packet, compute_checksums(packet, context, ixsm, txsm));
  insert_sctp_crc(packet, context, txsm);
  return result;
}

void insert_legacy_checksum(std::span<std::byte> packet, std::size_t css, std::size_t cso) {
  if (css >= packet.size() || cso + 2 > packet.size()) return;
  InetChecksum sum;
  sum.add(packet.subspan(css));
  store_be16(packet.data() + cso, sum.finish());
}

std::string_view to_string(TxChecksumResult result) {
  constexpr std::string_view names[] = {"ok", "IP header outside the frame", "IP header too short",
                                        "L4 header outside the frame", "reserved L4 type"};
  return names[static_cast<unsigned>(result)];
}

}  // namespace niclab::hw
