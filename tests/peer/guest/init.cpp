// The first process of the guest: does the checks the kernel's command line names, in its order, and ends the
// machine.
//   CHECKS=a,b,…  from the table below      ME=, OTHER= addresses      MAC= of our NVM
//   MODE= MSI-X, MSI or legacy: interrupts      DATAGRAMS= of `bulk`
#include <fcntl.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>

#include "ethtool.hpp"
#include "network.hpp"
#include "system.hpp"

namespace {

using namespace guest;

const std::string kPort = "eth0";  // net.ifnames=0

std::string other() { return option("OTHER", "10.9.0.1"); }

std::string igb_said(const std::string& what) {
  for (const std::string& line : kernel_log())
    if (line.find(what) != std::string::npos) return line.substr(line.find("] ") + 2);
  return {};
}

std::string whole(const Echoes& e) {
  require(e.returned == e.sent && e.corrupt == 0,
          text("%d sent, %d returned, %d corrupt", e.sent, e.returned, e.corrupt));
  return text("%d datagrams and their echoes in %.2f s", e.sent, e.seconds);
}

std::string few() { return whole(echo(other(), 20, 1, 1400, 73, 1)); }

void open_port() {
  set_up(kPort, true);
  set_address(kPort, option("ME", "10.9.0.2"));
  wait_for_carrier(kPort);
}

std::string probe() {
  load_modules();
  const std::string address = contents("/sys/class/net/" + kPort + "/address");
  require(!address.empty(), "no interface: " + igb_said("igb"));
  return igb_said("PBA No");
}

std::string mac() {
  const std::string address = contents("/sys/class/net/" + kPort + "/address");
  require(address == option("MAC", ""), address + ", not that of the NVM");
  return address;
}

std::string mode() {
  const std::string line = igb_said("Using " + option("MODE", "MSI-X") + " interrupts");
  require(!line.empty(), igb_said(" interrupts. "));
  return line;
}

std::string pba() {
  const std::string line = igb_said("PBA No");
  require(line.find("N1C1AB-000") != std::string::npos, line);
  return line;
}

std::string link() {
  set_up(kPort, true);
  set_address(kPort, option("ME", "10.9.0.2"));
  const double seconds = wait_for_carrier(kPort);
  ethtool_cmd c{};
  c.cmd = ETHTOOL_GSET;
  ethtool(kPort, &c, "ETHTOOL_GSET");
  require(ethtool_cmd_speed(&c) == 1000 && c.duplex == DUPLEX_FULL, text("speed %u", ethtool_cmd_speed(&c)));
  return text("1000 Mb/s full duplex after %.1f s", seconds);
}

std::string pings() {
  for (const int size : {0, 1, 18, 56, 64, 1000, 1472})
    require(ping(other(), size), text("no whole answer to %d bytes", size));
  return "0 to 1472 bytes";
}

std::string udp() { return whole(echo(other(), 1472, 1, 1472, 1, 4)); }

std::string fragments() { return whole(echo(other(), 200, 1473, 9000, 37, 1)); }

std::string jumbo() {
  set_mtu(kPort, 9000);
  wait_for_carrier(kPort);
  return whole(echo(other(), 3000, 1, 9000, 3, 4)) + ", MTU 9000";
}

std::string ethtool_statistics() {
  const auto before = statistics(kPort);
  whole(echo(other(), 50, 100, 100, 1, 1));
  auto after = statistics(kPort);
  for (const char* name : {"rx_packets", "tx_packets"})
    require(after[name] >= before.at(name) + 50 && after[name] < before.at(name) + 100,
            std::string(name) + " does not count");
  require(after["rx_bytes"] >= before.at("rx_bytes") + 50 * 146, "rx_bytes does not count");
  for (const char* name : {"rx_crc_errors", "rx_no_buffer_count", "rx_missed_errors", "tx_timeout_count",
                           "rx_long_length_errors"})
    require(after[name] == 0, text("%s is %llu", name, static_cast<unsigned long long>(after[name])));
  return text("rx_packets %llu, tx_packets %llu", static_cast<unsigned long long>(after["rx_packets"]),
              static_cast<unsigned long long>(after["tx_packets"]));
}

std::string coalesce() {
  ethtool_coalesce was{}, is{};
  was.cmd = ETHTOOL_GCOALESCE;
  ethtool(kPort, &was, "ETHTOOL_GCOALESCE");
  is = was;
  is.cmd = ETHTOOL_SCOALESCE;
  is.rx_coalesce_usecs = 200;
  ethtool(kPort, &is, "ETHTOOL_SCOALESCE");
  is.cmd = ETHTOOL_GCOALESCE;
  ethtool(kPort, &is, "ETHTOOL_GCOALESCE");
  require(is.rx_coalesce_usecs == 200, text("rx-usecs %u after 200", is.rx_coalesce_usecs));
  few();
  was.cmd = ETHTOOL_SCOALESCE;
  ethtool(kPort, &was, "ETHTOOL_SCOALESCE");
  return text("rx-usecs %u, 200, %u", was.rx_coalesce_usecs, was.rx_coalesce_usecs);
}

std::string rings() {
  ethtool_ringparam r{};
  for (const unsigned size : {80u, 4096u, 256u}) {
    r.cmd = ETHTOOL_GRINGPARAM;
    ethtool(kPort, &r, "ETHTOOL_GRINGPARAM");
    r.cmd = ETHTOOL_SRINGPARAM;
    r.rx_pending = r.tx_pending = size;
    ethtool(kPort, &r, "ETHTOOL_SRINGPARAM");
    wait_for_carrier(kPort);
    whole(echo(other(), 300, 100, 1000, 10, 8));  // past the end of the smallest
  }
  return "80, 4096 and 256 descriptors";
}

std::string channels() {
  ethtool_channels c{};
  c.cmd = ETHTOOL_GCHANNELS;
  ethtool(kPort, &c, "ETHTOOL_GCHANNELS");
  const unsigned was = c.combined_count;
  for (const unsigned n : {1u, was}) {
    c.cmd = ETHTOOL_SCHANNELS;
    c.combined_count = n;
    ethtool(kPort, &c, "ETHTOOL_SCHANNELS");
    wait_for_carrier(kPort);
    few();
  }
  return text("%u, 1, %u combined", was, was);
}

std::string offloads() {
  for (const std::uint32_t on : {0u, 1u}) {
    set_value(kPort, ETHTOOL_SRXCSUM, on, "ETHTOOL_SRXCSUM");
    set_value(kPort, ETHTOOL_STXCSUM, on, "ETHTOOL_STXCSUM");
    set_value(kPort, ETHTOOL_SSG, on, "ETHTOOL_SSG");
    set_value(kPort, ETHTOOL_STSO, on, "ETHTOOL_STSO");
    wait_for_carrier(kPort);
    require(get_value(kPort, ETHTOOL_GTXCSUM, "ETHTOOL_GTXCSUM") == on, "tx checksum did not change");
    few();
  }
  return "rx, tx, sg and tso off and on";
}

std::string rss() {
  hash_udp_ports(kPort);
  wait_for_carrier(kPort);
  auto before = statistics(kPort);
  whole(echo(other(), 400, 64, 64, 1, 16, 16));
  auto after = statistics(kPort);
  std::string result;
  for (const char* name : {"rx_queue_0_packets", "rx_queue_1_packets"}) {
    const std::uint64_t n = after[name] - before[name];
    require(n >= 20, text("%s grew by %llu of 400", name, static_cast<unsigned long long>(n)));
    result += text("%s %llu  ", name, static_cast<unsigned long long>(n));
  }
  return result;
}

std::string vectors() {
  std::istringstream lines(contents("/proc/interrupts"));
  std::string result;
  unsigned queues = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find(kPort + "-rx-") == std::string::npos && line.find(kPort + "-TxRx-") == std::string::npos)
      continue;
    std::istringstream words(line);
    std::string number;
    long cpu0 = 0, cpu1 = 0;
    words >> number >> cpu0 >> cpu1;
    require(cpu0 + cpu1 > 20, line);
    result += text("%ld ", cpu0 + cpu1);
    ++queues;
  }
  require(queues == 2, text("%u vectors of queues", queues));
  return result + "interrupts";
}

std::string down_and_up() {
  for (int i = 0; i < 3; ++i) {
    set_up(kPort, false);
    usleep(100'000);
    open_port();
    few();
  }
  return "three times";
}

std::string reload() {
  reload_igb();
  for (int i = 0; i < 200 && contents("/sys/class/net/" + kPort + "/address").empty(); ++i) usleep(10'000);
  open_port();
  return few();
}

std::string vlan() {
  const std::string tagged = kPort + ".100";
  add_vlan(kPort, 100);
  set_up(tagged, true);
  set_address(tagged, option("VLAN_ME", "10.100.0.2"));
  return whole(echo(option("VLAN_OTHER", "10.100.0.1"), 500, 1, 1472, 3, 4));
}

double clock_of(int fd) {
  timespec t{};
  const clockid_t id =
      (~static_cast<clockid_t>(fd) << 3) | 3;  // FD_TO_CLOCKID of Documentation/driver-api/ptp.rst
  require(clock_gettime(id, &t) == 0, "clock_gettime");
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

std::string ptp() {
  const int fd = open("/dev/ptp0", O_RDWR | O_CLOEXEC);
  require(fd >= 0, "no /dev/ptp0");
  const double card = clock_of(fd), wall = now();
  usleep(1'000'000);
  const double advanced = clock_of(fd) - card, passed = now() - wall;
  const clockid_t id = (~static_cast<clockid_t>(fd) << 3) | 3;
  const timespec to{1000, 0};
  const bool set = clock_settime(id, &to) == 0;
  const double after = set ? clock_of(fd) : 0;
  close(fd);
  require(advanced > passed * 0.8 && advanced < passed * 1.2, text("%.3f s in %.3f s", advanced, passed));
  require(set && after >= 1000 && after < 1001, text("%.3f after it was set to 1000", after));
  return text("%.3f s in %.3f s; set to 1000, read %.3f", advanced, passed, after);
}

std::string bulk() {
  const int count = std::atoi(option("DATAGRAMS", "100000").c_str());
  const Echoes e = echo(other(), count, 1000, 1000, 1, 32);
  return whole(e) + text(": %.0f a second each way", e.returned / e.seconds);
}

std::string trip() {
  const Echoes e = echo(other(), 2000, 64, 64, 1, 1);
  whole(e);
  return text("median of 2000: %.0f us", e.median * 1e6);
}

std::string tcp() {
  const std::uint64_t bytes = 4u << 20;
  auto before = statistics(kPort);
  double seconds = 0;
  const std::uint64_t back = tcp_echo(other(), bytes, &seconds);
  auto after = statistics(kPort);
  require(back == bytes, text("%llu of %llu bytes came back", static_cast<unsigned long long>(back),
                              static_cast<unsigned long long>(bytes)));
  const std::uint64_t segmented = after["tx_tcp_seg_good"] - before["tx_tcp_seg_good"];
  require(segmented > 0, "the card segmented nothing");
  return text("%llu bytes and back in %.2f s, %llu contexts of segmentation",
              static_cast<unsigned long long>(bytes), seconds, static_cast<unsigned long long>(segmented));
}

/// igb's offline test; the tests whose names begin with a letter of `wanted` have to pass.
std::string offline_test(const std::string& wanted) {
  bool failed = false;
  const auto results = self_test(kPort, true, &failed);
  std::string result;
  bool good = true;
  for (const auto& [name, value] : results) {
    if (wanted.find(name[0]) == std::string::npos) continue;
    result += name.substr(0, name.find(' ')) + text("=%llu ", static_cast<unsigned long long>(value));
    good = good && value == 0;
  }
  require(!igb_said("offline testing starting").empty(), "the driver made an online test of it");
  require(good, result + igb_said("pattern test") + igb_said("set/check"));
  return result;
}

std::string register_test() {
  return offline_test("REIL");
}  // Register, Eeprom, Interrupt, Link and Loopback
std::string loopback_test() { return offline_test("EL"); }

/// Warnings that Linux prints on any card.
bool expected(const std::string& line) {
  return line.find("enabling UDP RSS") != std::string::npos ||
         line.find("offline testing starting") != std::string::npos;
}

std::string log_is_clean() {
  unsigned lines = 0;
  std::string warning;
  for (const std::string& line : kernel_log()) {
    const bool about_us = line.find("igb") != std::string::npos || line.find(kPort) != std::string::npos;
    if (about_us) std::printf("%s\n", line.c_str());
    const bool bad = line.find("WARNING:") != std::string::npos || line.find("BUG") != std::string::npos ||
                     line.find("Call Trace") != std::string::npos;
    if (about_us) ++lines;
    const int priority = line.size() > 2 ? std::atoi(line.c_str() + 1) & 7 : 7;
    if (warning.empty() && (bad || (about_us && priority <= 4 && !expected(line)))) warning = line;
  }
  require(warning.empty(), warning);
  return text("%u lines about igb, no warning", lines);
}

std::string echo_service() {
  open_port();
  if (!option("VLAN_ME", "").empty()) {
    add_vlan(kPort, 100);
    set_up(kPort + ".100", true);
    set_address(kPort + ".100", option("VLAN_ME", ""));
  }
  check("ready", [] { return std::string("the echo service"); });
  serve_echo();
}

const std::map<std::string, std::string (*)()> kChecks{{"probe", probe},
                                                       {"mac", mac},
                                                       {"mode", mode},
                                                       {"pba", pba},
                                                       {"link", link},
                                                       {"ping", pings},
                                                       {"udp", udp},
                                                       {"fragments", fragments},
                                                       {"jumbo", jumbo},
                                                       {"stats", ethtool_statistics},
                                                       {"coalesce", coalesce},
                                                       {"rings", rings},
                                                       {"channels", channels},
                                                       {"offloads", offloads},
                                                       {"rss", rss},
                                                       {"vectors", vectors},
                                                       {"down_up", down_and_up},
                                                       {"reload", reload},
                                                       {"vlan", vlan},
                                                       {"ptp", ptp},
                                                       {"bulk", bulk},
                                                       {"trip", trip},
                                                       {"tcp", tcp},
                                                       {"selftest", register_test},
                                                       {"loopback", loopback_test},
                                                       {"dmesg", log_is_clean},
                                                       {"serve", echo_service}};

}  // namespace

int main() {
  mount_all();
  std::istringstream names(option("CHECKS", ""));
  for (std::string name; std::getline(names, name, ',');) {
    const auto found = kChecks.find(name);
    check(
        name, found != kChecks.end() ? std::function<std::string()>(found->second) : []() -> std::string {
          throw Failure{"no such check"};
        });
  }
  power_off();
}
