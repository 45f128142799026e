#include "lab/scenario.hpp"

#include <algorithm>

#include "base/splitmix64.hpp"
#include "lab/capture.hpp"
#include "lab/scenario_sections.hpp"
#include "lab/study/spec.hpp"

namespace niclab::lab {
namespace {

/// Remembers what has been used once, and by whom.
class UsedOnce {
 public:
  explicit UsedOnce(std::string what) : what_(std::move(what)) {}
  void use(const std::string& value, const Where& where, const std::string& key) {
    const auto [it, fresh] = users_.emplace(value, where);
    if (!fresh)
      throw config_error(where, key, "\"" + value + "\" is already used at " + it->second.to_string(), what_);
  }

 private:
  std::string what_;
  std::map<std::string, Where> users_;
};

/// The line of a key of an element of the tree, for errors found after reading.
Where where_of(const Scenario& s, std::string_view list, std::size_t i, std::string_view key) {
  const ConfigNode& element = s.tree.find(list)->array()[i];
  const ConfigNode* child = element.find(key);
  return child != nullptr ? child->where : element.where;
}

std::string element_path(const std::string& list, std::size_t i, const std::string& key) {
  return list + (i == 0 ? "" : "[" + std::to_string(i) + "]") + "." + key;
}

void check_hosts(const Scenario& s) {
  UsedOnce names("a name of its own"), macs("an address of its own"), ips("an address of its own");
  for (std::size_t i = 0; i < s.hosts.size(); ++i) {
    const Host& h = s.hosts[i];
    names.use(h.name, where_of(s, "host", i, "name"), element_path("host", i, "name"));
    UsedOnce interfaces("a name of its own");
    const ConfigArray& nics = s.tree.find("host")->array()[i].find("nic")->array();
    for (std::size_t n = 0; n < h.nics.size(); ++n) {
      const auto at = [&](std::string_view key) {
        const ConfigNode* child = nics[n].find(key);
        return child != nullptr ? child->where : nics[n].where;
      };
      const auto path = [&](const char* key) { return element_path(element_path("host", i, "nic"), n, key); };
      interfaces.use(h.nics[n].if_name, at("if"), path("if"));
      const bool station =
          !h.nics[n].mac.is_zero() && !h.nics[n].mac.is_group();  // else the driver refuses it
      if (station) macs.use(h.nics[n].mac.to_string(), at("mac"), path("mac"));
      ips.use(h.nics[n].ipv4.address.to_string(), at("ipv4"), path("ipv4"));
      if (h.nics[n].quirks.descriptor_cache != 0 &&
          (s.fidelity.at("tx_ring") != "model" || s.fidelity.at("rx_ring") != "model"))
        throw config_error(nics[n].find("quirk")->find("descriptor_cache")->where,
                           path("quirk.descriptor_cache"), "the rings in RTL have one depth of cache",
                           "\"i210\", or tx_ring and rx_ring as \"model\"");
    }
  }
}

/// A port is shared only by members of different groups (all of them with SO_REUSEADDR).
bool shares_port(const App& a, const App& b) {
  return a.host == b.host && a.port == b.port && a.group.has_value() != b.group.has_value();
}

void check_apps(const Scenario& s) {
  UsedOnce ports("a port of its own on that host");
  for (std::size_t i = 0; i < s.apps.size(); ++i) {
    const App& a = s.apps[i];
    const auto at = [&](std::string_view key) { return where_of(s, "app", i, key); };
    const Host& host = s.hosts[a.host];
    if (a.port != 0) {
      const std::string group = a.group ? " " + a.group->to_string() : "";
      const std::string socket = host.name + " udp " + std::to_string(a.port);
      ports.use(socket + group, at("port"), element_path("app", i, "port"));
      for (std::size_t j = 0; j < i; ++j)
        if (shares_port(a, s.apps[j]))
          throw config_error(
              at("port"), element_path("app", i, "port"),
              "\"" + socket + "\" is already used at " + where_of(s, "app", j, "port").to_string(),
              "a port of its own, or a group on both");
    }
    if (a.kind == AppKind::echo || a.kind == AppKind::sink || is_ptp(a.kind)) continue;
    for (const Nic& n : host.nics)
      if (a.to.address == n.ipv4.address)
        throw config_error(at("to"), element_path("app", i, "to"),
                           "\"" + a.to.to_string() + "\" is " + host.name + " itself",
                           "another station's address");
    if (a.to.address.is_any() || a.to.address.is_loopback())
      throw config_error(at("to"), element_path("app", i, "to"),
                         "\"" + a.to.to_string() + "\" is not reachable by a NIC",
                         "another station's address");
    if (a.count == 0 && s.run.until_idle())
      throw config_error(at("count"), element_path("app", i, "count"),
                         "missing, so the run would never be idle", "a number of datagrams, or run.duration");
  }
}

/// One clock that others follow, and a run that ends though PTP does not.
void check_ptp(const Scenario& s) {
  const auto at = [&](std::size_t i) { return where_of(s, "app", i, "kind"); };
  const auto path = [](std::size_t i) { return element_path("app", i, "kind"); };
  std::optional<std::size_t> master;
  for (std::size_t i = 0; i < s.apps.size(); ++i) {
    if (!is_ptp(s.apps[i].kind)) continue;
    if (s.run.until_idle())
      throw config_error(at(i), path(i), "never ends, so the run would never be idle", "run.duration");
    if (s.apps[i].kind != AppKind::ptp_master) continue;
    if (master)
      throw config_error(at(i), path(i), "a second ptp_master, the first is at " + at(*master).to_string(),
                         "one in a scenario");
    master = i;
  }
  for (std::size_t i = 0; i < s.apps.size(); ++i) {
    if (!is_ptp(s.apps[i].kind)) continue;
    if (!master)
      throw config_error(at(i), path(i), "a ptp_slave without a ptp_master", "one in the scenario");
    for (std::size_t j = 0; j < i; ++j)
      if (is_ptp(s.apps[j].kind) && s.apps[j].host == s.apps[i].host)
        throw config_error(at(i), path(i),
                           "UDP ports 319 and 320 of " + s.hosts[s.apps[i].host].name +
                               " are already used at " + at(j).to_string(),
                           "one ptp_* on a host");
  }
}

std::string interface_name(const Scenario& s, const Link::End& e) {
  return s.hosts[e.host].name + "." + s.hosts[e.host].nics[e.nic].if_name;
}

bool is_end_of(const Link& l, std::size_t host, std::size_t nic) {
  const Link::End end{host, nic};
  return l.a == end || l.b == end;
}

/// A NIC has one wire, and one end of it is the NIC.
void check_links(const Scenario& s) {
  UsedOnce ends("a NIC without a [[link]] or [[wire]]");
  for (std::size_t i = 0; i < s.links.size(); ++i)
    for (const auto& [end, key] : {std::pair{s.links[i].a, "a"}, {s.links[i].b, "b"}})
      ends.use(interface_name(s, end), where_of(s, "link", i, key), element_path("link", i, key));
  for (std::size_t i = 0; i < s.wires.size(); ++i) {
    const Link::End& end = s.wires[i].nic;
    ends.use(interface_name(s, end), where_of(s, "wire", i, "nic"), element_path("wire", i, "nic"));
    for (std::size_t k = 0; k < s.traffic.size(); ++k)
      if (end == Link::End{s.traffic[k].host, s.traffic[k].nic})
        throw config_error(
            where_of(s, "traffic", k, "to"), element_path("traffic", k, "to"),
            "\"" + interface_name(s, end) + "\" is at the end of the wire at " + s.wires[i].where.to_string(),
            "a NIC without a [[wire]]");
  }
  for (std::size_t i = 0; i < s.traffic.size(); ++i) {
    const Traffic& t = s.traffic[i];
    const auto there = [&](const Link& l) { return is_end_of(l, t.host, t.nic); };
    const auto link = std::find_if(s.links.begin(), s.links.end(), there);
    if (link == s.links.end()) continue;
    throw config_error(where_of(s, "traffic", i, "to"), element_path("traffic", i, "to"),
                       "\"" + interface_name(s, {t.host, t.nic}) + "\" is at the end of the link at " +
                           link->where.to_string(),
                       "a NIC without a [[link]]");
  }
}

/// Another NIC is in the subnet of this one, so that both are plugged into a switch.
bool shares_network(const Scenario& s, std::size_t host, std::size_t nic) {
  const Ipv4Prefix& net = s.hosts[host].nics[nic].ipv4;
  for (std::size_t h = 0; h < s.hosts.size(); ++h)
    for (std::size_t n = 0; n < s.hosts[h].nics.size(); ++n) {
      const Ipv4Prefix& other = s.hosts[h].nics[n].ipv4;
      const bool itself = h == host && n == nic;
      const bool linked =
          std::any_of(s.links.begin(), s.links.end(), [&](const Link& l) { return is_end_of(l, h, n); }) ||
          std::any_of(s.wires.begin(), s.wires.end(), [&](const LiveWire& w) {
            return w.nic == Link::End{h, n};
          });
      if (!itself && !linked && net.length == other.length && net.contains(other.address)) return true;
    }
  return false;
}

void check_traffic(const Scenario& s) {
  for (std::size_t i = 0; i < s.traffic.size(); ++i) {
    const Traffic& t = s.traffic[i];
    const auto fail = [&](const std::string& key, const std::string& what, const std::string& expected) {
      throw config_error(where_of(s, "traffic", i, key), element_path("traffic", i, key), what, expected);
    };
    if (t.pause && shares_network(s, t.host, t.nic))
      fail("pause", "is set, but the other end of that wire is a switch", "a NIC alone in its subnet");
    if (t.kind == TrafficKind::udp) {
      if (t.count == 0 && s.run.until_idle())
        fail("count", "missing, so the run would never be idle", "a number of frames, or run.duration");
      for (const Host& h : s.hosts)
        for (const Nic& n : h.nics) {
          if (n.mac == t.src_mac)
            fail("src_mac", "\"" + t.src_mac.to_string() + "\" is " + h.name + "'s", "an address of its own");
          if (n.ipv4.address == t.src)
            fail("src", "\"" + t.src.to_string() + "\" is " + h.name + "'s", "an address of its own");
        }
      continue;
    }
    try {
      read_capture(t.file);
    } catch (const UserError& e) {
      const std::string line = e.what();
      const auto split = line.rfind(", expected ");
      fail("file", line.substr(0, split), line.substr(split + 11));
    }
  }
}

void check_at(const Scenario& s) {
  for (std::size_t i = 0; i < s.at.size(); ++i)
    if (s.run.duration && s.at[i].time > *s.run.duration)
      throw config_error(where_of(s, "at", i, "time"), element_path("at", i, "time"),
                         "is after the end of the run", "at most run.duration");
}

void check_faults(const Scenario& s) {
  for (std::size_t i = 0; i < s.faults.size(); ++i)
    if (s.run.duration && s.faults[i].time > *s.run.duration)
      throw config_error(where_of(s, "fault", i, "time"), element_path("fault", i, "time"),
                         "is after the end of the run", "at most run.duration");
}

}  // namespace

void check_scenario(const Scenario& s) {
  check_apps(s);
  check_ptp(s);
  check_links(s);
  check_traffic(s);
  check_at(s);
  check_faults(s);
}

std::uint64_t random_stream(std::uint64_t run, RandomUser user, std::size_t index) {
  SplitMix64 streams(SplitMix64(run).next() ^ static_cast<std::uint64_t>(user) << 32 ^ index);
  return streams.next();
}

Scenario scenario_from_tree(ConfigNode tree, std::string name, const std::filesystem::path& folder) {
  Scenario s;
  s.name = std::move(name);
  s.tree = std::move(tree);
  TableReader root(s.tree, "");
  read_run(root, s.run);
  read_waves(root, s.waves);
  read_cost(root, s.cost);
  read_pcie(root, s.pcie);
  read_trace(root, s.trace);
  read_fidelity(root, s.fidelity);
  for (const char* list : {"app", "link", "wire", "traffic", "at", "fault", "expect"}) root.node(list);
  root.require("host", "at least one [[host]]");
  root.finish();  // a misspelt section explains more than what is missing without it
  read_hosts(root, s, folder);
  check_hosts(s);
  read_apps(root, s);
  read_links(root, s);
  read_wires(root, s);
  read_traffic(root, s, folder);
  read_at(root, s);
  read_faults(root, s);
  read_expects(root, s);
  check_scenario(s);
  return s;
}

namespace {

constexpr std::string_view kStudyPrefix = "study:";

Scenario overridden(ConfigNode tree, std::string name, const std::filesystem::path& folder,
                    const std::vector<std::string>& sets, std::optional<std::uint64_t> seed) {
  for (const auto& assignment : sets) apply_override(tree, assignment);
  if (seed) apply_override(tree, "run.seed=" + std::to_string(*seed));
  return scenario_from_tree(std::move(tree), std::move(name), folder);
}

Scenario base_of_study(const std::string& study, const std::vector<std::string>& sets,
                       std::optional<std::uint64_t> seed) {
  auto [tree, folder] = study::base_scenario(study);
  return overridden(std::move(tree), std::filesystem::path(study).stem().string(), folder, sets, seed);
}

}  // namespace

Scenario scenario_from_text(std::string_view toml, const std::string& source,
                            const std::filesystem::path& folder, const std::vector<std::string>& sets,
                            std::optional<std::uint64_t> seed) {
  return overridden(parse_toml(toml, source), std::filesystem::path(source).stem().string(), folder, sets,
                    seed);
}

Scenario load_scenario(const std::filesystem::path& path, const std::vector<std::string>& sets,
                       std::optional<std::uint64_t> seed) {
  if (const std::string name = path.string(); name.starts_with(kStudyPrefix))
    return base_of_study(name.substr(kStudyPrefix.size()), sets, seed);
  const std::string text = read_text_file(path, "a scenario file");
  const auto folder = std::filesystem::absolute(path).parent_path();
  return scenario_from_text(text, path.string(), folder, sets, seed);
}

}  // namespace niclab::lab
