// The MAC, NVM and PHY of one port, below rings and interrupts: what igb keeps in struct e1000_hw.
//
// Functions that wait are for task context; polls of microseconds are charged, longer waits sleep.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/pci.hpp"
#include "driver/config.hpp"
#include "driver/device_table.hpp"
#include "driver/ethtool.hpp"
#include "hw/registers.hpp"

namespace niclab::igb {

namespace reg = hw::reg;

/// What the link came up with.
struct LinkState {
  unsigned speed = 0;  ///< Mb/s; 0: no link
  bool full_duplex = false;
};

class Hardware {
 public:
  explicit Hardware(PciDevice& pdev) : pdev_(pdev), kernel_(pdev.kernel()) {}

  /// What this device is: an I350 until probe knows better.
  const DeviceRow& row() const { return *row_; }
  void set_row(const DeviceRow& row) { row_ = &row; }

  // --- registers (hardware.cpp) ------------------------------------------------------------------
  /// A read of all ones that CTRL confirms means the device is gone (fact base 4.11).
  std::uint32_t rd32(reg::Offset offset) {
    if (removed_) [[unlikely]]
      return ~std::uint32_t{0};
    const std::uint32_t value = pdev_.mmio_read32(0, offset);
    if (value == ~std::uint32_t{0}) [[unlikely]]
      check_removed(offset);
    return value;
  }
  void wr32(reg::Offset offset, std::uint32_t value) {
    if (!removed_) [[likely]]
      pdev_.mmio_write32(0, offset, value);
  }
  /// Flushes posted writes.
  void wrfl() { rd32(reg::STATUS); }
  /// Read, clear `clear`, set `set`, write.
  void rmw32(reg::Offset offset, std::uint32_t clear, std::uint32_t set) {
    wr32(offset, (rd32(offset) & ~clear) | set);
  }
  bool removed() const { return removed_; }
  /// Called once when the device is found to be gone, from whatever context looked. After that no register is
  /// touched any more.
  void when_removed(Callback call) { when_removed_ = call; }
  /// The device is there again (slot_reset).
  void forget_removal() { removed_ = false; }

  // --- bring-up (reset.cpp), fact base 4.9, 5.1, 5.2 ---------------------------------------------
  /// Finds port number, NVM size and PHY. 0 or a negative errno (rows 3-9 of 5.1).
  int get_invariants();
  /// Port reset; always returns with the port quiet and its interrupts masked.
  void reset_hw();
  /// The next reset_hw() resets the whole device, every port of it, if firmware and the other ports let it.
  void request_global_reset() { global_reset_wanted_ = true; }
  void disable_pcie_master();
  /// Filters cleared, link set up. 0 or a negative errno.
  int init_hw();
  void rar_set(unsigned index, const MacAddress& mac);
  /// Replaces the multicast hash filter (MTA) by the hashes of `groups` (fact base 2.7.11).
  void update_mc_addr_list(const std::array<std::uint32_t, reg::kTableWords>& hashes);
  /// Sets the VLAN filter word, as often as an erratum asks for.
  void write_vfta(unsigned word, std::uint32_t value);
  MacAddress read_mac_addr();
  /// Energy-efficient Ethernet is offered, by devices that know it.
  void set_eee_i350();
  /// LEDCTL of `ethtool -p`: the LEDs that NVM word 4 lights for it blink, go dark, or do their work again.
  enum class Identify : std::uint8_t { blink, off, done };
  void identify(Identify state);

  // --- NVM (nvm.cpp, nvm_identity.cpp, nvm_spi.cpp), fact base 2.4 -------------------------------
  /// 0, or -EIO when the device does not answer.
  int read_nvm(unsigned word, std::uint16_t& value);
  /// Sums all sections; 0 or -EIO.
  int validate_nvm_checksum();
  /// The same for callers to whom a word that cannot be read is 0.
  std::uint16_t nvm_word(unsigned word);
  /// Size of the part, in words; known after get_invariants().
  unsigned nvm_words() const { return nvm_words_; }
  /// Writes words through EECD, a page at a time: 0, -EINVAL beyond the part, -EBUSY or -EIO when firmware or
  /// the part does not let us. Checksums are then wrong.
  int write_nvm(unsigned word, std::span<const std::uint16_t> values);
  /// Writes the checksum words of all sections. 0 or a negative errno.
  int update_nvm_checksums();
  /// As ethtool -i shows it: "1.63, 0x80000d04", and the version of a combined image, if there is one.
  std::string read_fw_version();
  /// The adapter's part number: the string block's text, or the older format's digits; "Unknown" if neither.
  std::string read_part_number();
  /// Where this port's section of the NVM begins.
  unsigned nvm_base() const { return port_ < row_->nvm_sections.size() ? row_->nvm_sections[port_] : 0; }
  /// Its Initialization Control 3: what wakes the host.
  unsigned nvm_init_control3() const {
    return row_->nvm_init_control3[port_ < row_->nvm_init_control3.size() ? port_ : 0];
  }

  // --- PHY (phy.cpp), fact base 2.5 --------------------------------------------------------------
  int read_phy_reg(unsigned number, std::uint16_t& value);
  int write_phy_reg(unsigned number, std::uint16_t value);
  /// A register behind the PHY's indirect access (registers 16 and 17).
  int read_emi_reg(std::uint16_t address, std::uint16_t& value);
  int get_phy_id();
  bool phy_reset_blocked();
  void phy_hw_reset();
  void power_up_phy();
  void power_down_phy();
  /// Advertises, restarts auto-negotiation and looks for a link.
  int copper_link_autoneg();
  /// What the PHY is to do whatever is negotiated: crossover cables, speeds below.
  int setup_phy();
  /// Forces the speed and duplex of request_link() on PHY and MAC; nothing is negotiated, PAUSE neither.
  int force_speed_duplex();
  /// Reads what igb keeps of an established link; with none only whether there is one (row 12 of 5.2).
  void get_phy_info();
  /// BMSR twice, as its link bit latches low.
  int phy_link_up(bool& up);

  /// The PHY sends back what it is given, at 1000 Mb/s, and the MAC is forced to that (igb's self-test).
  /// Takes half a second.
  void set_phy_loopback();
  void clear_phy_loopback();
  /// Waits for auto-negotiation to complete, at most 4.5 s.
  void wait_autoneg();

  // --- link and flow control (link.cpp), fact base 2.10, 4.8 -------------------------------------
  int setup_link();
  /// Asks the PHY if a change is pending; clears get_link_status when there is a link.
  void check_for_link();
  LinkState get_speed_and_duplex();
  void config_collision_dist();
  /// Derives the watermarks from the receive packet buffer; row 1 of 5.2.
  void set_fc_watermarks(std::uint32_t max_frame);
  FlowControl current_fc() const { return fc_current_; }
  FlowControl requested_fc() const { return fc_requested_; }
  /// What the next setup_link() negotiates; none given: what the NVM says.
  void request_fc(std::optional<FlowControl> fc) { fc_asked_ = fc; }
  /// Puts `fc` into the MAC at once, whatever was negotiated.
  void force_fc(FlowControl fc);
  /// What the next setup_link() offers or forces.
  const LinkSettings& requested_link() const { return link_wanted_; }
  void request_link(const LinkSettings& wanted) { link_wanted_ = wanted; }

  // --- state -------------------------------------------------------------------------------------
  unsigned port() const { return port_; }
  MacAddress mac_addr{};                  ///< in RAL0/RAH0 after init_hw
  bool get_link_status = true;            ///< the link may have changed: ask the PHY
  bool autoneg_wait_to_complete = false;  ///< setup_link() waits for the end of auto-negotiation

  void usec_delay(unsigned us) { kernel_.charge(Duration::from_us(us)); }
  void msleep(unsigned ms) { kernel_.sleep_until(kernel_.now() + Duration::from_ms(ms)); }

 private:
  void check_removed(reg::Offset offset);
  bool acquire_global_reset();
  void init_rx_addrs();
  void id_led_init();
  int set_default_fc();
  void write_fc_registers();
  void config_fc_after_link_up();
  void force_mac_fc();
  int setup_copper_link();
  int mdic(std::uint32_t command, unsigned number, std::uint16_t& value);
  int select_phy_page(unsigned number);
  int set_crossover(std::uint16_t wanted);
  int acquire_swfw_sync(std::uint32_t resource);  // bits of SW_FW_SYNC
  void release_swfw_sync(std::uint32_t resource);
  int acquire_phy() { return acquire_swfw_sync(reg::sw_fw_sync::PHY_SM(port_)); }
  void release_phy() { release_swfw_sync(reg::sw_fw_sync::PHY_SM(port_)); }
  int sum_nvm_section(unsigned section, unsigned count, std::uint16_t& sum);
  int acquire_nvm();
  void release_nvm();
  void set_nvm_pins(std::uint32_t low, std::uint32_t high);
  void standby_nvm();
  void shift_out_nvm_bits(std::uint32_t data, unsigned count);
  std::uint32_t shift_in_nvm_bits(unsigned count);
  int nvm_ready();
  int write_nvm_page(unsigned word, std::span<const std::uint16_t> values);
  bool get_hw_semaphore();
  void put_hw_semaphore();

  PciDevice& pdev_;
  Kernel& kernel_;
  const DeviceRow* row_ = &device_table().front();
  bool removed_ = false;
  Callback when_removed_;
  bool global_reset_wanted_ = false;
  unsigned port_ = 0;
  unsigned nvm_words_ = 0;
  std::uint32_t led_default_ = 0, led_mode1_ = 0, led_mode2_ = 0;  // LEDCTL
  std::uint32_t high_water_ = 0, low_water_ = 0;                   // bytes
  LinkSettings link_wanted_;
  std::optional<FlowControl> fc_asked_;
  FlowControl fc_requested_ = FlowControl::full, fc_current_ = FlowControl::none;
};

}  // namespace niclab::igb
