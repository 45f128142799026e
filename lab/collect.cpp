// What a machine reports when the run is over.
#include "hw/mac_timing.hpp"
#include "lab/machine.hpp"
#include "lab/meter_results.hpp"

namespace niclab::lab {
namespace {

template <class T>
Counters counters(std::span<const stack::MibColumn<T>> columns, const T& mib) {
  Counters c;
  for (const auto& column : columns) c.emplace_back(std::string(column.name), mib.*column.member);
  return c;
}

Counters icmp_msg(const stack::IcmpMsgMib& mib) {
  Counters c;
  for (unsigned t = 0; t < 256; ++t)
    if (mib.InType[t] != 0) c.emplace_back("InType" + std::to_string(t), mib.InType[t]);
  for (unsigned t = 0; t < 256; ++t)
    if (mib.OutType[t] != 0) c.emplace_back("OutType" + std::to_string(t), mib.OutType[t]);
  return c;
}

AerResult aer_result(const sim::I350Function::ErrorCounts& errors) {
  AerResult r{errors.correctable, errors.nonfatal, errors.fatal, {}};
  for (const hw::PciErrorName& e : hw::pci_error_names())
    if (const auto n = errors.found[static_cast<unsigned>(e.error)]; n != 0)
      r.errors.emplace_back(std::string(e.linux_name), n);
  return r;
}

}  // namespace

std::vector<PerCpuCount> Machine::interrupts() {
  std::vector<PerCpuCount> rows;
  for (const auto& irq : host_.kernel().irqs()) rows.push_back({irq->name, irq->count, irq->level});
  return rows;
}

std::vector<PerCpuCount> Machine::softirqs() {
  const sim::HostKernel& kernel = host_.kernel();
  std::vector<PerCpuCount> rows;
  for (unsigned nr = 0; nr < kSoftirqCount; ++nr) {
    PerCpuCount row{std::string(kSoftirqNames[nr]), {}};
    for (unsigned c = 0; c < kernel.num_online_cpus(); ++c)
      row.per_cpu.push_back(kernel.softirq_counts(c)[nr]);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<CpuTime> Machine::cpu_times(Time t) {
  const sim::HostKernel& kernel = host_.kernel();
  std::vector<CpuTime> times;
  for (unsigned c = 0; c < kernel.num_online_cpus(); ++c) {
    const auto ps = kernel.cpu_time(c, t);
    const auto ns = [&](CpuMode m) { return ps[static_cast<unsigned>(m)] / 1000; };
    times.push_back({ns(CpuMode::task) + ns(CpuMode::softirq) + ns(CpuMode::hardirq), ns(CpuMode::idle),
                     ns(CpuMode::hardirq), ns(CpuMode::softirq)});
  }
  return times;
}

std::vector<Counters> Machine::softnet_stat() {
  std::vector<Counters> rows;
  for (const auto& s : stack_.softnet().per_cpu())
    rows.push_back({{"processed", s.processed},
                    {"dropped", s.dropped},
                    {"time_squeeze", s.time_squeeze},
                    {"cpu_collision", s.cpu_collision},
                    {"received_rps", s.received_rps},
                    {"flow_limit_count", s.flow_limit_count}});
  return rows;
}

HostResult Machine::host_result(Time end) {
  HostResult r;
  r.name = config_.name;
  const auto& mib = stack_.mib;
  r.snmp.emplace_back("Ip", counters(stack::ip_columns(), mib.ip));
  r.snmp.emplace_back("Icmp", counters(stack::icmp_columns(), mib.icmp));
  r.snmp.emplace_back("IcmpMsg", icmp_msg(mib.icmp_msg));
  r.snmp.emplace_back("Udp",
                      counters(stack::udp_columns(config_.kernel.version == KernelVersion::v4_0), mib.udp));
  r.netstat.emplace_back("IpExt", counters(stack::ip_ext_columns(), mib.ip_ext));
  r.softnet_stat = softnet_stat();
  for (unsigned f = 0; f < adapters_.size(); ++f) {
    adapters_[f]->igb_read_stats();  // refreshes the driver's copy of the device's counters
    r.ethtool.emplace_back(config_.nics[f].if_name, adapters_[f]->ethtool_stats());
  }
  for (unsigned f = 0; f < nics(); ++f)
    r.aer.emplace_back(config_.nics[f].if_name, aer_result(device_.function(f).errors()));
  r.interrupts = interrupts();
  r.softirqs = softirqs();
  r.cpu = cpu_times(end);
  for (const auto& s : stack_.sockets())
    r.sockets.push_back(
        {"udp", s->local().address.to_string() + ":" + std::to_string(s->local().port), s->rx_datagrams(),
         s->rx_bytes(), s->drops(),
         s->queue_meter() != nullptr ? std::optional(buffer_result(*s->queue_meter(), end)) : std::nullopt});
  for (const auto& app : apps_)
    if (const PtpNode* node = app->ptp(); node != nullptr && node->is_slave())
      r.ptp.emplace_back(node->if_name(), node->result(end));
  for (unsigned f = 0; f < adapters_.size(); ++f)
    r.napi.emplace_back(config_.nics[f].if_name, napi_result(f));
  r.measured = measured_result(end);
  return r;
}

PcieResult Machine::pcie_result(unsigned nic) const {
  const sim::PciePortCounters& device = device_.counters(nic);
  const sim::PciePortCounters& root = root_complex_.counters(nic);
  // A receiver answers TLPs with Ack and UpdateFC packets on the other direction's wires.
  const auto dllps = [&](std::uint64_t tlps_received) {
    return (tlps_received / pcie_.ack_every + tlps_received / sim::kUpdateFcEvery) * sim::kDllpBytes;
  };
  PcieResult r;
  const auto direction = [&](const sim::PcieCounters& c, const sim::PcieCounters& other) {
    return PcieDirection{c.tlps(), c.payload_bytes, c.wire_bytes(), dllps(other.tlps())};
  };
  r.up = direction(device.up, root.down);
  r.down = direction(root.down, device.up);
  for (unsigned t = 0; t < kTlpTypes; ++t)
    if (const auto n = device.up.tlps_of[t] + root.down.tlps_of[t]; n != 0)
      r.by_type.emplace_back(std::string(kTlpNames[t]), n);
  for (const auto& fault : host_.dma_faults()) r.dma_faults += fault.port == first_port_ + nic;
  return r;
}

LinkResult Machine::link_result(unsigned nic, Time start, Time end) const {
  const auto& wire = world_.instruments.wires[first_port_ + nic];
  const double elapsed = end > start ? static_cast<double>((end - start).ps()) : 0;
  const auto busy = [&](std::uint64_t frames, std::uint64_t bytes) {
    return static_cast<double>(
        (hw::byte_time(device_.function(nic).link_mode().speed) * (bytes + hw::kOverheadBytes * frames))
            .ps());
  };
  LinkResult r{wire.tx_frames, wire.rx_frames, wire.tx_bytes, wire.rx_bytes, 0};
  if (elapsed > 0)
    r.utilisation =
        std::max(busy(wire.tx_frames, wire.tx_bytes), busy(wire.rx_frames, wire.rx_bytes)) / elapsed;
  return r;
}

AccountResult Machine::account_result(unsigned nic) const {
  const sim::PortAccount a = device_.function(nic).account();
  AccountResult r;
  r.injected = a.injected;
  r.delivered = a.delivered;
  r.filtered = a.filtered;
  r.missed = a.missed;
  r.queue_drops = a.queue_drops;
  r.error_drops = a.error_drops;
  r.rx_inside = a.rx_inside;
  r.handed_to_device = a.handed_to_device;
  r.on_the_wire = a.on_the_wire;
  r.tx_counted = a.tx_errors;
  r.tx_inside = a.tx_inside;
  r.rx_control = a.rx_control;
  r.tx_control = a.tx_control;
  return r;
}

void Machine::collect(RunResult& result, Time start, Time end) {
  for (unsigned f = 0; f < nics(); ++f) {
    const std::string port = config_.name + "." + config_.nics[f].if_name;
    result.links.emplace_back(port, link_result(f, start, end));
    result.accounts.emplace_back(port, account_result(f));
    measured_pcie(result.pcie.emplace_back(port, pcie_result(f)).second, f, end);
    if (measured()) result.buffers.emplace_back(port, buffer_results(f, end));
  }
  result.hosts.push_back(host_result(end));
}

void Machine::collect_faults(RunResult& result) {
  for (const auto& fault : host_.dma_faults())
    result.faults.push_back(config_.name + ": " + fault.to_string());
  for (unsigned f = 0; f < nics(); ++f)
    for (const auto& fault : device_.function(f).faults())
      result.faults.push_back(config_.name + "." + config_.nics[f].if_name + ": " + fault);
}

}  // namespace niclab::lab
