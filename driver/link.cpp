// Link and flow control (fact base 2.10, 4.7, 4.8, rows 4-6 of 5.2).
#include <array>
#include <cerrno>

#include "driver/hardware.hpp"
#include "driver/mii.hpp"

namespace niclab::igb {
namespace {

constexpr unsigned kLinkUpPolls = 10, kLinkUpPollUs = 10;
constexpr unsigned kNvmInitControl2 = 0x0F;
constexpr std::uint16_t kNvmPauseMask = 3u << 12, kNvmTxPauseOnly = 2u << 12;
constexpr std::uint32_t kPauseAddressLow = 0x00C28001, kPauseAddressHigh = 0x0100, kPauseType = 0x8808;
constexpr std::uint32_t kPauseTime = 0xFFFF;
constexpr std::uint32_t kLargestFrame = 9728;
constexpr std::array<std::uint32_t, 11> kPacketBufferKb{36, 72, 144, 1, 2, 4, 8, 16, 35, 70, 140};

/// IEEE 802.3 annex 28B: what two pause advertisements agree on, seen from the local side.
/// One that offers nothing may be forced to pause us none the less, so who offered to obey does.
FlowControl resolve_pause(std::uint16_t local, std::uint16_t partner, FlowControl requested) {
  const bool lp = (local & mii::anar::PAUSE) != 0, la = (local & mii::anar::ASYMMETRIC) != 0;
  const bool pp = (partner & mii::anar::PAUSE) != 0, pa = (partner & mii::anar::ASYMMETRIC) != 0;
  if (lp && pp) return requested == FlowControl::full ? FlowControl::full : FlowControl::rx_pause;
  if (!lp && la && pp && pa) return FlowControl::tx_pause;
  if (lp && la && !pp && pa) return FlowControl::rx_pause;
  const bool obeys = requested == FlowControl::full || requested == FlowControl::rx_pause;
  return obeys ? FlowControl::rx_pause : FlowControl::none;
}

}  // namespace

int Hardware::set_default_fc() {
  if (fc_asked_) {
    fc_requested_ = *fc_asked_;
    return 0;
  }
  std::uint16_t word = 0;
  if (const int error = read_nvm(nvm_base() + kNvmInitControl2, word); error != 0) return error;
  const std::uint16_t pause = word & kNvmPauseMask;
  fc_requested_ = pause == 0                 ? FlowControl::none
                  : pause == kNvmTxPauseOnly ? FlowControl::tx_pause
                                             : FlowControl::full;
  return 0;
}

void Hardware::set_fc_watermarks(std::uint32_t max_frame) {
  const std::uint32_t rxpbs = rd32(reg::RXPBS), code = rxpbs & 0xF;
  const std::uint32_t decoded = code < kPacketBufferKb.size() ? kPacketBufferKb[code] : 0;
  const std::uint32_t buffer = (row_->buffer_size_coded ? decoded : rxpbs & 0x7F) << 10;
  const std::uint32_t reserve = max_frame + kLargestFrame;
  high_water_ = (buffer > reserve ? buffer - reserve : 0) & reg::fcrth::RTH;
  low_water_ = high_water_ > 16 ? high_water_ - 16 : 0;
}

int Hardware::setup_link() {
  if (phy_reset_blocked()) return 0;
  if (const int error = set_default_fc(); error != 0) return error;
  fc_current_ = fc_requested_;
  const int error = setup_copper_link();
  write_fc_registers();
  return error;
}

int Hardware::setup_copper_link() {
  rmw32(reg::CTRL, reg::ctrl::FRCSPD | reg::ctrl::FRCDPX, reg::ctrl::SLU);
  if (row_->phy_power_management) rmw32(reg::PHPM, reg::phpm::GO_LINKD, 0);
  phy_hw_reset();
  if (const int error = setup_phy(); error != 0) return error;
  const int set_up = link_wanted_.autoneg ? copper_link_autoneg() : force_speed_duplex();
  if (set_up != 0) return set_up;
  if (autoneg_wait_to_complete && link_wanted_.autoneg) wait_autoneg();
  for (unsigned i = 0; i < kLinkUpPolls; ++i) {
    bool up = false;
    if (const int error = phy_link_up(up); error != 0) return error;
    if (up) {
      config_collision_dist();
      config_fc_after_link_up();
      break;
    }
    usec_delay(kLinkUpPollUs);
  }
  return 0;
}

void Hardware::write_fc_registers() {
  wr32(reg::FCT, kPauseType);
  wr32(reg::FCAH, kPauseAddressHigh);
  wr32(reg::FCAL, kPauseAddressLow);
  wr32(reg::FCTTV, kPauseTime);
  const bool sends = fc_current_ == FlowControl::tx_pause || fc_current_ == FlowControl::full;
  wr32(reg::FCRTL, sends ? low_water_ | reg::fcrtl::XONE : 0);
  wr32(reg::FCRTH, sends ? high_water_ : 0);
}

void Hardware::config_collision_dist() {
  rmw32(reg::TCTL_EXT, reg::tctl_ext::COLD.mask(), reg::tctl_ext::COLD.put(63));
  wrfl();
}

void Hardware::force_mac_fc() {
  const bool sends = fc_current_ == FlowControl::tx_pause || fc_current_ == FlowControl::full;
  const bool obeys = fc_current_ == FlowControl::rx_pause || fc_current_ == FlowControl::full;
  rmw32(reg::CTRL, reg::ctrl::RFCE | reg::ctrl::TFCE,
        (sends ? reg::ctrl::TFCE : 0) | (obeys ? reg::ctrl::RFCE : 0));
}

void Hardware::force_fc(FlowControl fc) {
  fc_asked_ = fc_requested_ = fc_current_ = fc;
  force_mac_fc();
}

void Hardware::config_fc_after_link_up() {
  std::uint16_t bmsr = 0, local = 0, partner = 0;
  read_phy_reg(mii::BMSR, bmsr);
  if (read_phy_reg(mii::BMSR, bmsr) != 0 || (bmsr & mii::bmsr::AN_COMPLETE) == 0) return;
  if (read_phy_reg(mii::ANAR, local) != 0 || read_phy_reg(mii::ANLPAR, partner) != 0) return;
  fc_current_ = resolve_pause(local, partner, fc_requested_);
  if (!get_speed_and_duplex().full_duplex) fc_current_ = FlowControl::none;
  force_mac_fc();
}

void Hardware::check_for_link() {
  kernel_.sync();
  if (!get_link_status) return;
  bool up = false;
  if (phy_link_up(up) != 0 || !up) return;
  kernel_.sync();
  get_link_status = false;
  if (!link_wanted_.autoneg) return;
  config_collision_dist();
  config_fc_after_link_up();
}

LinkState Hardware::get_speed_and_duplex() {
  const std::uint32_t status = rd32(reg::STATUS);
  const std::uint32_t code = reg::status::SPEED.get(status);
  return {.speed = code >= 2   ? 1000u
                   : code == 1 ? 100u
                               : 10u,
          .full_duplex = (status & reg::status::FD) != 0};
}

}  // namespace niclab::igb
