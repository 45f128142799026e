// The texts of the shell's tools against the samples the documents print (path-map E-36 to E-59). The samples
// lost tabs and blanks when they were printed: they are compared word by word, and the layout of the real
// tool exactly.
#include <gmock/gmock.h>

#include <sstream>

#include "lab/shell/ethtool_text.hpp"
#include "lab/shell/net_tools_text.hpp"
#include "lab/shell/proc_text.hpp"

namespace niclab::lab::shell {
namespace {

/// Lines of words with one blank between them.
std::string words(const std::string& text) {
  std::istringstream in(text);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    std::istringstream l(line);
    std::string joined;
    for (std::string w; l >> w;) joined += (joined.empty() ? "" : " ") + w;
    if (!joined.empty()) out += joined + "\n";
  }
  return out;
}

TEST(ProcText, E_36_SoftirqsAsInTheSample) {
  const std::string text = proc_softirqs({{"HI", {0, 0, 0, 0}},
                                          {"TIMER", {2831512516, 1337085411, 1103326083, 1423923272}},
                                          {"BLOCK_IOPOLL", {0, 0, 0, 0}},
                                          {"NET_RX", {1671622615, 1257853535, 2088429526, 2674732223}}});
  EXPECT_EQ(text,
            "                    CPU0       CPU1       CPU2       CPU3       \n"
            "          HI:          0          0          0          0\n"
            "       TIMER: 2831512516 1337085411 1103326083 1423923272\n"
            "BLOCK_IOPOLL:          0          0          0          0\n"
            "      NET_RX: 1671622615 1257853535 2088429526 2674732223\n");
}

TEST(ProcText, E_37_InterruptsAsInTheSample) {
  const std::string text =
      proc_interrupts({{"eth0", {1, 0}}, {"eth0-rx-0", {863649703, 0}}, {"eth1", {5, 0}, true}},
                      {{"LOC", {2913290785, 1585321306}}, {"RES", {7, 0}}});
  EXPECT_EQ(text,
            "           CPU0       CPU1       \n"
            " 64:          1          0  IR-PCI-MSI-edge      eth0\n"
            " 65:  863649703          0  IR-PCI-MSI-edge      eth0-rx-0\n"
            " 66:          5          0  IR-IO-APIC-fasteoi   eth1\n"
            "LOC: 2913290785 1585321306   Local timer interrupts\n"
            "RES:          7          0   Rescheduling interrupts\n");
}

TEST(ProcText, E_62_CpuTimeByContext) {
  EXPECT_EQ(proc_stat({{500'000'000, 500'000'000, 10'000'000, 90'000'000}, {0, 1'000'000'000, 0, 0}}),
            "cpu  0 0 40 150 0 1 9 0 0 0\n"
            "cpu0 0 0 40 50 0 1 9 0 0 0\n"
            "cpu1 0 0 0 100 0 0 0 0 0 0\n");
}

TEST(TcText, E_46_QdiscAsInTheSample) {
  stack::QdiscStats a, b;
  a.bytes = 31973946891000;
  b.bytes = 907;
  a.packets = 2298757402;
  b.requeues = 1776429;
  EXPECT_EQ(tc_qdisc_text({"eth1", false, true, false, {a, b}}),
            "qdisc mq 0: root\n"
            " Sent 31973946891907 bytes 2298757402 pkt (dropped 0, overlimits 0 requeues 1776429)\n"
            " backlog 0b 0p requeues 1776429\n");
  a = {};
  a.drops = 3;
  a.backlog_bytes = 128;
  a.qlen = 2;
  EXPECT_EQ(tc_qdisc_text({"eth1", true, true, true, {a}}),
            "qdisc mq 0: dev eth1 root\n"
            " Sent 0 bytes 0 pkt (dropped 3, overlimits 0 requeues 0)\n"
            " backlog 128b 2p requeues 0\n"
            "qdisc pfifo_fast 0: dev eth1 parent :1 bands 3 priomap  1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1\n"
            " Sent 0 bytes 0 pkt (dropped 3, overlimits 0 requeues 0)\n"
            " backlog 128b 2p requeues 0\n");
  EXPECT_EQ(tc_qdisc_text({"eth1", true, false, false, {a}}), "qdisc mq 0: dev eth1 root\n");
}

TEST(EthtoolText, E_47_StatisticsAsInTheSample) {
  EXPECT_EQ(nic_statistics({{"rx_packets", 597028087}, {"tx_packets", 5924278060}, {"rx_broadcast", 96}}),
            "NIC statistics:\n"
            "     rx_packets: 597028087\n"
            "     tx_packets: 5924278060\n"
            "     rx_broadcast: 96\n");
}

TEST(EthtoolText, E_50_DriverAsInTheSample) {
  EXPECT_EQ(driver_information({"ixgbe", "3.19.1-k", "0x546d0001", "0000:41:00.0"}),
            "driver: ixgbe\n"
            "version: 3.19.1-k\n"
            "firmware-version: 0x546d0001\n"
            "bus-info: 0000:41:00.0\n"
            "supports-statistics: yes\n"
            "supports-test: yes\n"
            "supports-eeprom-access: yes\n"
            "supports-register-dump: yes\n"
            "supports-priv-flags: no\n");
}

TEST(EthtoolText, E_51_ChannelsAsInTheSample) {
  EXPECT_EQ(channel_parameters("eth0", {.max_combined = 8, .combined = 4, .max_other = 0, .other = 0}),
            "Channel parameters for eth0:\n"
            "Pre-set maximums:\n"
            "RX:\t\t0\nTX:\t\t0\nOther:\t\t0\nCombined:\t8\n"
            "Current hardware settings:\n"
            "RX:\t\t0\nTX:\t\t0\nOther:\t\t0\nCombined:\t4\n\n");
}

TEST(EthtoolText, E_52_RingsAsInTheSample) {
  EXPECT_EQ(ring_parameters("eth0", {.rx_max = 4096, .tx_max = 4096, .rx = 512, .tx = 256}),
            "Ring parameters for eth0:\n"
            "Pre-set maximums:\n"
            "RX:\t\t4096\nRX Mini:\t0\nRX Jumbo:\t0\nTX:\t\t4096\n"
            "Current hardware settings:\n"
            "RX:\t\t512\nRX Mini:\t0\nRX Jumbo:\t0\nTX:\t\t256\n\n");
}

TEST(EthtoolText, E_53_IndirectionAsInTheSample) {
  std::vector<unsigned> table;
  for (unsigned i = 0; i < 32; ++i) table.push_back(i % 2);
  const std::string text = indirection_table("eth3", 2, table);
  EXPECT_EQ(words(text),
            "RX flow hash indirection table for eth3 with 2 RX ring(s):\n"
            "0: 0 1 0 1 0 1 0 1\n"
            "8: 0 1 0 1 0 1 0 1\n"
            "16: 0 1 0 1 0 1 0 1\n"
            "24: 0 1 0 1 0 1 0 1\n");
  EXPECT_NE(text.find("\n   16:      0     1     0     1     0     1     0     1\n"), std::string::npos);
}

TEST(EthtoolText, E_54_F_26_HashedFields) {
  EXPECT_EQ(flow_hash("udp4", true, false),
            "UDP over IPV4 flows use these fields for computing Hash flow key:\nIP SA\nIP DA\n\n");
  EXPECT_EQ(flow_hash("udp4", true, true),
            "UDP over IPV4 flows use these fields for computing Hash flow key:\nIP SA\nIP DA\n"
            "L4 bytes 0 & 1 [TCP/UDP src port]\nL4 bytes 2 & 3 [TCP/UDP dst port]\n\n");
  EXPECT_EQ(flow_hash("udp5", true, true), std::nullopt);
}

TEST(EthtoolText, E_55_Offloads) {
  EXPECT_EQ(offload_parameters("eth0", {{"ntuple-filters", false}, {"receive-hashing", true}}),
            "Offload parameters for eth0:\nntuple-filters: off\nreceive-hashing: on\n");
}

TEST(EthtoolText, E_57_CoalesceAsInTheSample) {
  const std::string text = coalesce_parameters("eth0", {.rx_usecs = 3, .tx_usecs = 10});
  EXPECT_TRUE(
      words(text).starts_with("Coalesce parameters for eth0:\n"
                              "Adaptive RX: off TX: off\n"
                              "stats-block-usecs: 0\n"
                              "sample-interval: 0\n"
                              "pkt-rate-low: 0\n"
                              "pkt-rate-high: 0\n"
                              "rx-usecs: 3\n"
                              "rx-frames: 0\n"))
      << text;
  EXPECT_NE(text.find("\n\ntx-usecs: 10\ntx-frames: 0\ntx-usecs-irq: 0\ntx-frames-irq: 0\n\n"),
            std::string::npos);
  EXPECT_TRUE(text.ends_with("rx-usecs-high: 0\nrx-frame-high: 0\ntx-usecs-high: 0\ntx-frame-high: 0\n\n"));
}

TEST(EthtoolText, E_58_TimeStampingOfAnI350AndOfADeviceWithoutAClock) {
  const std::string head =
      "Time stamping parameters for eth0:\n"
      "Capabilities:\n";
  EXPECT_EQ(words(time_stamping("eth0", 0)), head +
                                                 "hardware-transmit (SOF_TIMESTAMPING_TX_HARDWARE)\n"
                                                 "software-transmit (SOF_TIMESTAMPING_TX_SOFTWARE)\n"
                                                 "hardware-receive (SOF_TIMESTAMPING_RX_HARDWARE)\n"
                                                 "software-receive (SOF_TIMESTAMPING_RX_SOFTWARE)\n"
                                                 "software-system-clock (SOF_TIMESTAMPING_SOFTWARE)\n"
                                                 "hardware-raw-clock (SOF_TIMESTAMPING_RAW_HARDWARE)\n"
                                                 "PTP Hardware Clock: 0\n"
                                                 "Hardware Transmit Timestamp Modes:\n"
                                                 "off (HWTSTAMP_TX_OFF)\n"
                                                 "on (HWTSTAMP_TX_ON)\n"
                                                 "Hardware Receive Filter Modes:\n"
                                                 "none (HWTSTAMP_FILTER_NONE)\n"
                                                 "all (HWTSTAMP_FILTER_ALL)\n");
  EXPECT_EQ(words(time_stamping("eth0", -1)), head +
                                                  "software-transmit (SOF_TIMESTAMPING_TX_SOFTWARE)\n"
                                                  "software-receive (SOF_TIMESTAMPING_RX_SOFTWARE)\n"
                                                  "software-system-clock (SOF_TIMESTAMPING_SOFTWARE)\n"
                                                  "PTP Hardware Clock: none\n"
                                                  "Hardware Transmit Timestamp Modes: none\n"
                                                  "Hardware Receive Filter Modes: none\n");
}

TEST(EthtoolText, PauseAndLink) {
  EXPECT_EQ(pause_parameters("eth0", {.autoneg = true, .rx_pause = true, .tx_pause = false}),
            "Pause parameters for eth0:\nAutonegotiate:\ton\nRX:\t\ton\nTX:\t\toff\n\n");
  using testing::HasSubstr;
  const std::string up = settings("eth0", {.speed = 1000}, true);
  EXPECT_THAT(up, HasSubstr("\tSpeed: 1000Mb/s\n\tDuplex: Full\n"));
  EXPECT_THAT(up, HasSubstr("\tAdvertised link modes:  10baseT/Half 10baseT/Full \n\t                        "
                            "100baseT/Half 100baseT/Full \n\t                        1000baseT/Full \n"
                            "\tAdvertised pause frame use: Symmetric\n"));
  EXPECT_TRUE(up.ends_with("\tLink detected: yes\n"));
  EXPECT_THAT(settings("eth0", {}, true), HasSubstr("\tSpeed: Unknown!\n\tDuplex: Unknown! (255)\n"));
  const std::string forced = settings("eth0", {.autoneg = false, .speed = 100, .full_duplex = false}, true);
  EXPECT_THAT(forced, HasSubstr("\tAdvertised link modes:  Not reported\n\tAdvertised pause frame use: No\n"
                                "\tAdvertised auto-negotiation: No\n\tSpeed: 100Mb/s\n\tDuplex: Half\n"));
  EXPECT_THAT(forced, HasSubstr("\tAuto-negotiation: off\n"));
}

TEST(NetToolsText, E_59_IfconfigShowsTxqueuelen) {
  InterfaceView v;
  v.name = "eth0";
  v.mac = {{2, 0, 0, 0, 0, 1}};
  v.addresses = {{{0x0a000001}, 24}};
  v.up = v.carrier = true;
  v.mtu = 1500;
  v.tx_queue_len = 1000;
  v.stats.rx_packets = 7;
  v.stats.rx_bytes = 18760;
  v.stats.rx_dropped = 2;
  v.stats.rx_missed_errors = 3;
  EXPECT_EQ(ifconfig_text(v),
            "eth0      Link encap:Ethernet  HWaddr 02:00:00:00:00:01  \n"
            "          inet addr:10.0.0.1  Bcast:10.0.0.255  Mask:255.255.255.0\n"
            "          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n"
            "          RX packets:7 errors:0 dropped:5 overruns:0 frame:0\n"
            "          TX packets:0 errors:0 dropped:0 overruns:0 carrier:0\n"
            "          collisions:0 txqueuelen:1000 \n"
            "          RX bytes:18760 (18.8 KB)  TX bytes:0 (0.0 B)\n\n");
  v.up = false;
  v.addresses.clear();
  EXPECT_NE(ifconfig_text(v).find("          BROADCAST MULTICAST  MTU:1500"), std::string::npos);
}

TEST(NetToolsText, IpLink) {
  InterfaceView v;
  v.name = "eth1";
  v.ifindex = 3;
  v.mtu = 9000;
  v.tx_queue_len = 500;
  v.up = true;
  EXPECT_EQ(ip_link_text(v, false),
            "3: eth1: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 9000 qdisc mq state DOWN mode DEFAULT group "
            "default qlen "
            "500\n    link/ether 00:00:00:00:00:00 brd ff:ff:ff:ff:ff:ff\n");
  v.carrier = true;
  v.stats.tx_packets = 4;
  EXPECT_NE(ip_link_text(v, true).find("<BROADCAST,MULTICAST,UP,LOWER_UP>"), std::string::npos);
  EXPECT_NE(ip_link_text(v, true).find("    TX: bytes  packets  errors  dropped carrier collsns \n"
                                       "    0          4        0       0       0       0      \n"),
            std::string::npos);
}

}  // namespace
}  // namespace niclab::lab::shell
