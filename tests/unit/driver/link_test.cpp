// What igb makes of a link: flow control and speed (fact base 2.10, 4.7, 4.8; path-map D-41).
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

}  // namespace
}  // namespace niclab::igb::test
