// [run], [waves], [trace], [cost], [pcie], [fidelity], [[at]], [[expect]].
#include "lab/scenario_sections.hpp"

#include <algorithm>

#include "lab/shell/command.hpp"
#include "lab/values.hpp"

namespace niclab::lab {
namespace {

/// `duration` and `until` exclude each other; one given on the command line replaces the other of the file.
void settle_end_of_run(ConfigNode* run) {
  const ConfigNode* duration = run == nullptr ? nullptr : run->find("duration");
  const ConfigNode* until = run == nullptr ? nullptr : run->find("until");
  if (duration == nullptr || until == nullptr) return;
  if (duration->where.command_line == until->where.command_line)
    throw config_error(until->where, "run.until", "both duration and until are given", "one of them");
  const std::string_view loser = until->where.command_line ? "duration" : "until";
  std::erase_if(run->table(), [&](const auto& entry) { return entry.first == loser; });
}

/// A line for a host's shell, before there is a host.
void check_command(TableReader& t, const std::string& command, const Host& host) {
  shell::Script script;
  try {
    script = shell::parse(command);
  } catch (const shell::CommandError& e) {
    const std::string first_line = e.text.substr(0, e.text.find('\n'));
    throw t.error("command", "\"" + command + "\": " + first_line, "a command of the host's shell");
  }
  if (script.empty()) throw t.error("command", "is empty", "a command of the host's shell");
  const auto there = [&](const shell::Step& step) {
    return step.interface.empty() || std::any_of(host.nics.begin(), host.nics.end(),
                                                 [&](const Nic& n) { return n.if_name == step.interface; });
  };
  for (const shell::Pipeline& p : script)
    for (const shell::Step& step : p.steps)
      if (!there(step))
        throw t.error("command", "no interface \"" + step.interface + "\" on host " + host.name,
                      "the `if` of a [[host.nic]] of that host");
}

}  // namespace

void read_run(TableReader& root, Run& run) {
  settle_end_of_run(root.node("run"));
  root.table("run", [&](TableReader& t) {
    run.duration = t.duration("duration");
    if (run.duration == Duration{}) throw t.error("duration", "is zero", "a time above 0");
    t.choice("until", {"idle"}, 0);
    if (const auto seed = t.integer("seed", 0, INT64_MAX)) run.seed = static_cast<std::uint64_t>(*seed);
  });
}

void read_waves(TableReader& root, Waves& waves) {
  root.table("waves", [&](TableReader& t) {
    waves.from = t.duration("from");
    waves.until = t.duration("until");
    if (waves.until && *waves.until <= waves.from.value_or(Duration{}))
      throw t.error("until", "is not after from", "a time after waves.from");
  });
}

void read_cost(TableReader& root, CostModel& cost) {
  root.table("cost", [&](TableReader& t) {
    for (const auto& entry : cost_table())
      if (const auto d = t.duration(entry.key, true)) cost.*entry.member = *d;
  });
}

void read_pcie(TableReader& root, Pcie& p) {
  root.table("pcie", [&](TableReader& t) {
    p.gen = t.one_of("gen", p.gen, {1, 2});
    p.lanes = t.one_of("lanes", p.lanes, {1, 2, 4});
    p.mps = t.one_of("mps", p.mps, {128, 256, 512});
    p.mrrs = t.one_of("mrrs", p.mrrs, {128, 256, 512, 1024, 2048, 4096});
    p.rcb = t.one_of("rcb", p.rcb, {64, 128});
    p.completion = t.one_of("completion", std::max(p.completion, p.rcb), {64, 128, 256, 512});
    p.ack_every = t.number("ack_every", p.ack_every, 1, 64);
    p.tags = t.number("tags", p.tags, 3, 32);
    p.iova_bits = t.one_of("iova_bits", p.iova_bits, {32, 64});
    p.iotlb_entries = t.number("iotlb_entries", p.iotlb_entries, 1, 65536);
    const std::pair<const char*, Duration*> times[] = {
        {"propagation", &p.propagation},       {"root_complex_latency", &p.root_complex_latency},
        {"memory_latency", &p.memory_latency}, {"device_latency", &p.device_latency},
        {"iommu_hit", &p.iommu_hit},           {"iommu_miss", &p.iommu_miss}};
    for (const auto& [key, member] : times)
      if (const auto d = t.duration(key)) *member = *d;
    if (p.completion % p.rcb != 0 || p.completion > std::max(p.mps, p.rcb))
      throw t.error(
          "completion", "is " + std::to_string(p.completion),
          "a multiple of rcb (" + std::to_string(p.rcb) + ") not above mps (" + std::to_string(p.mps) + ")");
  });
}

void read_trace(TableReader& root, TraceChoice& trace) {
  root.table("trace", [&](TableReader& t) {
    trace.every = t.number("every", trace.every, 1, 1'000'000'000);
    trace.packets = t.number("packets", trace.packets, 0, 1'000'000'000);
    if (const auto d = t.duration("from")) trace.from = *d;
    trace.until = t.duration("until");
    if (trace.until && *trace.until <= trace.from)
      throw t.error("until", "is not after from", "a later time");
  });
}

/// "a, b and c".
static std::string with_twin() {
  std::string names;
  for (std::size_t i = 0; i < std::size(kTwins); ++i)
    names += std::string(i == 0 ? "" : i + 1 == std::size(kTwins) ? " and " : ", ") + std::string(kTwins[i]);
  return names;
}

void read_fidelity(TableReader& root, std::map<std::string, std::string>& fidelity) {
  constexpr const char* kExpected = "\"model\", \"rtl\" or \"lockstep\"";
  for (const auto unit : kUnits) fidelity[std::string(unit)] = "model";
  root.table("fidelity", [&](TableReader& t) {
    const auto chosen = [&](const std::string& key) {
      auto value = t.text(key, kExpected);
      if (value && *value != "model" && *value != "rtl" && *value != "lockstep")
        throw t.error(key, "unknown fidelity \"" + *value + "\"", kExpected);
      return value;
    };
    if (const auto all = chosen("all"))
      for (const auto unit : kTwins) fidelity[std::string(unit)] = *all;
    for (const auto unit : kUnits) {
      const std::string key(unit);
      const auto value = chosen(key);
      if (!value) continue;
      if (*value != "model" && std::find(std::begin(kTwins), std::end(kTwins), unit) == std::end(kTwins))
        throw t.error(key, "unit " + key + " has no twin in RTL", "\"model\"; " + with_twin() + " have one");
      fidelity[key] = *value;
    }
  });
}

namespace {

/// The index of the host a key names.
std::size_t host_index(TableReader& t, const Scenario& s) {
  std::vector<std::string_view> names;
  for (const auto& h : s.hosts) names.push_back(h.name);
  const std::string expected = "the name of a [[host]]";
  const auto name = t.required_text("host", expected);
  if (name.empty()) return 0;
  const auto it = std::find(names.begin(), names.end(), name);
  if (it != names.end()) return static_cast<std::size_t>(it - names.begin());
  const auto close = nearest(name, names);
  throw t.error("host", "unknown host \"" + name + "\"",
                close.empty() ? expected : expected + ", perhaps \"" + std::string(close) + "\"");
}

}  // namespace

void read_at(TableReader& root, Scenario& s) {
  root.each("at", [&](TableReader& t) {
    At at{t.where(), {}, host_index(t, s), {}};
    t.require("time", "a time after the start line, \"<n>ns|us|ms|s\"");
    at.time = t.duration("time").value_or(Duration{});
    at.command = t.required_text("command", "a command line");
    check_command(t, at.command, s.hosts[at.host]);
    s.at.push_back(std::move(at));
  });
}

void read_expects(TableReader& root, Scenario& s) {
  root.each("expect", [&](TableReader& t) {
    Expect e{t.where(), t.required_text("metric", "a path into summary.json"), CompareOp::eq, {}};
    const std::string ops = "one of ==, !=, <, <=, >, >=";
    t.require("op", ops);
    if (const auto op = t.parsed("op", parse_compare, "a comparison", ops)) e.op = *op;
    t.require("value", "a number, a string or a boolean");
    if (const ConfigNode* v = t.node("value")) {
      if (const auto* i = std::get_if<std::int64_t>(&v->value))
        e.value = *i;
      else if (const auto* d = std::get_if<double>(&v->value))
        e.value = *d;
      else if (const auto* b = std::get_if<bool>(&v->value))
        e.value = *b;
      else if (const auto* text = std::get_if<std::string>(&v->value))
        e.value = *text;
      else
        throw t.error("value", "is " + shown(*v), "a number, a string or a boolean");
      const bool ordered = e.op != CompareOp::eq && e.op != CompareOp::ne;
      if (ordered && e.value.index() >= 2)
        throw t.error("value", "is " + shown(*v), "a number, because op is " + std::string(to_string(e.op)));
    }
    s.expects.push_back(std::move(e));
  });
}

namespace {

void read_ptp(TableReader& t, const Scenario& s, App& a) {
  std::vector<std::string_view> names;
  if (!s.hosts.empty())
    for (const Nic& n : s.hosts[a.host].nics) names.push_back(n.if_name);
  if (!names.empty()) a.nic = t.choice("if", names, 0);
  a.start = t.duration("start").value_or(Duration{});
  if (a.kind == AppKind::ptp_slave) {
    a.settle = t.duration("settle").value_or(a.settle);
    return;
  }
  a.interval = t.duration("interval").value_or(125_ms);
  if (*a.interval < 1_ms) throw t.error("interval", "is below a millisecond", "a time from 1ms on");
}

}  // namespace

void read_apps(TableReader& root, Scenario& s) {
  static const std::vector<std::string_view> kKinds{"echo",    "sink",       "send",
                                                    "request", "ptp_master", "ptp_slave"};
  root.each("app", [&](TableReader& t) {
    App a;
    a.where = t.where();
    a.host = host_index(t, s);
    a.kind = static_cast<AppKind>(t.choice("kind", kKinds, std::nullopt));
    const bool server = a.kind == AppKind::echo || a.kind == AppKind::sink;
    const unsigned cpus = s.hosts.empty() ? 1 : s.hosts[a.host].cpus;
    a.cpu = t.number("cpu", 0, 0, cpus - 1);
    if (is_ptp(a.kind)) {
      read_ptp(t, s, a);
      s.apps.push_back(std::move(a));
      return;
    }
    if (server) t.require("port", "an integer from 1 to 65535");
    a.port = static_cast<std::uint16_t>(t.number("port", 0, 1, 65535));
    if (a.kind != AppKind::sink)
      if (const auto v = t.integer("sndbuf", 1, INT32_MAX)) a.sndbuf = static_cast<unsigned>(*v);
    if (a.kind != AppKind::send)
      if (const auto v = t.integer("rcvbuf", 1, INT32_MAX)) a.rcvbuf = static_cast<unsigned>(*v);
    if (server) {
      a.group = t.parsed("group", Ipv4Address::parse, "an IPv4 address", "a group such as \"239.1.2.3\"");
      if (a.group && !a.group->is_multicast())
        throw t.error("group", "\"" + a.group->to_string() + "\" is not a multicast group",
                      "an address in 224.0.0.0/4");
      a.work = t.duration("work").value_or(Duration{});
    } else {
      t.require("to", "\"ip:port\"");
      a.to = t.parsed("to", Endpoint::parse, "an address and port", "\"ip:port\"").value_or(Endpoint{});
      a.size = t.number("size", a.size, 0, 65507);
      a.count = static_cast<std::uint64_t>(t.integer("count", 1, INT64_MAX).value_or(0));
      a.interval = t.duration("interval");
      a.start = t.duration("start").value_or(Duration{});
    }
    if (a.kind == AppKind::send) {
      a.burst = t.number("burst", 1, 1, 1'000'000);
      const auto rate = t.parsed("rate", parse_rate, "a rate", "\"<n>pps\"");
      if (rate && rate->kind != Rate::Kind::pps)
        throw t.error("rate", "is not a number of packets", "\"<n>pps\"");
      if (rate && a.interval) throw t.error("rate", "both rate and interval are given", "one of them");
      if (rate) a.interval = 1_s / rate->pps;
      a.arrivals = static_cast<Arrivals>(t.choice("arrivals", {"regular", "poisson"}, 0));
      if (a.arrivals == Arrivals::poisson && !a.interval)
        throw t.error("arrivals", "is \"poisson\" without a mean", "rate or interval beside it");
    }
    if (a.kind == AppKind::request) a.timeout = t.duration("timeout").value_or(a.timeout);
    s.apps.push_back(std::move(a));
  });
}

}  // namespace niclab::lab
