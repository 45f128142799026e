// NVM image and semaphores (fact base 2.4).
#include <gtest/gtest.h>

#include "hw/nvm.hpp"
#include "hw/register_fields.hpp"
#include "hw/semaphores.hpp"

namespace niclab::hw {
namespace {

constexpr MacAddress kMac{{0xA0, 0x36, 0x9F, 0x11, 0x22, 0x33}};

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
  EXPECT_EQ(nvm.word(nvm_word::ETRACK_HIGH) >> 12, 8);
}

TEST(Nvm, EerdProtocol) {
  const Nvm nvm = Nvm::make_default(kMac);
  const std::uint32_t r = nvm.eerd(0x02 << 2 | reg::eerd::START);
  EXPECT_TRUE(r & reg::eerd::DONE);
  EXPECT_EQ(r >> 16, 0x3322u);
  EXPECT_EQ(nvm.eerd(0x02 << 2) & reg::eerd::DONE, 0u) << "no START, nothing done";
  EXPECT_EQ(nvm.eerd(0x3FFF << 2 | 1) >> 16, 0xFFFFu);
}

TEST(Nvm, OneFlippedWordIsFound) {
  Nvm nvm = Nvm::make_default(kMac);
  nvm.set_word(0x90, static_cast<std::uint16_t>(nvm.word(0x90) ^ 4));
  EXPECT_FALSE(nvm.valid());
  EXPECT_NE(nvm.section_sum(1), 0xBABA);
}

TEST(SwsmSemaphore, ReadTakesSmbi) {
  Semaphores s;
  EXPECT_EQ(s.read_swsm() & 1, 0u) << "free, and taken by this read";
  EXPECT_EQ(s.read_swsm() & 1, 1u);
  s.write_swsm(reg::swsm::SMBI | reg::swsm::SWESMBI);
  EXPECT_EQ(s.read_swsm(), reg::swsm::SMBI | reg::swsm::SWESMBI);
  s.write_swsm(0);
  EXPECT_EQ(s.read_swsm(), 0u);
  s.write_swsm(0);
  s.write_swsm(reg::swsm::SMBI);
  EXPECT_EQ(s.read_swsm() & 1, 0u) << "a write cannot take it";
}

TEST(SwsmSemaphore, ResourceLocksAreStored) {
  Semaphores s;
  s.write_sw_fw_sync(reg::sw_fw_sync::PHY_SM(1));
  EXPECT_EQ(s.sw_fw_sync(), 0x0004u);
  EXPECT_EQ(reg::sw_fw_sync::PHY_SM(3), 0x0040u);
}

}  // namespace
}  // namespace niclab::hw
