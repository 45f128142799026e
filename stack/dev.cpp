#include "stack/dev.hpp"

#include <algorithm>
#include <cerrno>

#include "base/function_trace.hpp"
#include "stack/net_stack.hpp"
#include "stack/path_cost.hpp"
#include "stack/random.hpp"

namespace niclab::stack {

DeviceLayer::DeviceLayer(NetStack& stack, Kernel& kernel)
    : stack_(stack), kernel_(kernel), hash_secret_(Random(kernel.random_seed() + 1).next()) {}

void DeviceLayer::register_netdev(NetDevice& dev) {
  dev.ifindex = static_cast<unsigned>(devices_.size()) + 2;  // 1 is lo
  devices_.push_back(&dev);
  watchdogs_.push_back(std::make_unique<TxWatchdog>(kernel_, dev, warned_));
  for (unsigned i = 0; i < dev.tx_queues.size(); ++i) {
    NetdevQueue& txq = dev.tx_queues[i];
    txq.dev = &dev;
    txq.index = i;
    txq.qdisc = qdiscs_.emplace_back(std::make_unique<Qdisc>(txq)).get();
  }
  stack_.routes().add_device(dev);
}

void DeviceLayer::unregister_netdev(NetDevice& dev) {
  if (dev.up) dev_close(dev);
  const auto at = std::find(devices_.begin(), devices_.end(), &dev);
  if (at == devices_.end()) return;
  const auto w = watchdogs_.begin() + (at - devices_.begin());
  (*w)->down();
  watchdogs_.erase(w);
  devices_.erase(at);
}

TxWatchdog* DeviceLayer::watchdog(const NetDevice& dev) {
  const auto at = std::find(devices_.begin(), devices_.end(), &dev);
  return at == devices_.end() ? nullptr : watchdogs_[static_cast<std::size_t>(at - devices_.begin())].get();
}

int DeviceLayer::dev_open(NetDevice& dev) {
  kernel_.sync();
  if (dev.up) return 0;
  if (!dev.present) return -ENODEV;
  dev.up = true;
  if (const int err = dev.ndo_open(); err != 0) {
    dev.up = false;
    return err;
  }
  stack_.routes().invalidate();
  stack_.igmp().up(dev);
  {
    BhGuard bh(kernel_);  // netif_addr_lock_bh
    update_rx_mode(dev);
  }
  activate(dev);
  return 0;
}

int DeviceLayer::dev_close(NetDevice& dev) {
  if (!dev.up) return 0;
  stack_.igmp().down(dev);
  deactivate(dev);
  const int err = dev.ndo_stop();
  dev.up = false;
  stack_.neighbours().device_down(dev);
  stack_.routes().invalidate();
  return err;
}

int DeviceLayer::dev_set_mtu(NetDevice& dev, std::uint32_t mtu) {
  if (mtu < 68) return -EINVAL;
  if (mtu == dev.mtu) return 0;
  if (!dev.present) return -ENODEV;
  const int err = dev.ndo_change_mtu(mtu);
  if (err == 0) dev.mtu = mtu;
  return err;
}

void DeviceLayer::activate(NetDevice& dev) {
  if (!dev.up || !dev.carrier) return;
  for (unsigned i = 0; i < dev.real_num_tx_queues; ++i) {
    Qdisc& q = *dev.tx_queues[i].qdisc;
    BhGuard bh(kernel_);
    kernel_.lock(q.root_lock);
    q.active = true;
    dev.tx_queues[i].trans_start = kernel_.jiffies();
    kernel_.unlock(q.root_lock);
  }
  if (TxWatchdog* w = watchdog(dev)) w->up();
}

void DeviceLayer::deactivate(NetDevice& dev) {
  if (TxWatchdog* w = watchdog(dev)) w->down();
  for (NetdevQueue& txq : dev.tx_queues) {
    Qdisc& q = *txq.qdisc;
    BhGuard bh(kernel_);
    kernel_.lock(q.root_lock);
    q.active = false;
    qdisc_reset(q);
    kernel_.unlock(q.root_lock);
  }
}

void DeviceLayer::netif_carrier_on(NetDevice& dev) {
  kernel_.sync();
  if (dev.carrier) return;
  dev.carrier = true;
  activate(dev);
}

void DeviceLayer::netif_carrier_off(NetDevice& dev) {
  kernel_.sync();
  if (!dev.carrier) return;
  dev.carrier = false;
  deactivate(dev);
}

void DeviceLayer::netif_device_detach(NetDevice& dev) {
  kernel_.sync();
  if (!dev.present) return;
  dev.present = false;
  if (!dev.up) return;
  for (unsigned i = 0; i < dev.real_num_tx_queues; ++i) dev.tx_queues[i].stopped = true;
}

void DeviceLayer::netif_device_attach(NetDevice& dev) {
  kernel_.sync();
  if (dev.present) return;
  dev.present = true;
  if (!dev.up) return;
  for (unsigned i = 0; i < dev.real_num_tx_queues; ++i) wake_queue(dev.tx_queues[i]);
  if (TxWatchdog* w = watchdog(dev); w != nullptr && dev.carrier) w->up();
}

void DeviceLayer::wake_queue(NetdevQueue& queue) {
  kernel_.sync();
  if (!queue.stopped) return;
  queue.stopped = false;
  stack_.softnet().netif_schedule(*queue.qdisc);
}

void DeviceLayer::dev_mc_add(NetDevice& dev, MacAddress address) {
  kernel_.sync();
  if (++dev.dev_mc_list[address] == 1) update_rx_mode(dev);
}

void DeviceLayer::dev_mc_del(NetDevice& dev, MacAddress address) {
  kernel_.sync();
  const auto it = dev.dev_mc_list.find(address);
  if (it == dev.dev_mc_list.end() || --it->second != 0) return;
  dev.dev_mc_list.erase(it);
  update_rx_mode(dev);
}

void DeviceLayer::update_rx_mode(NetDevice& dev) {
  if (dev.up && dev.present) dev.ndo_set_rx_mode();
}

std::vector<const Qdisc*> DeviceLayer::qdiscs(const NetDevice& dev) const {
  std::vector<const Qdisc*> all;
  for (unsigned i = 0; i < dev.real_num_tx_queues; ++i) all.push_back(dev.tx_queues[i].qdisc);
  return all;
}

// --- receive -------------------------------------------------------------------------------------

/// Untags a VLAN packet: a priority tag (VID 0) goes on as its inner protocol, any other VID has no interface
/// here and its packet is taken for another host's.
bool DeviceLayer::strip_vlan(SkbPtr& skb) {
  if (!pskb_may_pull(skb, 4)) return false;
  if ((load_be16(skb->data) & 0x0fff) != 0) skb->pkt_type = PacketType::otherhost;
  skb->protocol = load_be16(skb->data + 2);
  skb->pull(4);
  return true;
}

void DeviceLayer::netif_receive_skb(SkbPtr skb) {
  const bool v4_0 = kernel_.profile.version == KernelVersion::v4_0;
  const FunctionSpan span(kernel_,
                          {v4_0 ? "netif_receive_skb_internal" : "netif_receive_skb", "__netif_receive_skb",
                           "__netif_receive_skb_core"},
                          skb->journey);
  kernel_.charge(kernel_.cost.instructions(path_cost::kNetifReceiveSkb));
  ++stack_.softnet().here().processed;
  skb->network_header = skb->offset();
  if (skb->protocol == kEthPVlan) {
    if (!strip_vlan(skb)) return;
    skb->network_header = skb->offset();
  }
  switch (skb->protocol) {
    case kEthPIp: stack_.ip().rcv(std::move(skb)); return;
    case kEthPArp: stack_.arp().rcv(std::move(skb)); return;
    default: ++skb->dev->core_rx_dropped;  // path-map C-51
  }
}

std::uint16_t eth_type_trans(SkBuff& skb, NetDevice& dev) {
  Kernel& k = skb.pool->kernel();
  // The device wrote the header line to the last-level cache.
  k.charge(k.cost.instructions(path_cost::kEthTypeTrans) + k.cost.l3_hit);
  skb.dev = &dev;
  skb.mac_header = skb.offset();
  if (skb.len <
      kEthHeaderLength) {  // a driver never hands this up; nothing may read past the frame all the same
    skb.pkt_type = PacketType::otherhost;
    return skb.protocol = 0;
  }
  const MacAddress to = MacAddress::load(skb.data);
  if (to.is_broadcast())
    skb.pkt_type = PacketType::broadcast;
  else if (to.is_group())
    skb.pkt_type = PacketType::multicast;
  else
    skb.pkt_type = to == dev.dev_addr ? PacketType::host : PacketType::otherhost;
  const std::uint16_t type = load_be16(skb.data + 12);
  skb.pull(kEthHeaderLength);
  constexpr std::uint16_t kFirstEtherType = 0x0600, kEthP8022 = 0x0004;
  return skb.protocol = type >= kFirstEtherType ? type : kEthP8022;
}

}  // namespace niclab::stack
