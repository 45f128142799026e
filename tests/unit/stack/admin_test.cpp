// The stack's files (path-map E-01 to E-43, F-03 to F-20), against the samples the documents print.
#include <algorithm>
#include <sstream>

#include "stack/admin/files.hpp"
#include "stack/admin/proc_net.hpp"
#include "stack/admin/sysctl.hpp"
#include "tests/unit/stack/stack_fixture.hpp"

namespace niclab::stack::admin {
namespace {

std::string line(const std::string& text, std::size_t number) {
  std::istringstream in(text);
  std::string l;
  for (std::size_t i = 0; i <= number; ++i)
    if (!std::getline(in, l)) return "(no such line)";
  return l;
}

std::ptrdiff_t lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

TEST(ProcNetSnmp, E_01_E_02_IpAsInTheSample) {
  Mib mib;
  mib.ip = {1,  64, 25922988125, 0,       0, 15771700, 0, 0, 25898327616, 22789396404, 12987882,
            51, 1,  10129840,    2196520, 1, 0,        0, 0};
  const std::string text = proc_net_snmp(mib, false);
  EXPECT_EQ(
      line(text, 0),
      "Ip: Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos "
      "InDiscards "
      "InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs "
      "FragFails FragCreates");
  EXPECT_EQ(
      line(text, 1),
      "Ip: 1 64 25922988125 0 0 15771700 0 0 25898327616 22789396404 12987882 51 1 10129840 2196520 1 0 0 0");
}

TEST(ProcNetSnmp, E_01_ProtocolsInTheirOrder) {
  Mib mib;
  EXPECT_EQ(lines(proc_net_snmp(mib, false)), 10);  // no IcmpMsg while nothing of it was counted
  mib.icmp_msg.InType[8] = 2;
  mib.icmp_msg.OutType[0] = 3;
  const std::string text = proc_net_snmp(mib, false);
  std::string order;
  for (std::ptrdiff_t i = 0; i < lines(text); i += 2) {
    const std::string name = line(text, static_cast<std::size_t>(i));
    order += name.substr(0, name.find(':')) + " ";
  }
  EXPECT_EQ(order, "Ip Icmp IcmpMsg Tcp Udp UdpLite ");
  EXPECT_EQ(line(text, 4), "IcmpMsg: InType8 OutType0");
  EXPECT_EQ(line(text, 5), "IcmpMsg: 2 3");
}

TEST(ProcNetSnmp, E_15_UdpAsInTheSample) {
  Mib mib;
  mib.udp.InDatagrams = 281604018683;
  mib.udp.NoPorts = 4;
  mib.udp.InErrors = mib.udp.RcvbufErrors = 261929024;
  mib.udp.OutDatagrams = 42204463516;
  const std::string text = proc_net_snmp(mib, false);
  EXPECT_EQ(line(text, 6),
            "Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors");
  EXPECT_EQ(line(text, 7), "Udp: 281604018683 4 261929024 42204463516 261929024 0 0");
  EXPECT_EQ(
      line(proc_net_snmp(mib, true), 6),
      "Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti");
}

TEST(ProcNetNetstat, E_23_IpExtAfterTcpExt) {
  Mib mib;
  mib.ip_ext.InBcastPkts = 277959;
  mib.ip_ext.InOctets = 14568040307695;
  mib.ip_ext.OutOctets = 32991309088496;
  mib.ip_ext.InBcastOctets = 58649349;
  const std::string text = proc_net_netstat(mib);
  EXPECT_TRUE(text.starts_with("TcpExt: SyncookiesSent "));
  EXPECT_TRUE(line(text, 1).starts_with("TcpExt: 0 0 "));
  const std::string names = line(text, 0), values = line(text, 1);
  EXPECT_EQ(std::count(names.begin(), names.end(), ' '), std::count(values.begin(), values.end(), ' '));
  EXPECT_EQ(line(text, 2),
            "IpExt: InNoRoutes InTruncatedPkts InMcastPkts OutMcastPkts InBcastPkts OutBcastPkts InOctets "
            "OutOctets "
            "InMcastOctets OutMcastOctets InBcastOctets OutBcastOctets InCsumErrors InNoECTPkts InECT1Pkts "
            "InECT0Pkts InCEPkts");
  EXPECT_EQ(line(text, 3), "IpExt: 0 0 0 0 277959 0 14568040307695 32991309088496 0 0 58649349 0 0 0 0 0 0");
}

TEST(ProcNetUdp, E_25_E_26_LinesAsInTheSample) {
  UdpRow dhcp;
  dhcp.slot = 769;
  dhcp.local = {{}, 68};
  dhcp.inode = 7673;
  UdpRow ntp;
  ntp.slot = 588;
  ntp.local = {{0x7f000001}, 0x38F};
  ntp.remote = {{0xEFC10441}, 0x38AA};
  ntp.connected = true;
  ntp.uid = 104;
  ntp.inode = 7511;
  const std::string text = proc_net_udp(std::vector<UdpRow>{dhcp, ntp});
  const auto padded = [](std::string s) {
    s.resize(127, ' ');
    return s;
  };
  EXPECT_EQ(line(text, 0),
            padded("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
                   "timeout inode ref pointer drops"));
  EXPECT_EQ(line(text, 1),
            padded("  769: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0"
                   "        0 7673 2 0000000000000000 0"));
  EXPECT_EQ(line(text, 2),
            padded("  588: 0100007F:038F 4104C1EF:38AA 01 00000000:00000000 00:00000000 00000000   104"
                   "        0 7511 2 0000000000000000 0"));
}

TEST(ProcNetSoftnetStat, E_30_SoftnetStatLines) {
  std::vector<SoftnetData> cpus(2);
  cpus[0].processed = 0x6dcad223;
  cpus[0].time_squeeze = 1;
  cpus[1].processed = 0x16f0e1565;  // counts modulo 2^32
  cpus[1].dropped = 2;
  cpus[1].cpu_collision = 3;
  cpus[1].received_rps = 4;
  cpus[1].flow_limit_count = 5;
  EXPECT_EQ(
      proc_net_softnet_stat(cpus),
      "6dcad223 00000000 00000001 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000\n"
      "6f0e1565 00000002 00000000 00000000 00000000 00000000 00000000 00000000 00000003 00000004 00000005\n");
}

TEST(ProcNetDev, E_38_E_39_LinesAsInTheSample) {
  DevRow eth0{"eth0", {}};
  eth0.stats.rx_bytes = 110346752214;
  eth0.stats.rx_packets = 597737500;
  eth0.stats.rx_dropped = 2;
  eth0.stats.multicast = 20963860;
  eth0.stats.tx_bytes = 990024805984;
  eth0.stats.tx_packets = 6066582604;
  DevRow lo{"lo", {}};
  lo.stats.rx_bytes = lo.stats.tx_bytes = 428349463836;
  lo.stats.rx_packets = lo.stats.tx_packets = 1579868535;
  EXPECT_EQ(proc_net_dev(std::vector<DevRow>{eth0, lo}),
            "Inter-|   Receive                                                |  Transmit\n"
            " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop "
            "fifo colls "
            "carrier compressed\n"
            "  eth0: 110346752214 597737500    0    2    0     0          0  20963860 990024805984 "
            "6066582604    0    "
            "0    0     0       0          0\n"
            "    lo: 428349463836 1579868535    0    0    0     0          0         0 428349463836 "
            "1579868535    0    "
            "0    0     0       0          0\n");
}

TEST(ProcNetDev, E_38_WhatIsSummedInAColumn) {
  DevRow d{"e", {}};
  d.stats.rx_errors = 1;
  d.stats.rx_dropped = 2;
  d.stats.rx_missed_errors = 3;
  d.stats.rx_fifo_errors = 4;
  d.stats.rx_length_errors = 5;
  d.stats.rx_over_errors = 6;
  d.stats.rx_crc_errors = 7;
  d.stats.rx_frame_errors = 8;
  d.stats.tx_errors = 9;
  d.stats.tx_dropped = 10;
  d.stats.tx_fifo_errors = 11;
  d.stats.collisions = 12;
  d.stats.tx_carrier_errors = 13;
  d.stats.tx_aborted_errors = 14;
  EXPECT_EQ(line(proc_net_dev(std::vector<DevRow>{d}), 2),
            "     e:       0       0    1    5    4    26          0         0        0       0    9   10   "
            "11    12      "
            "27          0");
}

TEST(ProcNetPtype, E_41_LinesAsInTheSample) {
  EXPECT_EQ(proc_net_ptype(std::vector<PtypeRow>{{0, "em1", "packet_rcv"},
                                                 {0x0800, "", "ip_rcv"},
                                                 {0x0011, "", "llc_rcv [llc]"},
                                                 {0x0806, "", "arp_rcv"}}),
            "Type Device      Function\n"
            "ALL  em1      packet_rcv\n"
            "0800          ip_rcv\n"
            "0011          llc_rcv [llc]\n"
            "0806          arp_rcv\n");
}

TEST(ProcNetStat, E_43_ArpCache) {
  ArpCacheStats s;
  s.allocs = 1;
  s.lookups = 0x1a;
  s.unresolved_discards = 9;
  const std::string text = proc_net_arp_cache(s, 2, 2);
  EXPECT_TRUE(text.starts_with("entries  allocs destroys hash_grows  lookups hits  res_failed  "));
  EXPECT_EQ(line(text, 1),
            "00000002  00000001 00000000 00000000  0000001a 00000000  00000000  00000000 00000000  00000000 "
            "00000000 "
            "00000009");
  EXPECT_EQ(line(text, 2),
            "00000002  00000000 00000000 00000000  00000000 00000000  00000000  00000000 00000000  00000000 "
            "00000000 "
            "00000000");
}

class AdminTest : public StackTest {
 protected:
  std::string cat(const std::string& path) {
    for (const AdminFile& f : all())
      if (f.path == path) return f.read();
    return "(no such file)";
  }
  int write(const std::string& path, const std::string& text) {
    for (const AdminFile& f : all())
      if (f.path == path) return f.write ? f.write(text) : -1;
    return -2;
  }
  std::vector<AdminFile> all() {
    return files(stack, [this](const NetDevice&) { return device_stats; });
  }
  DeviceStats device_stats;
};

TEST_F(AdminTest, E_27_E_28_E_29_SocketsAsTheyStand) {
  know_peer();
  UdpSocket& closed = bound(5000);
  UdpSocket& open = bound(0x3039);
  open.connect({kPeer, 53});
  stack.socket();  // not bound: not in the table
  closed.close();
  inject(udp_frame(0x3039, Bytes(10), kHost, 53));
  const std::string text = cat("/proc/net/udp");
  ASSERT_EQ(lines(text), 2);
  const std::string l = line(text, 1);
  EXPECT_EQ(l.substr(0, 40), "   57: 0100090A:3039 0200090A:0035 01 00") << l;
  EXPECT_NE(open.rx_queue(), 0u);
  char queues[32];
  std::snprintf(queues, sizeof queues, " 00000000:%08X ", open.rx_queue());
  EXPECT_NE(l.find(queues), std::string::npos) << l;
  EXPECT_NE(l.find(" 10001 2 0000000000000000 0 "), std::string::npos) << l;
}

TEST_F(AdminTest, E_40_OneFileACounter) {
  device_stats.rx_dropped = 2;
  device.core_rx_dropped = 5;
  device_stats.tx_aborted_errors = 3;
  EXPECT_EQ(cat("/sys/class/net/eth0/statistics/rx_dropped"), "7\n");
  EXPECT_EQ(cat("/sys/class/net/eth0/statistics/tx_aborted_errors"), "3\n");
  EXPECT_EQ(cat("/sys/class/net/eth0/statistics/tx_window_errors"), "0\n");
  const auto there = all();
  EXPECT_EQ(
      std::count_if(there.begin(), there.end(),
                    [](const AdminFile& f) { return f.path.find("/statistics/") != std::string::npos; }),
      23);
}

TEST_F(AdminTest, F_03_F_05_BufferSizesOfNewSockets) {
  EXPECT_EQ(cat("/proc/sys/net/core/rmem_max"), "212992\n");
  EXPECT_EQ(write("/proc/sys/net/core/rmem_default", "8388608\n"), 0);
  EXPECT_EQ(write("/proc/sys/net/core/wmem_default", "4194304"), 0);
  EXPECT_EQ(write("/proc/sys/net/core/rmem_max", "100000"), 0);
  UdpSocket& s = stack.socket();
  int value = 0;
  s.getsockopt(SocketOption::so_rcvbuf, value);
  EXPECT_EQ(value, 8388608);
  s.getsockopt(SocketOption::so_sndbuf, value);
  EXPECT_EQ(value, 4194304);
  s.setsockopt(SocketOption::so_rcvbuf, 1'000'000);
  s.getsockopt(SocketOption::so_rcvbuf, value);
  EXPECT_EQ(value, 200000);
  EXPECT_EQ(write("/proc/sys/net/core/rmem_max", "100"), -22) << "below the smallest buffer";
  EXPECT_EQ(cat("/proc/sys/net/core/rmem_max"), "100000\n");
}

TEST_F(AdminTest, F_07_F_08_F_09_SoftnetTunables) {
  EXPECT_EQ(write("/proc/sys/net/core/dev_weight", "600"), 0);
  EXPECT_EQ(write("/proc/sys/net/core/netdev_budget", "601"), 0);
  EXPECT_EQ(write("/proc/sys/net/core/netdev_max_backlog", "3000"), 0);
  EXPECT_EQ(stack.softnet().dev_weight, 600);
  EXPECT_EQ(stack.softnet().netdev_budget, 601);
  EXPECT_EQ(stack.softnet().netdev_max_backlog, 3000u);
  for (const char* bad : {"", "many", "1 2", "0x10", "-1", "99999999999"})
    EXPECT_EQ(write("/proc/sys/net/core/netdev_budget", bad), -22) << bad;
  EXPECT_EQ(cat("/proc/sys/net/core/netdev_budget"), "601\n");
}

TEST_F(AdminTest, F_20_NeighbourParameters) {
  const std::string folder = "/proc/sys/net/ipv4/neigh/default/";
  EXPECT_EQ(cat(folder + "unres_qlen"), "31\n");
  EXPECT_EQ(cat(folder + "delay_first_probe_time"), "5\n");
  EXPECT_EQ(cat(folder + "mcast_solicit"), "3\n");
  EXPECT_EQ(write(folder + "unres_qlen", "10"), 0);
  EXPECT_EQ(cat(folder + "unres_qlen_bytes"), "21120\n");
  EXPECT_EQ(write(folder + "mcast_solicit", "7"), 0);
  EXPECT_EQ(stack.neighbours().parameters.mcast_solicit, 7u);
}

TEST_F(AdminTest, PortRangeTakesTwoNumbersInOrder) {
  EXPECT_EQ(cat("/proc/sys/net/ipv4/ip_local_port_range"), "32768\t61000\n");
  EXPECT_EQ(write("/proc/sys/net/ipv4/ip_local_port_range", "40000 40010"), 0);
  UdpSocket& s = bound(0);
  EXPECT_GE(s.local().port, 40000);
  EXPECT_LE(s.local().port, 40010);
  for (const char* bad : {"5", "9 8", "0 10", "1 70000", "1 2 3"})
    EXPECT_EQ(write("/proc/sys/net/ipv4/ip_local_port_range", bad), -22) << bad;
}

TEST_F(AdminTest, EverySysctlTakesBackWhatItSays) {
  const auto all = sysctls(stack);
  const auto names = sysctl_names();
  ASSERT_EQ(names.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(names[i], all[i].name);
    EXPECT_TRUE(sysctl_takes(names[i], all[i].read())) << names[i];
    EXPECT_FALSE(sysctl_takes(names[i], "-1")) << names[i];
  }
  for (const SysctlEntry& e : all) {
    const std::string before = e.read();
    EXPECT_EQ(e.write(before + "\n"), 0) << e.name;
    EXPECT_EQ(e.read(), before) << e.name;
    EXPECT_EQ(e.write("nonsense"), -22) << e.name;
  }
}

}  // namespace
}  // namespace niclab::stack::admin
