#include "lab/report.hpp"

#include <algorithm>
#include <cstdio>

#include "lab/summary.hpp"

namespace niclab::lab {

std::string grouped(std::uint64_t v) {
  std::string s = std::to_string(v);
  for (std::size_t i = s.size(); i > 3; i -= 3) s.insert(i - 3, ",");
  return s;
}

std::string fixed(double v, int decimals) {
  char s[64];
  std::snprintf(s, sizeof s, "%.*f", decimals, v);
  return s;
}

std::string readable_ns(std::uint64_t ns) {
  const auto v = static_cast<double>(ns);
  if (ns < 10'000) return std::to_string(ns) + " ns";
  if (ns < 10'000'000) return fixed(v / 1e3, 2) + " us";
  if (ns < 10'000'000'000) return fixed(v / 1e6, 2) + " ms";
  return fixed(v / 1e9, 3) + " s";
}

std::string align(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> width;
  for (const auto& row : rows) {
    width.resize(std::max(width.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line = " ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string pad(width[i] - row[i].size(), ' ');
      line += i == 0 ? " " + row[i] + pad : "  " + pad + row[i];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string section(const std::string& title, const Rows& rows) {
  return rows.size() < 2 ? "" : title + "\n" + align(rows) + "\n";
}

std::string per_second(std::uint64_t n, double seconds) {
  return seconds <= 0 ? "-"
                      : grouped(static_cast<std::uint64_t>(static_cast<double>(n) / seconds + 0.5)) + " /s";
}

double seconds_of_traffic(const RunResult& r) {
  return r.time_ns <= r.start_ns ? 0 : static_cast<double>(r.time_ns - r.start_ns) * 1e-9;
}

std::string wires(const RunResult& r) {
  const double s = seconds_of_traffic(r);
  Rows rows{{"wire", "received", "rate", "sent", "rate", "received", "sent", "busy"}};
  for (const auto& [name, l] : r.links)
    rows.push_back({name, grouped(l.rx_frames) + " frames", per_second(l.rx_frames, s),
                    grouped(l.tx_frames) + " frames", per_second(l.tx_frames, s), grouped(l.rx_bytes) + " B",
                    grouped(l.tx_bytes) + " B", fixed(100 * l.utilisation, 2) + " %"});
  return section("On the wire", rows);
}

std::string sockets(const RunResult& r) {
  const double s = seconds_of_traffic(r);
  Rows rows{{"socket", "datagrams", "rate", "payload", "dropped"}};
  for (const auto& h : r.hosts)
    for (const auto& k : h.sockets)
      rows.push_back({h.name + " " + k.proto + " " + k.local, grouped(k.rx_datagrams),
                      per_second(k.rx_datagrams, s), grouped(k.rx_bytes) + " B", grouped(k.drops)});
  return section("Received by applications", rows);
}

std::string latency(const RunResult& r) {
  Rows rows{{"stage", "samples", "min", "p50", "p90", "p99", "p99.9", "max"}};
  for (const auto& [name, l] : r.latency)
    if (l.n != 0)
      rows.push_back({name, grouped(l.n), readable_ns(l.min), readable_ns(l.p50), readable_ns(l.p90),
                      readable_ns(l.p99), readable_ns(l.p999), readable_ns(l.max)});
  return section("Latency", rows);
}

std::string stages(const RunResult& r) {
  Rows rows{{"stage", "n", "p50", "p99", "max", "share"}};
  for (const auto& [name, l, share, mean] : r.stages)
    if (l.n != 0)
      rows.push_back({name, grouped(l.n), readable_ns(l.p50), readable_ns(l.p99), readable_ns(l.max),
                      fixed(100 * share, 1) + " %"});
  return section("Latency by stage", rows);
}

std::string interrupts(const RunResult& r) {
  const double s = seconds_of_traffic(r);
  Rows rows{{"interrupt", "count", "rate"}};
  for (const auto& h : r.hosts)
    for (const auto& i : h.interrupts)
      rows.push_back({h.name + " " + i.name, grouped(i.total()), per_second(i.total(), s)});
  return section("Interrupts", rows);
}

std::string processors(const RunResult& r) {
  Rows rows{{"CPU", "busy", "hard IRQ", "softirq"}};
  const auto share = [](std::uint64_t part, const CpuTime& c) {
    const auto all = c.busy_ns + c.idle_ns;
    return all == 0 ? std::string("-")
                    : fixed(100.0 * static_cast<double>(part) / static_cast<double>(all), 2) + " %";
  };
  for (const auto& h : r.hosts)
    for (std::size_t i = 0; i < h.cpu.size(); ++i)
      rows.push_back({h.name + " cpu" + std::to_string(i), share(h.cpu[i].busy_ns, h.cpu[i]),
                      share(h.cpu[i].hardirq_ns, h.cpu[i]), share(h.cpu[i].softirq_ns, h.cpu[i])});
  return section("Processors", rows);
}

std::string bus(const RunResult& r) {
  Rows rows{{"bus", "up", "down", "up, link bytes", "down, link bytes", "a frame", "DMA faults"}};
  for (const auto& [name, p] : r.pcie) {
    std::uint64_t frames = 0;
    for (const auto& [link, l] : r.links)
      if (link == name) frames = l.rx_frames + l.tx_frames;
    const double bytes = static_cast<double>(p.up.wire_bytes + p.down.wire_bytes);
    rows.push_back({name, grouped(p.up.tlps) + " TLPs", grouped(p.down.tlps) + " TLPs",
                    grouped(p.up.wire_bytes) + " B", grouped(p.down.wire_bytes) + " B",
                    frames == 0 ? "-" : fixed(bytes / static_cast<double>(frames), 1) + " B",
                    grouped(p.dma_faults)});
  }
  return section("PCI Express", rows);
}

std::string account(const RunResult& r) {
  Rows rows{{"frames in", "injected", "delivered", "filtered", "missed", "queue drops", "errors", "control",
             "inside", "gap"}};
  Rows out{{"frames out", "handed to device", "on the wire", "counted", "inside", "gap", "own"}};
  for (const auto& [name, a] : r.accounts) {
    rows.push_back({name, grouped(a.injected), grouped(a.delivered), grouped(a.filtered), grouped(a.missed),
                    grouped(a.queue_drops), grouped(a.error_drops), grouped(a.rx_control),
                    grouped(a.rx_inside), std::to_string(a.rx_gap())});
    out.push_back({name, grouped(a.handed_to_device), grouped(a.on_the_wire), grouped(a.tx_counted),
                   grouped(a.tx_inside), std::to_string(a.tx_gap()), grouped(a.tx_control)});
  }
  return r.accounts.empty() ? "" : "Account\n" + align(rows) + align(out) + "\n";
}

std::string blocks(const RunResult& r) {
  Rows rows{{"block", "transactions", "clock cycles", "mismatches"}};
  for (const auto& [unit, l] : r.lockstep)
    rows.push_back({unit + " (" + r.fidelity.at(unit) + ")", grouped(l.transactions), grouped(l.cycles),
                    grouped(l.mismatches)});
  return section("Blocks in RTL", rows);
}

std::string expectations(const std::vector<ExpectOutcome>& outcomes) {
  if (outcomes.empty()) return "";
  std::string out = "Expectations\n";
  for (const auto& o : outcomes)
    out += std::string("  ") + (o.passed ? "ok    " : "FAIL  ") + o.statement +
           (o.passed ? "" : "  (found " + o.actual + ")") + "\n";
  return out + "\n";
}

}  // namespace

std::string report_text(const RunResult& r, const std::vector<ExpectOutcome>& outcomes,
                        const std::optional<std::filesystem::path>& folder) {
  std::string out = r.scenario + ": " + readable_ns(r.time_ns) + " simulated (start line at " +
                    readable_ns(r.start_ns) + ") in " + fixed(r.wall_s, 2) + " s; seed " +
                    std::to_string(r.seed) + "; digest " + (r.digest ? hex16(*r.digest) : "none") + "\n\n";
  out += wires(r) + sockets(r) + latency(r) + stages(r) + interrupts(r) + processors(r) + bus(r) +
         account(r) + blocks(r);
  out += expectations(outcomes);
  if (folder) out += "Results are in " + folder->string() + "/ (summary.json, *.pcap)\n";
  return out;
}

}  // namespace niclab::lab
