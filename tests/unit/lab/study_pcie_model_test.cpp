// The rules by which studies compute PCIe bytes, and bounds of a rate (lab/study/pcie_model).
#include <gtest/gtest.h>

#include "lab/study/pcie_model.hpp"
#include "tests/support/pcie_rows.hpp"

namespace niclab::lab::study {
namespace {

PcieStream stream_of(const test::PcieRow& row) {
  PcieStream s;
  s.transmit = row.transmit;
  s.frame = row.bytes;
  s.batch = row.packets;
  s.moderated = s.intx = row.wthresh != 0;
  s.ring.depth = row.transmit ? 24 : 16;
  s.ring.wthresh = row.wthresh;
  return s;
}

TEST(PcieModel, GivesTheTableDerivedByHand_FactBase_6_1_6_4) {
  const auto equal = [](const TlpSum& sum, const test::PcieTraffic& t) {
    return sum.tlps == t.tlps && sum.bytes == t.bytes;
  };
  for (const test::PcieRow& row : test::kPcieRows) {
    SCOPED_TRACE(row.name);
    TlpRules rules;
    rules.mps = row.mps;
    rules.mrrs = row.mrrs;
    const PcieBytes b = stream_tlps(rules, stream_of(row));
    EXPECT_TRUE(equal(b.read_up, row.up_read)) << b.read_up.tlps << " / " << b.read_up.bytes;
    EXPECT_TRUE(equal(b.write_up, row.up_write)) << b.write_up.tlps << " / " << b.write_up.bytes;
    EXPECT_TRUE(equal(b.message_up, row.up_message)) << b.message_up.tlps;
    EXPECT_TRUE(equal(b.write_down, row.down_write)) << b.write_down.tlps;
    EXPECT_TRUE(equal(b.data_down, row.down_data)) << b.data_down.tlps << " / " << b.data_down.bytes;
  }
}

TEST(PcieModel, CutsAtPagesAndCompletionBoundaries_FactBase_6_4) {
  TlpRules rules;
  // 100 bytes from 30 bytes before a page's end: two reads; completions of 30, 64 and 6 bytes.
  const PcieBytes crossing = read_tlps(rules, 4066, 100);
  EXPECT_EQ(crossing.read_up, (TlpSum{2, 40}));
  EXPECT_EQ(crossing.data_down, (TlpSum{3, 20 + 32 + 20 + 64 + 20 + 8}));
  // As igb sends: data two bytes into their buffer.
  EXPECT_EQ(read_tlps(rules, 2, 60).data_down, (TlpSum{1, 80}));
  EXPECT_EQ(read_tlps(rules, 2, 512).data_down, (TlpSum{9, 20 + 64 + 7 * 84 + 24}));
  EXPECT_EQ(write_tlps(rules, 4096 - 16, 48), (TlpSum{2, 20 + 16 + 20 + 32}));
  rules.wide = true;
  EXPECT_EQ(read_tlps(rules, 0, 16).read_up, (TlpSum{1, 24}));
  EXPECT_EQ(read_tlps(rules, 0, 16).data_down, (TlpSum{1, 36}));  // completions have three words always
  EXPECT_EQ(write_tlps(rules, 0, 16), (TlpSum{1, 40}));
  EXPECT_EQ(doorbell(rules), (TlpSum{1, 24}));
  rules.completion = 256;
  EXPECT_EQ(read_tlps(rules, 32, 512).data_down, (TlpSum{3, 20 + 224 + 20 + 256 + 20 + 32}));
}

TEST(PcieModel, PrefetchesByThresholds_FactBase_3_5) {
  const TlpRules rules;
  const auto reads = [&](unsigned p, unsigned h) {
    FetchWalk walk(rules, {.length = 256, .depth = 16, .pthresh = p, .hthresh = h});
    walk.publish(255);
    walk.use(64);
    return walk.bytes();
  };
  EXPECT_EQ(reads(0, 0).read_up.tlps, 5u);    // 16 at a time
  EXPECT_EQ(reads(8, 8).read_up.tlps, 9u);    // 16, then 8 at a time
  EXPECT_EQ(reads(12, 8).read_up.tlps, 17u);  // 4 at a time
  EXPECT_EQ(reads(8, 8).data_down, (TlpSum{20, 20 * 84}));
  // Too few in host memory: it waits until the cache is empty.
  FetchWalk walk(rules, {.length = 256, .depth = 16, .pthresh = 8, .hthresh = 8});
  walk.publish(16);
  walk.publish(4);
  walk.use(15);
  EXPECT_EQ(walk.bytes().read_up.tlps, 1u);
  walk.use(1);
  EXPECT_EQ(walk.bytes().read_up.tlps, 2u);
}

TEST(PcieModel, ContextsKeepWriteBacksApart_FactBase_3_4) {
  PcieStream s;
  s.transmit = true;
  s.batch = 9;
  s.moderated = true;
  s.ring.wthresh = 4;
  const TlpRules rules;
  EXPECT_EQ(stream_tlps(rules, s).write_up, (TlpSum{3 + 1, 36 + 84 + 84 + 24}));
  s.contexts = 1;
  EXPECT_EQ(stream_tlps(rules, s).write_up, (TlpSum{9 + 1, 9 * 36 + 24}));
}

TEST(PcieBounds, AreTheLinksTheReadsAndTheWires_FactBase_6_4_6_5) {
  Pcie pcie;
  PcieStream s;
  s.frame = 60;
  // Gen 2 x4 carries more than a gigabit wire.
  EXPECT_EQ(lowest(bounds(pcie, s, 117.25, 22.5, 1, 1000)).name, "wire");
  EXPECT_NEAR(lowest(bounds(pcie, s, 117.25, 22.5, 1, 1000)).pps, 1488095.2, 0.1);
  // Two ports behind one lane of the first generation do not.
  pcie.gen = 1;
  pcie.lanes = 1;
  s.frame = 1514;
  EXPECT_EQ(lowest(bounds(pcie, s, 1672, 30, 2, 1000)).name, "link up");
  EXPECT_NEAR(lowest(bounds(pcie, s, 1672, 30, 2, 1000)).pps, 125e6 / 1672, 1e-6);
  // One read at a time, twelve for a packet.
  pcie = Pcie{};
  pcie.tags = 3;
  pcie.mrrs = 128;
  pcie.memory_latency = 1090_ns;
  s.transmit = true;
  s.contexts = 1;
  const PcieBound reads = lowest(bounds(pcie, s, 300, 1900, 1, 1000));
  EXPECT_EQ(reads.name, "payload reads");
  // 20 B up, 5 + 150 + 1090 + 10 ns, 168 B down, 5 + 120 ns: 1474 ns; the first waits 320 ns more; the last
  // has 106 B: 148 B.
  EXPECT_NEAR(1e9 / reads.pps, 11 * 1474 + 320 + 1464, 0.1);
}

TEST(PcieBounds, ReadTimeIsTheSumOfItsParts_FactBase_6_3) {
  Pcie pcie;  // gen 2 x4: 2 bytes a nanosecond
  EXPECT_EQ(read_time(pcie, 0, 64, false).ps(), (10 + 5 + 150 + 90 + 10 + 42 + 5 + 120) * 1000u);
  EXPECT_EQ(read_time(pcie, 0, 64, true).ps() - read_time(pcie, 0, 64, false).ps(), 320'000u);
}

}  // namespace
}  // namespace niclab::lab::study
