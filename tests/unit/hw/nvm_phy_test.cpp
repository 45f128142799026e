// NVM image, semaphores and PHY (fact base 2.4, 2.5).
#include <gtest/gtest.h>

#include "hw/nvm.hpp"
#include "hw/phy.hpp"
#include "hw/register_fields.hpp"
#include "hw/semaphores.hpp"

namespace niclab::hw {
namespace {

constexpr MacAddress kMac{{0xA0, 0x36, 0x9F, 0x11, 0x22, 0x33}};
constexpr Time ms(std::uint64_t n) { return Time{} + Duration::from_ms(n); }

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

std::uint32_t mdic_read(Phy& phy, unsigned reg, Time t, unsigned address = 1) {
  return phy.mdic(reg::mdic::OP_READ | address << 21 | reg << 16, t);
}

TEST(Phy, IdentityThroughMdic) {
  Phy phy;
  phy.reset({});
  EXPECT_EQ(mdic_read(phy, mii::PHYID1, {}) & 0xFFFF, 0x0154u);
  EXPECT_EQ(mdic_read(phy, mii::PHYID2, {}) & 0xFFF0, 0x03B0u);
  const std::uint32_t r = mdic_read(phy, mii::PHYID2, {});
  EXPECT_TRUE(r & reg::mdic::READY);
  EXPECT_FALSE(r & reg::mdic::ERROR);
  EXPECT_EQ(reg::mdic::REGADD.get(r), 3u) << "the driver compares it";
  EXPECT_TRUE(mdic_read(phy, 2, {}, 5) & reg::mdic::ERROR);
}

TEST(Phy, LinkComesUpAfterTheNegotiation) {
  Phy phy(500_ms);
  phy.reset(ms(1));
  EXPECT_EQ(phy.link_up_at(), ms(501));
  EXPECT_EQ(phy.read(mii::BMSR, ms(500)), 0x7949);
  EXPECT_EQ(phy.read(mii::BMSR, ms(501)) & mii::BMSR_LINK, 0) << "latches low";
  EXPECT_EQ(phy.read(mii::BMSR, ms(501)), 0x796D);
  EXPECT_EQ(phy.read(mii::STAT1000, ms(501)), 0x7C00);
  EXPECT_EQ(phy.read(mii::PHY_STATUS_2, ms(501)), 0x0200);
  EXPECT_EQ(phy.read(mii::ANLPAR, ms(501)) & (mii::ANAR_PAUSE | mii::ANAR_ASYM_PAUSE), 0)
      << "no pause offered";
  EXPECT_EQ(phy.read(mii::ANLPAR, ms(500)), 0);
}

TEST(Phy, PowerDownDropsTheLinkAndPowerUpNegotiatesAnew) {
  Phy phy(500_ms);
  phy.reset({});
  phy.write(mii::BMCR, 0x1140 | mii::BMCR_POWER_DOWN, ms(600));
  EXPECT_FALSE(phy.link(ms(600)));
  EXPECT_EQ(phy.link_up_at(), Time::never());
  EXPECT_TRUE(phy.powered_down());
  phy.write(mii::BMCR, 0x1140, ms(700));
  EXPECT_EQ(phy.link_up_at(), ms(1200));
}

TEST(Phy, RestartBitsClearThemselves) {
  Phy phy(500_ms);
  phy.reset({});
  phy.write(mii::BMCR, 0x1140 | mii::BMCR_AN_RESTART, ms(600));
  EXPECT_EQ(phy.read(mii::BMCR, ms(600)), 0x1140);
  EXPECT_EQ(phy.link_up_at(), ms(1100));
  phy.write(mii::ANAR, 0x0001, ms(601));
  phy.write(mii::BMCR, mii::BMCR_RESET, ms(700));
  EXPECT_EQ(phy.read(mii::ANAR, ms(700)), 0x0DE1);
  EXPECT_EQ(phy.link_up_at(), ms(1200));
  phy.write(mii::BMCR, 0x1140, ms(1300));
  EXPECT_TRUE(phy.link(ms(1300))) << "the same value changes nothing";
}

TEST(Phy, CableAndLinkDisconnect) {
  Phy phy(500_ms);
  phy.reset({});
  phy.partner_says(LinkSignal::nothing(), ms(600));
  EXPECT_EQ(phy.link_up_at(), Time::never());
  phy.partner_says(LinkSignal::everything(), ms(1000));
  EXPECT_EQ(phy.link_up_at(), ms(1500));
  phy.set_link_disconnect(true, ms(1600));
  EXPECT_FALSE(phy.link(ms(9000)));
  phy.set_link_disconnect(false, ms(2000));
  EXPECT_EQ(phy.link_up_at(), ms(2500));
}

TEST(Phy, ModeFollowsAdvertisementOrForce) {
  Phy phy;
  phy.reset({});
  const auto restart = [&](std::uint16_t bmcr = 0x1140) {
    phy.write(mii::BMCR, static_cast<std::uint16_t>(bmcr | mii::BMCR_AN_RESTART), {});
  };
  EXPECT_EQ(phy.mode(), (LinkMode{LinkSpeed::mbps1000, true}));
  phy.write(mii::CTRL1000, 0, {});
  EXPECT_EQ(phy.mode(), (LinkMode{LinkSpeed::mbps1000, true})) << "said when negotiation restarts";
  restart();
  EXPECT_EQ(phy.mode(), (LinkMode{LinkSpeed::mbps100, true}));
  phy.write(mii::ANAR, mii::ANAR_10FD | mii::ANAR_10HD | 1, {});
  restart();
  EXPECT_EQ(phy.mode(), (LinkMode{LinkSpeed::mbps10, true}));
  phy.write(mii::BMCR, mii::BMCR_SPEED_LSB, {});
  EXPECT_EQ(phy.mode(), (LinkMode{LinkSpeed::mbps100, false}));
}

// --- two ends of a cable (fact base 2.5.4, 4.8; IEEE 802.3 clause 28) -----------------------------

TEST(Link, BestModeOfBothEnds) {
  const auto all = LinkSignal::everything();
  const struct {
    LinkSignal mine, partner;
    std::optional<LinkMode> mode;
  } cases[] = {
      {all, all, LinkMode{LinkSpeed::mbps1000, true}},
      {all, LinkSignal::everything(LinkSpeed::mbps100), LinkMode{LinkSpeed::mbps100, true}},
      {LinkSignal::everything(LinkSpeed::mbps10), all, LinkMode{LinkSpeed::mbps10, true}},
      {all, {.base_page = mii::ANAR_100HD | mii::ANAR_10FD}, LinkMode{LinkSpeed::mbps100, false}},
      {all, {.base_page = mii::ANAR_10HD}, LinkMode{LinkSpeed::mbps10, false}},
      {{.base_page = mii::ANAR_100FD}, {.base_page = mii::ANAR_10FD}, std::nullopt},
      {all, LinkSignal::nothing(), std::nullopt},
      {LinkSignal::nothing(), all, std::nullopt},
      // A partner that does not negotiate is detected by its speed, as half duplex.
      {all, {.negotiates = false, .forced = {LinkSpeed::mbps100, true}}, LinkMode{LinkSpeed::mbps100, false}},
      {all, {.negotiates = false, .forced = {LinkSpeed::mbps10, true}}, LinkMode{LinkSpeed::mbps10, false}},
      {{.negotiates = false, .forced = {LinkSpeed::mbps100, true}}, all, LinkMode{LinkSpeed::mbps100, true}},
      {{.negotiates = false, .forced = {LinkSpeed::mbps100, true}},
       {.negotiates = false, .forced = {LinkSpeed::mbps10, true}},
       std::nullopt},
  };
  for (const auto& c : cases) EXPECT_EQ(resolve_link(c.mine, c.partner), c.mode) << "case " << &c - cases;
}

TEST(Link, PartnersAbilitiesInTheRegisters) {
  Phy phy(500_ms);
  phy.reset({});
  phy.partner_says(LinkSignal::everything(LinkSpeed::mbps1000, true), ms(1));
  EXPECT_EQ(phy.read(mii::ANLPAR, ms(501)), 0xC5E1) << "the data sheet's example";
  EXPECT_EQ(phy.read(mii::STAT1000, ms(501)), 0x7C00);
  phy.partner_says(LinkSignal::everything(LinkSpeed::mbps100), ms(600));
  EXPECT_FALSE(phy.link(ms(601)));
  EXPECT_EQ(phy.read(mii::ANLPAR, ms(1100)), 0xC1E1);
  EXPECT_EQ(phy.read(mii::STAT1000, ms(1100)), 0);
  EXPECT_EQ(phy.read(mii::PHY_STATUS_2, ms(1100)), 0x0100);
  phy.partner_says({.negotiates = false, .forced = {LinkSpeed::mbps10, true}}, ms(2000));
  EXPECT_EQ(phy.read(mii::ANLPAR, ms(2500)), mii::ANAR_10HD);
  EXPECT_EQ(phy.read(mii::ANER, ms(2500)) & 1, 0) << "the partner does not negotiate";
}

TEST(Link, OnlyOwnRestartsAreTold) {
  Phy phy(500_ms);
  phy.reset({});
  const unsigned told = phy.restarts();
  phy.partner_says(LinkSignal::everything(), ms(1));
  EXPECT_EQ(phy.restarts(), told);
  EXPECT_EQ(phy.link_up_at(), ms(501));
  phy.write(mii::BMCR, 0x1140 | mii::BMCR_POWER_DOWN, ms(600));
  EXPECT_EQ(phy.restarts(), told + 1);
  EXPECT_FALSE(phy.signal().present);
}

}  // namespace
}  // namespace niclab::hw
