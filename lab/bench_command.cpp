#include <algorithm>
#include <cstdio>
#include <ostream>
#include <stdexcept>

#include "hw/mac_timing.hpp"
#include "lab/child_run.hpp"
#include "lab/commands.hpp"
#include "lab/register_bench.hpp"
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

constexpr const char* kIdleHost = R"(
[run]
duration = "1000s"
[[host]]
name = "h1"
cpus = 1
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/16"
)";

/// What a measured run is judged by.
struct Measurement {
  std::uint64_t packets = 0, drops = 0, activations = 0;
  double wall_s = 0, simulated_s = 0;
  double per_wall_second() const { return wall_s <= 0 ? 0 : static_cast<double>(packets) / wall_s; }
};

/// Frames a second; `frame` counts FCS.
std::uint64_t line_rate(unsigned frame) { return 1'000'000'000 / (8 * (frame + hw::kOverheadBytes)); }

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

/// Two hosts on one wire, each sending at line rate to the other: three senders and a sink with CPUs of their
/// own.
std::string two_hosts_scenario(unsigned frame) {
  std::string s = "[run]\nduration = \"300ms\"\n";
  for (const char me : {'1', '2'}) {
    const std::string host = std::string("h") + me;
    const char other = me == '1' ? '2' : '1';
    s += "[[host]]\nname = \"" + host +
         "\"\ncpus = 8\n[[host.nic]]\nif = \"eth0\"\nmac = \"02:00:00:00:00:0" + me + "\"\nipv4 = \"10.0.0." +
         me + "/24\"\n[[app]]\nhost = \"" + host + "\"\nkind = \"sink\"\nport = 9\ncpu = 4\n";
    for (unsigned i = 0; i < 3; ++i)
      s += "[[app]]\nhost = \"" + host + "\"\nkind = \"send\"\ncpu = " + std::to_string(i) +
           "\nto = \"10.0.0." + other + ":9\"\nsize = " + std::to_string(frame - 46) + "\n";
  }
  return s + "[[link]]\na = \"h1.eth0\"\nb = \"h2.eth0\"\n";
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
  const std::uint64_t line = line_rate(frame);
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

struct PacketCase {
  const char* name;
  unsigned frame;  // bytes with FCS; "1514" is its usual name, counted without
  Figure (*run)(unsigned);
};
constexpr PacketCase kPacketCases[] = {{"rx64_model", 64, bench_receive},
                                       {"rx1514_model", 1518, bench_receive},
                                       {"tx64_model", 64, bench_transmit},
                                       {"tx1514_model", 1518, bench_transmit}};

/// At least 200 ms simulated.
constexpr std::uint64_t packets_of_rtl_run(unsigned frame) { return frame == 64 ? 300'000 : 30'000; }

enum class Way : std::uint8_t { transmit, receive, two_hosts };

/// Wall over simulated time of a run at line rate; `fidelity` is the body of a [fidelity] section.
double bench_slowdown(Way way, unsigned frame, const std::string& fidelity) {
  const std::uint64_t packets = packets_of_rtl_run(frame);
  const std::string scenario = way == Way::transmit  ? transmit_scenario(frame, packets)
                               : way == Way::receive ? receive_scenario(frame, line_rate(frame), packets)
                                                     : two_hosts_scenario(frame);
  const Measurement m = measure(scenario + "[fidelity]\n" + fidelity, way == Way::receive);
  return m.simulated_s <= 0 ? 0 : m.wall_s / m.simulated_s;
}

struct SlowdownCase {
  const char* name;
  Way way;
  unsigned frame;
  const char* fidelity = "all = \"rtl\"\n";
};
constexpr SlowdownCase kSlowdownCases[] = {{"slowdown_rtl_all_64", Way::transmit, 64},
                                           {"slowdown_rtl_all_1514", Way::transmit, 1518},
                                           {"slowdown_rtl_all_rx64", Way::receive, 64},
                                           {"slowdown_two_hosts_64", Way::two_hosts, 64, ""},
                                           {"slowdown_two_hosts_1514", Way::two_hosts, 1518, ""}};

/// The way on which a block has most to do.
Way busy_way(std::string_view unit) { return unit == "rx_ring" ? Way::receive : Way::transmit; }

std::string decimal(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", v);
  return text;
}

void check_case(const std::string& only) {
  std::string names;
  bool known = only.empty() || only == "rtl_cost" || only == "registers";
  const auto add = [&](const char* name) {
    names += std::string(name) + ", ";
    known |= only == name;
  };
  for (const auto& c : kPacketCases) add(c.name);
  for (const auto& c : kSlowdownCases) add(c.name);
  if (!known)
    throw UserError("bench --case " + only + ": no such case, expected " + names + "registers, rtl_cost");
}

}  // namespace

int bench_command(bool json, const std::string& only, std::ostream& out, std::ostream& err) {
  check_case(only);
  const auto wanted = [&](const std::string& name) {
    if (!only.empty() && only != name) return false;
    if (!json) err << "niclab bench: " << name << "\n";
    return true;
  };
  Json result = Json::object();
  std::vector<std::vector<std::string>> rows{{"benchmark", "packets per wall second", "load"}};
  for (const PacketCase& c : kPacketCases) {
    if (!wanted(c.name)) continue;
    const Figure f = c.run(c.frame);
    result[std::string(c.name) + "_pps"] = f.pps;
    result[std::string(c.name) + "_load_pps"] = f.load_pps;
    if (c.run == bench_receive && c.frame == 64) result["activations_per_packet"] = f.activations_per_packet;
    rows.push_back({c.name, grouped(static_cast<std::uint64_t>(f.pps)) + " /s",
                    grouped(static_cast<std::uint64_t>(f.load_pps)) + " pps simulated"});
  }
  std::vector<std::vector<std::string>> rtl{
      {"at line rate", "wall over simulated time", "times the model's"}};
  for (const SlowdownCase& c : kSlowdownCases) {
    if (!wanted(c.name)) continue;
    const double slowdown = bench_slowdown(c.way, c.frame, c.fidelity);
    result[c.name] = slowdown;
    rtl.push_back({c.name, decimal(slowdown), ""});
  }
  if (wanted("rtl_cost")) {
    const double model[] = {bench_slowdown(Way::transmit, 64, ""), bench_slowdown(Way::receive, 64, "")};
    for (const auto unit : kTwins) {
      const Way way = busy_way(unit);
      const double slowdown = bench_slowdown(way, 64, std::string(unit) + " = \"rtl\"\n");
      const double of_model = model[static_cast<unsigned>(way)];
      const double factor = of_model <= 0 ? 0 : slowdown / of_model;
      result["rtl_cost"][std::string(unit)] = factor;
      rtl.push_back({std::string(unit) + ", 64 B", decimal(slowdown), decimal(factor)});
    }
  }
  std::vector<std::vector<std::string>> registers{{"registers", "wall time of an access, median", ""}};
  if (wanted("registers")) {
    const RegisterTimes times = measure_registers(scenario_from_text(kIdleHost, "bench", "."));
    result["register_read_ns"] = times.read_ns;
    result["register_write_ns"] = times.write_ns;
    registers.push_back({"read", decimal(times.read_ns) + " ns", ""});
    registers.push_back({"write", decimal(times.write_ns) + " ns", ""});
  }
  if (json) {
    out << result.dump(2) << "\n" << std::flush;
  } else {
    out << (rows.size() > 1 ? align(rows) : "") << (rtl.size() > 1 ? align(rtl) : "")
        << (registers.size() > 1 ? align(registers) : "") << std::flush;
  }
  return 0;
}

}  // namespace niclab::lab
