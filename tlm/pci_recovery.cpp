#include "tlm/pci_recovery.hpp"

#include <cstdio>

#include "hw/aer.hpp"
#include "tlm/host_pci.hpp"

namespace niclab::sim {
namespace {

// configuration space (fact base 1.4.4, 1.5)
constexpr std::uint16_t kDeviceControl = 0xA8, kDeviceStatus = 0xAA;
constexpr std::uint16_t kUeStatus = 0x104, kUeMask = 0x108, kCeStatus = 0x110, kCeMask = 0x114,
                        kHeaderLog = 0x11C;
constexpr std::uint16_t kInitiateFlr = 0x8000, kErrorsDetected = 0xF;
constexpr std::uint32_t kWithHeader = 0x001FD000 & ~0x4000u;  // errors whose TLP is in the header log
constexpr const char* kRootPort = "pcieport 0000:00:01.0: AER: ";

// PCI Express Base 6.6: how long a link is held in reset, and how long functions are left alone afterwards.
constexpr Duration kHotReset = 2_ms, kAfterReset = 100_ms;

std::string hex(std::uint32_t v) {
  char s[9];
  std::snprintf(s, sizeof s, "%08x", v);
  return s;
}

}  // namespace

std::string PciRecovery::name(unsigned f) const { return "0000:01:00." + std::to_string(f); }

// --- what happened -------------------------------------------------------------------------------

void PciRecovery::add(Work work) {
  work_.push_back(work);
  if (running_) return;
  running_ = true;
  kernel_.spawn("aerdrv", 0, [this] { run(); });
}

void PciRecovery::reported(unsigned function, MessageCode code) {
  if (functions_.at(function) == nullptr) return;
  Counts& counts = counts_[function];
  switch (code) {
    case MessageCode::err_cor: ++counts.correctable; return add({Why::correctable, function});
    case MessageCode::err_nonfatal: ++counts.nonfatal; return add({Why::nonfatal, function});
    default: ++counts.fatal; return add({Why::fatal, function});
  }
}

void PciRecovery::save() {
  for (HostPci* pci : functions_)
    if (pci != nullptr) pci->save_state();
}

void PciRecovery::link_is_back() { add({Why::link_back, 0}); }
void PciRecovery::reset_function(unsigned function) { add({Why::function_reset, function}); }

// --- the task ------------------------------------------------------------------------------------

void PciRecovery::run() {
  while (!work_.empty()) {
    const Work work = work_.front();
    work_.pop_front();
    handle(work);
    kernel_.sync();
  }
  running_ = false;
}

void PciRecovery::handle(const Work& work) {
  switch (work.why) {
    case Why::correctable: return correctable(work.function);
    case Why::nonfatal: return uncorrectable(work.function, false);
    case Why::fatal: return uncorrectable(work.function, true);
    case Why::link_back: kernel_.log("pcieport 0000:00:01.0: Link Up"); return recover(true, true);
    case Why::function_reset: {
      HostPci& pci = *functions_.at(work.function);
      pci.save_state();
      kernel_.log("pci " + name(work.function) + ": function level reset");
      const std::uint16_t control = pci.config_read16(kDeviceControl);
      pci.config_write16(kDeviceControl, static_cast<std::uint16_t>(control | kInitiateFlr));
      kernel_.sleep_until(kernel_.now() + kAfterReset);
      pci.restore_state();
    }
  }
}

/// In the manner of Linux's aer_print_error.
void PciRecovery::log_error(unsigned f, const std::string& severity, std::uint32_t status, std::uint32_t mask,
                            bool uncorrectable) {
  const std::string device = "pci " + name(f) + ": ";
  kernel_.log(device + "PCIe Bus Error: severity=" + severity + ", type=Transaction Layer, id=0" +
              std::to_string(100 + f));
  kernel_.log(device + "  device [8086:1521] error status/mask=" + hex(status) + "/" + hex(mask));
  for (const hw::PciErrorName& e : hw::pci_error_names()) {
    const unsigned n = static_cast<unsigned>(e.error);
    if ((n < 32) != uncorrectable || (status >> n % 32 & 1) == 0) continue;
    kernel_.log(device + "   [" + (n % 32 < 10 ? " " : "") + std::to_string(n % 32) + "] " +
                std::string(e.linux_name));
  }
}

void PciRecovery::correctable(unsigned f) {
  HostPci& pci = *functions_[f];
  kernel_.log(kRootPort + std::string("Corrected error received: ") + name(f));
  const std::uint32_t status = pci.config_read32(kCeStatus);
  if (status == ~0u) return;
  log_error(f, "Corrected", status, pci.config_read32(kCeMask), false);
  pci.config_write32(kCeStatus, status);
  pci.config_write16(kDeviceStatus, kErrorsDetected);
}

void PciRecovery::uncorrectable(unsigned f, bool fatal) {
  HostPci& pci = *functions_[f];
  const std::string severity = fatal ? "Uncorrected (Fatal)" : "Uncorrected (Non-Fatal)";
  kernel_.log(kRootPort + severity + " error received: " + name(f));
  const std::uint32_t status = pci.config_read32(kUeStatus);
  if (status == ~0u) return;
  log_error(f, severity, status, pci.config_read32(kUeMask), true);
  if ((status & kWithHeader) != 0) {
    std::string line = "pci " + name(f) + ":   TLP Header:";
    for (unsigned i = 0; i < 4; ++i)
      line += " " + hex(pci.config_read32(static_cast<std::uint16_t>(kHeaderLog + 4 * i)));
    kernel_.log(line);
  }
  pci.config_write32(kUeStatus, status);
  pci.config_write16(kDeviceStatus, kErrorsDetected);
  kernel_.sync();
  save();
  recover(fatal, false);
}

/// pcie_do_recovery: every driver of the card is asked, and the most careful one decides. After `lost` the
/// card has to be reset, unless `link_reset` says that it has been.
void PciRecovery::recover(bool lost, bool link_reset) {
  const PciChannelState state = lost ? PciChannelState::frozen : PciChannelState::normal;
  bool all = true, none = true, reset = lost;
  const auto each = [&](auto&& ask) {
    for (HostPci* pci : functions_)
      if (pci != nullptr && pci->error_handler() != nullptr) ask(*pci->error_handler());
  };
  each([&](PciErrorHandler& h) {
    const PciErsResult r = h.error_detected(state);
    none = false;
    reset = reset || r == PciErsResult::need_reset;
    all = all && (r == PciErsResult::need_reset || r == PciErsResult::can_recover);
  });
  if (none) kernel_.log(kRootPort + std::string("no driver handles errors of this card"));
  if (lost && !link_reset) all = reset_link() && all;
  if (reset && all) {
    restore();
    each([&](PciErrorHandler& h) { all = h.slot_reset() == PciErsResult::recovered && all; });
  } else if (reset) {
    restore();
  }
  if (all && !none) each([](PciErrorHandler& h) { h.resume(); });
  kernel_.log(kRootPort +
              std::string(all && !none ? "device recovery successful" : "device recovery failed"));
}

/// Secondary bus reset; whether there is somebody who does it.
bool PciRecovery::reset_link() {
  if (!reset_card_) return false;
  kernel_.sleep_until(kernel_.now() + kHotReset);
  kernel_.sync();
  kernel_.engine().at<&PciRecovery::card_resets>(kernel_.now().ceil(kDeviceClock), Kind::foreign, agent_,
                                                 *this);
  kernel_.sleep_until(kernel_.now() + kAfterReset);
  return true;
}

void PciRecovery::card_resets(Time t, std::uint32_t) { reset_card_(t); }

void PciRecovery::restore() {
  for (HostPci* pci : functions_)
    if (pci != nullptr) pci->restore_state();
}

}  // namespace niclab::sim
