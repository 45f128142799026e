#include "stack/admin/files.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "stack/admin/proc_net.hpp"
#include "stack/admin/sysctl.hpp"
#include "stack/net_stack.hpp"

namespace niclab::stack::admin {
namespace {

constexpr unsigned kUdpSlots = 256;            // UDP_HTABLE_SIZE_MIN
constexpr std::uint64_t kFirstInode = 10'000;  // of socket 0: a number a socket keeps for life

std::vector<UdpRow> udp_rows(const NetStack& stack) {
  std::vector<UdpRow> rows;
  for (const auto& s : stack.sockets()) {
    if (s->closed() || s->local().port == 0) continue;
    UdpRow r;
    r.slot = s->local().port % kUdpSlots;
    r.local = s->local();
    r.remote = s->connected() ? s->peer() : Endpoint{};
    r.connected = s->connected();
    r.tx_queue = s->tx_queue();
    r.rx_queue = s->rx_queue();
    r.inode = kFirstInode + s->index();
    r.drops = s->drops();
    rows.push_back(r);
  }
  // A chain holds its latest socket first.
  std::reverse(rows.begin(), rows.end());
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.slot < b.slot; });
  return rows;
}

std::vector<DevRow> dev_rows(NetStack& stack, const StatsReader& stats) {
  std::vector<DevRow> rows;
  for (const NetDevice* dev : stack.dev().devices())
    rows.push_back({dev->name, with_core_drops(*dev, stats(*dev))});
  return rows;
}

void add_proc_net(std::vector<AdminFile>& all, NetStack& stack, const StatsReader& stats) {
  const bool v4_0 = stack.kernel().profile.version == KernelVersion::v4_0;
  all.push_back({"/proc/net/snmp", [&stack, v4_0] { return proc_net_snmp(stack.mib, v4_0); }});
  all.push_back({"/proc/net/netstat", [&stack] { return proc_net_netstat(stack.mib); }});
  all.push_back(
      {"/proc/net/softnet_stat", [&stack] { return proc_net_softnet_stat(stack.softnet().per_cpu()); }});
  all.push_back({"/proc/net/dev", [&stack, stats] { return proc_net_dev(dev_rows(stack, stats)); }});
  all.push_back({"/proc/net/udp", [&stack] { return proc_net_udp(udp_rows(stack)); }});
  all.push_back(
      {"/proc/net/ptype", [] {
         return proc_net_ptype(std::vector<PtypeRow>{{kEthPIp, "", "ip_rcv"}, {kEthPArp, "", "arp_rcv"}});
       }});
  all.push_back({"/proc/net/stat/arp_cache", [&stack] {
                   return proc_net_arp_cache(stack.mib.arp_cache, stack.neighbours().entries(),
                                             stack.kernel().num_online_cpus());
                 }});
}

void add_sysctls(std::vector<AdminFile>& all, NetStack& stack) {
  for (SysctlEntry& entry : sysctls(stack)) {
    std::string path = "/proc/sys/" + entry.name;
    std::replace(path.begin(), path.end(), '.', '/');
    all.push_back(
        {std::move(path), [read = std::move(entry.read)] { return read() + "\n"; }, std::move(entry.write)});
  }
}

int write_tx_queue_len(NetDevice& dev, std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  std::uint32_t v = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (ec != std::errc{} || end != text.data() + text.size()) return -EINVAL;
  dev.tx_queue_len = v;
  return 0;
}

void add_class_net(std::vector<AdminFile>& all, NetDevice& dev, const StatsReader& stats) {
  const std::string folder = "/sys/class/net/" + dev.name + "/";
  const auto add = [&](const char* name, std::function<std::string()> read) {
    all.push_back({folder + name, [read = std::move(read)] { return read() + "\n"; }});
  };
  add("address", [&dev] { return dev.dev_addr.to_string(); });
  add("carrier", [&dev] { return std::string(dev.carrier ? "1" : "0"); });
  add("ifindex", [&dev] { return std::to_string(dev.ifindex); });
  add("mtu", [&dev] { return std::to_string(dev.mtu); });
  add("operstate", [&dev] { return std::string(dev.up && dev.carrier ? "up" : "down"); });
  all.push_back({folder + "tx_queue_len", [&dev] { return std::to_string(dev.tx_queue_len) + "\n"; },
                 [&dev](std::string_view text) { return write_tx_queue_len(dev, text); }});
  for (const auto& [name, member] : statistics_files())
    all.push_back({folder + "statistics/" + std::string(name), [&dev, stats, value = member] {
                     const std::uint64_t v = value == nullptr ? 0 : with_core_drops(dev, stats(dev)).*value;
                     return std::to_string(v) + "\n";
                   }});
}

}  // namespace

const std::vector<StatisticsFile>& statistics_files() {
  static const std::vector<StatisticsFile> kFiles{
      {"collisions", &DeviceStats::collisions},
      {"multicast", &DeviceStats::multicast},
      {"rx_bytes", &DeviceStats::rx_bytes},
      {"rx_compressed", nullptr},
      {"rx_crc_errors", &DeviceStats::rx_crc_errors},
      {"rx_dropped", &DeviceStats::rx_dropped},
      {"rx_errors", &DeviceStats::rx_errors},
      {"rx_fifo_errors", &DeviceStats::rx_fifo_errors},
      {"rx_frame_errors", &DeviceStats::rx_frame_errors},
      {"rx_length_errors", &DeviceStats::rx_length_errors},
      {"rx_missed_errors", &DeviceStats::rx_missed_errors},
      {"rx_over_errors", &DeviceStats::rx_over_errors},
      {"rx_packets", &DeviceStats::rx_packets},
      {"tx_aborted_errors", &DeviceStats::tx_aborted_errors},
      {"tx_bytes", &DeviceStats::tx_bytes},
      {"tx_carrier_errors", &DeviceStats::tx_carrier_errors},
      {"tx_compressed", nullptr},
      {"tx_dropped", &DeviceStats::tx_dropped},
      {"tx_errors", &DeviceStats::tx_errors},
      {"tx_fifo_errors", &DeviceStats::tx_fifo_errors},
      {"tx_heartbeat_errors", nullptr},
      {"tx_packets", &DeviceStats::tx_packets},
      {"tx_window_errors", nullptr},
  };
  return kFiles;
}

DeviceStats with_core_drops(const NetDevice& dev, DeviceStats stats) {
  stats.rx_dropped += dev.core_rx_dropped;
  return stats;
}

std::vector<AdminFile> files(NetStack& stack, StatsReader stats) {
  std::vector<AdminFile> all;
  add_proc_net(all, stack, stats);
  add_sysctls(all, stack);
  for (NetDevice* dev : stack.dev().devices()) add_class_net(all, *dev, stats);
  return all;
}

}  // namespace niclab::stack::admin
