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
  double busy = 0, count = 0;
  const HostResult& h = r.hosts[host];
  const HostAtStart& before = r.hosts_at_start[host];
  for (std::size_t c = 0; c < h.cpu.size() && c < before.cpu.size(); ++c)
    busy += static_cast<double>(h.cpu[c].hardirq_ns + h.cpu[c].softirq_ns - before.cpu[c].hardirq_ns -
                                before.cpu[c].softirq_ns) /
            1000;
  for (const PerCpuCount& row : h.interrupts) count += static_cast<double>(row.total());
  for (const PerCpuCount& row : before.interrupts) count -= static_cast<double>(row.total());
  return count > 0 ? busy / count : 0;
}

/// Of a vector with the only receive stream of its NIC.
struct Stream {
  const Traffic* traffic;
  const Nic* nic;
  VectorCount vector;
  double period_us;  ///< mean, between packets of this vector's flows
};

/// Vectors that got anything of a NIC's only stream, which arrives as `arrivals`.
std::vector<Stream> streams(const RunResult& r, const Scenario& s, Arrivals arrivals) {
  std::vector<Stream> all;
  if (!undisturbed(s)) return all;
  for (VectorCount& v : vectors(r, s)) {
    const Nic& nic = s.hosts[v.host].nics[v.nic];
    const Traffic* t = only_stream(s, v.host, v.nic);
    if (t == nullptr || !v.receives || v.count == 0 || t->arrivals != arrivals || t->start != Duration{})
      continue;
    if (t->count != 0) continue;  // over before the end, perhaps
    all.push_back({t, &nic, std::move(v), 1e6 / rate_of(*t, nic.speed)});
  }
  return all;
}

/// Whether all packets of the stream take the same vector.
bool one_flow(const Stream& s) {
  return s.nic->queues == 1 || (s.traffic->flows == 1 && s.traffic->sources == 1);
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
  for (const Stream& stream : streams(r, s, Arrivals::regular)) {
    const ThrottleRange range = throttle_of(*stream.nic, true);
    // Between the end of a poll and the end of the countdown a packet must come for certain: flows take
    // turns, so a flow's packets are at most a whole turn apart.
    const double turn = stream.period_us * stream.traffic->flows * stream.traffic->sources;
    if (!range.fixed() || kPollMargin * (service_us(r, stream.vector.host) + turn) > range.least) continue;
    worst.within(static_cast<double>(stream.vector.count), measured_us(r) / range.least, kAtTheEdges,
                 stream.vector.where);
  }
  return worst.result();
}

LawResult check_slow_period(const RunResult& r, const Scenario& s) {
  LawWorst worst;
  for (const Stream& stream : streams(r, s, Arrivals::regular)) {
    const LinkResult* link = named(r.links, s.hosts[stream.vector.host].name + "." + stream.nic->if_name);
    if (!one_flow(stream) || link == nullptr || stream.period_us <= throttle_of(*stream.nic, true).most)
      continue;
    worst.within(static_cast<double>(stream.vector.count), static_cast<double>(link->rx_frames), 1,
                 stream.vector.where);
  }
  return worst.result();
}

LawResult check_lone_ping(const RunResult& r, const Scenario& s) {
  LawWorst worst;
  const StageResult *back = stage(r, "rx_writeback_wait"), *interrupt = stage(r, "rx_interrupt");
  if (back == nullptr || interrupt == nullptr || s.hosts.size() != 1) return worst.result();
  for (const Stream& stream : streams(r, s, Arrivals::regular)) {
    if (!one_flow(stream) || stream.period_us <= throttle_of(*stream.nic, true).most) continue;
    const auto waited = static_cast<double>(back->latency.max + interrupt->latency.max);
    worst.within(waited, 0, kMessageNs, stream.vector.where);
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
  for (const Stream& stream : streams(r, s, Arrivals::poisson)) {
    const ThrottleRange range = throttle_of(*stream.nic, true);
    const double poll = service_us(r, stream.vector.host);
    if (!one_flow(stream) || !range.fixed() || poll > kPollShare * range.least) continue;
    const double rate = rate_of(*stream.traffic, stream.nic->speed);
    const double expected = poisson_throttle_wait_us(rate, range.least);
    const double sigma =
        poisson_throttle_wait_sigma_us(rate, range.least, static_cast<double>(interrupt->latency.n));
    const double message = static_cast<double>(interrupt->latency.min) / 1000;
    worst.within((back->mean_ns + interrupt->mean_ns) / 1000 - message, expected,
                 kPoissonError * expected + kSigmas * sigma, stream.vector.where);
  }
  return worst.result();
}

}  // namespace niclab::lab::study
