// [[host]], [[host.nic]], [[link]], [[wire]], [[traffic]].
#include <algorithm>

#include "lab/scenario_sections.hpp"
#include "lab/values.hpp"
#include "tlm/i350/quirks.hpp"

namespace niclab::lab {
namespace {

bool is_name(std::string_view s) {
  return !s.empty() && s.size() <= 32 && std::all_of(s.begin(), s.end(), [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
}

/// A name that may stand in a file name and before a dot.
std::string read_name(TableReader& t, std::string_view key, std::size_t longest) {
  const std::string expected =
      "a name of at most " + std::to_string(longest) + " letters, digits, '-' or '_'";
  auto name = t.required_text(key, expected);
  if (!name.empty() && (!is_name(name) || name.size() > longest))
    throw t.error(key, "\"" + name + "\" is not a name", expected);
  return name;
}

/// That of port `number`: what its NVM image says, if there is one, good or not.
MacAddress read_mac(TableReader& t, const std::optional<hw::Nvm>& nvm, unsigned number) {
  const std::string expected = "a station address such as \"02:00:00:00:00:01\"";
  if (!nvm) t.require("mac", expected);
  const auto mac = t.parsed("mac", MacAddress::parse, "a MAC address", expected);
  if (mac && (mac->is_group() || mac->is_zero()))
    throw t.error("mac", "\"" + mac->to_string() + "\" is not a station's address", expected);
  if (!nvm) return mac.value_or(MacAddress{});
  const MacAddress own = nvm->mac(number);
  if (mac && *mac != own)
    throw t.error("mac",
                  "\"" + mac->to_string() + "\" is not the address of port " + std::to_string(number) +
                      " in the NVM image",
                  "\"" + own.to_string() + "\", or no mac");
  return own;
}

bool is_station(Ipv4Address a) {
  const unsigned first = a.value >> 24;
  return first != 0 && first != 127 && first < 224;
}

Ipv4Prefix read_ipv4(TableReader& t) {
  const std::string expected = "a station's \"a.b.c.d/len\"";
  t.require("ipv4", expected);
  const auto p = t.parsed("ipv4", Ipv4Prefix::parse, "an address with prefix length", expected);
  if (!p) return {};
  const bool end_of_subnet =
      p->length < 31 && (p->address == p->broadcast() || p->address.value == (p->address.value & p->mask()));
  if (!is_station(p->address) || p->length == 0 || end_of_subnet)
    throw t.error("ipv4", "\"" + p->to_string() + "\" is not a station's address", expected);
  return *p;
}

unsigned read_ring(TableReader& t, std::string_view key, unsigned fallback) {
  const unsigned n = t.number(key, fallback, 80, 4096);
  if (n % 8 != 0) throw t.error(key, "is " + std::to_string(n), "a multiple of 8 from 80 to 4096");
  return n;
}

unsigned read_rx_usecs(TableReader& t, unsigned fallback) {
  const unsigned us = t.number("rx_usecs", fallback, 0, 10000);
  if (us == 2 || (us > 3 && us < 10))
    throw t.error("rx_usecs", "is " + std::to_string(us), "0, 1, 3 or 10 to 10000, as igb");
  return us;
}

Duration read_negotiation(TableReader& t, Duration fallback) {
  const Duration d = t.duration("negotiation").value_or(fallback);
  if (d < 1_us || d > 10_s) throw t.error("negotiation", "is out of range", "1us to 10s");
  return d;
}

void read_quirks(TableReader& nic, sim::I350Quirks& quirks) {
  nic.table("quirk", [&](TableReader& t) {
    for (const sim::Quirk& q : sim::quirk_table())
      q.choose(quirks, static_cast<unsigned>(t.choice(q.key, q.readings, 0)));
  });
}

/// `prefix`_pthresh, _hthresh, _wthresh; the ranges are those of fact base 2.7.2 and of the register's
/// fields.
void read_thresholds(TableReader& t, const std::string& prefix, igb::Thresholds& th, unsigned prefetch,
                     unsigned writeback) {
  th.pthresh = t.number(prefix + "_pthresh", th.pthresh, 0, prefetch);
  th.hthresh = t.number(prefix + "_hthresh", th.hthresh, 0, prefetch);
  th.wthresh = t.number(prefix + "_wthresh", th.wthresh, 0, writeback);
}

Nic read_nic(TableReader& t, const Host& host) {
  Nic n;
  n.where = t.where();
  n.if_name = read_name(t, "if", 15);
  n.mac = read_mac(t, host.card.nvm, static_cast<unsigned>(host.nics.size()));
  n.ipv4 = read_ipv4(t);
  n.gateway = t.parsed("gateway", Ipv4Address::parse, "an IPv4 address", "a router's \"a.b.c.d\"");
  if (n.gateway && (!n.ipv4.contains(*n.gateway) || *n.gateway == n.ipv4.address))
    throw t.error("gateway", "\"" + n.gateway->to_string() + "\" is not a neighbour",
                  "another address in " + n.ipv4.to_string());
  n.queues = t.number("queues", std::min(8u, host.cpus), 1, 8);
  n.rx_ring = read_ring(t, "rx_ring", n.rx_ring);
  n.tx_ring = read_ring(t, "tx_ring", n.tx_ring);
  n.rx_usecs = read_rx_usecs(t, n.rx_usecs);
  n.mtu = t.number("mtu", n.mtu, 68, 9216);
  n.interrupts = static_cast<InterruptKind>(t.choice("interrupts", {"msix", "msi", "intx"}, 0));
  n.speed = t.one_of("speed", n.speed, {10, 100, 1000});
  n.negotiation = read_negotiation(t, n.negotiation);
  read_thresholds(t, "rx", n.rx_thresholds, 16, 15);
  read_thresholds(t, "tx", n.tx_thresholds, 31, 31);
  if (t.node("flow_control") != nullptr)
    n.flow_control =
        static_cast<igb::FlowControl>(t.choice("flow_control", {"none", "rx", "tx", "full"}, std::nullopt));
  read_quirks(t, n.quirks);
  return n;
}

}  // namespace

void read_hosts(TableReader& root, Scenario& s, const std::filesystem::path& folder) {
  root.require("host", "at least one [[host]]");
  root.each("host", [&](TableReader& t) {
    Host h;
    h.where = t.where();
    h.name = read_name(t, "name", 32);
    h.kernel.version = static_cast<KernelVersion>(t.choice("kernel", {"3.13", "4.0"}, 0));
    h.kernel.hz = t.one_of("hz", h.kernel.hz, {100, 250, 300, 1000});
    h.external = t.boolean("external").value_or(false);
    h.cpus = t.number("cpus", h.external ? 1 : h.cpus, 1, 64);
    read_card(t, h.card, folder);
    read_sysctl(t, h.sysctl);
    t.require("nic", "at least one [[host.nic]]");
    t.each("nic", [&](TableReader& nic) { h.nics.push_back(read_nic(nic, h)); });
    if (h.nics.size() > 4)
      throw t.error("nic", "has " + std::to_string(h.nics.size()) + " entries",
                    "at most 4, the ports of one I350");
    s.hosts.push_back(std::move(h));
  });
}

namespace {

/// The NIC that "h1.eth0" names; the first one when the key is missing.
Link::End read_interface(TableReader& t, const Scenario& s, std::string_view key) {
  const std::string expected = "\"host.interface\"";
  const auto to = t.required_text(key, expected);
  if (to.empty()) return {};
  std::vector<std::string> names;
  for (std::size_t h = 0; h < s.hosts.size(); ++h)
    for (std::size_t n = 0; n < s.hosts[h].nics.size(); ++n) {
      names.push_back(s.hosts[h].name + "." + s.hosts[h].nics[n].if_name);
      if (to == names.back()) return {h, n};
    }
  const auto close = nearest(to, {names.begin(), names.end()});
  throw t.error(key, "unknown interface \"" + to + "\"",
                close.empty() ? expected : expected + ", perhaps \"" + std::string(close) + "\"");
}

}  // namespace

const std::vector<FaultKindRow>& fault_kinds() {
  using enum FaultKindRow::Lasts;
  static const std::vector<FaultKindRow> kKinds{
      {"completion_timeout", true},
      {"late_completion", true, always},
      {"unsupported_request", true},
      {"completer_abort", true},
      {"poisoned", true},
      {"poisoned_write", true},
      {"bad_tlp"},
      {"malformed_tlp"},
      {"cable", false, always},
      {"crc_error", true},
      {"ecc"},
      {"tx_stall", false, always},
      {"all_ones", false, if_given},
      {"flr"},
      {"device_reset"},
      {"port_reset"},
  };
  return kKinds;
}

void read_faults(TableReader& root, Scenario& s) {
  std::vector<std::string_view> names;
  for (const FaultKindRow& k : fault_kinds()) names.push_back(k.name);
  root.each("fault", [&](TableReader& t) {
    Fault f;
    f.where = t.where();
    t.require("time", "a time after the start line, \"<n>ns|us|ms|s\"");
    f.time = t.duration("time").value_or(Duration{});
    const Link::End nic = read_interface(t, s, "nic");
    f.host = nic.host;
    f.nic = nic.nic;
    f.kind = static_cast<FaultKind>(t.choice("kind", names, std::nullopt));
    const FaultKindRow& kind = fault_kinds()[static_cast<std::size_t>(f.kind)];
    if (kind.counts) f.count = static_cast<std::uint64_t>(t.integer("count", 1, 1'000'000'000).value_or(1));
    if (kind.lasts == FaultKindRow::Lasts::always) t.require("duration", "how long, \"<n>ns|us|ms|s\"");
    if (kind.lasts != FaultKindRow::Lasts::no) f.duration = t.duration("duration");
    if (f.duration == Duration{}) throw t.error("duration", "is zero", "a time above 0");
    s.faults.push_back(std::move(f));
  });
}

namespace {

bool is_of_a_host(const Scenario& s, Ipv4Address a) {
  for (const Host& h : s.hosts)
    for (const Nic& n : h.nics)
      if (n.ipv4.address == a) return true;
  return false;
}

/// The next free station's address in the NIC's subnet, upwards and around; the NIC's own when it is full.
Ipv4Address free_neighbour(const Scenario& s, const Nic& nic) {
  const std::uint32_t mask = nic.ipv4.mask();
  Ipv4Address a = nic.ipv4.address;
  for (int tries = 0; tries < 1024; ++tries) {
    a.value = (nic.ipv4.address.value & mask) | ((a.value + 1) & ~mask);
    const bool end_of_subnet = nic.ipv4.length < 31 && ((a.value & ~mask) == 0 || a == nic.ipv4.broadcast());
    if (!end_of_subnet && !is_of_a_host(s, a)) return a;
  }
  return nic.ipv4.address;
}

void read_arrivals(TableReader& t, Traffic& traffic) {
  traffic.arrivals = static_cast<Arrivals>(t.choice("arrivals", {"regular", "poisson", "bursts"}, 0));
  const bool bursts = traffic.arrivals == Arrivals::bursts;
  const std::string expected = "frames back to back, from 1 to 1000000";
  if (bursts) t.require("burst", expected);
  if (!bursts && t.node("burst") != nullptr)
    throw t.error("burst", "is given, but arrivals is not \"bursts\"", "arrivals = \"bursts\"");
  traffic.burst = t.number("burst", 1, 1, 1'000'000);
  if (traffic.arrivals != Arrivals::regular && traffic.rate.kind != Rate::Kind::pps)
    throw t.error("rate", "is not a number of frames, but arrivals is not \"regular\"", "\"<n>pps\"");
}

void read_generator(TableReader& t, const Scenario& s, Traffic& traffic) {
  const Nic& nic = s.hosts[traffic.host].nics[traffic.nic];
  read_arrivals(t, traffic);
  traffic.size = t.number("size", traffic.size, 64, 9728);
  traffic.count = static_cast<std::uint64_t>(t.integer("count", 1, INT64_MAX).value_or(0));
  traffic.flows = t.number("flows", 1, 1, 65535);
  traffic.sources = t.number("sources", 1, 1, 65535);
  traffic.sport = static_cast<std::uint16_t>(t.number("sport", traffic.sport, 1, 65535));
  traffic.dport = static_cast<std::uint16_t>(t.number("dport", traffic.dport, 1, 65535));
  if (traffic.sport + traffic.flows - 1 > 65535)
    throw t.error("flows", "is " + std::to_string(traffic.flows),
                  "at most " + std::to_string(65536 - traffic.sport) + ", because sport counts up from " +
                      std::to_string(traffic.sport));
  traffic.dst =
      t.parsed("dst", Ipv4Address::parse, "an IPv4 address", "\"a.b.c.d\"").value_or(nic.ipv4.address);
  if (traffic.dst != nic.ipv4.address && !traffic.dst.is_multicast())
    throw t.error("dst", "\"" + traffic.dst.to_string() + "\" is not received there",
                  nic.ipv4.address.to_string() + " or a multicast group");
  const auto src = t.parsed("src", Ipv4Address::parse, "an IPv4 address", "\"a.b.c.d\"");
  traffic.src = src ? *src : free_neighbour(s, nic);
  if (!is_station(traffic.src) || traffic.src == nic.ipv4.address)
    throw t.error("src", "\"" + traffic.src.to_string() + "\" is not another station's address",
                  "\"a.b.c.d\"");
  traffic.src_mac = {{0x02, 0x00, 0x00, 0xff, 0x00, static_cast<std::uint8_t>(s.traffic.size())}};
  traffic.src_mac = t.parsed("src_mac", MacAddress::parse, "a MAC address",
                             "a station address such as \"02:00:00:00:00:01\"")
                        .value_or(traffic.src_mac);
  if (traffic.src_mac.is_group() || traffic.src_mac == nic.mac)
    throw t.error("src_mac", "\"" + traffic.src_mac.to_string() + "\" is not another station's address",
                  "a station address");
  traffic.dst_mac = traffic.dst.is_multicast() ? multicast_mac(traffic.dst) : nic.mac;
}

}  // namespace

void read_links(TableReader& root, Scenario& s) {
  root.each("link", [&](TableReader& t) {
    Link l{t.where(), read_interface(t, s, "a"), read_interface(t, s, "b")};
    l.propagation = t.duration("propagation").value_or(l.propagation);
    const unsigned speed = t.one_of("speed", 1000, {10, 100, 1000});
    for (const Link::End& end : {l.a, l.b}) {
      Nic& nic = s.hosts[end.host].nics[end.nic];
      nic.speed = std::min(nic.speed, speed);
    }
    s.links.push_back(l);
  });
}

void read_wires(TableReader& root, Scenario& s) {
  root.each("wire", [&](TableReader& t) {
    LiveWire w;
    w.where = t.where();
    w.nic = read_interface(t, s, "nic");
    w.kind = static_cast<LiveWire::Kind>(t.choice("kind", {"tap", "dgram"}, std::nullopt));
    if (w.kind == LiveWire::Kind::tap) {
      w.name = t.required_text("name", "a TAP interface");
    } else {
      w.local = t.required_text("local", "the socket to receive at");
      w.remote = t.required_text("remote", "the socket to send to");
    }
    s.wires.push_back(std::move(w));
  });
}

void read_traffic(TableReader& root, Scenario& s, const std::filesystem::path& folder) {
  root.each("traffic", [&](TableReader& t) {
    Traffic traffic;
    traffic.where = t.where();
    const Link::End to = read_interface(t, s, "to");
    traffic.host = to.host;
    traffic.nic = to.nic;
    traffic.kind = static_cast<TrafficKind>(t.choice("kind", {"udp", "pcap"}, std::nullopt));
    const bool pcap = traffic.kind == TrafficKind::pcap;
    const std::string rates = pcap ? "\"captured\", \"line\" or \"<n>pps\"" : "\"line\" or \"<n>pps\"";
    if (!pcap) t.require("rate", rates);
    traffic.rate = t.parsed("rate", parse_rate, "a rate", rates).value_or(Rate{Rate::Kind::captured, 0});
    if (!pcap && t.node("rate") != nullptr && traffic.rate.kind == Rate::Kind::captured)
      throw t.error("rate", "\"captured\" needs a capture", rates);
    traffic.pause = t.boolean("pause").value_or(false);
    traffic.start = t.duration("start").value_or(Duration{});
    if (pcap)
      traffic.file = read_file_name(t, "file", folder, "capture file");
    else if (traffic.host < s.hosts.size() && traffic.nic < s.hosts[traffic.host].nics.size())
      read_generator(t, s, traffic);
    s.traffic.push_back(std::move(traffic));
  });
}

}  // namespace niclab::lab
