#include "lab/study/measure.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/journey.hpp"

namespace niclab::lab::study {
namespace {

using Figure = std::optional<double>;

double number(std::uint64_t n) { return static_cast<double>(n); }

Figure ratio(double a, double b) { return b == 0 ? Figure{} : a / b; }

/// The sum of what `get` says of each.
template <class Rows, class Get>
double sum(const Rows& rows, Get get) {
  double total = 0;
  for (const auto& row : rows) total += get(row);
  return total;
}

double sum(const Counters& counters) {
  return sum(counters, [](const auto& c) { return number(c.second); });
}

double interrupts(const RunResult& r) {
  return sum(r.hosts, [](const HostResult& h) { return sum(h.measured.interrupts); });
}

double frames(const RunResult& r) {
  return sum(r.links, [](const auto& l) { return number(l.second.rx_frames + l.second.tx_frames); });
}

template <std::uint64_t CpuTime::*Mode>
double cpu_ns(const RunResult& r) {
  return sum(r.hosts, [](const HostResult& h) {
    return sum(h.measured.cpu, [](const CpuTime& c) { return number(c.*Mode); });
  });
}

/// Nanoseconds of CPU time as a share of one CPU.
Figure percent(double ns, const RunResult& r) { return ratio(100e-9 * ns, measured_seconds(r)); }

Figure a_second(double count, const RunResult& r) { return ratio(count, measured_seconds(r)); }

template <std::uint64_t LinkResult::*Count>
Figure link_rate(const RunResult& r, const Scenario&) {
  return a_second(sum(r.links, [](const auto& l) { return number(l.second.*Count); }), r);
}

const LatencyStats* latency(const RunResult& r, std::string_view name) {
  for (const auto& [key, stats] : r.latency)
    if (key == name && stats.n != 0) return &stats;
  return nullptr;
}

enum class Way { wire_to_app, app_to_wire, request_round_trip };
constexpr std::array<std::string_view, 3> kWays{"wire_to_app", "app_to_wire", "request_round_trip"};

template <Way W, std::uint64_t LatencyStats::*Quantile>
Figure latency_ns(const RunResult& r, const Scenario&) {
  const LatencyStats* l = latency(r, kWays[static_cast<std::size_t>(W)]);
  return l == nullptr ? Figure{} : number(l->*Quantile);
}

template <std::uint64_t AccountResult::*Count>
Figure account(const RunResult& r, const Scenario&) {
  return sum(r.accounts, [](const auto& a) { return number(a.second.*Count); });
}

double socket_drops(const RunResult& r) {
  return sum(r.hosts, [](const HostResult& h) {
    return sum(h.sockets, [](const SocketResult& s) { return number(s.drops); });
  });
}

double softnet(const RunResult& r, std::string_view column) {
  return sum(r.hosts, [&](const HostResult& h) {
    return sum(h.measured.softnet_stat, [&](const Counters& cpu) {
      return sum(cpu, [&](const auto& c) { return c.first == column ? number(c.second) : 0; });
    });
  });
}

double lost(const RunResult& r) {
  return sum(r.accounts,
             [](const auto& a) {
               return number(a.second.missed + a.second.queue_drops + a.second.error_drops);
             }) +
         softnet(r, "dropped") + socket_drops(r);
}

template <PcieLoad PcieResult::*Load>
Figure pcie_bytes(const RunResult& r, const Scenario&) {
  return ratio(sum(r.pcie, [](const auto& p) { return sum((p.second.*Load).wire_bytes); }), frames(r));
}

template <PcieLoad PcieResult::*Load>
Figure pcie_utilisation(const RunResult& r, const Scenario&) {
  double busiest = 0;
  for (const auto& [name, p] : r.pcie) busiest = std::max(busiest, 100 * (p.*Load).utilisation);
  return r.pcie.empty() ? Figure{} : busiest;
}

template <std::uint64_t PollResult::*Count>
double polls(const RunResult& r) {
  return sum(r.hosts, [](const HostResult& h) {
    return sum(h.napi, [](const auto& nic) {
      return sum(nic.second, [](const PollResult& p) { return number(p.*Count); });
    });
  });
}

const StageResult* stage(const RunResult& r, std::string_view name) {
  for (const StageResult& s : r.stages)
    if (s.name == name && s.latency.n != 0) return &s;
  return nullptr;
}

template <std::size_t S, std::uint64_t LatencyStats::*Quantile>
Figure stage_ns(const RunResult& r, const Scenario&) {
  const StageResult* s = stage(r, kStageNames[S]);
  return s == nullptr ? Figure{} : number(s->latency.*Quantile);
}

template <std::size_t S>
Figure stage_share(const RunResult& r, const Scenario&) {
  const StageResult* s = stage(r, kStageNames[S]);
  return s == nullptr ? Figure{} : 100 * s->share;
}

constexpr auto kLow = Better::lower, kHigh = Better::higher;

/// Beside the stages.
const std::vector<Measure>& general() {
  using enum Way;
  static const std::vector<Measure> kMeasures{
      {"interrupts_per_s", "Interrupts", "1/s", kLow, "hard interrupts of all NICs",
       [](const RunResult& r, const Scenario&) { return a_second(interrupts(r), r); }},
      {"packets_per_interrupt", "Packets an interrupt", "", Better::neither,
       "frames on the wires, both ways, for each hard interrupt",
       [](const RunResult& r, const Scenario&) { return ratio(frames(r), interrupts(r)); }},
      {"polls_per_s", "Polls", "1/s", kLow, "calls of the driver's poll",
       [](const RunResult& r, const Scenario&) { return a_second(polls<&PollResult::polls>(r), r); }},
      {"packets_per_poll", "Packets a poll", "", Better::neither,
       "packets received or cleaned after sending, for each call of the driver's poll",
       [](const RunResult& r, const Scenario&) {
         return ratio(polls<&PollResult::rx_packets>(r) + polls<&PollResult::tx_packets>(r),
                      polls<&PollResult::polls>(r));
       }},
      {"empty_polls_per_s", "Empty polls", "1/s", kLow, "calls of the driver's poll that found nothing",
       [](const RunResult& r, const Scenario&) { return a_second(polls<&PollResult::empty_polls>(r), r); }},
      {"cpu_percent", "CPU time", "% of a CPU", kLow, "busy time of all CPUs together",
       [](const RunResult& r, const Scenario&) { return percent(cpu_ns<&CpuTime::busy_ns>(r), r); }},
      {"cpu_hardirq_percent", "CPU time in hard interrupts", "% of a CPU", kLow,
       "of all CPUs together, in interrupt handlers",
       [](const RunResult& r, const Scenario&) { return percent(cpu_ns<&CpuTime::hardirq_ns>(r), r); }},
      {"cpu_softirq_percent", "CPU time in softirqs", "% of a CPU", kLow,
       "of all CPUs together, in softirqs: polls and the stack",
       [](const RunResult& r, const Scenario&) { return percent(cpu_ns<&CpuTime::softirq_ns>(r), r); }},
      {"cpu_task_percent", "CPU time in tasks", "% of a CPU", kLow,
       "of all CPUs together, in tasks: applications and their system calls",
       [](const RunResult& r, const Scenario&) {
         return percent(
             cpu_ns<&CpuTime::busy_ns>(r) - cpu_ns<&CpuTime::hardirq_ns>(r) - cpu_ns<&CpuTime::softirq_ns>(r),
             r);
       }},
      {"latency_p50_ns", "Latency, p50", "ns", kLow, "from the wire to the application, median",
       latency_ns<wire_to_app, &LatencyStats::p50>},
      {"latency_p90_ns", "Latency, p90", "ns", kLow, "from the wire to the application, 90th percentile",
       latency_ns<wire_to_app, &LatencyStats::p90>},
      {"latency_p99_ns", "Latency, p99", "ns", kLow, "from the wire to the application, 99th percentile",
       latency_ns<wire_to_app, &LatencyStats::p99>},
      {"latency_p999_ns", "Latency, p99.9", "ns", kLow, "from the wire to the application, 99.9th percentile",
       latency_ns<wire_to_app, &LatencyStats::p999>},
      {"send_latency_p50_ns", "Send latency, p50", "ns", kLow, "from the application to the wire, median",
       latency_ns<app_to_wire, &LatencyStats::p50>},
      {"send_latency_p99_ns", "Send latency, p99", "ns", kLow,
       "from the application to the wire, 99th percentile", latency_ns<app_to_wire, &LatencyStats::p99>},
      {"round_trip_p50_ns", "Round trip, p50", "ns", kLow, "of applications that request, median",
       latency_ns<request_round_trip, &LatencyStats::p50>},
      {"round_trip_p99_ns", "Round trip, p99", "ns", kLow, "of applications that request, 99th percentile",
       latency_ns<request_round_trip, &LatencyStats::p99>},
      {"rx_pps", "Frames received", "1/s", Better::neither, "frames that reached a NIC, wanted or not",
       link_rate<&LinkResult::rx_frames>},
      {"tx_pps", "Frames sent", "1/s", Better::neither, "frames that left a NIC",
       link_rate<&LinkResult::tx_frames>},
      {"app_pps", "Datagrams read", "1/s", kHigh, "datagrams that applications got",
       [](const RunResult& r, const Scenario&) {
         return a_second(sum(r.hosts,
                             [](const HostResult& h) {
                               return sum(h.sockets,
                                          [](const SocketResult& s) { return number(s.rx_datagrams); });
                             }),
                         r);
       }},
      {"drops_missed", "Drops: packet buffer full", "frames", kLow, "no room in the card's packet buffer",
       account<&AccountResult::missed>},
      {"drops_queue", "Drops: no descriptor", "frames", kLow, "the queue had no descriptor, and drops",
       account<&AccountResult::queue_drops>},
      {"drops_error", "Drops: damaged", "frames", kLow, "damaged, too short, too long, or cut by a reset",
       account<&AccountResult::error_drops>},
      {"drops_softnet", "Drops: backlog full", "frames", kLow, "no room in a CPU's backlog",
       [](const RunResult& r, const Scenario&) -> Figure { return softnet(r, "dropped"); }},
      {"drops_socket", "Drops: socket buffer full", "frames", kLow, "no room in a socket's receive buffer",
       [](const RunResult& r, const Scenario&) -> Figure { return socket_drops(r); }},
      {"lost_percent", "Lost", "%", kLow, "of the frames that reached a NIC, dropped for any cause",
       [](const RunResult& r, const Scenario& s) {
         return ratio(100 * lost(r), account<&AccountResult::injected>(r, s).value_or(0));
       }},
      {"time_squeeze_per_s", "Time squeeze", "1/s", kLow,
       "times a CPU's softirq gave up with work left: budget or time over",
       [](const RunResult& r, const Scenario&) { return a_second(softnet(r, "time_squeeze"), r); }},
      {"pcie_up_bytes_per_packet", "PCIe bytes up a packet", "B", kLow,
       "from the card, TLPs with their framing, for each frame on the wires",
       pcie_bytes<&PcieResult::load_up>},
      {"pcie_down_bytes_per_packet", "PCIe bytes down a packet", "B", kLow,
       "to the card, TLPs with their framing, for each frame on the wires",
       pcie_bytes<&PcieResult::load_down>},
      {"pcie_up_percent", "PCIe utilisation up", "%", kLow, "of the link's time from the card, busiest port",
       pcie_utilisation<&PcieResult::load_up>},
      {"pcie_down_percent", "PCIe utilisation down", "%", kLow,
       "of the link's time to the card, busiest port", pcie_utilisation<&PcieResult::load_down>},
  };
  return kMeasures;
}

/// Names and labels of a stage's measures: a Measure holds views.
struct StageWords {
  std::array<std::string, 3> names, labels, says;
};

template <std::size_t... S>
std::vector<Measure> with_stages(std::index_sequence<S...>) {
  static const std::array<StageWords, sizeof...(S)> kWords = [] {
    std::array<StageWords, sizeof...(S)> words;
    for (std::size_t s = 0; s < words.size(); ++s) {
      const std::string name(kStageNames[s]);
      words[s] = {{name + "_p50_ns", name + "_p99_ns", name + "_share"},
                  {"Stage " + name + ", p50", "Stage " + name + ", p99", "Stage " + name},
                  {"of the packets, in stage " + name + ", median",
                   "of the packets, in stage " + name + ", 99th percentile",
                   "of the time all packets took from the wire to the application, spent in stage " + name}};
    }
    return words;
  }();
  std::vector<Measure> all = general();
  const auto add = [&](const StageWords& w, std::size_t i, std::string_view unit, Better better,
                       Figure (*value)(const RunResult&, const Scenario&)) {
    all.push_back({w.names[i], w.labels[i], unit, better, w.says[i], value});
  };
  ((add(kWords[S], 0, "ns", kLow, stage_ns<S, &LatencyStats::p50>),
    add(kWords[S], 1, "ns", kLow, stage_ns<S, &LatencyStats::p99>),
    add(kWords[S], 2, "%", Better::neither, stage_share<S>)),
   ...);
  return all;
}

}  // namespace

std::span<const Measure> measures() {
  static const std::vector<Measure> kAll = with_stages(std::make_index_sequence<kFirstTxStage>{});
  return kAll;
}

double measured_seconds(const RunResult& r) { return 1e-9 * number(r.time_ns - r.start_ns); }

std::vector<double> numbers_at(const Json& summary, std::string_view path) {
  std::vector<double> numbers;
  for (const Json* value : find_metrics(summary, path))
    if (value->is_number()) numbers.push_back(value->get<double>());
  return numbers;
}

namespace {

Figure sum_at(const Json& summary, const std::vector<std::string>& paths) {
  double total = 0;
  for (const auto& path : paths) {
    const auto numbers = numbers_at(summary, path);
    if (numbers.empty()) return std::nullopt;
    for (const double n : numbers) total += n;
  }
  return total;
}

}  // namespace

std::optional<double> metric_value(const MetricSpec& metric, const RunResult& r, const Json& summary) {
  auto value = sum_at(summary, metric.paths);
  if (!value) return std::nullopt;
  if (metric.per_second) value = a_second(*value, r);
  if (!metric.per.empty()) {
    const auto divisor = sum_at(summary, metric.per);
    value = divisor ? ratio(*value, *divisor) : Figure{};
  }
  if (value) *value *= metric.scale;
  return value;
}

std::string_view to_string(Better b) {
  constexpr std::string_view kWords[] = {"", "lower", "higher"};
  return kWords[static_cast<std::size_t>(b)];
}

}  // namespace niclab::lab::study
