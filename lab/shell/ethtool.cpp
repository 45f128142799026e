// ethtool as of Linux 3.13: options, texts and exit codes (path-map E-47 to E-58, F-23 to F-29).
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <functional>
#include <map>
#include <numeric>
#include <optional>

#include "lab/shell/ethtool_eeprom.hpp"
#include "lab/shell/ethtool_power.hpp"
#include "lab/shell/ethtool_text.hpp"
#include "lab/shell/tools.hpp"

namespace niclab::lab::shell {
namespace {

using Arguments = std::vector<std::string>;  // after the interface

[[noreturn]] void bad_command_line() {
  throw CommandError{"ethtool: bad command line argument(s)\nFor more information run ethtool -h\n", 1};
}

unsigned number(const std::string& word) {
  unsigned v = 0;
  const auto [end, ec] = std::from_chars(word.data(), word.data() + word.size(), v);
  if (word.empty() || ec != std::errc{} || end != word.data() + word.size()) bad_command_line();
  return v;
}

/// perror(what), and the exit code.
int fail(Context& c, const std::string& what, int error, int code) {
  c.error(what + ": " + reason(error) + "\n");
  return code;
}

// --- looks ---------------------------------------------------------------------------------------

using Look = std::string (*)(const igb::IgbAdapter& a);

std::string show_coalesce(const igb::IgbAdapter& a) { return coalesce_parameters(a.name, a.get_coalesce()); }
std::string show_rings(const igb::IgbAdapter& a) { return ring_parameters(a.name, a.get_ringparam()); }
std::string show_channels(const igb::IgbAdapter& a) { return channel_parameters(a.name, a.get_channels()); }
std::string show_pause(const igb::IgbAdapter& a) { return pause_parameters(a.name, a.get_pauseparam()); }
std::string show_driver(const igb::IgbAdapter& a) { return driver_information(a.get_drvinfo()); }
std::string show_time_stamping(const igb::IgbAdapter& a) { return time_stamping(a.name, a.phc_index()); }
std::string show_settings(const igb::IgbAdapter& a) {
  return settings(a.name, a.get_link_settings(), a.offers_pause(),
                  {wake_letters(a.wol_supported() ? igb::wufc::kSupported : 0), wake_letters(a.get_wol())});
}
std::string show_indirection(const igb::IgbAdapter& a) {
  const auto& table = a.get_rxfh_indir();
  return indirection_table(a.name, a.num_queues(), {table.begin(), table.end()});
}

std::vector<std::pair<std::string, bool>> features(const igb::IgbAdapter& a) {
  return {{"rx-checksumming", true},
          {"tx-checksumming", a.hw_ip_csum},
          {"scatter-gather", a.scatter_gather},
          {"tcp-segmentation-offload", false},
          {"udp-fragmentation-offload", false},
          {"generic-segmentation-offload", false},
          {"generic-receive-offload", true},
          {"large-receive-offload", false},
          {"rx-vlan-offload", false},
          {"tx-vlan-offload", false},
          {"ntuple-filters", false},
          {"receive-hashing", true}};
}
std::string show_offload(const igb::IgbAdapter& a) { return offload_parameters(a.name, features(a)); }

struct LookOption {
  Look show;
  const char* refusal;  ///< what perror says before the reason when there is no such device
  int code;             ///< exit code of that
  const char* title;    ///< printed before the device is asked, "" or "Ring parameters for "
};

// Some of ethtool's functions print their title before they ask the driver.
const std::map<std::string, LookOption> kLooks{
    {"", {show_settings, "Cannot get device settings", 75, "Settings for "}},
    {"-a", {show_pause, "Cannot get device pause settings", 76, "Pause parameters for "}},
    {"-c", {show_coalesce, "Cannot get device coalesce settings", 82, "Coalesce parameters for "}},
    {"-g", {show_rings, "Cannot get device ring settings", 76, "Ring parameters for "}},
    {"-i", {show_driver, "Cannot get driver information", 71, ""}},
    {"-k",
     {show_offload, "Cannot get device udp large send offload settings", 83, "Offload parameters for "}},
    {"-l", {show_channels, "Cannot get device channel parameters\n", 1, "Channel parameters for "}},
    {"-T",
     {show_time_stamping, "Cannot get device time stamping settings", 1, "Time stamping parameters for "}},
    {"-x", {show_indirection, "Cannot get RX ring count", 102, ""}},
};

int look(const LookOption& option, const std::string& interface, Context& c) {
  const igb::IgbAdapter* a = present_adapter(c.host, interface);
  if (a == nullptr) {
    if (*option.title != '\0') c.out += option.title + interface + ":\n";
    return fail(c, option.refusal, ENODEV, option.code);
  }
  c.out += option.show(*a);
  return 0;
}

// --- statistics ----------------------------------------------------------------------------------

/// In a task as the tool does it: the driver reads its registers, which takes some 30 us. From outside the
/// same numbers, as they stand.
int statistics(const std::string& interface, Context& c) {
  igb::IgbAdapter* a = present_adapter(c.host, interface);
  if (a == nullptr) return fail(c, "Cannot get driver information", ENODEV, 94);
  if (c.in_task) {
    a->ndo_get_stats64();
    c.out += nic_statistics(a->ethtool_stats());
  } else {
    c.out += nic_statistics(a->ethtool_stats(c.host.look_at_stats(*a)));
  }
  return 0;
}

// --- setters -------------------------------------------------------------------------------------

/// A number that a setter may change: its option's name, what the driver says, what the user wants.
struct Parameter {
  std::string name;
  unsigned current = 0;
  std::optional<unsigned> wanted{};
};

/// Takes over what is wanted; true when anything differs from what is.
bool changes(std::vector<Parameter>& parameters, Context& c) {
  bool any = false;
  for (Parameter& p : parameters) {
    if (!p.wanted) continue;
    if (*p.wanted == p.current) c.error(p.name + " unmodified, ignoring\n");
    any |= *p.wanted != p.current;
    p.current = *p.wanted;
  }
  return any;
}

/// "name value" pairs into the parameters of these names.
std::map<std::string, unsigned> pairs(const Arguments& arguments, const std::vector<std::string>& names,
                                      const std::vector<std::string>& switches = {}) {
  if (arguments.empty() || arguments.size() % 2 != 0) bad_command_line();
  std::map<std::string, unsigned> wanted;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const std::string& name = arguments[i];
    if (std::find(names.begin(), names.end(), name) == names.end()) bad_command_line();
    if (std::find(switches.begin(), switches.end(), name) != switches.end()) {
      if (arguments[i + 1] != "on" && arguments[i + 1] != "off") bad_command_line();
      wanted[name] = arguments[i + 1] == "on";
    } else {
      wanted[name] = number(arguments[i + 1]);
    }
  }
  return wanted;
}

std::vector<Parameter> parameters(const std::vector<std::string>& names,
                                  const std::map<std::string, unsigned>& current,
                                  const std::map<std::string, unsigned>& wanted) {
  std::vector<Parameter> all;
  for (const std::string& name : names) {
    Parameter p{name, 0, {}};
    if (const auto at = current.find(name); at != current.end()) p.current = at->second;
    if (const auto at = wanted.find(name); at != wanted.end()) p.wanted = at->second;
    all.push_back(p);
  }
  return all;
}

unsigned value_of(const std::vector<Parameter>& all, std::string_view name) {
  for (const Parameter& p : all)
    if (p.name == name) return p.current;
  return 0;
}

const std::vector<std::string> kCoalesceNames{
    "adaptive-rx",   "adaptive-tx",   "sample-interval", "stats-block-usecs", "pkt-rate-low",
    "pkt-rate-high", "rx-usecs",      "rx-frames",       "rx-usecs-irq",      "rx-frames-irq",
    "tx-usecs",      "tx-frames",     "tx-usecs-irq",    "tx-frames-irq",     "rx-usecs-low",
    "rx-frames-low", "tx-usecs-low",  "tx-frames-low",   "rx-usecs-high",     "rx-frames-high",
    "tx-usecs-high", "tx-frames-high"};
const std::vector<std::string> kCoalesceSwitches{"adaptive-rx", "adaptive-tx"};
const std::vector<std::string> kPauseNames{"autoneg", "rx", "tx"};  // all of them switches
const std::vector<std::string> kRingNames{"rx", "rx-mini", "rx-jumbo", "tx"};
const std::vector<std::string> kChannelNames{"rx", "tx", "other", "combined"};

using Wanted = std::map<std::string, unsigned>;

// igb obeys rx-usecs and tx-usecs and ignores the rest in silence (path-map F-29).
int set_coalesce(igb::IgbAdapter& a, const Wanted& wanted, Context& c) {
  const igb::Coalesce now = a.get_coalesce();
  auto all = parameters(kCoalesceNames, {{"rx-usecs", now.rx_usecs}, {"tx-usecs", now.tx_usecs}}, wanted);
  if (!changes(all, c)) {
    c.error("no coalesce parameters changed, aborting\n");
    return 80;
  }
  const int error =
      a.set_coalesce({.rx_usecs = value_of(all, "rx-usecs"), .tx_usecs = value_of(all, "tx-usecs")});
  return error == 0 ? 0 : fail(c, "Cannot set device coalesce parameters", error, 81);
}

int set_pause(igb::IgbAdapter& a, const Wanted& wanted, Context& c) {
  const igb::PauseParam now = a.get_pauseparam();
  auto all =
      parameters(kPauseNames, {{"autoneg", now.autoneg}, {"rx", now.rx_pause}, {"tx", now.tx_pause}}, wanted);
  if (!changes(all, c)) {
    c.error("no pause parameters changed, aborting\n");
    return 78;
  }
  const int error = a.set_pauseparam({.autoneg = value_of(all, "autoneg") != 0,
                                      .rx_pause = value_of(all, "rx") != 0,
                                      .tx_pause = value_of(all, "tx") != 0});
  return error == 0 ? 0 : fail(c, "Cannot set device pause parameters", error, 79);
}

int set_rings(igb::IgbAdapter& a, const Wanted& wanted, Context& c) {
  igb::RingParam r = a.get_ringparam();
  auto all = parameters(kRingNames, {{"rx", r.rx}, {"tx", r.tx}}, wanted);
  if (!changes(all, c)) {
    c.error("no ring parameters changed, aborting\n");
    return 80;
  }
  r.rx = value_of(all, "rx");
  r.tx = value_of(all, "tx");
  r.rx_mini = value_of(all, "rx-mini");
  r.rx_jumbo = value_of(all, "rx-jumbo");
  const int error = a.set_ringparam(r);
  return error == 0 ? 0 : fail(c, "Cannot set device ring parameters", error, 81);
}

// igb knows combined channels only (path-map F-23).
int set_channels(igb::IgbAdapter& a, const Wanted& wanted, Context& c) {
  const igb::Channels now = a.get_channels();
  auto all = parameters(kChannelNames, {{"other", now.other}, {"combined", now.combined}}, wanted);
  if (!changes(all, c)) {
    c.error("no channel parameters changed, aborting\n");
    c.error("current values: tx 0 rx 0 other " + std::to_string(now.other) + " combined " +
            std::to_string(now.combined) + "\n");
    return 0;
  }
  const bool others =
      value_of(all, "rx") != 0 || value_of(all, "tx") != 0 || value_of(all, "other") != now.other;
  const int error = others ? -EINVAL : a.set_channels(value_of(all, "combined"));
  return error == 0 ? 0 : fail(c, "Cannot set device channel parameters", error, 1);
}

// --- link ----------------------------------------------------------------------------------------

/// `ethtool -s DEV [speed N] [duplex half|full] [autoneg on|off] [advertise MASK]`.
struct LinkWish {
  std::optional<unsigned> speed, modes;
  std::optional<bool> full_duplex, autoneg;
};

/// One of two words.
bool either(const std::string& word, const char* yes, const char* no) {
  if (word != yes && word != no) bad_command_line();
  return word == yes;
}

/// Hexadecimal, with or without 0x.
unsigned mask(std::string word) {
  if (word.starts_with("0x")) word = word.substr(2);
  unsigned v = 0;
  const auto [end, ec] = std::from_chars(word.data(), word.data() + word.size(), v, 16);
  if (word.empty() || ec != std::errc{} || end != word.data() + word.size()) bad_command_line();
  return v;
}

LinkWish link_wish(const Arguments& arguments) {
  if (arguments.empty() || arguments.size() % 2 != 0) bad_command_line();
  LinkWish wish;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const std::string &name = arguments[i], &value = arguments[i + 1];
    if (name == "speed") {
      wish.speed = number(value);
    } else if (name == "duplex") {
      wish.full_duplex = either(value, "full", "half");
    } else if (name == "autoneg") {
      wish.autoneg = either(value, "on", "off");
    } else if (name == "advertise") {
      wish.modes = mask(value);
    } else {
      bad_command_line();
    }
  }
  return wish;
}

/// The one mode of a speed and a duplex; 0: no such mode.
unsigned mode_of(unsigned speed, bool full_duplex) {
  using namespace igb::advertised;
  switch (speed) {
    case 10: return full_duplex ? kFull10 : kHalf10;
    case 100: return full_duplex ? kFull100 : kHalf100;
    case 1000: return full_duplex ? kFull1000 : 0u;
    default: return 0;
  }
}

/// What is not said stays as it is; with autoneg, speed and duplex name the one mode to offer.
int set_link(igb::IgbAdapter& a, const LinkWish& wish, Context& c) {
  igb::LinkSettings s = a.get_link_settings();
  const bool was_forced = !s.autoneg;
  s.autoneg = wish.autoneg.value_or(s.autoneg);
  s.speed = wish.speed.value_or(s.speed);
  s.full_duplex = wish.full_duplex.value_or(s.full_duplex);
  if (wish.modes) {
    s.modes = *wish.modes;
  } else if (s.autoneg && wish.speed && wish.full_duplex) {
    s.modes = mode_of(*wish.speed, *wish.full_duplex);
  } else if (s.autoneg && (was_forced || wish.autoneg)) {
    s.modes = igb::advertised::kAll;
  }
  const int error = a.set_link_settings(s);
  if (error != 0)
    c.error("Cannot set new settings: " + reason(error) + "\n  not setting " +
            (wish.autoneg ? "autoneg"
             : wish.speed ? "speed"
                          : "duplex") +
            "\n");
  return error == 0 ? 0 : 1;
}

int restart_negotiation(igb::IgbAdapter& a, const Arguments&, Context& c) {
  const int error = a.nway_reset();
  return error == 0 ? 0 : fail(c, "Cannot restart autonegotiation", error, 1);
}

int show_eee(igb::IgbAdapter& a, const Arguments&, Context& c) {
  igb::Eee eee;
  if (const int error = a.get_eee(eee); error != 0) return fail(c, "Cannot get EEE settings", error, 1);
  c.out += eee_settings(a.name, eee);
  return 0;
}

int identify(igb::IgbAdapter& a, const unsigned& seconds, Context& c) {
  const int error = a.set_phys_id(seconds);
  return error == 0 ? 0 : fail(c, "Cannot identify NIC", error, 1);
}

// --- hash ----------------------------------------------------------------------------------------

/// `ethtool -X DEV equal N | weight W0 W1 …` (path-map F-25).
struct Indirection {
  unsigned equal = 0;
  std::vector<unsigned> weights;
};

Indirection indirection(const Arguments& arguments) {
  Indirection wanted;
  if (arguments.size() < 2) bad_command_line();
  for (std::size_t i = 1; i < arguments.size(); ++i) wanted.weights.push_back(number(arguments[i]));
  if (arguments[0] == "equal" && arguments.size() == 2) {
    wanted.equal = wanted.weights[0];
    if (wanted.equal == 0) bad_command_line();
  } else if (arguments[0] != "weight" ||
             std::accumulate(wanted.weights.begin(), wanted.weights.end(), std::uint64_t{0}) == 0) {
    bad_command_line();
  }
  return wanted;
}

/// Entries in turn over `equal` queues, or in blocks in proportion to the weights, as the tool lays them out.
std::vector<unsigned> entries(const Indirection& wanted, std::size_t size) {
  std::vector<unsigned> table(size);
  if (wanted.equal != 0) {
    for (std::size_t i = 0; i < size; ++i) table[i] = static_cast<unsigned>(i % wanted.equal);
    return table;
  }
  const auto sum = std::accumulate(wanted.weights.begin(), wanted.weights.end(), std::uint64_t{0});
  std::uint64_t partial = 0;
  unsigned queue = 0;
  for (std::size_t i = 0; i < size; ++i) {
    while (i >= size * partial / sum) partial += wanted.weights[queue++];
    table[i] = queue - 1;
  }
  return table;
}

int set_indirection(igb::IgbAdapter& a, const Indirection& wanted, Context& c) {
  const auto table = entries(wanted, a.get_rxfh_indir().size());
  const int error = a.set_rxfh_indir(table);
  return error == 0 ? 0 : fail(c, "Cannot set RX flow hash indirection table", error, 105);
}

struct HashedFields {
  bool addresses = false, ports = false;
};

/// What the port hashes of a flow type (igb_get_rss_hash_opts).
HashedFields hashed_fields(const igb::IgbAdapter& a, const std::string& type) {
  const bool tcp = type.starts_with("tcp"), udp = type.starts_with("udp");
  return {true, tcp || (udp && a.rss_udp_ports())};
}

Step flow_hash_step(const std::string& interface, const std::string& type) {
  if (!flow_hash(type, true, true)) bad_command_line();
  Step s;
  s.run = [interface, type](Context& c) {
    const igb::IgbAdapter* a = present_adapter(c.host, interface);
    if (a == nullptr) return fail(c, "Cannot get RX network flow hashing options", ENODEV, 1);
    const HashedFields f = hashed_fields(*a, type);
    c.out += *flow_hash(type, f.addresses, f.ports);
    return 0;
  };
  return s;
}

/// The ring count; igb has no rules to list (path-map E-56).
int classification_rules(const std::string& interface, Context& c) {
  const igb::IgbAdapter* a = present_adapter(c.host, interface);
  int error = ENODEV;
  if (a == nullptr) {
    c.error("Cannot get RX rings: " + reason(error) + "\n");
  } else {
    c.out += std::to_string(a->num_queues()) + " RX rings available\n";
    error = EOPNOTSUPP;
  }
  c.error("rxclass: Cannot get RX class rule count: " + reason(error) +
          "\nRX classification rule retrieval failed\n");
  return 1;
}

/// `ethtool -N DEV rx-flow-hash TYPE FIELDS` (path-map F-26): igb takes sd and sdfn for UDP and what it does
/// anyway for the rest. UDP over IPv4 and IPv6 share one switch here.
Step set_flow_hash_step(const std::string& interface, const Arguments& arguments) {
  if (arguments.size() != 3 || arguments[0] != "rx-flow-hash" || !flow_hash(arguments[1], true, true) ||
      arguments[2].find_first_not_of("mvtsdfnr") != std::string::npos)
    bad_command_line();
  std::string fields = arguments[2];
  std::sort(fields.begin(), fields.end());
  fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  Step s;
  s.in_task = true;
  s.run = [interface, type = arguments[1], fields](Context& c) {
    constexpr const char* kRefusal = "Cannot change RX network flow hashing options";
    igb::IgbAdapter* a = present_adapter(c.host, interface);
    if (a == nullptr) return fail(c, kRefusal, ENODEV, 1);
    const bool addresses = fields == "ds", ports = fields == "dfns", udp = type.starts_with("udp");
    const bool possible = type.starts_with("tcp") ? ports : udp ? addresses || ports : addresses;
    const int error = !possible ? -EINVAL : udp ? a->set_rss_udp_ports(ports) : 0;
    return error == 0 ? 0 : fail(c, kRefusal, error, 1);
  };
  return s;
}

// --- offloads ------------------------------------------------------------------------------------

const std::map<std::string, std::string> kOffloadNames{{"rx", "rx-checksumming"},
                                                       {"tx", "tx-checksumming"},
                                                       {"sg", "scatter-gather"},
                                                       {"tso", "tcp-segmentation-offload"},
                                                       {"ufo", "udp-fragmentation-offload"},
                                                       {"gso", "generic-segmentation-offload"},
                                                       {"gro", "generic-receive-offload"},
                                                       {"lro", "large-receive-offload"},
                                                       {"rxvlan", "rx-vlan-offload"},
                                                       {"txvlan", "tx-vlan-offload"},
                                                       {"ntuple", "ntuple-filters"},
                                                       {"rxhash", "receive-hashing"}};

/// No offload of this driver can be switched: asking for what is already so is fine, anything else is
/// refused.
Step set_offload_step(const std::string& interface, const Arguments& arguments) {
  if (arguments.empty() || arguments.size() % 2 != 0) bad_command_line();
  std::map<std::string, bool> wanted;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const auto name = kOffloadNames.find(arguments[i]);
    const bool known = name != kOffloadNames.end() && (arguments[i + 1] == "on" || arguments[i + 1] == "off");
    if (!known) bad_command_line();
    wanted[name->second] = arguments[i + 1] == "on";
  }
  Step s;
  s.run = [interface, wanted](Context& c) {
    const igb::IgbAdapter* a = present_adapter(c.host, interface);
    if (a == nullptr) return fail(c, "Cannot get device feature names", ENODEV, 1);
    for (const auto& [name, on] : features(*a))
      if (const auto w = wanted.find(name); w != wanted.end() && w->second != on) {
        c.error("Could not change any device features\n");
        return 1;
      }
    return 0;
  };
  return s;
}

// --- the command line ----------------------------------------------------------------------------

/// Long names of ethtool's options.
const std::map<std::string, std::string> kLongNames{
    {"--show-pause", "-a"},      {"--pause", "-A"},          {"--show-coalesce", "-c"},
    {"--coalesce", "-C"},        {"--show-ring", "-g"},      {"--set-ring", "-G"},
    {"--driver", "-i"},          {"--eeprom-dump", "-e"},    {"--change-eeprom", "-E"},
    {"--show-features", "-k"},   {"--show-offload", "-k"},   {"--features", "-K"},
    {"--offload", "-K"},         {"--show-channels", "-l"},  {"--set-channels", "-L"},
    {"--show-nfc", "-n"},        {"--show-ntuple", "-n"},    {"-u", "-n"},
    {"--config-nfc", "-N"},      {"--config-ntuple", "-N"},  {"-U", "-N"},
    {"--statistics", "-S"},      {"--test", "-t"},           {"--change", "-s"},
    {"--negotiate", "-r"},       {"--identify", "-p"},       {"--show-time-stamping", "-T"},
    {"--show-rxfh-indir", "-x"}, {"--set-rxfh-indir", "-X"}, {"--help", "-h"}};

constexpr const char* kHelp =
    "ethtool DEV | -a DEV | -A DEV [autoneg on|off] [rx on|off] [tx on|off] | -c DEV | -C DEV rx-usecs N "
    "[tx-usecs N] | -e DEV [offset N] [length N] | -E DEV magic N offset N value N |\n  "
    "-g DEV | -G DEV [rx N] [tx N] | -i DEV "
    "|\n"
    "  -k DEV | -l DEV | -L DEV combined N | -n DEV [rx-flow-hash udp4] | -N DEV rx-flow-hash udp4 sd|sdfn "
    "|\n"
    "  -s DEV [speed N] [duplex half|full] [autoneg on|off] [advertise MASK] [wol p|u|m|b|g|d...] | -r DEV | "
    "-p DEV SECONDS | --show-eee DEV |\n"
    "  -S DEV | -t DEV [offline|online] | -T DEV | -x DEV | -X DEV equal N | weight W0 W1 ...\n";

/// A setter that finds its adapter first.
template <class Value>
Step setter(const std::string& interface, const char* refusal, int code, Value value,
            int (*set)(igb::IgbAdapter&, const Value&, Context&)) {
  Step s;
  s.in_task = true;
  s.run = [interface, refusal, code, value = std::move(value), set](Context& c) {
    igb::IgbAdapter* a = present_adapter(c.host, interface);
    return a == nullptr ? fail(c, refusal, ENODEV, code) : set(*a, value, c);
  };
  return s;
}

/// Options that ethtool knows and this driver, or this laboratory, does not.
const std::map<std::string, std::string> kNotSupported{{"-d", "Cannot get register dump"},
                                                       {"-m", "Cannot get module EEPROM information"},
                                                       {"-p", "Cannot identify NIC"},
                                                       {"-w", "Can not get dump level"},
                                                       {"-P", "Cannot read permanent address"}};

Step parse_option(const std::string& option, const std::string& dev, const Arguments& rest) {
  if (option == "-C")
    return setter(dev, "Cannot get device coalesce settings", 76,
                  pairs(rest, kCoalesceNames, kCoalesceSwitches), set_coalesce);
  if (option == "-A")
    return setter(dev, "Cannot get device pause settings", 77, pairs(rest, kPauseNames, kPauseNames),
                  set_pause);
  if (option == "-G")
    return setter(dev, "Cannot get device ring settings", 76, pairs(rest, kRingNames), set_rings);
  if (option == "-L")
    return setter(dev, "Cannot get device channel parameters\n", 1, pairs(rest, kChannelNames), set_channels);
  if (option == "-X")
    return setter(dev, "Cannot get RX flow hash indirection table size", 104, indirection(rest),
                  set_indirection);
  if (option == "-N") {
    if (!rest.empty() && rest[0] == "flow-type") {  // path-map F-28
      Step s;
      s.run = [](Context& c) { return fail(c, "rmgr: Cannot insert RX class rule", EOPNOTSUPP, 1); };
      return s;
    }
    return set_flow_hash_step(dev, rest);
  }
  if (option == "-K") return set_offload_step(dev, rest);
  if (option == "-e") return show_eeprom(dev, rest);
  if (option == "-E") return change_eeprom(dev, rest);
  if (option == "-t") return self_test_step(dev, rest);
  if (option == "-s" && !rest.empty() && rest[0] == "wol") return wake_step(dev, rest);
  if (option == "-s") return setter(dev, "Cannot get current device settings", 1, link_wish(rest), set_link);
  if (option == "--show-eee" && rest.empty())
    return setter(dev, "Cannot get EEE settings", 1, rest, show_eee);
  if (option == "-r" && rest.empty())
    return setter(dev, "Cannot restart autonegotiation", 1, rest, restart_negotiation);
  if (option == "-p" && rest.size() == 1)  // without a number it would blink for ever
    return setter(dev, "Cannot identify NIC", 1, number(rest[0]), identify);
  if (option == "-n" && rest.size() == 2 && rest[0] == "rx-flow-hash") return flow_hash_step(dev, rest[1]);
  Step s;
  if (const auto refused = kNotSupported.find(option); refused != kNotSupported.end()) {
    s.run = [text = refused->second](Context& c) { return fail(c, text, EOPNOTSUPP, 1); };
    return s;
  }
  if (!rest.empty()) bad_command_line();
  if (option == "-n") {
    s.run = [dev](Context& c) { return classification_rules(dev, c); };
  } else if (option == "-S") {
    s.in_task = s.can_look = true;
    s.run = [dev](Context& c) { return statistics(dev, c); };
  } else {
    const auto shown = kLooks.find(option);
    if (shown == kLooks.end()) bad_command_line();
    s.run = [shown, dev](Context& c) { return look(shown->second, dev, c); };
  }
  return s;
}

}  // namespace

Step ethtool(const Words& words) {
  if (words.size() < 2) bad_command_line();
  std::string option = words[1].starts_with("-") ? words[1] : "";
  if (const auto short_name = kLongNames.find(option); short_name != kLongNames.end())
    option = short_name->second;
  Step s;
  if (option == "-h") {
    s.run = [](Context& c) {
      c.out += kHelp;
      return 0;
    };
    return s;
  }
  const std::size_t dev = option.empty() ? 1 : 2;
  if (words.size() <= dev) bad_command_line();
  s = parse_option(option, words[dev],
                   Arguments(words.begin() + static_cast<std::ptrdiff_t>(dev) + 1, words.end()));
  s.interface = words[dev];
  return s;
}

}  // namespace niclab::lab::shell
