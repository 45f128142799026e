// One host's network stack: the parts, and what wires them together.
//
// Reading order for one received datagram: softnet.cpp net_rx_action -> (driver's poll) -> dev.cpp
// netif_receive_skb -> ip_input.cpp Ip::rcv -> defrag.cpp -> udp_input.cpp Udp::rcv -> Udp::recvmsg.
// For one sent: socket.cpp sendto -> udp_output.cpp Udp::sendmsg -> ip_output.cpp append_data, make_skb,
// local_out
// -> neighbour.cpp output -> dev_xmit.cpp dev_queue_xmit -> (driver's ndo_start_xmit).
//
// At the end of a run: release_packets() (queued packets may lie in a driver's pages), then destroy the
// drivers (they hold sk_buffs), then the NetStack, then its Kernel, which must not fire the stack's timers
// any more.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "base/addresses.hpp"
#include "base/kernel.hpp"
#include "stack/arp.hpp"
#include "stack/defrag.hpp"
#include "stack/dev.hpp"
#include "stack/icmp.hpp"
#include "stack/igmp.hpp"
#include "stack/ip.hpp"
#include "stack/neighbour.hpp"
#include "stack/net_device.hpp"
#include "stack/observer.hpp"
#include "stack/ping.hpp"
#include "stack/route.hpp"
#include "stack/skb_ops.hpp"
#include "stack/skbuff.hpp"
#include "stack/snmp.hpp"
#include "stack/socket.hpp"
#include "stack/softnet.hpp"
#include "stack/udp.hpp"
#include "stack/wire.hpp"

namespace niclab::stack {

/// net.core.* of sockets (path-map F-03, F-05).
struct Sysctl {
  std::uint32_t rmem_default = 212992, rmem_max = 212992, wmem_default = 212992, wmem_max = 212992;
};

class NetStack final : public NetdevCore {
 public:
  explicit NetStack(Kernel& kernel);
  ~NetStack() override;

  // --- what a host does with it (task context) ---------------------------------------------------
  /// `ip addr add`: an address and its connected subnet.
  void add_address(NetDevice& dev, Ipv4Prefix prefix);
  /// `ip route add default via`.
  void set_gateway(NetDevice& dev, Ipv4Address gateway);
  /// `ip link set up` / `down`; 0 or a negative errno.
  int dev_open(NetDevice& dev) override { return dev_.dev_open(dev); }
  int dev_close(NetDevice& dev) override { return dev_.dev_close(dev); }
  int dev_set_mtu(NetDevice& dev, std::uint32_t mtu) { return dev_.dev_set_mtu(dev, mtu); }
  /// `ip neigh add`.
  void add_neighbour(NetDevice& dev, Ipv4Address address, MacAddress ha) {
    neighbours_.add_static(dev, address, ha);
  }
  /// socket(AF_INET, SOCK_DGRAM, 0). Lives as long as the stack, also after close().
  UdpSocket& socket();
  /// All sockets ever opened, in creation order.
  const std::deque<std::unique_ptr<UdpSocket>>& sockets() const { return sockets_; }

  /// Frees every packet the stack holds, wherever it waits. No accounting; nothing may run afterwards.
  void release_packets();

  Mib mib;
  Sysctl sysctl;
  DeliveryObserver* observer = nullptr;
  /// Sockets opened from now on measure their receive queues; they count from begin_measuring() on.
  void measure() { measured_ = true; }
  void begin_measuring(Time t);

  // --- NetdevCore --------------------------------------------------------------------------------
  Kernel& kernel() override { return kernel_; }
  SkbPool& skb_pool() override { return pool_; }
  void register_netdev(NetDevice& dev) override { dev_.register_netdev(dev); }
  void unregister_netdev(NetDevice& dev) override { dev_.unregister_netdev(dev); }
  void netif_carrier_on(NetDevice& dev) override { dev_.netif_carrier_on(dev); }
  void netif_carrier_off(NetDevice& dev) override { dev_.netif_carrier_off(dev); }
  void netif_device_detach(NetDevice& dev) override { dev_.netif_device_detach(dev); }
  void netif_device_attach(NetDevice& dev) override { dev_.netif_device_attach(dev); }
  void napi_enable(Napi& napi) override { softnet_.napi_enable(napi); }
  void napi_disable(Napi& napi) override { softnet_.napi_disable(napi); }
  void napi_schedule(Napi& napi) override { softnet_.napi_schedule(napi); }
  void napi_complete(Napi& napi) override { softnet_.napi_complete(napi); }
  void napi_gro_receive(Napi& napi, SkbPtr skb) override;
  void netif_tx_wake_queue(NetdevQueue& queue) override { dev_.wake_queue(queue); }
  int ptp_clock_register(PtpClock&) override { return ptp_clocks_++; }
  void skb_tstamp_tx(SkbPtr skb, std::uint64_t hwtstamp) override;

  // --- the parts, for each other and for reports -------------------------------------------------
  DeviceLayer& dev() { return dev_; }
  Softnet& softnet() { return softnet_; }
  RouteTable& routes() { return routes_; }
  NeighbourTable& neighbours() { return neighbours_; }
  Arp& arp() { return arp_; }
  Ip& ip() { return ip_; }
  IpFrags& frags() { return frags_; }
  Icmp& icmp() { return icmp_; }
  Igmp& igmp() { return igmp_; }
  Udp& udp() { return udp_; }
  /// netif_rx_ni: netif_rx from any context, the softirq runs before a task goes on.
  void softnet_rx_ni(SkbPtr skb);

 private:
  void gro_receive();

  Kernel& kernel_;
  SkbPool pool_;
  int ptp_clocks_ = 0;
  bool measured_ = false;
  Time measured_from_{};
  std::deque<std::unique_ptr<UdpSocket>> sockets_;  // outlive every packet that points to them
  Softnet softnet_;
  RouteTable routes_;
  DeviceLayer dev_;
  NeighbourTable neighbours_;
  Arp arp_;
  Ip ip_;
  IpFrags frags_;
  Icmp icmp_;
  Igmp igmp_;
  Udp udp_;
};

}  // namespace niclab::stack
