// dev_queue_xmit and what follows, down to the driver (path-map B-66 to B-104).
#include <cerrno>
#include <utility>

#include "base/function_trace.hpp"
#include "stack/dev.hpp"
#include "stack/net_stack.hpp"
#include "stack/path_cost.hpp"
#include "stack/random.hpp"
#include "stack/skb_ops.hpp"

namespace niclab::stack {

int DeviceLayer::dev_queue_xmit(SkbPtr skb) {
  const FunctionSpan span(kernel_, "dev_queue_xmit", skb->journey);
  journey_begins(kernel_, *skb, Stage::tx_qdisc);
  // Route, neighbour and qdisc lines are shared with other CPUs.
  kernel_.charge(kernel_.cost.instructions(path_cost::kDevQueueXmit) + kernel_.cost.l3_hit * 3);
  skb->mac_header = skb->offset();
  BhGuard bh(kernel_);
  NetDevice& dev = *skb->dev;
  const unsigned index = netdev_pick_tx(dev, *skb);
  skb->queue_mapping = static_cast<std::uint16_t>(index);
  return dev_xmit_skb(std::move(skb), *dev.tx_queues[index].qdisc);
}

/// 4.0 hashes the flow of the packet (path-map B-73).
std::uint32_t DeviceLayer::flow_hash(const SkBuff& skb) const {
  if (skb.protocol != kEthPIp) return jhash_1word(skb.protocol, hash_secret_);
  const IpHeader ip{skb.at(skb.network_header)};
  std::uint32_t ports = 0;
  if (ip.protocol() == kIpProtoUdp && !ip.is_fragment()) ports = load_be32(skb.at(skb.transport_header));
  return jhash_3words(ip.saddr().value, ip.daddr().value, ports, hash_secret_);
}

unsigned DeviceLayer::netdev_pick_tx(NetDevice& dev, SkBuff& skb) {
  const unsigned queues = dev.real_num_tx_queues;
  if (queues == 1) return 0;
  kernel_.charge(kernel_.cost.instructions(path_cost::kNetdevPickTx));
  kernel_.sync();
  UdpSocket* sk = UdpSocket::of(skb);
  if (sk != nullptr && sk->tx_queue_mapping() >= 0 && static_cast<unsigned>(sk->tx_queue_mapping()) < queues)
    return static_cast<unsigned>(sk->tx_queue_mapping());
  unsigned index;
  if (skb.rx_queue_recorded) {
    index = skb.queue_mapping % queues;
  } else {
    const std::uint32_t hash =
        kernel_.profile.version == KernelVersion::v4_0
            ? flow_hash(skb)
            : jhash_1word(sk != nullptr && sk->hash() != 0 ? sk->hash() : skb.protocol, hash_secret_);
    index = static_cast<unsigned>(std::uint64_t{hash} * queues >> 32);
  }
  if (sk != nullptr && sk->has_cached_route()) sk->set_tx_queue_mapping(static_cast<int>(index));
  return index;
}

int DeviceLayer::dev_xmit_skb(SkbPtr skb, Qdisc& q) {
  const FunctionSpan span(kernel_, "__dev_xmit_skb");
  kernel_.settle();  // the packet joins the queue after what building it cost
  Instant instant(kernel_);
  const bool contended = q.running;  // path-map B-82
  if (contended) kernel_.lock(q.busylock);
  kernel_.lock(q.root_lock);
  bool busylock_held = contended;
  const auto release_busylock = [&] {
    if (std::exchange(busylock_held, false)) kernel_.unlock(q.busylock);
  };
  int rc = net_xmit::kSuccess;
  if (!q.active) {
    skb.reset();  // noop_qdisc
    rc = net_xmit::kCn;
  } else if (q.qlen == 0 && !q.running) {
    q.running = true;  // bypass (B-84)
    q.stats.bytes += skb->total_len();
    ++q.stats.packets;
    if (sch_direct_xmit(std::move(skb), q) > 0) {
      release_busylock();
      qdisc_run_begun(q);
    } else {
      q.running = false;
    }
  } else {
    kernel_.charge(kernel_.cost.instructions(path_cost::kQdiscEnqueue));
    SkBuff& packet = *skb;
    rc = q.enqueue(std::move(skb));
    if (q.txq.dev->qdisc_meter != nullptr && rc == net_xmit::kSuccess) [[unlikely]]
      qdisc_entered(q, packet);
    if (!q.running) {
      q.running = true;
      release_busylock();
      qdisc_run_begun(q);
    }
  }
  kernel_.unlock(q.root_lock);
  release_busylock();
  return rc;
}

// --- measurement: how long packets wait in the qdiscs of a device -----------------------------------

namespace {

/// qdisc_skb_cb, of a packet in a qdisc.
struct QdiscCb {
  Time since{};
};

std::uint64_t waiting(const NetDevice& dev) {
  std::uint64_t all = 0;
  for (const NetdevQueue& txq : dev.tx_queues)
    if (txq.qdisc != nullptr) all += txq.qdisc->qlen;
  return all;
}

}  // namespace

void DeviceLayer::qdisc_entered(Qdisc& q, SkBuff& skb) {
  NetDevice& dev = *q.txq.dev;
  skb_cb<QdiscCb>(skb).since = kernel_.now();
  dev.qdisc_meter->enter(1, waiting(dev), kernel_.now());
}

void DeviceLayer::qdisc_left(Qdisc& q, SkBuff& skb) {
  NetDevice& dev = *q.txq.dev;
  dev.qdisc_meter->leave(1, skb_cb<QdiscCb>(skb).since, waiting(dev), kernel_.now());
}

void DeviceLayer::qdisc_reset(Qdisc& q) {
  NetDevice& dev = *q.txq.dev;
  if (dev.qdisc_meter == nullptr) return q.reset();
  const Time now = kernel_.now();
  std::uint64_t gone = 0;
  q.each([&](SkBuff& skb) {
    dev.qdisc_meter->stayed(1, skb_cb<QdiscCb>(skb).since, now);
    ++gone;
  });
  q.reset();
  dev.qdisc_meter->leave(gone, now, waiting(dev), now);
}

void DeviceLayer::settle_meter(NetDevice& dev, Time end) {
  if (dev.qdisc_meter == nullptr) return;
  for (NetdevQueue& txq : dev.tx_queues)
    if (txq.qdisc != nullptr)
      txq.qdisc->each([&](SkBuff& skb) { dev.qdisc_meter->stayed(1, skb_cb<QdiscCb>(skb).since, end); });
}

void DeviceLayer::qdisc_run(Qdisc& q) {
  if (q.running) return;
  q.running = true;
  qdisc_run_begun(q);
}

void DeviceLayer::qdisc_run_begun(Qdisc& q) {
  const FunctionSpan span(kernel_, "__qdisc_run");
  int quota = stack_.softnet().dev_weight;
  while (qdisc_restart(q) > 0) {
    if (--quota <= 0 || kernel_.need_resched()) {
      stack_.softnet().netif_schedule(q);
      break;
    }
  }
  kernel_.sync();
  q.running = false;
}

/// Sends one packet; 0 when there is none or it cannot go, else how many wait (path-map B-88, B-89).
std::uint32_t DeviceLayer::qdisc_restart(Qdisc& q) {
  kernel_.sync();
  SkbPtr skb;
  if (q.gso_skb) {
    if (q.txq.stopped) return 0;
    skb = std::move(q.gso_skb);
    --q.qlen;
  } else {
    if (q.txq.stopped) return 0;  // TCQ_F_ONETXQUEUE
    kernel_.charge(kernel_.cost.instructions(path_cost::kQdiscDequeue));
    if (q.txq.dev->qdisc_meter != nullptr) [[unlikely]]
      kernel_.sync();  // it leaves the queue at an instant others could see
    skb = q.dequeue();
    if (!skb) return 0;
  }
  if (q.txq.dev->qdisc_meter != nullptr) [[unlikely]]
    qdisc_left(q, *skb);
  return sch_direct_xmit(std::move(skb), q);
}

/// Called and returns with the root lock held; drops it around the driver (path-map B-90).
std::uint32_t DeviceLayer::sch_direct_xmit(SkbPtr skb, Qdisc& q) {
  const FunctionSpan span(kernel_, "sch_direct_xmit", skb->journey);
  kernel_.charge(kernel_.cost.instructions(path_cost::kSchDirectXmit));
  NetdevQueue& txq = q.txq;
  kernel_.unlock(q.root_lock);
  kernel_.lock(txq.xmit_lock);
  NetdevTx result = NetdevTx::busy;
  if (!txq.stopped) result = dev_hard_start_xmit(skb, txq);
  kernel_.unlock(txq.xmit_lock);
  kernel_.lock(q.root_lock);
  std::uint32_t ret = 0;
  if (result == NetdevTx::ok) {
    ret = q.qlen;
  } else if (q.active) {  // dev_requeue_skb (B-93)
    q.gso_skb = std::move(skb);
    ++q.stats.requeues;
    ++q.qlen;
    if (q.txq.dev->qdisc_meter != nullptr) [[unlikely]]
      qdisc_entered(q, *q.gso_skb);
    stack_.softnet().netif_schedule(q);
  } else {
    skb.reset();  // the link went down meanwhile
  }
  kernel_.sync();
  if (ret > 0 && txq.stopped) ret = 0;
  return ret;
}

NetdevTx DeviceLayer::dev_hard_start_xmit(SkbPtr& skb, NetdevQueue& txq) {
  const FunctionSpan span(kernel_, "dev_hard_start_xmit", skb->journey);
  kernel_.charge(kernel_.cost.instructions(path_cost::kDevHardStartXmit));
  NetDevice& dev = *txq.dev;
  skb->dst = nullptr;  // IFF_XMIT_DST_RELEASE
  if (skb->frag_list != nullptr && !dev.scatter_gather && !skb_linearize(skb)) {
    skb.reset();
    return NetdevTx::ok;
  }
  if (skb->ip_summed == IpSummed::partial && !dev.hw_ip_csum) skb_checksum_help(*skb);
  journey_ends(kernel_, *skb, Stage::tx_qdisc);
  const NetdevTx rc = dev.ndo_start_xmit(skb);
  // The doorbell took its place in time; what is left to do is cheap and ends with the caller's Instant.
  kernel_.settle();
  kernel_.begin_instant();
  if (rc == NetdevTx::ok) txq.trans_start = kernel_.jiffies();
  return rc;
}

void skb_checksum_help(SkBuff& skb) {
  Kernel& k = skb.pool->kernel();
  const std::uint32_t start = skb.csum_start - skb.offset();
  const std::uint32_t length = skb.total_len() - start;
  k.charge(k.cost.checksum(length));
  InetChecksum sum;
  skb_checksum(skb, start, length, sum);  // the field holds the pseudo-header sum
  const std::uint16_t folded = sum.finish();
  store_be16(skb.at(static_cast<std::uint16_t>(skb.csum_start + skb.csum_offset)),
             folded == 0 ? 0xffff : folded);
  skb.ip_summed = IpSummed::none;
}

}  // namespace niclab::stack
