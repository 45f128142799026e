#include "driver/pci_state.hpp"

namespace niclab::igb {
namespace {

constexpr std::uint16_t kCommand = 0x04, kPmcsr = 0x44, kDeviceControl = 0xA8, kDeviceStatus = 0xAA;
constexpr std::uint16_t kCommandMemory = 1u << 1, kCommandMaster = 1u << 2;
constexpr std::uint16_t kPowerState = 3u, kPmeEnable = 1u << 8, kPmeStatus = 1u << 15;
constexpr std::uint16_t kInitiateFlr = 1u << 15, kTransactionsPending = 1u << 5;
constexpr unsigned kPendingPolls = 4, kPendingPollMs = 100, kFlrMs = 100, kD3Ms = 10;

void msleep(PciDevice& pdev, unsigned ms) {
  pdev.kernel().sleep_until(pdev.kernel().now() + Duration::from_ms(ms));
}

void set_command(PciDevice& pdev, std::uint16_t clear, std::uint16_t set) {
  const std::uint16_t before = pdev.config_read16(kCommand);
  const auto wanted = static_cast<std::uint16_t>((before & ~clear) | set);
  if (wanted != before) pdev.config_write16(kCommand, wanted);
}

}  // namespace

void PciSavedState::save(PciDevice& pdev) {
  for (unsigned i = 0; i < header_.size(); ++i)
    header_[i] = pdev.config_read32(static_cast<std::uint16_t>(4 * i));
  for (unsigned i = 0; i < controls_.size(); ++i) controls_[i] = pdev.config_read16(kControls[i]);
  saved_ = true;
}

void PciSavedState::restore(PciDevice& pdev) const {
  if (!saved_) return;
  for (unsigned i = 0; i < controls_.size(); ++i) pdev.config_write16(kControls[i], controls_[i]);
  for (unsigned i = static_cast<unsigned>(header_.size()); i-- > 0;) {
    const auto offset = static_cast<std::uint16_t>(4 * i);
    if (pdev.config_read32(offset) != header_[i]) pdev.config_write32(offset, header_[i]);
  }
}

void pci_enable_device_mem(PciDevice& pdev) {
  if ((pdev.config_read16(kPmcsr) & kPowerState) != 0) pci_set_power_state(pdev, PciPower::D0);
  set_command(pdev, 0, kCommandMemory);
}

void pci_set_master(PciDevice& pdev) { set_command(pdev, 0, kCommandMaster); }
void pci_disable_device(PciDevice& pdev) { set_command(pdev, kCommandMaster, 0); }

void pci_set_power_state(PciDevice& pdev, PciPower state) {
  const std::uint16_t before = pdev.config_read16(kPmcsr);
  if ((before & kPowerState) == static_cast<std::uint16_t>(state)) return;
  pdev.config_write16(kPmcsr, static_cast<std::uint16_t>((before & ~(kPowerState | kPmeStatus)) |
                                                         static_cast<std::uint16_t>(state)));
  msleep(pdev, kD3Ms);
}

void pci_enable_wake(PciDevice& pdev, bool on) {
  const std::uint16_t before = pdev.config_read16(kPmcsr);
  pdev.config_write16(
      kPmcsr, static_cast<std::uint16_t>((before & ~kPmeEnable) | kPmeStatus | (on ? kPmeEnable : 0)));
}

void pcie_flr(PciDevice& pdev) {
  for (unsigned i = 0; i < kPendingPolls; ++i) {
    if ((pdev.config_read16(kDeviceStatus) & kTransactionsPending) == 0) break;
    msleep(pdev, kPendingPollMs);
  }
  pdev.config_write16(kDeviceControl,
                      static_cast<std::uint16_t>(pdev.config_read16(kDeviceControl) | kInitiateFlr));
  msleep(pdev, kFlrMs);
}

}  // namespace niclab::igb
