// UDP receive: path-map C-54 to C-80.
#include <cerrno>

#include "tests/unit/stack/stack_fixture.hpp"

namespace niclab::stack {
namespace {

using UdpReceive = StackTest;
using UdpReceive40 = StackTest40;

TEST_F(UdpReceive, C_65_C_76_DatagramReachesItsSocketAndIsCountedWhenRead) {
  UdpSocket& s = bound(7000);
  inject(udp_frame(7000, bytes_of("hello")));
  EXPECT_EQ(stack.mib.udp.InDatagrams, 0u);
  EXPECT_GT(s.rx_queue(), 0u);
  Endpoint from;
  EXPECT_EQ(receive(s, nullptr, &from), bytes_of("hello"));
  EXPECT_EQ(from, (Endpoint{kPeer, 4000}));
  EXPECT_EQ(stack.mib.udp.InDatagrams, 1u);
  EXPECT_EQ(stack.mib.ip.InReceives, 1u);
  EXPECT_EQ(stack.mib.ip.InDelivers, 1u);
  EXPECT_EQ(s.rx_queue(), 0u);
  EXPECT_EQ(s.rx_datagrams(), 1u);
  EXPECT_EQ(s.rx_bytes(), 5u);
}

TEST_F(UdpReceive, C_76_PeekCountsOnceAndLeavesTheDatagram) {
  UdpSocket& s = bound(7000);
  inject(udp_frame(7000, bytes_of("abc")));
  EXPECT_EQ(receive(s, nullptr, nullptr, msg::kDontwait | msg::kPeek), bytes_of("abc"));
  EXPECT_EQ(receive(s, nullptr, nullptr, msg::kDontwait | msg::kPeek), bytes_of("abc"));
  EXPECT_EQ(receive(s), bytes_of("abc"));
  EXPECT_EQ(stack.mib.udp.InDatagrams, 1u);
  EXPECT_EQ(s.rx_datagrams(), 1u);
}

TEST_F(UdpReceive, RecvfromTruncatesAndMsgTruncTellsTheLength) {
  UdpSocket& s = bound(7000);
  inject({udp_frame(7000, pattern(100)), udp_frame(7000, pattern(100))});
  Bytes small(10);
  EXPECT_EQ(s.recvfrom(small, nullptr, msg::kDontwait), 10);
  EXPECT_EQ(s.recvfrom(small, nullptr, msg::kDontwait | msg::kTrunc), 100);
  EXPECT_EQ(s.rx_bytes(), 20u);
}

TEST_F(UdpReceive, StampOfTheDeviceReachesWhoAskedForIt) {
  UdpSocket& s = bound(7000);
  napi.hwtstamp = 123'456;
  Bytes buffer(100);
  for (const int asked : {0, so_timestamping::kRxHardware | so_timestamping::kRawHardware}) {
    EXPECT_EQ(s.setsockopt(SocketOption::so_timestamping, asked), 0);
    inject(udp_frame(7000, bytes_of("abc")));
    ReceiveControl control{.hwtstamp = 1};
    EXPECT_EQ(s.recvfrom(buffer, nullptr, msg::kDontwait, Time::never(), &control), 3);
    EXPECT_EQ(control.hwtstamp, asked != 0 ? 123'456u : 0u);
  }
  EXPECT_EQ(s.setsockopt(SocketOption::so_timestamping, 1 << 3), -EINVAL) << "stamps of the host's clock";
  int value = 0;
  EXPECT_EQ(s.getsockopt(SocketOption::so_timestamping, value), 0);
  EXPECT_EQ(value, so_timestamping::kRxHardware | so_timestamping::kRawHardware);
}

TEST_F(UdpReceive, C_65_LookupPrefersConnectedThenBoundAddress) {
  UdpSocket& any = bound(7000);
  any.setsockopt(SocketOption::so_reuseaddr, 1);
  UdpSocket& address = stack.socket();
  address.setsockopt(SocketOption::so_reuseaddr, 1);
  ASSERT_EQ(address.bind({kHost, 7000}), 0);
  UdpSocket& connected = stack.socket();
  connected.setsockopt(SocketOption::so_reuseaddr, 1);
  ASSERT_EQ(connected.bind({kHost, 7000}), 0);
  ASSERT_EQ(connected.connect({kPeer, 4000}), 0);
  inject({udp_frame(7000, bytes_of("1")), udp_frame(7000, bytes_of("2"), kHost, 4001)});
  EXPECT_EQ(receive(connected), bytes_of("1"));
  EXPECT_EQ(receive(address), bytes_of("2"));
  int err = 0;
  receive(any, &err);
  EXPECT_EQ(err, -EAGAIN);
}

TEST_F(UdpReceive, C_63_ShortAndOverlongDatagramsAreErrors) {
  bound(7000);
  Bytes too_short = udp_datagram(kPeer, 1, kHost, 7000, pattern(20));
  store_be16(too_short.data() + 4, 7);
  Bytes too_long = udp_datagram(kPeer, 1, kHost, 7000, pattern(20));
  store_be16(too_long.data() + 4, 29);
  inject({ip_frame({.options = {}}, too_short), ip_frame({.options = {}}, too_long),
          ip_frame({.options = {}}, pattern(7))});
  EXPECT_EQ(stack.mib.udp.InErrors, 3u);
  EXPECT_EQ(stack.mib.udp.InCsumErrors, 0u);
  EXPECT_EQ(stack.mib.ip.InDelivers, 3u);
}

TEST_F(UdpReceive, C_66_NoSocketGoodChecksumIsAnsweredBadChecksumIsSilent) {
  know_peer();
  Bytes bad = udp_frame(5999, pattern(30));
  bad[14 + 20 + 10] ^= std::byte{1};
  inject(bad);
  EXPECT_EQ(stack.mib.udp.NoPorts, 0u);
  EXPECT_EQ(stack.mib.udp.InCsumErrors, 1u);
  EXPECT_EQ(stack.mib.udp.InErrors, 1u);
  EXPECT_TRUE(device.sent.empty());
  inject(udp_frame(5999, pattern(30)));
  EXPECT_EQ(stack.mib.udp.NoPorts, 1u);
  ASSERT_EQ(device.sent.size(), 1u);
  const Bytes icmp = ip_payload(device.sent[0]);
  EXPECT_EQ(load_u8(icmp.data()), 3);
  EXPECT_EQ(load_u8(icmp.data() + 1), 3);
  EXPECT_EQ(icmp.size(), 8u + 20 + 38);
  EXPECT_EQ(stack.mib.icmp.OutDestUnreachs, 1u);
}

TEST_F(UdpReceive, C_69_BadChecksumIsFoundAtRecvmsgOnly) {
  UdpSocket& s = bound(7000);
  Bytes bad = udp_frame(7000, pattern(30));
  bad[14 + 20 + 10] ^= std::byte{1};
  inject(bad);
  EXPECT_EQ(stack.mib.udp.InCsumErrors, 0u);
  int err = 0;
  receive(s, &err);
  EXPECT_EQ(err, -EAGAIN);
  EXPECT_EQ(stack.mib.udp.InCsumErrors, 1u);
  EXPECT_EQ(stack.mib.udp.InErrors, 1u);
  EXPECT_EQ(s.drops(), 1u);
  EXPECT_EQ(s.rx_queue(), 0u);
}

TEST_F(UdpReceive, C_30_DeviceThatVerifiedTheChecksumIsBelieved) {
  UdpSocket& s = bound(7000);
  Bytes bad = udp_frame(7000, pattern(30));
  bad[14 + 20 + 10] ^= std::byte{1};
  napi.summed = IpSummed::unnecessary;
  inject(bad);
  EXPECT_EQ(receive(s).size(), 30u);
}

TEST_F(UdpReceive, C_63_ChecksumZeroIsNotChecked) {
  UdpSocket& s = bound(7000);
  Bytes u = udp_datagram(kPeer, 1, kHost, 7000, pattern(20));
  store_be16(u.data() + 6, 0);
  inject(ip_frame({.options = {}}, u));
  EXPECT_EQ(receive(s), pattern(20));
}

TEST_F(UdpReceive, C_70_C_73_FullQueueDropsAndTheFirstPacketAlwaysFits) {
  UdpSocket& s = bound(7000);
  s.setsockopt(SocketOption::so_rcvbuf, 0);
  int rcvbuf = 0;
  s.getsockopt(SocketOption::so_rcvbuf, rcvbuf);
  EXPECT_EQ(rcvbuf, 2304);
  for (int i = 0; i < 10; ++i) inject(udp_frame(7000, pattern(1000)));
  const auto queued = stack.mib.ip.InDelivers - s.drops();
  EXPECT_EQ(queued, 2u);  // one is not above 2304, two are
  EXPECT_EQ(stack.mib.udp.InErrors, s.drops());
  EXPECT_EQ(stack.mib.udp.RcvbufErrors, 0u);  // 3.13: C-70 does not count it
}

TEST_F(UdpReceive, C_73_WhatIsReadMakesRoomAgain) {
  UdpSocket& s = bound(7000);
  s.setsockopt(SocketOption::so_rcvbuf, 0);
  for (int i = 0; i < 10; ++i) {
    inject(udp_frame(7000, pattern(1000)));
    EXPECT_EQ(receive(s), pattern(1000));
  }
  EXPECT_EQ(s.drops(), 0u);
}

TEST_F(UdpReceive40, C_70_FullQueueCountsRcvbufErrorsToo) {
  UdpSocket& s = bound(7000);
  s.setsockopt(SocketOption::so_rcvbuf, 0);
  for (int i = 0; i < 10; ++i) inject(udp_frame(7000, pattern(1000)));
  EXPECT_GT(s.drops(), 0u);
  EXPECT_EQ(stack.mib.udp.RcvbufErrors, s.drops());
}

TEST_F(UdpReceive, C_77_C_79_GroupDatagramGoesToEverySubscriber) {
  UdpSocket& a = bound(7000);
  a.setsockopt(SocketOption::so_reuseaddr, 1);
  UdpSocket& b = stack.socket();
  b.setsockopt(SocketOption::so_reuseaddr, 1);
  ASSERT_EQ(b.bind({kGroup, 7000}), 0);
  ASSERT_EQ(a.join_group(kGroup, kHost), 0);
  ASSERT_EQ(b.join_group(kGroup, kHost), 0);
  EXPECT_EQ(device.dev_mc_list.at(multicast_mac(kGroup)), 1u);
  inject(udp_frame(7000, bytes_of("all"), kGroup));
  EXPECT_EQ(receive(a), bytes_of("all"));
  EXPECT_EQ(receive(b), bytes_of("all"));
  EXPECT_EQ(stack.mib.ip_ext.InMcastPkts, 1u);
  EXPECT_EQ(stack.mib.udp.InDatagrams, 2u);
}

TEST_F(UdpReceive, C_78_MoreThanThirtyTwoListeners) {
  std::vector<UdpSocket*> all;
  for (int i = 0; i < 70; ++i) {
    UdpSocket& s = stack.socket();
    s.setsockopt(SocketOption::so_reuseaddr, 1);
    ASSERT_EQ(s.bind({{}, 7000}), 0);
    all.push_back(&s);
  }
  ASSERT_EQ(all[0]->join_group(kGroup, kHost), 0);
  inject(udp_frame(7000, bytes_of("x"), kGroup));
  for (UdpSocket* s : all) EXPECT_EQ(receive(*s), bytes_of("x"));
}

TEST_F(UdpReceive, C_77_UnjoinedGroupIsDroppedUncounted) {
  bound(7000);
  inject(udp_frame(7000, bytes_of("x"), kGroup));
  EXPECT_EQ(stack.mib.ip.InReceives, 1u);
  EXPECT_EQ(stack.mib.ip.InDelivers, 0u);
  EXPECT_EQ(stack.mib.ip_ext.InMcastPkts, 0u);
}

TEST_F(UdpReceive40, C_77_GroupWithoutListenerIsIgnoredMulti) {
  UdpSocket& s = bound(7000);
  ASSERT_EQ(s.join_group(kGroup, kHost), 0);
  inject(udp_frame(7001, bytes_of("x"), kGroup));
  EXPECT_EQ(stack.mib.udp.IgnoredMulti, 1u);
}

TEST_F(UdpReceive, BroadcastReachesUnboundSockets) {
  UdpSocket& s = bound(7000);
  inject(udp_frame(7000, bytes_of("b"), Ipv4Address{0x0a0900ff}));
  EXPECT_EQ(receive(s), bytes_of("b"));
  EXPECT_EQ(stack.mib.ip_ext.InBcastPkts, 1u);
}

TEST_F(UdpReceive, C_75_BlockedReaderIsWokenByItsDatagram) {
  UdpSocket& s = bound(7000);
  Bytes b(100);
  kernel.when_waiting([&] { inject(udp_frame(7000, bytes_of("late"))); });
  EXPECT_EQ(s.recvfrom(b), 4);
  EXPECT_EQ(kernel.wakeups, 1u);
}

TEST_F(UdpReceive, RecvfromGivesUpAtItsDeadline) {
  UdpSocket& s = bound(7000);
  Bytes b(100);
  const Time start = kernel.time();
  EXPECT_EQ(s.recvfrom(b, nullptr, 0, start + 5_ms), -EAGAIN);
  EXPECT_GE(kernel.time(), start + 5_ms);
  EXPECT_EQ(s.recvfrom(b, nullptr, 0, start), -EAGAIN);  // a deadline in the past
  s.setsockopt(SocketOption::so_rcvtimeo_us, 1000);
  EXPECT_EQ(s.recvfrom(b), -EAGAIN);
}

TEST_F(UdpReceive, C_71_SocketOwnedByUserDelaysDeliveryToReleaseSock) {
  UdpSocket& s = bound(7000);
  know_peer();
  s.setsockopt(SocketOption::so_sndbuf, 0);
  device.hold = true;
  const Endpoint peer{kPeer, 9};
  while (s.tx_queue() < 4608) s.sendto(pattern(1000), &peer, msg::kDontwait);
  Bytes b(100);
  int during = 0;
  kernel.when_waiting([&] {  // the corked send waits for memory with the socket owned
    inject(udp_frame(7000, bytes_of("x")));
    during = s.recvfrom(b, nullptr, msg::kDontwait);
    device.held.clear();
  });
  EXPECT_EQ(s.sendto(pattern(10), &peer, msg::kMore), 10);
  EXPECT_EQ(during, -EAGAIN);
  EXPECT_EQ(receive(s), bytes_of("x"));
}

TEST_F(UdpReceive, C_70_C_84_IncomingCpuIsUnknownTo313) {
  UdpSocket& s = bound(7000);
  int v = 0;
  EXPECT_EQ(s.getsockopt(SocketOption::so_incoming_cpu, v), -ENOPROTOOPT);
}

struct Recorder final : DeliveryObserver {
  void delivered(unsigned index, Time at, std::span<const std::byte> payload, Time) override {
    last_index = index;
    last_at = at;
    bytes += payload.size();
  }
  unsigned last_index = 99;
  Time last_at;
  std::size_t bytes = 0;
};

TEST_F(UdpReceive, ObserverSeesWhatTheApplicationGets) {
  Recorder r;
  stack.observer = &r;
  bound(6999);
  UdpSocket& s = bound(7000);
  inject(udp_frame(7000, pattern(33)));
  EXPECT_EQ(r.bytes, 0u);
  receive(s);
  EXPECT_EQ(r.bytes, 33u);
  EXPECT_EQ(r.last_index, 1u);
  EXPECT_GT(r.last_at, Time{});
}

TEST_F(UdpReceive, CloseKeepsTheCountersAndFreesThePort) {
  UdpSocket& s = bound(7000);
  inject({udp_frame(7000, pattern(3)), udp_frame(7000, pattern(3))});
  receive(s);
  EXPECT_EQ(s.close(), 0);
  EXPECT_EQ(s.close(), -EBADF);
  EXPECT_EQ(s.rx_queue(), 0u);
  EXPECT_EQ(stack.sockets().size(), 1u);
  EXPECT_EQ(stack.sockets()[0]->rx_datagrams(), 1u);
  EXPECT_EQ(stack.sockets()[0]->local().port, 7000);
  bound(7000);
}

}  // namespace
}  // namespace niclab::stack
