// Probe: the access sequence of fact base 5.1 and what makes it fail (5.7).
#include "tests/unit/driver/fixture.hpp"

namespace niclab::igb::test {
namespace {

using testing::HasSubstr;

TEST_F(DriverTest, A_08_ProbeFollowsTheDocumentedOrder) {
  probe();
  ASSERT_EQ(error, 0);
  // Rows of 5.1, each after the one before: link mode, firmware, port, NVM size, PHY id, reset block, reset,
  // NVM sums, MAC address read and written back, driver load flag.
  std::size_t at = 0;
  const std::pair<bool, reg::Offset> rows[] = {
      {false, reg::CTRL_EXT}, {false, reg::FWSM},   {false, reg::STATUS}, {false, reg::EECD},
      {true, reg::CTRL_EXT},  {true, reg::MDIC},    {false, reg::EIAM},   {true, reg::EIMC},
      {false, reg::EIAC},     {true, reg::IAM},     {true, reg::IMC},     {false, reg::MANC},
      {true, reg::RCTL},      {true, reg::TCTL},    {true, reg::CTRL},    {false, reg::ICR},
      {true, reg::EERD},      {false, reg::RAL(0)}, {false, reg::RAH(0)}, {true, reg::RAL(0)},
      {true, reg::RAH(0)},    {false, reg::RXPBS},  {true, reg::FCT},     {true, reg::VET},
      {true, reg::CTRL_EXT},  {true, reg::EEER}};
  if (!adapter->msix_enabled()) FAIL() << "expects MSI-X";
  for (const auto& [write, offset] : rows) {
    at = pci.find(write, offset, at);
    ASSERT_LT(at, pci.log.size()) << (write ? "write " : "read ") << std::hex << offset;
    ++at;
  }
}

TEST_F(DriverTest, A_13_BusMasterIsEnabledUnlessTheBugIsPlanted) {
  probe();
  EXPECT_EQ(pci.config_read16(0x04) & 0x6, 0x6);
  adapter.reset();
  pci.config_write16(0x04, 0);
  probe({.bugs = {.no_bus_master = true}});
  EXPECT_EQ(pci.config_read16(0x04) & 0x6, 0x2);
}

TEST_F(DriverTest, A_15_MacAddressComesFromTheNvm) {
  probe();
  ASSERT_EQ(error, 0);
  EXPECT_EQ(adapter->dev_addr, kMac);
  EXPECT_EQ(pci.at(reg::RAL(0)), 0x119F36A0u);
  EXPECT_EQ(pci.at(reg::RAH(0)), 0x80003322u);
  EXPECT_THAT(core.registered, testing::ElementsAre(adapter.get()));
  EXPECT_TRUE(adapter->hw_ip_csum && adapter->scatter_gather);
  EXPECT_FALSE(adapter->carrier);
}

TEST_F(DriverTest, ResetWritesRstWithMasterDisableClear) {  // fact base 4.9
  probe();
  const auto ctrl = pci.writes(reg::CTRL);
  const auto rst =
      std::find_if(ctrl.begin(), ctrl.end(), [](std::uint32_t v) { return (v & reg::ctrl::RST) != 0; });
  ASSERT_NE(rst, ctrl.end());
  EXPECT_NE(rst, ctrl.begin());
  EXPECT_NE(*(rst - 1) & reg::ctrl::GIO_MASTER_DISABLE, 0u);
  EXPECT_EQ(*rst & reg::ctrl::GIO_MASTER_DISABLE, 0u);
}

TEST_F(DriverTest, VftaIsWrittenTenTimes) {  // fact base 2.7.11
  probe();
  EXPECT_EQ(pci.writes(reg::VFTA(5)).size(), 10u);
}

TEST_F(DriverTest, WrongNvmSumInAnySectionFailsProbe) {
  for (const unsigned section : {0x000u, 0x080u, 0x0C0u, 0x100u}) {  // this is port 0 (5.7)
    pci.nvm(section + 0x05) ^= 1;
    probe();
    EXPECT_EQ(error, -5) << section;
    EXPECT_EQ(reason, "The NVM Checksum Is Not Valid");
    EXPECT_EQ(adapter, nullptr);
    EXPECT_THAT(kernel.log_lines(), testing::Contains(HasSubstr("The NVM Checksum Is Not Valid")));
    EXPECT_THAT(kernel.log_lines(),
                testing::Contains(HasSubstr("igb: probe of 0000:01:00.0 failed with error -5")));
    EXPECT_TRUE(core.registered.empty());
    pci.nvm(section + 0x05) ^= 1;
  }
  probe();
  EXPECT_EQ(error, 0);
}

TEST_F(DriverTest, SemaphoresAreWaitedForButNotForEver) {  // fact base 2.4.5
  pci.swsm_taken_reads = 1000;
  probe();
  EXPECT_EQ(error, 0) << "another port lets go after 50 ms";
  adapter.reset();
  const Time begin = kernel.now();
  pci.at(reg::SW_FW_SYNC) = reg::sw_fw_sync::PHY_SM(0) << 16;
  probe();
  EXPECT_EQ(error, -16);
  EXPECT_THAT(reason, HasSubstr("semaphore"));
  EXPECT_GE(kernel.now(), begin + Duration::from_s(1)) << "200 times 5 ms";
  EXPECT_EQ(pci.at(reg::SWSM) & reg::swsm::SWESMBI, 0u) << "and SWSM is free again";
  pci.at(reg::SW_FW_SYNC) = 0;
  pci.firmware_keeps_swsm = true;
  probe();
  EXPECT_EQ(error, -16);
  EXPECT_THAT(kernel.log_lines(), testing::Contains(HasSubstr("igb: probe of 0000:01:00.0 failed with error -16")));
}

TEST_F(DriverTest, A_08_PartNumberAndVersionsComeFromTheNvm) {  // fact base 5.1 rows 17, 23
  const std::pair<unsigned, std::uint16_t> words[] = {{0x08, 0xFAFA},  {0x09, 0x110},   {0x110, 3},
                                                      {0x111, 0x4731}, {0x112, 0x2D32}, {0x05, 0x1630},
                                                      {0x42, 0x0D04},  {0x43, 0x8000}};
  for (const auto& [word, value] : words) pci.nvm(word) = value;
  for (const unsigned section : {0x000u, 0x100u}) pci.fix_checksum(section);
  probe();
  ASSERT_EQ(error, 0);
  EXPECT_THAT(kernel.log_lines(), testing::Contains(HasSubstr("eth0: PBA No: G1-2")));
  EXPECT_EQ(adapter->get_drvinfo().firmware_version, "1.63, 0x80000d04");
}

TEST_F(DriverTest, A_08_OlderAndCombinedVersions) {
  pci.nvm(0x08) = 0x1234;
  pci.nvm(0x09) = 0xAB05;
  pci.nvm(0x05) = 0x2013;
  pci.fix_checksum(0);
  probe();
  EXPECT_THAT(kernel.log_lines(), testing::Contains(HasSubstr("eth0: PBA No: 1234AB-005")));
  EXPECT_EQ(adapter->get_drvinfo().firmware_version, "2.13.3") << "no eTrack ID, digits in the low byte";
  adapter.reset();
  pci.nvm(0x43) = 0x8001;
  pci.nvm(0x3D) = 0x0040;
  pci.nvm(0x40 + 0x83) = 0x0104;  // in port 2's section
  pci.nvm(0x40 + 0x84) = 0x0507;
  pci.fix_checksum(0);
  pci.fix_checksum(0xC0);
  probe();
  ASSERT_EQ(error, 0);
  EXPECT_EQ(adapter->get_drvinfo().firmware_version, "2.13, 0x80010000, 1.1029.7");
}

TEST_F(DriverTest, A_17_EepromIsReadByteByByte) {
  probe();
  ASSERT_EQ(error, 0);
  EXPECT_EQ(adapter->get_eeprom_len(), 16384u);
  std::array<std::uint8_t, 5> bytes{};
  EXPECT_EQ(adapter->get_eeprom(1, bytes), 0);
  EXPECT_THAT(bytes, testing::ElementsAre(0x36, 0x9F, 0x11, 0x22, 0x33));
  EXPECT_EQ(adapter->get_eeprom(16380, bytes), -22);
  EXPECT_EQ(adapter->set_eeprom(0x80861521, 0, bytes), -14) << "magic is device, then vendor";
  EXPECT_EQ(adapter->set_eeprom(0x15218086, 0, {}), -95);
}

TEST_F(DriverTest, InvalidMacFailsProbe) {
  for (const std::uint16_t first : {0x0001, 0x0000}) {  // a group's; none at all
    pci.nvm(0) = first;
    pci.nvm(1) = pci.nvm(2) = 0;
    pci.fix_checksum(0);
    probe();
    EXPECT_EQ(error, -5);
    EXPECT_EQ(reason, "Invalid MAC Address");
  }
  EXPECT_THAT(kernel.log_lines(), testing::Contains(HasSubstr("Invalid MAC Address")));
}

TEST_F(DriverTest, ForeignDevicePhyAndSilenceAreRefused) {
  pci.phy_[3] = 0x0EA0;  // I210 sort
  probe();
  EXPECT_EQ(error, -5);
  pci.phy_[3] = 0x03B1;
  pci.gone = true;
  probe();
  EXPECT_EQ(error, -5);
  EXPECT_THAT(kernel.log_lines(), testing::Contains(HasSubstr("PCIe link lost")));
  pci.gone = false;
  pci.config_write16(0x02, 0x10C9);
  probe();
  EXPECT_EQ(error, -19);
}

TEST_F(DriverTest, A_20_A_21_FourQueuesHaveNineVectors) {
  probe({.queues = 4});
  EXPECT_EQ(pci.msix_granted, 9u);
  EXPECT_FALSE(adapter->queue_pairs());
  ASSERT_EQ(adapter->q_vectors().size(), 8u);
  EXPECT_EQ(adapter->q_vector(0).name, "eth0-rx-0");
  EXPECT_EQ(adapter->q_vector(3).name, "eth0-rx-3");
  EXPECT_EQ(adapter->q_vector(4).name, "eth0-tx-0");
}

TEST_F(DriverTest, A_21_EightQueuesArePaired) {
  probe({.queues = 8});
  EXPECT_EQ(pci.msix_granted, 9u);
  EXPECT_TRUE(adapter->queue_pairs());
  ASSERT_EQ(adapter->q_vectors().size(), 8u);
  EXPECT_EQ(adapter->q_vector(7).name, "eth0-TxRx-7");
  EXPECT_NE(adapter->q_vector(7).rx_ring, nullptr);
  EXPECT_NE(adapter->q_vector(7).tx_ring, nullptr);
}

TEST_F(DriverTest, A_20_DefaultIsOneQueueACpu) {
  probe();
  EXPECT_EQ(adapter->num_queues(), 4u);
  EXPECT_EQ(adapter->real_num_tx_queues, 4u);
}

TEST_F(DriverTest, A_19_TooFewVectorsMeansMsiAndOnePair) {
  pci.msix_entries = 3;
  probe({.queues = 4});
  ASSERT_EQ(error, 0);
  EXPECT_FALSE(adapter->msix_enabled());
  EXPECT_EQ(adapter->num_queues(), 1u);
  EXPECT_TRUE(adapter->queue_pairs());
}

TEST_F(DriverTest, A_35_RemoveGivesEverythingBack) {
  open();
  adapter->igb_remove();
  EXPECT_TRUE(core.registered.empty());
  EXPECT_TRUE(pci.irqs.empty());
  EXPECT_TRUE(pci.mappings.empty());
  EXPECT_EQ(pci.dma_errors, 0u);
  EXPECT_EQ(pci.at(reg::CTRL_EXT) & reg::ctrl_ext::DRV_LOAD, 0u);
  EXPECT_EQ(kernel.pending_timers(), 0u);
}

}  // namespace
}  // namespace niclab::igb::test
