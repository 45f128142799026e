// Segmentation and checksum insertion of whole packets (fact base 4.3, 4.4), against a known answer and
// against what scapy made of the same packets.
#include <gtest/gtest.h>

#include "../../support/tx_vectors.hpp"
#include "frames.hpp"
#include "hw/crc32.hpp"
#include "hw/tx_checksum.hpp"
#include "hw/tx_segmenter.hpp"
#include "hw/vlan_tag.hpp"

namespace niclab::hw {
namespace {

using namespace test;
using enum TxSegmentationResult;

/// Segments as the device makes them, up to the wire.
std::vector<Bytes> segments(const AdvTxContext& context, const AdvTxData& first, TcpFlagMasks masks,
                            std::span<const std::byte> packet) {
  std::vector<Bytes> out;
  TxSegmenter segmenter(context, first, masks);
  const std::uint32_t header = segmenter.header_bytes();
  while (!segmenter.done()) {
    const TxSegment s = segmenter.next();
    EXPECT_EQ(s.number, out.size());
    Bytes f(header);
    const auto piece = packet.subspan(header + s.offset, s.bytes);
    f.insert(f.end(), piece.begin(), piece.end());
    segmenter.write_header(s, packet.first(header), f);
    EXPECT_EQ(insert_checksums(f, context, first.ixsm(), first.txsm()), TxChecksumResult::ok);
    EXPECT_EQ(s.last, segmenter.done());
    out.push_back(std::move(f));
  }
  EXPECT_EQ(out.size(), segmenter.count());
  return out;
}

void tag(Bytes& f, const AdvTxContext& context, const AdvTxData& first) {
  if (!first.vle()) return;
  f.resize(f.size() + kVlanTagBytes);
  insert_vlan_tag(f, 0x8100, context.vlan());
}

AdvTxData tse(std::uint32_t paylen) {
  return AdvTxData::make({}, 0, txd::TSE | txd::EOP | txd::IFCS, paylen, txd::IXSM | txd::TXSM);
}

struct KnownAnswer {
  Bytes packet = ethernet(0x0800);
  AdvTxContext context =
      AdvTxContext{}.set_lengths(14, 20, 20).set_tucmd(txd::L4T_TCP | txd::IPV4).set_mss(1000);
  KnownAnswer() {
    append(packet, bytes({0x45, 0, 0, 0, 0x12, 0x34, 0x40, 0, 64, 6, 0, 0, 192, 168, 1, 1, 192, 168, 1, 2}));
    append(packet, be16(1000));
    append(packet, be16(2000));
    append(packet, be32(0x01000000));
    append(packet, be32(0x00002000));
    append(packet, bytes({0x50, 0x99, 0x20, 0x00, 0x83, 0x5A, 0, 0}));
    for (int i = 0; i < 2500; ++i) packet.push_back(static_cast<std::byte>(i));
  }
};

struct Row {
  unsigned ip_length, id;
  std::uint32_t seq;
  unsigned flags, ip_checksum, tcp_checksum;
  bool operator==(const Row&) const = default;
};
void PrintTo(const Row& r, std::ostream* os) {
  *os << std::hex << r.ip_length << ' ' << r.id << ' ' << r.seq << ' ' << r.flags << ' ' << r.ip_checksum
      << ' ' << r.tcp_checksum;
}
Row row_of(const Bytes& f) {
  return {load_be16(&f[16]), load_be16(&f[18]), load_be32(&f[38]),
          load_u8(&f[47]),   load_be16(&f[24]), load_be16(&f[50])};
}

TEST(Segmentation, FactBase_4_4_1_KnownAnswer) {
  const KnownAnswer k;
  const auto out = segments(k.context, tse(2500), TcpFlagMasks::of(0x0FF60FF6, 0x0F7F), k.packet);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(row_of(out[0]), (Row{1040, 0x1234, 0x01000000, 0x90, 0xA160, 0x49DD}));
  EXPECT_EQ(row_of(out[1]), (Row{1040, 0x1235, 0x010003E8, 0x90, 0xA15F, 0x24D4}));
  EXPECT_EQ(row_of(out[2]), (Row{540, 0x1236, 0x010007D0, 0x19, 0xA352, 0x103D}));
  EXPECT_EQ(out[2].size(), 14u + 540);
}

TEST(Segmentation, FactBase_2_8_5_TheOtherMiddleMaskClearsCwr) {
  const KnownAnswer k;
  const auto out = segments(k.context, tse(2500), TcpFlagMasks::of(0x0F760FF6, 0x0F7F), k.packet);
  EXPECT_EQ(row_of(out[0]).flags, 0x90u);
  EXPECT_EQ(row_of(out[1]).flags, 0x10u);
  EXPECT_EQ(row_of(out[1]).tcp_checksum, 0x24D4u + 0x80);
}

TEST(Segmentation, ScapyMakesTheSameSegments) {
  const auto vectors = tx_vectors("-segmentation");
  ASSERT_GE(vectors.size(), 200u);
  for (std::size_t n = 0; n < vectors.size(); ++n) {
    const TxVector& v = vectors[n];
    ASSERT_EQ(TxSegmenter::check(v.context, v.first(), 9724), ok) << n;
    auto out = segments(v.context, v.first(), TcpFlagMasks::of(v.flag_low, v.flag_high), v.packet);
    ASSERT_EQ(out.size(), v.leaving.size()) << n;
    for (std::size_t i = 0; i < out.size(); ++i) {
      tag(out[i], v.context, v.first());
      ASSERT_EQ(out[i].size(), v.leaving[i].length) << v.name << ' ' << n << " segment " << i;
      ASSERT_EQ(ethernet_fcs(out[i]), v.leaving[i].fcs) << v.name << ' ' << n << " segment " << i;
    }
  }
}

TEST(TxChecksum, ScapyInsertsTheSame) {
  auto vectors = tx_vectors("-checksum");
  ASSERT_GE(vectors.size(), 300u);
  for (std::size_t n = 0; n < vectors.size(); ++n) {
    TxVector& v = vectors[n];
    ASSERT_EQ(insert_checksums(v.packet, v.context, v.first().ixsm(), v.first().txsm()), TxChecksumResult::ok)
        << n;
    tag(v.packet, v.context, v.first());
    ASSERT_EQ(v.packet.size(), v.leaving.at(0).length) << v.name << ' ' << n;
    ASSERT_EQ(ethernet_fcs(v.packet), v.leaving[0].fcs) << v.name << ' ' << n;
  }
}

TEST(Segmentation, WhatCannotBeSegmented) {
  const auto check = [](AdvTxContext c, AdvTxData d = tse(100)) { return TxSegmenter::check(c, d, 9724); };
  const auto with = [](unsigned mac, unsigned ip, unsigned l4, std::uint32_t tucmd, unsigned mss = 1000) {
    return AdvTxContext{}.set_lengths(mac, ip, l4).set_tucmd(tucmd).set_mss(mss);
  };
  constexpr std::uint32_t tcp4 = txd::L4T_TCP | txd::IPV4, tcp6 = txd::L4T_TCP;
  EXPECT_EQ(check(with(14, 20, 20, tcp4)), ok);
  EXPECT_EQ(check(with(14, 20, 20, tcp4), tse(0)), no_payload);
  EXPECT_EQ(check(AdvTxContext{}), no_segment_size) << "no context was ever given";
  EXPECT_EQ(check(with(14, 20, 20, txd::L4T_SCTP | txd::IPV4)), l4_type);
  EXPECT_EQ(check(with(14, 20, 20, txd::L4T_MASK | txd::IPV4)), l4_type);
  EXPECT_EQ(check(with(13, 20, 20, tcp4)), mac_header_too_short);
  EXPECT_EQ(check(with(21, 20, 20, tcp4 | txd::SNAP)), mac_header_too_short);
  EXPECT_EQ(check(with(22, 20, 20, tcp4 | txd::SNAP)), ok);
  EXPECT_EQ(check(with(14, 16, 20, tcp4)), ip_header_too_short);
  EXPECT_EQ(check(with(14, 39, 20, tcp6)), ip_header_too_short);
  EXPECT_EQ(check(with(14, 20, 0, tcp4)), l4_header_too_short);
  EXPECT_EQ(check(with(14, 20, 19, tcp4)), l4_header_too_short);
  EXPECT_EQ(check(with(14, 20, 7, txd::L4T_UDP | txd::IPV4)), l4_header_too_short);
  EXPECT_EQ(check(with(14, 20, 20, tcp4, 9671), tse(20000)), segment_too_long);
  EXPECT_EQ(check(with(14, 20, 20, tcp4, 9670), tse(20000)), ok);
  EXPECT_EQ(check(with(14, 20, 20, tcp4, 65535), tse(9670)), ok) << "one segment of what there is";
  for (unsigned r = 0; r <= static_cast<unsigned>(segment_too_long); ++r)
    EXPECT_FALSE(to_string(static_cast<TxSegmentationResult>(r)).empty());
}

// The largest PAYLEN and the smallest MSS: segment numbers of 18 bits, and the identification wraps.
TEST(Segmentation, AsManySegmentsAsPaylenCanAskFor) {
  TxSegmenter s(AdvTxContext{}.set_lengths(14, 20, 20).set_tucmd(txd::L4T_TCP | txd::IPV4).set_mss(1),
                tse(0x3FFFF), {});
  EXPECT_EQ(s.count(), 0x3FFFFu);
  std::uint32_t n = 0, bytes = 0;
  for (; !s.done(); ++n) bytes += s.next().bytes;
  EXPECT_EQ(n, 0x3FFFFu);
  EXPECT_EQ(bytes, 0x3FFFFu);
}

TEST(TxChecksum, LegacyInsertion) {
  Bytes f = ethernet(0x1234);
  append(f, bytes({0x12, 0x34, 0, 0, 0x56, 0x78, 0x9A}));  // odd
  const Bytes before = f;
  insert_legacy_checksum(f, 14, 16);
  EXPECT_EQ(load_be16(&f[16]), static_cast<std::uint16_t>(~(0x1234 + 0x5678 + 0x9A00 - 0xFFFF)));
  f = before;
  for (const auto& [css, cso] : {std::pair{21u, 16u}, {14u, 20u}, {255u, 255u}}) {
    insert_legacy_checksum(f, css, cso);
    EXPECT_EQ(f, before) << css << ' ' << cso << ": outside, ignored";
  }
  insert_legacy_checksum(f, 14, 19);
  EXPECT_NE(f, before);
}

TEST(VlanTag, BehindTheAddresses) {
  Bytes f = ethernet(0x0800);
  append(f, bytes({1, 2, 3}));
  f.resize(21);
  insert_vlan_tag(f, 0x8100, 0xE123);
  Bytes expected = bytes({2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0xE1, 0x23, 8, 0, 1, 2, 3});
  EXPECT_EQ(f, expected);
}

}  // namespace
}  // namespace niclab::hw
