// ICMP and IGMP.
#include <cerrno>

#include "tests/unit/stack/stack_fixture.hpp"

namespace niclab::stack {
namespace {

class IcmpTest : public StackTest {
 protected:
  IcmpTest() { know_peer(); }
  static constexpr std::uint32_t kIdSeq = 0x12340007;
  static Bytes echo(const Bytes& payload) { return icmp_message(8, 0, kIdSeq, payload); }
};

TEST_F(IcmpTest, EchoIsAnsweredWithTheSamePayload) {
  inject(ip_frame({.protocol = kIpProtoIcmp, .tos = 0x10, .options = {}}, echo(pattern(56))));
  ASSERT_EQ(device.sent.size(), 1u);
  EXPECT_EQ(ip_payload(device.sent[0]), icmp_message(0, 0, kIdSeq, pattern(56)));
  const IpHeader ip = ip_of(device.sent[0]);
  EXPECT_EQ(ip.tos(), 0x10);
  EXPECT_EQ(ip.frag_off(), 0);
  const IcmpMib& m = stack.mib.icmp;
  EXPECT_EQ((std::array{m.InMsgs, m.InEchos, m.OutMsgs, m.OutEchoReps}),
            (std::array<std::uint64_t, 4>{1, 1, 1, 1}));
  EXPECT_EQ(stack.mib.icmp_msg.InType[8], 1u);
  EXPECT_EQ(stack.mib.icmp_msg.OutType[0], 1u);
}

TEST_F(IcmpTest, EchoLargerThanTheMtuIsReassembledAndFragmented) {
  for (const std::size_t n : {4000u, 20001u, 65507u}) {
    device.sent.clear();
    inject(fragments({.protocol = kIpProtoIcmp, .id = static_cast<std::uint16_t>(n), .options = {}},
                     echo(pattern(n)), 1480));
    Bytes whole;
    for (Bytes& f : device.sent) {
      EXPECT_EQ((ip_of(f).frag_off() & kIpOffsetMask) * 8u, whole.size());
      EXPECT_EQ((ip_of(f).frag_off() & kIpMf) != 0, &f != &device.sent.back());
      const Bytes p = ip_payload(f);
      whole.insert(whole.end(), p.begin(), p.end());
    }
    EXPECT_EQ(whole, icmp_message(0, 0, kIdSeq, pattern(n)));
  }
  EXPECT_EQ(stack.mib.ip.FragOKs, 3u);
}

TEST_F(IcmpTest, BadChecksumAndUnknownTypesAreErrors) {
  Bytes bad = echo(pattern(10));
  bad[9] ^= std::byte{1};
  inject({ip_frame({.protocol = kIpProtoIcmp, .options = {}}, bad),
          ip_frame({.protocol = kIpProtoIcmp, .options = {}}, icmp_message(40, 0, 0, {})),
          ip_frame({.protocol = kIpProtoIcmp, .options = {}}, Bytes(3, std::byte{0xff}))});
  EXPECT_EQ(stack.mib.icmp.InMsgs, 3u);
  EXPECT_EQ(stack.mib.icmp.InErrors, 3u);
  EXPECT_EQ(stack.mib.icmp.InCsumErrors, 2u);
  EXPECT_TRUE(device.sent.empty());
}

TEST_F(IcmpTest, BroadcastEchoIsIgnored) {
  inject(ip_frame({.destination = {0x0a0900ff}, .protocol = kIpProtoIcmp, .options = {}}, echo(pattern(10))));
  EXPECT_TRUE(device.sent.empty());
  EXPECT_EQ(stack.mib.icmp.InErrors, 1u);
}

TEST_F(IcmpTest, TimestampIsAnswered) {
  inject(ip_frame({.protocol = kIpProtoIcmp, .options = {}}, icmp_message(13, 0, kIdSeq, pattern(12))));
  ASSERT_EQ(device.sent.size(), 1u);
  const Bytes m = ip_payload(device.sent[0]);
  EXPECT_EQ(load_u8(m.data()), 14);
  EXPECT_EQ(load_be32(m.data() + 8), load_be32(pattern(12).data()));
  EXPECT_EQ(load_be32(m.data() + 12), kernel.time().ns() / 1'000'000);
}

TEST_F(IcmpTest, UnreachablesAreLimitedToABurstOfSixThenOneASecond) {
  for (int i = 0; i < 20; ++i) inject(udp_frame(5999, pattern(10)));
  EXPECT_EQ(device.sent.size(), 6u);
  EXPECT_EQ(stack.mib.udp.NoPorts, 20u);
  EXPECT_EQ(stack.mib.icmp.OutDestUnreachs, 6u);
  kernel.advance(Duration::from_ms(2100));
  for (int i = 0; i < 20; ++i) inject(udp_frame(5999, pattern(10)));
  EXPECT_EQ(device.sent.size(), 8u);
  // Another destination has its own bucket.
  stack.add_neighbour(device, {0x0a090003}, kPeerMac);
  inject(udp_frame(5999, pattern(10), kHost, 4000, {0x0a090003}));
  EXPECT_EQ(device.sent.size(), 9u);
}

TEST_F(IcmpTest, ErrorsQuoteAtMost548BytesAndAreNeverSentAboutErrors) {
  inject(udp_frame(5999, pattern(1400)));
  EXPECT_EQ(ip_payload(device.sent.at(0)).size(), 8u + 548);
  EXPECT_EQ(ip_of(device.sent[0]).tos(), 0xc0);
  inject(udp_frame(5999, pattern(10), Ipv4Address{0x0a0900ff}));  // broadcast: never
  EXPECT_EQ(device.sent.size(), 1u);
  // The first fragments of an echo request and of an error, whose other fragments never come (RFC
  // 1122 3.2.2).
  const Bytes message = pattern(64);
  inject(ip_frame({.protocol = kIpProtoIcmp, .id = 1, .frag_off = kIpMf, .options = {}}, echo(message)));
  kernel.advance(31_s);
  ASSERT_EQ(device.sent.size(), 2u);
  EXPECT_EQ(load_u8(ip_payload(device.sent[1]).data()), icmp_type::kTimeExceeded);
  inject(ip_frame({.protocol = kIpProtoIcmp, .id = 2, .frag_off = kIpMf, .options = {}},
                  icmp_message(icmp_type::kDestUnreach, 3, 0, message)));
  kernel.advance(31_s);
  EXPECT_EQ(stack.mib.ip.ReasmTimeout, 2u);
  EXPECT_EQ(device.sent.size(), 2u) << "an error about an error";
}

TEST_F(IcmpTest, PortUnreachableReachesTheConnectedSocket) {
  UdpSocket& s = stack.socket();
  const Endpoint peer{kPeer, 9};
  s.connect(peer);
  s.send(pattern(4));
  Bytes quoted(device.sent[0].begin() + 14, device.sent[0].begin() + 14 + 28);
  inject(ip_frame({.protocol = kIpProtoIcmp, .options = {}}, icmp_message(3, 3, 0, quoted)));
  Bytes b(10);
  EXPECT_EQ(s.recvfrom(b, nullptr, msg::kDontwait), -ECONNREFUSED);
  EXPECT_EQ(s.recvfrom(b, nullptr, msg::kDontwait), -EAGAIN);
  EXPECT_EQ(stack.mib.icmp.InDestUnreachs, 1u);
  quoted.resize(20);
  inject(ip_frame({.protocol = kIpProtoIcmp, .options = {}}, icmp_message(3, 3, 0, quoted)));
  EXPECT_EQ(stack.mib.icmp.InErrors, 1u);
}

TEST_F(IcmpTest, PingSocketGetsItsReply) {
  PingSocket ping(stack, 77);
  EXPECT_EQ(ping.send(kPeer, 5, pattern(56)), 0);
  ASSERT_EQ(device.sent.size(), 1u);
  EXPECT_EQ(ip_payload(device.sent[0]), icmp_message(8, 0, 77u << 16 | 5, pattern(56)));
  kernel.when_waiting([&] {
    inject(ip_frame({.protocol = kIpProtoIcmp, .ttl = 60, .options = {}},
                    icmp_message(0, 0, 78u << 16 | 5, pattern(56))));
    inject(ip_frame({.protocol = kIpProtoIcmp, .ttl = 60, .options = {}},
                    icmp_message(0, 0, 77u << 16 | 5, pattern(56))));
  });
  Bytes b(100);
  PingSocket::Reply reply;
  EXPECT_EQ(ping.receive(b, reply, Time::never()), 0);
  EXPECT_EQ(reply.from, kPeer);
  EXPECT_EQ(reply.sequence, 5);
  EXPECT_EQ(reply.ttl, 60);
  EXPECT_EQ(reply.length, 56u);
  EXPECT_EQ(ping.receive(b, reply, kernel.time() + 1_s), -EAGAIN);
}

// --- IGMP ----------------------------------------------------------------------------------------

class IgmpTest : public StackTest {
 protected:
  UdpSocket& s = bound(7000);
  /// The (type, group) records of the v3 report in a sent frame.
  static std::vector<std::pair<int, std::uint32_t>> records(Bytes& f) {
    const Bytes m = ip_payload(f);
    std::vector<std::pair<int, std::uint32_t>> r;
    for (unsigned i = 0; i < load_be16(m.data() + 6); ++i)
      r.emplace_back(load_u8(m.data() + 8 + 8 * i), load_be32(m.data() + 12 + 8 * i));
    return r;
  }
  using Records = std::vector<std::pair<int, std::uint32_t>>;
  static Bytes query(std::uint8_t code, Ipv4Address group, std::size_t length) {
    Bytes q(length);
    q[0] = std::byte{0x11};
    q[1] = std::byte{code};
    store_be32(q.data() + 4, group.value);
    InetChecksum sum;
    sum.add(q);
    store_be16(q.data() + 2, sum.finish());
    Ipv4Address to = group.is_any() ? Ipv4Address{0xe0000001} : group;
    return ip_frame({.destination = to, .protocol = kIpProtoIgmp, .ttl = 1, .options = {}}, q);
  }
};

TEST_F(IgmpTest, OpenJoinsAllHostsWithoutAReport) {
  EXPECT_EQ(device.dev_mc_list.count(multicast_mac({0xe0000001})), 1u);
  kernel.advance(5_s);
  EXPECT_TRUE(device.sent.empty());
}

TEST_F(IgmpTest, JoinIsReportedTwiceWithinAboutASecond) {
  s.join_group(kGroup, kHost);
  EXPECT_EQ(device.dev_mc_list.count(multicast_mac(kGroup)), 1u);
  EXPECT_TRUE(device.sent.empty());
  kernel.advance(20_ms);
  ASSERT_EQ(device.sent.size(), 1u);
  kernel.advance(Duration::from_ms(1100));
  ASSERT_EQ(device.sent.size(), 2u);
  kernel.advance(10_s);
  EXPECT_EQ(device.sent.size(), 2u);
  for (Bytes& f : device.sent) {
    EXPECT_EQ(MacAddress::load(f.data()), multicast_mac({0xe0000016}));
    const IpHeader ip = ip_of(f);
    EXPECT_TRUE(ip.checksum_ok());
    EXPECT_EQ(ip.header_length(), 24u);
    EXPECT_EQ(load_be32(ip.p + 20), 0x94040000u);
    EXPECT_EQ(ip.ttl(), 1);
    EXPECT_EQ(ip.daddr().value, 0xe0000016u);
    const Bytes m = ip_payload(f);
    EXPECT_EQ(load_u8(m.data()), 0x22);
    EXPECT_EQ(records(f), (Records{{4, kGroup.value}}));
    InetChecksum sum;
    sum.add(m);
    EXPECT_TRUE(sum.verifies());
  }
}

TEST_F(IgmpTest, OnlyTheLastLeaveIsReported) {
  UdpSocket& other = bound(7001);
  s.join_group(kGroup, kHost);
  other.join_group(kGroup, kHost);
  kernel.advance(5_s);
  device.sent.clear();
  s.leave_group(kGroup, kHost);
  kernel.advance(5_s);
  EXPECT_TRUE(device.sent.empty());
  other.close();
  kernel.advance(5_s);
  ASSERT_EQ(device.sent.size(), 2u);
  EXPECT_EQ(records(device.sent[0]), (Records{{3, kGroup.value}}));
  EXPECT_EQ(device.dev_mc_list.count(multicast_mac(kGroup)), 0u);
}

TEST_F(IgmpTest, GeneralAndGroupQueriesAreAnsweredInTime) {
  s.join_group(kGroup, kHost);
  kernel.advance(5_s);
  device.sent.clear();
  inject(query(10, {}, 12));
  kernel.advance(Duration::from_ms(1050));
  ASSERT_EQ(device.sent.size(), 1u);
  EXPECT_EQ(records(device.sent[0]), (Records{{2, kGroup.value}}));
  inject(query(10, kGroup, 12));
  kernel.advance(Duration::from_ms(1050));
  ASSERT_EQ(device.sent.size(), 2u);
  EXPECT_EQ(records(device.sent[1]), (Records{{2, kGroup.value}}));
}

TEST_F(IgmpTest, OldQuerierGetsVersion2Reports) {
  s.join_group(kGroup, kHost);
  kernel.advance(5_s);
  device.sent.clear();
  inject(query(10, {}, 8));
  kernel.advance(Duration::from_ms(1050));
  ASSERT_EQ(device.sent.size(), 1u);
  EXPECT_EQ(ip_of(device.sent[0]).daddr(), kGroup);
  EXPECT_EQ(load_u8(ip_payload(device.sent[0]).data()), 0x16);
  s.leave_group(kGroup, kHost);
  ASSERT_EQ(device.sent.size(), 2u);
  EXPECT_EQ(load_u8(ip_payload(device.sent[1]).data()), 0x17);
}

}  // namespace
}  // namespace niclab::stack
