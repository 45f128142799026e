// in_device: what IPv4 knows about one interface - its addresses, its groups, its IGMP state.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/addresses.hpp"
#include "base/kernel.hpp"
#include "stack/net_device.hpp"

namespace niclab::stack {

struct InDevice;
class Igmp;

/// What kind of destination a route leads to (Linux RTN_*).
enum class RouteType : std::uint8_t { unicast, local, broadcast, multicast };

/// A destination-cache entry. Created with its interface and never freed, so pointers to it stay good; a
/// socket that keeps one compares RouteTable::generation().
struct Route {
  RouteType type = RouteType::unicast;
  InDevice* in_dev = nullptr;
  NetDevice* dev = nullptr;
  Ipv4Address gateway{};   ///< any: the destination is on the link
  bool loop_back = false;  ///< ip_mc_output: the host itself gets a copy (path-map B-48)
  std::uint32_t mtu() const { return dev->mtu; }
};

/// ip_mc_list: one group an interface has joined.
struct McGroup {
  McGroup(InDevice& d, Ipv4Address g) : in_dev(d), group(g) {}
  InDevice& in_dev;
  Ipv4Address group;
  unsigned users = 0;
  unsigned change_reports = 0;  ///< crcount: state-change records still to send
  bool v2_reporter = false;     ///< our IGMPv2 report was the last
  Timer timer;                  ///< answers a group-specific or v2 query
};

struct InDevice {
  explicit InDevice(NetDevice& d) : dev(d) {}
  NetDevice& dev;
  std::vector<Ipv4Prefix> addresses;
  Ipv4Address gateway{};  ///< any: none

  std::vector<std::unique_ptr<McGroup>> groups;
  std::vector<std::unique_ptr<McGroup>> departed;  ///< users 0; a timer of another CPU may still look at them
  struct LeftGroup {
    Ipv4Address group;
    unsigned change_reports;
  };
  std::vector<LeftGroup> left;      ///< groups whose leaving is still to be reported
  unsigned mr_ifc_count = 0;        ///< state-change reports still to send
  bool gq_running = false;          ///< a general query is being answered
  std::uint64_t v2_seen_until = 0;  ///< jiffies until which an IGMPv2 querier is assumed present
  Timer ifc_timer, gq_timer;
  Igmp* igmp = nullptr;  ///< whose timers these are; set when first used

  Route unicast, via_gateway, local, broadcast, multicast, multicast_joined;

  McGroup* find_group(Ipv4Address g) const {
    for (const auto& m : groups)
      if (m->group == g) return m.get();
    return nullptr;
  }
  /// The address to use towards `destination` (inet_select_addr): of the same subnet, else the first.
  Ipv4Address select_address(Ipv4Address destination) const {
    for (const Ipv4Prefix& p : addresses)
      if (p.contains(destination)) return p.address;
    return addresses.empty() ? Ipv4Address{} : addresses.front().address;
  }
};

}  // namespace niclab::stack
