// Suspend, resume, resets of the function, errors of the bus, a vanished device (fact base 4.9, 4.11, 4.14,
// 5.6).
#include "tests/unit/driver/fixture.hpp"

namespace niclab::igb::test {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr std::uint16_t kCommand = 0x04, kPmcsr = 0x44;

class PowerTest : public DriverTest {
 protected:
  void expect_running() {
    pci.link_up();
    kernel.run();
    EXPECT_TRUE(adapter->present && adapter->carrier);
    EXPECT_EQ(pci.config_read16(kCommand) & 6, 6);
    EXPECT_EQ(pci.at(reg::RXDCTL(0)), 0x02040808u);
    EXPECT_FALSE(pci.irqs.empty());
    EXPECT_EQ(pci.dma_errors, 0u);
    pci.log.clear();
    EXPECT_EQ(xmit(frame(60)), stack::NetdevTx::ok);
    EXPECT_EQ(pci.writes(reg::TDT(0)).size(), 1u);
  }
};

TEST_F(PowerTest, SuspendGivesEverythingBackAndEndsInD3hot) {
  open({.queues = 2});
  xmit(frame(60));
  ASSERT_EQ(adapter->igb_suspend(), 0);
  EXPECT_FALSE(adapter->present);
  EXPECT_TRUE(pci.irqs.empty());
  EXPECT_TRUE(pci.mappings.empty());
  EXPECT_EQ(pci.msix_granted, 0u);
  EXPECT_EQ(kernel.pending_timers(), 0u);
  EXPECT_EQ(pci.config_read16(kPmcsr) & 0x103, 3);  // D3hot, no PME
  EXPECT_EQ(pci.config_read16(kCommand) & 4, 0);    // no bus mastering
  EXPECT_THAT(pci.writes(reg::WUFC), testing::ElementsAre(0u));
  EXPECT_NE(pci.phy_[0] & 0x0800, 0);  // the PHY sleeps
  EXPECT_EQ(adapter->igb_suspend(), -16);
}

TEST_F(PowerTest, ResumeSetsUpAnewAndReopens) {
  open({.queues = 2});
  const std::uint32_t before = pci.config_read32(kCommand);
  ASSERT_EQ(adapter->igb_suspend(), 0);
  pci.config_write32(0x10, 0);  // power was really lost
  ASSERT_EQ(adapter->igb_resume(), 0);
  EXPECT_EQ(pci.config_read32(kCommand), before);
  EXPECT_THAT(pci.writes(reg::WUS), Contains(~0u));
  EXPECT_NE(pci.at(reg::CTRL_EXT) & reg::ctrl_ext::DRV_LOAD, 0u);
  expect_running();
  EXPECT_EQ(adapter->igb_resume(), -22);
}

TEST_F(PowerTest, ClosedInterfaceStaysClosed) {
  open({.queues = 1});
  ASSERT_EQ(adapter->igb_suspend(), 0);
  ASSERT_EQ(adapter->ndo_stop(), 0);  // ifconfig down while it sleeps
  ASSERT_EQ(adapter->igb_resume(), 0);
  EXPECT_TRUE(pci.irqs.empty());
  EXPECT_TRUE(adapter->present);
  ASSERT_EQ(adapter->ndo_open(), 0);
  expect_running();
}

TEST_F(PowerTest, SuspendWithWakeUpArmsTheFiltersAndKeepsThePhyUp) {  // fact base 4.14
  pci.nvm(0x24) = 0x0400;
  pci.fix_checksum(0);
  open({.queues = 1});
  EXPECT_TRUE(adapter->wol_supported());
  EXPECT_EQ(adapter->get_wol(), wufc::MAG);
  EXPECT_EQ(adapter->set_wol(1u << 5), -95);
  ASSERT_EQ(adapter->set_wol(wufc::MAG | wufc::MC | wufc::LNKC), 0);
  ASSERT_EQ(adapter->igb_suspend(), 0);
  EXPECT_EQ(pci.at(reg::WUFC), wufc::MAG | wufc::MC | wufc::LNKC);
  EXPECT_EQ(pci.at(reg::WUC), 2u);  // PME_EN
  EXPECT_NE(pci.at(reg::RCTL) & reg::rctl::MPE, 0u);
  EXPECT_EQ(pci.config_read16(kPmcsr) & 0x103, 0x103);
  EXPECT_EQ(pci.phy_[0] & 0x0800, 0);
  ASSERT_EQ(adapter->igb_resume(), 0);
  EXPECT_EQ(pci.config_read16(kPmcsr) & 0x103, 0);
  expect_running();
}

TEST_F(PowerTest, PortWithoutWakeUpInItsNvmRefusesIt) {
  open({.queues = 1});
  EXPECT_FALSE(adapter->wol_supported());
  EXPECT_EQ(adapter->set_wol(wufc::MAG), -95);
  EXPECT_EQ(adapter->set_wol(0), 0);
}

TEST_F(PowerTest, FunctionLevelResetUnderTheDriver) {
  open({.queues = 2});
  xmit(frame(60));
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(adapter->pci_reset_function(), 0);
    expect_running();
  }
}

TEST_F(PowerTest, ErrorsOfTheBusAreRecoveredFrom) {
  open({.queues = 2});
  xmit(frame(60));
  ASSERT_NE(pci.error_handler, nullptr);
  EXPECT_EQ(pci.error_handler->error_detected(PciChannelState::frozen), PciErsResult::need_reset);
  EXPECT_FALSE(adapter->present);
  EXPECT_EQ(pci.config_read16(kCommand) & 4, 0);
  EXPECT_EQ(pci.mappings.size(), 4u);  // the rings alone
  EXPECT_EQ(pci.error_handler->slot_reset(), PciErsResult::recovered);
  pci.error_handler->resume();
  expect_running();
  adapter->igb_remove();
  EXPECT_EQ(pci.error_handler, nullptr);
}

TEST_F(PowerTest, PermanentFailureDisconnects) {
  open({.queues = 1});
  pci.gone = true;
  EXPECT_EQ(pci.error_handler->error_detected(PciChannelState::perm_failure), PciErsResult::disconnect);
  EXPECT_FALSE(adapter->present);
}

TEST_F(PowerTest, VanishedDeviceIsDetachedAndNotTouchedAgain) {  // fact base 4.11, last row
  open({.queues = 1});
  xmit(frame(60));
  pci.gone = true;
  kernel.advance(Duration::from_s(5));
  EXPECT_FALSE(adapter->present);
  EXPECT_TRUE(adapter->tx_queues[0].stopped);
  EXPECT_EQ(std::count_if(kernel.log_lines().begin(), kernel.log_lines().end(),
                          [](const std::string& l) { return l.find("PCIe link lost") != std::string::npos; }),
            1);
  pci.log.clear();
  kernel.advance(Duration::from_s(10));
  EXPECT_EQ(adapter->ndo_get_stats64().tx_packets, 0u);
  EXPECT_EQ(adapter->ndo_stop(), 0);
  EXPECT_TRUE(pci.log.empty());
  EXPECT_TRUE(pci.mappings.empty());
  EXPECT_EQ(kernel.pending_timers(), 1u) << "the clock looks in nine minutes, once";
  adapter->igb_remove();
  EXPECT_TRUE(pci.log.empty());
}

// Fact base 4.9 step 4: after a transmit timeout the whole device, unless it was reset a moment ago.
TEST_F(PowerTest, TransmitTimeoutResetsTheDeviceOnce) {
  open({.queues = 1});
  const unsigned ports = pci.resets;
  adapter->ndo_tx_timeout();
  kernel.run();
  kernel.advance(Duration::from_ms(100));
  EXPECT_EQ(pci.device_resets, 1u);
  EXPECT_EQ(pci.resets, ports);
  EXPECT_EQ(pci.at(reg::SW_FW_SYNC), 0u);
  EXPECT_THAT(kernel.log_lines(), Contains(HasSubstr("0000:01:00.0 eth0: Reset adapter")));
  pci.at(reg::STATUS) |= reg::status::DEV_RST_SET;
  adapter->ndo_tx_timeout();
  kernel.run();
  kernel.advance(Duration::from_ms(100));
  EXPECT_EQ(pci.device_resets, 1u);
  EXPECT_EQ(pci.resets, ports + 1);
}

// A reset task in its sleep, and who wants to close or to open meanwhile.
TEST_F(PowerTest, ResetsAndClosingWaitForEachOther) {
  open({.queues = 2});
  for (int i = 0; i < 5; ++i) {
    xmit(frame(60));
    adapter->ndo_tx_timeout();
    kernel.run();  // the worker is in the middle of igb_down
    ASSERT_EQ(adapter->ndo_stop(), 0);
    EXPECT_TRUE(pci.mappings.empty());
    adapter->ndo_tx_timeout();
    ASSERT_EQ(adapter->ndo_open(), 0);
    kernel.run();
  }
  kernel.advance(Duration::from_ms(300));
  expect_running();
  adapter->ndo_tx_timeout();
  kernel.run();
  adapter->igb_remove();  // waits for the worker
  EXPECT_TRUE(pci.mappings.empty());
  EXPECT_EQ(pci.dma_errors, 0u);
  kernel.advance(Duration::from_s(5));
}

}  // namespace
}  // namespace niclab::igb::test
