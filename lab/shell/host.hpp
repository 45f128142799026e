// What the shell sees of a simulated host.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "driver/igb.hpp"
#include "hw/pci_config.hpp"
#include "lab/results.hpp"
#include "stack/net_stack.hpp"

namespace niclab::lab::shell {

/// A line of the kernel log.
struct LogLine {
  Time at;
  std::string text;
};

/// A PCI function: a copy of its configuration space, and who drives it.
struct PciFunction {
  PciAddress address;
  hw::PciConfigSpace space;
  std::string driver;  ///< empty: nobody
};

/// Everything named `look` or const is a look from outside: it costs no simulated time and changes nothing.
/// What acts on stack or driver belongs into a task of the host (Step::in_task).
class Host {
 public:
  virtual ~Host() = default;
  virtual const std::string& name() const = 0;
  virtual Time now() const = 0;
  virtual stack::NetStack& net() = 0;
  virtual std::vector<igb::IgbAdapter*> adapters() = 0;
  /// The counters of a port, fresh from the device.
  virtual igb::StatsSnapshot look_at_stats(const igb::IgbAdapter& adapter) = 0;
  virtual std::vector<PerCpuCount> interrupts() const = 0;  ///< of devices, in the order they were requested
  virtual std::vector<PerCpuCount> local_interrupts() const = 0;  ///< "LOC", "RES"
  virtual std::vector<PerCpuCount> softirqs() const = 0;
  virtual std::vector<CpuTime> cpu_times() const = 0;
  virtual std::vector<LogLine> kernel_log() const = 0;
  virtual std::vector<PciFunction> look_at_pci() const = 0;  ///< of the card, by function number
  /// Pulls an interface's cable out, or plugs it in. From a task of the host.
  virtual void set_cable(const igb::IgbAdapter& adapter, bool in) = 0;
};

/// The adapter of an interface, nullptr when there is none of that name.
igb::IgbAdapter* find_adapter(Host& host, const std::string& interface);
/// The same for those who get ENODEV when the device is detached (netif_device_present).
igb::IgbAdapter* present_adapter(Host& host, const std::string& interface);

}  // namespace niclab::lab::shell
