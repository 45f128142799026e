#include "lab/summary.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "lab/scenario.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab {
namespace {

Json object(const Counters& counters) {
  Json j = Json::object();
  for (const auto& [name, value] : counters) j[name] = value;
  return j;
}

Json object(const std::vector<PerCpuCount>& rows) {
  Json j = Json::object();
  for (const auto& row : rows) j[row.name] = Json{{"count", row.total()}, {"per_cpu", row.per_cpu}};
  return j;
}

Json object(const LinkResult& l) {
  return Json{{"tx_frames", l.tx_frames},
              {"rx_frames", l.rx_frames},
              {"tx_bytes", l.tx_bytes},
              {"rx_bytes", l.rx_bytes},
              {"utilisation", l.utilisation}};
}

Json object(const AccountResult& a) {
  return Json{{"injected", a.injected},
              {"delivered", a.delivered},
              {"filtered", a.filtered},
              {"missed", a.missed},
              {"queue_drops", a.queue_drops},
              {"error_drops", a.error_drops},
              {"rx_inside", a.rx_inside},
              {"rx_gap", a.rx_gap()},
              {"handed_to_device", a.handed_to_device},
              {"on_the_wire", a.on_the_wire},
              {"tx_counted", a.tx_counted},
              {"tx_inside", a.tx_inside},
              {"tx_gap", a.tx_gap()},
              {"rx_control", a.rx_control},
              {"tx_control", a.tx_control}};
}

Json object(const PcieDirection& d) {
  return Json{{"tlps", d.tlps},
              {"payload_bytes", d.payload_bytes},
              {"wire_bytes", d.wire_bytes},
              {"dllp_bytes", d.dllp_bytes}};
}

Json object(const PcieReads& r, bool tags) {
  Json j{{"descriptor", r.descriptor},
         {"descriptor_bytes", r.descriptor_bytes},
         {"payload", r.payload},
         {"payload_bytes", r.payload_bytes}};
  if (tags) j["tags"] = Json{{"mean", r.tags_mean}, {"max", r.tags_max}};
  return j;
}

Json object(const PcieResult& p) {
  const auto both = [](const auto& up, const auto& down) { return Json{{"up", up}, {"down", down}}; };
  Json j{{"up", object(p.up)},
         {"down", object(p.down)},
         {"by_type", object(p.by_type)},
         {"dma_faults", p.dma_faults},
         {"tlps_by_type", both(object(p.load_up.tlps), object(p.load_down.tlps))},
         {"bytes_by_type", both(object(p.load_up.wire_bytes), object(p.load_down.wire_bytes))},
         {"utilisation", both(p.load_up.utilisation, p.load_down.utilisation)},
         {"reads", object(p.reads, !p.stalls.empty())},
         {"fetches", object(p.fetches)}};
  if (!p.stalls.empty()) j["stalls"] = object(p.stalls);
  return j;
}

Json object(const BufferResult& b) {
  return Json{{"arrivals", b.arrivals},
              {"departures", b.departures},
              {"left", b.left},
              {"mean_occupancy", b.mean_occupancy},
              {"max_occupancy", b.max_occupancy},
              {"occupancy_ns_total", b.occupancy_ns_total},
              {"wait_ns_total", b.wait_ns_total},
              {"max_after_ns", b.max_after_ns}};
}

Json object(const PollResult& p) {
  return Json{{"polls", p.polls},           {"empty_polls", p.empty_polls},
              {"rx_packets", p.rx_packets}, {"tx_packets", p.tx_packets},
              {"completes", p.completes},   {"budget_exhausted", p.budget_exhausted}};
}

Json object(const CpuTime& c) {
  return Json{{"busy_ns", c.busy_ns},
              {"idle_ns", c.idle_ns},
              {"hardirq_ns", c.hardirq_ns},
              {"softirq_ns", c.softirq_ns}};
}

Json object(const SocketResult& s) {
  Json j{{"proto", s.proto},
         {"local", s.local},
         {"rx_datagrams", s.rx_datagrams},
         {"rx_bytes", s.rx_bytes},
         {"drops", s.drops}};
  if (s.receive_queue) j["receive_queue"] = object(*s.receive_queue);
  return j;
}

template <class T>
Json list(const std::vector<T>& rows) {
  Json j = Json::array();
  for (const T& row : rows) j.push_back(object(row));
  return j;
}

Json object(const MeasuredResult& m) {
  return Json{{"ns", m.ns},
              {"interrupts", object(m.interrupts)},
              {"softirqs", object(m.softirqs)},
              {"cpu", list(m.cpu)},
              {"softnet_stat", list(m.softnet_stat)}};
}

Json object(const LockstepResult& l) {
  return Json{{"transactions", l.transactions}, {"cycles", l.cycles}, {"mismatches", l.mismatches}};
}

Json object(const LatencyStats& l) {
  return Json{{"n", l.n},     {"min", l.min},   {"p50", l.p50}, {"p90", l.p90},
              {"p99", l.p99}, {"p999", l.p999}, {"max", l.max}};
}

Json object(const AerResult& a) {
  return Json{{"correctable", a.correctable},
              {"nonfatal", a.nonfatal},
              {"fatal", a.fatal},
              {"errors", object(a.errors)}};
}

Json object(const PtpResult& p) {
  return Json{{"samples", p.samples},
              {"steps", p.steps},
              {"offset_ns", p.offset_ns},
              {"servo_offset_ns", p.servo_offset_ns},
              {"path_delay_ns", p.path_delay_ns},
              {"frequency_ppb", p.frequency_ppb},
              {"looks_after", p.looks_after},
              {"max_abs_offset_after_ns", p.max_abs_offset_after_ns}};
}

template <class T>
Json named(const Named<T>& rows) {
  Json j = Json::object();
  for (const auto& [name, value] : rows) j[name] = object(value);
  return j;
}

Json host_json(const HostResult& h) {
  Json proc = Json::object();
  proc["net/snmp"] = named(h.snmp);
  proc["net/netstat"] = named(h.netstat);
  proc["net/softnet_stat"] = list(h.softnet_stat);
  Json j = Json::object();
  j["proc"] = std::move(proc);
  j["ethtool"] = named(h.ethtool);
  j["aer"] = named(h.aer);
  j["interrupts"] = object(h.interrupts);
  j["softirqs"] = object(h.softirqs);
  j["cpu"] = list(h.cpu);
  j["sockets"] = list(h.sockets);
  if (!h.ptp.empty()) j["ptp"] = named(h.ptp);
  j["napi"] = Json::object();
  for (const auto& [name, vectors] : h.napi) j["napi"][name] = list(vectors);
  j["measured"] = object(h.measured);
  return j;
}

Json niclab_json(const RunResult& r) {
  Json j = Json{{"version", r.version}, {"scenario", r.scenario}, {"seed", r.seed}};
  Json fidelity = Json::object();
  for (const auto unit : kUnits)
    if (const auto it = r.fidelity.find(std::string(unit)); it != r.fidelity.end())
      fidelity[it->first] = it->second;
  j["fidelity"] = std::move(fidelity);
  return j;
}

Json sim_json(const RunResult& r) {
  const auto digest = [](const std::optional<std::uint64_t>& d) {
    return d ? Json(hex16(*d)) : Json(nullptr);
  };
  return Json{{"time_ns", r.time_ns},        {"start_ns", r.start_ns},
              {"wall_s", r.wall_s},          {"slowdown", r.slowdown()},
              {"digest", digest(r.digest)},  {"digest_content", digest(r.digest_content)},
              {"activations", r.activations}};
}

/// "[3]" at the front of `path` as an index, removed; nullopt when there is none.
std::optional<std::size_t> take_index(std::string_view& path) {
  const auto close = path.find(']');
  if (path.empty() || path[0] != '[' || close == std::string_view::npos || close < 2 || close > 10)
    return std::nullopt;
  std::size_t n = 0;
  for (const char c : path.substr(1, close - 1)) {
    if (c < '0' || c > '9') return std::nullopt;
    n = n * 10 + static_cast<std::size_t>(c - '0');
  }
  path.remove_prefix(close + 1);
  return n;
}

/// What `path` is when it begins with `step`: what follows it; nullopt when it goes on otherwise.
std::optional<std::string_view> after(std::string_view path, std::string_view step) {
  if (!path.starts_with(step)) return std::nullopt;
  path.remove_prefix(step.size());
  if (!path.empty() && path[0] != '.' && path[0] != '[') return std::nullopt;
  return path;
}

/// Adds what `path` (nothing, ".key…", ".*…", "[i]…" or "[*]…") leads to from `value`. False when it leads
/// nowhere.
bool follow(const Json& value, std::string_view path, bool wildcards, std::vector<const Json*>& found) {
  if (path.empty()) {
    found.push_back(&value);
    return true;
  }
  const auto every = [&](std::string_view rest) {
    bool any = false;
    for (const Json& child : value) any = follow(child, rest, wildcards, found) || any;
    return any;
  };
  if (path[0] == '[') {
    if (!value.is_array()) return false;
    if (const auto rest = after(path, "[*]"); rest && wildcards) return every(*rest);
    const auto index = take_index(path);
    return index && *index < value.size() && follow(value[*index], path, wildcards, found);
  }
  if (!value.is_object()) return false;
  if (const auto rest = after(path, ".*"); rest && wildcards) return every(*rest);
  path.remove_prefix(1);
  std::vector<std::pair<std::string_view, const Json*>> fitting;
  for (const auto& [key, child] : value.items())
    if (after(path, key)) fitting.emplace_back(path.substr(0, key.size()), &child);
  std::sort(fitting.begin(), fitting.end(),
            [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  for (const auto& [key, child] : fitting)
    if (follow(*child, path.substr(key.size()), wildcards, found)) return true;
  return false;
}

}  // namespace

std::string hex16(std::uint64_t v) {
  char s[17];
  std::snprintf(s, sizeof s, "%016llx", static_cast<unsigned long long>(v));
  return s;
}

Json summary_json(const RunResult& r) {
  Json hosts = Json::object();
  for (const auto& h : r.hosts) hosts[h.name] = host_json(h);
  Json j = Json::object();
  j["niclab"] = niclab_json(r);
  j["sim"] = sim_json(r);
  j["hosts"] = std::move(hosts);
  j["links"] = named(r.links);
  j["account"] = named(r.accounts);
  j["pcie"] = named(r.pcie);
  j["lockstep"] = named(r.lockstep);
  j["latency_ns"] = named(r.latency);
  for (const auto& s : r.stages) j["latency_ns"][s.name] = object(s.latency);
  if (r.buffers.empty()) return j;
  j["buffers"] = Json::object();
  for (const auto& [port, buffers] : r.buffers) j["buffers"][port] = named(buffers);
  return j;
}

const Json* find_metric(const Json& summary, std::string_view path) {
  std::vector<const Json*> found;
  return follow(summary, "." + std::string(path), false, found) ? found.front() : nullptr;
}

std::vector<const Json*> find_metrics(const Json& summary, std::string_view path) {
  std::vector<const Json*> found;
  follow(summary, "." + std::string(path), true, found);
  return found;
}

void write_text_file(const std::filesystem::path& file, std::string_view text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw UserError(file.string() + ": cannot write, expected a folder with room and permission");
}

}  // namespace niclab::lab
