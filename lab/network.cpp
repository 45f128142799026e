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
  for (const Link& l : scenario.links) {
    const std::size_t a = port_of(l.a), b = port_of(l.b);
    connected[a] = connected[b] = true;
    join(machines, ports_[a], ports_[b], l.propagation);
  }
  for (const LiveWire& w : scenario.wires) {
    connected[port_of(w.nic)] = true;
    lead_out(world, machines, ports_[port_of(w.nic)]);
  }
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
                                                    world.scheduler, world.frames, ends()));
  for (const Host& h : scenario_.hosts)
    for (const Nic& nic : h.nics) far_ends_.back()->leave_to_others(nic.ipv4.address);
  return *far_ends_.back();
}

sim::Wire& Network::add_wire(Duration propagation) {
  wires_.push_back(std::make_unique<sim::Wire>(numbered("wire", wires_.size()).c_str(), propagation));
  return *wires_.back();
}

std::size_t Network::port_of(const Link::End& end) const {
  const auto at = std::find_if(ports_.begin(), ports_.end(),
                               [&](const Port& p) { return p.host == end.host && p.nic == end.nic; });
  return static_cast<std::size_t>(at - ports_.begin());
}

void Network::join(const std::vector<std::unique_ptr<Machine>>& machines, const Port& a, const Port& b,
                   Duration propagation) {
  sim::Wire& wire = add_wire(propagation);
  sim::I350 &ca = machines[a.host]->device(), &cb = machines[b.host]->device();
  const auto na = static_cast<unsigned>(a.nic), nb = static_cast<unsigned>(b.nic);
  ca.wire_out(na).bind(wire.from_a);
  wire.to_a.bind(ca.wire_in(na));
  cb.wire_out(nb).bind(wire.from_b);
  wire.to_b.bind(cb.wire_in(nb));
  plug(ca.link_end(na), cb.link_end(nb), propagation);
}

void Network::plug_nic(const std::vector<std::unique_ptr<Machine>>& machines, const Port& p, sim::Wire& wire,
                       sim::LinkEnd& other) {
  sim::I350& card = machines[p.host]->device();
  const auto n = static_cast<unsigned>(p.nic);
  card.wire_out(n).bind(wire.from_a);
  wire.to_a.bind(card.wire_in(n));
  plug(card.link_end(n), other, kCable);
}

void Network::lead_out(World& world, const std::vector<std::unique_ptr<Machine>>& machines, const Port& p) {
  live_ends_.push_back(std::make_unique<sim::LiveEnd>(numbered("live_end", live_ends_.size()).c_str(),
                                                      world.engine, world.scheduler, world.frames,
                                                      sim::FarEnd::first_agent(ends())));
  sim::LiveEnd& end = *live_ends_.back();
  sim::Wire& wire = add_wire(kCable);
  plug_nic(machines, p, wire, end.link_end());
  end.out.bind(wire.from_b);
  wire.to_b.bind(end.in);
}

void Network::connect(World& world, const std::vector<std::unique_ptr<Machine>>& machines,
                      const std::vector<std::size_t>& group) {
  const auto trafficked = static_cast<std::size_t>(
      std::count_if(group.begin(), group.end(), [&](std::size_t i) { return has_traffic(ports_[i]); }));

  if (group.size() == 1) {
    Port& p = ports_[group[0]];
    p.far_end = &add_far_end(world);
    for (const Traffic& t : scenario_.traffic)
      if (t.host == p.host && t.nic == p.nic && t.pause)
        p.far_end->link_end().set_abilities(hw::LinkSignal::everything(hw::LinkSpeed::mbps1000, true));
    sim::Wire& wire = add_wire(kCable);
    plug_nic(machines, p, wire, p.far_end->link_end());
    p.far_end->out.bind(wire.from_b);
    wire.to_b.bind(p.far_end->in);
    return;
  }
  if (group.size() == 2 && trafficked == 0) return join(machines, ports_[group[0]], ports_[group[1]], kCable);
  const std::size_t n = switches_.size();
  switches_.push_back(std::make_unique<sim::Switch>(
      numbered("switch", n).c_str(), world.engine, world.scheduler,
      static_cast<unsigned>(group.size() + trafficked), static_cast<unsigned>(64 * n)));
  unsigned port = 0;
  const auto plug_switch = [&](sim::Wire& wire) -> sim::LinkEnd& {
    sim::Switch::Port& s = switches_.back()->port(port++);
    s.out.bind(wire.from_b);
    wire.to_b.bind(s.in);
    return s.link_end;
  };
  for (const std::size_t i : group) {
    sim::Wire& wire = add_wire(kCable);
    plug_nic(machines, ports_[i], wire, plug_switch(wire));
    if (!has_traffic(ports_[i])) continue;
    ports_[i].far_end = &add_far_end(world);
    sim::Wire& other = add_wire(kCable);
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
  u.burst = t.burst;
  if (t.rate.kind == Rate::Kind::pps) u.interval = Duration::from_s(t.burst) / t.rate.pps;
  if (t.arrivals == Arrivals::poisson)
    u.poisson_seed = random_stream(scenario_.run.seed, RandomUser::traffic,
                                   static_cast<std::size_t>(&t - scenario_.traffic.data()));
  return std::make_unique<sim::UdpSource>(u);
}

}  // namespace niclab::lab
