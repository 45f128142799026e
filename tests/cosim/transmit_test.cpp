// The transmit path of the card, programmed by hand: what descriptors ask for leaves on the wire (fact
// base 3.2, 4.3, 4.4, 4.11), and what makes no sense ends with a fault line and a closed account.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "../support/tx_vectors.hpp"
#include "bench.hpp"
#include "hw/crc32.hpp"
#include "hw/tx_checksum.hpp"
#include "hw/vlan_tag.hpp"

namespace niclab::sim {
namespace {

using testing::Contains;
using testing::HasSubstr;
using namespace hw;

std::int64_t gap(const PortAccount& a) {
  return static_cast<std::int64_t>(a.handed_to_device - a.on_the_wire - a.tx_errors - a.tx_inside);
}

// 3.5: the cache holds descriptors when the host refuses the next read of them. The queue stops where it is:
// what was taken leaves, what lies in the cache does not, in every fidelity.
TEST(Transmit, RefusedDescriptorFetchStopsTheQueueWithTheCacheHalfFull) {
  CardBench b;
  unsigned head = 0, later = 0;
  b.task([&] {
    b.bring_up();
    const auto packet = b.buffer(128);
    const auto ring = b.buffer(4096);  // half of what TDLEN says
    for (unsigned i = 232; i < 256; ++i)
      Descriptor::of(AdvTxData::make({packet.bus}, 80, txd::EOP | txd::IFCS | txd::RS, 80))
          .store(ring.data + 16 * i);
    b.wr(reg::TDBAL(0), static_cast<std::uint32_t>(ring.bus));
    b.wr(reg::TDBAH(0), static_cast<std::uint32_t>(ring.bus >> 32));
    b.wr(reg::TDLEN(0), 8192);
    b.wr(reg::TDH(0), 232);
    b.wr(reg::TXDCTL(0), reg::txdctl::ENABLE | reg::txdctl::PTHRESH.put(31));
    b.wr(reg::TCTL, reg::tctl::EN | reg::tctl::PSP);
    b.wr(reg::TDT(0), 300);
    b.wait(20_us);
    head = b.rd(reg::TDH(0));
    b.wait(20_us);
    later = b.rd(reg::TDH(0));
  });
  b.run(100_us);
  EXPECT_GT(head, 233u);
  EXPECT_LT(head, 255u) << "the cache was not empty when the refusal came";
  EXPECT_EQ(head, later);
  const PortAccount a = b.nic.function(0).account();
  EXPECT_EQ(a.handed_to_device, head - 232u);
  EXPECT_LE(a.tx_errors, 1u) << "at most the packet that was being read";
  EXPECT_EQ(b.recorder.frames.size(), a.on_the_wire);
  EXPECT_THAT(b.nic.function(0).faults(),
              Contains(HasSubstr("transmit descriptor fetch of queue 0 refused by the host")));
  EXPECT_EQ(gap(a), 0);
  EXPECT_TRUE(b.nic.function(0).idle());
}

// --- tools ---------------------------------------------------------------------------------------

/// What left, byte by byte.
struct WireBytes final : TraceSink {
  struct Frame {
    Time end;
    std::vector<std::byte> bytes;
  };
  void frame(const FrameEvent& e) override {
    if (e.transmitted) frames.push_back({e.end, {e.bytes.begin(), e.bytes.end()}});
  }
  std::vector<Frame> frames;
};

using Bytes = std::vector<std::byte>;

Bytes plain(std::size_t size, unsigned mark) {
  Bytes f(size);
  for (std::size_t i = 0; i < size; ++i) f[i] = static_cast<std::byte>(i < 6 ? 2 : mark + i * 7);
  return f;
}

/// A driver of one transmit queue, without manners: descriptors go into the ring as they are given.
class Queue {
 public:
  Queue(CardBench& bench, unsigned n, unsigned length, std::uint32_t txdctl = 0, std::size_t memory = 1 << 20)
      : b(bench),
        n_(n),
        length_(length),
        ring_(bench.buffer(16 * length)),
        memory_(bench.buffer(memory)),
        size_(memory) {
    for (unsigned i = 0; i < length; ++i) Descriptor{}.store(ring_.data + 16 * i);
    b.wr(reg::TDBAL(n), static_cast<std::uint32_t>(ring_.bus));
    b.wr(reg::TDBAH(n), static_cast<std::uint32_t>(ring_.bus >> 32));
    b.wr(reg::TDLEN(n), 16 * length);
    b.wr(reg::TXDCTL(n), reg::txdctl::ENABLE | txdctl);
  }
  /// A place in memory with these bytes, at an odd address.
  std::uint64_t place(std::span<const std::byte> bytes) {
    if (used_ + bytes.size() + 8 > size_) used_ = 0;
    std::memcpy(memory_.data + used_, bytes.data(), bytes.size());
    const std::uint64_t at = memory_.bus + used_;
    used_ += (bytes.size() + 8) | 1;
    return at;
  }
  template <class T>
  unsigned put(const T& d) {
    Descriptor::of(d).store(ring_.data + 16 * tail_);
    const unsigned index = tail_;
    tail_ = (tail_ + 1) % length_;
    return index;
  }
  unsigned data(const Bytes& f, std::uint32_t cmd = kWhole, std::uint32_t paylen = 0) {
    return put(AdvTxData::make({place(f)}, static_cast<std::uint16_t>(f.size()), cmd,
                               paylen != 0 ? paylen : static_cast<std::uint32_t>(f.size())));
  }
  LegacyTx legacy(const Bytes& f, std::uint32_t cmd) {
    return LegacyTx::make({place(f)}, static_cast<std::uint16_t>(f.size()), cmd);
  }
  void doorbell() { b.wr(reg::TDT(n_), tail_); }
  Descriptor at(unsigned index) const {
    b.host.kernel().dma_sync();
    return Descriptor::load(ring_.data + 16 * index);
  }
  bool done(unsigned index) const { return (at(index).dw[3] & txd::DD) != 0; }
  unsigned tail() const { return tail_; }

  static constexpr std::uint32_t kWhole = txd::EOP | txd::IFCS | txd::RS;

 private:
  CardBench& b;
  unsigned n_, length_, tail_ = 0;
  CardBench::Buffer ring_, memory_;
  std::size_t size_, used_ = 0;
};

AdvTxContext tcp_context(unsigned mss, unsigned idx = 0) {
  return AdvTxContext{}.set_lengths(14, 20, 20).set_tucmd(txd::L4T_TCP | txd::IPV4).set_mss(mss).set_idx(idx);
}
/// An Ethernet, IPv4 and TCP header and `payload` bytes; the checksums are what they are.
Bytes super_packet(std::size_t payload) {
  Bytes f = plain(54 + payload, 3);
  f[12] = std::byte{8}, f[13] = std::byte{0}, f[14] = std::byte{0x45};
  return f;
}
constexpr std::uint32_t kSums = txd::IXSM | txd::TXSM;

// --- all sorts of packets ------------------------------------------------------------------------

struct Expected {
  std::size_t length;
  std::uint32_t fcs;
};

/// Puts one packet into a queue, cut into descriptors at random.
void put_randomly(Queue& q, std::mt19937& rng, const test::TxVector& v, unsigned idx,
                  std::vector<unsigned>& reports) {
  AdvTxContext context = v.context;
  q.put(context.set_idx(idx));
  const unsigned pieces = 1 + rng() % std::min<std::size_t>(6, v.packet.size());
  std::size_t at = 0;
  for (unsigned i = 0; i < pieces; ++i) {
    const std::size_t left = v.packet.size() - at;
    const bool last = i + 1 == pieces;
    const std::size_t n = last ? left : std::min<std::size_t>(left, rng() % (2 * left / (pieces - i) + 1));
    AdvTxData d = AdvTxData::make({q.place(std::span(v.packet).subspan(at, n))},
                                  static_cast<std::uint16_t>(n), last ? txd::EOP : 0, 0, 0, idx);
    if (i == 0) {
      d.dw[2] |= v.command | txd::IFCS;
      d.dw[3] |= v.olinfo;
    }
    const bool report = last ? rng() % 4 != 0 : rng() % 8 == 0;
    if (report) d.dw[2] |= txd::RS;
    const unsigned index = q.put(d);
    if (report) reports.push_back(index);
    at += n;
  }
}

class TransmitEverything : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Wthresh, TransmitEverything, testing::Values(0, 5));

// 3.2, 4.3, 4.4: segments, checksums, tags, legacy descriptors and plain packets in random order and pieces,
// two contexts a queue used in turn, two queues: what leaves is what scapy made, in each queue's order.
TEST_P(TransmitEverything, InRandomListsOfDescriptors) {
  CardBench b;
  WireBytes wire;
  b.trace.set_sink(&wire);
  std::array<std::deque<Expected>, 2> expected;
  unsigned supers = 0;
  b.task([&] {
    b.bring_up();
    std::mt19937 rng(GetParam());
    auto vectors = test::tx_vectors("");
    std::erase_if(vectors, [](const auto& v) { return v.packet.size() > 60000; });
    std::array queues{Queue(b, 1, 512, reg::txdctl::WTHRESH.put(GetParam()) | reg::txdctl::PTHRESH.put(8)),
                      Queue(b, 6, 1024, reg::txdctl::PTHRESH.put(24) | reg::txdctl::HTHRESH.put(4))};
    std::array<std::vector<unsigned>, 2> reports;
    b.wr(reg::TCTL, reg::tctl::EN | reg::tctl::PSP);
    for (unsigned round = 0; round < 8; ++round) {
      const auto& masks = vectors[rng() % vectors.size()];
      b.wr(reg::DTXTCPFLGL, masks.flag_low);
      b.wr(reg::DTXTCPFLGH, masks.flag_high);
      for (unsigned k = 0; k < 2; ++k) reports[k].clear();
      for (unsigned i = 0; i < 60; ++i) {
        const unsigned k = rng() % 2;
        if (rng() % 4 == 0) {
          const Bytes f = plain(rng() % 3 == 0 ? 14 + rng() % 60 : 60 + rng() % 4000, rng());
          expected[k].push_back({f.size(), ethernet_fcs(f)});
          const std::size_t cut = rng() % f.size();
          const bool two = rng() % 2 == 0 && cut != 0;
          const std::uint32_t rs = rng() % 2 == 0 ? txd::RS : 0;
          if (two)
            queues[k].put(queues[k].legacy({f.begin(), f.begin() + static_cast<long>(cut)}, txd::IFCS));
          const Bytes rest(f.begin() + static_cast<long>(two ? cut : 0), f.end());
          const unsigned index = queues[k].put(queues[k].legacy(rest, txd::EOP | txd::IFCS | rs));
          if (rs != 0) reports[k].push_back(index);
          continue;
        }
        const auto& v = vectors[rng() % vectors.size()];
        const bool segments = v.first().tse();
        if (segments && (v.flag_low != masks.flag_low || v.flag_high != masks.flag_high)) continue;
        supers += segments;
        put_randomly(queues[k], rng, v, i % 2, reports[k]);
        for (const auto& l : v.leaving) expected[k].push_back({l.length, l.fcs});
      }
      for (auto& q : queues) q.doorbell();
      b.wait(6_ms);
      for (unsigned k = 0; k < 2; ++k)
        b.wr(reg::TXDCTL(k == 0 ? 1 : 6), b.rd(reg::TXDCTL(k == 0 ? 1 : 6)) | reg::txdctl::SWFLUSH);
      b.wait(10_us);
      for (unsigned k = 0; k < 2; ++k)
        for (const unsigned index : reports[k])
          EXPECT_TRUE(queues[k].done(index)) << round << ": " << k << ' ' << index;
    }
    EXPECT_EQ(b.rd(reg::TSCTC), supers);
    EXPECT_EQ(b.rd(reg::TSCTFC), 0u);
  });
  b.run(60_ms);
  EXPECT_GT(supers, 20u);
  EXPECT_THAT(b.nic.function(0).faults(), testing::IsEmpty());
  ASSERT_EQ(wire.frames.size(), expected[0].size() + expected[1].size());
  for (const auto& f : wire.frames) {
    EXPECT_GE(f.bytes.size(), 60u);
    const bool found = std::any_of(expected.begin(), expected.end(), [&](auto& of_queue) {
      if (of_queue.empty() || of_queue.front().length > f.bytes.size()) return false;
      const Expected e = of_queue.front();
      if (f.bytes.size() != std::max<std::size_t>(60, e.length)) return false;
      if (ethernet_fcs(std::span(f.bytes).first(e.length)) != e.fcs) return false;
      of_queue.pop_front();
      return true;
    });
    ASSERT_TRUE(found) << "a frame of " << f.bytes.size() << " bytes that nobody expected next";
  }
  const PortAccount a = b.nic.function(0).account();
  EXPECT_EQ(a.on_the_wire, wire.frames.size());
  EXPECT_EQ(a.tx_errors, 0u);
  EXPECT_EQ(gap(a), 0);
  EXPECT_TRUE(b.nic.function(0).idle());
}

// 4.4: a super-packet may be longer than the transmit buffer and than 64 KB; its segments follow each other
// without a pause, small and jumbo, and its descriptors are done with the last of them.
TEST(Transmit, SuperPacketsLargerThanTheBufferLeaveBackToBack) {
  CardBench b;
  WireBytes wire;
  b.trace.set_sink(&wire);
  bool early = true, late = false;
  b.task([&] {
    b.bring_up();
    Queue q(b, 0, 64);
    b.wr(reg::TCTL, reg::tctl::EN | reg::tctl::PSP);
    const Bytes super = super_packet(196072);
    for (const unsigned mss : {1448u, 8960u}) {
      q.put(tcp_context(mss));
      for (std::size_t at = 0; at < super.size(); at += 30000) {
        const std::size_t n = std::min<std::size_t>(30000, super.size() - at);
        AdvTxData d = AdvTxData::make({q.place(std::span(super).subspan(at, n))},
                                      static_cast<std::uint16_t>(n), txd::IFCS | txd::TSE, 196072, kSums);
        if (at + n == super.size()) d.dw[2] |= txd::EOP | txd::RS;
        q.put(d);
      }
    }
    q.doorbell();
    b.wait(1200_us);  // 188 KB at a gigabit take 1.6 ms
    early = q.done(7);
    b.wait(6_ms);
    late = q.done(7) && q.done(15);
  });
  b.run(10_ms);
  EXPECT_FALSE(early);
  EXPECT_TRUE(late);
  EXPECT_THAT(b.nic.function(0).faults(), testing::IsEmpty());
  const unsigned small = (196072 + 1447) / 1448, jumbo = (196072 + 8959) / 8960;
  ASSERT_EQ(wire.frames.size(), small + jumbo);
  for (std::size_t i = 1; i < wire.frames.size(); ++i) {
    if (i == small) continue;  // between the two the buffer may run empty
    EXPECT_EQ((wire.frames[i].end - wire.frames[i - 1].end).ps(),
              frame_occupancy(LinkSpeed::mbps1000, wire.frames[i].bytes.size()).ps())
        << i;
  }
}

// --- what makes no sense -------------------------------------------------------------------------

// 4.11: each of these packets is dropped, told, counted and its descriptors are done; the packet behind it
// leaves.
TEST(Transmit, PacketsThatCannotBeSentAreCountedAndPassedOver) {
  CardBench b;
  WireBytes wire;
  b.trace.set_sink(&wire);
  struct Case {
    const char* fault;
    unsigned errors;    // frames counted
    unsigned segments;  // that leave all the same
    unsigned too_long, tsctfc;
    std::function<void(Queue&)> put;
  };
  const auto tse = [](Queue& q, unsigned mss, std::size_t payload, std::uint32_t paylen,
                      std::size_t first = 0) {
    q.put(tcp_context(mss));
    const Bytes f = super_packet(payload);
    if (first != 0) q.data({f.begin(), f.begin() + static_cast<long>(first)}, txd::IFCS | txd::TSE, paylen);
    q.put(AdvTxData::make({q.place(std::span(f).subspan(first))},
                          static_cast<std::uint16_t>(f.size() - first), Queue::kWhole | txd::TSE, paylen,
                          kSums));
  };
  const std::vector<Case> cases{
      {"a packet of 0 bytes", 1, 0, 0, 0,
       [](Queue& q) { q.put(AdvTxData::make({q.place(plain(60, 1))}, 60, Queue::kWhole, 0)); }},
      {"a packet of 13 bytes", 1, 0, 0, 0, [](Queue& q) { q.data(plain(13, 1)); }},
      {"a packet of 1985 bytes, not 14 to 1980", 1, 0, 1, 0, [](Queue& q) { q.data(plain(1985, 1)); }},
      {"a packet of 262143 bytes", 1, 0, 1, 0,
       [](Queue& q) { q.data(plain(100, 1), Queue::kWhole, 0x3FFFF); }},
      {"ends 1 bytes short of PAYLEN", 1, 0, 0, 0,
       [](Queue& q) { q.data(plain(100, 1), Queue::kWhole, 101); }},
      {"more bytes than PAYLEN promised", 1, 0, 0, 0,
       [](Queue& q) { q.data(plain(100, 1), Queue::kWhole, 99); }},
      {"more bytes than PAYLEN promised", 1, 0, 0, 0,
       [](Queue& q) {
         q.data(plain(100, 1), txd::IFCS, 100);
         q.data(plain(100, 1), Queue::kWhole);
       }},
      {"IP header outside the frame", 1, 0, 0, 0,
       [](Queue& q) {
         q.put(AdvTxContext{}.set_lengths(14, 60).set_tucmd(txd::IPV4));
         q.put(AdvTxData::make({q.place(plain(70, 1))}, 70, Queue::kWhole, 70, txd::IXSM));
       }},
      {"segmentation: MSS is 0, or no context", 1, 0, 0, 1, [&](Queue& q) { tse(q, 0, 500, 500); }},
      {"segmentation: PAYLEN is 0", 1, 0, 0, 1, [&](Queue& q) { tse(q, 100, 500, 0); }},
      {"segmentation: segment longer", 1, 0, 0, 1, [&](Queue& q) { tse(q, 1950, 2500, 2500); }},
      {"ends 1 bytes short of PAYLEN", 1, 4, 0, 1, [&](Queue& q) { tse(q, 100, 499, 500); }},
      {"ends 100 bytes short of PAYLEN", 1, 4, 0, 1, [&](Queue& q) { tse(q, 100, 400, 500); }},
      {"ends 300 bytes short of PAYLEN", 1, 2, 0, 1, [&](Queue& q) { tse(q, 100, 200, 500, 154); }},
      {"ends 530 bytes short of PAYLEN", 1, 0, 0, 1,
       [&](Queue& q) {
         q.put(tcp_context(100));
         q.data(plain(24, 1), Queue::kWhole | txd::TSE, 500);
       }},
      {"more bytes than PAYLEN promised", 1, 0, 0, 1, [&](Queue& q) { tse(q, 100, 501, 500); }},
      {"more bytes than PAYLEN promised", 1, 4, 0, 1, [&](Queue& q) { tse(q, 100, 501, 500, 554); }},
      {"a packet of 13 bytes", 1, 0, 0, 0, [](Queue& q) { q.put(q.legacy(plain(13, 1), Queue::kWhole)); }},
      {"a packet of 2000 bytes", 1, 0, 1, 0,
       [](Queue& q) {
         q.put(q.legacy(plain(1500, 1), txd::IFCS));
         q.put(q.legacy(plain(500, 1), Queue::kWhole));
       }},
      {nullptr, 0, 0, 0, 0,
       [](Queue& q) { q.put(LegacyTx::make({}, 0, Queue::kWhole)); }},  // a null descriptor (3.2.2)
  };
  unsigned long_ones = 0, dropped = 0, failed_segmentations = 0;
  b.task([&] {
    b.bring_up();
    Queue q(b, 3, 256);
    b.wr(reg::DTXMXPKTSZ, 31);  // 1984 bytes with FCS
    b.wr(reg::TCTL, reg::tctl::EN | reg::tctl::PSP);
    for (const Case& c : cases) {
      c.put(q);
      const unsigned bad = q.tail() - 1;
      const unsigned good = q.data(plain(80, 9));
      q.doorbell();
      b.wait(40_us);
      EXPECT_TRUE(q.done(bad)) << (c.fault != nullptr ? c.fault : "null");
      EXPECT_TRUE(q.done(good)) << (c.fault != nullptr ? c.fault : "null");
    }
    long_ones = b.rd(reg::HTDPMC);
    dropped = b.rd(reg::TQDPC(3));
    failed_segmentations = b.rd(reg::TSCTFC);
    EXPECT_EQ(b.rd(reg::TSCTC), 0u);
    EXPECT_EQ(b.rd(reg::TQDPC(3)), 0u) << "cleared by the read";
  });
  b.run(2_ms);
  unsigned errors = 0, frames = 0, too_long = 0, tsctfc = 0, said = 0;
  const auto& faults = b.nic.function(0).faults();
  for (const Case& c : cases) {
    errors += c.errors;
    frames += c.segments + 1;
    too_long += c.too_long;
    tsctfc += c.tsctfc;
    if (c.fault == nullptr) continue;
    ASSERT_LT(said, faults.size());
    EXPECT_THAT(faults[said], testing::AllOf(HasSubstr("transmit queue 3 descriptor "), HasSubstr(c.fault)));
    ++said;
  }
  EXPECT_EQ(said, faults.size());
  EXPECT_EQ(wire.frames.size(), frames);
  EXPECT_EQ(long_ones, too_long);
  EXPECT_EQ(dropped, errors);
  EXPECT_EQ(failed_segmentations, tsctfc);
  const PortAccount a = b.nic.function(0).account();
  EXPECT_EQ(a.tx_errors, errors);
  EXPECT_EQ(a.handed_to_device, frames + errors);
  EXPECT_EQ(gap(a), 0);
  EXPECT_TRUE(b.nic.function(0).idle());
}

// 4.11: descriptors that leave no way to go on stop their queue, and only that; switched off and on it starts
// again.
TEST(Transmit, SenselessDescriptorsStopTheirQueueUntilItIsEnabledAgain) {
  CardBench b;
  WireBytes wire;
  b.trace.set_sink(&wire);
  using Put = std::function<void(Queue&)>;
  const std::vector<std::pair<const char*, Put>> cases{
      {"neither a legacy nor an advanced descriptor",
       [](Queue& q) {
         q.put(Descriptor{{0, 0, txd::DEXT | 60, 60 << 14}});
       }},
      {"neither a legacy nor an advanced descriptor",
       [](Queue& q) {
         q.put(Descriptor{{0, 0, txd::DEXT | 1 << 20 | 60, 60 << 14}});
       }},
      {"a legacy descriptor of no bytes that ends no packet", [](Queue& q) { q.put(LegacyTx{}); }},
      {"legacy in a packet of advanced descriptors",
       [](Queue& q) {
         q.data(plain(60, 1), txd::IFCS, 120);
         q.put(q.legacy(plain(60, 1), Queue::kWhole));
       }},
      {"advanced data in a packet of legacy descriptors",
       [](Queue& q) {
         q.put(q.legacy(plain(60, 1), txd::IFCS));
         q.data(plain(60, 1));
       }},
      {"packet of more than 32 descriptors",
       [](Queue& q) {
         for (int i = 0; i < 33; ++i) q.data(plain(60, 1), txd::IFCS, 33 * 60);
       }},
      {"context 32 of one packet",
       [](Queue& q) {
         for (int i = 0; i < 33; ++i) q.put(tcp_context(100));
       }},
      {"packet of more than 32 descriptors",  // in the middle of a super-packet, between two segments
       [](Queue& q) {
         q.put(tcp_context(60));
         q.data(super_packet(60), txd::IFCS | txd::TSE, 2000);
         for (int i = 0; i < 31; ++i) q.data(plain(60, 1), txd::IFCS);
       }},
  };
  b.task([&] {
    b.bring_up();
    Queue other(b, 7, 128);
    b.wr(reg::TCTL, reg::tctl::EN | reg::tctl::PSP);
    for (const auto& [what, put] : cases) {
      const std::size_t before = wire.frames.size();
      Queue q(b, 2, 128, 0, 65536);
      put(q);
      const unsigned behind = q.data(plain(70, 2));
      q.doorbell();
      b.wait(30_us);
      EXPECT_FALSE(q.done(behind)) << what;
      const unsigned alive = other.data(plain(80, 3));
      other.doorbell();
      b.wait(10_us);
      EXPECT_TRUE(other.done(alive)) << what;
      b.wr(reg::TXDCTL(2), 0);
      b.wr(reg::TDT(2), 0);
      b.wr(reg::TDH(2), 0);
      Queue again(b, 2, 128, 0, 65536);
      const unsigned fresh = again.data(plain(90, 4));
      again.doorbell();
      b.wait(10_us);
      EXPECT_TRUE(again.done(fresh)) << what;
      EXPECT_GE(wire.frames.size(), before + 2) << what;
      b.wr(reg::TXDCTL(2), 0);
      b.wr(reg::TDT(2), 0);
      b.wr(reg::TDH(2), 0);
    }
  });
  b.run(2_ms);
  const auto& faults = b.nic.function(0).faults();
  ASSERT_EQ(faults.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i)
    EXPECT_THAT(faults[i], testing::AllOf(HasSubstr("transmit queue 2 "), HasSubstr(cases[i].first),
                                          HasSubstr("queue stopped")));
  EXPECT_EQ(gap(b.nic.function(0).account()), 0);
  EXPECT_TRUE(b.nic.function(0).idle());
}

// --- how frames are dressed, and by whom ---------------------------------------------------------

// 2.8.1, 3.2, 3.6: padding, tags, the FCS that software brought; the card hears itself and counts what
// arrives.
TEST(Transmit, FramesLeaveDressedAsTheirDescriptorsAsk) {
  CardBench b({}, 2, Plug::itself);
  WireBytes wire;
  b.trace.set_sink(&wire);
  const auto with_fcs = [](Bytes f, std::uint32_t wrong = 0) {
    f.resize(f.size() + 4);
    store_le(&f[f.size() - 4], ethernet_fcs(std::span(f).first(f.size() - 4)) ^ wrong);
    return f;
  };
  const auto padded = [](Bytes f) { return f.resize(60), f; };
  const auto tagged = [](Bytes f, std::uint16_t tci) {
    f.resize(f.size() + 4);
    insert_vlan_tag(f, 0x8100, tci);
    return f;
  };
  constexpr std::uint32_t bare = txd::EOP | txd::RS;
  struct Case {
    reg::Offset counter;
    Bytes leaves;
    std::function<void(Queue&)> put;
  };
  const Bytes large = plain(200, 5), small = plain(50, 5), tiny = plain(17, 5);
  Bytes summed = plain(101, 6);
  insert_legacy_checksum(summed, 20, 40);
  const std::vector<Case> cases{
      {reg::GPRC, padded(tiny), [&](Queue& q) { q.data(tiny); }},
      {reg::GPRC, padded(small), [&](Queue& q) { q.put(q.legacy(small, Queue::kWhole)); }},
      {reg::GPRC, large, [&](Queue& q) { q.data(with_fcs(large), bare); }},
      {reg::CRCERRS, large, [&](Queue& q) { q.data(with_fcs(large, 1 << 17), bare); }},
      {reg::GPRC, large, [&](Queue& q) { q.put(q.legacy(with_fcs(large), bare)); }},
      {reg::RUC, small, [&](Queue& q) { q.data(with_fcs(small), bare); }},
      {reg::RFC, small, [&](Queue& q) { q.data(with_fcs(small, 1), bare); }},
      {reg::GPRC, tagged(large, 0x1111),
       [&](Queue& q) { q.put(AdvTxData::make({q.place(large)}, 200, bare | txd::VLE, 200, 0, 0)); }},
      {reg::GPRC, tagged(large, 0x2222),
       [&](Queue& q) { q.put(AdvTxData::make({q.place(large)}, 200, Queue::kWhole | txd::VLE, 200, 0, 1)); }},
      {reg::GPRC, padded(tagged(small, 0x1111)), [&](Queue& q) { q.data(small, Queue::kWhole | txd::VLE); }},
      {reg::GPRC, tagged(large, 0xE333),
       [&](Queue& q) {
         LegacyTx d = q.legacy({large.begin(), large.begin() + 100}, txd::VLE);
         d.dw[3] |= 0xE333u << 16;
         q.put(d);
         q.put(q.legacy({large.begin() + 100, large.end()}, Queue::kWhole));
       }},
      {reg::GPRC, summed,
       [&](Queue& q) {
         LegacyTx d = q.legacy(plain(101, 6), Queue::kWhole | txd::LEGACY_IC);
         d.dw[2] |= 40u << 16;
         d.dw[3] |= 20u << 8;
         q.put(d);
       }},
  };
  std::vector<std::uint32_t> counted;
  Descriptor legacy_after;
  b.task([&] {
    b.bring_up();
    Queue q(b, 0, 128);
    b.wr(reg::TCTL, reg::tctl::EN | reg::tctl::PSP);
    b.wr(reg::RCTL, reg::rctl::RXEN | reg::rctl::UPE | reg::rctl::MPE);
    q.put(AdvTxContext{}.set_lengths(14, 20).set_vlan(0x1111));
    q.put(AdvTxContext{}.set_lengths(14, 20).set_vlan(0x2222).set_idx(1));
    for (const Case& c : cases) {
      c.put(q);
      q.doorbell();
      b.wait(10_us);
      counted.push_back(b.rd(c.counter));
      EXPECT_TRUE(q.done(q.tail() - 1));
    }
    legacy_after = q.at(q.tail() - 1);
    b.wr(reg::TCTL, reg::tctl::EN);  // PSP = 0: short frames leave short
    q.data(small);
    q.data(small);
    q.doorbell();
    b.wait(10_us);
    counted.push_back(b.rd(reg::RUC));
  });
  b.run(2_ms);
  ASSERT_EQ(wire.frames.size(), cases.size() + 2);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(wire.frames[i].bytes, cases[i].leaves) << i;
    EXPECT_EQ(counted.at(i), 1u) << i;
  }
  EXPECT_EQ(wire.frames.back().bytes, small);
  EXPECT_EQ(counted.back(), 2u);
  EXPECT_EQ((wire.frames.back().end - wire.frames[cases.size()].end).ps(), (8_ns * (50 + 4 + 20)).ps());
  // A legacy descriptor keeps its content.
  EXPECT_EQ(legacy_after.dw[2], (Queue::kWhole | txd::LEGACY_IC | 40u << 16 | 101u));
  EXPECT_EQ(legacy_after.dw[3], (20u << 8 | txd::DD));
  EXPECT_NE(legacy_after.dw[0], 0u);
  EXPECT_THAT(b.nic.function(0).faults(), testing::IsEmpty());
}

// --- queues, and how they are reported -----------------------------------------------------------

// 2.8.6, 2.8.7, 3.1: high priority first, then in turn, one packet each. The head that is written back says
// what is done, dword by dword, instead of DD.
TEST(Transmit, QueuesTakeTurnsByPacketAndHeadWriteBackSaysWhatIsDone) {
  CardBench b;
  WireBytes wire;
  b.trace.set_sink(&wire);
  std::uint32_t head[2] = {};
  bool written = false, flushed = false, early = true;
  b.task([&] {
    b.bring_up();
    const auto memory = b.buffer(64);
    b.wr(reg::TDWBAL(5),
         static_cast<std::uint32_t>(memory.bus + 8) | reg::tdwbal::HEAD_WB_EN | reg::tdwbal::SN_WB_EN);
    b.wr(reg::TDWBAH(5), static_cast<std::uint32_t>(memory.bus >> 32));
    Queue q1(b, 1, 64), q4(b, 4, 64, reg::txdctl::WTHRESH.put(31)), q5(b, 5, 8, reg::txdctl::PRIORITY);
    for (unsigned i = 0; i < 6; ++i) {
      q1.data({plain(100, 1)});
      q4.data(plain(50, 4), txd::IFCS, 100);  // two descriptors a packet
      q4.data(plain(50, 4));
      q5.data(plain(100, 5));
    }
    q1.doorbell();
    q4.doorbell();
    q5.doorbell();
    // Queue 4's vector is throttled, so below WTHRESH its write-backs wait (3.4).
    b.wr(reg::GPIE, reg::gpie::Multiple_MSIX);
    b.wr(reg::IVAR(2), 0x00008000);
    b.wr(reg::EITR(0), reg::eitr::INTERVAL.put(5000));
    b.wr(reg::EIMS, 1);
    b.wr(reg::EICS, 1);
    b.wait(5_us);
    EXPECT_TRUE(wire.frames.empty()) << "TCTL.EN = 0";
    b.wr(reg::TCTL, reg::tctl::EN | reg::tctl::PSP);
    b.wait(40_us);
    b.host.kernel().dma_sync();
    std::memcpy(&head[0], memory.data + 8, 4);
    written = q5.done(5);
    q5.data(plain(100, 5), txd::EOP | txd::IFCS);  // without RS it is not told
    q5.data(plain(100, 5));
    q5.data(plain(100, 5));
    q5.doorbell();
    b.wait(20_us);
    b.host.kernel().dma_sync();
    std::memcpy(&head[1], memory.data + 8, 4);
    early = q4.done(11);
    b.wr(reg::TXDCTL(4), b.rd(reg::TXDCTL(4)) | reg::txdctl::SWFLUSH);
    b.wait(5_us);
    flushed = q4.done(1) && q4.done(11);
  });
  b.run(200_us);
  std::string order;
  for (const auto& f : wire.frames)
    order += static_cast<char>('0' + (std::to_integer<unsigned>(f.bytes[6]) - 42) % 256);
  EXPECT_EQ(order, "555555141414141414555");
  EXPECT_EQ(head[0], 6u);
  EXPECT_FALSE(written) << "head write-back leaves descriptors alone";
  EXPECT_EQ(head[1], 1u) << "the ring of 8 wraps";
  EXPECT_FALSE(early);
  EXPECT_TRUE(flushed);
}

// 2.8.1: without TCTL.EN the frame on the wire is the last, the packet begun is finished by the DMA engine,
// and what waits leaves when it is set again.
TEST(Transmit, SwitchedOffInMidStreamItGoesOnWhereItStopped) {
  CardBench b;
  WireBytes wire;
  b.trace.set_sink(&wire);
  std::size_t counts[3] = {};
  unsigned heads[2] = {};
  b.task([&] {
    b.bring_up();
    Queue q(b, 0, 256, reg::txdctl::PTHRESH.put(8));
    b.wr(reg::TCTL, reg::tctl::EN | reg::tctl::PSP);
    for (unsigned i = 0; i < 60; ++i) q.data(plain(1000, i));
    q.data(plain(100, 60), txd::IFCS, 200);
    q.doorbell();
    b.wait(300_us);
    b.wr(reg::TCTL, reg::tctl::PSP);
    b.wait(20_us);
    counts[0] = wire.frames.size();
    b.wait(100_us);
    counts[1] = wire.frames.size();
    b.wr(reg::TCTL, reg::tctl::EN | reg::tctl::PSP);
    b.wait(400_us);
    counts[2] = wire.frames.size();
    b.wr(reg::TCTL, reg::tctl::PSP);
    heads[0] = b.rd(reg::TDH(0));
    q.data(plain(100, 61));  // the rest of the packet begun, and one more
    q.data(plain(100, 62));
    q.doorbell();
    b.wait(20_us);
    heads[1] = b.rd(reg::TDH(0));
    b.wr(reg::TCTL, reg::tctl::EN | reg::tctl::PSP);
    b.wait(20_us);
  });
  b.run(2_ms);
  EXPECT_GT(counts[0], 20u);
  EXPECT_LT(counts[0], 50u);
  EXPECT_EQ(counts[1], counts[0]);
  EXPECT_EQ(counts[2], 60u);
  EXPECT_EQ(heads[0], 61u);
  EXPECT_EQ(heads[1], 62u);
  EXPECT_EQ(wire.frames.size(), 62u);
  EXPECT_EQ(gap(b.nic.function(0).account()), 0);
}

// The other readings, all at once.
TEST(Transmit, QuirksTurnTheChoicesRound) {
  I350Quirks quirks;
  quirks.registers.middle_clears_cwr = true;
  quirks.tctl_en_holds_buffer = false;
  quirks.legacy_command_in_last = true;
  CardBench b({}, 2, Plug::far_end, quirks);
  WireBytes wire;
  b.trace.set_sink(&wire);
  std::size_t left = 0;
  std::uint32_t masks = 0;
  const Bytes f = plain(200, 5);
  b.task([&] {
    b.bring_up();
    masks = b.rd(reg::DTXTCPFLGL);
    Queue q(b, 0, 64);
    b.wr(reg::TCTL, reg::tctl::EN | reg::tctl::PSP);
    q.put(q.legacy({f.begin(), f.begin() + 100}, txd::IFCS));
    LegacyTx last = q.legacy({f.begin() + 100, f.end()}, Queue::kWhole | txd::VLE);
    last.dw[3] |= 0x0123u << 16;
    q.put(last);
    for (unsigned i = 0; i < 10; ++i) q.data(plain(1500, i));
    q.doorbell();
    b.wait(15_us);
    b.wr(reg::TCTL, reg::tctl::PSP);
    b.wait(200_us);
    left = wire.frames.size();
  });
  b.run(1_ms);
  EXPECT_EQ(masks, 0x0F760FF6u);
  EXPECT_EQ(left, 11u) << "the transmit buffer runs empty";
  Bytes tagged = f;
  tagged.resize(204);
  insert_vlan_tag(tagged, 0x8100, 0x0123);
  ASSERT_FALSE(wire.frames.empty());
  EXPECT_EQ(wire.frames[0].bytes, tagged);
}

}  // namespace
}  // namespace niclab::sim
