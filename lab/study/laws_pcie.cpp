// What crosses the PCIe link, and how fast it can (docs/pcie-bytes.md, lab/study/pcie_model).
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "lab/study/law_checks.hpp"
#include "lab/study/law_view.hpp"
#include "lab/study/pcie_model.hpp"

namespace niclab::lab::study {
namespace {

constexpr unsigned kRxDepth = 16, kTxDepth = 24;  // descriptor caches (fact base 3.5)
constexpr std::uint32_t kFcs = 4, kEthIpUdp = 42, kMinimumFrame = 60;
constexpr std::uint32_t kTxOffset = 2;  // of a packet in its buffer: 16 bytes of headroom, 14 of header
constexpr std::uint32_t kTxBuffer = 2048, kRxBuffer = 2048;
constexpr std::uint32_t kArpBytes = 42;  // as the driver hands it over
constexpr unsigned kQuietBurst = 64;     // longest burst that finds its descriptors in the ring
constexpr double kQuietUs = 100;         // left to software when a countdown is over
constexpr std::uint64_t kMessage = 24, kDescriptor = 16;
constexpr unsigned kReadsInFlight = 6;
constexpr double kAtTheEdges = 2;  // packets on their way when the measured time ends
constexpr double kReached = 0.97;  // of the ceiling where PCIe limits
constexpr double kClearly = 0.9;   // a bound limits if it is below this share of the wire's

std::uint64_t count(const Counters& counters, std::string_view name) {
  for (const auto& [key, n] : counters)
    if (key == name) return n;
  return 0;
}

/// A port with one stream, and what it carried.
struct Port {
  std::string name;
  const Host* host = nullptr;
  const Nic* nic = nullptr;
  const Traffic* traffic = nullptr;  ///< received, or
  const App* app = nullptr;          ///< sent
  const PcieResult* pcie = nullptr;
  const AccountResult* account = nullptr;
  const LinkResult* link = nullptr;
  std::uint64_t interrupts = 0;  ///< messages since the start line
  std::uint64_t rx_no_buffer = 0;
  bool transmit() const { return app != nullptr; }
  /// In host memory.
  std::uint32_t frame() const { return transmit() ? app->size + kEthIpUdp : traffic->size - kFcs; }
};

bool begins(const RunResult& r, Duration start) {
  return static_cast<double>(start.ps()) * 1e-6 < measured_us(r);
}

bool in_subnet(const Nic& nic, Ipv4Address a) { return nic.ipv4.contains(a); }

std::uint64_t interrupts_of(const RunResult& r, std::size_t host, const std::string& if_name) {
  std::uint64_t sum = 0;
  for (const auto& [name, n] : r.hosts[host].measured.interrupts)
    if (name == if_name || name.starts_with(if_name + "-")) sum += n;
  return sum;
}

/// Ports of hosts alone on their wires, each with a single queue and a single stream of unfragmented UDP, one
/// way.
std::vector<Port> ports_of(const RunResult& r, const Scenario& s) {
  std::vector<Port> all;
  if (!undisturbed(s) || s.hosts.size() != 1 || r.hosts.size() != 1) return all;
  const Host& host = s.hosts[0];
  for (std::size_t n = 0; n < host.nics.size(); ++n) {
    const Nic& nic = host.nics[n];
    Port p{host.name + "." + nic.if_name, &host, &nic, nullptr, nullptr, nullptr, nullptr, nullptr, 0, 0};
    unsigned streams = 0;
    for (const Traffic& t : s.traffic)
      if (t.nic == n && begins(r, t.start)) {
        ++streams;
        if (t.kind == TrafficKind::udp) p.traffic = &t;
      }
    for (const App& a : s.apps)
      if (a.kind != AppKind::sink && begins(r, a.start) && in_subnet(nic, a.to.address)) {
        ++streams;
        if (a.kind == AppKind::send) p.app = &a;
      }
    p.pcie = named(r.pcie, p.name);
    p.account = named(r.accounts, p.name);
    p.link = named(r.links, p.name);
    if (streams != 1 || (p.traffic == nullptr) == (p.app == nullptr)) continue;
    if (nic.queues != 1 || nic.interrupts != InterruptKind::msix) continue;
    if (p.pcie == nullptr || p.account == nullptr || p.link == nullptr) continue;
    if (p.transmit() ? p.app->size + kEthIpUdp - 14 > nic.mtu : p.traffic->size > kRxBuffer + kFcs) continue;
    p.interrupts = interrupts_of(r, 0, nic.if_name);
    for (const auto& [name, counters] : r.hosts[0].ethtool)
      if (name == nic.if_name) p.rx_no_buffer = count(counters, "rx_no_buffer_count");
    all.push_back(p);
  }
  return all;
}

RingRules ring_of(const Nic& nic, bool transmit) {
  const igb::Thresholds& t = transmit ? nic.tx_thresholds : nic.rx_thresholds;
  return {transmit ? nic.tx_ring : nic.rx_ring, transmit ? kTxDepth : kRxDepth, t.pthresh, t.hthresh,
          t.wthresh};
}

PcieStream stream_of(const Port& p) {
  PcieStream stream;
  stream.transmit = p.transmit();
  stream.frame = p.frame();
  stream.offset = p.transmit() ? kTxOffset : 0;
  stream.buffer = kRxBuffer;
  stream.contexts = p.transmit() ? 1 : 0;
  stream.ring_ahead = !p.transmit();
  stream.ring = ring_of(*p.nic, p.transmit());
  return stream;
}

// --- quiet streams: everything is known --------------------------------------------------------------------

/// Packets at a time, if each time everything is over before the next: its interrupts too.
std::optional<unsigned> quiet_batch(const Port& p) {
  const ThrottleRange throttle = throttle_of(*p.nic, true);
  if (p.transmit()) {
    const bool alone = p.app->interval && p.app->burst == 1 && p.app->arrivals == Arrivals::regular;
    const double period = alone ? static_cast<double>(p.app->interval->ps()) * 1e-6 : 0;
    return alone && period > throttle.most + kQuietUs ? std::optional(1u) : std::nullopt;
  }
  const Traffic& t = *p.traffic;
  if (t.arrivals == Arrivals::poisson || t.rate.kind != Rate::Kind::pps || t.count != 0) return std::nullopt;
  const unsigned burst = t.arrivals == Arrivals::bursts ? t.burst : 1;
  const double period = burst * 1e6 / static_cast<double>(t.rate.pps);
  const double on_wire = burst * 1e6 / line_rate(t.size, p.nic->speed);
  // Write-backs are grouped by one countdown, which must be longer than the burst.
  const bool one_countdown = burst == 1 || p.nic->rx_thresholds.wthresh <= 1 || on_wire < throttle.least;
  if (burst > kQuietBurst || !one_countdown || period < on_wire + 2 * throttle.most + kQuietUs)
    return std::nullopt;
  return burst;
}

/// What the run's frames cost, every TLP of the card by rule; interrupts are counted.
PcieBytes quiet_bytes(const Port& p, const TlpRules& rules, unsigned batch) {
  const PcieStream stream = stream_of(p);
  PcieBytes sum;
  // Receive buffers were posted before the start line, and the first cacheful was read then.
  FetchWalk rx(rules, ring_of(*p.nic, false)), tx(rules, ring_of(*p.nic, true));
  rx.publish(p.nic->rx_ring - 1);
  const PcieBytes before = rx.bytes();
  if (!p.transmit()) {
    const std::uint64_t n = p.account->delivered;
    sum = payload_tlps(rules, stream).times(n);
    std::uint64_t index = 0;
    for (std::uint64_t left = n; left != 0;) {
      const std::uint64_t now = std::min<std::uint64_t>(left, batch);
      left -= now;
      rx.use(now);
      rx.publish(now);
      sum.write_up += write_backs(rules, stream.ring, static_cast<unsigned>(index), now, batch > 1);
      index = (index + now) % stream.ring.length;
    }
  } else {
    // An ARP request goes first, its answer comes in.
    PcieStream arp = stream, reply = stream;
    arp.frame = kArpBytes;
    reply.transmit = false;
    reply.frame = kMinimumFrame;
    reply.offset = 0;
    const std::uint64_t replies = p.account->delivered, packets = p.account->handed_to_device - replies;
    for (std::uint64_t i = 0; i < replies + packets; ++i) {
      const bool first = i < replies;
      sum += payload_tlps(rules, first ? arp : stream);
      tx.publish(first ? 1 : 2);
      tx.use(first ? 1 : 2);
      sum.write_up += write_backs(rules, stream.ring, 0, 1, false);
    }
    sum += payload_tlps(rules, reply).times(replies);
    rx.use(replies);
    sum.write_up += write_backs(rules, ring_of(*p.nic, false), 0, replies, false);
    sum += tx.bytes();
  }
  sum += rx.bytes();
  sum.read_up.tlps -= before.read_up.tlps;
  sum.read_up.bytes -= before.read_up.bytes;
  sum.data_down.tlps -= before.data_down.tlps;
  sum.data_down.bytes -= before.data_down.bytes;
  sum.write_up += {p.interrupts, p.interrupts * kMessage};
  return sum;
}

// --- any stream: data by rule, overhead by its count -------------------------------------------------------

/// As quiet_bytes(), but how descriptors were grouped in reads and write-backs is taken from the number of
/// TLPs: what is tested is that reads and writes carry the payload, sixteen bytes for each descriptor, and
/// their overhead.
PcieBytes counted_bytes(const Port& p, const TlpRules& rules) {
  const PcieStream stream = stream_of(p);
  const std::uint64_t header = rules.wide ? 24 : 20, completion = 20;
  const PcieBytes payload = payload_tlps(rules, stream);
  PcieBytes sum;
  const std::uint64_t mrd = count(p.pcie->load_up.tlps, "MRd"), mwr = count(p.pcie->load_up.tlps, "MWr"),
                      cpl = count(p.pcie->load_down.tlps, "CplD");
  sum.read_up = {mrd, mrd * header};
  const std::uint64_t data = (payload.data_down.bytes - payload.data_down.tlps * completion) +
                             (payload.write_up.bytes - payload.write_up.tlps * header);
  if (!p.transmit()) {
    const std::uint64_t n = p.account->delivered, fetched = count(p.pcie->fetches, "rx_descriptors");
    sum.write_up = {mwr, (mwr - p.interrupts) * header + p.interrupts * kMessage + n * (data + kDescriptor)};
    sum.data_down = {cpl, cpl * completion + fetched * kDescriptor};
    return sum;
  }
  const std::uint64_t arps = p.account->delivered, n = p.account->handed_to_device - arps;
  const std::uint64_t arp_words = (kArpBytes + 3) / 4 * 4;
  const std::uint64_t fetched =
      count(p.pcie->fetches, "rx_descriptors") + count(p.pcie->fetches, "tx_descriptors");
  sum.data_down = {cpl, cpl * completion + n * data + arps * arp_words + fetched * kDescriptor};
  sum.write_up = {mwr, (mwr - p.interrupts) * header + p.interrupts * kMessage +
                           arps * (kMinimumFrame + 2 * kDescriptor) + n * kDescriptor};
  return sum;
}

/// Bytes that may be on their way when a saturated run is cut off: one frame, and as many reads or
/// write-backs.
double in_flight(const Port& p) {
  return p.frame() + 200.0 +
         (p.transmit() ? kReadsInFlight * (p.frame() + 100.0) + 32 * kDescriptor : 16 * 36.0);
}

void compare(LawWorst& worst, const Port& p, const PcieBytes& expected, double bound) {
  const auto type = [&](const PcieLoad& load, const char* name, const char* way, const TlpSum& sum) {
    const auto bytes = static_cast<double>(count(load.wire_bytes, name));
    worst.within(bytes, static_cast<double>(sum.bytes), bound, p.name + " " + name + way);
    if (bound == 0)
      worst.within(static_cast<double>(count(load.tlps, name)), static_cast<double>(sum.tlps), 0,
                   p.name + " " + name + way + " (TLPs)");
  };
  type(p.pcie->load_up, "MRd", " up", expected.read_up);
  type(p.pcie->load_up, "MWr", " up", expected.write_up);
  type(p.pcie->load_down, "CplD", " down", expected.data_down);
}

}  // namespace

LawResult check_pcie_bytes(const RunResult& r, const Scenario& s) {
  LawWorst worst;
  const TlpRules rules = TlpRules::of(s.pcie);
  for (const Port& p : ports_of(r, s)) {
    const auto batch = quiet_batch(p);
    const bool determined = p.transmit() || ring_of(*p.nic, false).determined();
    if (batch && determined && p.rx_no_buffer == 0)
      compare(worst, p, quiet_bytes(p, rules, *batch), 0);
    else
      compare(worst, p, counted_bytes(p, rules), in_flight(p));
  }
  return worst.result();
}

namespace {

/// Ceiling and achievement of a port, in packets a second.
struct Achieved {
  PcieBound bound;
  double achieved = 0, wire = 0;
};

Achieved rate_of(const RunResult& r, const Scenario& s, const Port& p, const std::vector<Port>& ports) {
  const double seconds = measured_us(r) * 1e-6;
  const auto packets = static_cast<double>(p.transmit() ? p.account->handed_to_device : p.account->delivered);
  const auto bytes = [](const PcieLoad& load) {
    double sum = 0;
    for (const auto& [type, n] : load.wire_bytes) sum += static_cast<double>(n);
    return sum;
  };
  // Ports that share the link get what the others leave.
  double up = 0, down = 0;
  for (const Port& other : ports) {
    up += bytes(other.pcie->load_up);
    down += bytes(other.pcie->load_down);
  }
  Achieved rate;
  if (packets == 0) return rate;
  const auto all = bounds(s.pcie, stream_of(p), up / packets, down / packets, 1, p.nic->speed);
  rate.bound = lowest(all);
  rate.wire = all[0].pps;
  // What is in the transmit buffer has not passed the wire.
  const auto passed = p.transmit() ? static_cast<double>(p.account->on_the_wire) : packets;
  rate.achieved = passed / seconds;
  return rate;
}

}  // namespace

LawResult check_ceiling(const RunResult& r, const Scenario& s) {
  LawResult law{.name = {}, .applies = false, .where = {}};
  const auto ports = ports_of(r, s);
  double closest = -1;
  for (const Port& p : ports) {
    const Achieved rate = rate_of(r, s, p, ports);
    if (rate.bound.pps <= 0 || rate.achieved / rate.bound.pps <= closest) continue;
    closest = rate.achieved / rate.bound.pps;
    const double edges = kAtTheEdges / (measured_us(r) * 1e-6);
    law = {{},
           true,
           rate.achieved <= rate.bound.pps + edges,
           rate.achieved,
           rate.bound.pps,
           edges,
           p.name + ": " + std::string(rate.bound.name)};
  }
  return law;
}

LawResult check_pcie_limited(const RunResult& r, const Scenario& s) {
  LawWorst worst;
  const auto ports = ports_of(r, s);
  for (const Port& p : ports) {
    const Achieved rate = rate_of(r, s, p, ports);
    if (rate.bound.pps <= 0 || rate.bound.pps > kClearly * rate.wire) continue;
    // As much is offered as the wire carries, or as software can, and software is not what it waits for.
    const bool saturating = p.transmit()
                                ? !p.app->interval && !p.app->count
                                : p.traffic->rate.kind == lab::Rate::Kind::line && p.rx_no_buffer == 0;
    if (!saturating) continue;
    const double missing = std::max(0.0, kReached * rate.bound.pps - rate.achieved);
    worst.within(missing, 0, 0, p.name + ": " + std::string(rate.bound.name));
  }
  return worst.result();
}

}  // namespace niclab::lab::study
