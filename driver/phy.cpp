// The internal copper PHY, reached through MDIC under a software/firmware semaphore (fact base 2.4.5, 2.5).
#include <cerrno>

#include "driver/hardware.hpp"
#include "driver/mii.hpp"

namespace niclab::igb {
namespace {

constexpr unsigned kMdicPolls = 1920, kMdicPollUs = 50;
constexpr unsigned kSemaphorePolls = 2000, kSemaphorePollUs = 50;
constexpr unsigned kSwFwTries = 200, kSwFwRetryUs = 5000;

}  // namespace

bool Hardware::get_hw_semaphore() {
  unsigned i = 0;
  for (; i < kSemaphorePolls && !removed_; ++i) {  // reading takes SMBI
    if ((rd32(reg::SWSM) & reg::swsm::SMBI) == 0) break;
    usec_delay(kSemaphorePollUs);
  }
  if (i == kSemaphorePolls || removed_) return false;
  for (i = 0; i < kSemaphorePolls && !removed_; ++i) {
    wr32(reg::SWSM, rd32(reg::SWSM) | reg::swsm::SWESMBI);
    if ((rd32(reg::SWSM) & reg::swsm::SWESMBI) != 0) return true;
    usec_delay(kSemaphorePollUs);
  }
  put_hw_semaphore();
  return false;
}

void Hardware::put_hw_semaphore() { rmw32(reg::SWSM, reg::swsm::SMBI | reg::swsm::SWESMBI, 0); }

int Hardware::acquire_swfw_sync(std::uint32_t software) {
  const std::uint32_t firmware = software << 16;
  for (unsigned i = 0; i < kSwFwTries; ++i) {
    if (!get_hw_semaphore()) return -EBUSY;
    const std::uint32_t owners = rd32(reg::SW_FW_SYNC);
    if ((owners & (software | firmware)) == 0) {
      wr32(reg::SW_FW_SYNC, owners | software);
      put_hw_semaphore();
      return 0;
    }
    put_hw_semaphore();
    usec_delay(kSwFwRetryUs);
  }
  return -EBUSY;
}

void Hardware::release_swfw_sync(std::uint32_t resource) {
  while (!get_hw_semaphore())
    if (removed_) return;
  rmw32(reg::SW_FW_SYNC, resource, 0);
  put_hw_semaphore();
}

int Hardware::mdic(std::uint32_t command, unsigned number, std::uint16_t& value) {
  if (const int error = acquire_phy(); error != 0) return error;
  wr32(reg::MDIC, command | reg::mdic::PHYADD.put(mii::kPhyAddress) | reg::mdic::REGADD.put(number) | value);
  std::uint32_t answer = 0;
  for (unsigned i = 0; i < kMdicPolls && !removed_; ++i) {
    usec_delay(kMdicPollUs);
    answer = rd32(reg::MDIC);
    if ((answer & reg::mdic::READY) != 0) break;
  }
  release_phy();
  const bool good = !removed_ && (answer & reg::mdic::READY) != 0 && (answer & reg::mdic::ERROR) == 0 &&
                    reg::mdic::REGADD.get(answer) == number;
  if (!good) return -EIO;
  value = static_cast<std::uint16_t>(reg::mdic::DATA.get(answer));
  return 0;
}

int Hardware::read_phy_reg(unsigned number, std::uint16_t& value) {
  value = 0;
  return mdic(reg::mdic::OP_READ, number, value);
}

int Hardware::write_phy_reg(unsigned number, std::uint16_t value) {
  return mdic(reg::mdic::OP_WRITE, number, value);
}

int Hardware::read_emi_reg(std::uint16_t address, std::uint16_t& value) {
  if (const int error = write_phy_reg(mii::EMI_ADDRESS, address); error != 0) return error;
  return read_phy_reg(mii::EMI_DATA, value);
}

int Hardware::get_phy_id() {
  std::uint16_t id1 = 0, id2 = 0;
  if (const int error = read_phy_reg(mii::PHYID1, id1); error != 0) return error;
  usec_delay(20);
  if (const int error = read_phy_reg(mii::PHYID2, id2); error != 0) return error;
  const std::uint32_t id = std::uint32_t{id1} << 16 | id2;
  return (id & ~std::uint32_t{0xF}) == row_->phy.id ? 0 : -EIO;
}

bool Hardware::phy_reset_blocked() { return (rd32(reg::MANC) & reg::manc::BLK_PHY_RST_ON_IDE) != 0; }

void Hardware::phy_hw_reset() {
  if (phy_reset_blocked()) return;
  const std::uint32_t ctrl = rd32(reg::CTRL);
  wr32(reg::CTRL, ctrl | reg::ctrl::PHY_RST);
  wrfl();
  usec_delay(100);
  wr32(reg::CTRL, ctrl & ~reg::ctrl::PHY_RST);
  wrfl();
  usec_delay(150);
  for (unsigned i = 0; i < 100 && !removed_; ++i) {
    if ((rd32(reg::EEMNGCTL) & reg::eemngctl::CFG_DONE(port_)) != 0) return;
    msleep(1);
  }
}

void Hardware::power_up_phy() {
  std::uint16_t bmcr = 0;
  if (read_phy_reg(mii::BMCR, bmcr) == 0)
    write_phy_reg(mii::BMCR, static_cast<std::uint16_t>(bmcr & ~mii::bmcr::POWER_DOWN));
}

void Hardware::power_down_phy() {
  if (phy_reset_blocked()) return;
  std::uint16_t bmcr = 0;
  if (read_phy_reg(mii::BMCR, bmcr) != 0) return;
  write_phy_reg(mii::BMCR, static_cast<std::uint16_t>(bmcr | mii::bmcr::POWER_DOWN));
  msleep(1);
}

/// Registers of the vendor lie behind a page of their own, if there are pages.
int Hardware::select_phy_page(unsigned number) {
  return row_->phy.page_select != 0 ? write_phy_reg(row_->phy.page_select, static_cast<std::uint16_t>(number))
                                    : 0;
}

/// Which of the bits that choose the pairs are set; none: straight.
int Hardware::set_crossover(std::uint16_t wanted) {
  const PhyRow& phy = row_->phy;
  std::uint16_t value = 0;
  if (const int error = select_phy_page(phy.crossover); error != 0) return error;
  if (const int error = read_phy_reg(phy.crossover, value); error != 0) return error;
  const unsigned others = value & ~(unsigned{phy.automatic_crossover} | phy.manual_crossover);
  return write_phy_reg(phy.crossover, static_cast<std::uint16_t>(others | wanted));
}

int Hardware::setup_phy() {
  const PhyRow& phy = row_->phy;
  if (phy.configuration != 0) {
    std::uint16_t value = 0;
    if (const int error = read_phy_reg(phy.configuration, value); error != 0) return error;
    write_phy_reg(phy.configuration, static_cast<std::uint16_t>(value | phy.configuration_bits));
  }
  return set_crossover(phy.automatic_crossover);
}

int Hardware::force_speed_duplex() {
  std::uint16_t bmcr = 0;
  if (const int error = read_phy_reg(mii::BMCR, bmcr); error != 0) return error;
  fc_current_ = FlowControl::none;
  const bool fast = link_wanted_.speed == 100;
  rmw32(reg::CTRL, reg::ctrl::SPEED.mask() | reg::ctrl::FD,
        reg::ctrl::FRCSPD | reg::ctrl::FRCDPX | reg::ctrl::SPEED.put(fast ? 1 : 0) |
            (link_wanted_.full_duplex ? reg::ctrl::FD : 0));
  config_collision_dist();
  const unsigned cleared =
      mii::bmcr::AN_ENABLE | mii::bmcr::SPEED_1000 | mii::bmcr::SPEED_100 | mii::bmcr::FULL_DUPLEX;
  write_phy_reg(mii::BMCR,
                static_cast<std::uint16_t>((bmcr & ~cleared) | (fast ? mii::bmcr::SPEED_100 : 0) |
                                           (link_wanted_.full_duplex ? mii::bmcr::FULL_DUPLEX : 0)));
  return set_crossover(0);
}

void Hardware::get_phy_info() {
  bool up = false;
  if (phy_link_up(up) != 0 || !up) return;
  std::uint16_t value = 0;
  for (const unsigned number : row_->phy.link_details) read_phy_reg(number, value);
}

int Hardware::copper_link_autoneg() {
  std::uint16_t anar = 0, gigabit = 0, bmcr = 0;
  if (const int error = read_phy_reg(mii::ANAR, anar); error != 0) return error;
  if (const int error = read_phy_reg(mii::CONTROL_1000T, gigabit); error != 0) return error;
  const auto offered = [this](unsigned mode, std::uint16_t bit) {
    return (link_wanted_.modes & mode) != 0 ? bit : std::uint16_t{0};
  };
  anar = static_cast<std::uint16_t>(
      (anar & ~(mii::anar::PAUSE | mii::anar::ASYMMETRIC | mii::anar::ALL_10_100)) |
      offered(advertised::kHalf10, mii::anar::HALF_10) | offered(advertised::kFull10, mii::anar::FULL_10) |
      offered(advertised::kHalf100, mii::anar::HALF_100) |
      offered(advertised::kFull100, mii::anar::FULL_100));
  switch (fc_requested_) {
    case FlowControl::none: break;
    case FlowControl::tx_pause: anar |= mii::anar::ASYMMETRIC; break;
    case FlowControl::rx_pause:
    case FlowControl::full: anar |= mii::anar::PAUSE | mii::anar::ASYMMETRIC; break;
  }
  gigabit &= static_cast<std::uint16_t>(~(mii::control_1000t::HALF | mii::control_1000t::FULL));
  gigabit |= offered(advertised::kFull1000, mii::control_1000t::FULL);
  write_phy_reg(mii::ANAR, anar);
  write_phy_reg(mii::CONTROL_1000T, gigabit);
  if (const int error = read_phy_reg(mii::BMCR, bmcr); error != 0) return error;
  return write_phy_reg(mii::BMCR,
                       static_cast<std::uint16_t>(bmcr | mii::bmcr::AN_ENABLE | mii::bmcr::RESTART_AN));
}

int Hardware::phy_link_up(bool& up) {
  std::uint16_t bmsr = 0;
  read_phy_reg(mii::BMSR, bmsr);
  const int error = read_phy_reg(mii::BMSR, bmsr);
  up = error == 0 && (bmsr & mii::bmsr::LINK) != 0;
  return error;
}

}  // namespace niclab::igb
