// setsockopt, getsockopt and group membership (path-map F-03 to F-06, F-35 to F-39).
#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "stack/net_stack.hpp"
#include "stack/path_cost.hpp"
#include "stack/socket.hpp"

namespace niclab::stack {
namespace {

constexpr std::size_t kMaxMemberships = 20;  // igmp_max_memberships
constexpr int kTimestamping =
    so_timestamping::kTxHardware | so_timestamping::kRxHardware | so_timestamping::kRawHardware;

}  // namespace

int UdpSocket::set_buffer(std::uint32_t& buffer, int value, bool force, std::uint32_t maximum,
                          std::uint32_t minimum) {
  std::uint32_t v = static_cast<std::uint32_t>(std::max(value, 0));
  if (!force) v = std::min(v, maximum);
  buffer = std::max(std::min(v, 0x3fffffffu) * 2, minimum);
  return 0;
}

int UdpSocket::setsockopt(SocketOption option, int value) {
  enter(path_cost::kSetsockopt);
  if (closed_) return leave(-EBADF);
  const auto set = [](auto& field, auto v) {
    field = v;
    return 0;
  };
  const auto byte_range = [&](std::uint8_t& field, int low, int high) {
    if (value < low || value > high) return -EINVAL;
    field = static_cast<std::uint8_t>(value);
    return 0;
  };
  const bool on = value != 0;
  const auto us = Duration::from_us(static_cast<std::uint64_t>(std::max(value, 0)));
  int err = 0;
  lock_sock();
  switch (option) {
    case SocketOption::so_rcvbuf:
      err = set_buffer(rcvbuf_, value, false, stack_.sysctl.rmem_max, kMinRcvbuf);
      break;
    case SocketOption::so_rcvbufforce: err = set_buffer(rcvbuf_, value, true, 0, kMinRcvbuf); break;
    case SocketOption::so_sndbuf:
    case SocketOption::so_sndbufforce:
      err = set_buffer(sndbuf_, value, option == SocketOption::so_sndbufforce, stack_.sysctl.wmem_max,
                       kMinSndbuf);
      kernel_.wake_all(writers_);
      break;
    case SocketOption::so_broadcast: err = set(broadcast_, on); break;
    case SocketOption::so_reuseaddr: err = set(reuse_, on); break;
    case SocketOption::so_priority: err = byte_range(priority_, 0, 255); break;
    case SocketOption::so_no_check: err = set(no_check_, on); break;
    case SocketOption::so_dontroute: err = set(dontroute_, on); break;
    case SocketOption::so_rcvtimeo_us: err = set(rcvtimeo_, us); break;
    case SocketOption::so_sndtimeo_us: err = set(sndtimeo_, us); break;
    case SocketOption::ip_ttl: err = value == -1 ? set(ttl_, kDefaultTtl) : byte_range(ttl_, 1, 255); break;
    case SocketOption::ip_tos:
      err = byte_range(tos_, 0, 255);
      if (err == 0) priority_ = tos_to_priority(value);
      break;
    case SocketOption::ip_multicast_ttl:
      err = value == -1 ? set(mc_ttl_, std::uint8_t{1}) : byte_range(mc_ttl_, 0, 255);
      break;
    case SocketOption::ip_multicast_loop: err = set(mc_loop_, on); break;
    case SocketOption::ip_multicast_all: err = set(mc_all_, on); break;
    case SocketOption::ip_mtu_discover:
      err = value < 0 || value > 3 ? -EINVAL : set(pmtu_, static_cast<PmtuDiscovery>(value));
      break;
    case SocketOption::ip_recverr: err = set(recverr_, on); break;
    case SocketOption::udp_cork:
      corkflag_ = on;
      if (!on) stack_.udp().push_pending_frames(*this);
      break;
    case SocketOption::so_timestamping:
      err = (value & ~kTimestamping) != 0 ? -EINVAL : set(timestamping_, value);
      break;
    case SocketOption::so_error:
    case SocketOption::so_incoming_cpu:
    case SocketOption::ip_mtu: err = -ENOPROTOOPT; break;
  }
  release_sock();
  return leave(err);
}

int UdpSocket::getsockopt(SocketOption option, int& value) {
  enter(path_cost::kSetsockopt);
  if (closed_) return leave(-EBADF);
  switch (option) {
    case SocketOption::so_rcvbuf:
    case SocketOption::so_rcvbufforce: value = static_cast<int>(rcvbuf_); break;
    case SocketOption::so_sndbuf:
    case SocketOption::so_sndbufforce: value = static_cast<int>(sndbuf_); break;
    case SocketOption::so_broadcast: value = broadcast_; break;
    case SocketOption::so_reuseaddr: value = reuse_; break;
    case SocketOption::so_priority: value = priority_; break;
    case SocketOption::so_no_check: value = no_check_; break;
    case SocketOption::so_dontroute: value = dontroute_; break;
    case SocketOption::so_error: value = std::exchange(err_, 0); break;
    case SocketOption::so_incoming_cpu:
      if (kernel_.profile.version == KernelVersion::v3_13) return leave(-ENOPROTOOPT);  // path-map F-39
      value = incoming_cpu_;
      break;
    case SocketOption::so_timestamping: value = timestamping_; break;
    case SocketOption::so_rcvtimeo_us: value = static_cast<int>(rcvtimeo_.ns() / 1000); break;
    case SocketOption::so_sndtimeo_us: value = static_cast<int>(sndtimeo_.ns() / 1000); break;
    case SocketOption::ip_ttl: value = ttl_; break;
    case SocketOption::ip_tos: value = tos_; break;
    case SocketOption::ip_multicast_ttl: value = mc_ttl_; break;
    case SocketOption::ip_multicast_loop: value = mc_loop_; break;
    case SocketOption::ip_multicast_all: value = mc_all_; break;
    case SocketOption::ip_mtu_discover: value = static_cast<int>(pmtu_); break;
    case SocketOption::ip_mtu:  // path-map B-52
      if (cached_route_ == nullptr) return leave(-ENOTCONN);
      value = static_cast<int>(cached_route_->mtu());
      break;
    case SocketOption::ip_recverr: value = recverr_; break;
    case SocketOption::udp_cork: value = corkflag_; break;
  }
  return leave(0);
}

int UdpSocket::bind_to_device(NetDevice* dev) {
  enter(path_cost::kSetsockopt);
  bound_dev_ = dev;
  cached_route_ = nullptr;
  return leave(0);
}

int UdpSocket::set_multicast_if(Ipv4Address address) {
  enter(path_cost::kSetsockopt);
  if (address.is_any()) {
    mc_dev_ = nullptr;
    mc_addr_ = {};
    return leave(0);
  }
  InDevice* d = stack_.routes().local_device(address);
  if (d == nullptr) return leave(-EADDRNOTAVAIL);
  mc_dev_ = &d->dev;
  mc_addr_ = address;
  return leave(0);
}

/// ip_mc_find_dev. Without an address and a route Linux finds no device; a host with one interface needs no
/// choice, so that one is taken.
InDevice* UdpSocket::find_in_dev(Ipv4Address interface, Ipv4Address group) const {
  if (!interface.is_any()) return stack_.routes().local_device(interface);
  const auto route = stack_.routes().output(group, {}, bound_dev_);
  if (route.route != nullptr) return route.route->in_dev;
  const auto& all = stack_.routes().devices();
  return all.size() == 1 ? all.front().get() : nullptr;
}

int UdpSocket::join_group(Ipv4Address group, Ipv4Address interface) {
  enter(path_cost::kSetsockopt);
  if (!group.is_multicast()) return leave(-EINVAL);
  InDevice* d = find_in_dev(interface, group);
  if (d == nullptr) return leave(-ENODEV);
  for (const Membership& m : memberships_)
    if (m.group == group && m.in_dev == d) return leave(-EADDRINUSE);
  if (memberships_.size() >= kMaxMemberships) return leave(-ENOBUFS);
  memberships_.push_back({group, d});
  stack_.igmp().join(*d, group);
  return leave(0);
}

int UdpSocket::leave_group(Ipv4Address group, Ipv4Address interface) {
  enter(path_cost::kSetsockopt);
  InDevice* d = find_in_dev(interface, group);
  const auto it = std::find_if(memberships_.begin(), memberships_.end(),
                               [&](const Membership& m) { return m.group == group && m.in_dev == d; });
  if (it == memberships_.end()) return leave(d == nullptr ? -ENODEV : -EADDRNOTAVAIL);
  memberships_.erase(it);
  stack_.igmp().leave(*d, group);
  return leave(0);
}

}  // namespace niclab::stack
