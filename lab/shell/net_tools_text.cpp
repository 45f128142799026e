#include "lab/shell/net_tools_text.hpp"

#include <algorithm>
#include <array>

#include "stack/admin/text.hpp"

namespace niclab::lab::shell {
namespace {

using stack::admin::strprintf;
using Number = unsigned long long;

/// "104.8 KiB" as net-tools writes it.
std::string in_units(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits{"B", "KB", "MB", "GB", "TB"};
  double v = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (v >= 1000 && unit + 1 < kUnits.size()) v /= 1000, ++unit;
  return strprintf("%.1f %s", v, kUnits[unit]);
}

}  // namespace

std::string ifconfig_text(const InterfaceView& v) {
  const stack::DeviceStats& d = v.stats;
  std::string s =
      strprintf("%-9s Link encap:Ethernet  HWaddr %s  \n", v.name.c_str(), v.mac.to_string().c_str());
  const std::string indent(10, ' ');
  if (!v.addresses.empty()) {
    const Ipv4Prefix& p = v.addresses[0];
    s += indent + "inet addr:" + p.address.to_string() + "  Bcast:" + p.broadcast().to_string() +
         "  Mask:" + Ipv4Address{p.mask()}.to_string() + "\n";
  }
  s += indent + (v.up ? "UP " : "") + "BROADCAST " + (v.up && v.carrier ? "RUNNING " : "") +
       strprintf("MULTICAST  MTU:%u  Metric:1\n", v.mtu);
  s += indent +
       strprintf("RX packets:%llu errors:%llu dropped:%llu overruns:%llu frame:%llu\n", Number{d.rx_packets},
                 Number{d.rx_errors}, Number{d.rx_dropped + d.rx_missed_errors}, Number{d.rx_fifo_errors},
                 Number{d.rx_length_errors + d.rx_over_errors + d.rx_crc_errors + d.rx_frame_errors});
  s += indent + strprintf("TX packets:%llu errors:%llu dropped:%llu overruns:%llu carrier:%llu\n",
                          Number{d.tx_packets}, Number{d.tx_errors}, Number{d.tx_dropped},
                          Number{d.tx_fifo_errors}, Number{d.tx_carrier_errors + d.tx_aborted_errors});
  s += indent + strprintf("collisions:%llu txqueuelen:%u \n", Number{d.collisions}, v.tx_queue_len);
  s += indent + strprintf("RX bytes:%llu (%s)  TX bytes:%llu (%s)\n\n", Number{d.rx_bytes},
                          in_units(d.rx_bytes).c_str(), Number{d.tx_bytes}, in_units(d.tx_bytes).c_str());
  return s;
}

std::string ip_link_text(const InterfaceView& v, bool statistics) {
  const stack::DeviceStats& d = v.stats;
  std::string flags = v.up && !v.carrier ? "NO-CARRIER,BROADCAST,MULTICAST" : "BROADCAST,MULTICAST";
  if (v.up) flags += v.carrier ? ",UP,LOWER_UP" : ",UP";
  std::string s =
      strprintf("%u: %s: <%s> mtu %u qdisc mq state %s mode DEFAULT group default qlen %u\n", v.ifindex,
                v.name.c_str(), flags.c_str(), v.mtu, v.up && v.carrier ? "UP" : "DOWN", v.tx_queue_len);
  s += "    link/ether " + v.mac.to_string() + " brd ff:ff:ff:ff:ff:ff\n";
  if (!statistics) return s;
  const auto row = [](std::array<Number, 6> n) {
    return strprintf("    %-10llu %-8llu %-7llu %-7llu %-7llu %-7llu\n", n[0], n[1], n[2], n[3], n[4], n[5]);
  };
  s += "    RX: bytes  packets  errors  dropped overrun mcast   \n" +
       row({d.rx_bytes, d.rx_packets, d.rx_errors, d.rx_dropped, d.rx_over_errors, d.multicast});
  s += "    TX: bytes  packets  errors  dropped carrier collsns \n" +
       row({d.tx_bytes, d.tx_packets, d.tx_errors, d.tx_dropped, d.tx_carrier_errors, d.collisions});
  return s;
}

std::string tc_qdisc_text(const QdiscView& v) {
  const std::string dev = v.name_dev ? " dev " + v.dev : "";
  const auto numbers = [&](const stack::QdiscStats& q) {
    if (!v.statistics) return std::string();
    return strprintf(" Sent %llu bytes %llu pkt (dropped %llu, overlimits %llu requeues %llu)\n",
                     Number{q.bytes}, Number{q.packets}, Number{q.drops}, Number{q.overlimits},
                     Number{q.requeues}) +
           strprintf(" backlog %llub %llup requeues %llu\n", Number{q.backlog_bytes}, Number{q.qlen},
                     Number{q.requeues});
  };
  stack::QdiscStats sum;
  for (const stack::QdiscStats& q : v.queues) {
    sum.bytes += q.bytes;
    sum.packets += q.packets;
    sum.drops += q.drops;
    sum.overlimits += q.overlimits;
    sum.requeues += q.requeues;
    sum.backlog_bytes += q.backlog_bytes;
    sum.qlen += q.qlen;
  }
  std::string s = "qdisc mq 0:" + dev + " root\n" + numbers(sum);
  if (!v.children) return s;
  for (std::size_t i = 0; i < v.queues.size(); ++i)
    s += strprintf("qdisc pfifo_fast 0:%s parent :%zx bands 3 priomap  1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1\n",
                   dev.c_str(), i + 1) +
         numbers(v.queues[i]);
  return s;
}

}  // namespace niclab::lab::shell
