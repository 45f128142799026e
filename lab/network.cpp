#include "lab/network.hpp"

#include <algorithm>

#include "lab/capture.hpp"

namespace niclab::lab {
namespace {

constexpr Duration kCable = 50_ns;  // ten metres

std::string numbered(const char* what, std::size_t n) { return std::string(what) + std::to_string(n); }

}  // namespace

Network::Network(World& world, const Scenario& scenario,
                 const std::vector<std::unique_ptr<Machine>>& machines)
    : scenario_(scenario) {
  for (std::size_t h = 0; h < scenario.hosts.size(); ++h)
    for (std::size_t n = 0; n < scenario.hosts[h].nics.size(); ++n) ports_.push_back({h, n, nullptr});
  std::vector<bool> connected(ports_.size());
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    if (connected[i]) continue;
    const Ipv4Prefix& net = scenario.hosts[ports_[i].host].nics[ports_[i].nic].ipv4;
    std::vector<std::size_t> group;
    for (std::size_t k = i; k < ports_.size(); ++k) {
      const Ipv4Prefix& other = scenario.hosts[ports_[k].host].nics[ports_[k].nic].ipv4;
      if (connected[k] || !net.contains(other.address) || net.length != other.length) continue;
      connected[k] = true;
      group.push_back(k);
    }
    connect(world, machines, group);
  }
}

bool Network::has_traffic(const Port& p) const {
  return std::any_of(scenario_.traffic.begin(), scenario_.traffic.end(),
                     [&](const Traffic& t) { return t.host == p.host && t.nic == p.nic; });
}

sim::FarEnd& Network::add_far_end(World& world) {
  const std::size_t n = far_ends_.size();
  far_ends_.push_back(std::make_unique<sim::FarEnd>(numbered("far_end", n).c_str(), world.engine,
                                                    world.scheduler, world.frames, static_cast<unsigned>(n)));
  for (const Host& h : scenario_.hosts)
    for (const Nic& nic : h.nics) far_ends_.back()->leave_to_others(nic.ipv4.address);
  return *far_ends_.back();
}

void Network::connect(World& world, const std::vector<std::unique_ptr<Machine>>& machines,
                      const std::vector<std::size_t>& group) {
  const auto nic_out = [&](const Port& p) -> auto& {
    return machines[p.host]->device().wire_out(static_cast<unsigned>(p.nic));
  };
  const auto nic_in = [&](const Port& p) -> auto& {
    return machines[p.host]->device().wire_in(static_cast<unsigned>(p.nic));
  };
  const auto new_wire = [&]() -> sim::Wire& {
    wires_.push_back(std::make_unique<sim::Wire>(numbered("wire", wires_.size()).c_str(), kCable));
    return *wires_.back();
  };
  const auto plug_nic = [&](const Port& p, sim::Wire& wire) {
    nic_out(p).bind(wire.from_a);
    wire.to_a.bind(nic_in(p));
  };
  const bool any_traffic =
      std::any_of(group.begin(), group.end(), [&](std::size_t i) { return has_traffic(ports_[i]); });

  if (group.size() == 1) {
    Port& p = ports_[group[0]];
    p.far_end = &add_far_end(world);
    sim::Wire& wire = new_wire();
    plug_nic(p, wire);
    p.far_end->out.bind(wire.from_b);
    wire.to_b.bind(p.far_end->in);
    return;
  }
  if (group.size() == 2 && !any_traffic) {
    sim::Wire& wire = new_wire();
    plug_nic(ports_[group[0]], wire);
    nic_out(ports_[group[1]]).bind(wire.from_b);
    wire.to_b.bind(nic_in(ports_[group[1]]));
    return;
  }
  const auto trafficked = static_cast<std::size_t>(
      std::count_if(group.begin(), group.end(), [&](std::size_t i) { return has_traffic(ports_[i]); }));
  const std::size_t n = switches_.size();
  switches_.push_back(std::make_unique<sim::Switch>(
      numbered("switch", n).c_str(), world.engine, world.scheduler,
      static_cast<unsigned>(group.size() + trafficked), static_cast<unsigned>(64 * n)));
  unsigned port = 0;
  const auto plug_switch = [&](sim::Wire& wire) {
    sim::Switch::Port& s = switches_.back()->port(port++);
    s.out.bind(wire.from_b);
    wire.to_b.bind(s.in);
  };
  for (const std::size_t i : group) {
    sim::Wire& wire = new_wire();
    plug_nic(ports_[i], wire);
    plug_switch(wire);
    if (!has_traffic(ports_[i])) continue;
    ports_[i].far_end = &add_far_end(world);
    sim::Wire& other = new_wire();
    ports_[i].far_end->out.bind(other.from_a);
    other.to_a.bind(ports_[i].far_end->in);
    plug_switch(other);
  }
}

void Network::start(Time start_line) {
  for (const Traffic& t : scenario_.traffic)
    for (Port& p : ports_)
      if (p.host == t.host && p.nic == t.nic) p.far_end->add_source(source(t, start_line));
}

bool Network::idle() const {
  return std::all_of(far_ends_.begin(), far_ends_.end(), [](const auto& f) { return f->finished(); }) &&
         std::all_of(switches_.begin(), switches_.end(), [](const auto& s) { return s->idle(); });
}

std::unique_ptr<sim::TrafficSource> Network::source(const Traffic& t, Time start_line) const {
  const Time start = start_line + t.start;
  std::optional<Duration> interval;
  if (t.rate.kind == Rate::Kind::pps) interval = Duration::from_s(1) / t.rate.pps;
  if (t.kind == TrafficKind::pcap) {
    const MacAddress station = scenario_.hosts[t.host].nics[t.nic].mac;
    std::vector<sim::RecordedSource::Recorded> frames;
    for (CapturedFrame& f : read_capture(t.file))
      if (is_injected(f.bytes, station)) frames.push_back({f.since_first, std::move(f.bytes)});
    if (t.rate.kind == Rate::Kind::line) interval = Duration{};
    return std::make_unique<sim::RecordedSource>(std::move(frames), start, interval);
  }
  sim::UdpTraffic u;
  u.source_mac = t.src_mac;
  u.destination_mac = t.dst_mac;
  u.source = t.src;
  u.destination = t.dst;
  u.source_port = t.sport;
  u.destination_port = t.dport;
  u.flows = t.flows;
  u.sources = t.sources;
  u.frame_bytes = t.size;
  u.count = t.count;
  u.start = start;
  u.interval = interval;
  return std::make_unique<sim::UdpSource>(u);
}

}  // namespace niclab::lab
