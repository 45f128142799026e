// What Linux's PCI core does to one function for its driver: power states, saved configuration space, reset.
// Task context; offsets are the I350's (fact base 1.2, 1.4).
#pragma once

#include <array>
#include <cstdint>

#include "base/pci.hpp"

namespace niclab::igb {

/// pci_save_state and pci_restore_state: header and PCI Express controls. MSI and MSI-X belong to those who
/// request interrupts.
class PciSavedState {
 public:
  void save(PciDevice& pdev);
  /// Writes what differs, the command register last. Nothing if nothing was saved.
  void restore(PciDevice& pdev) const;

 private:
  static constexpr std::array<std::uint16_t, 4> kControls{0xA8, 0xB0, 0xC8, 0xD0};
  bool saved_ = false;
  std::array<std::uint32_t, 16> header_{};
  std::array<std::uint16_t, kControls.size()> controls_{};
};

/// pci_enable_device_mem: wakes the function (D0) and lets it decode memory.
void pci_enable_device_mem(PciDevice& pdev);
void pci_set_master(PciDevice& pdev);
/// pci_disable_device: no bus mastering any more.
void pci_disable_device(PciDevice& pdev);

enum class PciPower : std::uint8_t { D0 = 0, D3hot = 3 };
/// pci_set_power_state: writes PMCSR and waits the 10 ms a change from or to D3hot takes.
void pci_set_power_state(PciDevice& pdev, PciPower state);
/// pci_enable_wake: PME on or off; what it reported before is cleared.
void pci_enable_wake(PciDevice& pdev, bool on);
/// Function-level reset: waits for pending transactions, resets, waits 100 ms. Configuration space is lost.
void pcie_flr(PciDevice& pdev);

}  // namespace niclab::igb
