// The PHY (fact base 2.5).
#include <gtest/gtest.h>

#include "hw/phy.hpp"
#include "hw/register_fields.hpp"

namespace niclab::hw {
namespace {

constexpr Time ms(std::uint64_t n) { return Time{} + Duration::from_ms(n); }

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
