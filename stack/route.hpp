// Routing: connected subnets, own addresses, broadcast, groups, and default gateways.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/addresses.hpp"
#include "stack/inet_device.hpp"

namespace niclab::stack {

class RouteTable {
 public:
  explicit RouteTable(Kernel& kernel) : kernel_(kernel) {}

  InDevice& add_device(NetDevice& dev);
  InDevice* in_dev(const NetDevice* dev) const;
  const std::vector<std::unique_ptr<InDevice>>& devices() const { return devices_; }
  void add_address(InDevice& in_dev, Ipv4Prefix prefix);
  void set_gateway(InDevice& in_dev, Ipv4Address gateway);
  /// An interface went up or down, or changed its addresses or groups: cached routes are void.
  void invalidate() { ++generation_; }
  unsigned generation() const { return generation_; }

  struct Output {
    const Route* route = nullptr;
    Ipv4Address saddr{};  ///< the source to use: as given, or the route's
    int error = 0;        ///< negative errno when route is null
  };
  /// ip_route_output_flow (path-map B-24). `oif` restricts to one interface; nullptr: any.
  Output output(Ipv4Address daddr, Ipv4Address saddr, NetDevice* oif) const;

  struct Input {
    const Route* route = nullptr;
    int error = 0;  ///< -ENETUNREACH: no route, -EHOSTUNREACH: not forwarded, -EINVAL: martian
  };
  /// ip_route_input_noref (path-map C-59): local, broadcast and joined multicast destinations only.
  Input input(Ipv4Address daddr, Ipv4Address saddr, NetDevice& dev) const;

  /// inet_addr_type: the kind of an address as the local table sees it.
  RouteType address_type(Ipv4Address a) const;
  bool is_local(Ipv4Address a) const { return local_device(a) != nullptr; }
  /// The interface that owns an address; nullptr when it is not ours.
  InDevice* local_device(Ipv4Address a) const;

 private:
  static bool is_subnet_broadcast(const InDevice& d, Ipv4Address a);
  const Route* unicast_route(Ipv4Address daddr, const NetDevice* oif) const;

  Kernel& kernel_;
  std::vector<std::unique_ptr<InDevice>> devices_;
  unsigned generation_ = 1;
};

}  // namespace niclab::stack
