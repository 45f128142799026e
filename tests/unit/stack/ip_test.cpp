// IP receive, reassembly and routing: path-map C-54 to C-61, E-02 to E-13.
#include <cerrno>

#include "tests/unit/stack/stack_fixture.hpp"

namespace niclab::stack {
namespace {

using IpReceive = StackTest;
using IpReceive40 = StackTest40;

TEST_F(IpReceive, C_54_C_55_HeaderErrors) {
  bound(7000);
  const Bytes good = udp_datagram(kPeer, 1, kHost, 7000, pattern(40));
  Bytes version = ip_frame({.options = {}}, good), ihl = version, checksum = version;
  version[14] = std::byte{0x65};
  ihl[14] = std::byte{0x44};
  checksum[14 + 8] ^= std::byte{1};
  Bytes tiny(14 + 19);
  kHostMac.store(tiny.data());
  store_be16(tiny.data() + 12, kEthPIp);
  Bytes long_header = tiny;  // says 60 bytes, has 20
  long_header.resize(14 + 20);
  long_header[14] = std::byte{0x4f};
  inject({version, ihl, checksum, tiny, long_header});
  EXPECT_EQ(stack.mib.ip.InReceives, 5u);
  EXPECT_EQ(stack.mib.ip.InHdrErrors, 5u);
  EXPECT_EQ(stack.mib.ip_ext.InCsumErrors, 1u);
  EXPECT_EQ(stack.mib.ip.InDelivers, 0u);
}

TEST_F(IpReceive, C_56_LengthErrorsAndPadding) {
  UdpSocket& s = bound(7000);
  Bytes truncated = ip_frame({.options = {}}, udp_datagram(kPeer, 1, kHost, 7000, pattern(100)));
  truncated.resize(100);
  Bytes total_too_small = ip_frame({.options = {}}, pattern(40));
  ip_of(total_too_small).set_tot_len(19);
  ip_of(total_too_small).update_checksum();
  inject({truncated, total_too_small, udp_frame(7000, bytes_of("x"))});
  EXPECT_EQ(stack.mib.ip_ext.InTruncatedPkts, 1u);
  EXPECT_EQ(stack.mib.ip.InHdrErrors, 1u);
  EXPECT_EQ(receive(s), bytes_of("x"));  // the padding to 60 bytes is gone
  EXPECT_EQ(stack.mib.ip_ext.InOctets, 86u + 60 + 46);
  // ICMP has no length of its own.
  know_peer();
  inject(ip_frame({.protocol = kIpProtoIcmp, .options = {}}, icmp_message(8, 0, 7, bytes_of("x"))));
  ASSERT_EQ(device.sent.size(), 1u);
  EXPECT_EQ(ip_payload(device.sent[0]), icmp_message(0, 0, 7, bytes_of("x")));
}

TEST_F(IpReceive, C_54_FramesForOthersAreNotCounted) {
  bound(7000);
  Bytes f = udp_frame(7000, pattern(1));
  f[5] = std::byte{0x77};
  inject(f);
  EXPECT_EQ(stack.mib.ip.InReceives, 0u);
}

TEST_F(IpReceive, C_55_EcnColumns) {
  for (std::uint8_t tos = 0; tos < 4; ++tos) inject(ip_frame({.tos = tos, .options = {}}, pattern(30)));
  const IpExtMib& e = stack.mib.ip_ext;
  EXPECT_EQ((std::array{e.InNoECTPkts, e.InECT1Pkts, e.InECT0Pkts, e.InCEPkts}),
            (std::array<std::uint64_t, 4>{1, 1, 1, 1}));
}

TEST_F(IpReceive, C_59_ForeignDestinationIsDroppedUncountedOrWithoutRoute) {
  const auto to = [](std::uint32_t a) {
    Bytes f = ip_frame({.destination = {a}, .options = {}}, pattern(30));
    kHostMac.store(f.data());
    return f;
  };
  inject({to(0x0a090063), to(0xc0000201), to(0x7f000001)});
  EXPECT_EQ(stack.mib.ip.InAddrErrors, 0u);
  EXPECT_EQ(stack.mib.ip_ext.InNoRoutes, 1u);
  EXPECT_EQ(stack.mib.ip.InDelivers, 0u);
}

TEST_F(IpReceive40, C_59_ForeignDestinationIsAnAddressError) {
  Bytes f = ip_frame({.destination = {0x0a090063}, .options = {}}, pattern(30));
  kHostMac.store(f.data());
  inject(f);
  EXPECT_EQ(stack.mib.ip.InAddrErrors, 1u);
}

TEST_F(IpReceive, C_61_E_07_UnknownProtocolIsReported) {
  know_peer();
  for (int i = 0; i < 3; ++i) inject(ip_frame({.protocol = kIpProtoTcp, .options = {}}, pattern(30)));
  EXPECT_EQ(stack.mib.ip.InUnknownProtos, 3u);
  EXPECT_EQ(stack.mib.ip.InDelivers, 0u);
  ASSERT_EQ(device.sent.size(), 3u);
  EXPECT_EQ(load_u8(ip_payload(device.sent[0]).data() + 1), 2);
}

TEST_F(IpReceive, OptionsAreToleratedAndMalformedOnesAreHeaderErrors) {
  UdpSocket& s = bound(7000);
  const Bytes u = udp_datagram(kPeer, 1, kHost, 7000, pattern(40));
  inject(ip_frame({.options = {std::byte{0x94}, std::byte{4}, std::byte{0}, std::byte{0}}}, u));
  EXPECT_EQ(receive(s), pattern(40));
  inject(ip_frame({.options = {std::byte{0x94}, std::byte{9}, std::byte{0}, std::byte{0}}}, u));
  EXPECT_EQ(stack.mib.ip.InHdrErrors, 1u);
}

TEST_F(IpReceive, C_51_UnknownEtherTypeIsADeviceDrop) {
  inject(ethernet(kHostMac, kPeerMac, 0x88cc, pattern(50)));
  EXPECT_EQ(device.core_rx_dropped, 1u);
  EXPECT_EQ(stack.softnet().per_cpu()[0].processed, 1u);
}

TEST_F(IpReceive, PriorityTaggedFramesAreUntagged) {
  UdpSocket& s = bound(7000);
  Bytes plain = udp_frame(7000, bytes_of("tag"));
  Bytes tagged(plain.begin(), plain.begin() + 12);
  for (const unsigned b : {0x81u, 0x00u, 0xe0u, 0x00u}) tagged.push_back(std::byte(b));
  tagged.insert(tagged.end(), plain.begin() + 12, plain.end());
  inject(tagged);
  EXPECT_EQ(receive(s), bytes_of("tag"));
  tagged[15] = std::byte{5};
  inject(tagged);
  EXPECT_EQ(stack.mib.ip.InReceives, 1u);
}

// --- reassembly ----------------------------------------------------------------------------------

class Reassembly : public StackTest {
 protected:
  UdpSocket& s = bound(7000);
  const Bytes payload = pattern(4000);
  const Bytes datagram = udp_datagram(kPeer, 4000, kHost, 7000, payload);
  Bytes piece(std::size_t from, std::size_t to, bool more, std::uint16_t id = 1) {
    return ip_frame(
        {.id = id, .frag_off = static_cast<std::uint16_t>(from / 8 | (more ? kIpMf : 0)), .options = {}},
        Bytes(datagram.begin() + static_cast<std::ptrdiff_t>(from),
              datagram.begin() + static_cast<std::ptrdiff_t>(to)));
  }
  const std::size_t end = datagram.size();
};

TEST_F(Reassembly, C_60_InOrderAndReversed) {
  auto f = fragments({.id = 7, .options = {}}, datagram, 1480);
  inject(f);
  EXPECT_EQ(receive(s), payload);
  f = fragments({.id = 8, .options = {}}, datagram, 8);  // 501 pieces
  std::reverse(f.begin(), f.end());
  inject(f);
  EXPECT_EQ(receive(s), payload);
  EXPECT_EQ(stack.mib.ip.ReasmOKs, 2u);
  EXPECT_EQ(stack.mib.ip.ReasmReqds, 3u + 501);
  EXPECT_EQ(stack.mib.ip.InDelivers, 2u);
  EXPECT_EQ(stack.frags().queues(), 0u);
  EXPECT_EQ(stack.frags().memory(), 0u);
}

TEST_F(Reassembly, C_60_AHoleIsWaitedFor) {
  inject({piece(0, 1480, true), piece(2960, end, false)});
  EXPECT_EQ(stack.mib.ip.ReasmOKs, 0u);
  EXPECT_EQ(stack.mib.ip.InDelivers, 0u);
  inject(piece(1480, 2960, true));
  EXPECT_EQ(receive(s), payload);
}

TEST_F(Reassembly, C_60_OverlapsAndDuplicates) {
  inject({piece(1480, 2960, true), piece(1480, 2960, true), piece(800, 1600, true), piece(2400, end, false),
          piece(0, 1480, true)});
  EXPECT_EQ(receive(s), payload);
  EXPECT_EQ(stack.mib.ip.ReasmOKs, 1u);
  EXPECT_EQ(stack.frags().memory(), 0u);
}

TEST_F(Reassembly, C_60_DatagramsWithDifferentIdsDoNotMix) {
  inject({piece(0, 2000, true, 1), piece(2000, end, false, 2)});
  EXPECT_EQ(stack.mib.ip.ReasmOKs, 0u);
  EXPECT_EQ(stack.frags().queues(), 2u);
  inject(piece(2000, end, false, 1));
  EXPECT_EQ(receive(s), payload);
}

// More of them than the table has places: some share one.
TEST_F(Reassembly, C_60_DatagramsInOnePlaceOfTheTableDoNotMix) {
  for (std::uint16_t id = 1; id <= 200; ++id) inject(piece(0, 2000, true, id));
  for (std::uint16_t id = 201; id <= 400; ++id) inject(piece(2000, end, false, id));
  EXPECT_EQ(stack.mib.ip.ReasmOKs, 0u);
  EXPECT_EQ(stack.frags().queues(), 400u);
}

TEST_F(Reassembly, ContradictingEndsAreRefused) {
  inject({piece(2000, end, false), piece(0, 1000, false)});
  EXPECT_EQ(stack.mib.ip.ReasmOKs, 0u);
  inject(piece(0, 2000, true));
  EXPECT_EQ(receive(s), payload);
}

TEST_F(Reassembly, E_13_TimeoutCountsAndReportsWhenTheFirstFragmentCame) {
  know_peer();
  inject(piece(0, 1480, true));
  kernel.advance(29_s);
  EXPECT_EQ(stack.mib.ip.ReasmTimeout, 0u);
  kernel.advance(2_s);
  EXPECT_EQ(stack.mib.ip.ReasmTimeout, 1u);
  EXPECT_EQ(stack.mib.ip.ReasmFails, 1u);
  EXPECT_EQ(stack.frags().queues(), 0u);
  ASSERT_EQ(device.sent.size(), 1u);
  EXPECT_EQ(load_u8(ip_payload(device.sent[0]).data()), 11);
  inject(piece(1480, 2960, true));
  kernel.advance(31_s);
  EXPECT_EQ(device.sent.size(), 1u);
}

TEST_F(Reassembly, E_13_MemoryLimitEvictsTheOldest) {
  for (std::uint16_t id = 1; id < 4000; ++id) inject(piece(0, 1480, true, id));
  EXPECT_LE(stack.frags().memory(), 4u * 1024 * 1024 + 4096);
  EXPECT_GT(stack.mib.ip.ReasmFails, 0u);
  inject(piece(1480, end, false, 1));  // its first part is gone
  EXPECT_EQ(stack.mib.ip.ReasmOKs, 0u);
  inject(piece(1480, end, false, 3999));
  EXPECT_EQ(stack.mib.ip.ReasmOKs, 1u);
}

TEST_F(Reassembly, E_13_OversizeDatagramFails) {
  inject({ip_frame({.frag_off = static_cast<std::uint16_t>(65512 / 8), .options = {}}, pattern(100))});
  std::vector<Bytes> rest = fragments({.options = {}}, pattern(65512), 1480);
  for (Bytes& f : rest) {
    ip_of(f).set_frag_off(ip_of(f).frag_off() | kIpMf);
    ip_of(f).update_checksum();
  }
  inject(rest);
  EXPECT_EQ(stack.mib.ip.ReasmOKs, 0u);
  EXPECT_EQ(stack.mib.ip.ReasmFails, 1u);
  EXPECT_EQ(stack.frags().memory(), 0u);
}

TEST(Snmp, E_02_E_15_E_23_ColumnsInPrintedOrder) {
  std::string names;
  for (const auto& c : ip_columns()) names += std::string(c.name) + " ";
  EXPECT_EQ(
      names,
      "Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards "
      "InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs "
      "FragFails FragCreates ");
  names.clear();
  for (const auto& c : udp_columns()) names += std::string(c.name) + " ";
  EXPECT_EQ(names, "InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors ");
  EXPECT_EQ(udp_columns(true).size(), 8u);
  EXPECT_EQ(ip_ext_columns().size(), 17u);
  EXPECT_EQ(icmp_columns().size(), 27u);
  Mib m;
  EXPECT_EQ(m.ip.*ip_columns()[1].member, 64u);
}

}  // namespace
}  // namespace niclab::stack
