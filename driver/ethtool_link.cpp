// What ethtool asks and sets of the link and its LEDs (fact base 2.13, 4.8; rows 4 and 5 of 5.2).
#include <cerrno>

#include "driver/igb.hpp"
#include "driver/mii.hpp"

namespace niclab::igb {
namespace {

constexpr unsigned kBlinksPerSecond = 2;  // each of them on and off

bool forcible(const LinkSettings& s) { return s.speed == 10 || s.speed == 100; }

}  // namespace

LinkSettings IgbAdapter::get_link_settings() const {
  LinkSettings s = hw_.requested_link();
  s.speed = carrier ? link_.speed : 0;
  s.full_duplex = carrier && link_.full_duplex;
  return s;
}

bool IgbAdapter::offers_pause() const {
  return hw_.requested_fc() == FlowControl::full || hw_.requested_fc() == FlowControl::rx_pause;
}

int IgbAdapter::set_link_settings(const LinkSettings& wanted) {
  kernel_.sync();
  if (hw_.phy_reset_blocked()) {
    log(pdev_.address().to_string() + ": Cannot change link characteristics when SoL/IDER is active.");
    return -EINVAL;
  }
  LinkSettings s = wanted;
  if (s.autoneg) {
    s.modes &= advertised::kAll;
    if (s.modes == 0) return -EINVAL;
  } else if (s.speed == 1000 && s.full_duplex) {
    s.autoneg = true;
    s.modes = advertised::kFull1000;
  } else if (!forcible(s)) {
    log(pdev_.address().to_string() + ": Unsupported Speed/Duplex configuration");
    return -EINVAL;
  }
  begin_reconfiguration();
  hw_.request_link(s);
  if (running_) {
    igb_down();
    igb_up();
  } else {
    igb_reset();
  }
  end_reconfiguration();
  return 0;
}

int IgbAdapter::get_eee(Eee& eee) {
  if (!hw_.row().energy_efficient) return -EOPNOTSUPP;
  const std::uint32_t ipcnfg = hw_.rd32(reg::IPCNFG), eeer = hw_.rd32(reg::EEER);
  std::uint16_t partner = 0;
  if (hw_.read_emi_reg(mii::emi::EEE_PARTNER, partner) != 0) return -ENODATA;
  kernel_.sync();
  eee.offered = ((ipcnfg & reg::ipcnfg::EEE_100M_AN) != 0 ? advertised::kFull100 : 0) |
                ((ipcnfg & reg::ipcnfg::EEE_1G_AN) != 0 ? advertised::kFull1000 : 0);
  eee.partner = ((partner & mii::emi::EEE_100) != 0 ? advertised::kFull100 : 0) |
                ((partner & mii::emi::EEE_1000) != 0 ? advertised::kFull1000 : 0);
  eee.active = (eeer & reg::eeer::EEE_NEG) != 0 && link_.full_duplex;
  eee.tx_lpi = (eeer & reg::eeer::TX_LPI_EN) != 0;
  return 0;
}

int IgbAdapter::nway_reset() {
  kernel_.sync();
  if (running_) igb_reinit_locked();
  return 0;
}

// As the core's ethtool_phys_id drives a driver that asks for two cycles a second.
int IgbAdapter::set_phys_id(unsigned seconds) {
  kernel_.sync();
  hw_.identify(Hardware::Identify::blink);
  for (unsigned step = 0; step < seconds * kBlinksPerSecond * 2; ++step) {
    hw_.identify(step % 2 == 0 ? Hardware::Identify::blink : Hardware::Identify::off);
    hw_.msleep(1000 / (kBlinksPerSecond * 2));
  }
  hw_.identify(Hardware::Identify::done);
  return 0;
}

}  // namespace niclab::igb
