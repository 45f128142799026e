// Finding, resetting and registering a port (path-map A-08, fact base 5.1).
#include <algorithm>
#include <cerrno>

#include "driver/igb.hpp"

namespace niclab::igb {
namespace {

constexpr std::uint16_t kPciVendor = 0x00, kPciDevice = 0x02;
constexpr std::uint16_t kPcieDeviceControl = 0xA8, kPcieLinkStatus = 0xB2;
constexpr std::uint16_t kAerEnables = 0x000F;
constexpr std::uint16_t kVendorIntel = 0x8086;
constexpr unsigned kNvmThermalSensor = 0x3E;
constexpr std::uint16_t kNvmApmEnable = 1u << 10;

unsigned clamp_ring(unsigned n) { return (std::clamp(n, kMinRing, kMaxRing) + 7) / 8 * 8; }

std::uint32_t setting_or_default(unsigned usecs) { return itr_setting_of(usecs_valid(usecs) ? usecs : 3); }

}  // namespace

ProbeResult igb_probe(PciDevice& pdev, stack::NetdevCore& core, std::string name, const IgbConfig& config) {
  ProbeResult result;
  auto adapter = std::make_unique<IgbAdapter>(pdev, core, std::move(name), config);
  result.error = adapter->probe();
  if (result.error == 0) {
    result.adapter = std::move(adapter);
  } else if (result.error != -ENODEV) {
    result.reason = adapter->probe_reason();
    core.kernel().log("igb: probe of " + pdev.address().to_string() + " failed with error " +
                      std::to_string(result.error));
  }
  return result;
}

IgbAdapter::IgbAdapter(PciDevice& pdev, stack::NetdevCore& core, std::string interface,
                       const IgbConfig& config)
    : pdev_(pdev),
      core_(core),
      kernel_(core.kernel()),
      config_(config),
      hw_(pdev),
      ptp_(hw_, core, Callback::to<&IgbAdapter::ptp_overflow_due>(*this)),
      pages_(kernel_, kRxPageSize, kRxPageSize),
      watchdog_timer_(Callback::to<&IgbAdapter::watchdog_expired>(*this)),
      tx_ring_count_(clamp_ring(config.tx_ring)),
      rx_ring_count_(clamp_ring(config.rx_ring)),
      rx_itr_setting_(setting_or_default(config.rx_usecs)),
      tx_itr_setting_(setting_or_default(config.tx_usecs)),
      rss_udp_ports_(config.rss_udp_ports) {
  name = std::move(interface);
  driver_name = "igb";
  hw_.when_removed(Callback::to<&IgbAdapter::device_vanished>(*this));
  hw_.request_fc(config.flow_control);
  hw_.request_link({.modes = advertised::up_to(config.speed)});
}

IgbAdapter::~IgbAdapter() {
  if (owns_regions_) pdev_.release_regions();
  pdev_.set_error_handler(nullptr);
  if (worker_) worker_->adapter = nullptr;
  if (watchdog_timer_.pending()) kernel_.del_timer(watchdog_timer_);
}

int IgbAdapter::pci_setup() {
  pci_enable_device_mem(pdev_);
  if (pdev_.dma_set_mask_and_coherent(64) != 0) {
    if (const int error = pdev_.dma_set_mask_and_coherent(32); error != 0) {
      log(pdev_.address().to_string() + ": No usable DMA configuration, aborting");
      return error;
    }
  }
  if (const int error = pdev_.request_regions(driver_name); error != 0) return error;
  owns_regions_ = true;
  pdev_.config_write16(kPcieDeviceControl, pdev_.config_read16(kPcieDeviceControl) | kAerEnables);
  if (!config_.bugs.no_bus_master) pci_set_master(pdev_);
  saved_state_.save(pdev_);
  return 0;
}

void IgbAdapter::device_vanished() { core_.netif_device_detach(*this); }

// Row 18 of 5.1. Magic packets wake a port whose NVM says so.
void IgbAdapter::read_wol() {
  std::uint16_t control = 0;
  hw_.read_nvm(hw_.nvm_init_control3(), control);
  hw_.rd32(reg::WUFC);
  wol_supported_ = (control & kNvmApmEnable) != 0;
  wol_ = wol_supported_ ? wufc::MAG : 0;
}

int IgbAdapter::sw_init() {
  const unsigned online = kernel_.num_online_cpus();
  queues_ = std::clamp(config_.queues == 0 ? online : config_.queues, 1u, hw_.row().max_queues);
  queue_pairs_ = queues_ > hw_.row().max_queues / 2;  // decided here, once (path-map A-21, F-23)
  init_interrupt_scheme(true);
  igb_default_rss_indir();
  igb_irq_disable();
  return 0;
}

int IgbAdapter::refuse(const char* reason) {
  log(pdev_.address().to_string() + ": " + reason);
  reason_ = reason;
  clear_interrupt_scheme();
  return -EIO;
}

int IgbAdapter::probe() {
  if (pdev_.config_read16(kPciVendor) != kVendorIntel) return -ENODEV;
  const DeviceRow* row = find_device(pdev_.config_read16(kPciDevice));
  if (row == nullptr) return -ENODEV;
  hw_.set_row(*row);
  const std::string where = pdev_.address().to_string() + ": ";
  if (const int error = pci_setup(); error != 0) return error;
  if (const int error = hw_.get_invariants(); error != 0) {
    if (error == -EBUSY) reason_ = "the PHY's semaphore is held by firmware or another port";
    return error;
  }
  if (const int error = sw_init(); error != 0) return error;
  const std::uint16_t link = pdev_.config_read16(kPcieLinkStatus);

  hw_ip_csum = true;
  scatter_gather = true;
  if (hw_.phy_reset_blocked()) log(where + "PHY reset is blocked due to SOL/IDER session.");
  hw_.reset_hw();
  if (hw_.validate_nvm_checksum() != 0) return refuse("The NVM Checksum Is Not Valid");
  hw_.mac_addr = hw_.read_mac_addr();
  if (hw_.mac_addr.is_zero() || hw_.mac_addr.is_group()) return refuse("Invalid MAC Address");
  dev_addr = hw_.mac_addr;
  hw_.rar_set(0, hw_.mac_addr);

  fw_version_ = hw_.read_fw_version();
  start_worker();
  read_wol();
  igb_reset();
  igb_get_hw_control();
  core_.netif_carrier_off(*this);
  core_.register_netdev(*this);
  if (row->ptp_clock) {
    ptp_.init();
    log("added PHC on " + name);
  }
  pdev_.set_error_handler(this);
  const std::string part_number = hw_.read_part_number();
  if (hw_.port() == 0) hw_.nvm_word(kNvmThermalSensor);  // what hangs on it is not part of this driver
  hw_.set_eee_i350();
  log(where + "Intel(R) Gigabit Ethernet Network Connection");
  log(where + name + ": (PCIe:" + ((link & 0xF) == 2 ? "5.0Gb/s" : "2.5Gb/s") + ":Width x" +
      std::to_string(link >> 4 & 0x3F) + ") " + dev_addr.to_string());
  log(where + name + ": PBA No: " + part_number);
  log(where + "Using " + std::string(interrupt_kind()) + " interrupts. " + std::to_string(queues_) +
      " rx queue(s), " + std::to_string(queues_) + " tx queue(s)");
  return 0;
}

void IgbAdapter::igb_remove() {
  if (ptp_.index() >= 0) {
    ptp_.stop();
    log("removed PHC on " + name);
  }
  kernel_.sync();
  down_ = true;  // the watchdog does not start itself again
  kernel_.del_timer(watchdog_timer_);
  cancel_work();
  pdev_.set_error_handler(nullptr);
  igb_release_hw_control();
  core_.unregister_netdev(*this);
  if (running_) ndo_stop();
  kernel_.del_timer(watchdog_timer_);
  clear_interrupt_scheme();
  pdev_.release_regions();
  owns_regions_ = false;
  pci_disable_device(pdev_);
  kernel_.sync();
  worker_->adapter = nullptr;
  kernel_.wake_all(worker_->queue);
}

}  // namespace niclab::igb
