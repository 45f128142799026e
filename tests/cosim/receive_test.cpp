// The receive path of a whole card: what lies in host memory and in the descriptors, which frames are
// dropped, and what counts them (fact base 2.7, 2.9, 3.3, 4.10). Frames reach the MAC directly, so that they
// may be bad ones.
#include <gtest/gtest.h>

#include "base/inet_checksum.hpp"
#include "bench.hpp"
#include "hw/crc32.hpp"

namespace niclab::sim {
namespace {

using namespace hw;
using Bytes = std::vector<std::byte>;

constexpr unsigned kRing = 64;
constexpr std::size_t kPacketBuffer = 4096, kHeaderBuffer = 512;

struct ReceiveBench : CardBench {
  /// A ring of 64 with its buffers; descriptor i is at packets + i * 4096, headers + i * 512.
  struct RxQueueMemory {
    Buffer ring, packets, headers;
  };
  RxQueueMemory queue(unsigned q, unsigned descriptors, std::uint32_t srrctl) {
    const RxQueueMemory m{buffer(kRing * 16), buffer(kRing * kPacketBuffer), buffer(kRing * kHeaderBuffer)};
    for (unsigned i = 0; i < kRing; ++i)
      Descriptor::of(
          AdvRxRead::make({m.packets.bus + i * kPacketBuffer}, {m.headers.bus + i * kHeaderBuffer}))
          .store(m.ring.data + 16 * i);
    wr(reg::RDBAL(q), static_cast<std::uint32_t>(m.ring.bus));
    wr(reg::RDBAH(q), static_cast<std::uint32_t>(m.ring.bus >> 32));
    wr(reg::RDLEN(q), kRing * 16);
    wr(reg::SRRCTL(q), srrctl);
    wr(reg::RXDCTL(q), reg::rxdctl::ENABLE);
    wr(reg::RDT(q), descriptors);
    return m;
  }
  /// Memory, bus mastering and link on, and RCTL.RXEN with `rctl`.
  void receive(std::uint32_t rctl = reg::rctl::SECRC | reg::rctl::UPE) {
    bring_up();
    wr(reg::RCTL, rctl | reg::rctl::RXEN);
  }
  void inject(const Bytes& bytes, bool fcs_good = true) {
    Frame* f = frames.get(static_cast<std::uint32_t>(bytes.size()));
    std::copy(bytes.begin(), bytes.end(), f->data);
    f->fcs_good = fcs_good;
    next_ = niclab::max(next_, host.kernel().now()) + frame_occupancy(LinkSpeed::mbps1000, f->length);
    nic.function(0).receive_frame(next_, f);
  }
  /// Waits until the card has done with what was injected.
  void settle() {
    host.kernel().sleep_until(niclab::max(next_, host.kernel().now()) + 30_us);
    host.kernel().dma_sync();
  }
  AdvRxWriteback written(const RxQueueMemory& m, unsigned i) const {
    return Descriptor::load(m.ring.data + 16 * i).as<AdvRxWriteback>();
  }
  static Bytes memory(const std::byte* p, std::size_t n) { return {p, p + n}; }
  PortAccount account() const { return nic.function(0).account(); }
  Time next_{};
};

std::uint32_t srrctl(unsigned type, unsigned kb = 2, unsigned header_units = 2) {
  return reg::srrctl::DESCTYPE.put(type) | reg::srrctl::BSIZEPACKET.put(kb) |
         reg::srrctl::BSIZEHEADER.put(header_units);
}

/// A frame of `size` bytes without FCS whose bytes count up.
Bytes plain(std::size_t size, unsigned type = 0x1234) {
  Bytes f(size);
  for (std::size_t i = 14; i < size; ++i) f[i] = static_cast<std::byte>(i * 7);
  std::copy(kStation.octets.begin(), kStation.octets.end(), reinterpret_cast<std::uint8_t*>(f.data()));
  f[6] = std::byte{2};
  store_be16(f.data() + 12, static_cast<std::uint16_t>(type));
  return f;
}
/// `payload` bytes over UDP and IPv4.
Bytes udp(std::size_t payload) {
  Bytes f = plain(42 + payload, 0x0800);
  std::byte* ip = f.data() + 14;
  std::fill(ip, ip + 28, std::byte{0});
  ip[0] = std::byte{0x45};
  store_be16(ip + 2, static_cast<std::uint16_t>(28 + payload));
  store_be16(ip + 4, 0x4711);
  ip[8] = std::byte{64};
  ip[9] = std::byte{17};
  ip[15] = ip[19] = std::byte{1};
  InetChecksum sum;
  sum.add({ip, 20});
  store_be16(ip + 10, sum.finish());
  store_be16(ip + 20, 1000);
  store_be16(ip + 22, 2000);
  store_be16(ip + 24, static_cast<std::uint16_t>(8 + payload));
  return f;
}
Bytes with_tag(Bytes f, unsigned tci, unsigned type = 0x8100) {
  Bytes tag(4);
  store_be16(tag.data(), static_cast<std::uint16_t>(type));
  store_be16(tag.data() + 2, static_cast<std::uint16_t>(tci));
  f.insert(f.begin() + 12, tag.begin(), tag.end());
  return f;
}
Bytes part(const Bytes& b, std::size_t from, std::size_t n) {
  return {b.begin() + static_cast<std::ptrdiff_t>(from), b.begin() + static_cast<std::ptrdiff_t>(from + n)};
}

// --- what the host gets --------------------------------------------------------------------------

TEST(Receive, FactBase_2_7_3_HeaderSplitAndReplicationInMemory) {
  ReceiveBench b;
  b.task([&] {
    b.receive();
    const Bytes f = udp(500);
    struct Case {
      unsigned type;
      std::size_t in_header, in_packet, packet_from;
      unsigned pkt_len, hdr_len;
      bool sph;
    };
    const auto all = f.size();
    const Case cases[] = {{reg::srrctl::DESCTYPE_ADV_ONEBUF, 0, all, 0, 542, 0, false},
                          {reg::srrctl::DESCTYPE_SPLIT, 42, all - 42, 42, 500, 42, true},
                          {reg::srrctl::DESCTYPE_SPLIT_ALWAYS, 42, all - 42, 42, 500, 42, true},
                          {reg::srrctl::DESCTYPE_REPLICATE, 128, all, 0, 542, 42, true},
                          {reg::srrctl::DESCTYPE_REPLICATE_LARGE, 128, all, 0, 542, 42, true}};
    const auto m = b.queue(0, kRing - 1, srrctl(1));
    b.wr(reg::PSRTYPE(0), reg::psrtype::IPV4_UDP);
    for (unsigned i = 0; i < std::size(cases); ++i) {
      const Case& c = cases[i];
      SCOPED_TRACE(c.type);
      std::memset(m.headers.data + i * kHeaderBuffer, 0xEE, kHeaderBuffer);
      std::memset(m.packets.data + i * kPacketBuffer, 0xEE, kPacketBuffer);
      b.wr(reg::SRRCTL(0), srrctl(c.type));
      b.recorder.tlps.clear();
      b.inject(f);
      b.settle();
      Bytes header(kHeaderBuffer, std::byte{0xEE}), packet(kPacketBuffer, std::byte{0xEE});
      std::copy_n(f.begin(), c.in_header, header.begin());
      std::copy_n(f.begin() + static_cast<std::ptrdiff_t>(c.packet_from), c.in_packet, packet.begin());
      EXPECT_EQ(b.memory(m.headers.data + i * kHeaderBuffer, kHeaderBuffer), header);
      EXPECT_EQ(b.memory(m.packets.data + i * kPacketBuffer, kPacketBuffer), packet);
      const AdvRxWriteback w = b.written(m, i);
      EXPECT_TRUE(w.dd() && w.eop());
      EXPECT_EQ(w.length(), c.pkt_len);
      EXPECT_EQ(w.sph(), c.sph);
      EXPECT_EQ(w.hdr_len(), c.hdr_len);
      // The header's write is one of its own and comes before the payload's.
      const auto writes = b.recorder.select(true, TlpType::MWr);
      ASSERT_EQ(writes.size(), 1 + (c.in_packet + 255) / 256 + (c.in_header != 0));
      if (c.in_header != 0) {
        EXPECT_EQ(writes[0].address, m.headers.bus + i * kHeaderBuffer);
        EXPECT_EQ(writes[0].length, c.in_header);
      }
    }
    // A packet of several descriptors uses the header buffer of the first alone.
    b.wr(reg::SRRCTL(0), srrctl(reg::srrctl::DESCTYPE_SPLIT, 1));
    const Bytes large = udp(1400);
    b.inject(large);
    b.settle();
    const unsigned i = std::size(cases);
    EXPECT_EQ(b.written(m, i).length(), 1024u);
    EXPECT_TRUE(b.written(m, i).sph() && b.written(m, i).dd() && !b.written(m, i).eop());
    EXPECT_EQ(b.written(m, i + 1).length(), 376u);
    EXPECT_TRUE(!b.written(m, i + 1).sph() && b.written(m, i + 1).eop());
    EXPECT_EQ(b.memory(m.packets.data + (i + 1) * kPacketBuffer, 376), part(large, 42 + 1024, 376));
  });
  b.run(10_ms);
  EXPECT_EQ(b.account().delivered, 6u);
}

TEST(Receive, FactBase_2_7_13_3_3_TagsFcsPaddingAndLegacyDescriptors) {
  ReceiveBench b;
  b.task([&] {
    b.receive(reg::rctl::UPE);
    const auto m = b.queue(0, kRing - 1, srrctl(1));
    unsigned i = 0;
    std::uint32_t rctl = reg::rctl::RXEN | reg::rctl::UPE, ctrl = b.rd(reg::CTRL);
    const auto arrives = [&](const Bytes& sent, const Bytes& stored) {
      b.inject(sent);
      b.settle();
      const AdvRxWriteback w = b.written(m, i);
      EXPECT_EQ(w.length(), stored.size()) << "frame " << i;
      EXPECT_EQ(b.memory(m.packets.data + i * kPacketBuffer, stored.size()), stored) << "frame " << i;
      ++i;
      return w;
    };
    const auto with_fcs = [](Bytes image, const Bytes& sent) {
      image.resize(image.size() + 4);
      store_le(image.data() + image.size() - 4, ethernet_fcs(sent));
      return image;
    };
    const Bytes f = plain(100), tagged = with_tag(f, 0xA123), twice = with_tag(tagged, 0x0BBB);
    // RCTL.SECRC = 0 keeps the FCS, CTRL.VME = 0 the tag.
    EXPECT_EQ(arrives(f, with_fcs(f, f)).status_errors() & rxd::VP, 0u);
    EXPECT_EQ(arrives(tagged, with_fcs(tagged, tagged)).status_errors() & rxd::VP, 0u);
    b.wr(reg::RCTL, rctl |= reg::rctl::SECRC);
    arrives(tagged, tagged);
    b.wr(reg::CTRL, ctrl | reg::ctrl::VME);
    AdvRxWriteback w = arrives(tagged, f);
    EXPECT_TRUE(w.status_errors() & rxd::VP);
    EXPECT_EQ(w.vlan(), 0xA123u);
    w = arrives(f, f);
    EXPECT_FALSE(w.status_errors() & rxd::VP);
    EXPECT_EQ(w.vlan(), 0u);
    b.wr(reg::RCTL, rctl &= ~reg::rctl::SECRC);
    arrives(tagged, with_fcs(f, tagged));  // the FCS is that of the wire
    // Double VLAN: the second tag is the one.
    b.wr(reg::RCTL, rctl |= reg::rctl::SECRC);
    b.wr(reg::CTRL_EXT, b.rd(reg::CTRL_EXT) | reg::ctrl_ext::EXT_VLAN);
    w = arrives(twice, with_tag(f, 0x0BBB));
    EXPECT_EQ(w.status_errors() & (rxd::VP | rxd::VEXT), rxd::VP | rxd::VEXT);
    EXPECT_EQ(w.vlan(), 0xA123u);
    w = arrives(tagged, tagged);
    EXPECT_EQ(w.status_errors() & (rxd::VP | rxd::VEXT), rxd::VEXT) << "a single tag is the outer one";
    b.wr(reg::CTRL_EXT, b.rd(reg::CTRL_EXT) & ~reg::ctrl_ext::EXT_VLAN);
    // The smallest tagged frame is short once its tag is gone: RCTL.PSP fills it up.
    Bytes shortest = plain(56), padded = shortest;
    padded.resize(60);
    arrives(with_tag(shortest, 1), shortest);
    b.wr(reg::RCTL, rctl |= reg::rctl::PSP);
    arrives(with_tag(shortest, 1), padded);
    // In VMDq mode DVMOLR decides; its reset value strips the FCS (fact base 2.7.13).
    b.wr(reg::MRQC, reg::mrqc::MODE_VMDQ);
    arrives(tagged, tagged);
    b.wr(reg::DVMOLR(0), reg::dvmolr::STRVLAN);
    w = arrives(tagged, with_fcs(f, tagged));
    EXPECT_TRUE(w.status_errors() & rxd::VP);
    b.wr(reg::DVMOLR(0), reg::dvmolr::STRVLAN | reg::dvmolr::STRCRC | reg::dvmolr::HIDVLAN);
    w = arrives(tagged, f);
    EXPECT_EQ(w.status_errors() & rxd::VP, 0u) << "hidden";
    EXPECT_EQ(w.vlan(), 0u);
    b.wr(reg::MRQC, 0);
    // Legacy descriptors: packet checksum from RXCSUM.PCSS over what is stored, status and errors in bytes.
    b.wr(reg::SRRCTL(0), srrctl(reg::srrctl::DESCTYPE_LEGACY));
    b.wr(reg::RXCSUM, reg::rxcsum::IPOFL | reg::rxcsum::TUOFL | 14);
    Bytes datagram = udp(100);
    datagram[22] ^= std::byte{1};  // the IP header checksum is wrong now
    b.inject(with_tag(datagram, 0x0064));
    b.settle();
    const auto legacy = Descriptor::load(m.ring.data + 16 * i).as<LegacyRx>();
    EXPECT_EQ(legacy.buffer().value, m.packets.bus + i * kPacketBuffer);
    EXPECT_EQ(legacy.length(), datagram.size());
    EXPECT_EQ(legacy.status(), rxd::DD | rxd::EOP | rxd::VP | rxd::IPCS);
    EXPECT_EQ(legacy.errors(), 1u << 6) << "IPE";
    EXPECT_EQ(legacy.vlan(), 0x0064u);
    InetChecksum sum;
    sum.add(std::span(datagram).subspan(14));
    EXPECT_EQ(legacy.checksum(), sum.partial());
    EXPECT_EQ(b.memory(m.packets.data + i * kPacketBuffer, datagram.size()), datagram);
  });
  b.run(10_ms);
  const auto a = b.account();
  EXPECT_EQ(a.injected, a.delivered);
}

// --- what the host does not get ------------------------------------------------------------------

TEST(Receive, C_02_FactBase_4_10_LengthAndCrcErrorsEachInItsCounter) {
  ReceiveBench b;
  b.task([&] {
    b.receive();
    const auto m = b.queue(0, kRing - 1, srrctl(1, 10));
    unsigned good = 0, bad = 0;
    const auto counts = [&](const Bytes& f, bool fcs_good, std::vector<reg::Offset> expected) {
      b.inject(f, fcs_good);
      b.settle();
      for (const reg::Offset counter :
           {reg::CRCERRS, reg::RUC, reg::RFC, reg::ROC, reg::RJC, reg::RLEC, reg::LENERRS})
        EXPECT_EQ(b.rd(counter), std::count(expected.begin(), expected.end(), counter))
            << std::hex << counter << " of " << std::dec << f.size() << " bytes";
      (expected.empty() ? good : bad) += 1;
    };
    counts(plain(60), true, {});
    counts(plain(59), true, {reg::RUC, reg::RLEC});
    counts(plain(59), false, {reg::RFC, reg::RLEC});
    counts(plain(60), false, {reg::CRCERRS});
    counts(plain(1514), true, {});
    counts(plain(1515), true, {reg::ROC, reg::RLEC});
    counts(plain(1515), false, {reg::RJC, reg::RLEC, reg::CRCERRS});
    counts(with_tag(plain(1514), 1), true, {});
    counts(with_tag(plain(1515), 1), true, {reg::ROC, reg::RLEC});
    counts(with_tag(with_tag(plain(1514), 1), 2), true, {});
    counts(with_tag(with_tag(plain(1515), 1), 2), true, {reg::ROC, reg::RLEC});
    counts(with_tag(with_tag(with_tag(plain(1514), 1), 2), 3), true, {reg::ROC, reg::RLEC});
    counts(plain(60, 46), true, {});              // an IEEE 802.3 length that is right
    counts(plain(60, 47), true, {reg::LENERRS});  // and one that promises more
    b.wr(reg::RFCTL, reg::rfctl::LEF);
    b.inject(plain(60, 47));
    b.settle();
    EXPECT_EQ(b.rd(reg::LENERRS), 1u) << "forwarded and counted";
    ++good;
    // Jumbo frames: RLPML is the limit, 9728 bytes the chip's.
    b.wr(reg::RCTL, b.rd(reg::RCTL) | reg::rctl::LPE);
    b.wr(reg::RLPML, 4000);
    counts(plain(3996), true, {});
    counts(with_tag(plain(3996), 1), true, {reg::ROC, reg::RLEC});
    b.wr(reg::RLPML, 0x3FFF);
    counts(plain(9724), true, {});
    counts(plain(9725), true, {reg::ROC, reg::RLEC});
    EXPECT_EQ(b.written(m, good - 1).length(), 9724u);
    const auto before = b.account();
    EXPECT_EQ(before.delivered, good);
    EXPECT_EQ(before.error_drops, bad);
    EXPECT_EQ(b.rd(reg::GPRC), good);
    EXPECT_EQ(b.rd(reg::TPR), good + bad);
    // RCTL.SBP: a frame with a bad CRC comes with its errors and its own FCS, and is no good packet.
    b.wr(reg::RCTL, (b.rd(reg::RCTL) | reg::rctl::SBP) & ~reg::rctl::SECRC);
    const Bytes f = plain(100);
    b.inject(f, false);
    b.inject(plain(40), false);
    b.settle();
    const AdvRxWriteback w = b.written(m, good);
    EXPECT_EQ(w.length(), 104u);
    EXPECT_EQ(w.status_errors() & (rxd::CE | rxd::RXE), rxd::CE | rxd::RXE);
    EXPECT_NE(load_le<std::uint32_t>(m.packets.data + good * kPacketBuffer + 100), ethernet_fcs(f));
    EXPECT_EQ(b.rd(reg::CRCERRS), 1u);
    EXPECT_EQ(b.rd(reg::RFC), 1u) << "too short to be stored";
    EXPECT_EQ(b.rd(reg::GPRC), 0u);
    EXPECT_EQ(b.account().delivered, good + 1);
    EXPECT_EQ(b.account().error_drops, bad + 1);
  });
  b.run(10_ms);
}

/// Two queues: EtherType 0x9999 goes to queue 1, everything else to queue 0.
struct TwoQueues : ReceiveBench {
  RxQueueMemory m0{}, m1{};
  void open(unsigned descriptors0, unsigned descriptors1, std::uint32_t drop0, std::uint32_t drop1) {
    receive();
    wr(reg::ETQF(0), 0x9999 | reg::etqf::FILTER_ENABLE | reg::etqf::QUEUE_ENABLE | reg::etqf::QUEUE.put(1));
    m0 = queue(0, descriptors0, srrctl(1) | drop0);
    m1 = queue(1, descriptors1, srrctl(1) | drop1);
  }
  struct Counters {
    std::uint32_t mpc, rnbc, rqdpc0, rqdpc1;
    bool operator==(const Counters&) const = default;
  };
  Counters counters() { return {rd(reg::MPC), rd(reg::RNBC), rd(reg::RQDPC(0)), rd(reg::RQDPC(1))}; }
};
void PrintTo(const TwoQueues::Counters& c, std::ostream* out) {
  *out << "MPC " << c.mpc << " RNBC " << c.rnbc << " RQDPC " << c.rqdpc0 << ' ' << c.rqdpc1;
}

TEST(Receive, FactBase_4_10_AStarvedQueueHoldsTheOthersUnlessItDrops) {
  TwoQueues b;
  using Counters = TwoQueues::Counters;
  b.task([&] {
    b.open(kRing - 1, 0, 0, 0);
    for (const unsigned type : {0x1111, 0x9999, 0x1111, 0x9999, 0x1111}) b.inject(plain(100, type));
    b.settle();
    // The first went through; the second has no descriptor, and those behind it wait. RNBC counts frames
    // that found none, not frames that wait.
    EXPECT_EQ(b.account().delivered, 1u);
    EXPECT_EQ(b.rd(reg::RDFPC), 4u);
    EXPECT_EQ(b.rd(reg::PBRWAC) & 8, 0u);
    EXPECT_EQ(b.rd(reg::RDFT) - b.rd(reg::RDFH), 4u * 112 / 8) << "104 bytes take 112";
    EXPECT_EQ(b.counters(), (Counters{0, 2, 0, 0}));
    b.wr(reg::RDT(1), 1);
    b.settle();
    EXPECT_EQ(b.account().delivered, 3u);  // until the next for queue 1
    EXPECT_EQ(b.rd(reg::RDFPC), 2u);
    EXPECT_EQ(b.written(b.m1, 0).ptype(), rxd::PTYPE_ETQF(0));
    // DROP_EN turned on throws out what waits, and lets the others pass.
    b.wr(reg::SRRCTL(1), srrctl(1) | reg::srrctl::DROP_EN);
    b.settle();
    EXPECT_EQ(b.account().delivered, 4u);
    EXPECT_EQ(b.rd(reg::PBRWAC) & 8, 8u) << "empty";
    EXPECT_EQ(b.counters(), (Counters{0, 0, 0, 1}));
    for (const unsigned type : {0x9999, 0x1111, 0x9999}) b.inject(plain(100, type));
    b.settle();
    EXPECT_EQ(b.account().delivered, 5u);
    EXPECT_EQ(b.counters(), (Counters{0, 0, 0, 2}));
    // QDE does the same for a queue without DROP_EN.
    b.wr(reg::SRRCTL(1), srrctl(1));
    b.wr(reg::QDE, 1u << 1);
    b.inject(plain(100, 0x9999));
    b.settle();
    EXPECT_EQ(b.counters(), (Counters{0, 0, 0, 1}));
    // A disabled queue is as one without descriptors, even if it has some in its cache.
    b.wr(reg::RDT(1), 9);
    b.wait(5_us);
    b.wr(reg::RXDCTL(1), 0);
    b.inject(plain(100, 0x9999));
    b.wr(reg::QDE, 0);
    b.settle();
    EXPECT_EQ(b.counters(), (Counters{0, 1, 0, 0}));
  });
  b.run(10_ms);
  const auto a = b.account();
  EXPECT_EQ(a.injected, 10u);
  EXPECT_EQ(a.delivered, 5u);
  EXPECT_EQ(a.queue_drops, 4u);
  EXPECT_EQ(a.rx_inside, 1u);
}

TEST(Receive, FactBase_2_9_4_10_MissedStarvedAndDroppedAreThreeThings) {
  TwoQueues b;
  using Counters = TwoQueues::Counters;
  constexpr unsigned kLarge = 9728, kSize = 36 * 1024;
  b.task([&] {
    b.open(kRing - 1, 0, 0, 0);
    b.wr(reg::RCTL, b.rd(reg::RCTL) | reg::rctl::LPE);
    // Queue 1 holds everything up; three frames of 9728 fit into 36 KB, and then what still finds room.
    b.inject(plain(60, 0x9999));
    for (unsigned i = 0; i < 5; ++i) b.inject(plain(kLarge - 4, 0x1111));
    constexpr unsigned kLeft = kSize - 64 - 3 * kLarge;
    static_assert(kLeft < kLarge);
    for (unsigned i = 0; i < kLeft / 80 + 2; ++i) b.inject(plain(65, 0x1111));  // 69 bytes take 80
    b.settle();
    EXPECT_EQ(b.rd(reg::ICR) & reg::icr::RXO, reg::icr::RXO);
    EXPECT_EQ(b.counters(), (Counters{2 + 2, 1, 0, 0}));
    EXPECT_EQ(b.account().missed, 4u);
    EXPECT_EQ(b.rd(reg::RDFPC), 1u + 3 + kLeft / 80);
    // Good frames that were missed are in TPR and TOR, not in GPRC.
    EXPECT_EQ(b.rd(reg::GPRC), 1u + 3 + kLeft / 80);
    EXPECT_EQ(b.rd(reg::TPR), 1u + 5 + kLeft / 80 + 2);
    EXPECT_EQ(b.rd(reg::TORL), 64u + 5 * kLarge + (kLeft / 80 + 2) * 69);
    EXPECT_EQ(b.rd(reg::GORCL), 64u + 3 * kLarge + kLeft / 80 * 69);
    // With DROP_EN a frame needs all its descriptors at once: 9724 bytes in buffers of 2 KB are five.
    b.wr(reg::SRRCTL(0), srrctl(1) | reg::srrctl::DROP_EN);
    b.wr(reg::RDT(1), 1);
    b.wait(200_us);
    EXPECT_EQ(b.counters(), (Counters{0, 0, kLeft / 80 - (kRing - 1 - 15), 0}));
    EXPECT_EQ(b.rd(reg::RDH(0)), kRing - 1u);
    EXPECT_EQ(b.rd(reg::PBRWAC) & 8, 8u);
    // A smaller packet buffer: code 3 is 1 KB.
    b.wr(reg::RXPBS, 3);
    b.wr(reg::RXDCTL(0), 0);
    b.wr(reg::SRRCTL(0), srrctl(1));
    for (unsigned i = 0; i < 18; ++i) b.inject(plain(60, 0x1111));
    b.settle();
    EXPECT_EQ(b.counters(), (Counters{2, 16, 0, 0}));
  });
  b.run(10_ms);
  const auto a = b.account();
  EXPECT_EQ(a.injected, a.delivered + a.missed + a.queue_drops + a.rx_inside);
  EXPECT_EQ(a.rx_inside, 16u);
}

TEST(Receive, FactBase_2_7_1_SwitchedOffInTheMiddle) {
  TwoQueues b;
  b.task([&] {
    b.open(kRing - 1, 0, 0, 0);
    b.wr(reg::RCTL, b.rd(reg::RCTL) | reg::rctl::LPE);
    // RXEN = 0: nothing more comes in, what is in the packet buffer still goes to the host.
    b.inject(plain(100, 0x9999));
    b.inject(plain(100, 0x1111));
    b.settle();
    b.wr(reg::RCTL, b.rd(reg::RCTL) & ~reg::rctl::RXEN);
    b.inject(plain(100, 0x1111));
    b.settle();
    EXPECT_EQ(b.rd(reg::RDFPC), 2u);
    b.wr(reg::RDT(1), 1);
    b.settle();
    EXPECT_EQ(b.rd(reg::RDFPC), 0u);
    EXPECT_EQ(b.account().delivered, 2u);
    EXPECT_EQ(b.account().filtered, 1u);
    b.wr(reg::RCTL, b.rd(reg::RCTL) | reg::rctl::RXEN);
    // A frame of five buffers with only one descriptor left: the first part is written, the rest waits.
    b.wr(reg::RXDCTL(1), 0);
    b.wr(reg::RXDCTL(1), reg::rxdctl::ENABLE);
    b.wr(reg::RDT(1), 1);
    b.inject(plain(9724, 0x9999));
    b.inject(plain(100, 0x1111));
    b.settle();
    EXPECT_EQ(b.rd(reg::RDH(1)), 1u);
    EXPECT_EQ(b.account().delivered, 2u);
    // Its ring switched off, the rest has nowhere to go; a ring switched on is another one.
    b.wr(reg::RXDCTL(1), 0);
    b.wr(reg::RXDCTL(1), reg::rxdctl::ENABLE);
    b.wr(reg::RDT(1), 5);
    b.settle();
    EXPECT_EQ(b.rd(reg::RQDPC(1)), 1u);
    EXPECT_EQ(b.account().delivered, 3u);
    EXPECT_EQ(b.rd(reg::RDH(1)), 0u) << "nothing of it in the new ring";
    b.inject(plain(9724, 0x9999));
    b.settle();
    EXPECT_EQ(b.rd(reg::RDH(1)), 5u);
    EXPECT_TRUE(b.written(b.m1, 4).eop());
    EXPECT_EQ(b.written(b.m1, 4).length(), 9724u - 4 * 2048);
  });
  b.run(10_ms);
  const auto a = b.account();
  EXPECT_EQ(a.injected, a.delivered + a.filtered + a.queue_drops);
}

TEST(Receive, FactBase_4_6_AnImmediatePacketInterruptsAndTakesWaitingWriteBacksAlong) {
  ReceiveBench b;
  b.task([&] {
    b.receive();
    const auto m = b.queue(0, kRing - 1, srrctl(1));
    b.wr(reg::RXDCTL(0), reg::rxdctl::ENABLE | reg::rxdctl::WTHRESH.put(8));
    b.wr(reg::IVAR(0), reg::ivar::VALID);
    b.wr(reg::EITR(0), reg::eitr::INTERVAL.put(1000) | reg::eitr::LLI_EN | reg::eitr::LL_COUNTER.put(31));
    b.wr(reg::EIMS, 1);
    b.wr(reg::ETQF(0), 0x9999 | reg::etqf::FILTER_ENABLE | reg::etqf::IMMEDIATE);
    b.inject(plain(60));
    b.settle();
    EXPECT_TRUE(b.written(m, 0).dd()) << "an idle vector: written at once, and now the throttle counts";
    EXPECT_EQ(b.rd(reg::IAC), 1u);
    EXPECT_EQ(b.rd(reg::EICR) & 1, 1u);
    b.inject(plain(60));
    b.inject(plain(60));
    b.settle();
    EXPECT_FALSE(b.written(m, 1).dd());
    EXPECT_FALSE(b.written(m, 2).dd());
    EXPECT_EQ(b.rd(reg::IAC), 0u);
    b.inject(plain(60, 0x9999), false);  // a bad frame interrupts nobody
    b.inject(plain(60, 0x9999));
    b.settle();
    for (unsigned i = 1; i < 4; ++i) {
      EXPECT_TRUE(b.written(m, i).dd()) << i;
      EXPECT_EQ((b.written(m, i).status_errors() & rxd::LLINT) != 0, i == 3) << i;
    }
    EXPECT_EQ(b.rd(reg::IAC), 1u) << "long before the interval of a millisecond is over";
    EXPECT_EQ(b.rd(reg::EICR) & 1, 1u);
    // A legacy descriptor has no place for the word.
    b.wr(reg::SRRCTL(0), srrctl(reg::srrctl::DESCTYPE_LEGACY));
    b.inject(plain(60, 0x9999));
    b.settle();
    EXPECT_FALSE(b.written(m, 4).dd());
    EXPECT_EQ(b.rd(reg::IAC), 0u);
  });
  b.run(10_ms);
}

TEST(Receive, FactBase_2_7_1_MacLoopback) {
  ReceiveBench b;
  b.task([&] {
    b.receive(reg::rctl::SECRC | reg::rctl::LBM.put(1));
    const auto m = b.queue(0, kRing - 1, srrctl(1));
    const Bytes f = plain(300);
    const auto packet = b.buffer(512);
    std::copy(f.begin(), f.end(), packet.data);
    const std::uint16_t length = 300;
    b.transmit_ring(3, {&packet, 1}, {&length, 1});
    b.wr(reg::TDT(0), 3);
    b.inject(plain(100));  // the wire is not connected
    b.settle();
    for (unsigned i = 0; i < 3; ++i) {
      EXPECT_TRUE(b.written(m, i).dd());
      EXPECT_EQ(b.memory(m.packets.data + i * kPacketBuffer, 300), f);
    }
    EXPECT_EQ(b.rd(reg::GPTC), 3u);
    EXPECT_EQ(b.rd(reg::GPRC), 3u);
  });
  b.run(10_ms);
  EXPECT_EQ(b.far.received(), 0u);
  const auto a = b.account();
  EXPECT_EQ(a.delivered, 3u);
  EXPECT_EQ(a.filtered, 1u);
  EXPECT_EQ(a.on_the_wire, 3u);
}

TEST(Receive, FactBase_2_7_3_MinimumThresholdOfEitherRegister) {
  ReceiveBench b;
  b.task([&] {
    b.receive();
    const auto cause_after = [&](unsigned frames) {
      for (unsigned i = 0; i < frames; ++i) b.inject(plain(60));
      b.settle();
      const std::uint32_t icr = b.rd(reg::ICR);
      return (icr & reg::icr::RXDMT0) != 0;
    };
    // RCTL.RDMTS: half, a quarter, an eighth of 64 descriptors.
    for (unsigned code = 0; code < 3; ++code) {
      b.wr(reg::RCTL, reg::rctl::RXEN | reg::rctl::UPE | reg::rctl::SECRC | reg::rctl::RDMTS.put(code));
      b.wr(reg::RXDCTL(0), 0);
      b.queue(0, kRing - 1, srrctl(1));
      b.rd(reg::ICR);
      EXPECT_FALSE(cause_after(kRing - 1 - (kRing >> (1 + code)) - 1)) << code;
      EXPECT_TRUE(cause_after(1)) << code;
      EXPECT_FALSE(cause_after(1)) << code;
    }
    // SRRCTL.RDMTS in 16 descriptors goes before it.
    b.wr(reg::RXDCTL(0), 0);
    b.queue(0, kRing - 1, srrctl(1) | reg::srrctl::RDMTS.put(3));
    EXPECT_FALSE(cause_after(kRing - 1 - 48 - 1));
    EXPECT_TRUE(cause_after(1));
  });
  b.run(10_ms);
}

// --- write-backs ---------------------------------------------------------------------------------

TEST(Receive, FactBase_3_4_BurstsOfWthreshWhileTheThrottleRuns) {
  struct {
    void run() {}
  } handler;
  ReceiveBench b;
  ReceiveBench::RxQueueMemory m;
  b.task([&] {
    b.receive();
    EXPECT_EQ(b.pci.enable_msi(), 0);
    EXPECT_EQ(b.pci.request_irq(0, Callback::to<&decltype(handler)::run>(handler), "eth0"), 0);
    b.wr(reg::IVAR(0), 0x80);
    b.wr(reg::EITR(0), 1000 << 2);
    b.wr(reg::IMS, reg::icr::RXDW);
    m = b.queue(0, 12, srrctl(1));
    b.wr(reg::RXDCTL(0), reg::rxdctl::ENABLE | reg::rxdctl::WTHRESH.put(4));
    for (unsigned i = 0; i < 12; ++i) b.inject(plain(60));
    b.settle();
    for (unsigned i = 0; i < 12; ++i) EXPECT_TRUE(b.written(m, i).eop()) << i;
  });
  b.run(1_ms);
  std::vector<std::uint32_t> bursts;
  for (const TlpEvent& e : b.recorder.select(true, TlpType::MWr))
    if (e.address - m.ring.bus < kRing * 16) bursts.push_back(e.length);
  EXPECT_EQ(bursts, (std::vector<std::uint32_t>{16, 64, 64, 48}))
      << "alone it goes at once; then lines; the last three because the ring has nothing left to give";
}

TEST(Receive, FactBase_1_6_AWriteBackThatMayNotMasterTheBusLeavesWhenItMay) {
  ReceiveBench b;
  unsigned held = 0;
  b.task([&] {
    b.receive();
    const auto m = b.queue(0, kRing - 1, srrctl(1));
    for (unsigned i = 0; i < 32; ++i) {
      b.inject(plain(1500));
      b.host.kernel().sleep_until(b.next_ - 6_us + 200_ns * i);
      b.pci.config_write16(0x04, 0x0002);
      b.settle();
      const bool taken = b.rd(reg::RDH(0)) == i + 1;
      held += taken && !b.written(m, i).eop();
      b.pci.config_write16(0x04, 0x0006);
      b.settle();
      EXPECT_TRUE(b.written(m, i).eop()) << i;
    }
  });
  b.run(10_ms);
  EXPECT_GT(held, 0u) << "in one of these moments the frame was on its way and the descriptor not";
  EXPECT_EQ(b.account().delivered, 32u);
}

}  // namespace
}  // namespace niclab::sim
