// The netdevice layer: registration, open and close, dev_queue_xmit and netif_receive_skb.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/kernel.hpp"
#include "stack/net_device.hpp"
#include "stack/qdisc.hpp"
#include "stack/skbuff.hpp"
#include "stack/tx_watchdog.hpp"

namespace niclab::stack {

class NetStack;

class DeviceLayer {
 public:
  DeviceLayer(NetStack& stack, Kernel& kernel);

  void register_netdev(NetDevice& dev);
  void unregister_netdev(NetDevice& dev);
  /// `ip link set up`: ndo_open, groups, qdiscs. 0 or a negative errno, -ENODEV of a detached device. Task
  /// context.
  int dev_open(NetDevice& dev);
  int dev_close(NetDevice& dev);
  /// `ip link set mtu`: 68 .. what the driver takes; else -EINVAL, or -ENODEV of a detached device.
  int dev_set_mtu(NetDevice& dev, std::uint32_t mtu);
  void netif_carrier_on(NetDevice& dev);
  void netif_carrier_off(NetDevice& dev);
  void netif_device_detach(NetDevice& dev);
  void netif_device_attach(NetDevice& dev);
  /// netif_tx_wake_queue (any context).
  void wake_queue(NetdevQueue& queue);

  /// dev_mc_add / dev_mc_del: reference-counted, tells the driver about changes.
  void dev_mc_add(NetDevice& dev, MacAddress address);
  void dev_mc_del(NetDevice& dev, MacAddress address);

  /// Sends a packet with its link header in place. Returns a net_xmit code or a negative errno (path-map
  /// B-66..).
  int dev_queue_xmit(SkbPtr skb);
  /// A packet from a driver or the backlog goes to its protocol (path-map C-38, C-51).
  void netif_receive_skb(SkbPtr skb);
  /// With the root lock held: sends until empty, quota or busy (path-map B-86, B-87).
  void qdisc_run(Qdisc& q);

  void release_packets() {
    for (const auto& q : qdiscs_) q->reset();
  }
  const std::vector<NetDevice*>& devices() const { return devices_; }
  /// The run is over: what waits in the qdiscs of a measured device has waited until `end`.
  static void settle_meter(NetDevice& dev, Time end);
  /// The qdiscs of a device, one per transmit queue.
  std::vector<const Qdisc*> qdiscs(const NetDevice& dev) const;

 private:
  unsigned netdev_pick_tx(NetDevice& dev, SkBuff& skb);
  std::uint32_t flow_hash(const SkBuff& skb) const;
  int dev_xmit_skb(SkbPtr skb, Qdisc& q);
  void qdisc_run_begun(Qdisc& q);
  std::uint32_t qdisc_restart(Qdisc& q);
  std::uint32_t sch_direct_xmit(SkbPtr skb, Qdisc& q);
  NetdevTx dev_hard_start_xmit(SkbPtr& skb, NetdevQueue& txq);
  void qdisc_entered(Qdisc& q, SkBuff& skb);
  void qdisc_left(Qdisc& q, SkBuff& skb);
  void qdisc_reset(Qdisc& q);
  void activate(NetDevice& dev);
  void deactivate(NetDevice& dev);
  void update_rx_mode(NetDevice& dev);
  TxWatchdog* watchdog(const NetDevice& dev);  ///< nullptr: not registered
  bool strip_vlan(SkbPtr& skb);

  NetStack& stack_;
  Kernel& kernel_;
  std::uint32_t hash_secret_;
  std::vector<NetDevice*> devices_;
  std::vector<std::unique_ptr<Qdisc>> qdiscs_;
  std::vector<std::unique_ptr<TxWatchdog>> watchdogs_;  // of devices_, in the same order
  bool warned_ = false;                                 // WARN_ONCE of the watchdogs
};

/// skb_checksum_help: computes a CHECKSUM_PARTIAL checksum in software.
void skb_checksum_help(SkBuff& skb);

}  // namespace niclab::stack
