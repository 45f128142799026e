// The receive parser and its checksum verdicts (fact base 3.3.2, 4.2).
#include "hw/packet_parser.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>

#include "frames.hpp"
#include "hw/crc32.hpp"
#include "hw/descriptors.hpp"
#include "hw/register_fields.hpp"

namespace niclab::hw {
namespace {

using namespace test;

const ParserConfig kDriver{0x2B00, 1u << 16};  // what igb programs
const Bytes kData = bytes({1, 2, 3, 4, 5});

Bytes udp_frame(Ipv4 h = {}) { return frame(0x0800, ipv4(h, udp(h, 2794, 1766, kData))); }

TEST(Parser, UdpOverIpv4) {
  const Bytes f = udp_frame();
  const auto p = parse_packet(f, kDriver);
  EXPECT_EQ(p.l3, L3::ipv4);
  EXPECT_EQ(p.l4, L4::udp);
  EXPECT_EQ(p.l3_offset, 14);
  EXPECT_EQ(p.l4_offset, 34);
  EXPECT_EQ(p.ip_id, 0x1234);
  EXPECT_EQ(p.ptype, rxd::PTYPE_IPV4 | rxd::PTYPE_UDP);
  EXPECT_EQ(p.status_errors, rxd::IPCS | rxd::L4CS | rxd::UDPCS);
}

TEST(Parser, EthernetPaddingIsNotChecksummed) {
  Bytes f = udp_frame();
  f.resize(60, std::byte{0xEE});
  EXPECT_EQ(parse_packet(f, kDriver).status_errors, rxd::IPCS | rxd::L4CS | rxd::UDPCS);
  // TCP has no length of its own: the IP header's decides.
  Ipv4 h;
  h.protocol = 6;
  f = frame(0x0800, ipv4(h, tcp(h, 1, 2, {})));
  f.resize(60, std::byte{0xEE});
  EXPECT_EQ(parse_packet(f, kDriver).status_errors, rxd::IPCS | rxd::L4CS);
}

TEST(Parser, EveryFlippedBitBehindTheHeaderIsAnL4Error) {
  const Bytes good = udp_frame();
  for (std::size_t i = 34; i < good.size(); ++i) {
    if (i == 38 || i == 39) continue;  // the UDP length decides what is summed
    Bytes f = good;
    f[i] ^= std::byte{0x10};
    EXPECT_EQ(parse_packet(f, kDriver).status_errors, rxd::IPCS | rxd::L4CS | rxd::UDPCS | rxd::L4E) << i;
  }
}

TEST(Parser, BadIpHeaderChecksum) {
  Bytes f = udp_frame();
  f[22] ^= std::byte{1};  // TTL
  EXPECT_EQ(parse_packet(f, kDriver).status_errors, rxd::IPCS | rxd::IPE | rxd::L4CS | rxd::UDPCS);
}

TEST(Parser, ZeroUdpChecksumIsNotChecked) {
  Bytes f = udp_frame();
  f[40] = f[41] = std::byte{0};
  EXPECT_EQ(parse_packet(f, kDriver).status_errors, rxd::IPCS);
}

TEST(Parser, OffloadsOffReportNothing) {
  Bytes f = udp_frame();
  f[41] ^= std::byte{1};
  EXPECT_EQ(parse_packet(f, {1u << 13, 0}).status_errors, 0u);
}

TEST(Parser, TcpAndOptions) {
  Ipv4 h;
  h.protocol = 6;
  h.options = 8;
  const auto p = parse_packet(frame(0x0800, ipv4(h, tcp(h, 1, 2, kData))), kDriver);
  EXPECT_EQ(p.l4, L4::tcp);
  EXPECT_EQ(p.l4_offset, 42);
  EXPECT_EQ(p.ptype, rxd::PTYPE_IPV4 | rxd::PTYPE_IPV4_EX | rxd::PTYPE_TCP);
  EXPECT_EQ(p.status_errors, rxd::IPCS | rxd::L4CS);
}

TEST(Parser, FragmentsHaveNoL4) {
  for (const unsigned fragment : {0x2000u, 0x0010u}) {
    Ipv4 h;
    h.fragment = fragment;
    const auto p = parse_packet(udp_frame(h), kDriver);
    EXPECT_TRUE(p.fragment);
    EXPECT_EQ(p.l4, L4::none);
    EXPECT_EQ(p.ptype, rxd::PTYPE_IPV4);
    EXPECT_EQ(p.status_errors, rxd::IPCS);
  }
  Ipv4 dont_fragment;
  dont_fragment.fragment = 0x4000;
  EXPECT_EQ(parse_packet(udp_frame(dont_fragment), kDriver).l4, L4::udp);
}

TEST(Parser, FragmentChecksumWithIppcse) {
  Ipv4 h;
  h.fragment = 0x2000;
  const Bytes f = udp_frame(h);
  const auto p = parse_packet(f, {0x300 | 1u << 12, 0});
  InetChecksum raw;
  raw.add(std::span(f).subspan(34));
  EXPECT_EQ(p.fragment_checksum, raw.partial());
  EXPECT_TRUE(p.status_errors & rxd::UDPV);
}

TEST(Parser, VlanAndSnapAreSkipped) {
  Ipv4 h;
  const Bytes packet = ipv4(h, udp(h, 1, 2, kData));
  Bytes tagged = ethernet(0x8100);
  append(tagged, be16(0x6064));
  append(tagged, be16(0x0800));
  append(tagged, packet);
  auto p = parse_packet(tagged, kDriver);
  EXPECT_TRUE(p.vlan);
  EXPECT_EQ(p.vlan_tci, 0x6064);
  EXPECT_EQ(p.l3_offset, 18);
  EXPECT_EQ(p.l4, L4::udp);

  Bytes snap = ethernet(static_cast<unsigned>(8 + packet.size()));
  append(snap, bytes({0xAA, 0xAA, 3, 0, 0, 0, 8, 0}));
  append(snap, packet);
  p = parse_packet(snap, kDriver);
  EXPECT_EQ(p.l3_offset, 22);
  EXPECT_EQ(p.status_errors, rxd::IPCS | rxd::L4CS | rxd::UDPCS);
}

Bytes tagged_udp(std::initializer_list<unsigned> types) {
  Bytes f = bytes({2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2});
  unsigned tci = 0x1064;
  for (const unsigned type : types) {
    append(f, be16(type));
    append(f, be16(tci++));
  }
  const Ipv4 h;
  append(f, be16(0x0800));
  append(f, ipv4(h, udp(h, 1, 2, kData)));
  return f;
}

// CTRL_EXT.EXT_VLAN: the first tag is nobody's, filters and stripping see the second (fact base 3.3.2).
TEST(Parser, DoubleVlan) {
  const ParserConfig ext{0x2B00, 0, true, 0x88A8};
  const Bytes both = tagged_udp({0x88A8, 0x8100});
  auto p = parse_packet(both, ext);
  EXPECT_TRUE(p.outer_vlan && p.vlan);
  EXPECT_EQ(p.vlan_tci, 0x1065);
  EXPECT_EQ(p.vlan_offset, 16);
  EXPECT_EQ(p.ethertype, 0x0800);
  EXPECT_EQ(p.status_errors, rxd::IPCS | rxd::L4CS | rxd::UDPCS);
  const Bytes outer_only = tagged_udp({0x88A8});
  p = parse_packet(outer_only, ext);
  EXPECT_TRUE(p.outer_vlan && !p.vlan);
  EXPECT_EQ(p.l4, L4::udp);
  for (const Bytes& f : {tagged_udp({}), tagged_udp({0x8100})}) {
    p = parse_packet(f, ext);
    EXPECT_FALSE(p.outer_vlan || p.vlan) << "no first tag: nothing is done for the frame";
    EXPECT_EQ(p.status_errors, 0u);
  }
  const Bytes twice = tagged_udp({0x8100, 0x8100});
  p = parse_packet(twice, {0x2B00, 0, true, 0x8100});
  EXPECT_EQ(p.vlan_offset, 16);
  p = parse_packet(twice, kDriver);
  EXPECT_EQ(p.vlan_offset, 12) << "without EXT_VLAN the first tag counts";
  EXPECT_EQ(p.l4, L4::udp);
  EXPECT_EQ(count_vlan_tags(twice, kDriver), 2u);
  EXPECT_EQ(count_vlan_tags(both, ext), 2u);
  EXPECT_EQ(count_vlan_tags(both, kDriver), 0u);
  EXPECT_EQ(count_vlan_tags(Bytes(13), kDriver), 0u);
}

TEST(Parser, PacketChecksumIsTheSumFromItsStart) {
  const Bytes f = bytes({1, 2, 3, 4, 0xFF, 0xFF, 5});
  EXPECT_EQ(packet_checksum(f, 2), 0x0304 + 0xFFFF + 0x0500 - 0xFFFF);
  EXPECT_EQ(packet_checksum(f, 7), 0u);
}

TEST(Parser, InconsistentLengthsAreNotChecked) {
  Bytes f = udp_frame();
  store_be16(f.data() + 38, 2000);  // UDP longer than its IP packet
  EXPECT_EQ(parse_packet(f, kDriver).status_errors, rxd::IPCS);
  store_be16(f.data() + 38, 7);  // shorter than its header
  EXPECT_EQ(parse_packet(f, kDriver).status_errors, rxd::IPCS);
  f = udp_frame();
  f.pop_back();  // the frame ends inside the packet
  const auto p = parse_packet(f, kDriver);
  EXPECT_EQ(p.l3, L3::ipv4);
  EXPECT_EQ(p.l4, L4::none);
}

Bytes ipv6(std::uint8_t next, const Bytes& payload) {
  Bytes b = bytes({0x60, 0, 0, 0});
  append(b, be16(static_cast<unsigned>(payload.size())));
  append(b, bytes({next, 64}));
  for (int i = 0; i < 32; ++i) b.push_back(static_cast<std::byte>(i * 7));
  append(b, payload);
  return b;
}
Bytes udp6(const Bytes& data) {
  Bytes b = be16(1);
  append(b, be16(2));
  append(b, be16(static_cast<unsigned>(8 + data.size())));
  append(b, be16(0));
  append(b, data);
  InetChecksum sum;
  const Bytes header = ipv6(17, {});
  sum.add(std::span(header).subspan(8));
  sum.add16(17);
  sum.add16(static_cast<std::uint16_t>(b.size()));
  sum.add(b);
  store_be16(b.data() + 6, sum.finish());
  return b;
}

TEST(Parser, Ipv6) {
  auto p = parse_packet(frame(0x86DD, ipv6(17, udp6(kData))), kDriver);
  EXPECT_EQ(p.l3, L3::ipv6);
  EXPECT_EQ(p.ptype, rxd::PTYPE_IPV6 | rxd::PTYPE_UDP);
  EXPECT_EQ(p.status_errors, rxd::L4CS | rxd::UDPCS);

  Bytes options = bytes({17, 0, 1, 4, 0, 0, 0, 0});
  append(options, udp6(kData));
  p = parse_packet(frame(0x86DD, ipv6(60, options)), kDriver);
  EXPECT_TRUE(p.ipv6_extension);
  EXPECT_EQ(p.l4, L4::udp);
  EXPECT_EQ(p.ptype, rxd::PTYPE_IPV6 | rxd::PTYPE_IPV6_EX | rxd::PTYPE_UDP);
  EXPECT_EQ(p.status_errors, rxd::L4CS | rxd::UDPCS);

  Bytes fragment = bytes({17, 0, 0, 1, 0, 0, 0, 9});
  append(fragment, udp6(kData));
  p = parse_packet(frame(0x86DD, ipv6(44, fragment)), kDriver);
  EXPECT_TRUE(p.fragment);
  EXPECT_EQ(p.l4, L4::none);
}

TEST(Parser, SctpCrc32c) {
  Ipv4 h;
  h.protocol = 132;
  Bytes sctp = bytes({0, 1, 0, 2, 9, 9, 9, 9, 0, 0, 0, 0, 1, 2, 3, 4});
  store_le(sctp.data() + 8, crc32c(sctp));
  auto p = parse_packet(frame(0x0800, ipv4(h, sctp)), kDriver);
  EXPECT_EQ(p.ptype, rxd::PTYPE_IPV4 | rxd::PTYPE_SCTP);
  EXPECT_EQ(p.status_errors, rxd::IPCS | rxd::L4CS);
  sctp[14] ^= std::byte{1};
  p = parse_packet(frame(0x0800, ipv4(h, sctp)), kDriver);
  EXPECT_EQ(p.status_errors, rxd::IPCS | rxd::L4CS | rxd::L4E);
}

TEST(Parser, OtherFramesAreLayer2Only) {
  const Bytes arp = frame(0x0806, Bytes(28));
  const auto p = parse_packet(arp, kDriver);
  EXPECT_EQ(p.l3, L3::none);
  EXPECT_EQ(p.ptype, 0u);
  EXPECT_EQ(p.status_errors, 0u);
}

// Exact-size heap buffers: the address sanitizer sees one byte too far.
TEST(ParserFuzz, NeverReadsOutsideTheFrame) {
  std::mt19937 rng(7);
  Ipv4 options;
  options.options = 40;
  options.protocol = 6;
  Bytes extension = bytes({17, 0, 1, 4, 0, 0, 0, 0});
  append(extension, udp6(kData));
  const Bytes seeds[] = {udp_frame(), frame(0x0800, ipv4(options, tcp(options, 1, 2, kData))),
                         frame(0x86DD, ipv6(60, extension)), frame(0x8100, Bytes(40)),
                         frame(20, Bytes(30, std::byte{0xAA}))};
  std::uint64_t found = 0;
  for (int round = 0; round < 60'000; ++round) {
    const Bytes& seed = seeds[rng() % std::size(seeds)];
    const std::size_t size = rng() % (seed.size() + 8);
    const auto heap = std::make_unique<std::byte[]>(size);
    for (std::size_t i = 0; i < size; ++i)
      heap[i] = i < seed.size() ? seed[i] : static_cast<std::byte>(rng());
    for (unsigned n = rng() % 4; n > 0 && size > 0; --n) heap[rng() % size] = static_cast<std::byte>(rng());
    const std::span<const std::byte> f{heap.get(), size};
    const auto p =
        parse_packet(f, {static_cast<std::uint32_t>(rng()) & 0x3BFF, static_cast<std::uint32_t>(rng())});
    if (p.l3 != L3::none) {
      ASSERT_LE(p.l3_offset + (p.l3 == L3::ipv4 ? 20u : 40u), size);
    }
    if (p.l4 != L4::none) {
      ASSERT_LE(p.l4_offset + 8u, size);
    }
    found += p.l4 != L4::none;
  }
  EXPECT_GT(found, 1000u);
}

}  // namespace
}  // namespace niclab::hw
