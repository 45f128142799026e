// A machine as its shell sees it.
#pragma once

#include <optional>

#include "lab/machine.hpp"
#include "lab/shell/host.hpp"

namespace niclab::lab {

class MachineShell final : public shell::Host {
 public:
  explicit MachineShell(Machine& machine) : machine_(machine) {}

  /// The simulation waits at `t`: the clock an observer sees. Between the pauses it is the host's own.
  void paused_at(Time t) { paused_ = t; }

  const std::string& name() const override { return machine_.name(); }
  Time now() const override;
  stack::NetStack& net() override { return machine_.stack(); }
  std::vector<igb::IgbAdapter*> adapters() override;
  igb::StatsSnapshot look_at_stats(const igb::IgbAdapter& adapter) override;
  std::vector<PerCpuCount> interrupts() const override { return machine_.interrupts(); }
  std::vector<PerCpuCount> local_interrupts() const override;
  std::vector<PerCpuCount> softirqs() const override { return machine_.softirqs(); }
  std::vector<CpuTime> cpu_times() const override { return machine_.cpu_times(now()); }
  std::vector<shell::LogLine> kernel_log() const override;
  std::vector<shell::PciFunction> look_at_pci() const override;
  void set_cable(const igb::IgbAdapter& adapter, bool in) override;

 private:
  /// The port of the card behind an interface.
  std::optional<unsigned> port_of(const igb::IgbAdapter& adapter) const;

  Machine& machine_;
  Time paused_{};
};

}  // namespace niclab::lab
