// From a granted interrupt to what leaves the function: an MSI-X or MSI message, or the level of its INTx pin
// (fact base 1.4.2, 1.4.3, 1.6).
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <utility>

#include "hw/msix.hpp"
#include "hw/pci_config.hpp"
#include "hw/register_fields.hpp"

namespace niclab::hw {

/// MSI-X overrides MSI, MSI overrides INTx. A message that must not go now (masked, or no bus mastering)
/// pends, once, and goes as soon as it may. The INTx level rises at a grant and falls with the vector's line;
/// its messages are no memory writes and need no bus mastering. When the way changes, a level that is still
/// pending goes the new way.
class InterruptDelivery {
 public:
  enum class Way : std::uint8_t { intx, msi, msix };

  /// The throttle grants vector `v`: the memory write to send, if any. Afterwards ask pin().
  std::optional<MsixMessage> grant(unsigned v) {
    if (way_ == Way::msix) [[likely]]
      return msix_.fire(v);
    if (way_ == Way::intx) {
      level_ |= reg::bit(v);
      return std::nullopt;
    }
    msi_pending_ = msi_held_;
    return msi_held_ ? std::nullopt : std::optional(msi_);
  }
  /// Whether lines_are() could change anything now: otherwise nobody need call it.
  bool watches_lines() const { return level_ != 0 || msi_pending_; }
  /// The vectors whose EICR & EIMS is non-zero. What has fallen is no longer pending.
  void lines_are(std::uint32_t high) {
    level_ &= high;
    if (high == 0) msi_pending_ = false;
  }

  /// Configuration space changed, or whether the device may master the bus; `lines` as for lines_are(). Calls
  /// `send(MsixMessage)` for each message this releases.
  template <class Send>
  void configure(const PciConfigSpace& pci, bool bus_master, std::uint32_t lines, Send&& send) {
    const Way before = way_;
    way_ = pci.msix_enabled() ? Way::msix : pci.msi_enabled() ? Way::msi : Way::intx;
    intx_disabled_ = pci.intx_disabled();
    msi_ = {pci.msi_address(), pci.msi_data()};
    msi_held_ = pci.msi_masked() || !bus_master;
    send_all(msix_.set_control(pci.msix_enabled(), pci.function_masked(), bus_master), send);
    if (way_ != before) change_way(lines, send);
    if (msi_pending_ && !msi_held_) {
      msi_pending_ = false;
      send(msi_);
    }
  }
  /// A write of BAR3, as Msix::write.
  template <class Send>
  void write_table(std::uint32_t offset, std::uint32_t value, unsigned byte_enable, Send&& send) {
    send_all(msix_.write(offset, value, byte_enable), send);
  }
  std::uint32_t read_table(std::uint32_t offset) const { return msix_.read(offset); }
  /// PBACL, or the cause went before its message (1.4.3 rule 4).
  void clear_pending(std::uint32_t vectors) { msix_.clear_pending(vectors); }

  Way way() const { return way_; }
  /// The level the INTx pin should have.
  bool pin() const { return level_ != 0 && !intx_disabled_; }
  bool interrupt_status() const { return level_ != 0; }  ///< PCI Status bit 3, whatever INTx disable says
  bool msi_pending() const { return msi_pending_; }      ///< MSI capability, pending bit
  /// A port reset: its causes are gone, and what pended for them. The table stays.
  void reset_port() {
    level_ = 0;
    msi_pending_ = false;
    msix_.clear_pending(~std::uint32_t{0});
  }
  /// Function-level reset, with configuration space already reset.
  void reset() { *this = InterruptDelivery(); }

 private:
  template <class Send>
  void send_all(std::uint32_t vectors, Send&& send) {
    for (; vectors != 0; vectors &= vectors - 1)
      send(msix_.message(static_cast<unsigned>(std::countr_zero(vectors))));
  }
  template <class Send>
  void change_way(std::uint32_t lines, Send&& send) {
    msi_pending_ = false;
    std::uint32_t left = std::exchange(level_, 0) & lines;
    if (way_ == Way::intx) {
      level_ = lines;
      return;
    }
    for (; left != 0; left &= left - 1)
      if (const auto m = grant(static_cast<unsigned>(std::countr_zero(left)))) send(*m);
  }

  Way way_ = Way::intx;
  bool intx_disabled_ = false;
  bool msi_held_ = true;  ///< masked, or no bus mastering
  bool msi_pending_ = false;
  MsixMessage msi_;
  std::uint32_t level_ = 0;  ///< INTx: vectors granted whose line has not fallen since
  Msix msix_;
};

}  // namespace niclab::hw
