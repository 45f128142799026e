// NVM image, its fields, the serial EEPROM behind it, and semaphores (fact base 2.4).
#include "hw/nvm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "hw/register_fields.hpp"
#include "hw/semaphores.hpp"
#include "hw/spi_eeprom.hpp"

namespace niclab::hw {
namespace {

constexpr MacAddress kMac{{0xA0, 0x36, 0x9F, 0x11, 0x22, 0x33}};
constexpr Time us(std::uint64_t n) { return Time{} + Duration::from_us(n); }

// 2.4.3, worked example: sections that hold nothing but the address.
TEST(Nvm, ChecksumWordsOfTheWorkedExample) {
  Nvm nvm{std::vector<std::uint16_t>(0x140, 0)};
  for (unsigned port = 0; port < 4; ++port) {
    MacAddress m = kMac;
    m.octets[5] = static_cast<std::uint8_t>(m.octets[5] + port);
    nvm.set_mac(port, m);
  }
  EXPECT_FALSE(nvm.valid());
  nvm.fix_checksums();
  EXPECT_TRUE(nvm.valid());
  const std::uint16_t expected[] = {0x3F59, 0x3E59, 0x3D59, 0x3C59};
  for (unsigned port = 0; port < 4; ++port) EXPECT_EQ(nvm.word(Nvm::section(port) + 0x3F), expected[port]);
  EXPECT_EQ(nvm.word(0), 0x36A0);
  EXPECT_EQ(nvm.word(2), 0x3322);
  EXPECT_EQ(nvm.word(0x82), 0x3422);
}

TEST(Nvm, DefaultImageSatisfiesTheDriversChecks) {
  const Nvm nvm = Nvm::make_default(kMac);
  for (unsigned port = 0; port < 4; ++port) EXPECT_EQ(nvm.section_sum(port), 0xBABA) << port;
  EXPECT_EQ(Nvm::section(1), 0x80u);
  EXPECT_EQ(Nvm::section(3), 0x100u);
  EXPECT_EQ(nvm.mac(0), kMac);
  EXPECT_EQ(nvm.mac(3).octets[5], 0x36);
  EXPECT_EQ(nvm.word(0x08), 0xFAFA);
  EXPECT_EQ(nvm.word(nvm.word(0x09)), 6) << "PBA string block: its length word and five more";
  EXPECT_EQ(nvm.word(0x3E), 0) << "no thermal sensor";
  EXPECT_EQ(nvm.word(0x43) >> 12, 8) << "an eTrack ID";
  EXPECT_EQ(nvm.word(0x04), 0x8911);
  EXPECT_EQ(nvm.word(0x0D), 0x1521);
  EXPECT_EQ(nvm.word(0x80 + 0x0F), 0x3000) << "pause both ways";
}

TEST(Nvm, OneFlippedWordIsFound) {
  Nvm nvm = Nvm::make_default(kMac);
  nvm.set_word(0x90, static_cast<std::uint16_t>(nvm.word(0x90) ^ 4));
  EXPECT_FALSE(nvm.valid());
  EXPECT_NE(nvm.section_sum(1), 0xBABA);
}

TEST(Nvm, SizesOfParts_FactBase_2_4_1) {
  EXPECT_EQ(Nvm(8192).size_code(), 7u) << "words = 1 << (6 + code)";
  EXPECT_EQ(Nvm(512).size_code(), 3u);
  EXPECT_EQ(Nvm(16384).size_code(), 8u) << "the largest a driver reads with EERD";
  EXPECT_FALSE(Nvm::is_size(256)) << "the fourth section ends at 0x140";
  EXPECT_FALSE(Nvm::is_size(1000));
  EXPECT_FALSE(Nvm::is_size(32768));
}

TEST(NvmFields, EachBitHasOneName) {
  std::map<unsigned, std::uint32_t> used;  // word of section 0 -> bits
  std::set<std::string_view> names;
  for (const NvmField& f : nvm_fields()) {
    EXPECT_TRUE(names.insert(f.name).second) << f.name;
    EXPECT_EQ(f.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string_view::npos)
        << f.name;
    ASSERT_LE(f.hi, 15) << f.name;
    ASSERT_LE(f.lo, f.hi) << f.name;
    EXPECT_LE(f.value, f.limit()) << f.name;
    const unsigned words = f.kind == NvmKind::mac ? 3 : f.kind == NvmKind::pba ? 2 : 1;
    for (unsigned w = f.word; w < f.word + words; ++w) {
      const std::uint32_t bits = std::uint32_t{f.limit()} << f.lo;
      EXPECT_EQ(used[w] & bits, 0u) << f.name;
      used[w] |= bits;
      EXPECT_FALSE(f.per_port && w >= Nvm::kSectionWords) << f.name;
      EXPECT_NE(w, nvm_word::CHECKSUM) << f.name;
    }
  }
}

TEST(NvmFields, WhatIsSetIsReadAndNothingElseChanges) {
  for (const NvmField& f : nvm_fields()) {
    if (f.kind != NvmKind::bits) continue;
    for (unsigned port = 0; port < (f.per_port ? 4u : 1u); ++port) {
      Nvm nvm;
      set(nvm, f, std::uint16_t{0}, port);
      EXPECT_EQ(nvm_number(nvm, f, port), 0) << f.name;
      const unsigned at = f.word + (f.per_port ? Nvm::section(port) : 0);
      EXPECT_EQ(nvm.word(at), 0xFFFF & ~(f.limit() << f.lo)) << f.name;
      set(nvm, f, f.limit(), port);
      EXPECT_EQ(nvm, Nvm()) << f.name;
    }
  }
}

TEST(NvmFields, PartNumbers_FactBase_2_4_3) {
  Nvm nvm = Nvm::make_default(kMac);
  EXPECT_EQ(nvm.pba(), "N1C1AB-000");
  nvm.set_pba("G1234-01");
  EXPECT_EQ(nvm.pba(), "G1234-01");
  nvm.set_word(kPbaBlock + 1, 0x4700);
  EXPECT_EQ(nvm.pba(), "") << "a character nobody can print";
  nvm.set_pba("");
  EXPECT_EQ(nvm.word(8), 0);
  EXPECT_FALSE(Nvm::is_pba("E12345-01")) << "nine characters do not fill words";
  EXPECT_FALSE(Nvm::is_pba("E12345-00100")) << "igb has room for ten";
}

TEST(NvmFields, WhatHardwareLoads_FactBase_2_4_3) {
  Nvm nvm = Nvm::make_default(kMac);
  nvm.set_word(0xC0 + 0x24, 0x0400 | 3u << 4 | 1u << 3 | 1u << 2);
  nvm.set_word(0x1F, 0xC1A2);  // LED 2, LED 0
  nvm.set_word(0x1C, 0x0784);  // LED 3, LED 1
  const auto second = nvm_defaults(nvm, 2), first = nvm_defaults(nvm, 1);
  ASSERT_TRUE(second && first);
  EXPECT_EQ(second->mac.octets[5], 0x35);
  EXPECT_EQ(second->link_mode, 3u);
  EXPECT_TRUE(second->apme && second->external_mdio && second->shared_mdio);
  EXPECT_EQ(second->ledctl, 0x07C184A2u);
  EXPECT_EQ(first->link_mode, 0u);
  EXPECT_FALSE(first->apme || first->external_mdio || first->shared_mdio);
  EXPECT_EQ(nvm_defaults(Nvm::make_default(kMac), 0)->ledctl, 0x07068302u) << "2.13";
  EXPECT_FALSE(nvm_defaults(Nvm(), 0)) << "an erased section";
}

/// Clocks bytes into and out of a part, as igb does through EECD.
class SpiBus {
 public:
  explicit SpiBus(SpiEeprom& part) : part_(part) {}
  std::uint8_t byte(std::uint8_t out) {
    unsigned in = 0;
    for (unsigned bit = 8; bit-- > 0;) in = in << 1 | (part_.clock((out >> bit & 1) != 0, now) ? 1 : 0);
    return static_cast<std::uint8_t>(in);
  }
  /// One command from selection to deselection; what came back after `bytes`.
  std::vector<std::uint8_t> command(const std::vector<std::uint8_t>& bytes, unsigned answers = 0) {
    part_.select(true, now);
    for (const std::uint8_t b : bytes) byte(b);
    std::vector<std::uint8_t> back;
    for (unsigned i = 0; i < answers; ++i) back.push_back(byte(0));
    part_.select(false, now);
    return back;
  }
  std::uint8_t status() { return command({SpiEeprom::RDSR}, 1)[0]; }

  Time now{};

 private:
  SpiEeprom& part_;
};

TEST(SpiEeprom, ReadsWordsLowByteFirst) {
  SpiEeprom part(Nvm::make_default(kMac));
  SpiBus bus(part);
  EXPECT_EQ(bus.command({SpiEeprom::READ, 0, 0}, 6),
            (std::vector<std::uint8_t>{0xA0, 0x36, 0x9F, 0x11, 0x22, 0x33}));
  EXPECT_EQ(bus.command({SpiEeprom::READ, 0x01, 0x04}, 2), (std::vector<std::uint8_t>{0x22, 0x34}))
      << "byte 0x104 is word 0x82";
}

TEST(SpiEeprom, WritesAPageWhenEnabledAndIsBusyThen) {
  SpiEeprom part{Nvm()};
  SpiBus bus(part);
  bus.command({SpiEeprom::WRITE, 0x00, 0x40, 0x34, 0x12});
  EXPECT_EQ(part.image().word(0x20), 0xFFFF) << "not enabled";
  bus.command({SpiEeprom::WREN});
  EXPECT_EQ(bus.status(), SpiEeprom::kWriteEnabled);
  bus.command({SpiEeprom::WRITE, 0x00, 0x40, 0x34, 0x12});
  EXPECT_EQ(part.image().word(0x20), 0x1234);
  EXPECT_EQ(bus.status(), SpiEeprom::kBusy) << "and no longer enabled";
  EXPECT_EQ(bus.command({SpiEeprom::READ, 0, 0x40}, 1)[0], 0xFF) << "it answers nothing else meanwhile";
  bus.command({SpiEeprom::WREN});
  bus.now += SpiEeprom::kWriteTime;
  EXPECT_EQ(bus.status(), 0) << "what came while it was busy is lost";
  bus.command({SpiEeprom::WREN});
  bus.command({SpiEeprom::WRDI});
  EXPECT_EQ(bus.status(), 0);
}

TEST(SpiEeprom, AWriteWrapsInsideItsPage) {
  SpiEeprom part{Nvm()};
  SpiBus bus(part);
  bus.command({SpiEeprom::WREN});
  bus.command({SpiEeprom::WRITE, 0x00, 0x3E, 1, 2, 3, 4});
  EXPECT_EQ(part.image().word(0x1F), 0x0201);
  EXPECT_EQ(part.image().word(0x10), 0x0403) << "the page begins at byte 0x20";
  EXPECT_EQ(part.image().word(0x20), 0xFFFF);
}

TEST(SwsmSemaphore, ReadTakesSmbi) {
  Semaphores s;
  EXPECT_EQ(s.read_swsm() & 1, 0u) << "free, and taken by this read";
  EXPECT_EQ(s.read_swsm() & 1, 1u);
  s.write_swsm(reg::swsm::SMBI | reg::swsm::SWESMBI, {});
  EXPECT_EQ(s.read_swsm(), reg::swsm::SMBI | reg::swsm::SWESMBI);
  s.write_swsm(0, {});
  EXPECT_EQ(s.read_swsm(), 0u);
  s.write_swsm(0, {});
  s.write_swsm(reg::swsm::SMBI, {});
  EXPECT_EQ(s.read_swsm() & 1, 0u) << "a write cannot take it";
}

TEST(SwsmSemaphore, ResourceLocksAreStored) {
  Semaphores s;
  s.write_sw_fw_sync(reg::sw_fw_sync::PHY_SM(1) | 1u << 16, {});
  EXPECT_EQ(s.read_sw_fw_sync({}), 0x0004u) << "the upper half is firmware's";
  EXPECT_EQ(reg::sw_fw_sync::PHY_SM(3), 0x0040u);
  EXPECT_EQ(s.fwsm(), 0u);
  EXPECT_EQ(Semaphores({}, kFwsmPassThrough).fwsm(), 0x8004u);
}

TEST(FirmwareAgent, HoldsAResourceForAWhile_FactBase_2_4_5) {
  Semaphores s({{SharedResource::phy1, us(10), 5_us, std::nullopt}, {SharedResource::swsm, us(20), {}, {}}});
  constexpr std::uint32_t kFirmwarePhy1 = reg::sw_fw_sync::PHY_SM(1) << 16;
  EXPECT_EQ(s.read_sw_fw_sync(us(9)), 0u);
  EXPECT_EQ(s.read_sw_fw_sync(us(10)), kFirmwarePhy1);
  EXPECT_EQ(s.read_sw_fw_sync(us(15)), 0u);
  s.write_swsm(reg::swsm::SWESMBI, us(16));
  EXPECT_NE(s.read_swsm() & reg::swsm::SWESMBI, 0u);
  s.write_swsm(reg::swsm::SWESMBI, us(21));
  EXPECT_NE(s.read_swsm() & reg::swsm::SWESMBI, 0u) << "software had it first";
  s.write_swsm(0, us(22));
  s.write_swsm(reg::swsm::SWESMBI, us(1'000'000));
  EXPECT_EQ(s.read_swsm() & reg::swsm::SWESMBI, 0u) << "firmware never lets go";
}

TEST(FirmwareAgent, WaitsForSoftwareAndComesAgain) {
  Semaphores s({{SharedResource::eeprom, us(10), 5_us, 100_us}});
  constexpr std::uint32_t kSoftware = reg::sw_fw_sync::EEP_SM, kFirmware = kSoftware << 16;
  s.write_sw_fw_sync(kSoftware, us(5));
  EXPECT_EQ(s.read_sw_fw_sync(us(50)), kSoftware);
  s.write_sw_fw_sync(0, us(52));
  EXPECT_EQ(s.read_sw_fw_sync(us(56)), kFirmware) << "from 52 to 57 us, whoever looks when";
  EXPECT_EQ(s.read_sw_fw_sync(us(57)), 0u);
  EXPECT_EQ(s.read_sw_fw_sync(us(112)), kFirmware);
  EXPECT_EQ(s.read_sw_fw_sync(us(1'000'014)), kFirmware) << "ten thousand turns later";
  EXPECT_EQ(s.read_sw_fw_sync(us(1'000'015)), 0u);
}

TEST(NvmGrant, OneAtATime_FactBase_2_4_1) {
  Semaphores s({{SharedResource::eeprom, us(10), 5_us, {}}});
  s.request_nvm(2, true);
  s.request_nvm(1, true);
  s.request_nvm(0, true);
  EXPECT_TRUE(s.nvm_granted(2, us(1)));
  EXPECT_FALSE(s.nvm_granted(1, us(1)));
  s.request_nvm(2, false);
  EXPECT_TRUE(s.nvm_granted(0, us(2)));
  EXPECT_FALSE(s.nvm_granted(0, us(12))) << "firmware reads it";
  EXPECT_TRUE(s.nvm_granted(0, us(15)));
  s.request_nvm(0, false);
  EXPECT_TRUE(s.nvm_granted(1, us(16)));
}

}  // namespace
}  // namespace niclab::hw
