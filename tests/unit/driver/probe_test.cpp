// Probe: the access sequence of fact base 5.1 and what makes it fail (5.7).
#include "tests/unit/driver/fixture.hpp"

namespace niclab::igb::test {
namespace {

using testing::HasSubstr;

/// One row of a checklist: an access, with what must be among the bits written if that matters.
struct Row {
  const char* row;
  bool write;
  reg::Offset offset;
  std::uint32_t set = 0, clear = 0;
};
constexpr bool kRead = false, kWrite = true;

class OrderTest : public DriverTest {
 protected:
  /// Each row comes after the one before it.
  void expect_in_order(std::initializer_list<Row> rows) {
    std::size_t at = 0;
    for (const Row& r : rows) {
      const auto fits = [&](const Access& a) {
        return a.write == r.write && a.offset == reg::canonical(r.offset) && (a.value & r.set) == r.set &&
               (a.value & r.clear) == 0;
      };
      while (at < pci.log.size() && !fits(pci.log[at])) ++at;
      ASSERT_LT(at, pci.log.size()) << "row " << r.row << ": " << (r.write ? "write " : "read ") << std::hex
                                    << r.offset << " is not where it should be";
      ++at;
    }
  }
  std::uint32_t eerd(unsigned word) { return reg::eerd::ADDR.put(word) | reg::eerd::START; }
  std::uint32_t mdic(unsigned number, std::uint32_t op) {
    return op | reg::mdic::PHYADD.put(1) | reg::mdic::REGADD.put(number);
  }
};

// Fact base 5.1 with 4.9 (row 13) and 5.2 (row 19) inside; what the port does not have is left out. A-15,
//
TEST_F(OrderTest, A_08_FactBase_5_1_Probe) {
  using namespace reg;
  probe({.queues = 8});
  ASSERT_EQ(error, 0);
  const std::uint32_t read = mdic::OP_READ, write = mdic::OP_WRITE;
  expect_in_order({{"3", kRead, CTRL_EXT},
                   {"4", kRead, FWSM},
                   {"5", kRead, STATUS},
                   {"6", kRead, EECD},
                   {"7", kWrite, CTRL_EXT, 0, ctrl_ext::I2C_ENA},
                   {"9 lock", kWrite, SW_FW_SYNC, sw_fw_sync::PHY0_SM},
                   {"9 id 1", kWrite, MDIC, this->mdic(2, read)},
                   {"9 id 2", kWrite, MDIC, this->mdic(3, read)},
                   {"10", kRead, EIAM},
                   {"10", kWrite, EIAM},
                   {"10", kWrite, EIMC},
                   {"10", kRead, EIAC},
                   {"10", kWrite, EIAC},
                   {"10", kWrite, IAM, 0, ~0u},
                   {"10", kWrite, IMC, ~0u},
                   {"10 flush", kRead, STATUS},
                   {"12", kRead, MANC},
                   {"13.1", kWrite, CTRL, ctrl::GIO_MASTER_DISABLE},
                   {"13.1", kRead, STATUS, 0, status::GIO_MASTER_ENABLE},
                   {"13.2", kWrite, IMC, ~0u},
                   {"13.2", kWrite, RCTL, 0, ~0u},
                   {"13.2", kWrite, TCTL, tctl::PSP, ~tctl::PSP},
                   {"13.2 flush", kRead, STATUS},
                   {"13.4", kWrite, CTRL, ctrl::RST, ctrl::GIO_MASTER_DISABLE},
                   {"13.6", kRead, EECD, eecd::AUTO_RD},
                   {"13.7", kWrite, STATUS, status::DEV_RST_SET},
                   {"13.8", kWrite, IMC, ~0u},
                   {"13.8", kRead, ICR},
                   {"14 first", kWrite, EERD, this->eerd(0x000)},
                   {"14 port 1", kWrite, EERD, this->eerd(0x080)},
                   {"14 last", kWrite, EERD, this->eerd(0x13F)},
                   {"15", kRead, RAL(0)},
                   {"15", kRead, RAH(0)},
                   {"16", kWrite, RAL(0), 0x119F36A0},
                   {"16 flush", kRead, STATUS},
                   {"16", kWrite, RAH(0), 0x80003322},
                   {"17 eTrack", kWrite, EERD, this->eerd(0x43)},
                   {"17 combo", kWrite, EERD, this->eerd(0x3D)},
                   {"17 version", kWrite, EERD, this->eerd(0x05)},
                   {"18", kWrite, EERD, this->eerd(0x24)},
                   {"18", kRead, WUFC},
                   {"19 5.2.1", kRead, RXPBS},
                   {"19 5.2.2", kWrite, CTRL, ctrl::RST},
                   {"19 5.2.3 LED", kWrite, EERD, this->eerd(0x04)},
                   {"19 5.2.3 LED", kRead, LEDCTL},
                   {"19 5.2.3", kWrite, VFTA(0), 0, ~0u},
                   {"19 5.2.3", kWrite, VFTA(127), 0, ~0u},
                   {"19 5.2.3", kWrite, RAL(0), 0x119F36A0},
                   {"19 5.2.3", kWrite, RAH(31), 0, ~0u},
                   {"19 5.2.3", kWrite, MTA(127), 0, ~0u},
                   {"19 5.2.3", kWrite, UTA(127), 0, ~0u},
                   {"19 5.2.4 FC", kWrite, EERD, this->eerd(0x0F)},
                   {"19 5.2.4", kWrite, CTRL, ctrl::SLU, ctrl::FRCSPD | ctrl::FRCDPX},
                   {"19 5.2.4", kWrite, PHPM, 0, phpm::GO_LINKD},
                   {"19 5.2.5", kWrite, CTRL, ctrl::PHY_RST},
                   {"19 5.2.5", kWrite, CTRL, 0, ctrl::PHY_RST},
                   {"19 5.2.5", kRead, EEMNGCTL, eemngctl::CFG_DONE(0)},
                   {"19 5.2.5", kWrite, MDIC, this->mdic(22, write) | 0x8C00},
                   {"19 5.2.5", kWrite, MDIC, this->mdic(18, write) | 0x0400},
                   {"19 5.2.5 AN", kWrite, MDIC, this->mdic(4, write)},
                   {"19 5.2.5 AN", kWrite, MDIC, this->mdic(9, write) | 0x0200},
                   {"19 5.2.5 AN", kWrite, MDIC, this->mdic(0, write) | 0x1200},
                   {"19 5.2.5 link", kWrite, MDIC, this->mdic(1, read)},
                   {"19 5.2.5 link", kWrite, MDIC, this->mdic(1, read)},
                   {"19 5.2.6", kWrite, FCT, 0x8808},
                   {"19 5.2.6", kWrite, FCAH, 0x0100},
                   {"19 5.2.6", kWrite, FCAL, 0x00C28001},
                   {"19 5.2.6", kWrite, FCTTV, 0xFFFF},
                   {"19 5.2.6", kWrite, FCRTL},
                   {"19 5.2.6", kWrite, FCRTH},
                   {"19 5.2.7", kRead, CRCERRS},
                   {"19 5.2.9 EEE", kWrite, IPCNFG},
                   {"19 5.2.9 EEE", kWrite, EEER},
                   {"19 5.2.9 closed", kWrite, MDIC, this->mdic(0, write) | 0x0800},
                   {"19 5.2.10", kWrite, VET, 0x8100},
                   {"21", kWrite, CTRL_EXT, ctrl_ext::DRV_LOAD},
                   {"23 PBA", kWrite, EERD, this->eerd(0x08)},
                   {"23 PBA", kWrite, EERD, this->eerd(0x09)},
                   {"24 ETS", kWrite, EERD, this->eerd(0x3E)},
                   {"25", kRead, IPCNFG},
                   {"25", kRead, EEER},
                   {"25", kRead, EEE_SU},
                   {"25", kWrite, IPCNFG},
                   {"25", kWrite, EEER}});
  // Row 1 and A-08: memory first, then error reporting, bus mastering last; nothing else is configured.
  std::vector<std::uint32_t> offsets;
  for (const Access& a : pci.config_log) offsets.push_back(a.offset);
  EXPECT_THAT(offsets, testing::ElementsAre(0x04, 0xA8, 0x04));
  EXPECT_EQ(pci.config_log[0].value & 6, 2u);
  EXPECT_EQ(pci.config_log[2].value & 6, 6u);
}

// Fact base 5.3..
TEST_F(OrderTest, FactBase_5_3_Open) {
  using namespace reg;
  probe({.queues = 8});
  ASSERT_EQ(error, 0);
  pci.log.clear();
  ASSERT_EQ(adapter->ndo_open(), 0);
  pci.link_up();
  kernel.run();
  kernel.advance(Duration::from_s(3));
  expect_in_order({{"1", kWrite, CTRL, ctrl::PHY_RST},
                   {"1", kRead, EEMNGCTL},
                   {"1", kWrite, MDIC, mdic(0, mdic::OP_WRITE), 0x0800},
                   {"2", kWrite, CTRL_EXT, ctrl_ext::DRV_LOAD},
                   {"2", kWrite, MTA(0)},
                   {"2", kWrite, RCTL, rctl::VFE},
                   {"2", kWrite, VMOLR(0)},
                   {"2 VLAN", kWrite, CTRL, ctrl::VME},
                   {"2 VLAN", kWrite, RCTL, 0, rctl::CFIEN},
                   {"2 VLAN", kWrite, DVMOLR(0), dvmolr::STRVLAN},
                   {"2", kWrite, RLPML, 1522},
                   {"2 VID 0", kWrite, VFTA(0), 1},
                   {"3", kWrite, TXDCTL(0), 0, ~0u},
                   {"3", kWrite, TCTL, tctl::PSP | tctl::RTLC | tctl::EN},
                   {"3", kWrite, TCTL_EXT},
                   {"4", kWrite, RSSRK(0), 0xDA565A6D},
                   {"4", kWrite, RSSRK(9)},
                   {"4", kWrite, RETA(31), 0x07070707},
                   {"4", kWrite, RXCSUM, 0x2B00},
                   {"4", kWrite, TXSWC, 0, 0x8000FFFF},
                   {"4", kWrite, VT_CTL},
                   {"4", kWrite, MRQC, 0x00370002},
                   {"5", kWrite, RXDCTL(0), 0, ~0u},
                   {"5", kWrite, RCTL, rctl::RXEN | rctl::BAM | rctl::LPE | rctl::SECRC, rctl::SBP},
                   {"6", kWrite, TXDCTL(0), 0, ~0u},
                   {"6 flush", kRead, STATUS},
                   {"6", kWrite, TDLEN(0), 4096},
                   {"6", kWrite, TDBAL(0)},
                   {"6", kWrite, TDBAH(0)},
                   {"6", kWrite, TDH(0), 0, ~0u},
                   {"6", kWrite, TDT(0), 0, ~0u},
                   {"6", kWrite, TXDCTL(0), 0x02100108},
                   {"6", kWrite, TXDCTL(7), 0x02100108},
                   {"7", kWrite, RXDCTL(0), 0, ~0u},
                   {"7", kWrite, RDBAL(0)},
                   {"7", kWrite, RDBAH(0)},
                   {"7", kWrite, RDLEN(0), 4096},
                   {"7", kWrite, RDH(0), 0, ~0u},
                   {"7", kWrite, RDT(0), 0, ~0u},
                   {"7", kWrite, SRRCTL(0), 0xC2000402},
                   {"7", kWrite, VMOLR(0), 0x09030000},
                   {"7", kWrite, RXDCTL(0), 0x02040808},
                   {"7", kWrite, RXDCTL(7), 0x02040808},
                   {"8", kWrite, RFCTL, rfctl::IPV6_EX_DIS},
                   {"9", kWrite, RDT(0), 255},
                   {"9", kWrite, RDT(7), 255},
                   {"11", kWrite, GPIE, 0xC0000011},
                   {"11", kWrite, IVAR_MISC, 0x8000},
                   {"11", kWrite, IVAR(3), 0x88888787},
                   {"12", kRead, ICR},
                   {"12", kWrite, EIAC, 0x1FF},
                   {"12", kWrite, EIAM, 0x1FF},
                   {"12", kWrite, EIMS, 0x1FF},
                   {"12", kWrite, IMS, 0x50000004},
                   {"13", kWrite, MDIC, mdic(1, mdic::OP_READ)},
                   {"13", kWrite, MDIC, mdic(1, mdic::OP_READ)},
                   {"13", kRead, STATUS, status::LU},
                   {"13", kWrite, CTRL},
                   {"13", kWrite, EICS, 0x1FE}});
  EXPECT_EQ(pci.irqs.size(), 9u);  // row 10
}

// Fact base 5.6..
TEST_F(OrderTest, FactBase_5_6_CloseAndRemove) {
  using namespace reg;
  open({.queues = 2});
  ASSERT_EQ(adapter->ndo_stop(), 0);
  expect_in_order({{"rx off", kWrite, RCTL, 0, rctl::RXEN},
                   {"tx off", kWrite, TCTL, 0, tctl::EN},
                   {"flush", kRead, STATUS},
                   {"EIAM", kWrite, EIAM, 0, 0x1F},
                   {"EIMC", kWrite, EIMC, 0x1F},
                   {"IMC", kWrite, IMC, ~0u},
                   {"statistics", kRead, CRCERRS},
                   {"reset", kWrite, CTRL, ctrl::RST},
                   {"DRV_LOAD", kWrite, CTRL_EXT, 0, ctrl_ext::DRV_LOAD}});
  adapter->igb_remove();
  EXPECT_EQ(pci.config_read16(0x04) & 4, 0);
  EXPECT_TRUE(pci.owner.empty());
}

TEST_F(DriverTest, A_10_DmaMaskIs64BitsElse32ElseThereIsNoInterface) {
  probe();
  EXPECT_EQ(error, 0);
  EXPECT_THAT(pci.masks_asked, testing::ElementsAre(64u));
  adapter.reset();
  for (const unsigned widest : {32u, 16u}) {
    pci.widest_mask = widest;
    pci.masks_asked.clear();
    probe();
    EXPECT_EQ(error, widest == 32 ? 0 : -5);
    EXPECT_THAT(pci.masks_asked, testing::ElementsAre(64u, 32u));
    adapter.reset();
  }
}

// what one driver has, no other gets; A-11.
TEST_F(DriverTest, A_11_MemoryBarsAreReservedUnderTheDriversName) {
  pci.owner = "other";
  probe();
  EXPECT_EQ(error, -16);
  EXPECT_EQ(pci.owner, "other");
  EXPECT_TRUE(pci.log.empty());
  pci.owner.clear();
  probe();
  ASSERT_EQ(error, 0);
  EXPECT_EQ(pci.owner, "igb");
  const std::unique_ptr<IgbAdapter> first = std::move(adapter);
  probe();
  EXPECT_EQ(error, -16);
  EXPECT_EQ(pci.owner, "igb");
}

TEST_F(DriverTest, A_13_BusMasterIsEnabledUnlessTheBugIsPlanted) {
  probe();
  EXPECT_EQ(pci.config_read16(0x04) & 0x6, 0x6);
  adapter.reset();
  pci.config_write16(0x04, 0);
  probe({.bugs = {.no_bus_master = true}});
  EXPECT_EQ(pci.config_read16(0x04) & 0x6, 0x2);
}

TEST_F(DriverTest, A_12_ErrorReportingIsTurnedOn) {
  pci.config_write16(0xA8, 0x2810);
  probe();
  EXPECT_EQ(pci.config_read16(0xA8), 0x281F);
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
  EXPECT_THAT(kernel.log_lines(),
              testing::Contains(HasSubstr("igb: probe of 0000:01:00.0 failed with error -16")));
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
  pci.config_write16(0x02, 0x1533);  // an I210
  probe();
  EXPECT_EQ(error, -19);
}

// driver/device_table.hpp: the same driver, led by another row.
TEST_F(DriverTest, An82576IsDrivenByItsRow) {
  pci.config_write16(0x02, 0x10C9);
  pci.phy_[2] = 0x02A8, pci.phy_[3] = 0x0391;
  pci.nvm(0x0BF) = 0;  // no section of an 82576
  open({.queues = 2});
  EXPECT_EQ(adapter->ptp_clock(), nullptr);
  EXPECT_EQ(pci.at(reg::IVAR(0)), 0x00008381u);
  EXPECT_EQ(pci.at(reg::IVAR(1)), 0x00008482u);
  EXPECT_EQ(reg::txdctl::WTHRESH.get(pci.at(reg::TXDCTL(1))), 1u);
  EXPECT_EQ(pci.at(reg::SRRCTL(0)) & reg::srrctl::TIMESTAMP, 0u);
  EXPECT_EQ(pci.at(reg::DVMOLR(0)) & reg::dvmolr::STRVLAN, 0u);
  EXPECT_NE(pci.at(reg::VMOLR(0)) & reg::dvmolr::STRVLAN, 0u);
  EXPECT_EQ(pci.phy_[18] & 0x3000, 0x1000);
  EXPECT_EQ(pci.phy_[22], 0);
}

TEST_F(DriverTest, RegistersAn82576HasNotAreLeftAlone) {
  pci.config_write16(0x02, 0x10C9);
  pci.phy_[2] = 0x02A8, pci.phy_[3] = 0x0391;
  probe();
  ASSERT_EQ(error, 0);
  for (const reg::Offset absent :
       {reg::PHPM, reg::EEER, reg::IPCNFG, reg::EEE_SU, reg::TXSWC, reg::SYSTIMR, reg::TSIM}) {
    EXPECT_EQ(pci.find(true, absent), pci.log.size()) << absent;
    EXPECT_EQ(pci.find(false, absent), pci.log.size()) << absent;
  }
  EXPECT_EQ(pci.writes(reg::VFTA(5)).size(), 1u);
  adapter->igb_remove();
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
