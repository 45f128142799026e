// UDP transmit: path-map B-09 to B-54.
#include <cerrno>

#include "tests/unit/stack/stack_fixture.hpp"

namespace niclab::stack {
namespace {

class UdpSend : public StackTest {
 protected:
  UdpSend() { know_peer(); }
  /// True when the UDP checksum of an unfragmented frame is right and not zero.
  static bool checksum_good(Bytes& frame) {
    const IpHeader ip = ip_of(frame);
    const Bytes u = ip_payload(frame);
    InetChecksum sum =
        ipv4_pseudo_header(ip.saddr(), ip.daddr(), kIpProtoUdp, static_cast<std::uint16_t>(u.size()));
    sum.add(u);
    return sum.verifies() && load_be16(u.data() + 6) != 0 && ip.checksum_ok();
  }
  const Endpoint peer{kPeer, 9};
};

TEST_F(UdpSend, StampOfTheDeviceComesBackOnTheErrorQueue) {
  UdpSocket& s = bound(7000);
  device.hold = true;
  ASSERT_EQ(s.sendto(bytes_of("plain"), &peer), 5);
  EXPECT_EQ(device.held[0]->tx_flags, 0u);
  ASSERT_EQ(s.setsockopt(SocketOption::so_timestamping, so_timestamping::kTxHardware), 0);
  ASSERT_EQ(s.sendto(bytes_of("asked"), &peer), 5);
  EXPECT_EQ(device.held[1]->tx_flags, kSkbTxHwTstamp);
  SkbPtr clone = stack.skb_pool().clone(*device.held[1]);
  clone->owner = device.held[1]->owner;
  Bytes buffer(2000);
  EXPECT_EQ(s.recvfrom(buffer, nullptr, msg::kErrqueue | msg::kDontwait), -EAGAIN);
  EXPECT_EQ(s.recvfrom(buffer, nullptr, msg::kErrqueue, kernel.time() + 1_us), -EAGAIN);
  stack.skb_tstamp_tx(std::move(clone), 987'654'321);
  EXPECT_GT(s.rx_queue(), 0u) << "charged as what is received";
  EXPECT_EQ(s.recvfrom(buffer, nullptr, msg::kDontwait), -EAGAIN) << "not among datagrams";
  ReceiveControl control;
  const int n = s.recvfrom(buffer, nullptr, msg::kErrqueue, Time::never(), &control);
  ASSERT_EQ(n, static_cast<int>(device.sent[1].size()));
  buffer.resize(static_cast<std::size_t>(n));
  EXPECT_EQ(buffer, device.sent[1]) << "the packet from its Ethernet header on";
  EXPECT_EQ(control.hwtstamp, 987'654'321u);
  EXPECT_EQ(s.rx_queue(), 0u);
}

TEST_F(UdpSend, B_40_B_46_OneDatagramOnTheWire) {
  UdpSocket& s = bound(7000);
  EXPECT_EQ(s.sendto(bytes_of("hello"), &peer), 5);
  ASSERT_EQ(device.sent.size(), 1u);
  Bytes& f = device.sent[0];
  EXPECT_EQ(MacAddress::load(f.data()), kPeerMac);
  EXPECT_EQ(MacAddress::load(f.data() + 6), kHostMac);
  EXPECT_EQ(ether_type(f), kEthPIp);
  const IpHeader ip = ip_of(f);
  EXPECT_EQ(ip.tot_len(), 33);
  EXPECT_EQ(ip.ttl(), 64);
  EXPECT_EQ(ip.saddr(), kHost);
  EXPECT_EQ(ip.daddr(), kPeer);
  EXPECT_EQ(ip.frag_off(), kIpDf);
  const Bytes u = ip_payload(f);
  EXPECT_EQ(load_be16(u.data()), 7000);
  EXPECT_EQ(load_be16(u.data() + 2), 9);
  EXPECT_TRUE(checksum_good(f));
  EXPECT_EQ(stack.mib.udp.OutDatagrams, 1u);
  EXPECT_EQ(stack.mib.ip.OutRequests, 1u);
  EXPECT_EQ(stack.mib.ip_ext.OutOctets, 33u);
}

TEST_F(UdpSend, B_09_UnboundSocketGetsAPortOfTheLocalRange) {
  UdpSocket& s = stack.socket();
  EXPECT_EQ(s.sendto(bytes_of("x"), &peer), 1);
  EXPECT_GE(s.local().port, 32768);
  EXPECT_LE(s.local().port, 61000);
}

TEST_F(UdpSend, B_10_B_13_B_14_ArgumentErrors) {
  UdpSocket& s = bound(7000);
  EXPECT_EQ(s.sendto(pattern(65536), &peer), -EMSGSIZE);
  EXPECT_EQ(s.sendto(pattern(65508), &peer), -EMSGSIZE);
  EXPECT_EQ(s.sendto(pattern(1), &peer, msg::kOob), -EOPNOTSUPP);
  const Endpoint port0{kPeer, 0};
  EXPECT_EQ(s.sendto(pattern(1), &port0), -EINVAL);
  EXPECT_EQ(s.send(pattern(1)), -EDESTADDRREQ);
  EXPECT_EQ(stack.mib.ip.OutDiscards, 0u);
  EXPECT_EQ(stack.mib.udp.SndbufErrors, 0u);
}

TEST_F(UdpSend, B_25_B_26_NoRouteAndBroadcastPermission) {
  UdpSocket& s = bound(7000);
  const Endpoint far{{0xc0000201}, 9};
  EXPECT_EQ(s.sendto(pattern(1), &far), -ENETUNREACH);
  EXPECT_EQ(stack.mib.ip.OutNoRoutes, 1u);
  const Endpoint all{{0x0a0900ff}, 9};
  EXPECT_EQ(s.sendto(pattern(1), &all), -EACCES);
  s.setsockopt(SocketOption::so_broadcast, 1);
  EXPECT_EQ(s.sendto(pattern(1), &all), 1);
  ASSERT_EQ(device.sent.size(), 1u);
  EXPECT_TRUE(MacAddress::load(device.sent[0].data()).is_broadcast());
  EXPECT_EQ(stack.mib.ip_ext.OutBcastPkts, 1u);
}

TEST_F(UdpSend, DefaultGatewayIsTheNextHop) {
  stack.set_gateway(device, kPeer);
  UdpSocket& s = bound(7000);
  const Endpoint far{{0xc0000201}, 9};
  EXPECT_EQ(s.sendto(pattern(1), &far), 1);
  ASSERT_EQ(device.sent.size(), 1u);
  EXPECT_EQ(MacAddress::load(device.sent[0].data()), kPeerMac);
  EXPECT_EQ(ip_of(device.sent[0]).daddr(), far.address);
}

/// Two interfaces whose networks overlap.
struct TwoNetworks : testing::Test {
  TwoNetworks() {
    wide.name = "eth1";
    add(wide, {{kHost.value + 99}, 16});
    add(narrow, {kHost, 24});
    add(wide, {{kHost.value + 98}, 16});
  }
  void add(NetDevice& device, Ipv4Prefix prefix) {
    if (!device.up) stack.register_netdev(device);
    stack.add_address(device, prefix);
    if (device.up) return;
    stack.dev_open(device);
    stack.netif_carrier_on(device);
  }
  FakeKernel kernel;
  FakeDevice narrow, wide;
  NetStack stack{kernel};
};

TEST_F(TwoNetworks, B_25_TheLongestPrefixDecides) {
  const Ipv4Address elsewhere{kPeer.value + 0x100};
  stack.add_neighbour(narrow, kPeer, kPeerMac);
  stack.add_neighbour(wide, elsewhere, kPeerMac);
  UdpSocket& s = stack.socket();
  const Endpoint near{kPeer, 9}, far{elsewhere, 9};
  EXPECT_EQ(s.sendto(pattern(1), &near), 1);
  EXPECT_EQ(narrow.sent.size(), 1u);
  EXPECT_EQ(s.sendto(pattern(1), &far), 1);
  EXPECT_EQ(wide.sent.size(), 1u);
}

TEST_F(UdpSend, B_14_B_27_ConnectedSocketSendsAndFilters) {
  UdpSocket& s = stack.socket();
  EXPECT_EQ(s.connect(peer), 0);
  EXPECT_EQ(s.local().address, kHost);
  EXPECT_TRUE(s.has_cached_route());
  EXPECT_EQ(s.send(pattern(4)), 4);
  inject({udp_frame(s.local().port, bytes_of("no")), udp_frame(s.local().port, bytes_of("yes"), kHost, 9)});
  EXPECT_EQ(receive(s), bytes_of("yes"));
  int err = 0;
  receive(s, &err);
  EXPECT_EQ(err, -EAGAIN);
}

TEST_F(UdpSend, B_41_HardwareChecksumLeavesThePseudoHeaderSum) {
  device.hw_ip_csum = true;
  UdpSocket& s = bound(7000);
  s.sendto(pattern(100), &peer);
  ASSERT_EQ(device.summed.at(0), IpSummed::partial);
  const Bytes u = ip_payload(device.sent[0]);
  EXPECT_EQ(load_be16(u.data() + 6), ipv4_pseudo_header(kHost, kPeer, kIpProtoUdp, 108).partial());
}

TEST_F(UdpSend, B_41_NoCheckLeavesZero) {
  UdpSocket& s = bound(7000);
  s.setsockopt(SocketOption::so_no_check, 1);
  s.sendto(pattern(100), &peer);
  EXPECT_EQ(load_be16(ip_payload(device.sent[0]).data() + 6), 0);
}

TEST_F(UdpSend, B_43_ComputedZeroIsSentAsAllOnes) {
  UdpSocket& s = bound(7000);
  // Choose the payload so that the sum folds to 0xffff.
  Bytes u = udp_datagram(kHost, 7000, kPeer, 9, Bytes(2));
  Bytes payload(2);
  store_be16(payload.data(), load_be16(u.data() + 6));
  s.sendto(payload, &peer);
  EXPECT_EQ(load_be16(ip_payload(device.sent[0]).data() + 6), 0xffff);
}

TEST_F(UdpSend, B_42_B_51_LargeDatagramIsFragmentedWithASoftwareChecksum) {
  device.hw_ip_csum = true;
  UdpSocket& s = bound(7000);
  EXPECT_EQ(s.sendto(pattern(4000), &peer), 4000);
  ASSERT_EQ(device.sent.size(), 3u);
  Bytes whole;
  for (std::size_t i = 0; i < 3; ++i) {
    const IpHeader ip = ip_of(device.sent[i]);
    EXPECT_TRUE(ip.checksum_ok());
    EXPECT_EQ((ip.frag_off() & kIpOffsetMask) * 8u, whole.size());
    EXPECT_EQ((ip.frag_off() & kIpMf) != 0, i < 2);
    EXPECT_EQ(ip.id(), ip_of(device.sent[0]).id());
    EXPECT_LE(ip.tot_len(), 1500);
    EXPECT_EQ(device.summed[i], IpSummed::none);
    const Bytes p = ip_payload(device.sent[i]);
    whole.insert(whole.end(), p.begin(), p.end());
  }
  EXPECT_EQ(whole, udp_datagram(kHost, 7000, kPeer, 9, pattern(4000)));
  EXPECT_EQ(stack.mib.ip.FragOKs, 1u);
  EXPECT_EQ(stack.mib.ip.FragCreates, 3u);
  EXPECT_EQ(stack.mib.ip.OutRequests, 1u);
  EXPECT_EQ(s.tx_queue(), 0u);
}

// A group we are in gets the very buffers, so the fragments for the wire need others.
TEST_F(UdpSend, B_50_B_51_PiecesThatAreSharedAreFragmentedByCopying) {
  UdpSocket& s = bound(7000);
  ASSERT_EQ(s.join_group(kGroup, kHost), 0);
  s.set_multicast_if(kHost);
  const Endpoint group{kGroup, 7000};
  EXPECT_EQ(s.sendto(pattern(4000), &group), 4000);
  ASSERT_EQ(device.sent.size(), 3u);
  Bytes whole;
  for (Bytes& f : device.sent) {
    EXPECT_TRUE(ip_of(f).checksum_ok());
    EXPECT_EQ((ip_of(f).frag_off() & kIpOffsetMask) * 8u, whole.size());
    EXPECT_EQ((ip_of(f).frag_off() & kIpMf) != 0, &f != &device.sent.back());
    const Bytes p = ip_payload(f);
    whole.insert(whole.end(), p.begin(), p.end());
  }
  EXPECT_EQ(whole, udp_datagram(kHost, 7000, kGroup, 7000, pattern(4000)));
  EXPECT_EQ(stack.mib.ip.FragCreates, 3u);
  EXPECT_EQ(receive(s), pattern(4000)) << "and the copy for us is whole";
  EXPECT_EQ(s.tx_queue(), 0u);
}

TEST_F(UdpSend, B_34_TheLargestDatagram) {
  UdpSocket& s = bound(7000);
  EXPECT_EQ(s.sendto(pattern(65507), &peer), 65507);
  EXPECT_EQ(stack.mib.ip.FragCreates, 45u);
  EXPECT_EQ(device.sent.size(), 45u);
}

TEST_F(UdpSend, B_52_DiscoveryAlwaysRefusesWhatDoesNotFit) {
  UdpSocket& s = bound(7000);
  s.setsockopt(SocketOption::ip_mtu_discover, 2);
  EXPECT_EQ(s.sendto(pattern(1473), &peer), -EMSGSIZE);
  EXPECT_EQ(s.sendto(pattern(1472), &peer), 1472);
  EXPECT_EQ(stack.mib.ip.OutDiscards, 0u);
  s.setsockopt(SocketOption::ip_mtu_discover, 0);
  s.sendto(pattern(1), &peer);
  EXPECT_EQ(ip_of(device.sent.back()).frag_off(), 0);
  int mtu = 0;
  EXPECT_EQ(s.getsockopt(SocketOption::ip_mtu, mtu), -ENOTCONN);
  s.connect(peer);
  EXPECT_EQ(s.getsockopt(SocketOption::ip_mtu, mtu), 0);
  EXPECT_EQ(mtu, 1500);
}

TEST_F(UdpSend, B_11_B_32_MsgMoreAndCorkMakeOneDatagram) {
  UdpSocket& s = bound(7000);
  EXPECT_EQ(s.sendto(pattern(10), &peer, msg::kMore), 10);
  const Endpoint elsewhere{{0xc0000201}, 1};  // B-12: ignored now
  EXPECT_EQ(s.sendto(pattern(20), &elsewhere, msg::kMore), 20);
  EXPECT_TRUE(device.sent.empty());
  EXPECT_EQ(s.sendto(pattern(30), nullptr), 30);
  ASSERT_EQ(device.sent.size(), 1u);
  EXPECT_EQ(ip_payload(device.sent[0]).size(), 68u);
  EXPECT_TRUE(checksum_good(device.sent[0]));
  s.setsockopt(SocketOption::udp_cork, 1);
  s.sendto(pattern(1), &peer);
  s.sendto(pattern(1), &peer);
  EXPECT_EQ(device.sent.size(), 1u);
  s.setsockopt(SocketOption::udp_cork, 0);  // B-38
  ASSERT_EQ(device.sent.size(), 2u);
  EXPECT_EQ(ip_payload(device.sent[1]).size(), 10u);
  EXPECT_EQ(stack.mib.udp.OutDatagrams, 2u);
}

TEST_F(UdpSend, B_34_CorkedPiecesCrossTheMtu) {
  UdpSocket& s = bound(7000);
  Bytes all;
  for (unsigned i = 0; i < 7; ++i) {
    const Bytes piece = pattern(733, i);
    all.insert(all.end(), piece.begin(), piece.end());
    EXPECT_EQ(s.sendto(piece, &peer, i < 6 ? msg::kMore : 0u), 733);
  }
  Bytes whole;
  for (Bytes& f : device.sent) {
    EXPECT_EQ((ip_of(f).frag_off() & kIpOffsetMask) * 8u, whole.size());
    const Bytes p = ip_payload(f);
    whole.insert(whole.end(), p.begin(), p.end());
  }
  EXPECT_EQ(whole, udp_datagram(kHost, 7000, kPeer, 9, all));
  EXPECT_EQ(device.sent.size(), 4u);
}

TEST_F(UdpSend, B_37_FailedAppendDropsAllThatWasCorked) {
  UdpSocket& s = bound(7000);
  s.sendto(pattern(60000), &peer, msg::kMore);
  EXPECT_EQ(s.sendto(pattern(60000), &peer, msg::kMore), -EMSGSIZE);
  EXPECT_EQ(s.tx_queue(), 0u);
  EXPECT_EQ(s.sendto(pattern(5), &peer), 5);
  EXPECT_EQ(ip_payload(device.sent.at(0)).size(), 13u);
}

TEST_F(UdpSend, B_28_B_29_ProbeSendsNothing) {
  UdpSocket& s = bound(7000);
  EXPECT_EQ(s.sendto(pattern(10), &peer, msg::kProbe), 10);
  EXPECT_EQ(s.sendto({}, &peer, msg::kConfirm | msg::kProbe), 0);
  EXPECT_TRUE(device.sent.empty());
  EXPECT_EQ(stack.mib.udp.OutDatagrams, 0u);
}

TEST_F(UdpSend, B_18_B_22_TtlTosAndGroups) {
  UdpSocket& s = bound(7000);
  s.setsockopt(SocketOption::ip_ttl, 7);
  s.setsockopt(SocketOption::ip_tos, 0x10);
  s.sendto(pattern(1), &peer);
  EXPECT_EQ(ip_of(device.sent[0]).ttl(), 7);
  EXPECT_EQ(ip_of(device.sent[0]).tos(), 0x10);
  int priority = 0;
  s.getsockopt(SocketOption::so_priority, priority);
  EXPECT_EQ(priority, 6);
  const SendControl control{.source = {}, .ttl = 3, .tos = 0x08};
  s.sendto(pattern(1), &peer, 0, &control);
  EXPECT_EQ(ip_of(device.sent[1]).ttl(), 3);
  const SendControl bad{.source = {}, .ttl = 256};
  EXPECT_EQ(s.sendto(pattern(1), &peer, 0, &bad), -EINVAL);
  const Endpoint group{kGroup, 9};
  EXPECT_EQ(s.sendto(pattern(1), &group), -ENETUNREACH);  // no route, no interface chosen
  EXPECT_EQ(s.set_multicast_if(kHost), 0);
  EXPECT_EQ(s.sendto(pattern(1), &group), 1);
  EXPECT_EQ(ip_of(device.sent[2]).ttl(), 1);
  EXPECT_EQ(MacAddress::load(device.sent[2].data()), multicast_mac(kGroup));
  EXPECT_EQ(stack.mib.ip_ext.OutMcastPkts, 1u);
}

TEST_F(UdpSend, B_48_JoinedGroupLoopsBackUnlessSwitchedOff) {
  UdpSocket& s = bound(7000);
  ASSERT_EQ(s.join_group(kGroup, kHost), 0);
  s.set_multicast_if(kHost);
  const Endpoint group{kGroup, 7000};
  EXPECT_EQ(s.sendto(bytes_of("me"), &group), 2);
  EXPECT_EQ(receive(s), bytes_of("me"));
  s.setsockopt(SocketOption::ip_multicast_loop, 0);
  s.sendto(bytes_of("me"), &group);
  int err = 0;
  receive(s, &err);
  EXPECT_EQ(err, -EAGAIN);
  EXPECT_EQ(stack.mib.ip_ext.OutMcastPkts, 2u);
}

TEST_F(UdpSend, OwnAddressIsDeliveredLocally) {
  UdpSocket& s = bound(7000);
  const Endpoint self{kHost, 7000};
  EXPECT_EQ(s.sendto(bytes_of("self"), &self), 4);
  EXPECT_EQ(receive(s), bytes_of("self"));
  EXPECT_TRUE(device.sent.empty());
}

TEST_F(UdpSend, B_35_B_39_FullSendBufferGivesEagainThenCountsEveryError) {
  UdpSocket& s = bound(7000);
  s.setsockopt(SocketOption::so_sndbuf, 0);
  device.hold = true;
  int n = 0;
  while (s.sendto(pattern(1000), &peer, msg::kDontwait) == 1000) ++n;
  EXPECT_EQ(s.sendto(pattern(1000), &peer, msg::kDontwait), -EAGAIN);
  EXPECT_EQ(n, 2);  // 2304 bytes each; refused once 4608 are charged
  EXPECT_EQ(stack.mib.udp.SndbufErrors, 2u);
  EXPECT_EQ(stack.mib.ip.OutDiscards, 2u);
}

TEST_F(UdpSend, B_35_BlockedSenderGoesOnWhenTheDriverFreesPackets) {
  UdpSocket& s = bound(7000);
  s.setsockopt(SocketOption::so_sndbuf, 0);
  device.hold = true;
  while (s.tx_queue() < 4608) s.sendto(pattern(1000), &peer, msg::kDontwait);
  const auto before = device.sent.size();
  kernel.when_waiting([&] { device.held.clear(); });
  EXPECT_EQ(s.sendto(pattern(1000), &peer), 1000);
  EXPECT_EQ(device.sent.size(), before + 1);
}

TEST_F(UdpSend, B_44_B_45_QdiscDropIsSndbufErrorAndSuccess) {
  device.tx_queue_len = 2;
  device.tx_queues[0].stopped = true;
  UdpSocket& s = bound(7000);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(s.sendto(pattern(10), &peer), 10);
  EXPECT_GT(stack.mib.udp.SndbufErrors, 0u);
  EXPECT_EQ(stack.mib.udp.SndbufErrors, stack.mib.ip.OutDiscards);
  EXPECT_EQ(stack.mib.udp.OutDatagrams + stack.mib.udp.SndbufErrors, 10u);
}

TEST_F(UdpSend, BindErrors) {
  UdpSocket& s = bound(7000);
  EXPECT_EQ(s.bind({{}, 7001}), -EINVAL);
  EXPECT_EQ(stack.socket().bind({{}, 7000}), -EADDRINUSE);
  EXPECT_EQ(stack.socket().bind({{0xc0000201}, 7000}), -EADDRNOTAVAIL);
}

TEST_F(UdpSend, MembershipErrors) {
  UdpSocket& s = bound(7000);
  EXPECT_EQ(s.join_group(kPeer, kHost), -EINVAL);
  EXPECT_EQ(s.join_group(kGroup, kPeer), -ENODEV);
  EXPECT_EQ(s.leave_group(kGroup, kHost), -EADDRNOTAVAIL);
  EXPECT_EQ(s.join_group(kGroup, kHost), 0);
  EXPECT_EQ(s.join_group(kGroup, kHost), -EADDRINUSE);
}

TEST_F(UdpSend, F_04_F_06_BufferSizesAreDoubledAndCapped) {
  UdpSocket& s = bound(7000);
  int v = 0;
  s.getsockopt(SocketOption::so_rcvbuf, v);
  EXPECT_EQ(v, 212992);
  s.setsockopt(SocketOption::so_rcvbuf, 8388608);
  s.getsockopt(SocketOption::so_rcvbuf, v);
  EXPECT_EQ(v, 2 * 212992);
  s.setsockopt(SocketOption::so_sndbufforce, 8388608);
  s.getsockopt(SocketOption::so_sndbuf, v);
  EXPECT_EQ(v, 2 * 8388608);
}

TEST_F(UdpSend, StampIsWhenTheApplicationSent) {
  device.hold = true;
  UdpSocket& s = bound(7000);
  const Time before = kernel.time();
  s.sendto(pattern(4000), &peer);
  ASSERT_EQ(device.held.size(), 3u);
  for (const SkbPtr& skb : device.held) EXPECT_EQ(skb->stamp, before);
}

class UdpSendQueues : public StackTest {
 protected:
  UdpSendQueues() : StackTest({}, 4) { know_peer(); }
};

TEST_F(UdpSendQueues, B_68_B_73_OneSocketOneQueueManySocketsSpread) {
  std::array<int, 4> used{};
  for (std::uint16_t p = 7000; p < 7064; ++p) {
    UdpSocket& s = bound(p);
    device.queues.clear();
    for (std::uint16_t d = 1; d < 4; ++d) {
      const Endpoint to{kPeer, d};
      s.sendto(pattern(1), &to);
    }
    EXPECT_EQ(device.queues[0], device.queues[1]);
    EXPECT_EQ(device.queues[0], device.queues[2]);
    ++used[device.queues[0]];
  }
  for (const int n : used) EXPECT_GT(n, 4);
}

}  // namespace
}  // namespace niclab::stack
