#include "stack/admin/sysctl.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <limits>
#include <optional>

#include "stack/net_stack.hpp"

namespace niclab::stack::admin {
namespace {

constexpr std::int64_t kIntMax = std::numeric_limits<std::int32_t>::max();
// SKB_TRUESIZE(ETH_FRAME_LEN) on a 64-bit 3.13: in these units unres_qlen shows unres_qlen_bytes (F-20).
constexpr std::int64_t kTruesizeOfFrame = 2112;
constexpr std::string_view kUnresQlen = "net.ipv4.neigh.default.unres_qlen",
                           kPortRange = "net.ipv4.ip_local_port_range";

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::optional<std::int64_t> number(std::string_view text) {
  text = trim(text);
  std::int64_t v = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return v;
}

/// The tunables that are one number, and what they take.
struct Range {
  std::string_view name;
  std::int64_t low = 0, high = kIntMax;
};
// With 0 or less no packet would ever be processed again; Linux takes such values of weight and budget.
constexpr Range kNumbers[] = {
    {"net.core.dev_weight", 1},
    {"net.core.netdev_budget", 1},
    {"net.core.netdev_max_backlog"},
    {"net.core.rmem_default", kMinRcvbuf},
    {"net.core.rmem_max", kMinRcvbuf},
    {"net.core.wmem_default", kMinSndbuf},
    {"net.core.wmem_max", kMinSndbuf},
    {"net.ipv4.neigh.default.delay_first_probe_time"},
    {"net.ipv4.neigh.default.gc_thresh3", 1},
    {"net.ipv4.neigh.default.mcast_solicit"},
    {"net.ipv4.neigh.default.ucast_solicit"},
    {kUnresQlen, 0, kIntMax / kTruesizeOfFrame},
    {"net.ipv4.neigh.default.unres_qlen_bytes"},
};

std::optional<std::int64_t> number_for(std::string_view name, std::string_view text) {
  const auto v = number(text);
  for (const Range& r : kNumbers)
    if (r.name == name && v && *v >= r.low && *v <= r.high) return v;
  return std::nullopt;
}

/// A tunable of kNumbers that is kept in `value`, which counts in `unit`.
template <class T>
SysctlEntry integer(std::string_view name, T& value, std::int64_t unit = 1) {
  return {std::string(name),
          [&value, unit] { return std::to_string(static_cast<std::int64_t>(value) / unit); },
          [name, &value, unit](std::string_view text) {
            const auto v = number_for(name, text);
            if (!v) return -EINVAL;
            value = static_cast<T>(*v * unit);
            return 0;
          }};
}

std::optional<std::pair<std::uint16_t, std::uint16_t>> ports(std::string_view text) {
  text = trim(text);
  const auto gap = text.find_first_of(" \t");
  if (gap == std::string_view::npos) return std::nullopt;
  const auto low = number(text.substr(0, gap)), high = number(text.substr(gap));
  if (!low || !high || *low < 1 || *high > 65535 || *low >= *high) return std::nullopt;
  return std::pair{static_cast<std::uint16_t>(*low), static_cast<std::uint16_t>(*high)};
}

SysctlEntry port_range(Udp& udp) {
  return {std::string(kPortRange),
          [&udp] { return std::to_string(udp.local_port_low) + "\t" + std::to_string(udp.local_port_high); },
          [&udp](std::string_view text) {
            const auto range = ports(text);
            if (!range) return -EINVAL;
            udp.local_port_low = range->first;
            udp.local_port_high = range->second;
            return 0;
          }};
}

}  // namespace

std::vector<std::string_view> sysctl_names() {
  std::vector<std::string_view> names{kPortRange};
  for (const Range& r : kNumbers) names.push_back(r.name);
  std::sort(names.begin(), names.end());
  return names;
}

std::string sysctl_expects(std::string_view name) {
  if (name == kPortRange) return "two ports from 1 to 65535, the lower one first";
  for (const Range& r : kNumbers)
    if (r.name == name) return "an integer from " + std::to_string(r.low) + " to " + std::to_string(r.high);
  return "a tunable";
}

bool sysctl_takes(std::string_view name, std::string_view text) {
  return name == kPortRange ? ports(text).has_value() : number_for(name, text).has_value();
}

std::vector<SysctlEntry> sysctls(NetStack& stack) {
  Softnet& softnet = stack.softnet();
  Sysctl& core = stack.sysctl;
  NeighbourParameters& neigh = stack.neighbours().parameters;
  std::vector<SysctlEntry> all{
      integer("net.core.dev_weight", softnet.dev_weight),
      integer("net.core.netdev_budget", softnet.netdev_budget),
      integer("net.core.netdev_max_backlog", softnet.netdev_max_backlog),
      integer("net.core.rmem_default", core.rmem_default),
      integer("net.core.rmem_max", core.rmem_max),
      integer("net.core.wmem_default", core.wmem_default),
      integer("net.core.wmem_max", core.wmem_max),
      port_range(stack.udp()),
      integer("net.ipv4.neigh.default.delay_first_probe_time", neigh.delay_first_probe_seconds),
      integer("net.ipv4.neigh.default.gc_thresh3", neigh.gc_thresh3),
      integer("net.ipv4.neigh.default.mcast_solicit", neigh.mcast_solicit),
      integer("net.ipv4.neigh.default.ucast_solicit", neigh.ucast_solicit),
      integer(kUnresQlen, neigh.unres_qlen_bytes, kTruesizeOfFrame),
      integer("net.ipv4.neigh.default.unres_qlen_bytes", neigh.unres_qlen_bytes),
  };
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return all;
}

}  // namespace niclab::stack::admin
