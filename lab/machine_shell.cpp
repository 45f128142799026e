#include "lab/machine_shell.hpp"

#include "hw/register_offsets.hpp"

namespace niclab::lab {

namespace reg = hw::reg;

Time MachineShell::now() const { return niclab::max(paused_, machine_.host().kernel().engine().now()); }

std::vector<igb::IgbAdapter*> MachineShell::adapters() {
  std::vector<igb::IgbAdapter*> all;
  for (const auto& a : machine_.adapters()) all.push_back(a.get());
  return all;
}

std::optional<unsigned> MachineShell::port_of(const igb::IgbAdapter& adapter) const {
  for (unsigned f = 0; f < machine_.adapters().size(); ++f)
    if (machine_.adapters()[f].get() == &adapter) return f;
  return std::nullopt;
}

igb::StatsSnapshot MachineShell::look_at_stats(const igb::IgbAdapter& adapter) {
  const auto port = port_of(adapter);
  if (!port) return {};
  const hw::Statistics& counters = machine_.device().function(*port).statistics();
  return adapter.observe_stats([&counters](reg::Offset offset) {
    const reg::Offset first = reg::RQDPC(0), stride = reg::RQDPC(1) - first;
    if (offset >= first && offset <= reg::RQDPC(reg::kQueues - 1) && (offset - first) % stride == 0)
      return counters.snapshot_rqdpc((offset - first) / stride);
    return counters.snapshot(offset);
  });
}

void MachineShell::set_cable(const igb::IgbAdapter& adapter, bool in) {
  sim::HostKernel& kernel = machine_.host().kernel();
  kernel.sync();
  if (const auto port = port_of(adapter)) machine_.device().link_end(*port).set_cable(in, kernel.now());
}

std::vector<PerCpuCount> MachineShell::local_interrupts() const {
  const sim::HostKernel& kernel = machine_.host().kernel();
  return {{"LOC", kernel.local_timer_counts()}, {"RES", kernel.ipi_counts()}};
}

std::vector<shell::LogLine> MachineShell::kernel_log() const {
  std::vector<shell::LogLine> lines;
  for (const auto& line : machine_.host().kernel().kernel_log()) lines.push_back({line.at, line.text});
  return lines;
}

std::vector<shell::PciFunction> MachineShell::look_at_pci() const {
  std::vector<shell::PciFunction> all;
  for (unsigned f = 0; f < machine_.device().pci_functions(); ++f)
    all.push_back({machine_.pci_device(f).address(), machine_.device().config_space(f),
                   f < machine_.adapters().size() ? "igb" : ""});
  return all;
}

}  // namespace niclab::lab
