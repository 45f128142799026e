// ARP and the neighbour cache: path-map B-55 to B-65, F-20.
#include <cerrno>

#include "tests/unit/stack/stack_fixture.hpp"

namespace niclab::stack {
namespace {

class Arping : public StackTest {
 protected:
  UdpSocket& s = bound(7000);
  const Endpoint peer{kPeer, 9};
  const Neighbour* entry() { return stack.neighbours().lookup(device, kPeer); }
  void reply() { inject(arp_frame(2, kPeerMac, kPeer, kHost, kHostMac, kHostMac)); }
  std::size_t requests() const {
    return static_cast<std::size_t>(std::count_if(device.sent.begin(), device.sent.end(),
                                                  [](const Bytes& f) { return ether_type(f) == kEthPArp; }));
  }
};

TEST_F(Arping, B_62_B_63_FirstPacketWaitsForTheAnswer) {
  EXPECT_EQ(s.sendto(bytes_of("hello"), &peer), 5);
  ASSERT_EQ(device.sent.size(), 1u);
  const Bytes& arp = device.sent[0];
  EXPECT_EQ(ether_type(arp), kEthPArp);
  EXPECT_TRUE(MacAddress::load(arp.data()).is_broadcast());
  EXPECT_EQ(load_be16(arp.data() + 14 + 6), 1);
  EXPECT_EQ(load_be32(arp.data() + 14 + 14), kHost.value);
  EXPECT_EQ(load_be32(arp.data() + 14 + 24), kPeer.value);
  reply();
  ASSERT_EQ(device.sent.size(), 2u);
  EXPECT_EQ(ether_type(device.sent[1]), kEthPIp);
  EXPECT_EQ(MacAddress::load(device.sent[1].data()), kPeerMac);
  EXPECT_EQ(entry()->state, kNudReachable);
}

TEST_F(Arping, B_65_ThreeRequestsASecondApartThenFailure) {
  s.sendto(bytes_of("x"), &peer);
  EXPECT_EQ(requests(), 1u);
  kernel.advance(Duration::from_ms(1100));
  EXPECT_EQ(requests(), 2u);
  kernel.advance(1_s);
  EXPECT_EQ(requests(), 3u);
  kernel.advance(1_s);
  EXPECT_EQ(requests(), 3u);
  EXPECT_EQ(entry()->state, kNudFailed);
  EXPECT_EQ(stack.mib.arp_cache.res_failed, 1u);
  EXPECT_EQ(s.tx_queue(), 0u);
  EXPECT_EQ(stack.mib.icmp.OutDestUnreachs, 1u);  // host unreachable, to ourselves
  EXPECT_EQ(stack.mib.icmp.InDestUnreachs, 1u);
  s.sendto(bytes_of("x"), &peer);  // starts anew
  EXPECT_EQ(requests(), 4u);
}

TEST_F(Arping, B_65_WaitingPacketsAreLimitedByTruesizeOldestFirst) {
  for (int i = 0; i < 100; ++i) s.sendto(pattern(1000, static_cast<unsigned>(i)), &peer);
  EXPECT_EQ(stack.mib.arp_cache.unresolved_discards, 72u);  // 28 x 2304 bytes fit 65536
  reply();
  EXPECT_EQ(device.sent.size(), 1u + 28);
  EXPECT_EQ(ip_payload(device.sent.back())[8], pattern(1000, 99)[0]);
}

TEST_F(Arping, AnswersRequestsForItsAddressAndRemembersTheAsker) {
  inject(arp_frame(1, kPeerMac, kPeer, kHost));
  ASSERT_EQ(device.sent.size(), 1u);
  const Bytes& f = device.sent[0];
  EXPECT_EQ(MacAddress::load(f.data()), kPeerMac);
  EXPECT_EQ(load_be16(f.data() + 14 + 6), 2);
  EXPECT_EQ(MacAddress::load(f.data() + 14 + 8), kHostMac);
  EXPECT_EQ(load_be32(f.data() + 14 + 14), kHost.value);
  EXPECT_EQ(load_be32(f.data() + 14 + 24), kPeer.value);
  EXPECT_EQ(entry()->state, kNudStale);
}

TEST_F(Arping, IgnoresRequestsForOthersAndUnaskedAnnouncements) {
  inject(arp_frame(1, kPeerMac, kPeer, {0x0a090033}));
  inject(arp_frame(2, kPeerMac, kPeer, kPeer));
  inject(arp_frame(1, kPeerMac, kPeer, kPeer));
  EXPECT_TRUE(device.sent.empty());
  EXPECT_EQ(stack.neighbours().entries(), 0u);
}

TEST_F(Arping, DuplicateAddressProbeIsAnswered) {
  inject(arp_frame(1, kPeerMac, {}, kHost));
  ASSERT_EQ(device.sent.size(), 1u);
  EXPECT_EQ(stack.neighbours().entries(), 0u);
}

TEST_F(Arping, B_64_StaleEntrySendsAtOnceThenProbesByUnicast) {
  inject(arp_frame(1, kPeerMac, kPeer, kHost));
  device.sent.clear();
  s.sendto(bytes_of("x"), &peer);
  EXPECT_EQ(device.sent.size(), 1u);
  EXPECT_EQ(entry()->state, kNudDelay);
  kernel.advance(Duration::from_ms(5100));
  EXPECT_EQ(entry()->state, kNudProbe);
  ASSERT_EQ(device.sent.size(), 2u);
  EXPECT_EQ(MacAddress::load(device.sent[1].data()), kPeerMac);
  reply();
  EXPECT_EQ(entry()->state, kNudReachable);
}

TEST_F(Arping, ReachableGoesStaleWhenUnused) {
  s.sendto(bytes_of("x"), &peer);
  reply();
  kernel.advance(60_s);
  EXPECT_EQ(entry()->state, kNudStale);
  EXPECT_EQ(requests(), 1u);
}

TEST_F(Arping, LocktimeProtectsAFreshEntryFromAnotherAddress) {
  s.sendto(bytes_of("x"), &peer);
  reply();
  const MacAddress other{{2, 9, 9, 9, 9, 9}};
  inject(arp_frame(2, other, kPeer, kHost, kHostMac, kHostMac));
  EXPECT_EQ(entry()->ha, kPeerMac);
  kernel.advance(2_s);
  inject(arp_frame(2, other, kPeer, kHost, kHostMac, kHostMac));
  EXPECT_EQ(entry()->ha, other);
}

TEST_F(Arping, StaticEntriesDoNotChange) {
  know_peer();
  inject(arp_frame(1, MacAddress{{2, 9, 9, 9, 9, 9}}, kPeer, kHost));
  EXPECT_EQ(entry()->ha, kPeerMac);
  EXPECT_EQ(entry()->state, kNudPermanent);
  s.sendto(bytes_of("x"), &peer);
  EXPECT_EQ(MacAddress::load(device.sent.back().data()), kPeerMac);
}

TEST_F(Arping, F_20_TableIsBounded) {
  for (std::uint32_t i = 0; i < 3000; ++i) {
    inject(arp_frame(1, kPeerMac, {0x0a090000 + 2 + i}, kHost));
    if (i % 200 == 0) kernel.advance(6_s);
  }
  EXPECT_LE(stack.neighbours().entries(), 1024u);
  EXPECT_GT(stack.mib.arp_cache.forced_gc_runs, 0u);
}

TEST_F(Arping, MalformedArpIsIgnored) {
  Bytes bad = arp_frame(1, kPeerMac, kPeer, kHost);
  bad[14 + 4] = std::byte{7};
  inject(bad);
  bad = arp_frame(3, kPeerMac, kPeer, kHost);
  inject(bad);
  bad = arp_frame(1, kPeerMac, kPeer, kHost);
  bad.resize(14 + 27);
  inject(bad);
  EXPECT_TRUE(device.sent.empty());
}

}  // namespace
}  // namespace niclab::stack
