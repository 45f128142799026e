// The shell on a host that is a real stack and a real driver over a fake card (path-map E-46 to E-58, F-01,
// F-21 to F-29).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab/shell/command.hpp"
#include "lab/shell/complete.hpp"
#include "lab/shell/words.hpp"
#include "tests/support/fake_kernel.hpp"
#include "tests/unit/driver/fake_pci_device.hpp"

namespace niclab::lab::shell {
namespace {

using testing::HasSubstr;
namespace reg = hw::reg;

class FakeHost final : public Host {
 public:
  FakeHost() {
    adapter_ = std::move(igb::igb_probe(pci, stack, "eth0", {.queues = 2}).adapter);
    stack.add_address(*adapter_, {{0x0a000001}, 24});
    stack.dev_open(*adapter_);
    pci.link_up();
    kernel.run();
  }
  const std::string& name() const override { return name_; }
  Time now() const override { return {}; }
  stack::NetStack& net() override { return stack; }
  std::vector<igb::IgbAdapter*> adapters() override { return {adapter_.get()}; }
  igb::StatsSnapshot look_at_stats(const igb::IgbAdapter& a) override {
    ++looks;
    return a.observe_stats([](reg::Offset offset) { return offset == reg::MPC ? 5u : 0u; });
  }
  std::vector<PerCpuCount> interrupts() const override { return {{"eth0-rx-0", {3, 4}}}; }
  std::vector<PerCpuCount> local_interrupts() const override { return {{"LOC", {1, 2}}}; }
  std::vector<PerCpuCount> softirqs() const override { return {{"NET_RX", {5, 6}}}; }
  std::vector<CpuTime> cpu_times() const override { return std::vector<CpuTime>(2); }
  std::vector<LogLine> kernel_log() const override { return {{Time{} + 1'500'000_us, "link up"}}; }

  std::vector<PciFunction> look_at_pci() const override {
    std::vector<PciFunction> all;
    const hw::Nvm nvm = hw::Nvm::make_default({{0xA0, 0x36, 0x9F, 0x11, 0x22, 0x33}});
    for (std::uint8_t f = 0; f < 2; ++f) {
      hw::PciConfigSpace space(hw::pci_identity(nvm, f, 2));
      space.write(0x10, 0xF0000000);
      if (f == 0) space.write16(0x04, 6);
      all.push_back({{1, 0, f}, space, f == 0 ? "igb" : ""});
    }
    return all;
  }

  void set_cable(const igb::IgbAdapter& a, bool in) override {
    cables.push_back(a.name + (in ? " in" : " out"));
  }

  std::vector<std::string> cables;
  FakeKernel kernel{{}, 2};
  igb::test::FakePciDevice pci{kernel};
  stack::NetStack stack{kernel};
  unsigned looks = 0;

 private:
  std::string name_ = "h1";
  std::unique_ptr<igb::IgbAdapter> adapter_;
};

class ShellTest : public testing::Test {
 protected:
  /// What a line prints; its exit code is in `code`.
  std::string sh(const std::string& line) {
    try {
      const Outcome o = run(parse(line), host, true);
      code = o.code;
      return o.text;
    } catch (const CommandError& e) {
      code = e.code;
      return e.text;
    }
  }
  igb::IgbAdapter& adapter() { return *host.adapters()[0]; }

  FakeHost host;
  int code = 0;
};

constexpr const char* kBad = "ethtool: bad command line argument(s)\nFor more information run ethtool -h\n";

TEST(ShellWords, F_01_QuotesPipesAndSudo) {
  const auto script = split_line("sudo bash -c 'echo 1 > /x' | grep Udp\\: \"a b\"\"c\" # no more");
  ASSERT_EQ(script.size(), 1u);
  EXPECT_EQ(script[0].commands,
            (std::vector<Words>{{"sudo", "bash", "-c", "echo 1 > /x"}, {"grep", "Udp:", "a bc"}}));
  EXPECT_EQ(split_line("a > /f; b && c")[0].redirect, "/f");
  EXPECT_TRUE(split_line("a > /f; b && c")[2].only_if_good);
  EXPECT_TRUE(split_line("  # nothing").empty());
  for (const char* bad : {"a |", "| a", "a >", "a && ", "'a", "a ; ; b", "> /f"})
    EXPECT_THROW(split_line(bad), CommandError) << bad;
}

TEST_F(ShellTest, F_01_CommandsAsTyped) {
  EXPECT_EQ(sh("sudo sysctl -w net.core.rmem_max=8388608"), "net.core.rmem_max = 8388608\n");
  EXPECT_EQ(sh("sysctl net.core.rmem_max"), "net.core.rmem_max = 8388608\n");
  EXPECT_EQ(sh("sudo bash -c 'echo 3000 > /proc/sys/net/core/netdev_max_backlog'"), "");
  EXPECT_EQ(code, 0);
  EXPECT_EQ(sh("cat /proc/sys/net/core/netdev_max_backlog"), "3000\n");
  EXPECT_THAT(sh("sysctl -a | grep backlog"), "net.core.netdev_max_backlog = 3000\n");
  EXPECT_EQ(sh("cat /proc/net/snmp | grep Udp\\:"),
            "Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors\n"
            "Udp: 0 0 0 0 0 0 0\n");
  EXPECT_EQ(sh("echo a && echo b; echo c"), "a\nb\nc\n");
  EXPECT_EQ(sh("cat /no && echo b"), "cat: /no: No such file or directory\n");
}

TEST_F(ShellTest, ErrorsAndExitCodesOfAShell) {
  EXPECT_EQ(sh("foo -x"), "sh: 1: foo: not found\n");
  EXPECT_EQ(code, 127);
  EXPECT_EQ(sh("cat /proc/x"), "cat: /proc/x: No such file or directory\n");
  EXPECT_EQ(code, 1);
  EXPECT_EQ(sh("cat /proc/net"), "cat: /proc/net: Is a directory\n");
  EXPECT_EQ(sh("ls /nowhere"), "ls: cannot access /nowhere: No such file or directory\n");
  EXPECT_EQ(code, 2);
  EXPECT_EQ(sh("sysctl net.core.none"),
            "sysctl: cannot stat /proc/sys/net/core/none: No such file or directory\n");
  EXPECT_EQ(code, 255);
  EXPECT_EQ(sh("sysctl -w net.core.rmem_max=x"),
            "sysctl: setting key \"net.core.rmem_max\": Invalid argument\n");
  EXPECT_EQ(sh("echo 1 > /proc/net/dev"), "sh: 1: cannot create /proc/net/dev: Permission denied\n");
  EXPECT_EQ(sh("echo x > /proc/sys/net/core/rmem_max"), "sh: 1: echo: write error: Invalid argument\n");
  EXPECT_EQ(sh("echo 'a"), "sh: 1: Syntax error: Unterminated quoted string\n");
  EXPECT_EQ(code, 2);
  EXPECT_EQ(sh(""), "");
}

TEST_F(ShellTest, TextTools) {
  const std::string five = "cat /proc/net/softnet_stat /proc/net/ptype | ";
  EXPECT_EQ(sh(five + "wc -l"), "5\n");
  EXPECT_EQ(sh(five + "tail -n 2 | head -1"), "0800          ip_rcv\n");
  EXPECT_EQ(sh(five + "grep -c rcv"), "2\n");
  EXPECT_EQ(sh(five + "grep -v 0 | grep -i TYPE"), "Type Device      Function\n");
  EXPECT_EQ(sh("grep -n ip_rcv /proc/net/ptype"), "2:0800          ip_rcv\n");
  EXPECT_EQ(sh("grep -o '[a-z]*_rcv' /proc/net/ptype"), "ip_rcv\narp_rcv\n");
  EXPECT_EQ(sh("grep -w rcv /proc/net/ptype"), "");
  EXPECT_EQ(code, 1);
  EXPECT_EQ(sh("grep -E 'ip|arp' /proc/net/ptype | wc -l"), "2\n");
  EXPECT_EQ(sh("grep 'ip\\|arp' /proc/net/ptype | wc -l"), "2\n");
  EXPECT_EQ(sh("grep x /none"), "grep: /none: No such file or directory\n");
  EXPECT_EQ(code, 2);
  EXPECT_EQ(sh("echo a | grep '['"), "grep: Invalid regular expression: [\n");
  EXPECT_EQ(sh("head -n x /proc/net/dev"), "head: invalid number of lines: 'x'\n");
}

TEST_F(ShellTest, FilesAndFolders) {
  EXPECT_EQ(sh("ls /sys/class/net"), "eth0\n");
  EXPECT_THAT(sh("ls /proc/net"), HasSubstr("snmp\nsoftnet_stat\nstat\nudp\n"));
  EXPECT_EQ(sh("cat /sys/class/net/eth0/statistics/rx_miss*"), "5\n");
  EXPECT_THAT(sh("cat /proc/net/dev"), HasSubstr("  eth0:       0       0    0    5    0     0"));
  EXPECT_THAT(sh("cat /proc/interrupts"),
              HasSubstr(" 64:          3          4  IR-PCI-MSI-edge      eth0-rx-0\n"));
  EXPECT_THAT(sh("cat /proc/softirqs"), HasSubstr("NET_RX:          5          6\n"));
  EXPECT_EQ(sh("dmesg"), "[    1.500000] link up\n");
}

TEST_F(ShellTest, LooksDoNotTouchTheCard) {
  host.pci.log.clear();
  for (const char* line :
       {"cat /proc/net/dev", "ifconfig", "ip -s link", "ethtool -i eth0", "ethtool -c eth0",
        "ethtool -x eth0", "ethtool eth0", "tc -s qdisc", "sysctl -a"}) {
    EXPECT_FALSE(needs_task(parse(line))) << line;
    EXPECT_EQ(run(parse(line), host, false).code, 0) << line;
  }
  EXPECT_EQ(run(parse("ethtool -S eth0 | grep rx_missed"), host, false).text, "     rx_missed_errors: 5\n");
  EXPECT_TRUE(host.pci.log.empty());
  EXPECT_TRUE(needs_task(parse("ethtool -S eth0")));
  EXPECT_FALSE(needs_task(parse("ethtool -S eth0"), true));
  EXPECT_TRUE(needs_task(parse("ifconfig eth0 down"), true));
}

TEST_F(ShellTest, E_50_E_51_E_52_WhatEthtoolShows) {
  EXPECT_EQ(sh("ethtool -i eth0 | head -2"), "driver: igb\nversion: 5.0.5-k\n");
  EXPECT_THAT(sh("ethtool -l eth0"),
              HasSubstr("Current hardware settings:\nRX:\t\t0\nTX:\t\t0\nOther:\t\t1\nCombined:\t2\n"));
  EXPECT_THAT(sh("sudo /sbin/ethtool --show-ring eth0"), HasSubstr("RX:\t\t256\n"));
}

TEST_F(ShellTest, E_51_EthtoolWithoutTheDevice) {
  EXPECT_EQ(sh("ethtool -i eth9"), "Cannot get driver information: No such device\n");
  EXPECT_EQ(code, 71);
  EXPECT_EQ(sh("ethtool -l eth9"),
            "Channel parameters for eth9:\nCannot get device channel parameters\n: No such device\n");
  EXPECT_EQ(code, 1);
  EXPECT_EQ(sh("ethtool -C eth9 rx-usecs 3"), "Cannot get device coalesce settings: No such device\n");
  EXPECT_EQ(code, 76);
}

TEST_F(ShellTest, BadArgumentsOfEthtool) {
  for (const char* line :
       {"ethtool", "ethtool -S", "ethtool -S eth0 x", "ethtool -C eth0", "ethtool -C eth0 rx-usecs",
        "ethtool -C eth0 rx-usecs ten", "ethtool -C eth0 rx-usecs -1", "ethtool -G eth0 rx-usecs 3",
        "ethtool -L eth0 twins 2", "ethtool -Q eth0", "ethtool -X eth0 equal 0", "ethtool -X eth0 weight 0 0",
        "ethtool -n eth0 rx-flow-hash udp5", "ethtool -K eth0 gro maybe", "ethtool -C eth0 adaptive-rx 1"}) {
    EXPECT_EQ(sh(line), kBad) << line;
    EXPECT_EQ(code, 1) << line;
  }
}

TEST_F(ShellTest, F_29_EthtoolCoalesce) {
  EXPECT_EQ(sh("sudo ethtool -C eth0 rx-usecs 125 tx-usecs 10"), "");
  EXPECT_EQ(code, 0);
  EXPECT_EQ(adapter().get_coalesce().rx_usecs, 125u);
  EXPECT_EQ(adapter().get_coalesce().tx_usecs, 10u);
  EXPECT_EQ(sh("ethtool -C eth0 rx-usecs 125"),
            "rx-usecs unmodified, ignoring\nno coalesce parameters changed, aborting\n");
  EXPECT_EQ(code, 80);
  EXPECT_EQ(sh("ethtool -C eth0 rx-usecs 5"), "Cannot set device coalesce parameters: Invalid argument\n");
  EXPECT_EQ(code, 81);
  EXPECT_EQ(sh("ethtool -C eth0 adaptive-rx on rx-frames 7"), "") << "igb ignores it in silence";
  EXPECT_THAT(sh("ethtool -c eth0"), HasSubstr("Adaptive RX: off  TX: off\n"));
}

TEST_F(ShellTest, F_23_F_24_ChannelsAndRings) {
  EXPECT_EQ(sh("ethtool -L eth0 combined 1"), "");
  EXPECT_EQ(adapter().num_queues(), 1u);
  EXPECT_EQ(sh("ethtool -L eth0 rx 2"), "Cannot set device channel parameters: Invalid argument\n");
  EXPECT_EQ(sh("ethtool -L eth0 combined 1"),
            "combined unmodified, ignoring\nno channel parameters changed, aborting\n"
            "current values: tx 0 rx 0 other 1 combined 1\n");
  EXPECT_EQ(code, 0);
  EXPECT_EQ(sh("ethtool -G eth0 rx 1001"), "");
  EXPECT_EQ(adapter().get_ringparam().rx, 1008u);
  EXPECT_EQ(sh("ethtool -G eth0 rx-mini 1"), "Cannot set device ring parameters: Invalid argument\n");
  EXPECT_EQ(code, 81);
}

TEST_F(ShellTest, E_53_F_25_Indirection) {
  EXPECT_THAT(sh("ethtool -x eth0"), HasSubstr("\n   56:      0     0     0     0     0     0     0     0\n"
                                               "   64:      1     1     1     1     1     1     1     1\n"));
  EXPECT_EQ(sh("ethtool -X eth0 weight 6 2"), "");
  EXPECT_EQ(std::count(adapter().get_rxfh_indir().begin(), adapter().get_rxfh_indir().end(), 0), 96);
  EXPECT_EQ(host.pci.at(reg::RETA(0)), 0u);
  EXPECT_EQ(host.pci.at(reg::RETA(31)), 0x01010101u);
  EXPECT_EQ(sh("ethtool -X eth0 equal 2"), "");
  EXPECT_EQ(host.pci.at(reg::RETA(7)), 0x01000100u);
  EXPECT_EQ(sh("ethtool -X eth0 equal 3"), "Cannot set RX flow hash indirection table: Invalid argument\n");
  EXPECT_EQ(host.pci.at(reg::RETA(7)), 0x01000100u);
  EXPECT_EQ(sh("ethtool -L eth0 combined 1"), "");
  EXPECT_EQ(host.pci.at(reg::RETA(7)), 0u) << "made for two queues";
}

TEST_F(ShellTest, E_54_F_26_FlowHash) {
  EXPECT_THAT(sh("ethtool -n eth0 rx-flow-hash udp4"), HasSubstr("IP SA\nIP DA\n\n"));
  EXPECT_EQ(sh("ethtool -N eth0 rx-flow-hash udp4 sdfn"), "");
  EXPECT_NE(host.pci.at(reg::MRQC) & reg::mrqc::UDP_IPV4, 0u);
  EXPECT_THAT(sh("ethtool -n eth0 rx-flow-hash udp4"), HasSubstr("L4 bytes 0 & 1"));
  EXPECT_EQ(sh("ethtool -N eth0 rx-flow-hash udp4 sdf"),
            "Cannot change RX network flow hashing options: Invalid argument\n");
  EXPECT_EQ(sh("ethtool -N eth0 rx-flow-hash udp4 sd"), "");
  EXPECT_EQ(host.pci.at(reg::MRQC) & reg::mrqc::UDP_IPV4, 0u);
}

TEST_F(ShellTest, E_56_F_27_F_28_WhatIgbDoesNotOffer) {
  EXPECT_EQ(sh("ethtool -u eth0"),
            "2 RX rings available\nrxclass: Cannot get RX class rule count: Operation not supported\n"
            "RX classification rule retrieval failed\n");
  EXPECT_EQ(code, 1);
  EXPECT_EQ(sh("ethtool -K eth0 ntuple on"), "Could not change any device features\n");
  EXPECT_EQ(sh("ethtool -K eth0 ntuple off gro on"), "");
  EXPECT_EQ(sh("ethtool -U eth0 flow-type tcp4 dst-port 80 action 2"),
            "rmgr: Cannot insert RX class rule: Operation not supported\n");
  EXPECT_EQ(sh("ethtool -m eth0"), "Cannot get module EEPROM information: Operation not supported\n");
}

// A failed self-test says so, part by part, and in its exit code; a detached device is not there.
TEST_F(ShellTest, SelfTestFailsAsEthtoolSaysIt) {
  host.pci.nvm(0x105) ^= 1;
  EXPECT_THAT(sh("ethtool -t eth0"), testing::StartsWith("The test result is FAIL\nThe test extra info:\n"
                                                         "Register test  (offline)\t "));
  EXPECT_EQ(code, 2);
  EXPECT_THAT(sh("ethtool --test eth0 offline"), testing::HasSubstr("\nEeprom test    (offline)\t 2\n"));
  EXPECT_EQ(sh("ethtool -t eth7"), "Cannot get strings: No such device\n");
  EXPECT_EQ(code, 74);
  sh("ethtool -t eth0 outside");
  EXPECT_EQ(code, 1);
  host.net().netif_device_detach(adapter());
  EXPECT_EQ(sh("ethtool -t eth0"), "Cannot get strings: No such device\n");
  EXPECT_EQ(sh("ethtool -i eth0"), "Cannot get driver information: No such device\n");
}

TEST_F(ShellTest, WakeUpIsSetByLettersAndSuspensionObeysIt) {
  EXPECT_EQ(sh("ethtool -s eth0 wol g"),
            "Cannot set new wake-on-lan settings: Operation not supported\n  not setting wol\n");
  EXPECT_EQ(sh("ethtool -s eth0 wol d"), "");
  EXPECT_THAT(sh("ethtool eth0"), testing::HasSubstr("\tSupports Wake-on: d\n\tWake-on: d\n"));
  EXPECT_EQ(sh("rtcwake -m mem -s 1"), "");
  EXPECT_EQ(host.pci.at(reg::WUFC), 0u);
  EXPECT_EQ(sh("echo 1 > /sys/bus/pci/devices/0000:01:00.0/reset"), "");
  EXPECT_EQ(sh("echo no > /sys/bus/pci/devices/0000:01:00.0/reset"),
            "sh: 1: echo: write error: Invalid argument\n");
  EXPECT_TRUE(adapter().present);
}

TEST_F(ShellTest, E_55_FilteredOffloadLine) {
  EXPECT_EQ(sh("ethtool -k eth0 | grep generic-receive-offload"), "generic-receive-offload: on\n");
}

TEST_F(ShellTest, F_21_F_22_Ifconfig) {
  EXPECT_EQ(sh("sudo ifconfig eth0 txqueuelen 10000"), "");
  EXPECT_THAT(sh("ifconfig eth0"), HasSubstr("txqueuelen:10000"));
  EXPECT_EQ(sh("ifconfig eth0 mtu 1400 down"), "");
  EXPECT_FALSE(adapter().up);
  EXPECT_EQ(adapter().mtu, 1400u);
  EXPECT_EQ(sh("ifconfig"), "") << "shows what is up";
  EXPECT_THAT(sh("ifconfig -a"), HasSubstr("eth0 "));
  EXPECT_EQ(sh("ip link set dev eth0 up"), "");
  EXPECT_TRUE(adapter().up);
  EXPECT_EQ(sh("ifconfig eth0 mtu 60"), "SIOCSIFMTU: Invalid argument\n");
  EXPECT_EQ(code, 1);
  EXPECT_EQ(sh("ifconfig eth7"), "eth7: error fetching interface information: Device not found\n");
  EXPECT_EQ(sh("echo 77 > /sys/class/net/eth0/tx_queue_len"), "");
  EXPECT_EQ(adapter().tx_queue_len, 77u);
  sh("ifconfig eth0 sideways");
  EXPECT_EQ(code, 1);
}

TEST_F(ShellTest, E_46_F_34_Qdiscs) {
  EXPECT_EQ(sh("tc qdisc"), "qdisc mq 0: dev eth0 root\n");
  EXPECT_EQ(sh("tc -s qdisc show dev eth0"),
            "qdisc mq 0: root\n Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0)\n backlog 0b 0p "
            "requeues 0\n");
  EXPECT_EQ(sh("tc -s qdisc show dev eth7"), "Cannot find device \"eth7\"\n");
  sh("tc filter");
  EXPECT_EQ(code, 255);
}

TEST_F(ShellTest, ConfigurationSpaceAsLspciShowsIt_FactBase_1_2_to_1_5) {
  const std::string first =
      "01:00.0 Ethernet controller: Intel Corporation I350 Gigabit Network Connection (rev 01)\n";
  EXPECT_EQ(sh("lspci"), first + "01:00.1" + first.substr(7));
  EXPECT_EQ(sh("lspci -ns .1"), "01:00.1 0200: 8086:1521 (rev 01)\n");
  EXPECT_EQ(sh("lspci -s 02:00.0"), "");
  EXPECT_EQ(sh("lspci -v -s 0000:01:00.0"),
            first +
                "\tSubsystem: Intel Corporation Device 00a1\n"
                "\tFlags: bus master, fast devsel\n"
                "\tMemory at f0000000 (32-bit, non-prefetchable) [size=128K]\n"
                "\tI/O ports at 0000 [disabled] [size=32]\n"
                "\tMemory at 00000000 (32-bit, non-prefetchable) [size=16K]\n"
                "\tCapabilities: [40] Power Management version 3\n"
                "\tCapabilities: [50] MSI: Enable- Count=1/1 Maskable+ 64bit+\n"
                "\tCapabilities: [70] MSI-X: Enable- Count=10 Masked-\n"
                "\tCapabilities: [a0] Express (v2) Endpoint, MSI 00\n"
                "\tCapabilities: [100] Advanced Error Reporting\n"
                "\tCapabilities: [140] Device Serial Number a0-36-9f-ff-ff-11-22-33\n"
                "\tCapabilities: [150] Alternative Routing-ID Interpretation (ARI)\n"
                "\tCapabilities: [160] Single Root I/O Virtualization (SR-IOV)\n"
                "\tCapabilities: [1a0] Transaction Processing Hints\n"
                "\tCapabilities: [1c0] Latency Tolerance Reporting\n"
                "\tCapabilities: [1d0] Access Control Services\n"
                "\tKernel driver in use: igb\n\n");
  const std::string all = sh("lspci -vvs 1:0.1");
  EXPECT_THAT(all, HasSubstr("\tControl: I/O- Mem- BusMaster- ParErr- SERR- DisINTx-\n"));
  EXPECT_THAT(all, HasSubstr("\tInterrupt: pin B\n"));
  EXPECT_THAT(all, HasSubstr("\t\tFlags: DSI+ PME(D0+,D1-,D2-,D3hot+,D3cold+)\n"));
  EXPECT_THAT(all, HasSubstr("\t\tVector table: BAR=3 offset=00000000\n\t\tPBA: BAR=3 offset=00002000\n"));
  EXPECT_THAT(all, HasSubstr("\t\tDevCtl:\tMaxPayload 128 bytes, MaxReadReq 512 bytes; Correctable-"));
  EXPECT_THAT(all, HasSubstr("\t\tLnkSta:\tSpeed 5GT/s, Width x4\n"));
  EXPECT_THAT(all, HasSubstr("\t\tInitial VFs: 0, Total VFs: 0, "));
  EXPECT_THAT(sh("lspci -x -s .0"), HasSubstr("\n30: 00 00 00 00 40 00 00 00 00 00 00 00 00 01 00 00\n"));
  sh("lspci -q");
  EXPECT_EQ(code, 1);
}

TEST_F(ShellTest, Completion) {
  const auto names = [&](const char* line) {
    return complete(line, host, {"run", "host"}, {"h1", "h2"}).candidates;
  };
  EXPECT_THAT(names("eth"), testing::ElementsAre("ethtool"));
  EXPECT_THAT(names("ru"), testing::ElementsAre("run"));
  EXPECT_THAT(names("ethtool -S "), testing::ElementsAre("eth0"));
  EXPECT_THAT(names("cat /proc/net/so"), testing::ElementsAre("/proc/net/softnet_stat"));
  EXPECT_THAT(names("cat /proc/s"), testing::ElementsAre("/proc/softirqs", "/proc/stat", "/proc/sys/"));
  EXPECT_THAT(names("sudo sysctl net.core.rmem_m"), testing::ElementsAre("net.core.rmem_max"));
  EXPECT_THAT(names("host h"), testing::ElementsAre("h1", "h2"));
  EXPECT_THAT(names("cat /proc/net/dev | gr"), testing::ElementsAre("grep"));
  EXPECT_EQ(complete("cat /proc/net/so", host, {}, {}).word, "/proc/net/so");
}

TEST_F(ShellTest, FactBase_4_8_LinkSettings) {
  EXPECT_EQ(sh("ethtool -s eth0 speed 100 duplex half autoneg off"), "");
  EXPECT_EQ(code, 0);
  EXPECT_FALSE(adapter().get_link_settings().autoneg);
  EXPECT_THAT(sh("ethtool eth0"), HasSubstr("Advertised link modes:  Not reported\n"));
  EXPECT_EQ(sh("ethtool -s eth0 autoneg on speed 10 duplex full"), "");
  EXPECT_THAT(sh("ethtool eth0"), HasSubstr("Advertised link modes:  10baseT/Full \n"));
  EXPECT_EQ(sh("ethtool -s eth0 advertise 0x028"), "");
  EXPECT_EQ(adapter().get_link_settings().modes, igb::advertised::kFull100 | igb::advertised::kFull1000);
  EXPECT_EQ(sh("ethtool -s eth0 autoneg on"), "");
  EXPECT_EQ(adapter().get_link_settings().modes, igb::advertised::kAll);
  EXPECT_EQ(sh("ethtool -s eth0 speed 1000 duplex half autoneg off"),
            "Cannot set new settings: Invalid argument\n  not setting autoneg\n");
  EXPECT_EQ(code, 1);
  for (const char* bad : {"ethtool -s eth0", "ethtool -s eth0 speed", "ethtool -s eth0 duplex both",
                          "ethtool -s eth0 advertise xyz", "ethtool -s eth0 port tp"})
    EXPECT_EQ(sh(bad), kBad) << bad;
  EXPECT_EQ(sh("ethtool -r eth0"), "");
  EXPECT_EQ(sh("ethtool -r eth1"), "Cannot restart autonegotiation: No such device\n");
  EXPECT_THAT(sh("ethtool --show-eee eth0"),
              HasSubstr("\tEEE status: enabled - inactive\n\tTx LPI: 0 (us)\n\tSupported EEE link modes:  "
                        "100baseT/Full \n\t                           1000baseT/Full \n"));
  EXPECT_EQ(sh("ethtool --show-eee eth1"), "Cannot get EEE settings: No such device\n");
  EXPECT_EQ(sh("ethtool -p eth0 1"), "");
  EXPECT_EQ(sh("ethtool -p eth0"), "Cannot identify NIC: Operation not supported\n") << "it would never end";
}

TEST_F(ShellTest, TheCableOfAnInterface) {
  EXPECT_EQ(sh("link eth0 down && link eth0 up"), "");
  EXPECT_EQ(host.cables, (std::vector<std::string>{"eth0 out", "eth0 in"}));
  EXPECT_EQ(sh("link eth1 down"), "link: eth1: No such device\n");
  EXPECT_EQ(code, 1);
  EXPECT_EQ(sh("link eth0"), "Usage: link DEV up|down\n");
  EXPECT_EQ(parse("link eth0 down")[0].steps[0].interface, "eth0") << "[[at]] checks it beforehand";
}

}  // namespace
}  // namespace niclab::lab::shell
