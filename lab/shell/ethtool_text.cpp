#include "lab/shell/ethtool_text.hpp"

#include <algorithm>
#include <array>

#include "stack/admin/text.hpp"

namespace niclab::lab::shell {

using stack::admin::strprintf;

std::string nic_statistics(const std::vector<std::pair<std::string, std::uint64_t>>& stats) {
  std::string s = "NIC statistics:\n";
  for (const auto& [name, value] : stats) s += "     " + name + ": " + std::to_string(value) + "\n";
  return s;
}

std::string driver_information(const igb::DriverInfo& info) {
  return "driver: " + info.driver + "\nversion: " + info.version +
         "\nfirmware-version: " + info.firmware_version + "\nbus-info: " + info.bus_info +
         "\nsupports-statistics: yes\nsupports-test: yes\nsupports-eeprom-access: yes\n"
         "supports-register-dump: yes\nsupports-priv-flags: no\n";
}

std::string channel_parameters(const std::string& dev, const igb::Channels& c) {
  const auto block = [](unsigned other, unsigned combined) {
    return strprintf("RX:\t\t0\nTX:\t\t0\nOther:\t\t%u\nCombined:\t%u\n", other, combined);
  };
  return "Channel parameters for " + dev + ":\nPre-set maximums:\n" + block(c.max_other, c.max_combined) +
         "Current hardware settings:\n" + block(c.other, c.combined) + "\n";
}

std::string ring_parameters(const std::string& dev, const igb::RingParam& r) {
  const auto block = [](unsigned rx, unsigned tx) {
    return strprintf("RX:\t\t%u\nRX Mini:\t0\nRX Jumbo:\t0\nTX:\t\t%u\n", rx, tx);
  };
  return "Ring parameters for " + dev + ":\nPre-set maximums:\n" + block(r.rx_max, r.tx_max) +
         "Current hardware settings:\n" + block(r.rx, r.tx) + "\n";
}

std::string coalesce_parameters(const std::string& dev, const igb::Coalesce& c) {
  const auto direction = [](const char* d, unsigned usecs) {
    return strprintf("%s-usecs: %u\n%s-frames: 0\n%s-usecs-irq: 0\n%s-frames-irq: 0\n\n", d, usecs, d, d, d);
  };
  const auto rate = [](const char* which) {
    return strprintf("rx-usecs-%s: 0\nrx-frame-%s: 0\ntx-usecs-%s: 0\ntx-frame-%s: 0\n\n", which, which,
                     which, which);
  };
  return "Coalesce parameters for " + dev +
         ":\nAdaptive RX: off  TX: off\nstats-block-usecs: 0\nsample-interval: 0\npkt-rate-low: 0\n"
         "pkt-rate-high: 0\n\n" +
         direction("rx", c.rx_usecs) + direction("tx", c.tx_usecs) + rate("low") + rate("high");
}

std::string pause_parameters(const std::string& dev, const igb::PauseParam& p) {
  const auto on = [](bool b) { return b ? "on" : "off"; };
  return strprintf("Pause parameters for %s:\nAutonegotiate:\t%s\nRX:\t\t%s\nTX:\t\t%s\n\n", dev.c_str(),
                   on(p.autoneg), on(p.rx_pause), on(p.tx_pause));
}

std::string indirection_table(const std::string& dev, unsigned rx_rings,
                              const std::vector<unsigned>& entries) {
  constexpr std::size_t kRow = 8;
  std::string s =
      strprintf("RX flow hash indirection table for %s with %u RX ring(s):\n", dev.c_str(), rx_rings);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i % kRow == 0) s += strprintf("%5zu: ", i);
    s += strprintf(" %5u", entries[i]);
    if (i % kRow == kRow - 1 || i + 1 == entries.size()) s += "\n";
  }
  return s;
}

std::optional<std::string> flow_hash(const std::string& type, bool addresses, bool ports) {
  constexpr std::array<std::pair<const char*, const char*>, 10> kFlows{{
      {"tcp4", "TCP over IPV4 flows"},
      {"udp4", "UDP over IPV4 flows"},
      {"sctp4", "SCTP over IPV4 flows"},
      {"ah4", "IPSEC AH over IPV4 flows"},
      {"esp4", "IPSEC ESP over IPV4 flows"},
      {"tcp6", "TCP over IPV6 flows"},
      {"udp6", "UDP over IPV6 flows"},
      {"sctp6", "SCTP over IPV6 flows"},
      {"ah6", "IPSEC AH over IPV6 flows"},
      {"esp6", "IPSEC ESP over IPV6 flows"},
  }};
  const auto flow =
      std::find_if(kFlows.begin(), kFlows.end(), [&](const auto& f) { return f.first == type; });
  if (flow == kFlows.end()) return std::nullopt;
  std::string s = std::string(flow->second) + " use these fields for computing Hash flow key:\n";
  if (addresses) s += "IP SA\nIP DA\n";
  if (ports) s += "L4 bytes 0 & 1 [TCP/UDP src port]\nL4 bytes 2 & 3 [TCP/UDP dst port]\n";
  if (!addresses && !ports) s += "None\n";
  return s + "\n";
}

std::string offload_parameters(const std::string& dev,
                               const std::vector<std::pair<std::string, bool>>& features) {
  std::string s = "Offload parameters for " + dev + ":\n";
  for (const auto& [name, on] : features) s += name + (on ? ": on\n" : ": off\n");
  return s;
}

std::string time_stamping(const std::string& dev, int phc_index) {
  const bool hardware = phc_index >= 0;
  std::string s = "Time stamping parameters for " + dev + ":\nCapabilities:\n";
  if (hardware) s += "\thardware-transmit     (SOF_TIMESTAMPING_TX_HARDWARE)\n";
  s += "\tsoftware-transmit     (SOF_TIMESTAMPING_TX_SOFTWARE)\n";
  if (hardware) s += "\thardware-receive      (SOF_TIMESTAMPING_RX_HARDWARE)\n";
  s += "\tsoftware-receive      (SOF_TIMESTAMPING_RX_SOFTWARE)\n"
       "\tsoftware-system-clock (SOF_TIMESTAMPING_SOFTWARE)\n";
  if (!hardware)
    return s +
           "PTP Hardware Clock: none\n"
           "Hardware Transmit Timestamp Modes: none\n"
           "Hardware Receive Filter Modes: none\n";
  return s + "\thardware-raw-clock    (SOF_TIMESTAMPING_RAW_HARDWARE)\nPTP Hardware Clock: " +
         std::to_string(phc_index) +
         "\nHardware Transmit Timestamp Modes:\n"
         "\toff                   (HWTSTAMP_TX_OFF)\n"
         "\ton                    (HWTSTAMP_TX_ON)\n"
         "Hardware Receive Filter Modes:\n"
         "\tnone                  (HWTSTAMP_FILTER_NONE)\n"
         "\tall                   (HWTSTAMP_FILTER_ALL)\n";
}

std::string self_test_result(const igb::SelfTest& result) {
  constexpr std::array<const char*, 5> kParts{"Register test  (offline)", "Eeprom test    (offline)",
                                              "Interrupt test (offline)", "Loopback test  (offline)",
                                              "Link test   (on/offline)"};
  std::string s =
      strprintf("The test result is %s\nThe test extra info:\n", result.failed() ? "FAIL" : "PASS");
  for (std::size_t i = 0; i < kParts.size(); ++i)
    s += strprintf("%s\t %u\n", kParts[i], static_cast<unsigned>(result.data[i]));
  return s + "\n";
}

namespace {

/// The modes of a mask, laid out as the tool does: a line for each speed.
std::string link_modes(const std::string& title, unsigned modes) {
  using namespace igb::advertised;
  constexpr struct {
    unsigned mode;
    const char* name;
    unsigned line;
  } kModes[] = {{kHalf10, "10baseT/Half ", 0},
                {kFull10, "10baseT/Full ", 0},
                {kHalf100, "100baseT/Half ", 1},
                {kFull100, "100baseT/Full ", 1},
                {kFull1000, "1000baseT/Full ", 2}};
  const std::size_t indent = std::max<std::size_t>(24, title.size() + 2);
  std::string text = "\t" + title;
  text.resize(1 + indent, ' ');
  bool any = false;
  unsigned line = 0;
  for (const auto& m : kModes) {
    if ((modes & m.mode) == 0) continue;
    if (any && m.line != line) text += "\n\t" + std::string(indent, ' ');
    text += m.name;
    any = true;
    line = m.line;
  }
  return text + (any ? "\n" : "Not reported\n");
}

}  // namespace

std::string settings(const std::string& dev, const igb::LinkSettings& s, bool pause, const WakeOn& wake) {
  const bool up = s.speed != 0;
  const std::string speed = up ? std::to_string(s.speed) + "Mb/s" : "Unknown!";
  const std::string duplex = !up ? "Unknown! (255)" : s.full_duplex ? "Full" : "Half";
  const std::string offered = s.autoneg ? "Yes" : "No", on = s.autoneg ? "on" : "off";
  return "Settings for " + dev + ":\n\tSupported ports: [ TP ]\n" +
         link_modes("Supported link modes:", igb::advertised::kAll) +
         "\tSupported pause frame use: Symmetric\n\tSupports auto-negotiation: Yes\n" +
         link_modes("Advertised link modes:", s.autoneg ? s.modes : 0) +
         "\tAdvertised pause frame use: " + (s.autoneg && pause ? "Symmetric" : "No") +
         "\n\tAdvertised auto-negotiation: " + offered + "\n\tSpeed: " + speed + "\n\tDuplex: " + duplex +
         "\n\tPort: Twisted Pair\n\tPHYAD: 1\n\tTransceiver: internal\n\tAuto-negotiation: " + on +
         "\n\tMDI-X: Unknown\n\tSupports Wake-on: " + wake.supported + "\n\tWake-on: " + wake.now +
         "\n"
         "\tCurrent message level: 0x00000007 (7)\n\t\t\t       drv probe link\n\tLink detected: " +
         (up ? "yes" : "no") + "\n";
}

std::string eee_settings(const std::string& dev, const igb::Eee& eee) {
  using namespace igb::advertised;
  const std::string status = eee.offered == 0 ? "disabled"
                             : eee.active     ? "enabled - active"
                                              : "enabled - inactive";
  return "EEE Settings for " + dev + ":\n\tEEE status: " + status +
         "\n\tTx LPI: " + (eee.tx_lpi ? "0 (us)" : "disabled") + "\n" +
         link_modes("Supported EEE link modes:", kFull100 | kFull1000) +
         link_modes("Advertised EEE link modes:", eee.offered) +
         link_modes("Link partner advertised EEE link modes:", eee.partner);
}

}  // namespace niclab::lab::shell
