// RSS: known answers and hash-type choice (fact base 4.1).
#include "hw/rss.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "frames.hpp"
#include "hw/register_fields.hpp"

namespace niclab::hw {
namespace {

using namespace test;

constexpr std::uint32_t kKey[] = {0xDA565A6D, 0xC20E5B25, 0x3D256741, 0xB08FA343, 0xCB2BCAD0,
                                  0xB4307BAE, 0xA32DCB77, 0x0CF23080, 0x3BB7426A, 0xFA01ACBE};
constexpr std::uint32_t kDriverMrqc = 0x00370002;

RssHash unit(std::uint32_t mrqc) {
  RssHash rss;
  for (unsigned i = 0; i < 10; ++i) rss.write_rssrk(i, kKey[i]);
  for (unsigned i = 0; i < 32; ++i) rss.write_reta(i, 0x01010101 * (i / 4));
  rss.write_mrqc(mrqc);
  rss.write_rxcsum(0x2B00);
  return rss;
}

struct V4 {
  std::uint32_t source;
  unsigned source_port;
  std::uint32_t destination;
  unsigned destination_port;
  std::uint32_t two, four;
  unsigned queue_two, queue_four;
};
constexpr std::uint32_t ip(unsigned a, unsigned b, unsigned c, unsigned d) {
  return a << 24 | b << 16 | c << 8 | d;
}
constexpr V4 kV4[] = {
    {ip(66, 9, 149, 187), 2794, ip(161, 142, 100, 80), 1766, 0x323E8FC2, 0x51CCC178, 4, 7},
    {ip(199, 92, 111, 2), 14230, ip(65, 69, 140, 83), 4739, 0xD718262A, 0xC626B0EA, 2, 6},
    {ip(24, 19, 198, 95), 12898, ip(12, 22, 207, 184), 38024, 0xD2D0A5DE, 0x5C2B394A, 5, 4},
    {ip(38, 27, 205, 30), 48228, ip(209, 142, 163, 6), 2217, 0x82989176, 0xAFC7327F, 7, 7},
    {ip(153, 39, 163, 191), 44251, ip(202, 188, 127, 2), 1303, 0x5D1809C5, 0x10E828A2, 4, 2},
};

// 4.1.3, IPv4 table, through real frames and the parser.
TEST(Rss, Ipv4KnownAnswers) {
  RssHash rss = unit(kDriverMrqc);
  for (const V4& v : kV4) {
    Ipv4 h{{v.source}, {v.destination}, 6};
    const Bytes t = frame(0x0800, ipv4(h, tcp(h, v.source_port, v.destination_port, {})));
    RssResult r = rss.hash(parse_packet(t, {0x2B00, 0}));
    EXPECT_EQ(r.hash, v.four);
    EXPECT_EQ(r.type, RssType::ipv4_tcp);
    EXPECT_EQ(r.queue, v.queue_four);
    h.protocol = 17;
    const Bytes u = frame(0x0800, ipv4(h, udp(h, v.source_port, v.destination_port, {})));
    r = rss.hash(parse_packet(u, {0x2B00, 0}));
    EXPECT_EQ(r.hash, v.two) << "UDP is not among the driver's hash fields";
    EXPECT_EQ(r.type, RssType::ipv4);
    EXPECT_EQ(r.queue, v.queue_two);
    rss.write_mrqc(kDriverMrqc | reg::mrqc::UDP_IPV4);
    r = rss.hash(parse_packet(u, {0x2B00, 0}));
    EXPECT_EQ(r.hash, v.four);
    EXPECT_EQ(r.type, RssType::ipv4_udp);
    rss.write_mrqc(kDriverMrqc);
  }
}

struct V6 {
  std::array<unsigned, 8> source;
  unsigned source_port;
  std::array<unsigned, 8> destination;
  unsigned destination_port;
  std::uint32_t two, four;
  unsigned queue_two, queue_four;
};
const V6 kV6[] = {
    {{0x3ffe, 0x2501, 0x200, 0x1fff, 0, 0, 0, 7},
     2794,
     {0x3ffe, 0x2501, 0x200, 3, 0, 0, 0, 1},
     1766,
     0x2CC18CD5,
     0x40207D3D,
     5,
     3},
    {{0x3ffe, 0x501, 8, 0, 0x260, 0x97ff, 0xfe40, 0xefab},
     14230,
     {0xff02, 0, 0, 0, 0, 0, 0, 1},
     4739,
     0x0F0C461C,
     0xDDE51BBF,
     1,
     3},
    {{0x3ffe, 0x1900, 0x4545, 3, 0x200, 0xf8ff, 0xfe21, 0x67cf},
     44251,
     {0xfe80, 0, 0, 0, 0x200, 0xf8ff, 0xfe21, 0x67cf},
     38024,
     0x4B61E985,
     0x02D1FEEF,
     0,
     6},
};

Bytes v6_frame(const V6& v, bool with_extension) {
  Bytes t = with_extension ? bytes({6, 0, 1, 4, 0, 0, 0, 0}) : Bytes{};
  append(t, be16(v.source_port));
  append(t, be16(v.destination_port));
  t.resize(t.size() + 16);
  Bytes b = bytes({0x60, 0, 0, 0});
  append(b, be16(static_cast<unsigned>(t.size())));
  append(b, bytes({with_extension ? 60 : 6, 64}));
  for (const auto* address : {&v.source, &v.destination})
    for (const unsigned group : *address) append(b, be16(group));
  append(b, t);
  return frame(0x86DD, b);
}

TEST(Rss, Ipv6KnownAnswers) {
  for (const V6& v : kV6) {
    const Bytes f = v6_frame(v, false);
    const auto p = parse_packet(f, {0x2B00, 0});
    RssResult r = unit(2 | reg::mrqc::TCP_IPV6).hash(p);
    EXPECT_EQ(r.hash, v.four);
    EXPECT_EQ(r.type, RssType::ipv6_tcp);
    EXPECT_EQ(r.queue, v.queue_four);
    r = unit(2 | reg::mrqc::IPV6).hash(p);
    EXPECT_EQ(r.hash, v.two);
    EXPECT_EQ(r.type, RssType::ipv6);
    EXPECT_EQ(r.queue, v.queue_two);
    EXPECT_EQ(unit(kDriverMrqc).hash(p).type, RssType::ipv6_tcp_ex) << "the Ex enable wins";
  }
}

TEST(Rss, ExtensionHeadersFallBackToAddressesWithIpv6ExDis) {
  const Bytes f = v6_frame(kV6[0], true);
  const auto p = parse_packet(f, {0x2B00, 0});
  RssHash rss = unit(kDriverMrqc);
  rss.write_rfctl(reg::rfctl::IPV6_EX_DIS);
  const RssResult r = rss.hash(p);
  EXPECT_EQ(r.type, RssType::ipv6);
  EXPECT_EQ(r.hash, kV6[0].two);
}

/// A TCP segment over IPv6 whose real addresses are those of `v`, seen through a home address option (source)
/// and a type-2 routing header (destination).
Bytes mobile_frame(const V6& v) {
  const auto address = [](const auto& groups) {
    Bytes b;
    for (const unsigned group : groups) append(b, be16(group));
    return b;
  };
  Bytes routing = bytes({60, 2, 2, 1, 0, 0, 0, 0});
  append(routing, address(v.destination));
  Bytes options = bytes({6, 2, 1, 2, 0, 0, 0xC9, 16});  // PadN, then the option
  append(options, address(v.source));
  append(routing, options);
  append(routing, be16(v.source_port));
  append(routing, be16(v.destination_port));
  routing.resize(routing.size() + 16);
  Bytes b = bytes({0x60, 0, 0, 0});
  append(b, be16(static_cast<unsigned>(routing.size())));
  append(b, bytes({43, 64}));
  b.resize(40, std::byte{0x77});  // care-of addresses nobody hashes
  append(b, routing);
  return frame(0x86DD, b);
}

TEST(Rss, FactBase_4_1_1_ExTypesHashHomeAddresses) {
  for (const V6& v : kV6) {
    const Bytes f = mobile_frame(v);
    const auto p = parse_packet(f, {0x2B00, 0});
    ASSERT_TRUE(p.ipv6_addresses);
    RssResult r = unit(2 | reg::mrqc::TCP_IPV6_EX).hash(p);
    EXPECT_EQ(r.type, RssType::ipv6_tcp_ex);
    EXPECT_EQ(r.hash, v.four);
    r = unit(2 | reg::mrqc::IPV6_EX | reg::mrqc::TCP_IPV6).hash(p);
    EXPECT_EQ(r.type, RssType::ipv6_ex) << "TCP/IPv6 is for packets without home addresses";
    EXPECT_EQ(r.hash, v.two);
    // Anything else: the addresses of the IPv6 header.
    Bytes outer = f;
    for (std::size_t i = 14 + 8; i < 14 + 40; ++i) outer[i] = std::byte{0x78};
    RssHash plain = unit(2 | reg::mrqc::IPV6 | reg::mrqc::TCP_IPV6);
    r = plain.hash(p);
    EXPECT_EQ(r.type, RssType::ipv6);
    EXPECT_NE(r.hash, plain.hash(parse_packet(outer, {0x2B00, 0})).hash);
    for (const std::uint32_t disable : {reg::rfctl::IPV6_EX_DIS, reg::rfctl::NEW_IPV6_EXT_DIS}) {
      RssHash rss = unit(2 | reg::mrqc::TCP_IPV6_EX | reg::mrqc::IPV6_EX | reg::mrqc::IPV6);
      rss.write_rfctl(disable);
      EXPECT_EQ(rss.hash(p).type, RssType::ipv6);
    }
  }
}

TEST(Rss, FactBase_2_7_7_NewIpv6ExtDisSparesOtherExtensionHeaders) {
  const Bytes f = v6_frame(kV6[0], true);
  RssHash rss = unit(kDriverMrqc);
  rss.write_rfctl(reg::rfctl::NEW_IPV6_EXT_DIS);
  const RssResult r = rss.hash(parse_packet(f, {0x2B00, 0}));
  EXPECT_EQ(r.type, RssType::ipv6_tcp_ex);
  EXPECT_EQ(r.hash, kV6[0].four);
}

TEST(Rss, FactBase_7_PlainTypesIfReadSo) {
  const Bytes f = v6_frame(kV6[0], false);
  const auto p = parse_packet(f, {0x2B00, 0});
  const auto plain = [&](std::uint32_t mrqc) {
    RssHash rss({.plain_ipv6_types = true});
    rss.write_rxcsum(0x2B00);
    rss.write_mrqc(mrqc);
    return rss.hash(p).type;
  };
  EXPECT_EQ(plain(2 | reg::mrqc::TCP_IPV6 | reg::mrqc::TCP_IPV6_EX), RssType::ipv6_tcp);
  EXPECT_EQ(plain(2 | reg::mrqc::TCP_IPV6_EX), RssType::ipv6_tcp_ex);
  EXPECT_EQ(plain(2 | reg::mrqc::IPV6 | reg::mrqc::IPV6_EX), RssType::ipv6);
  EXPECT_EQ(plain(2 | reg::mrqc::IPV6_EX), RssType::ipv6_ex);
}

TEST(Rss, FactBase_2_7_8_DefaultQueue) {
  const Bytes arp = frame(0x0806, Bytes(28));
  const auto p = parse_packet(arp, {0x2B00, 0});
  EXPECT_EQ(unit(kDriverMrqc | reg::mrqc::DEFAULT_QUEUE.put(5)).hash(p).queue, 5u);
  RssHash fixed({.default_queue = false});
  fixed.write_rxcsum(0x2B00);
  fixed.write_mrqc(kDriverMrqc | reg::mrqc::DEFAULT_QUEUE.put(5));
  EXPECT_EQ(fixed.hash(p).queue, 0u);
}

TEST(Rss, FragmentsHashAddressesOnly) {
  Ipv4 h{{kV4[0].source}, {kV4[0].destination}, 6};
  h.fragment = 0x2000;
  const Bytes f = frame(0x0800, ipv4(h, tcp(h, 2794, 1766, {})));
  EXPECT_EQ(unit(kDriverMrqc).hash(parse_packet(f, {0x2B00, 0})).hash, kV4[0].two);
}

TEST(Rss, InactiveOrUnclassifiedMeansQueue0) {
  Ipv4 h{{kV4[0].source}, {kV4[0].destination}, 6};
  const Bytes f = frame(0x0800, ipv4(h, tcp(h, 2794, 1766, {})));
  const auto p = parse_packet(f, {0x2B00, 0});
  EXPECT_EQ(unit(0x00370000).hash(p).type, RssType::none) << "mode 0";
  RssHash no_pcsd = unit(kDriverMrqc);
  no_pcsd.write_rxcsum(0x300);
  EXPECT_EQ(no_pcsd.hash(p).type, RssType::none);
  const Bytes arp = frame(0x0806, Bytes(28));
  const RssResult r = unit(kDriverMrqc).hash(parse_packet(arp, {0x2B00, 0}));
  EXPECT_EQ(r.type, RssType::none);
  EXPECT_EQ(r.queue, 0u);
}

TEST(Rss, NewKeyTakesEffect) {
  RssHash rss = unit(kDriverMrqc);
  const Bytes in = bytes({1, 2, 3, 4});
  const std::uint32_t before = rss.toeplitz(in);
  for (unsigned i = 0; i < 10; ++i) rss.write_rssrk(i, 0);
  EXPECT_NE(before, 0u);
  EXPECT_EQ(rss.toeplitz(in), 0u);
}

// 4.1.2, bit by bit.
TEST(Rss, FactBase_2_7_9_EachByteOfRetaIsAnEntry) {
  RssHash rss = unit(kDriverMrqc);
  for (unsigned i = 0; i < 32; ++i) rss.write_reta(i, 0x03020100u + (i % 2 != 0 ? 0xFC040404u : 0));
  const Ipv4 h{{kV4[0].source}, {kV4[0].destination}, 17};
  unsigned queues = 0;
  for (unsigned port = 0; port < 64; ++port) {
    rss.write_mrqc(kDriverMrqc | reg::mrqc::UDP_IPV4);
    const Bytes f = frame(0x0800, ipv4(h, udp(h, port, 9, {})));
    const RssResult r = rss.hash(parse_packet(f, {0x2B00, 0}));
    EXPECT_EQ(r.queue, r.hash % 8) << "the three low bits of entry hash[6:0]";
    queues |= 1u << r.queue;
  }
  EXPECT_EQ(queues, 0xFFu);
}

TEST(Rss, TablesEqualTheDefinition) {
  RssHash rss = unit(2);
  std::array<std::uint8_t, 40> key;
  std::memcpy(key.data(), kKey, 40);
  Bytes in;
  for (unsigned i = 0; i < 36; ++i) in.push_back(static_cast<std::byte>(i * 37 + 11));
  std::uint32_t expected = 0;
  for (unsigned i = 0; i < 36 * 8; ++i) {
    if (!(std::to_integer<unsigned>(in[i / 8]) >> (7 - i % 8) & 1)) continue;
    std::uint32_t window = 0;
    for (unsigned b = i; b < i + 32; ++b) window = window << 1 | (key[b / 8] >> (7 - b % 8) & 1u);
    expected ^= window;
  }
  EXPECT_EQ(rss.toeplitz(in), expected);
}

}  // namespace
}  // namespace niclab::hw
