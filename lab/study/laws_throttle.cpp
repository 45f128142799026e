// What interrupt moderation must do, from design to whole host (fact base 2.6.6, 4.5).
#include <algorithm>
#include <cmath>

#include "lab/study/law_checks.hpp"
#include "lab/study/law_view.hpp"

namespace niclab::lab::study {
namespace {

// The first interrupt may still find what was there before the driver wrote EITR, and one may be on its way
// at either end of the measured time.
constexpr double kAtTheEdges = 2;
// Packets wait for no throttle: what is left is the way of the message.
constexpr double kMessageNs = 1000;
// "Polls and re-arms in less than the interval": twice their mean.
constexpr double kPollMargin = 2;
// Of the formula for Poisson arrivals: it takes polls as instants, so they must be short.
constexpr double kPoissonError = 0.02, kPollShare = 0.03, kSigmas = 4;

/// What an interrupt, its poll and its share of everything else cost, on average, in microseconds.
double service_us(const RunResult& r, std::size_t host) {
  const MeasuredResult& m = r.hosts[host].measured;
  double busy = 0, count = 0;
  for (const CpuTime& c : m.cpu) busy += static_cast<double>(c.hardirq_ns + c.softirq_ns) / 1000;
  for (const auto& [name, n] : m.interrupts) count += static_cast<double>(n);
  return count > 0 ? busy / count : 0;
}

}  // namespace

LawResult check_throttle(const RunResult& r, const Scenario& s) {
  LawWorst worst;
  if (!undisturbed(s)) return worst.result();
  for (const VectorCount& v : vectors(r, s)) {
    const ThrottleRange range = throttle_of(s.hosts[v.host].nics[v.nic], v.receives);
    worst.at_most(static_cast<double>(v.count), measured_us(r) / range.least, kAtTheEdges, v.where);
  }
  return worst.result();
}

LawResult check_throttle_rate(const RunResult& r, const Scenario& s) {
  LawWorst worst;
  for (const VectorStream& v : vector_streams(r, s, Arrivals::regular)) {
    // Between the end of a poll and the end of the countdown a packet must come for certain.
    const ThrottleRange range = throttle_of(*v.nic, true);
    if (!range.fixed() || kPollMargin * (service_us(r, v.vector.host) + v.gap_us) > range.least) continue;
    worst.within(static_cast<double>(v.vector.count), measured_us(r) / range.least, kAtTheEdges,
                 v.vector.where);
  }
  return worst.result();
}

LawResult check_slow_period(const RunResult& r, const Scenario& s) {
  LawWorst worst;
  for (const VectorStream& v : vector_streams(r, s, Arrivals::regular)) {
    if (!v.alone || v.gap_us <= throttle_of(*v.nic, true).most) continue;
    worst.within(static_cast<double>(v.vector.count), static_cast<double>(v.packets), 1, v.vector.where);
  }
  return worst.result();
}

LawResult check_lone_ping(const RunResult& r, const Scenario& s) {
  LawWorst worst;
  const StageResult *back = stage(r, "rx_writeback_wait"), *interrupt = stage(r, "rx_interrupt");
  if (back == nullptr || interrupt == nullptr || s.hosts.size() != 1) return worst.result();
  for (const VectorStream& v : vector_streams(r, s, Arrivals::regular)) {
    if (!v.alone || v.gap_us <= throttle_of(*v.nic, true).most) continue;
    worst.within(static_cast<double>(back->latency.max + interrupt->latency.max), 0, kMessageNs,
                 v.vector.where);
  }
  return worst.result();
}

double poisson_throttle_wait_us(double rate, double interval_us) {
  const double lt = rate * interval_us * 1e-6;
  return interval_us * (lt / 2) / (lt + std::exp(-lt));
}

double poisson_throttle_wait_sigma_us(double rate, double interval_us, double n) {
  // A cycle from grant to grant has N waits, uniform over the interval, and one of zero with probability
  // exp(-l t); the mean is a ratio of sums over n / E[N] independent cycles.
  const double lt = rate * interval_us * 1e-6, none = std::exp(-lt), per_cycle = lt + none;
  const double mean = poisson_throttle_wait_us(rate, interval_us);
  const double off = interval_us / 2 - mean;
  const double variance = lt * (interval_us * interval_us / 12 + off * off) + none * mean * mean;
  return std::sqrt(variance / (n * per_cycle));
}

LawResult check_poisson_wait(const RunResult& r, const Scenario& s) {
  LawWorst worst;
  const StageResult *back = stage(r, "rx_writeback_wait"), *interrupt = stage(r, "rx_interrupt");
  if (back == nullptr || interrupt == nullptr || s.hosts.size() != 1) return worst.result();
  for (const VectorStream& v : vector_streams(r, s, Arrivals::poisson)) {
    const ThrottleRange range = throttle_of(*v.nic, true);
    if (!range.fixed() || service_us(r, v.vector.host) > kPollShare * range.least) continue;
    const double expected = poisson_throttle_wait_us(v.rate, range.least);
    const auto n = static_cast<double>(interrupt->latency.n);
    const double sigma = poisson_throttle_wait_sigma_us(v.rate, range.least, n);
    const double message = static_cast<double>(interrupt->latency.min) / 1000;
    worst.within((back->mean_ns + interrupt->mean_ns) / 1000 - message, expected,
                 kPoissonError * expected + kSigmas * sigma, v.vector.where);
  }
  return worst.result();
}

}  // namespace niclab::lab::study
