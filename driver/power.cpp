// Suspend, resume, reset of the function, and what the driver does about errors of the bus (fact base 4.9,
// 4.14, 5.6).
#include <cerrno>
#include <utility>

#include "driver/igb.hpp"

namespace niclab::igb {
namespace {

constexpr std::uint32_t kWucPmeEnable = reg::bit(1);

}  // namespace

// --- wake on LAN ---------------------------------------------------------------------------------

int IgbAdapter::set_wol(std::uint32_t filters) {
  if ((filters & ~wufc::kSupported) != 0) return -EOPNOTSUPP;
  if (!wol_supported_) return filters != 0 ? -EOPNOTSUPP : 0;
  kernel_.sync();
  wol_ = filters;
  return 0;
}

// --- suspend and resume --------------------------------------------------------------------------

// __igb_shutdown: quiet, without interrupts, ready to lose power. True: something may wake it.
bool IgbAdapter::igb_shutdown(std::uint32_t wanted) {
  core_.netif_device_detach(*this);
  reopen_ = running_;
  if (running_) igb_close();
  ptp_.suspend();
  clear_interrupt_scheme();
  saved_state_.save(pdev_);
  if ((hw_.rd32(reg::STATUS) & reg::status::LU) != 0) wanted &= ~wufc::LNKC;
  if (wanted != 0) igb_arm_wakeup(wanted);
  hw_.wr32(reg::WUC, wanted != 0 ? kWucPmeEnable : 0);
  hw_.wr32(reg::WUFC, wanted);
  if (wanted != 0)
    igb_power_up_link();
  else
    hw_.power_down_phy();
  igb_release_hw_control();
  return wanted != 0;
}

void IgbAdapter::igb_arm_wakeup(std::uint32_t wanted) {
  igb_setup_rctl();
  igb_set_rx_mode();
  if ((wanted & wufc::MC) != 0) hw_.rmw32(reg::RCTL, 0, reg::rctl::MPE);
  hw_.rmw32(reg::CTRL, 0, reg::ctrl::ADVD3WUC);
  hw_.disable_pcie_master();
}

int IgbAdapter::igb_suspend() {
  begin_reconfiguration();
  if (suspended_ || !present) {
    end_reconfiguration();
    return -EBUSY;
  }
  const bool wake = igb_shutdown(wol_);
  pci_disable_device(pdev_);
  pci_enable_wake(pdev_, wake);
  pci_set_power_state(pdev_, PciPower::D3hot);
  suspended_ = true;
  end_reconfiguration();
  return 0;
}

int IgbAdapter::igb_resume() {
  begin_reconfiguration();
  int error = -EINVAL;
  if (suspended_) {
    suspended_ = false;
    pci_set_power_state(pdev_, PciPower::D0);
    saved_state_.restore(pdev_);
    error = igb_reinit();
  }
  end_reconfiguration();
  return error;
}

// The common end of resume and reset: configuration space is as it was, everything else is set up anew.
int IgbAdapter::igb_reinit() {
  pci_enable_device_mem(pdev_);
  pci_set_master(pdev_);
  saved_state_.save(pdev_);
  pci_enable_wake(pdev_, false);
  init_interrupt_scheme(true);
  igb_reset();
  igb_get_hw_control();
  hw_.wr32(reg::WUS, ~std::uint32_t{0});
  if (std::exchange(reopen_, false))
    if (const int error = igb_open(); error != 0) return error;
  core_.netif_device_attach(*this);
  return 0;
}

int IgbAdapter::pci_reset_function() {
  begin_reconfiguration();
  if (suspended_ || !present) {
    end_reconfiguration();
    return -ENODEV;
  }
  igb_shutdown(0);
  pcie_flr(pdev_);
  saved_state_.restore(pdev_);
  const int error = igb_reinit();
  end_reconfiguration();
  return error;
}

// --- errors of the bus (pci_error_handlers) ------------------------------------------------------

PciErsResult IgbAdapter::error_detected(PciChannelState state) {
  begin_reconfiguration();
  core_.netif_device_detach(*this);
  channel_offline_ = state != PciChannelState::normal;
  if (state != PciChannelState::perm_failure) {
    if (channel_offline_)
      hw_.disable_pcie_master();  // nothing resets the port before its memory is given back
    if (running_) igb_down();
    pci_disable_device(pdev_);
  }
  end_reconfiguration();
  return state == PciChannelState::perm_failure ? PciErsResult::disconnect : PciErsResult::need_reset;
}

PciErsResult IgbAdapter::slot_reset() {
  begin_reconfiguration();
  pci_enable_device_mem(pdev_);
  pci_set_master(pdev_);
  channel_offline_ = false;
  hw_.forget_removal();
  saved_state_.save(pdev_);
  pci_enable_wake(pdev_, false);
  igb_reset();
  hw_.wr32(reg::WUS, ~std::uint32_t{0});
  end_reconfiguration();
  return hw_.removed() ? PciErsResult::disconnect : PciErsResult::recovered;
}

void IgbAdapter::resume() {
  begin_reconfiguration();
  if (running_) igb_up();
  core_.netif_device_attach(*this);
  igb_get_hw_control();
  end_reconfiguration();
}

}  // namespace niclab::igb
