// ethtool settings (path-map F-23, F-24, F-29).
#include "tests/unit/driver/fixture.hpp"

namespace niclab::igb::test {
namespace {

TEST_F(DriverTest, F_29_CoalesceIsCheckedAndAppliedByTheNextInterrupt) {
  open({.queues = 2});
  EXPECT_EQ(adapter->get_coalesce().rx_usecs, 3u);
  EXPECT_EQ(adapter->get_coalesce().tx_usecs, 3u);
  EXPECT_EQ(adapter->set_coalesce({.rx_usecs = 2, .tx_usecs = 3}), -22);
  EXPECT_EQ(adapter->set_coalesce({.rx_usecs = 3, .tx_usecs = 10'001}), -22);
  ASSERT_EQ(adapter->set_coalesce({.rx_usecs = 50, .tx_usecs = 100}), 0);
  EXPECT_EQ(adapter->get_coalesce().rx_usecs, 50u);
  EXPECT_EQ(adapter->get_coalesce().tx_usecs, 100u);
  kernel.hardirq([&] { pci.irqs.at(1).handler(); });
  kernel.hardirq([&] { pci.irqs.at(3).handler(); });
  EXPECT_THAT(pci.writes(reg::EITR(1)), testing::ElementsAre(0x80000000u | 200));
  EXPECT_THAT(pci.writes(reg::EITR(3)), testing::ElementsAre(0x80000000u | 400));
  ASSERT_EQ(adapter->set_coalesce({.rx_usecs = 0, .tx_usecs = 3}), 0);
  kernel.hardirq([&] { pci.irqs.at(1).handler(); });
  EXPECT_EQ(pci.writes(reg::EITR(1)).back(), 0x80000004u);
  ASSERT_EQ(adapter->set_coalesce({.rx_usecs = 3, .tx_usecs = 3}), 0);
  EXPECT_EQ(rx_vector(0).itr.itr_val, kItrStart);
}

TEST_F(DriverTest, F_29_PairedRingsTakeNoTxSetting) {
  open({.queues = 8});
  EXPECT_EQ(adapter->get_coalesce().tx_usecs, 0u);
  EXPECT_EQ(adapter->set_coalesce({.rx_usecs = 50, .tx_usecs = 50}), -22);
  EXPECT_EQ(adapter->set_coalesce({.rx_usecs = 50, .tx_usecs = 0}), 0);
}

TEST_F(DriverTest, F_24_RingSizesAreClampedAndRounded) {
  open({.queues = 1});
  EXPECT_EQ(adapter->set_ringparam({.rx = 256, .tx = 256, .rx_mini = 1}), -22);
  pci.log.clear();
  EXPECT_EQ(adapter->set_ringparam({.rx = 256, .tx = 256}), 0);
  EXPECT_TRUE(pci.log.empty());  // nothing changed
  ASSERT_EQ(adapter->set_ringparam({.rx = 1001, .tx = 10}), 0);
  EXPECT_EQ(adapter->get_ringparam().rx, 1008u);
  EXPECT_EQ(adapter->get_ringparam().tx, 80u);
  EXPECT_EQ(pci.at(reg::RDLEN(0)), 1008u * 16);
  EXPECT_EQ(pci.at(reg::TDLEN(0)), 80u * 16);
  EXPECT_EQ(pci.at(reg::RDT(0)), 1007u);
  EXPECT_EQ(pci.dma_errors, 0u);
  receive(0, 0, 60);
  poll(rx_vector(0));
  EXPECT_EQ(core.received.size(), 1u);
}

TEST_F(DriverTest, F_23_ChannelsReopenTheInterface) {
  open({.queues = 4});
  EXPECT_EQ(adapter->set_channels(0), -22);
  EXPECT_EQ(adapter->set_channels(9), -22);
  ASSERT_EQ(adapter->set_channels(2), 0);
  EXPECT_EQ(adapter->get_channels().combined, 2u);
  EXPECT_EQ(pci.msix_granted, 5u);
  EXPECT_EQ(adapter->real_num_tx_queues, 2u);
  EXPECT_EQ(pci.irqs.size(), 5u);
  EXPECT_EQ(pci.dma_errors, 0u);
}

TEST_F(DriverTest, F_23_GrowingAnUnpairedPortFallsBackToMsi) {
  open({.queues = 4});
  ASSERT_EQ(adapter->set_channels(8), 0);  // would need 17 vectors
  EXPECT_FALSE(adapter->msix_enabled());
  EXPECT_EQ(adapter->get_channels().combined, 1u);
  EXPECT_EQ(pci.irqs.size(), 1u);
}

}  // namespace
}  // namespace niclab::igb::test
