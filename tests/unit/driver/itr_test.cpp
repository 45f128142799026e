// Interrupt moderation policy: tables of fact base 4.5.
#include "driver/itr.hpp"

#include <gtest/gtest.h>

namespace niclab::igb {
namespace {

ItrState busy(std::uint32_t packets, std::uint32_t bytes, std::uint16_t itr_val = kItrStart) {
  ItrState s;
  s.rx.present = true;
  s.rx.total_packets = packets;
  s.rx.total_bytes = bytes;
  s.itr_val = itr_val;
  return s;
}

std::uint16_t ring_itr(std::uint32_t size, std::uint32_t setting, unsigned speed = 1000) {
  ItrState s = busy(10, 10 * size);
  igb_update_ring_itr(s, setting, speed);
  return s.itr_val;
}

TEST(Itr, C_05_RingItrFollowsWireSizeAndTheConservativeClamp) {
  struct Row {
    std::uint32_t size, setting;
    std::uint16_t expected;
  };
  for (const Row& r : {Row{60, 3, 196}, Row{60, 1, 42}, Row{276, 1, 150}, Row{277, 1, 100}, Row{800, 3, 274},
                       Row{1175, 1, 399}, Row{1176, 1, 600}, Row{1514, 3, 769}, Row{9000, 3, 1500}})
    EXPECT_EQ(ring_itr(r.size, r.setting), r.expected) << r.size << " bytes, rx-usecs " << r.setting;
}

TEST(Itr, C_05_SlowLinksHaveAFixedRate) {
  EXPECT_EQ(ring_itr(60, 3, 100), kItr4k);
  EXPECT_EQ(ring_itr(1514, 1, 10), kItr4k);
}

TEST(Itr, NoWorkTeachesNothing) {
  ItrState s = busy(0, 0);
  igb_update_ring_itr(s, 3, 1000);
  EXPECT_EQ(s.itr_val, kItrStart);
  EXPECT_FALSE(s.set_itr);
}

TEST(Itr, TheLargerDirectionDecidesAndCountsAreCleared) {
  ItrState s = busy(10, 600);
  s.tx.total_packets = 2;
  s.tx.total_bytes = 3028;
  igb_update_ring_itr(s, 3, 1000);
  EXPECT_EQ(s.itr_val, 769);
  EXPECT_TRUE(s.set_itr);
  EXPECT_EQ(s.rx.total_packets + s.tx.total_packets + s.rx.total_bytes + s.tx.total_bytes, 0u);
}

TEST(Itr, SingleVectorClassTransitions) {
  using enum LatencyRange;
  struct Row {
    LatencyRange from;
    std::uint32_t packets, bytes;
    LatencyRange to;
  };
  for (const Row& r :
       {Row{lowest_latency, 1, 60, lowest_latency}, Row{lowest_latency, 4, 600, low_latency},
        Row{lowest_latency, 5, 600, lowest_latency}, Row{lowest_latency, 1, 9000, bulk_latency},
        Row{low_latency, 9, 10'100, bulk_latency}, Row{low_latency, 20, 30'000, bulk_latency},
        Row{low_latency, 36, 10'100, lowest_latency}, Row{low_latency, 20, 10'100, low_latency},
        Row{low_latency, 2, 6000, bulk_latency}, Row{low_latency, 2, 500, lowest_latency},
        Row{low_latency, 3, 500, low_latency}, Row{bulk_latency, 36, 26'000, low_latency},
        Row{bulk_latency, 20, 26'000, bulk_latency}, Row{bulk_latency, 1, 1400, low_latency},
        Row{bulk_latency, 2, 1500, bulk_latency}, Row{bulk_latency, 0, 0, bulk_latency}}) {
    RingContainer ring{.present = true, .total_bytes = r.bytes, .total_packets = r.packets, .itr = r.from};
    igb_update_itr(ring);
    EXPECT_EQ(ring.itr, r.to) << static_cast<int>(r.from) << ": " << r.packets << " packets, " << r.bytes
                              << " bytes";
  }
}

TEST(Itr, SingleVectorTakesTheWorseClass) {
  ItrState s = busy(1, 60);
  igb_set_itr(s, 1, 1000);
  EXPECT_EQ(s.itr_val, kItr70k);
  s = busy(1, 60);
  igb_set_itr(s, 3, 1000);  // conservative: no lowest_latency
  EXPECT_EQ(s.itr_val, kItr20k);
  s.tx.total_packets = 1;
  s.tx.total_bytes = 9000;
  igb_set_itr(s, 1, 1000);
  EXPECT_EQ(s.itr_val, kItr4k);
  s = busy(100, 6000);
  igb_set_itr(s, 1, 100);
  EXPECT_EQ(s.itr_val, kItr4k);
}

TEST(Itr, C_06_WritesOnlyWhatChangedWithCounterIgnore) {
  ItrState s;
  s.itr_val = 196;
  EXPECT_FALSE(igb_write_itr(s).has_value());
  s.set_itr = true;
  EXPECT_EQ(igb_write_itr(s), 0x800000C4u);
  EXPECT_FALSE(igb_write_itr(s).has_value());
  s.itr_val = 0;
  s.set_itr = true;
  EXPECT_EQ(igb_write_itr(s), 0x80000004u);
  s.itr_val = static_cast<std::uint16_t>(itr_setting_of(10'000));
  s.set_itr = true;
  EXPECT_EQ(igb_write_itr(s), 0x80000000u | (40'000u & 0x7FFC));
}

TEST(Itr, F_29_AcceptedSettings) {
  for (const unsigned good : {0u, 1u, 3u, 10u, 125u, 10'000u}) EXPECT_TRUE(usecs_valid(good)) << good;
  for (const unsigned bad : {2u, 4u, 9u, 10'001u}) EXPECT_FALSE(usecs_valid(bad)) << bad;
  EXPECT_EQ(itr_setting_of(3), 3u);
  EXPECT_EQ(itr_setting_of(125), 500u);
  EXPECT_EQ(usecs_of(500), 125u);
}

}  // namespace
}  // namespace niclab::igb
