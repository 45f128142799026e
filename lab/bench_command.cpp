#include <algorithm>
#include <ostream>
#include <stdexcept>

#include "hw/mac_timing.hpp"
#include "lab/child_run.hpp"
#include "lab/commands.hpp"
#include "lab/report.hpp"
#include "lab/simulation.hpp"
#include "lab/summary.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab {
namespace {

constexpr unsigned kStreams = 4;  // queues, CPUs and sockets
constexpr std::uint64_t kPackets = 1'000'000;
constexpr std::uint64_t kProbePackets = 100'000;

constexpr const char* kHost = R"(
[run]
until = "idle"
[[host]]
name = "h1"
cpus = 4
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/16"
queues = 4
)";

/// What a measured run is judged by.
struct Measurement {
  std::uint64_t packets = 0, drops = 0, activations = 0;
  double wall_s = 0, simulated_s = 0;
  double per_wall_second() const { return wall_s <= 0 ? 0 : static_cast<double>(packets) / wall_s; }
};

/// `frame` counts FCS. Four streams of many flows each, one sink a CPU.
std::string receive_scenario(unsigned frame, std::uint64_t pps, std::uint64_t packets) {
  std::string s = kHost;
  for (unsigned i = 0; i < kStreams; ++i) {
    const std::string port = std::to_string(5001 + i);
    s += "[[app]]\nhost = \"h1\"\nkind = \"sink\"\ncpu = " + std::to_string(i) + "\nport = " + port + "\n";
    s += "[[traffic]]\nto = \"h1.eth0\"\nkind = \"udp\"\nflows = 16\nsources = 64\nsrc = \"10.0." +
         std::to_string(i + 1) + ".1\"\ndport = " + port + "\nsize = " + std::to_string(frame) +
         "\nrate = \"" + std::to_string(pps / kStreams) +
         "pps\"\ncount = " + std::to_string(packets / kStreams) + "\n";
  }
  return s;
}

std::string transmit_scenario(unsigned frame, std::uint64_t packets) {
  std::string s = kHost;
  const unsigned payload = frame - 18 - 28;  // Ethernet header and FCS, IP and UDP headers
  for (unsigned i = 0; i < kStreams; ++i)
    s += "[[app]]\nhost = \"h1\"\nkind = \"send\"\ncpu = " + std::to_string(i) + "\nto = \"10.0.0." +
         std::to_string(2 + i) + ":" + std::to_string(5001 + i) + "\"\nsize = " + std::to_string(payload) +
         "\ncount = " + std::to_string(packets / kStreams) + "\n";
  return s;
}

/// Runs in a child and takes the numbers from its result.
Measurement measure(const std::string& toml, bool receive) {
  const Scenario scenario = scenario_from_text(toml, "bench", ".");
  ChildRun child([&](int fd) {
    RunOptions options;
    options.quiet = true;
    const auto r = timed_run(scenario, options);
    Measurement m;
    m.wall_s = r->wall_s;
    m.simulated_s = static_cast<double>(r->time_ns - r->start_ns) * 1e-9;
    m.activations = r->activations;
    for (const auto& [name, a] : r->accounts)
      m.drops += a.missed + a.queue_drops + a.error_drops + a.tx_counted;
    for (const auto& h : r->hosts)
      for (const auto& k : h.sockets) {
        m.drops += k.drops;
        if (receive) m.packets += k.rx_datagrams;
      }
    if (!receive)
      for (const auto& [name, l] : r->links) m.packets += l.tx_frames;
    return write_all(fd, &m, sizeof m) ? 0 : 1;
  });
  Measurement m;
  const bool complete = child.read(&m, sizeof m) == sizeof m;
  if (child.wait() != 0 || !complete) throw std::runtime_error("bench: a run gave no result");
  return m;
}

struct Figure {
  double pps = 0, load_pps = 0, activations_per_packet = 0;
};

Figure figure(const Measurement& m, double load) {
  return {m.per_wall_second(), load,
          m.packets == 0 ? 0 : static_cast<double>(m.activations) / static_cast<double>(m.packets)};
}

/// The highest load without a drop, to 1 % of line rate, then the measured run at it.
Figure bench_receive(unsigned frame) {
  const std::uint64_t line = 1'000'000'000 / (8 * (frame + hw::kOverheadBytes));
  const auto clean = [&](std::uint64_t pps, std::uint64_t packets, Measurement& m) {
    m = measure(receive_scenario(frame, pps, packets), true);
    return m.drops == 0;
  };
  Measurement m;
  std::uint64_t good = line / 100, bad = line + line / 100;
  for (std::uint64_t probe = line; bad - good > line / 100; probe = (good + bad) / 2)
    (clean(probe, kProbePackets, m) ? good : bad) = probe;
  for (std::uint64_t load = good; load >= line / 100; load -= load / 50 + 1)
    if (clean(load, kPackets, m)) return figure(m, static_cast<double>(load));
  return {};
}

Figure bench_transmit(unsigned frame) {
  const Measurement m = measure(transmit_scenario(frame, kPackets), false);
  return figure(m, m.simulated_s <= 0 ? 0 : static_cast<double>(m.packets) / m.simulated_s);
}

}  // namespace

int bench_command(bool json, const std::string& only, std::ostream& out, std::ostream& err) {
  struct Case {
    const char* name;
    unsigned frame;  // bytes with FCS; "1514" is its usual name, counted without
    Figure (*run)(unsigned);
  };
  constexpr Case kCases[] = {{"rx64_model", 64, bench_receive},
                             {"rx1514_model", 1518, bench_receive},
                             {"tx64_model", 64, bench_transmit},
                             {"tx1514_model", 1518, bench_transmit}};
  Json result = Json::object();
  std::vector<std::vector<std::string>> rows{{"benchmark", "packets per wall second", "load"}};
  if (!only.empty() &&
      std::none_of(std::begin(kCases), std::end(kCases), [&](const Case& c) { return only == c.name; }))
    throw UserError("bench --case " + only +
                    ": no such case, expected rx64_model, rx1514_model, tx64_model or tx1514_model");
  for (const Case& c : kCases) {
    if (!only.empty() && only != c.name) continue;
    if (!json) err << "niclab bench: " << c.name << "\n";
    const Figure f = c.run(c.frame);
    result[std::string(c.name) + "_pps"] = f.pps;
    result[std::string(c.name) + "_load_pps"] = f.load_pps;
    if (c.run == bench_receive && c.frame == 64) result["activations_per_packet"] = f.activations_per_packet;
    rows.push_back({c.name, grouped(static_cast<std::uint64_t>(f.pps)) + " /s",
                    grouped(static_cast<std::uint64_t>(f.load_pps)) + " pps simulated"});
  }
  // No unit has an RTL twin in this version.
  result["slowdown_rtl_all_64"] = nullptr;
  result["slowdown_rtl_all_1514"] = nullptr;
  result["rtl_cost"] = Json::object();
  out << (json ? result.dump(2) + "\n" : align(rows)) << std::flush;
  return 0;
}

}  // namespace niclab::lab
