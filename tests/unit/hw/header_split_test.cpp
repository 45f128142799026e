// Header split and replication: every row of the table of descriptor types, and where the header ends (fact
// base 2.7.3, 2.7.4, 3.3.2).
#include "hw/header_split.hpp"

#include <gtest/gtest.h>

#include <random>

#include "frames.hpp"
#include "hw/descriptors.hpp"

namespace niclab::hw {
namespace {

using namespace test;
using namespace reg::srrctl;

constexpr std::uint32_t kRoom = 128, kBuffer = 1024;

struct Row {
  const char* what;
  std::uint32_t type, length, header;
  std::uint32_t to_header, to_packet, packet_from, pkt_len;
  bool sph, hbo;
  std::uint32_t hdr_len;
};

// The table of "Header splitting and replication" of the 82575 manual and the I210's; 128 bytes of header
// buffer, 1024 of packet buffer.
constexpr Row kRows[] = {
    {"one buffer", DESCTYPE_ADV_ONEBUF, 500, 54, 0, 500, 0, 500, false, false, 0},
    {"legacy", DESCTYPE_LEGACY, 500, 54, 0, 500, 0, 500, false, false, 0},
    {"split, not decoded", DESCTYPE_SPLIT, 500, 0, 0, 500, 0, 500, false, false, 0},
    {"split", DESCTYPE_SPLIT, 500, 54, 54, 446, 54, 446, true, false, 54},
    {"split, header only", DESCTYPE_SPLIT, 60, 60, 60, 0, 60, 0, true, false, 60},
    {"split, header fills its buffer", DESCTYPE_SPLIT, 500, 128, 128, 372, 128, 372, true, false, 128},
    {"split, header too long", DESCTYPE_SPLIT, 500, 130, 0, 500, 0, 500, true, true, 130},
    {"split, several buffers", DESCTYPE_SPLIT, 3000, 54, 54, 1024, 54, 1024, true, false, 54},
    {"always, small", DESCTYPE_SPLIT_ALWAYS, 100, 0, 100, 0, 100, 0, false, false, 100},
    {"always, not decoded", DESCTYPE_SPLIT_ALWAYS, 500, 0, 128, 372, 128, 372, false, false, 128},
    {"always", DESCTYPE_SPLIT_ALWAYS, 500, 54, 54, 446, 54, 446, true, false, 54},
    {"always, header too long", DESCTYPE_SPLIT_ALWAYS, 500, 130, 128, 372, 128, 372, true, true, 130},
    {"replicate, small", DESCTYPE_REPLICATE, 100, 54, 100, 100, 0, 100, true, false, 54},
    {"replicate", DESCTYPE_REPLICATE, 500, 54, 128, 500, 0, 500, true, false, 54},
    {"replicate, not decoded", DESCTYPE_REPLICATE, 500, 0, 128, 500, 0, 500, false, false, 0},
    {"replicate, header too long", DESCTYPE_REPLICATE, 500, 130, 128, 500, 0, 500, true, true, 130},
    {"large only, small", DESCTYPE_REPLICATE_LARGE, 128, 54, 128, 0, 0, 128, true, false, 54},
    {"large only", DESCTYPE_REPLICATE_LARGE, 129, 54, 128, 129, 0, 129, true, false, 54},
};

TEST(HeaderSplit, FactBase_2_7_3_EveryRowOfTheTable) {
  for (const Row& r : kRows) {
    SCOPED_TRACE(r.what);
    const RxPlacement p = place_first({r.type, kBuffer, kRoom}, r.length, r.header);
    EXPECT_EQ(p.header_bytes, r.to_header);
    EXPECT_EQ(p.packet_bytes, r.to_packet);
    if (r.to_packet != 0) {
      EXPECT_EQ(p.packet_offset, r.packet_from);
    }
    EXPECT_EQ(p.pkt_len, r.pkt_len);
    AdvRxWriteback wb;
    wb.dw[0] = p.header_fields;
    EXPECT_EQ(wb.sph(), r.sph);
    EXPECT_EQ(wb.hdr_len(), r.hdr_len);
    EXPECT_EQ(p.errors, r.hbo ? rxd::HBO : 0u);
  }
}

// However a packet is cut, no byte is lost and none comes twice, but for what replication copies.
TEST(HeaderSplit, EveryByteLandsOnce) {
  std::mt19937 rng(5);
  for (int round = 0; round < 20'000; ++round) {
    const RxBuffers b{static_cast<unsigned>(rng() % 6), 1024 * (1 + static_cast<std::uint32_t>(rng() % 3)),
                      64 * static_cast<std::uint32_t>(rng() % 8)};
    const auto length = static_cast<std::uint32_t>(60 + rng() % 9000);
    const auto header = static_cast<std::uint32_t>(rng() % 3 == 0 ? 0 : 14 + rng() % 40 * 4);
    if (header > length) continue;
    std::vector<unsigned> seen(length);
    RxPlacement p = place_first(b, length, header);
    const bool replicates = b.descriptor_type == 3 || b.descriptor_type == 4;
    ASSERT_LE(p.header_bytes, b.header_bytes);
    if (!replicates || p.packet_bytes == 0)
      for (std::uint32_t i = 0; i < p.header_bytes; ++i) ++seen[i];
    std::uint32_t reported = p.pkt_len + (replicates ? 0 : p.header_bytes);
    for (;;) {
      ASSERT_LE(p.packet_bytes, b.packet_bytes);
      for (std::uint32_t i = 0; i < p.packet_bytes; ++i) ++seen[p.packet_offset + i];
      if (p.next == length) break;
      p = place_next(b, length, p.next);
      ASSERT_NE(p.packet_bytes, 0u);
      reported += p.pkt_len;
    }
    for (const unsigned n : seen) ASSERT_EQ(n, 1u) << round;
    ASSERT_EQ(reported, length);
  }
}

Bytes ipv6(std::uint8_t next, const Bytes& payload) {
  Bytes b = bytes({0x60, 0, 0, 0});
  append(b, be16(static_cast<unsigned>(payload.size())));
  append(b, bytes({next, 64}));
  b.resize(40);
  append(b, payload);
  return b;
}

TEST(HeaderSplit, FactBase_2_7_4_WhereTheHeaderEnds) {
  Ipv4 udp4, tcp4, fragment;
  tcp4.protocol = 6;
  tcp4.options = 8;
  fragment.fragment = 0x2000;
  Bytes options = tcp(tcp4, 1, 2, Bytes(20));
  options[12] = std::byte{0x80};  // 32 bytes of header, taken from the data
  Bytes fragment6 = bytes({17, 0, 0, 1, 0, 0, 0, 9});
  append(fragment6, Bytes(40));
  Bytes hop_fragment6 = bytes({44, 0, 1, 4, 0, 0, 0, 0});
  append(hop_fragment6, fragment6);
  Bytes tcp6(28);
  tcp6[12] = std::byte{0x50};
  Bytes tagged = ethernet(0x8100);
  append(tagged, be16(5));
  append(tagged, be16(0x0800));
  append(tagged, ipv4(udp4, udp(udp4, 1, 2, Bytes(10))));
  struct Case {
    const char* what;
    Bytes frame;
    std::uint32_t bit, end;
  };
  const Case cases[] = {
      {"UDP", frame(0x0800, ipv4(udp4, udp(udp4, 1, 2, Bytes(10)))), reg::psrtype::IPV4_UDP, 42},
      {"UDP behind a tag", tagged, reg::psrtype::IPV4_UDP, 46},
      {"TCP, IP options", frame(0x0800, ipv4(tcp4, tcp(tcp4, 1, 2, Bytes(20)))), reg::psrtype::IPV4_TCP, 62},
      {"TCP options", frame(0x0800, ipv4(tcp4, options)), reg::psrtype::IPV4_TCP, 74},
      {"IPv4 fragment", frame(0x0800, ipv4(fragment, Bytes(30))), reg::psrtype::IPV4_FRAGMENT, 34},
      {"IPv6 UDP", frame(0x86DD, ipv6(17, udp(udp4, 1, 2, Bytes(10)))), reg::psrtype::IPV6_UDP, 62},
      {"IPv6 TCP", frame(0x86DD, ipv6(6, tcp6)), reg::psrtype::IPV6_TCP, 74},
      {"IPv6 fragment", frame(0x86DD, ipv6(44, fragment6)), reg::psrtype::IPV6_FRAGMENT, 54},
      {"IPv6 fragment behind options", frame(0x86DD, ipv6(0, hop_fragment6)), reg::psrtype::IPV6_FRAGMENT,
       62},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    const ParsedPacket p = parse_packet(c.frame, {0x2B00, 0});
    EXPECT_EQ(selected_header(p, c.bit), c.end);
    EXPECT_EQ(selected_header(p, 0x7FFFF & ~(c.bit | reg::psrtype::ETHERNET)), 0u);
    EXPECT_EQ(selected_header(p, 0x7FFFF & ~c.bit), p.l3_offset) << "bit 0 splits behind the Ethernet header";
  }
  const Bytes bare = frame(0x0800, ipv4({.protocol = 47}, Bytes(30)));
  EXPECT_EQ(selected_header(parse_packet(bare, {}), 0x7FFFE), 0u) << "IP without fragment, TCP or UDP";
  Bytes cut = frame(0x0800, ipv4(tcp4, tcp(tcp4, 1, 2, {})));
  cut[42 + 12] = std::byte{0xF0};  // a TCP header that reaches beyond the frame
  EXPECT_EQ(selected_header(parse_packet(cut, {}), 0x7FFFE), 0u);
}

}  // namespace
}  // namespace niclab::hw
