#include "stack/route.hpp"

#include <cerrno>

#include "stack/path_cost.hpp"

namespace niclab::stack {

InDevice& RouteTable::add_device(NetDevice& dev) {
  InDevice& d = *devices_.emplace_back(std::make_unique<InDevice>(dev));
  const auto init = [&](Route& r, RouteType type) {
    r.type = type;
    r.in_dev = &d;
    r.dev = &dev;
  };
  init(d.unicast, RouteType::unicast);
  init(d.via_gateway, RouteType::unicast);
  init(d.local, RouteType::local);
  init(d.broadcast, RouteType::broadcast);
  init(d.multicast, RouteType::multicast);
  init(d.multicast_joined, RouteType::multicast);
  d.broadcast.loop_back = d.multicast_joined.loop_back = true;
  invalidate();
  return d;
}

InDevice* RouteTable::in_dev(const NetDevice* dev) const {
  for (const auto& d : devices_)
    if (&d->dev == dev) return d.get();
  return nullptr;
}

void RouteTable::add_address(InDevice& in_dev, Ipv4Prefix prefix) {
  in_dev.addresses.push_back(prefix);
  invalidate();
}

void RouteTable::set_gateway(InDevice& in_dev, Ipv4Address gateway) {
  in_dev.gateway = gateway;
  in_dev.via_gateway.gateway = gateway;
  invalidate();
}

bool RouteTable::is_subnet_broadcast(const InDevice& d, Ipv4Address a) {
  for (const Ipv4Prefix& p : d.addresses) {
    if (p.length >= 31) continue;  // RFC 3021: no broadcast addresses
    if (a == p.broadcast() || a.value == (p.address.value & p.mask())) return true;
  }
  return false;
}

InDevice* RouteTable::local_device(Ipv4Address a) const {
  for (const auto& d : devices_)
    for (const Ipv4Prefix& p : d->addresses)
      if (p.address == a) return d.get();
  return nullptr;
}

RouteType RouteTable::address_type(Ipv4Address a) const {
  if (a.is_any() || a.is_limited_broadcast()) return RouteType::broadcast;
  if (a.is_multicast()) return RouteType::multicast;
  if (is_local(a)) return RouteType::local;
  for (const auto& d : devices_)
    if (is_subnet_broadcast(*d, a)) return RouteType::broadcast;
  return RouteType::unicast;
}

/// The longest matching connected prefix, else a default gateway; interfaces that are up only.
const Route* RouteTable::unicast_route(Ipv4Address daddr, const NetDevice* oif) const {
  const Route* best = nullptr;
  unsigned best_length = 0;
  for (const auto& d : devices_) {
    if (!d->dev.up || (oif != nullptr && &d->dev != oif)) continue;
    for (const Ipv4Prefix& p : d->addresses)
      if (p.contains(daddr) && (best == nullptr || p.length > best_length)) {
        best = &d->unicast;
        best_length = p.length;
      }
  }
  if (best != nullptr) return best;
  for (const auto& d : devices_)
    if (d->dev.up && !d->gateway.is_any() && (oif == nullptr || &d->dev == oif)) return &d->via_gateway;
  return nullptr;
}

RouteTable::Output RouteTable::output(Ipv4Address daddr, Ipv4Address saddr, NetDevice* oif) const {
  kernel_.charge(kernel_.cost.instructions(path_cost::kIpRouteOutput));
  kernel_.sync();
  if (!saddr.is_any()) {
    if (saddr.is_multicast() || saddr.is_limited_broadcast()) return {.error = -EINVAL};
    InDevice* owner = local_device(saddr);
    if (owner == nullptr) return {.error = -EINVAL};
    // A bound source chooses the interface of groups and limited broadcasts.
    if (oif == nullptr && (daddr.is_multicast() || daddr.is_limited_broadcast())) oif = &owner->dev;
  }
  const auto finish = [&](const Route& r) -> Output {
    if (!r.dev->up && r.type != RouteType::local) return {.error = -ENETUNREACH};
    if (saddr.is_any()) saddr = r.in_dev->select_address(r.gateway.is_any() ? daddr : r.gateway);
    return {&r, saddr, 0};
  };
  if (InDevice* owner = local_device(daddr)) {
    if (saddr.is_any()) saddr = daddr;
    return finish(owner->local);
  }
  if (daddr.is_any() || daddr.is_loopback()) return {.error = -ENETUNREACH};  // no loopback interface
  if (daddr.is_multicast() || daddr.is_limited_broadcast()) {
    if (oif == nullptr) {
      const Route* r = unicast_route(daddr, nullptr);  // a default route names the interface
      if (r == nullptr) return {.error = -ENETUNREACH};
      oif = r->dev;
    }
    InDevice* d = in_dev(oif);
    if (d == nullptr) return {.error = -ENODEV};
    if (daddr.is_limited_broadcast()) return finish(d->broadcast);
    return finish(d->find_group(daddr) != nullptr ? d->multicast_joined : d->multicast);
  }
  for (const auto& d : devices_)
    if ((oif == nullptr || &d->dev == oif) && d->dev.up && is_subnet_broadcast(*d, daddr))
      return finish(d->broadcast);
  if (const Route* r = unicast_route(daddr, oif)) return finish(*r);
  if (oif != nullptr) {  // an interface was named: assume the destination is on its link
    InDevice* d = in_dev(oif);
    if (d == nullptr) return {.error = -ENODEV};
    return finish(d->unicast);
  }
  return {.error = -ENETUNREACH};
}

RouteTable::Input RouteTable::input(Ipv4Address daddr, Ipv4Address saddr, NetDevice& dev) const {
  kernel_.charge(kernel_.cost.instructions(path_cost::kIpRouteInput));
  kernel_.sync();
  InDevice* d = in_dev(&dev);
  if (d == nullptr) return {.error = -EINVAL};
  if (daddr.is_multicast()) {
    if (d->find_group(daddr) == nullptr) return {.error = -EINVAL};
    if (saddr.is_multicast() || saddr.is_limited_broadcast() || saddr.is_loopback())
      return {.error = -EINVAL};
    return {&d->multicast_joined, 0};
  }
  if (saddr.is_multicast() || saddr.is_limited_broadcast()) return {.error = -EINVAL};
  if (daddr.is_limited_broadcast() || (saddr.is_any() && daddr.is_any())) return {&d->broadcast, 0};
  const auto zeronet = [](Ipv4Address a) { return a.value >> 24 == 0; };
  if (zeronet(saddr) && !(saddr.is_any() && address_type(daddr) == RouteType::broadcast))
    return {.error = -EINVAL};
  if (zeronet(daddr) || daddr.is_loopback() || saddr.is_loopback()) return {.error = -EINVAL};
  if (InDevice* owner = local_device(daddr)) return {&owner->local, 0};  // weak host model
  for (const auto& each : devices_)
    if (is_subnet_broadcast(*each, daddr)) return {&d->broadcast, 0};
  // Not ours and we do not forward: EHOSTUNREACH when there was a route, else ENETUNREACH (path-map C-59).
  return {.error = unicast_route(daddr, nullptr) != nullptr ? -EHOSTUNREACH : -ENETUNREACH};
}

}  // namespace niclab::stack
