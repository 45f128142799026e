// From __udp4_lib_rcv to recvmsg (path-map C-63 to C-80).
#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/function_trace.hpp"
#include "stack/net_stack.hpp"
#include "stack/path_cost.hpp"
#include "stack/udp.hpp"

namespace niclab::stack {
namespace {

constexpr std::size_t kMcastBatch = 32;  // 256 / sizeof(struct sock*) (path-map C-78)

/// udp_skb_cb and the peeked flag of an skb in a receive queue.
struct UdpRxCb {
  bool peeked = false;
  Time since{};  ///< measurement: when it came
};

}  // namespace

void Udp::bad_checksum() {
  ++stack_.mib.udp.InCsumErrors;
  ++stack_.mib.udp.InErrors;
}

/// udp_lib_checksum_complete: true when the datagram is intact (or nobody may tell). Does not charge.
bool Udp::checksum_complete(const SkBuff& skb) {
  if (skb.ip_summed == IpSummed::unnecessary) return true;
  const IpHeader ip{skb.at(skb.network_header)};
  const auto length = static_cast<std::uint16_t>(skb.total_len());
  InetChecksum sum = ipv4_pseudo_header(ip.saddr(), ip.daddr(), kIpProtoUdp, length);
  skb_checksum(skb, 0, length, sum);
  return sum.verifies();
}

Duration Udp::checksum_cost(const SkBuff& skb) const {
  return skb.ip_summed == IpSummed::unnecessary ? Duration{} : kernel_.cost.checksum(skb.total_len());
}

void Udp::rcv(SkbPtr skb) {
  const FunctionSpan span(kernel_, {"udp_rcv", "__udp4_lib_rcv"});
  kernel_.charge(kernel_.cost.instructions(path_cost::kUdpRcv));
  UdpMib& mib = stack_.mib.udp;
  if (!pskb_may_pull(skb, kUdpHeaderLength)) {
    ++mib.InErrors;
    return;
  }
  const UdpHeader udp{skb->data};
  const std::uint32_t length = udp.length();
  if (length > skb->total_len() || length < kUdpHeaderLength) {
    ++mib.InErrors;
    return;
  }
  if (length < skb->total_len()) pskb_trim(*skb, length);
  skb->transport_header = skb->offset();
  if (udp.check() == 0) skb->ip_summed = IpSummed::unnecessary;
  const RouteType type = static_cast<const Route*>(skb->dst)->type;
  if (type == RouteType::broadcast || type == RouteType::multicast) {
    mcast_deliver(std::move(skb));
    return;
  }
  const IpHeader ip{skb->at(skb->network_header)};
  if (UdpSocket* sk = lookup(ip.saddr(), udp.source(), ip.daddr(), udp.dest(), skb->dev)) {
    hand_over(*sk, std::move(skb));
    return;
  }
  kernel_.charge(checksum_cost(*skb));
  if (!checksum_complete(*skb)) {  // path-map C-66: silent
    bad_checksum();
    return;
  }
  ++mib.NoPorts;
  stack_.icmp().send_error(*skb, icmp_type::kDestUnreach, icmp_code::kPortUnreach, 0);
}

void Udp::hand_over(UdpSocket& sk, SkbPtr skb) {
  Poll& poll = polls_[kernel_.smp_processor_id()];
  if (!poll.running) {
    kernel_.settle();
    queue_rcv_skb(sk, std::move(skb));
    return;
  }
  deliver_pending();
  poll.sk = &sk;
  poll.skb = std::move(skb);
  poll.paid = kernel_.eventually();
}

void Udp::deliver_pending() {
  Poll& poll = polls_[kernel_.smp_processor_id()];
  if (poll.sk == nullptr) return;
  UdpSocket& sk = *std::exchange(poll.sk, nullptr);
  if (kernel_.now() < poll.paid) kernel_.settle();
  queue_rcv_skb(sk, std::move(poll.skb));
}

/// udp_queue_rcv_skb: 0 or -1.
int Udp::queue_rcv_skb(UdpSocket& sk, SkbPtr skb) {
  const FunctionSpan span(kernel_, "udp_queue_rcv_skb", skb->journey);
  // The socket's lines were last written by its reader, usually on another CPU.
  kernel_.charge(kernel_.cost.instructions(path_cost::kUdpQueueRcvSkb) + kernel_.cost.l3_hit * 2);
  UdpMib& mib = stack_.mib.udp;
  const auto full = [&] { return sk.backlog_len_ + sk.rmem_alloc_ > sk.rcvbuf_; };
  const auto drop = [&] {
    ++mib.InErrors;
    ++sk.drops_;
    return -1;
  };
  Instant instant(kernel_);
  if (full()) {  // path-map C-70
    if (kernel_.profile.version == KernelVersion::v4_0) ++mib.RcvbufErrors;
    return drop();
  }
  int rc = 0;
  kernel_.lock(sk.slock_);  // bh_lock_sock
  if (!sk.owned_) {
    rc = queue_rcv_skb_locked(sk, std::move(skb));
  } else if (full()) {
    rc = drop();
  } else {
    sk.backlog_len_ += skb->truesize;
    sk.backlog_.push_back(std::move(skb));
  }
  kernel_.unlock(sk.slock_);
  return rc;
}

void Udp::enters_queue(SkBuff& skb) {
  kernel_.journeys()->ends(skb.journey, Stage::rx_stack, kernel_.now());
  kernel_.journeys()->begins(skb.journey, Stage::rx_socket, kernel_.now());
}

/// __udp_queue_rcv_skb with sock_queue_rcv_skb (path-map C-72 to C-75).
int Udp::queue_rcv_skb_locked(UdpSocket& sk, SkbPtr skb) {
  const FunctionSpan span(kernel_, {"__udp_queue_rcv_skb", "sock_queue_rcv_skb"}, skb->journey);
  const CostModel& cost = kernel_.cost;
  kernel_.charge(cost.instructions(path_cost::kSockQueueRcvSkb + path_cost::kSockDefReadable) + cost.lock +
                 cost.irq_save_restore + cost.l3_hit * 2);
  kernel_.sync();
  if (sk.closed_) return -1;
  if (sk.rmem_alloc_ >= sk.rcvbuf_) {
    ++sk.drops_;
    ++stack_.mib.udp.RcvbufErrors;
    ++stack_.mib.udp.InErrors;
    return -1;
  }
  skb->destructor = &UdpSocket::sock_rfree;  // skb_set_owner_r
  skb->owner = &sk;
  sk.rmem_alloc_ += skb->truesize;
  skb_cb<UdpRxCb>(*skb) = UdpRxCb{};
  // Others see it from this instant on, though its charges may still be due.
  if (skb->journey != JourneyId::none) enters_queue(*skb);
  if (sk.connected_) sk.incoming_cpu_ = static_cast<int>(kernel_.smp_processor_id());  // path-map C-84
  if (sk.queue_meter_) [[unlikely]]
    skb_cb<UdpRxCb>(*skb).since = kernel_.now();
  sk.receive_queue_.push_back(std::move(skb));
  if (sk.queue_meter_) [[unlikely]]
    sk.queue_meter_->enter(1, sk.receive_queue_.size(), kernel_.now());
  if (!sk.readers_.empty()) {
    const FunctionSpan readable(kernel_, {"sock_def_readable", "__wake_up_sync_key", "__wake_up_common"});
    kernel_.wake_one(sk.readers_);
  }
  return 0;
}

// --- multicast -----------------------------------------------------------------------------------

/// __udp_is_mcast_sock with ip_mc_sf_allow.
bool Udp::mcast_match(const UdpSocket& sk, Ipv4Address saddr, std::uint16_t sport, Ipv4Address daddr,
                      std::uint16_t dport, const NetDevice* dev) {
  if (sk.port_ != dport) return false;
  if (sk.connected_ && (sk.peer_.address != saddr || sk.peer_.port != sport)) return false;
  if (!sk.rcv_saddr_.is_any() && sk.rcv_saddr_ != daddr) return false;
  if (sk.bound_dev_ != nullptr && sk.bound_dev_ != dev) return false;
  if (!daddr.is_multicast() || sk.mc_all_) return true;
  return std::any_of(sk.memberships_.begin(), sk.memberships_.end(),
                     [&](const auto& m) { return m.group == daddr && &m.in_dev->dev == dev; });
}

/// Each socket gets a clone; with `final` the last one gets the packet itself.
void Udp::flush_stack(std::span<UdpSocket* const> sockets, SkbPtr& skb, bool final) {
  const FunctionSpan span(kernel_, "flush_stack");
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    kernel_.settle();
    const bool itself = final && i + 1 == sockets.size();
    SkbPtr copy = itself ? std::move(skb) : stack_.skb_pool().clone(*skb);
    if (!itself && skb->journey != JourneyId::none) copy->journey = kernel_.journeys()->copy(skb->journey);
    queue_rcv_skb(*sockets[i], std::move(copy));
  }
}

void Udp::mcast_deliver(SkbPtr skb) {
  const FunctionSpan span(kernel_, "__udp4_lib_mcast_deliver");
  kernel_.charge(kernel_.cost.instructions(path_cost::kUdpMcastDeliver) + kernel_.cost.lock);
  kernel_.sync();
  const IpHeader ip{skb->at(skb->network_header)};
  const UdpHeader udp{skb->data};
  std::array<UdpSocket*, kMcastBatch> batch;
  std::size_t n = 0;
  unsigned walked = 0;
  bool any = false;
  for (UdpSocket* sk = bucket(udp.dest()); sk != nullptr; sk = sk->hash_next_) {
    ++walked;
    if (!mcast_match(*sk, ip.saddr(), udp.source(), ip.daddr(), udp.dest(), skb->dev)) continue;
    if (n == batch.size()) {  // dispatched with the lock held: a further one exists
      flush_stack(batch, skb, false);
      n = 0;
    }
    batch[n++] = sk;
    any = true;
  }
  kernel_.charge(kernel_.cost.instructions(path_cost::kUdpLookupPerSocket * walked));
  if (any)
    flush_stack({batch.data(), n}, skb, true);
  else if (kernel_.profile.version == KernelVersion::v4_0)
    ++stack_.mib.udp.IgnoredMulti;
}

void Udp::err(Ipv4Address saddr, std::uint16_t sport, Ipv4Address daddr, std::uint16_t dport, int error,
              bool fatal) {
  UdpSocket* sk = lookup(daddr, dport, saddr, sport, nullptr);
  if (sk == nullptr) return;
  if (!sk->recverr_ && (!fatal || !sk->connected_)) return;
  sk->err_ = error;
  kernel_.wake_all(sk->readers_);  // sk_error_report
  kernel_.wake_all(sk->writers_);
}

// --- recvmsg -------------------------------------------------------------------------------------

/// The first datagram of the receive queue, or null. At a synchronised instant.
SkbPtr Udp::take_datagram(UdpSocket& sk) {
  SkbPtr skb = sk.receive_queue_.pop_front();
  if (skb && sk.queue_meter_) [[unlikely]]
    sk.queue_meter_->leave(1, skb_cb<UdpRxCb>(*skb).since, sk.receive_queue_.size(), kernel_.now());
  return skb;
}

void Udp::settle_meter(UdpSocket& sk, Time end) {
  if (!sk.queue_meter_) return;
  for (SkBuff* skb = sk.receive_queue_.front(); skb != nullptr; skb = skb->next)
    sk.queue_meter_->stayed(1, skb_cb<UdpRxCb>(*skb).since, end);
}

int Udp::wait_for_datagram(UdpSocket& sk, unsigned flags, Time deadline) {
  const FunctionSpan span(kernel_, "__skb_recv_datagram");
  const CostModel& cost = kernel_.cost;
  kernel_.charge(cost.instructions(path_cost::kSkbRecvDatagram) + cost.lock + cost.irq_save_restore +
                 cost.l3_hit);
  while (true) {
    const Time now = kernel_.now();
    if (sk.err_ != 0) return -std::exchange(sk.err_, 0);
    if (!sk.receive_queue_.empty()) return 0;
    if (sk.closed_) return -EBADF;
    if ((flags & msg::kDontwait) != 0 || now >= deadline) return -EAGAIN;
    if (deadline == Time::never())
      kernel_.wait(sk.readers_);
    else
      kernel_.wait_until(sk.readers_, deadline);
  }
}

int Udp::recvmsg(UdpSocket& sk, std::span<std::byte> buffer, Endpoint* from, unsigned flags, Time deadline,
                 ReceiveControl* control) {
  const CostModel& cost = kernel_.cost;
  while (true) {
    kernel_.end_instant();
    const FunctionSpan span(kernel_, "udp_recvmsg");
    kernel_.charge(cost.instructions(path_cost::kUdpRecvmsg));
    if (const int err = wait_for_datagram(sk, flags, deadline); err != 0) return err;
    // The datagram is taken, copied and freed at one instant; the system call ends when that is paid
    // (leave()).
    kernel_.begin_instant();
    const bool peek = (flags & msg::kPeek) != 0;
    SkBuff* skb = sk.receive_queue_.front();
    const std::uint32_t length = skb->total_len() - kUdpHeaderLength;
    const auto n = static_cast<std::uint32_t>(std::min<std::size_t>(buffer.size(), length));
    const bool intact = checksum_complete(*skb);
    const bool peeked = std::exchange(skb_cb<UdpRxCb>(*skb).peeked, true);
    SkbPtr owned;
    if (!peek || !intact) owned = take_datagram(sk);  // intact or not: skb_kill_datagram
    const Time stamp = skb->stamp;
    JourneyId journey = JourneyId::none;
    if (skb->journey != JourneyId::none && !peek && intact) {
      journey = std::exchange(skb->journey, JourneyId::none);
      functions_serve(kernel_, journey);
      kernel_.journeys()->ends(journey, Stage::rx_socket, kernel_.now());
      kernel_.journeys()->begins(journey, Stage::rx_app, kernel_.moment());
    }
    Duration spent = checksum_cost(*skb);
    if (intact) {
      // sk_buff, its head and the payload come from another CPU's cache or the device's write to L3.
      spent += cost.copy(n) + cost.l3_hit * 4;
      skb_copy_bits(*skb, kUdpHeaderLength, buffer.first(n));
      if (from != nullptr)
        *from = {IpHeader{skb->at(skb->network_header)}.saddr(),
                 UdpHeader{skb->at(skb->transport_header)}.source()};
      if (control != nullptr) [[unlikely]]
        control->hwtstamp = sk.timestamping_ & so_timestamping::kRawHardware ? skb->hwtstamp : 0;
      if (!peeked) ++stack_.mib.udp.InDatagrams;
    } else {
      bad_checksum();
      ++sk.drops_;
    }
    kernel_.charge(spent);
    if (owned) {  // skb_free_datagram_locked: lock_sock_fast, skb_orphan
      kernel_.charge(cost.instructions(path_cost::kSkbFreeDatagram));
      BhGuard bh(kernel_);
      kernel_.lock(sk.slock_);
      owned.reset();
      kernel_.unlock(sk.slock_);
    }
    if (!intact) {
      if ((flags & msg::kDontwait) != 0) return -EAGAIN;
      continue;
    }
    if (journey != JourneyId::none) {
      kernel_.journeys()->ends(journey, Stage::rx_app, kernel_.moment());
      kernel_.journeys()->completed(journey);
    }
    if (!peek) {
      ++sk.rx_datagrams_;
      sk.rx_bytes_ += n;
      if (stack_.observer != nullptr)
        stack_.observer->delivered(sk.index_, kernel_.eventually(), buffer.first(n), stamp);
    }
    return static_cast<int>((flags & msg::kTrunc) != 0 ? length : n);
  }
}

}  // namespace niclab::stack
