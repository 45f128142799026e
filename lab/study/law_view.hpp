// What laws share: vectors, throttles and streams of a run, as its scenario says they should be.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/study/laws.hpp"

namespace niclab::lab::study {

/// Measured time: from the start line to the end, in microseconds.
double measured_us(const RunResult& r);

/// Intervals a vector may have while the run is measured, in microseconds (fact base 2.6.6, 4.5). Fixed
/// settings have one; adaptive ones a range. Settings below 10 µs are as good as none: 1 µs.
struct ThrottleRange {
  double least = 0, most = 0;
  bool fixed() const { return least == most; }
};
/// Transmit vectors of their own are adaptive, whatever rx-usecs says.
ThrottleRange throttle_of(const Nic& nic, bool receives);

/// An interrupt vector of a NIC's queues, or its only one.
struct VectorCount {
  std::size_t host = 0, nic = 0;
  std::string where;        ///< "h1.eth0 eth0-rx-1"
  std::uint64_t count = 0;  ///< interrupts since the start line
  bool receives = true;     ///< has receive queues
};
std::vector<VectorCount> vectors(const RunResult& r, const Scenario& s);

/// Nothing but what the scenario says from the start changes settings while it runs.
bool undisturbed(const Scenario& s);

/// What a receive vector gets, where the scenario says it: all traffic of its NIC is equal streams without an
/// end, and each vector has one of them, or a single one has all.
struct VectorStream {
  VectorCount vector;
  const Nic* nic = nullptr;
  double rate = 0;            ///< packets a second
  double gap_us = 0;          ///< of regular arrivals: the longest between two packets
  bool alone = false;         ///< of regular arrivals: packets are a period apart
  std::uint64_t packets = 0;  ///< that reached the NIC for it
};
/// Those of NICs whose streams arrive so; hosts that send have none.
std::vector<VectorStream> vector_streams(const RunResult& r, const Scenario& s, Arrivals arrivals);
/// Whether any application of the host sends: send, request, echo, or PTP.
bool sends(const Scenario& s, std::size_t host);
/// Frames a second a wire of this speed carries.
double line_rate(unsigned frame, unsigned mbps);

const StageResult* stage(const RunResult& r, std::string_view name);
template <class T>
const T* named(const Named<T>& rows, std::string_view name) {
  for (const auto& [key, value] : rows)
    if (key == name) return &value;
  return nullptr;
}

/// Collects what places say; the worst speaks for all.
class LawWorst {
 public:
  /// |measured - expected| <= bound.
  void within(double measured, double expected, double bound, std::string where);
  /// measured <= limit + slack. Told as the excess over the limit, expected 0.
  void at_most(double measured, double limit, double slack, std::string where);
  /// `applies` is false when nothing was collected.
  LawResult result() const { return worst_; }

 private:
  LawResult worst_{.name = {}, .applies = false, .where = {}};
};

}  // namespace niclab::lab::study
