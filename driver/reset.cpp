// Resetting and initialising the MAC (fact base 4.9, 5.1, 5.2).
#include <cerrno>
#include <utility>

#include "driver/hardware.hpp"

namespace niclab::igb {
namespace {

constexpr unsigned kMasterDisablePolls = 800, kMasterDisablePollUs = 100;
constexpr unsigned kAutoReadPolls = 10;
constexpr unsigned kNvmLedSettings = 0x04;
constexpr std::uint16_t kLedSettingsByDefault = 0x8911;  // 2.4.3
constexpr std::uint32_t kLargestEerdSize = 8;            // SIZE_EX above it needs SPI

}  // namespace

int Hardware::get_invariants() {
  const std::uint32_t ctrl_ext = rd32(reg::CTRL_EXT);
  if (removed_) return -EIO;
  if (reg::ctrl_ext::LINK_MODE.get(ctrl_ext) != 0) return -EOPNOTSUPP;  // SerDes and SGMII
  rd32(reg::FWSM);
  port_ = reg::status::LAN_ID.get(rd32(reg::STATUS));
  const std::uint32_t nvm_size = reg::eecd::SIZE_EX.get(rd32(reg::EECD));
  if (nvm_size > kLargestEerdSize) return -EOPNOTSUPP;
  nvm_words_ = 1u << (6 + nvm_size);
  rmw32(reg::CTRL_EXT, reg::ctrl_ext::I2C_ENA, 0);
  return get_phy_id();
}

void Hardware::disable_pcie_master() {
  rmw32(reg::CTRL, 0, reg::ctrl::GIO_MASTER_DISABLE);
  for (unsigned i = 0; i < kMasterDisablePolls && !removed_; ++i) {
    if ((rd32(reg::STATUS) & reg::status::GIO_MASTER_ENABLE) == 0) return;
    usec_delay(kMasterDisablePollUs);
  }
  if (!removed_)
    kernel_.log("igb " + pdev_.address().to_string() + ": PCI-E Master disable polling has failed.");
}

/// Whether all ports are to be reset: the token keeps others from doing it at the same time.
bool Hardware::acquire_global_reset() {
  return std::exchange(global_reset_wanted_, false) && row_->device_reset &&
         acquire_swfw_sync(reg::sw_fw_sync::MBX_SM) == 0;
}

void Hardware::reset_hw() {
  const std::uint32_t ctrl = rd32(reg::CTRL);
  disable_pcie_master();
  wr32(row_->imc, ~std::uint32_t{0});
  wr32(reg::RCTL, 0);
  wr32(reg::TCTL, reg::tctl::PSP);
  wrfl();
  msleep(10);
  const bool global = acquire_global_reset();
  // Somebody else's device reset that is not acknowledged yet has reset this port too.
  const bool device = global && (rd32(reg::STATUS) & reg::status::DEV_RST_SET) == 0;
  wr32(reg::CTRL, ctrl | (device ? reg::ctrl::DEV_RST : reg::ctrl::RST));
  wrfl();
  msleep(5);
  for (unsigned i = 0; i < kAutoReadPolls && (rd32(reg::EECD) & reg::eecd::AUTO_RD) == 0; ++i) msleep(1);
  if (row_->device_reset) wr32(reg::STATUS, rd32(reg::STATUS) | reg::status::DEV_RST_SET);
  wr32(row_->imc, ~std::uint32_t{0});
  rd32(row_->icr);
  if (global) release_swfw_sync(reg::sw_fw_sync::MBX_SM);
}

void Hardware::rar_set(unsigned index, const MacAddress& mac) {
  const auto& o = mac.octets;
  const std::uint32_t low =
      o[0] | std::uint32_t{o[1]} << 8 | std::uint32_t{o[2]} << 16 | std::uint32_t{o[3]} << 24;
  std::uint32_t high = o[4] | std::uint32_t{o[5]} << 8;
  if (low != 0 || high != 0) high |= reg::rah::AV;
  wr32(reg::RAL(index), low);
  wrfl();
  wr32(reg::RAH(index), high);
  wrfl();
}

MacAddress Hardware::read_mac_addr() {
  const std::uint32_t low = rd32(reg::RAL(0)), high = rd32(reg::RAH(0));
  MacAddress mac;
  for (unsigned i = 0; i < 4; ++i) mac.octets[i] = static_cast<std::uint8_t>(low >> (8 * i));
  for (unsigned i = 0; i < 2; ++i) mac.octets[4 + i] = static_cast<std::uint8_t>(high >> (8 * i));
  return mac;
}

void Hardware::write_vfta(unsigned word, std::uint32_t value) {
  for (unsigned i = 0; i < row_->vfta_writes; ++i) wr32(reg::VFTA(word), value);
  wrfl();
}

void Hardware::init_rx_addrs() {
  rar_set(0, mac_addr);
  for (unsigned i = 1; i < reg::kRarEntries; ++i) rar_set(i, MacAddress{});
}

void Hardware::update_mc_addr_list(const std::array<std::uint32_t, reg::kTableWords>& hashes) {
  for (unsigned i = reg::kTableWords; i-- > 0;) wr32(reg::MTA(i), hashes[i]);
  wrfl();
}

/// What NVM word 4 says of each LED when the port is to be found: nine combinations of two modes, each of
/// them the default, on or off (fact base 2.13).
void Hardware::id_led_init() {
  std::uint16_t word = 0;
  read_nvm(kNvmLedSettings, word);
  if (word == 0 || word == 0xFFFF) word = kLedSettingsByDefault;
  led_default_ = led_mode1_ = led_mode2_ = rd32(reg::LEDCTL);
  enum Way : std::uint8_t { by_default, on, off };
  constexpr Way kFirst[] = {by_default, by_default, by_default, on, on, on, off, off, off};
  constexpr Way kSecond[] = {by_default, on, off, by_default, on, off, by_default, on, off};
  for (unsigned led = 0; led < 4; ++led) {
    const unsigned code = word >> 4 * led & 0xF;
    if (code == 0 || code > 9) continue;
    const auto put = [led](std::uint32_t& value, Way way) {
      if (way == by_default) return;
      value &= ~(0xFFu << 8 * led);
      value |= (way == on ? reg::ledctl::kModeOn : reg::ledctl::kModeOff) << 8 * led;
    };
    put(led_mode1_, kFirst[code - 1]);
    put(led_mode2_, kSecond[code - 1]);
  }
}

void Hardware::identify(Identify state) {
  std::uint32_t value = state == Identify::done ? led_default_ : led_mode1_;
  if (state == Identify::blink) {
    value = led_mode2_;
    for (unsigned led = 0; led < 4; ++led)
      if ((led_mode2_ >> 8 * led & reg::ledctl::kMode) == reg::ledctl::kModeOn)
        value |= reg::ledctl::kBlink << 8 * led;
  }
  wr32(reg::LEDCTL, value);
}

int Hardware::init_hw() {
  id_led_init();
  for (unsigned i = 0; i < reg::kTableWords; ++i) write_vfta(i, 0);
  init_rx_addrs();
  for (unsigned i = 0; i < reg::kTableWords; ++i) wr32(reg::MTA(i), 0);
  for (unsigned i = 0; i < reg::kTableWords; ++i) wr32(reg::UTA(i), 0);
  return setup_link();
}

void Hardware::set_eee_i350() {
  if (!row_->energy_efficient) return;
  const std::uint32_t ipcnfg = rd32(reg::IPCNFG), eeer = rd32(reg::EEER);
  rd32(reg::EEE_SU);
  wr32(reg::IPCNFG, ipcnfg | reg::ipcnfg::EEE_100M_AN | reg::ipcnfg::EEE_1G_AN);
  wr32(reg::EEER, eeer | reg::eeer::TX_LPI_EN | reg::eeer::RX_LPI_EN | reg::eeer::LPI_FC);
  rd32(reg::IPCNFG);
  rd32(reg::EEER);
}

}  // namespace niclab::igb
