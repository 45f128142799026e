#include "lab/shell/proc_text.hpp"

#include <algorithm>
#include <cstdint>

#include "stack/admin/text.hpp"

namespace niclab::lab::shell {
namespace {

using stack::admin::strprintf;

std::string cpu_names(std::size_t cpus) {
  std::string s;
  for (std::size_t c = 0; c < cpus; ++c) s += strprintf("CPU%-8zu", c);
  return s + "\n";
}

std::string counts(const std::vector<std::uint64_t>& per_cpu, const char* before) {
  std::string s;
  for (const std::uint64_t n : per_cpu) s += strprintf("%s%10u", before, static_cast<std::uint32_t>(n));
  return s;
}

std::string_view meaning(std::string_view name) {
  return name == "LOC" ? "Local timer interrupts" : "Rescheduling interrupts";
}

}  // namespace

std::string proc_interrupts(const std::vector<PerCpuCount>& devices, const std::vector<PerCpuCount>& local) {
  const std::size_t cpus = !local.empty()     ? local[0].per_cpu.size()
                           : !devices.empty() ? devices[0].per_cpu.size()
                                              : 0;
  const int width = std::max<int>(3, static_cast<int>(std::to_string(kFirstIrq + devices.size()).size()));
  std::string s = strprintf("%*s", width + 8, "") + cpu_names(cpus);
  const auto row = [&](const std::string& label, const PerCpuCount& r) {
    s += strprintf("%*s: ", width, label.c_str());
    for (const std::uint64_t n : r.per_cpu) s += strprintf("%10u ", static_cast<std::uint32_t>(n));
  };
  for (std::size_t i = 0; i < devices.size(); ++i) {
    row(std::to_string(kFirstIrq + i), devices[i]);
    const bool level = devices[i].level;
    s += strprintf(" %8s-%-8s  %s\n", level ? "IR-IO-APIC" : "IR-PCI-MSI", level ? "fasteoi" : "edge",
                   devices[i].name.c_str());
  }
  for (const PerCpuCount& r : local) {
    row(r.name, r);
    s += "  " + std::string(meaning(r.name)) + "\n";
  }
  return s;
}

std::string proc_softirqs(const std::vector<PerCpuCount>& rows) {
  std::string s = strprintf("%20s", "") + cpu_names(rows.empty() ? 0 : rows[0].per_cpu.size());
  for (const PerCpuCount& r : rows) s += strprintf("%12s:", r.name.c_str()) + counts(r.per_cpu, " ") + "\n";
  return s;
}

std::string proc_stat(const std::vector<CpuTime>& cpus) {
  constexpr std::uint64_t kNsPerTick = 10'000'000;  // USER_HZ = 100
  const auto line = [](const std::string& name, const CpuTime& t) {
    const auto ticks = [](std::uint64_t ns) { return std::to_string(ns / kNsPerTick); };
    const std::uint64_t tasks = t.busy_ns - t.hardirq_ns - t.softirq_ns;
    return name + " 0 0 " + ticks(tasks) + " " + ticks(t.idle_ns) + " 0 " + ticks(t.hardirq_ns) + " " +
           ticks(t.softirq_ns) + " 0 0 0\n";
  };
  CpuTime all;
  for (const CpuTime& t : cpus) {
    all.busy_ns += t.busy_ns;
    all.idle_ns += t.idle_ns;
    all.hardirq_ns += t.hardirq_ns;
    all.softirq_ns += t.softirq_ns;
  }
  std::string s = line("cpu ", all);
  for (std::size_t c = 0; c < cpus.size(); ++c) s += line("cpu" + std::to_string(c), cpus[c]);
  return s;
}

}  // namespace niclab::lab::shell
