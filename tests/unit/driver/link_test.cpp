// What igb makes of a link: flow control and speed (fact base 2.10, 4.7, 4.8; path-map D-41).
#include <algorithm>
#include <cerrno>

#include "tests/unit/driver/fixture.hpp"

namespace niclab::igb::test {
namespace {

using testing::Contains;
using testing::HasSubstr;

struct Pause {
  std::optional<FlowControl> asked;  ///< nothing: the NVM, which says full
  std::uint16_t partner;             ///< its ANLPAR
  FlowControl agreed;
  const char* told;
};
constexpr std::uint16_t kNone = 0xC1E1, kSymmetric = 0xC5E1, kAsymmetric = 0xC9E1, kBoth = 0xCDE1;

class FlowControlResolution : public DriverTest, public testing::WithParamInterface<Pause> {};
INSTANTIATE_TEST_SUITE_P(Annex28B, FlowControlResolution,
                         testing::Values(Pause{{}, kSymmetric, FlowControl::full, "RX/TX"},
                                         Pause{{}, kBoth, FlowControl::full, "RX/TX"},
                                         Pause{{}, kAsymmetric, FlowControl::rx_pause, "RX"},
                                         Pause{{}, kNone, FlowControl::rx_pause, "RX"},
                                         Pause{FlowControl::rx_pause, kBoth, FlowControl::rx_pause, "RX"},
                                         Pause{FlowControl::tx_pause, kBoth, FlowControl::tx_pause, "TX"},
                                         Pause{FlowControl::tx_pause, kSymmetric, FlowControl::none, "None"},
                                         Pause{FlowControl::none, kBoth, FlowControl::none, "None"}));

TEST_P(FlowControlResolution, D_41_AdvertisementsDecide) {
  const Pause& p = GetParam();
  probe({.queues = 1, .flow_control = p.asked});
  ASSERT_EQ(adapter->ndo_open(), 0);
  pci.link_up();
  pci.phy_[5] = p.partner;
  kernel.run();
  ASSERT_TRUE(adapter->carrier);
  EXPECT_THAT(kernel.log_lines(), Contains(HasSubstr("Flow Control: " + std::string(p.told))));
  const bool rx = p.agreed == FlowControl::full || p.agreed == FlowControl::rx_pause;
  const bool tx = p.agreed == FlowControl::full || p.agreed == FlowControl::tx_pause;
  EXPECT_EQ((pci.at(reg::CTRL) & reg::ctrl::RFCE) != 0, rx);
  EXPECT_EQ((pci.at(reg::CTRL) & reg::ctrl::TFCE) != 0, tx);
  EXPECT_EQ(adapter->get_pauseparam().rx_pause, rx);
  EXPECT_EQ(adapter->get_pauseparam().tx_pause, tx);
  EXPECT_TRUE(adapter->get_pauseparam().autoneg);
}

TEST_F(DriverTest, FactBase_2_10_Watermarks) {
  open({.queues = 1});
  EXPECT_EQ(pci.at(reg::FCRTH), 0x6400u) << "36 KB less a frame of 1522 and one of 9728, in 16 bytes";
  EXPECT_EQ(pci.at(reg::FCRTL), 0x63F0u | reg::fcrtl::XONE);
  EXPECT_EQ(pci.at(reg::FCTTV), 0xFFFFu);
  EXPECT_EQ(pci.at(reg::FCT), 0x8808u);
}

TEST_F(DriverTest, E_50_PauseParametersCanBeForced) {
  open({.queues = 1});
  ASSERT_EQ(adapter->set_pauseparam({.autoneg = false, .rx_pause = false, .tx_pause = true}), 0);
  EXPECT_EQ(pci.at(reg::CTRL) & (reg::ctrl::RFCE | reg::ctrl::TFCE), reg::ctrl::TFCE);
  EXPECT_FALSE(adapter->get_pauseparam().autoneg);
  EXPECT_TRUE(adapter->carrier) << "the link stays";
  ASSERT_EQ(adapter->set_pauseparam({.autoneg = true}), 0);
  EXPECT_TRUE(adapter->get_pauseparam().autoneg);
}

TEST_F(DriverTest, FactBase_4_8_AdvertisesUpToItsSpeed) {
  const struct {
    unsigned speed;
    std::uint16_t modes, gigabit;
  } cases[] = {{1000, 0x01E0, 0x0200}, {100, 0x01E0, 0}, {10, 0x0060, 0}};
  for (const auto& c : cases) {
    adapter.reset();
    probe({.queues = 1, .speed = c.speed});
    ASSERT_EQ(adapter->ndo_open(), 0);
    EXPECT_EQ(pci.phy_[4] & 0x01E0, c.modes) << c.speed;
    EXPECT_EQ(pci.phy_[9] & 0x0300, c.gigabit) << c.speed;
    adapter->ndo_stop();
  }
}

TEST_F(DriverTest, FactBase_4_8_AForcedSpeedIsNotNegotiated) {
  open({.queues = 1});
  ASSERT_EQ(adapter->set_link_settings({.autoneg = false, .speed = 100, .full_duplex = false}), 0);
  EXPECT_EQ(pci.phy_[0] & 0x3140, 0x2000) << "100 Mb/s half duplex without negotiation";
  EXPECT_EQ(pci.phy_[18] & 0x0600, 0) << "no search for the right pair: auto MDI-X needs negotiation";
  constexpr std::uint32_t kForced = reg::ctrl::FRCSPD | reg::ctrl::FRCDPX;
  EXPECT_EQ(pci.at(reg::CTRL) & (kForced | reg::ctrl::FD | reg::ctrl::SPEED.mask()),
            kForced | reg::ctrl::SPEED.put(1));
  pci.phy_[1] = 0x794D;  // a link, nothing negotiated
  pci.phy_[5] = kSymmetric;
  pci.at(reg::STATUS) = reg::status::LU | reg::status::SPEED.put(1);
  kernel.run();
  ASSERT_TRUE(adapter->carrier);
  EXPECT_THAT(kernel.log_lines(),
              Contains(HasSubstr("NIC Link is Up 100 Mbps Half Duplex, Flow Control: None")));
  const LinkSettings now = adapter->get_link_settings();
  EXPECT_FALSE(now.autoneg);
  EXPECT_EQ(now.speed, 100u);
  EXPECT_FALSE(now.full_duplex);
  ASSERT_EQ(adapter->set_link_settings({.autoneg = true}), 0);
  EXPECT_EQ(pci.at(reg::CTRL) & kForced, 0u);
  EXPECT_EQ(pci.phy_[0] & 0x1000, 0x1000);
}

TEST_F(DriverTest, FactBase_4_8_WhatIsOfferedAndWhatIsRefused) {
  open({.queues = 1});
  const LinkSettings gigabit{.autoneg = false, .speed = 1000, .full_duplex = true};
  ASSERT_EQ(adapter->set_link_settings(gigabit), 0);
  EXPECT_TRUE(adapter->get_link_settings().autoneg) << "1000BASE-T has to negotiate who is master";
  EXPECT_EQ(pci.phy_[4] & 0x01E0, 0);
  EXPECT_EQ(pci.phy_[9] & 0x0300, 0x0200);
  ASSERT_EQ(adapter->set_link_settings({.modes = advertised::kFull10 | advertised::kHalf100}), 0);
  EXPECT_EQ(pci.phy_[4] & 0x01E0, 0x00C0);
  EXPECT_EQ(pci.phy_[9] & 0x0300, 0);
  EXPECT_EQ(adapter->set_link_settings({.modes = 0}), -EINVAL);
  EXPECT_EQ(adapter->set_link_settings({.autoneg = false, .speed = 1000, .full_duplex = false}), -EINVAL);
  EXPECT_EQ(adapter->set_link_settings({.autoneg = false, .speed = 2500}), -EINVAL);
  EXPECT_EQ(adapter->get_link_settings().modes, advertised::kFull10 | advertised::kHalf100);
  pci.at(reg::MANC) = reg::manc::BLK_PHY_RST_ON_IDE;
  EXPECT_EQ(adapter->set_link_settings({}), -EINVAL);
  EXPECT_THAT(kernel.log_lines(), Contains(HasSubstr("SoL/IDER")));
}

TEST_F(DriverTest, FactBase_5_2_RestartsTheNegotiation) {
  open({.queues = 1});
  const auto restarts = [this] {
    const auto all = pci.writes(reg::MDIC);
    return std::count_if(all.begin(), all.end(), [](std::uint32_t v) {
      return reg::mdic::REGADD.get(v) == 0 && (v & reg::mdic::OP_WRITE) != 0 && (v & 0x1200) == 0x1200;
    });
  };
  EXPECT_EQ(restarts(), 0);
  EXPECT_EQ(adapter->nway_reset(), 0);
  EXPECT_EQ(restarts(), 1);
  adapter->ndo_stop();
  pci.log.clear();
  EXPECT_EQ(adapter->nway_reset(), 0);
  EXPECT_EQ(restarts(), 0) << "nothing to do while closed";
}

TEST_F(DriverTest, FactBase_2_14_EeeOfBothEnds) {
  open({.queues = 1});
  Eee eee;
  pci.phy_[17] = 0x0002;
  ASSERT_EQ(adapter->get_eee(eee), 0);
  EXPECT_EQ(pci.phy_[16], 0x040F);
  EXPECT_EQ(eee.offered, advertised::kFull100 | advertised::kFull1000) << "the driver turns it on";
  EXPECT_EQ(eee.partner, advertised::kFull100);
  EXPECT_FALSE(eee.active);
  EXPECT_TRUE(eee.tx_lpi);
  pci.at(reg::EEER) |= reg::eeer::EEE_NEG;
  ASSERT_EQ(adapter->get_eee(eee), 0);
  EXPECT_TRUE(eee.active);
}

TEST_F(DriverTest, FactBase_2_13_LedsBlinkAsTheNvmSays) {
  open({.queues = 1});
  pci.log.clear();
  EXPECT_EQ(adapter->set_phys_id(1), 0);
  constexpr std::uint32_t kBlink = 0x8E0F8302, kOff = 0x0F0F8302;  // 0x8911: LED 3 blinks, LED 2 is dark
  EXPECT_THAT(pci.writes(reg::LEDCTL), testing::ElementsAre(kBlink, kBlink, kOff, kBlink, kOff, 0x07068302u));
}

}  // namespace
}  // namespace niclab::igb::test
