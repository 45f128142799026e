// Statistics registers (fact base 2.12).
#include "hw/statistics.hpp"

#include <gtest/gtest.h>

#include "hw/registers.hpp"

namespace niclab::hw {
namespace {

TEST(Statistics, ReadClearsTheRegisterNotTheLifetime) {
  Statistics s;
  s.count(reg::MPC, 5);
  EXPECT_EQ(s.snapshot(reg::MPC), 5u);
  EXPECT_EQ(s.read(reg::MPC), 5u);
  EXPECT_EQ(s.read(reg::MPC), 0u);
  s.count(reg::MPC);
  EXPECT_EQ(s.lifetime(reg::MPC), 6u);
}

TEST(Statistics, HighHalfOfAPairClearsBoth) {
  Statistics s;
  for (int i = 0; i < 3; ++i) s.count_rx_good(1518, DestinationKind::unicast);
  EXPECT_EQ(s.read(reg::GORCL), 4554u);
  EXPECT_EQ(s.read(reg::GORCL), 4554u) << "the low half keeps";
  EXPECT_EQ(s.read(reg::GORCH), 0u);
  EXPECT_EQ(s.read(reg::GORCL), 0u);
  EXPECT_EQ(s.lifetime(reg::GORCL), 4554u);
}

TEST(Statistics, PairCarriesIntoTheHighHalf) {
  Statistics s;
  for (int i = 0; i < 3; ++i) s.count_rx_arrival(0x70000000);
  EXPECT_EQ(s.snapshot(reg::TORL), 0x50000000u);
  EXPECT_EQ(s.read(reg::TORH), 1u);
  EXPECT_EQ(s.read(reg::TORL), 0u);
  EXPECT_EQ(s.lifetime(reg::TORL), 0x150000000u);
}

TEST(Statistics, CountersSaturate) {
  Statistics s;
  s.count(reg::RNBC, 0xFFFFFFF0);
  s.count(reg::RNBC, 0x20);
  EXPECT_EQ(s.read(reg::RNBC), 0xFFFFFFFFu);
}

TEST(Statistics, ReceiveSizeBinsAndKinds) {
  const std::pair<unsigned, reg::Offset> bins[] = {
      {64, reg::PRC64},     {65, reg::PRC127},    {127, reg::PRC127},   {128, reg::PRC255},
      {255, reg::PRC255},   {256, reg::PRC511},   {511, reg::PRC511},   {512, reg::PRC1023},
      {1023, reg::PRC1023}, {1024, reg::PRC1522}, {1518, reg::PRC1522}, {9728, reg::PRC1522}};
  for (const auto& [length, bin] : bins) {
    Statistics s;
    s.count_rx_good(length, DestinationKind::multicast);
    for (const reg::Offset other :
         {reg::PRC64, reg::PRC127, reg::PRC255, reg::PRC511, reg::PRC1023, reg::PRC1522})
      EXPECT_EQ(s.read(other), other == bin ? 1u : 0u) << length;
    EXPECT_EQ(s.read(reg::MPRC), 1u);
    EXPECT_EQ(s.read(reg::BPRC), 0u);
  }
}

TEST(Statistics, TransmitCounters) {
  Statistics s;
  s.count_tx_good(64, DestinationKind::broadcast, 3);
  s.count_tx_good(1518, DestinationKind::unicast, 3);
  s.count_tx_good(64, DestinationKind::multicast, 1);
  s.count_tx_mac(64);
  EXPECT_EQ(s.read(reg::GPTC), 3u) << "a PAUSE frame is none of the good ones";
  EXPECT_EQ(s.read(reg::TPT), 4u);
  EXPECT_EQ(s.read(reg::HGPTC), 3u) << "nor the host's";
  EXPECT_EQ(s.snapshot(reg::TOTL), 1710u);
  EXPECT_EQ(s.snapshot(reg::GOTCL), 1646u);
  EXPECT_EQ(s.snapshot(reg::HGOTCL), 1646u);
  EXPECT_EQ(s.read(reg::PTC64), 3u);
  EXPECT_EQ(s.read(reg::PTC1522), 1u);
  EXPECT_EQ(s.read(reg::BPTC), 1u);
  EXPECT_EQ(s.read(reg::MPTC), 1u);
  EXPECT_EQ(s.queue(3).tx_packets, 2u);
  EXPECT_EQ(s.queue(3).tx_octets, 1582u);
}

TEST(Statistics, QueueCountersAreNotClearedByReading) {
  Statistics s;
  s.count_rx_host(100, DestinationKind::multicast, 2);
  s.count_rx_host(200, DestinationKind::unicast, 2);
  EXPECT_EQ(s.queue(2).rx_packets, 2u);
  EXPECT_EQ(s.queue(2).rx_octets, 300u);
  EXPECT_EQ(s.queue(2).rx_multicast, 1u);
  EXPECT_EQ(s.read(reg::RPTHC), 2u);
  EXPECT_EQ(s.queue(2).rx_packets, 2u);
}

TEST(Statistics, RqdpcIsPerQueueAndReadToClear) {
  Statistics s;
  s.count_queue_drop(1);
  s.count_queue_drop(1);
  EXPECT_EQ(s.read_rqdpc(0), 0u);
  EXPECT_EQ(s.read_rqdpc(1), 2u);
  EXPECT_EQ(s.read_rqdpc(1), 0u);
  EXPECT_EQ(s.lifetime_rqdpc(1), 2u);
}

TEST(Statistics, PortResetClearsRegistersOnly) {
  Statistics s;
  s.count_rx_good(64, DestinationKind::unicast);
  s.count_queue_drop(0);
  s.reset();
  EXPECT_EQ(s.read(reg::GPRC), 0u);
  EXPECT_EQ(s.read_rqdpc(0), 0u);
  EXPECT_EQ(s.lifetime(reg::GPRC), 1u);
  EXPECT_EQ(s.lifetime_rqdpc(0), 1u);
}

TEST(Statistics, EveryImplementedCounterOfTheTableIsOwned) {
  for (const char* name : {"CRCERRS", "MPC", "GPRC", "GORCH", "TSCTFC", "IAC", "HGOTCH", "O2BSPC"}) {
    const auto* row = reg::find(name);
    ASSERT_NE(row, nullptr) << name;
    EXPECT_TRUE(Statistics::owns(row->offset)) << name;
  }
  EXPECT_FALSE(Statistics::owns(reg::SSVPC));
  Statistics s;
  EXPECT_EQ(s.read(reg::B2OSPC), 0u);
}

}  // namespace
}  // namespace niclab::hw
