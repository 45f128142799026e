// Close, reset, MTU and ring changes (path-map; fact base 5.6).
#include "tests/unit/driver/fixture.hpp"

namespace niclab::igb::test {
namespace {

TEST_F(DriverTest, A_34_CloseSilencesThePortAndFreesEverything) {
  open({.queues = 2});
  ASSERT_EQ(adapter->ndo_stop(), 0);
  const std::size_t rx_off = pci.find(true, reg::RCTL), tx_off = pci.find(true, reg::TCTL, rx_off),
                    eimc = pci.find(true, reg::EIMC, tx_off), reset = pci.find(true, reg::CTRL, eimc);
  ASSERT_LT(reset, pci.log.size());
  EXPECT_EQ(pci.log[rx_off].value & reg::rctl::RXEN, 0u);
  EXPECT_EQ(pci.log[tx_off].value & reg::tctl::EN, 0u);
  EXPECT_TRUE(pci.irqs.empty());
  EXPECT_TRUE(pci.mappings.empty());
  EXPECT_TRUE(core.enabled.empty());
  EXPECT_FALSE(adapter->carrier);
  EXPECT_EQ(kernel.pending_timers(), 1u) << "the PTP clock's, which runs until the port is removed";
  EXPECT_EQ(pci.dma_errors, 0u);
}

TEST_F(DriverTest, A_34_CloseFreesWhatTheDeviceStillHolds) {
  open({.queues = 1});
  xmit(frame(100));
  ASSERT_EQ(adapter->ndo_stop(), 0);
  EXPECT_TRUE(pci.mappings.empty());
  EXPECT_EQ(pci.dma_errors, 0u);
  ASSERT_EQ(adapter->ndo_open(), 0);
  EXPECT_EQ(adapter->tx_ring(0).next_to_use, 0u);
}

TEST_F(DriverTest, B_106_WhileDownPacketsVanishUncounted) {
  open({.queues = 1});
  ASSERT_EQ(adapter->ndo_stop(), 0);
  stack::SkbPtr skb = frame(100);
  EXPECT_EQ(xmit(skb), stack::NetdevTx::ok);
  EXPECT_EQ(skb, nullptr);
  EXPECT_TRUE(pci.mappings.empty());
}

TEST_F(DriverTest, ChangeMtuReconfiguresARunningPort) {
  open({.queues = 1});
  EXPECT_EQ(adapter->ndo_change_mtu(67), -22);
  EXPECT_EQ(adapter->ndo_change_mtu(9217), -22);
  ASSERT_EQ(adapter->ndo_change_mtu(9000), 0);
  EXPECT_EQ(adapter->mtu, 9000u);
  EXPECT_EQ(pci.at(reg::RLPML), 9022u);
  EXPECT_EQ(pci.at(reg::RDT(0)), 255u);
  EXPECT_EQ(pci.at(reg::RXDCTL(0)), 0x02040808u);
  EXPECT_EQ(core.enabled.size(), 2u);
}

TEST_F(DriverTest, TxTimeoutResetsThePort) {
  open({.queues = 1});
  xmit(frame(100));
  adapter->ndo_tx_timeout();
  kernel.run();
  kernel.advance(Duration::from_ms(100));
  EXPECT_EQ(adapter->tx_timeout_count(), 1u);
  EXPECT_EQ(adapter->tx_ring(0).next_to_use, 0u);
  EXPECT_EQ(pci.at(reg::TDT(0)), 0u);
  EXPECT_TRUE(adapter->carrier);
  EXPECT_EQ(pci.dma_errors, 0u);
}

}  // namespace
}  // namespace niclab::igb::test
