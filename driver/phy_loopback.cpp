// PHY loopback and the waits of the self-test (fact base 2.5.4, registers 0 and 19).
#include "driver/hardware.hpp"
#include "driver/mii.hpp"

namespace niclab::igb {
namespace {

constexpr std::uint16_t kMiiLoopback = 0x8041;  // register 19, as igb writes it for this PHY
constexpr unsigned kBeforeLoopbackMs = 50, kAfterLoopbackMs = 500;
constexpr unsigned kAutonegPolls = 45, kAutonegPollMs = 100;

}  // namespace

void Hardware::set_phy_loopback() {
  write_phy_reg(mii::LOOPBACK_CONTROL, kMiiLoopback);
  msleep(kBeforeLoopbackMs);
  write_phy_reg(mii::BMCR, mii::bmcr::LOOPBACK | mii::bmcr::FULL_DUPLEX | mii::bmcr::SPEED_1000);
  rmw32(reg::CTRL, reg::ctrl::SPEED.mask(),
        reg::ctrl::FRCSPD | reg::ctrl::FRCDPX | reg::ctrl::SPEED.put(2) | reg::ctrl::FD | reg::ctrl::SLU);
  msleep(kAfterLoopbackMs);
}

void Hardware::clear_phy_loopback() {
  rmw32(reg::RCTL, reg::rctl::LBM.mask(), 0);
  std::uint16_t bmcr = 0;
  if (read_phy_reg(mii::BMCR, bmcr) != 0 || (bmcr & mii::bmcr::LOOPBACK) == 0) return;
  bmcr = static_cast<std::uint16_t>(bmcr & ~mii::bmcr::LOOPBACK);
  write_phy_reg(mii::BMCR, bmcr);
  if (read_phy_reg(mii::BMCR, bmcr) != 0) return;
  write_phy_reg(mii::BMCR, static_cast<std::uint16_t>(bmcr | mii::bmcr::RESET));
  usec_delay(1);
}

void Hardware::wait_autoneg() {
  for (unsigned i = 0; i < kAutonegPolls && !removed_; ++i) {
    std::uint16_t bmsr = 0;
    read_phy_reg(mii::BMSR, bmsr);
    if (read_phy_reg(mii::BMSR, bmsr) != 0 || (bmsr & mii::bmsr::AN_COMPLETE) != 0) return;
    msleep(kAutonegPollMs);
  }
}

}  // namespace niclab::igb
