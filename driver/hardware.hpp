// The MAC, NVM and PHY of one port, below rings and interrupts: what igb keeps in struct e1000_hw.
//
// Functions that wait are for task context; polls of microseconds are charged, longer waits sleep.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/pci.hpp"
#include "driver/config.hpp"
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

  // --- registers (hardware.cpp) ------------------------------------------------------------------
  /// A read of all ones that CTRL confirms means the device is gone (fact base 4.11).
  std::uint32_t rd32(reg::Offset offset) {
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

  // --- bring-up (reset.cpp), fact base 4.9, 5.1, 5.2 ---------------------------------------------
  /// Finds port number, NVM size and PHY. 0 or a negative errno (rows 3-9 of 5.1).
  int get_invariants();
  /// Port reset; always returns with the port quiet and its interrupts masked.
  void reset_hw();
  /// Filters cleared, link set up. 0 or a negative errno.
  int init_hw();
  void rar_set(unsigned index, const MacAddress& mac);
  /// Replaces the multicast hash filter (MTA) by the hashes of `groups` (fact base 2.7.11).
  void update_mc_addr_list(const std::array<std::uint32_t, reg::kTableWords>& hashes);
  /// Sets the VLAN filter word, ten times for an erratum of the I350.
  void write_vfta(unsigned word, std::uint32_t value);
  MacAddress read_mac_addr();
  void set_eee_i350();
  /// LEDCTL of `ethtool -p`: the LEDs that NVM word 4 lights for it blink, go dark, or do their work again.
  enum class Identify : std::uint8_t { blink, off, done };
  void identify(Identify state);

  // --- NVM (nvm.cpp), fact base 2.4 --------------------------------------------------------------
  /// 0, or -EIO when the device does not answer.
  int read_nvm(unsigned word, std::uint16_t& value);
  /// Sums the four port sections; 0 or -EIO.
  int validate_nvm_checksum();
  /// Where this port's section of the NVM begins.
  unsigned nvm_base() const { return port_ == 0 ? 0 : 0x40 + 0x40 * port_; }

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
  int phy_setup_82580();
  /// Forces the speed and duplex of request_link() on PHY and MAC; nothing is negotiated, PAUSE neither.
  int force_speed_duplex();
  /// Reads what igb keeps of an established link; with none only whether there is one (row 12 of 5.2).
  void get_phy_info();
  /// BMSR twice, as its link bit latches low.
  int phy_link_up(bool& up);

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
  MacAddress mac_addr{};        ///< in RAL0/RAH0 after init_hw
  bool get_link_status = true;  ///< the link may have changed: ask the PHY

  void usec_delay(unsigned us) { kernel_.charge(Duration::from_us(us)); }
  void msleep(unsigned ms) { kernel_.sleep_until(kernel_.now() + Duration::from_ms(ms)); }

 private:
  void check_removed(reg::Offset offset);
  void disable_pcie_master();
  void init_rx_addrs();
  void id_led_init();
  int set_default_fc();
  void write_fc_registers();
  void config_fc_after_link_up();
  void force_mac_fc();
  int setup_copper_link();
  int mdic(std::uint32_t command, unsigned number, std::uint16_t& value);
  int acquire_phy();
  void release_phy();
  bool get_hw_semaphore();
  void put_hw_semaphore();

  PciDevice& pdev_;
  Kernel& kernel_;
  bool removed_ = false;
  unsigned port_ = 0;
  std::uint32_t led_default_ = 0, led_mode1_ = 0, led_mode2_ = 0;  // LEDCTL
  std::uint32_t high_water_ = 0, low_water_ = 0;                   // bytes
  LinkSettings link_wanted_;
  std::optional<FlowControl> fc_asked_;
  FlowControl fc_requested_ = FlowControl::full, fc_current_ = FlowControl::none;
};

}  // namespace niclab::igb
