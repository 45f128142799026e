// The texts of /proc/interrupts, /proc/softirqs and /proc/stat: counts in, the file's content out.
#pragma once

#include <string>
#include <vector>

#include "lab/results.hpp"

namespace niclab::lab::shell {

/// The number of the first interrupt of a device; the next ones count on.
inline constexpr unsigned kFirstIrq = 64;

/// /proc/interrupts (path-map E-37, block X7): interrupts of devices behind an IOMMU, by message or pin, then
/// those the CPUs give themselves ("LOC", "RES").
std::string proc_interrupts(const std::vector<PerCpuCount>& devices, const std::vector<PerCpuCount>& local);

/// /proc/softirqs (path-map E-36, block X6).
std::string proc_softirqs(const std::vector<PerCpuCount>& rows);

/// The cpu lines of /proc/stat, in hundredths of a second: idle, irq and softirq, and under "system" all that
/// tasks did, as the simulation does not tell user mode from system calls (path-map E-62).
std::string proc_stat(const std::vector<CpuTime>& cpus);

}  // namespace niclab::lab::shell
