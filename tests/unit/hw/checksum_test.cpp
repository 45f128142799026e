// CRCs and transmit checksum insertion (fact base 4.2, 4.3).
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string_view>

#include "frames.hpp"
#include "hw/crc32.hpp"
#include "hw/descriptors.hpp"
#include "hw/packet_parser.hpp"
#include "hw/tx_checksum.hpp"

namespace niclab::hw {
namespace {

using namespace test;

std::span<const std::byte> text(std::string_view s) { return std::as_bytes(std::span(s)); }

TEST(Crc, CheckValues) {
  EXPECT_EQ(ethernet_fcs(text("123456789")), 0xCBF43926u);
  EXPECT_EQ(crc32c(text("123456789")), 0xE3069283u);
  EXPECT_EQ(ethernet_fcs({}), 0u);
}

TEST(Crc, SlicesEqualBitByBit) {
  std::mt19937 rng(3);
  for (std::size_t size = 0; size < 70; ++size) {
    Bytes b(size);
    for (auto& x : b) x = static_cast<std::byte>(rng());
    std::uint32_t c = ~0u;
    for (const std::byte x : b) {
      c ^= std::to_integer<std::uint32_t>(x);
      for (int i = 0; i < 8; ++i) c = c >> 1 ^ (c & 1 ? 0xEDB88320u : 0);
    }
    EXPECT_EQ(ethernet_fcs(b), ~c) << size;
  }
}

TEST(Crc, FrameWithItsFcsLeavesTheResidue) {
  Bytes f(60, std::byte{0x5A});
  const std::uint32_t fcs = ethernet_fcs(f);
  f.resize(64);
  store_le(f.data() + 60, fcs);
  EXPECT_EQ(~ethernet_fcs(f), 0xDEBB20E3u);
}

// 4.3: the seed over 192.168.1.1, 192.168.1.2, protocol 6, no length folds to 0x835A.
TEST(TxChecksum, PseudoHeaderSeed) {
  EXPECT_EQ(ipv4_pseudo_header({0xC0A80101}, {0xC0A80102}, 6, 0).partial(), 0x835A);
}

AdvTxContext context(unsigned maclen, unsigned iplen, std::uint32_t tucmd) {
  return AdvTxContext{}.set_lengths(maclen, iplen).set_tucmd(tucmd);
}

/// What software hands over: no IP checksum, the L4 field seeded with the folded pseudo-header sum.
Bytes prepared(const Ipv4& h, Bytes l4, unsigned field) {
  const auto seed =
      ipv4_pseudo_header(h.source, h.destination, h.protocol, static_cast<std::uint16_t>(l4.size()));
  store_be16(l4.data() + field, seed.partial());
  Bytes f = frame(0x0800, ipv4(h, l4));
  f[24] = f[25] = std::byte{0xFF};
  return f;
}

TEST(TxChecksum, UdpAndIpEqualSoftwares) {
  const Ipv4 h;
  const Bytes right = udp(h, 7, 9, bytes({1, 2, 3}));
  Bytes f = prepared(h, right, 6);
  ASSERT_EQ(insert_checksums(f, context(14, 20, txd::IPV4 | txd::L4T_UDP), true, true), TxChecksumResult::ok);
  EXPECT_EQ(f, frame(0x0800, ipv4(h, right)));
}

TEST(TxChecksum, TcpEqualsSoftwares) {
  Ipv4 h;
  h.protocol = 6;
  const Bytes right = tcp(h, 7, 9, bytes({1, 2, 3, 4}));
  Bytes f = prepared(h, right, 16);
  ASSERT_EQ(insert_checksums(f, context(14, 20, txd::IPV4 | txd::L4T_TCP), true, true), TxChecksumResult::ok);
  EXPECT_EQ(f, frame(0x0800, ipv4(h, right)));
}

/// A layer-4 packet of `size` bytes with its field for the checksum at `field`, whose checksum computes to
/// zero: seed and data sum to 0xFFFF.
Bytes of_zero_checksum(std::uint8_t protocol, std::uint16_t size, unsigned field) {
  const Ipv4 h;
  for (unsigned v = 0; v < 0x10000; ++v) {
    Bytes l4(size);
    store_be16(l4.data(), static_cast<std::uint16_t>(v));
    InetChecksum sum = ipv4_pseudo_header(h.source, h.destination, protocol, size);
    sum.add(l4);
    if (sum.finish() != 0) continue;
    Ipv4 header;
    header.protocol = protocol;
    return prepared(header, l4, field);
  }
  return {};
}

TEST(TxChecksum, UdpZeroIsSentAsAllOnes) {
  Bytes f = of_zero_checksum(17, 10, 6);
  ASSERT_FALSE(f.empty());
  ASSERT_EQ(insert_checksums(f, context(14, 20, txd::IPV4 | txd::L4T_UDP), false, true),
            TxChecksumResult::ok);
  EXPECT_EQ(load_be16(f.data() + 40), 0xFFFF);
  EXPECT_EQ(load_be16(f.data() + 24), 0xFFFF) << "IXSM off: untouched";
}

// To TCP a checksum of zero is like any other (RFC 793).
TEST(TxChecksum, TcpZeroIsSentAsZero) {
  Bytes f = of_zero_checksum(6, 20, 16);
  ASSERT_FALSE(f.empty());
  ASSERT_EQ(insert_checksums(f, context(14, 20, txd::IPV4 | txd::L4T_TCP), false, true),
            TxChecksumResult::ok);
  EXPECT_EQ(load_be16(f.data() + 50), 0);
}

TEST(TxChecksum, SctpCrcPassesOurParser) {
  Ipv4 h;
  h.protocol = 132;
  Bytes f = frame(0x0800, ipv4(h, bytes({0, 1, 0, 2, 9, 9, 9, 9, 1, 1, 1, 1, 5, 6, 7, 8})));
  ASSERT_EQ(insert_checksums(f, context(14, 20, txd::IPV4 | txd::L4T_SCTP), true, true),
            TxChecksumResult::ok);
  EXPECT_EQ(parse_packet(f, {0x2B00, 0}).status_errors, rxd::IPCS | rxd::L4CS);
}

TEST(TxChecksum, ContextOutsideTheFrameIsRefusedAndChangesNothing) {
  const Bytes original(50, std::byte{0x11});
  const std::tuple<AdvTxContext, bool, bool, TxChecksumResult> cases[] = {
      {context(14, 40, txd::IPV4), true, false, TxChecksumResult::ip_header_outside_frame},
      {context(14, 16, txd::IPV4), true, false, TxChecksumResult::ip_header_too_short},
      {context(22, 22, txd::IPV4 | txd::L4T_UDP), true, true, TxChecksumResult::l4_header_outside_frame},
      {context(14, 20, txd::IPV4 | txd::L4T_TCP), true, true, TxChecksumResult::l4_header_outside_frame},
      {context(127, 511, txd::L4T_TCP), false, true, TxChecksumResult::ip_header_outside_frame},
      {context(14, 20, txd::L4T_MASK), false, true, TxChecksumResult::l4_type_reserved}};
  for (const auto& [ctx, ixsm, txsm, expected] : cases) {
    Bytes f = original;
    EXPECT_EQ(insert_checksums(f, ctx, ixsm, txsm), expected);
    EXPECT_EQ(f, original) << to_string(expected);
  }
  Bytes f = original;
  EXPECT_EQ(insert_checksums(f, context(127, 511, 0), false, false), TxChecksumResult::ok)
      << "nothing asked for";
}

TEST(TxChecksumFuzz, NeverTouchesBytesOutsideTheFrame) {
  std::mt19937 rng(11);
  for (int round = 0; round < 20'000; ++round) {
    const std::size_t size = rng() % 80;
    const auto heap = std::make_unique<std::byte[]>(size);
    AdvTxContext ctx;
    ctx.dw[0] = static_cast<std::uint32_t>(rng()) & 0x1E3F;
    ctx.dw[2] = static_cast<std::uint32_t>(rng());
    const auto result = insert_checksums({heap.get(), size}, ctx, true, true);
    if (ctx.maclen() + ctx.iplen() > size) {
      EXPECT_NE(result, TxChecksumResult::ok);
    }
  }
}

}  // namespace
}  // namespace niclab::hw
