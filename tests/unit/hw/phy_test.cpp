// The internal PHY: registers, negotiation, loopback, MDIC (fact base 2.5).
#include "hw/phy.hpp"

#include <gtest/gtest.h>

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

// --- registers (2.5.4) ----------------------------------------------------------------------------

TEST(Phy, EveryRegisterHasItsResetValueAndItsWritableBits_FactBase_2_5_4) {
  struct Row {
    unsigned reg;
    std::uint16_t reset, writable, up;
  };
  constexpr Row kRows[] = {{mii::BMSR, 0x7949, 0, 0x796D},
                           {mii::PHYID1, 0x0154, 0, 0x0154},
                           {mii::PHYID2, 0x03B1, 0, 0x03B1},
                           {mii::ANAR, 0x0DE1, 0xBFFF, 0x0DE1},
                           {mii::ANLPAR, 0, 0, 0xC5E1},
                           {mii::ANER, 0x0004, 0, 0x0007},
                           {mii::ANNPTR, 0x2001, 0xB7FF, 0x2001},
                           {mii::ANLPNP, 0, 0, 0x4006},
                           {mii::CTRL1000, 0x0200, 0xFF00, 0x0200},
                           {mii::STAT1000, 0, 0, 0x7C00},
                           {mii::ESTATUS, 0x3000, 0, 0x3000},
                           {mii::EMI_ADDRESS, 0, 0xFFFF, 0},
                           {mii::EMI_DATA, 0, 0, 0},
                           {mii::PHY_CONTROL_2, 0, 0xFFFF, 0},
                           {mii::LOOPBACK, 0, 0xFFFF, 0},
                           {mii::CONFIGURATION, 0, 0xFFFF, 0},
                           {mii::PHY_STATUS_2, 0, 0, 0x0200},
                           {mii::DIAGNOSTIC, 0, 0, 40 << 2},
                           {11, 0, 0, 0},
                           {30, 0, 0, 0}};
  for (const Row& r : kRows) {
    Phy phy(500_ms);
    phy.set_cable_length(40);
    phy.reset({});
    phy.partner_says(LinkSignal::everything(LinkSpeed::mbps1000, true), {});
    EXPECT_EQ(phy.read(r.reg, ms(1)), r.reset) << r.reg;
    phy.read(mii::BMSR, ms(500));
    EXPECT_EQ(phy.read(r.reg, ms(500)), r.up) << r.reg;
    phy.write(r.reg, 0xFFFF, ms(501));
    EXPECT_EQ(phy.read(r.reg, ms(501)), r.up | r.writable) << r.reg;
    phy.write(r.reg, 0, ms(502));
    EXPECT_EQ(phy.read(r.reg, ms(502)), r.up & ~r.writable) << r.reg;
  }
  Phy phy(500_ms);
  phy.reset({});
  EXPECT_EQ(phy.read(mii::BMCR, {}), 0x1140);
  phy.write(mii::BMCR, 0x7FFF, {});
  EXPECT_EQ(phy.read(mii::BMCR, {}), 0x7DC0) << "restart clears itself, the last bits are reserved";
}

TEST(Phy, ForcedModesDoNotCompleteANegotiation_FactBase_2_5_4) {
  Phy phy(500_ms);
  phy.reset({});
  phy.write(mii::BMCR, mii::BMCR_SPEED_LSB | mii::BMCR_FULL_DUPLEX, ms(1));
  EXPECT_EQ(phy.mode(), (LinkMode{LinkSpeed::mbps100, true}));
  phy.read(mii::BMSR, ms(501));
  EXPECT_EQ(phy.read(mii::BMSR, ms(501)) & (mii::BMSR_LINK | mii::BMSR_AN_COMPLETE), mii::BMSR_LINK);
  EXPECT_EQ(phy.read(mii::ANLPAR, ms(501)), 0);
  EXPECT_EQ(phy.read(mii::PHY_STATUS_2, ms(501)), 0x0100);
}

TEST(Phy, LoopbackIsALinkAtOnceAndSilenceOnTheCable_FactBase_2_5_4) {
  Phy phy(500_ms);
  phy.reset({});
  phy.write(mii::LOOPBACK, 0x8041, ms(600));
  EXPECT_FALSE(phy.loops_back()) << "that register says where, BMCR whether";
  phy.write(mii::BMCR, 0x4140, ms(600));
  EXPECT_TRUE(phy.loops_back());
  EXPECT_TRUE(phy.link(ms(600)));
  EXPECT_EQ(phy.mode(), (LinkMode{LinkSpeed::mbps1000, true}));
  EXPECT_FALSE(phy.signal().present);
  phy.partner_says(LinkSignal::nothing(), ms(601));
  EXPECT_TRUE(phy.link(ms(601))) << "the cable is nobody's concern";
  EXPECT_EQ(phy.read(mii::DIAGNOSTIC, ms(601)), 0);
  phy.write(mii::BMCR, 0x6100, ms(602));
  EXPECT_EQ(phy.mode(), (LinkMode{LinkSpeed::mbps100, true}));
  phy.partner_says(LinkSignal::everything(), ms(603));
  phy.write(mii::BMCR, 0x1140, ms(604));
  EXPECT_FALSE(phy.link(ms(604)));
  EXPECT_EQ(phy.link_up_at(), ms(1104));
}

TEST(Phy, HeldInResetNobodyAnswers_FactBase_4_9) {
  Phy phy(500_ms);
  phy.reset({});
  phy.hold_in_reset(ms(600));
  EXPECT_FALSE(phy.link(ms(600)));
  EXPECT_FALSE(phy.signal().present);
  EXPECT_TRUE(mdic_read(phy, mii::PHYID1, ms(600)) & reg::mdic::ERROR);
  phy.reset(ms(601));
  EXPECT_EQ(mdic_read(phy, mii::PHYID1, ms(601)) & 0xFFFF, 0x0154u);
  EXPECT_EQ(phy.link_up_at(), ms(1101));
}

// IEEE 802.3 40.5.2: one end is told, or both want the same and the lot decides.
TEST(Link, OneEndIsMaster_FactBase_2_5_4) {
  using enum ClockRole;
  const auto end = [](unsigned control, unsigned seed) {
    LinkSignal s = LinkSignal::everything();
    s.gigabit_page = static_cast<std::uint16_t>(s.gigabit_page | control);
    s.seed = static_cast<std::uint16_t>(seed);
    return s;
  };
  constexpr unsigned kMaster = mii::CTRL1000_MANUAL | mii::CTRL1000_MASTER, kSlave = mii::CTRL1000_MANUAL;
  const struct {
    LinkSignal mine, partner;
    ClockRole role;
  } cases[] = {{end(0, 5), end(0, 4), master},
               {end(0, 4), end(0, 5), slave},
               {end(kSlave, 5), end(0, 4), slave},
               {end(0, 4), end(kSlave, 5), master},
               {end(kMaster, 4), end(mii::CTRL1000_MULTIPORT, 5), master},
               {end(mii::CTRL1000_MULTIPORT, 4), end(0, 5), master},
               {end(kMaster, 4), end(kMaster, 5), fault},
               {end(kSlave, 4), end(kSlave, 5), fault}};
  for (const auto& c : cases) EXPECT_EQ(clock_role(c.mine, c.partner), c.role) << "case " << &c - cases;
  Phy phy(500_ms);
  phy.reset({});
  phy.write(mii::CTRL1000, mii::CTRL1000_FD | kSlave, {});
  phy.write(mii::BMCR, 0x1340, {});
  EXPECT_EQ(phy.read(mii::STAT1000, ms(500)), 0x3C00);
  phy.partner_says(end(kSlave, 0), ms(600));
  EXPECT_EQ(phy.link_up_at(), Time::never());
  EXPECT_EQ(phy.read(mii::STAT1000, ms(601)), mii::STAT1000_FAULT);
}

TEST(Link, EnergyEfficientEthernetIfBothOfferIt_FactBase_2_14) {
  Phy phy(500_ms);
  phy.offer_eee(mii::EEE_100 | mii::EEE_1000);
  phy.reset({});
  EXPECT_FALSE(phy.eee_negotiated(ms(500))) << "the partner has not said so";
  LinkSignal partner = LinkSignal::everything();
  partner.eee_page = mii::EEE_1000;
  phy.partner_says(partner, ms(600));
  EXPECT_FALSE(phy.eee_negotiated(ms(601))) << "no link";
  EXPECT_TRUE(phy.eee_negotiated(ms(1100)));
  phy.write(mii::EMI_ADDRESS, mii::EMI_PARTNER_EEE, {});
  EXPECT_EQ(phy.read(mii::EMI_DATA, ms(1100)), mii::EEE_1000);
  phy.write(mii::EMI_ADDRESS, 0x0410, {});
  EXPECT_EQ(phy.read(mii::EMI_DATA, ms(1100)), 0);
  phy.write(mii::CTRL1000, 0, ms(1200));
  phy.write(mii::BMCR, 0x1340, ms(1200));
  EXPECT_FALSE(phy.eee_negotiated(ms(1700))) << "at 100 Mb/s the partner does not";
}

}  // namespace
}  // namespace niclab::hw
