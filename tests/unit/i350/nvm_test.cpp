// What a port does with its NVM: loading, EECD, EERD (fact base 2.4, 4.9).
#include <gtest/gtest.h>

#include "hw/nvm_fields.hpp"
#include "quiet_port.hpp"

namespace niclab::test {
namespace {

using namespace hw;
namespace eecd = reg::eecd;

constexpr std::uint32_t kSelected = eecd::FWE.put(1), kIdle = kSelected | eecd::CS;

sim::I350CardConfig card(const Nvm& nvm) {
  sim::I350CardConfig c;
  c.nvm = nvm;
  return c;
}

Nvm changed_image(unsigned port) {
  Nvm nvm = Nvm::make_default(QuietPort::kMac);
  set(nvm, nvm_field("link_mode"), std::uint16_t{2}, port);
  set(nvm, nvm_field("apm_enable"), std::uint16_t{1}, port);
  set(nvm, nvm_field("shared_mdio"), std::uint16_t{1}, port);
  set(nvm, nvm_field("led0_mode"), std::uint16_t{0xE}, 0);
  return nvm;
}

TEST(NvmLoad, ThePortsSectionDecidesItsRegisters_FactBase_2_2) {
  QuietPort other({}, 0, card(changed_image(2)));
  EXPECT_EQ(reg::ctrl_ext::LINK_MODE.get(other.read(reg::CTRL_EXT)), 0u);
  QuietPort port({}, 2, card(changed_image(2)));
  EXPECT_EQ(reg::ctrl_ext::LINK_MODE.get(port.read(reg::CTRL_EXT)), 2u);
  EXPECT_EQ(port.read(reg::WUC), 1u);
  EXPECT_EQ(port.read(reg::MDICNFG), reg::bit(30));
  EXPECT_EQ(port.read(reg::LEDCTL), 0x0706830Eu);
  EXPECT_EQ(port.read(reg::RAH(0)), reg::rah::AV | 0x0300u) << "the third address";
}

TEST(NvmLoad, EeRstAndResetsReadThePartAgain_FactBase_4_9) {
  for (const bool whole_port : {false, true}) {
    QuietPort port;
    port.write(reg::LEDCTL, 0x12345678);
    port.write(reg::RAL(0), 0);
    port.eeprom.image().set_mac(0, {{2, 0, 0, 0, 0, 9}});
    EXPECT_EQ(port.read(reg::RAL(0)), 0u);
    if (whole_port)
      port.write(reg::CTRL, reg::ctrl::RST);
    else
      port.write(reg::CTRL_EXT, reg::ctrl_ext::EE_RST | reg::ctrl_ext::DRV_LOAD);
    EXPECT_EQ(port.read(reg::RAL(0)), 2u);
    EXPECT_EQ(port.read(reg::RAH(0)), reg::rah::AV | 0x0900u);
    EXPECT_EQ(port.read(reg::LEDCTL), 0x07068302u);
    EXPECT_EQ(port.read(reg::CTRL_EXT) & reg::ctrl_ext::EE_RST, 0u);
    EXPECT_EQ((port.read(reg::CTRL_EXT) & reg::ctrl_ext::DRV_LOAD) != 0, !whole_port);
  }
}

TEST(NvmLoad, AutoReadTakesItsTime_FactBase_2_4_1) {
  sim::I350Quirks quirks;
  quirks.registers.late_nvm = true;
  QuietPort port(quirks);
  port.pass(2_ms);
  EXPECT_NE(port.read(reg::EECD) & eecd::AUTO_RD, 0u);
  port.write(reg::CTRL_EXT, reg::ctrl_ext::EE_RST);
  EXPECT_EQ(port.read(reg::EECD) & eecd::AUTO_RD, 0u);
  port.pass(1_ms);
  EXPECT_NE(port.read(reg::EECD) & eecd::AUTO_RD, 0u);
}

TEST(NvmLoad, ADamagedSectionIsLoadedAnErasedOneIsNot) {
  Nvm nvm = changed_image(0);  // its checksums are wrong now
  ASSERT_FALSE(nvm.valid());
  EXPECT_EQ(QuietPort({}, 0, card(nvm)).read(reg::WUC), 1u);
  QuietPort erased({}, 0, card(Nvm()));
  EXPECT_EQ(erased.read(reg::RAH(0)), 0u);
  EXPECT_EQ(erased.read(reg::LEDCTL), 0x07068302u);
  EXPECT_EQ(reg::ctrl_ext::LINK_MODE.get(erased.read(reg::CTRL_EXT)), 0u);
}

TEST(Eerd, Protocol_FactBase_2_4_2) {
  QuietPort port;
  port.write(reg::EERD, reg::eerd::ADDR.put(2) | reg::eerd::START);
  EXPECT_EQ(port.read(reg::EERD), 0x0100u << 16 | reg::eerd::ADDR.put(2) | reg::eerd::DONE);
  port.write(reg::EERD, reg::eerd::ADDR.put(2));
  EXPECT_EQ(port.read(reg::EERD) & reg::eerd::DONE, 0u) << "no START, nothing done";
  port.write(reg::EERD, reg::eerd::ADDR.put(0x3FFF) | reg::eerd::START);
  EXPECT_EQ(port.read(reg::EERD) >> 16, 0xFFFFu);
}

TEST(Eerd, OtherReadings_FactBase_2_4_2) {
  sim::I350Quirks quirks;
  quirks.registers.slow_eerd = quirks.registers.eerd_refuses = true;
  QuietPort port(quirks);
  port.write(reg::EERD, reg::eerd::ADDR.put(2) | reg::eerd::START);
  EXPECT_EQ(port.read(reg::EERD) & reg::eerd::DONE, 0u);
  port.pass(10_us);
  EXPECT_NE(port.read(reg::EERD) & reg::eerd::DONE, 0u);
  port.write(reg::EERD, reg::eerd::ADDR.put(0x3FFF) | reg::eerd::START);
  port.pass(1_ms);
  EXPECT_EQ(port.read(reg::EERD) & reg::eerd::DONE, 0u);
  EXPECT_NE(port.read(reg::EECD) & eecd::RD_TIMEOUT, 0u);
  port.write(reg::EECD, kSelected | eecd::ERROR_CLR);
  EXPECT_EQ(port.read(reg::EECD), 0x00003F10u) << "the fact base's value, without errors";
}

TEST(Eecd, SizeCodeFollowsTheImage_FactBase_2_4_1) {
  for (const unsigned words : {512u, 8192u, 16384u}) {
    QuietPort port({}, 0, card(Nvm::make_plain(words)));
    EXPECT_EQ(64u << eecd::SIZE_EX.get(port.read(reg::EECD)), words);
  }
}

TEST(Eecd, PinsWithoutGrantAreBlocked_FactBase_2_4_1) {
  QuietPort port;
  port.write(reg::EECD, kIdle | eecd::SK);
  EXPECT_EQ(port.read(reg::EECD), 0x00003F10u | eecd::BLOCKED) << "no pin moved";
  port.write(reg::EECD, eecd::FWE.put(2));
  EXPECT_EQ(eecd::FWE.get(port.read(reg::EECD)), 2u) << "plain storage";
  EXPECT_NE(port.read(reg::EECD) & eecd::BLOCKED, 0u);
  port.write(reg::EECD, eecd::FWE.put(1) | eecd::ERROR_CLR | eecd::REQ);
  EXPECT_EQ(port.read(reg::EECD), 0x00003F10u | eecd::REQ | eecd::GNT);
  port.write(reg::EECD, kIdle | eecd::SK | eecd::REQ);
  EXPECT_EQ(port.read(reg::EECD) & (eecd::BLOCKED | eecd::SK | eecd::CS), eecd::SK | eecd::CS);
  port.write(reg::EECD, kIdle);
  EXPECT_EQ(port.read(reg::EECD) & (eecd::GNT | eecd::BLOCKED), 0u);
}

/// Bits out on DI, and those that come back on DO, as igb clocks them.
std::uint32_t shift(QuietPort& port, std::uint32_t out, unsigned bits) {
  std::uint32_t in = 0;
  for (unsigned i = bits; i-- > 0;) {
    const std::uint32_t quiet = eecd::REQ | eecd::FWE.put(1) | ((out >> i & 1) != 0 ? eecd::DI : 0);
    port.write(reg::EECD, quiet);
    port.write(reg::EECD, quiet | eecd::SK);
    in = in << 1 | ((port.read(reg::EECD) & eecd::DO) != 0 ? 1 : 0);
    port.write(reg::EECD, quiet);
  }
  return in;
}

TEST(Eecd, AWordCanBeReadAndWrittenBitByBit_FactBase_2_4_1) {
  QuietPort port;
  const auto deselect = [&] { port.write(reg::EECD, kIdle | eecd::REQ); };
  port.write(reg::EECD, kSelected | eecd::REQ);
  deselect();
  shift(port, SpiEeprom::READ, 8);
  shift(port, 2 * 2, 16);
  EXPECT_EQ(shift(port, 0, 16), 0x0001u) << "low byte first: word 2 is 0x0100";
  deselect();
  shift(port, SpiEeprom::WREN, 8);
  deselect();
  shift(port, SpiEeprom::WRITE, 8);
  shift(port, 2 * 0x60, 16);
  shift(port, 0x3412, 16);
  deselect();
  EXPECT_EQ(port.eeprom.image().word(0x60), 0x1234);
  shift(port, SpiEeprom::RDSR, 8);
  port.write(reg::CTRL, reg::ctrl::RST);
  EXPECT_EQ(port.read(reg::EECD), 0x00003F10u | eecd::ABORT) << "a reset took the part away in mid-command";
}

TEST(Eecd, FirmwareKeepsTheGrant_FactBase_2_4_5) {
  sim::I350CardConfig c;
  c.firmware = {{SharedResource::eeprom, Time{}, 20_us, std::nullopt}};
  c.pass_through = true;
  QuietPort port({}, 0, c);
  EXPECT_EQ(port.read(reg::FWSM), 0x8004u);
  port.write(reg::EECD, kSelected | eecd::REQ);
  EXPECT_EQ(port.read(reg::EECD) & eecd::GNT, 0u);
  EXPECT_EQ(port.read(reg::SW_FW_SYNC), reg::sw_fw_sync::EEP_SM << 16);
  port.pass(20_us);
  EXPECT_NE(port.read(reg::EECD) & eecd::GNT, 0u);
  EXPECT_EQ(port.read(reg::SW_FW_SYNC), 0u);
}

}  // namespace
}  // namespace niclab::test
