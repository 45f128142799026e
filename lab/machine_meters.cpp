// What a machine measures from the start line on.
#include "lab/machine.hpp"
#include "lab/meter_results.hpp"

namespace niclab::lab {
namespace {

Counters totals(const std::vector<PerCpuCount>& rows) {
  Counters c;
  for (const auto& row : rows) c.emplace_back(row.name, row.total());
  return c;
}

/// What was counted since `then`; rows that were not there then have counted from nothing.
Counters since(Counters now, const Counters& then) {
  for (auto& [name, n] : now)
    for (const auto& [name_then, n_then] : then)
      if (name == name_then && n >= n_then) n -= n_then;
  return now;
}

/// Of the TLP types that there were.
Counters by_type(const std::array<std::uint64_t, kTlpTypes>& now,
                 const std::array<std::uint64_t, kTlpTypes>& then) {
  Counters c;
  for (unsigned t = 0; t < kTlpTypes; ++t)
    if (now[t] != then[t]) c.emplace_back(std::string(kTlpNames[t]), now[t] - then[t]);
  return c;
}

/// Rows of an interrupt that was requested anew begin again: they are their own counts then.
CpuTime since(const CpuTime& now, const CpuTime& then) {
  return {now.busy_ns - then.busy_ns, now.idle_ns - then.idle_ns, now.hardirq_ns - then.hardirq_ns,
          now.softirq_ns - then.softirq_ns};
}

}  // namespace

void Machine::begin_measuring(Time t) {
  host_.kernel().memory().apply(t);  // what is visible by now came before
  at_start_ = {t.ns(), totals(interrupts()), totals(softirqs()), cpu_times(t), softnet_stat()};
  for (unsigned f = 0; f < nics(); ++f) {
    NicMeters& m = meters_[f];
    m.device = device_.counters(f);
    m.root = root_complex_.counters(f);
    m.dma = device_.function(f).dma_counts();
    if (f < adapters_.size()) {
      const auto polls = adapters_[f]->poll_counts();
      m.polls.assign(polls.begin(), polls.end());
    }
    m.tx_ring.begin(t);
    m.qdisc.begin(t);
    functions_[f]->rx_stamps().meter().begin(t);
    if (sim::PortMeters* port = device_.function(f).meters()) port->begin(t);
  }
  stack_.begin_measuring(t);
}

void Machine::settle_meters(Time end) {
  for (unsigned f = 0; f < nics(); ++f) {
    device_.function(f).settle_meters(end);
    functions_[f]->rx_stamps().settle_meter(end);
  }
  for (const auto& a : adapters_) {
    a->settle_meters(end);
    stack::DeviceLayer::settle_meter(*a, end);
  }
  for (const auto& s : stack_.sockets()) stack::Udp::settle_meter(*s, end);
}

MeasuredResult Machine::measured_result(Time end) {
  MeasuredResult r{end.ns() - at_start_.ns, since(totals(interrupts()), at_start_.interrupts),
                   since(totals(softirqs()), at_start_.softirqs), cpu_times(end), softnet_stat()};
  for (std::size_t c = 0; c < at_start_.cpu.size(); ++c) {
    r.cpu[c] = since(r.cpu[c], at_start_.cpu[c]);
    r.softnet_stat[c] = since(r.softnet_stat[c], at_start_.softnet_stat[c]);
  }
  return r;
}

std::vector<PollResult> Machine::napi_result(unsigned nic) const {
  std::vector<PollResult> rows;
  for (const igb::PollCounts& c : adapters_[nic]->poll_counts()) {
    const auto& before = meters_[nic].polls;
    const igb::PollCounts b = rows.size() < before.size() ? before[rows.size()] : igb::PollCounts{};
    rows.push_back({c.polls - b.polls, c.empty_polls - b.empty_polls, c.rx_packets - b.rx_packets,
                    c.tx_packets - b.tx_packets, c.completes - b.completes,
                    c.budget_exhausted - b.budget_exhausted});
  }
  return rows;
}

void Machine::measured_pcie(PcieResult& r, unsigned nic, Time end) {
  const NicMeters& start = meters_[nic];
  const Duration time = end - Time::from_ps(at_start_.ns * 1000);
  const auto load = [&](const sim::PcieCounters& now, const sim::PcieCounters& then) {
    PcieLoad l{by_type(now.tlps_of, then.tlps_of), by_type(now.wire_bytes_of, then.wire_bytes_of), 0};
    const Duration busy = device_.link_time(now.wire_bytes() - then.wire_bytes());
    if (time != Duration{}) l.utilisation = static_cast<double>(busy.ps()) / static_cast<double>(time.ps());
    return l;
  };
  r.load_up = load(device_.counters(nic).up, start.device.up);
  r.load_down = load(root_complex_.counters(nic).down, start.root.down);
  const sim::DmaCounts& now = device_.function(nic).dma_counts();
  const auto reads = [&](sim::ReadKind kind) {
    const auto i = static_cast<unsigned>(kind);
    return sim::DmaCounts::Reads{now.reads[i].count - start.dma.reads[i].count,
                                 now.reads[i].bytes - start.dma.reads[i].bytes};
  };
  const auto rx = reads(sim::ReadKind::rx_descriptors), tx = reads(sim::ReadKind::tx_descriptors),
             payload = reads(sim::ReadKind::tx_payload);
  r.reads = {rx.count + tx.count, rx.bytes + tx.bytes, payload.count, payload.bytes, 0, 0};
  r.fetches = {{"rx_descriptor_reads", rx.count},
               {"rx_descriptors", rx.bytes / hw::kDescriptorBytes},
               {"tx_descriptor_reads", tx.count},
               {"tx_descriptors", tx.bytes / hw::kDescriptorBytes},
               {"rx_writebacks", now.rx.writes - start.dma.rx.writes},
               {"rx_descriptors_written", now.rx.descriptors - start.dma.rx.descriptors},
               {"tx_writebacks", now.tx.writes - start.dma.tx.writes},
               {"tx_descriptors_written", now.tx.descriptors - start.dma.tx.descriptors}};
  const sim::PortMeters* const m = device_.function(nic).meters();
  if (m == nullptr) return;
  r.reads.tags_mean = m->reads.occupancy().mean(end);
  r.reads.tags_max = m->reads.occupancy().most();
  r.stalls = {{"no_tag", m->no_tag.total(end).ns()},
              {"no_tx_buffer", m->no_room.total(end).ns()},
              {"no_rx_descriptor", m->no_descriptor.total(end).ns()},
              {"no_rx_window", m->no_window.total(end).ns()},
              {"link_busy", m->link_busy.ns()},
              {"no_credit", m->no_credit.ns()}};
}

/// From the wire to the application and back; those between card and stack only if the host is ours.
Named<BufferResult> Machine::buffer_results(unsigned nic, Time end) {
  const sim::PortMeters& m = *device_.function(nic).meters();
  Named<BufferResult> all{{"rx_buffer", buffer_result(m.rx_frames, end)},
                          {"rx_buffer_bytes", buffer_result(m.rx_bytes, end)}};
  const auto add = [&](const char* name, const BufferMeter& meter) {
    all.emplace_back(name, buffer_result(meter, end));
  };
  if (!config_.external) {
    add("rx_ring", functions_[nic]->rx_stamps().meter());
    add("qdisc", meters_[nic].qdisc);
    add("tx_ring", meters_[nic].tx_ring);
  }
  add("tx_buffer", m.tx_frames);
  add("tx_buffer_bytes", m.tx_bytes);
  add("reads", m.reads);
  return all;
}

}  // namespace niclab::lab
