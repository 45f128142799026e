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

/// The streams to a NIC that begin before the end; none if they differ, or not all are such.
std::vector<const Traffic*> streams_to(const RunResult& r, const Scenario& s, std::size_t host,
                                       std::size_t nic, Arrivals arrivals) {
  std::vector<const Traffic*> found;
  for (const Traffic& t : s.traffic) {
    if (t.host != host || t.nic != nic || static_cast<double>(t.start.ps()) * 1e-6 >= measured_us(r))
      continue;
    const bool plain =
        t.kind == TrafficKind::udp && t.count == 0 && t.start == Duration{} && t.arrivals == arrivals;
    const auto same = [&](const Traffic& o) {
      return o.rate.kind == t.rate.kind && o.rate.pps == t.rate.pps && o.size == t.size &&
             o.flows == t.flows && o.sources == t.sources;
    };
    if (!plain || (!found.empty() && !same(*found[0]))) return {};
    found.push_back(&t);
  }
  return found;
}

std::vector<VectorCount> busy_receivers(const std::vector<VectorCount>& counts, std::size_t host,
                                        std::size_t nic) {
  std::vector<VectorCount> busy;
  for (const VectorCount& v : counts)
    if (v.host == host && v.nic == nic && v.receives && v.count != 0) busy.push_back(v);
  return busy;
}

void add_streams(std::vector<VectorStream>& all, const RunResult& r, const Scenario& s,
                 const std::vector<const Traffic*>& traffic, const std::vector<VectorCount>& busy) {
  if (busy.empty()) return;
  const Host& host = s.hosts[busy[0].host];
  const Nic& nic = host.nics[busy[0].nic];
  const LinkResult* link = named(r.links, host.name + "." + nic.if_name);
  if (link == nullptr) return;
  const double line = line_rate(traffic[0]->size, nic.speed), n = static_cast<double>(traffic.size());
  const bool paced = traffic[0]->rate.kind == Rate::Kind::pps;
  const double each = paced ? std::min(line / n, static_cast<double>(traffic[0]->rate.pps)) : line / n;
  const unsigned turn = traffic[0]->flows * traffic[0]->sources;  // packets until a flow's turn comes again
  const bool all_of_it = busy.size() == 1 && (nic.queues == 1 || (traffic.size() == 1 && turn == 1));
  if (all_of_it) {
    all.push_back({busy[0], &nic, each * n, 1e6 / each, traffic.size() == 1, link->rx_frames});
  } else if (turn == 1 && busy.size() == traffic.size()) {
    for (const VectorCount& v : busy)
      all.push_back({v, &nic, each, 1e6 / each, true, link->rx_frames / traffic.size()});
  }
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
  for (std::size_t h = 0; h < s.hosts.size() && h < r.hosts.size(); ++h)
    for (std::size_t n = 0; n < s.hosts[h].nics.size(); ++n) {
      const Nic& nic = s.hosts[h].nics[n];
      const bool single = nic.interrupts != InterruptKind::msix;
      for (const auto& [name, count] : r.hosts[h].measured.interrupts) {
        if (single ? name != nic.if_name : !name.starts_with(nic.if_name + "-")) continue;
        const std::string where = s.hosts[h].name + "." + nic.if_name + " " + name;
        all.push_back({h, n, where, count, name.find("-tx-") == std::string::npos});
      }
    }
  return all;
}

bool undisturbed(const Scenario& s) { return s.at.empty() && s.faults.empty(); }

bool sends(const Scenario& s, std::size_t host) {
  return std::any_of(s.apps.begin(), s.apps.end(),
                     [&](const App& a) { return a.host == host && a.kind != AppKind::sink; });
}

double line_rate(unsigned frame, unsigned mbps) { return mbps * 1e6 / 8 / (frame + kWireOverhead); }

std::vector<VectorStream> vector_streams(const RunResult& r, const Scenario& s, Arrivals arrivals) {
  std::vector<VectorStream> all;
  if (!undisturbed(s)) return all;
  const auto counts = vectors(r, s);
  for (std::size_t h = 0; h < s.hosts.size(); ++h)
    for (std::size_t n = 0; n < s.hosts[h].nics.size(); ++n) {
      const auto traffic = streams_to(r, s, h, n, arrivals);
      if (traffic.empty() || sends(s, h)) continue;
      add_streams(all, r, s, traffic, busy_receivers(counts, h, n));
    }
  return all;
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
