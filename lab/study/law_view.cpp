#include "lab/study/law_view.hpp"

#include <algorithm>
#include <cmath>

namespace niclab::lab::study {
namespace {

constexpr unsigned kAdaptive = 3, kAdaptiveLow = 1;  // rx-usecs
constexpr double kNoThrottleUs = 1;                  // what igb writes for 0
constexpr double kLeastConservative = 49,
                 kLeastAdaptive = 10.5;  // EITR 196; of the smallest frame: (60 + 24) / 2
constexpr double kMostAdaptive = 375;    // of the largest frame igb counts: 3000 / 2
constexpr double kSlowLink = 245;        // EITR 980
constexpr unsigned kIntervalMask = 0x7FFC;
constexpr double kWireOverhead = 20;

std::uint64_t counted(const std::vector<PerCpuCount>& rows, std::string_view name) {
  for (const PerCpuCount& row : rows)
    if (row.name == name) return row.total();
  return 0;
}

}  // namespace

double measured_us(const RunResult& r) { return static_cast<double>(r.time_ns - r.start_ns) / 1000; }

ThrottleRange throttle_of(const Nic& nic, bool receives) {
  const unsigned setting = receives ? nic.rx_usecs : kAdaptive;
  if (setting == 0) return {kNoThrottleUs, kNoThrottleUs};
  if (setting != kAdaptive && setting != kAdaptiveLow) {
    const double us = (setting * 4 & kIntervalMask) / 4;
    return {us, us};
  }
  if (nic.speed != 1000) return {kSlowLink, kSlowLink};
  return {setting == kAdaptive ? kLeastConservative : kLeastAdaptive, kMostAdaptive};
}

std::vector<VectorCount> vectors(const RunResult& r, const Scenario& s) {
  std::vector<VectorCount> all;
  for (std::size_t h = 0; h < s.hosts.size() && h < r.hosts.size() && h < r.hosts_at_start.size(); ++h)
    for (std::size_t n = 0; n < s.hosts[h].nics.size(); ++n) {
      const Nic& nic = s.hosts[h].nics[n];
      const std::string prefix = nic.if_name + "-";
      const bool single = nic.interrupts != InterruptKind::msix;
      for (const PerCpuCount& row : r.hosts[h].interrupts) {
        if (single ? row.name != nic.if_name : !row.name.starts_with(prefix)) continue;
        all.push_back({h, n, s.hosts[h].name + "." + nic.if_name + " " + row.name,
                       row.total() - counted(r.hosts_at_start[h].interrupts, row.name),
                       row.name.find("-tx-") == std::string::npos});
      }
    }
  return all;
}

bool undisturbed(const Scenario& s) { return s.at.empty() && s.faults.empty(); }

const Traffic* only_stream(const Scenario& s, std::size_t host, std::size_t nic) {
  const Traffic* found = nullptr;
  for (const Traffic& t : s.traffic) {
    if (t.host != host || t.nic != nic) continue;
    if (found != nullptr || t.kind != TrafficKind::udp) return nullptr;
    found = &t;
  }
  return found == nullptr || sends(s, host) ? nullptr : found;
}

bool sends(const Scenario& s, std::size_t host) {
  return std::any_of(s.apps.begin(), s.apps.end(),
                     [&](const App& a) { return a.host == host && a.kind != AppKind::sink; });
}

double rate_of(const Traffic& t, unsigned mbps) {
  const double line = mbps * 1e6 / 8 / (t.size + kWireOverhead);
  return t.rate.kind == Rate::Kind::pps ? std::min(line, static_cast<double>(t.rate.pps)) : line;
}

const StageResult* stage(const RunResult& r, std::string_view name) {
  for (const StageResult& s : r.stages)
    if (s.name == name && s.latency.n != 0) return &s;
  return nullptr;
}

void LawWorst::within(double measured, double expected, double bound, std::string where) {
  const double off = std::abs(measured - expected) - bound;
  if (worst_.applies && off <= std::abs(worst_.measured - worst_.expected) - worst_.bound) return;
  worst_ = {{}, true, off <= 0, measured, expected, bound, std::move(where)};
}

void LawWorst::at_most(double measured, double limit, double slack, std::string where) {
  within(std::max(0.0, measured - limit), 0, slack, std::move(where));
}

}  // namespace niclab::lab::study
