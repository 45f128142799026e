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

/// A tunable that is a number from `low` to `high`, kept in `value`.
template <class T>
SysctlEntry integer(std::string name, T& value, std::int64_t low = 0, std::int64_t high = kIntMax) {
  return {std::move(name), [&value] { return std::to_string(value); },
          [&value, low, high](std::string_view text) {
            const auto v = number(text);
            if (!v || *v < low || *v > high) return -EINVAL;
            value = static_cast<T>(*v);
            return 0;
          }};
}

SysctlEntry port_range(Udp& udp) {
  return {"net.ipv4.ip_local_port_range",
          [&udp] { return std::to_string(udp.local_port_low) + "\t" + std::to_string(udp.local_port_high); },
          [&udp](std::string_view text) {
            text = trim(text);
            const auto gap = text.find_first_of(" \t");
            if (gap == std::string_view::npos) return -EINVAL;
            const auto low = number(text.substr(0, gap)), high = number(text.substr(gap));
            if (!low || !high || *low < 1 || *high > 65535 || *low >= *high) return -EINVAL;
            udp.local_port_low = static_cast<std::uint16_t>(*low);
            udp.local_port_high = static_cast<std::uint16_t>(*high);
            return 0;
          }};
}

SysctlEntry unres_qlen(NeighbourParameters& p) {
  return {"net.ipv4.neigh.default.unres_qlen",
          [&p] { return std::to_string(p.unres_qlen_bytes / kTruesizeOfFrame); },
          [&p](std::string_view text) {
            const auto v = number(text);
            if (!v || *v < 0 || *v > kIntMax / kTruesizeOfFrame) return -EINVAL;
            p.unres_qlen_bytes = static_cast<std::uint32_t>(*v * kTruesizeOfFrame);
            return 0;
          }};
}

}  // namespace

std::vector<SysctlEntry> sysctls(NetStack& stack) {
  Softnet& softnet = stack.softnet();
  Sysctl& core = stack.sysctl;
  NeighbourParameters& neigh = stack.neighbours().parameters;
  const std::string of_neigh = "net.ipv4.neigh.default.";
  std::vector<SysctlEntry> all{
      // With 0 or less no packet would ever be processed again; Linux takes such values.
      integer("net.core.dev_weight", softnet.dev_weight, 1),
      integer("net.core.netdev_budget", softnet.netdev_budget, 1),
      integer("net.core.netdev_max_backlog", softnet.netdev_max_backlog),
      integer("net.core.rmem_default", core.rmem_default, kMinRcvbuf),
      integer("net.core.rmem_max", core.rmem_max, kMinRcvbuf),
      integer("net.core.wmem_default", core.wmem_default, kMinSndbuf),
      integer("net.core.wmem_max", core.wmem_max, kMinSndbuf),
      port_range(stack.udp()),
      integer(of_neigh + "delay_first_probe_time", neigh.delay_first_probe_seconds),
      integer(of_neigh + "gc_thresh3", neigh.gc_thresh3, 1),
      integer(of_neigh + "mcast_solicit", neigh.mcast_solicit),
      integer(of_neigh + "ucast_solicit", neigh.ucast_solicit),
      unres_qlen(neigh),
      integer(of_neigh + "unres_qlen_bytes", neigh.unres_qlen_bytes),
  };
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return all;
}

}  // namespace niclab::stack::admin
