// The watchdog (path-map A-18, B-126; fact base 4.11, 5.3 row 13).
#include "tests/unit/driver/fixture.hpp"

namespace niclab::igb::test {
namespace {

using testing::Contains;
using testing::HasSubstr;

TEST_F(DriverTest, A_18_LinkComesUp) {
  open({.queues = 1});
  EXPECT_EQ(adapter->link().speed, 1000u);
  EXPECT_TRUE(adapter->link().full_duplex);
  EXPECT_THAT(kernel.log_lines(),
              Contains(HasSubstr("igb: eth0 NIC Link is Up 1000 Mbps Full Duplex, Flow Control: RX")));
}

TEST_F(DriverTest, A_18_EveryTwoSecondsVectorsAreTriggered) {
  open({.queues = 4});
  kernel.advance(Duration::from_s(3));
  pci.log.clear();
  kernel.advance(Duration::from_s(10));
  const auto eics = pci.writes(reg::EICS);
  EXPECT_EQ(eics.size(), 5u);
  EXPECT_THAT(eics, testing::Each(0x1FEu));
  EXPECT_EQ(std::count_if(pci.log.begin(), pci.log.end(),
                          [](const Access& a) { return !a.write && a.offset == reg::GPRC; }),
            5);
}

TEST_F(DriverTest, A_18_EverySecondWhileNoLinkIsSeen) {
  open({.queues = 1});
  pci.link_down();
  pci.at(reg::ICR) = reg::icr::LSC;
  kernel.hardirq([&] { pci.irqs.at(0).handler(); });
  kernel.advance(Duration::from_s(3));
  pci.log.clear();
  kernel.advance(Duration::from_s(10));
  EXPECT_EQ(pci.writes(reg::EICS).size(), 10u);
}

TEST_F(DriverTest, A_18_SingleVectorIsTriggeredThroughIcs) {
  pci.msix_entries = 1;
  open();
  kernel.advance(Duration::from_s(3));
  EXPECT_THAT(pci.writes(reg::ICS), Contains(reg::icr::RXDMT0));
  EXPECT_TRUE(pci.writes(reg::EICS).empty());
}

TEST_F(DriverTest, LostLinkTurnsTheCarrierOff) {
  open({.queues = 1});
  pci.link_down();
  pci.at(reg::ICR) = reg::icr::LSC;
  kernel.hardirq([&] { pci.irqs.at(0).handler(); });
  kernel.advance(kernel.jiffy() * 2);
  EXPECT_FALSE(adapter->carrier);
  EXPECT_THAT(kernel.log_lines(), Contains(HasSubstr("igb: eth0 NIC Link is Down")));
}

TEST_F(DriverTest, LostLinkWithPacketsPendingResets) {  // fact base 4.11
  open({.queues = 1});
  xmit(frame(60));
  pci.link_down();
  pci.at(reg::ICR) = reg::icr::LSC;
  kernel.hardirq([&] { pci.irqs.at(0).handler(); });
  kernel.advance(Duration::from_ms(200));
  EXPECT_EQ(adapter->tx_timeout_count(), 1u);
  EXPECT_EQ(adapter->tx_ring(0).next_to_use, 0u);
}

// E-61
TEST_F(DriverTest, B_126_HangIsReportedAndStopsTheQueue) {
  open({.queues = 1});
  xmit(frame(60));
  kernel.advance(Duration::from_s(4));  // the watchdog armed the check
  poll(tx_vector(0));
  EXPECT_TRUE(adapter->tx_queues[0].stopped);
  const auto& log = kernel.log_lines();
  const auto at = std::find(log.begin(), log.end(), "igb 0000:01:00.0: Detected Tx Unit Hang");
  ASSERT_GE(log.end() - at, 11);
  EXPECT_THAT(std::vector(at + 1, at + 11),
              testing::ElementsAre(
                  "  Tx Queue             <0>", "  TDH                  <0>", "  TDT                  <1>",
                  "  next_to_use          <1>", "  next_to_clean        <0>", "buffer_info[next_to_clean]",
                  testing::StartsWith("  time_stamp           <"),
                  testing::MatchesRegex("  next_to_watch        <[0-9a-f]+>"),
                  testing::StartsWith("  jiffies              <"), "  desc.status          <f0000>"));
}

TEST_F(DriverTest, B_126_PausedLinkIsNoHang) {
  open({.queues = 1});
  xmit(frame(60));
  pci.at(reg::STATUS) |= reg::status::TXOFF;
  kernel.advance(Duration::from_s(4));
  poll(tx_vector(0));
  EXPECT_FALSE(adapter->tx_queues[0].stopped);
}

TEST_F(DriverTest, VanishedDeviceIsDetached) {  // fact base 4.11
  open({.queues = 2});
  pci.at(reg::GPRC) = 5;
  adapter->ndo_get_stats64();
  pci.gone = true;
  kernel.advance(Duration::from_s(5));
  EXPECT_FALSE(adapter->carrier);
  EXPECT_EQ(kernel.pending_timers(), 1u) << "the PTP clock's, which comes once more";
  EXPECT_EQ(adapter->hw_stats().gprc, 5u);
  EXPECT_EQ(adapter->ndo_get_stats64().rx_fifo_errors, 0u);
  EXPECT_THAT(kernel.log_lines(), Contains(HasSubstr("PCIe link lost")));
  pci.log.clear();
  EXPECT_EQ(xmit(frame(60)), stack::NetdevTx::ok);
  EXPECT_TRUE(pci.log.empty());  // no writes to what is gone
}

TEST_F(DriverTest, B_126_YoungPacketsAreNoHang) {
  open({.queues = 1});
  kernel.advance(Duration::from_s(4));
  xmit(frame(60));
  poll(tx_vector(0));
  EXPECT_FALSE(adapter->tx_queues[0].stopped);
}

}  // namespace
}  // namespace niclab::igb::test
