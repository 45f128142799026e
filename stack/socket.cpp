#include "stack/socket.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/function_trace.hpp"
#include "stack/net_stack.hpp"
#include "stack/path_cost.hpp"

namespace niclab::stack {

UdpSocket::UdpSocket(NetStack& stack, unsigned index)
    : stack_(stack),
      kernel_(stack.kernel()),
      index_(index),
      rcvbuf_(stack.sysctl.rmem_default),
      sndbuf_(stack.sysctl.wmem_default) {}

void UdpSocket::release_packets() {
  receive_queue_.clear();  // while the counters their destructors touch still exist
  backlog_.clear();
  error_queue_.clear();
  write_queue_.clear();
}

void UdpSocket::enter(unsigned instructions) {
  kernel_.charge(kernel_.cost.syscall + kernel_.cost.instructions(instructions));
  kernel_.settle();
}

int UdpSocket::leave(int result) {
  kernel_.cond_resched();
  kernel_.end_instant();
  return result;
}

// --- memory accounting ---------------------------------------------------------------------------

void UdpSocket::set_owner_w(SkBuff& skb) {
  kernel_.sync();
  skb.owner = this;
  skb.destructor = &sock_wfree;
  wmem_alloc_ += skb.truesize;
}

/// Freed by the driver or below: wakes writers once half the buffer is free (sock_def_write_space).
void UdpSocket::sock_wfree(SkBuff& skb) {
  UdpSocket& sk = *static_cast<UdpSocket*>(skb.owner);
  sk.kernel_.charge(sk.kernel_.cost.instructions(path_cost::kSockWfree));
  sk.kernel_.sync();
  sk.wmem_alloc_ -= skb.truesize;
  if (2 * sk.wmem_alloc_ <= sk.sndbuf_ && !sk.writers_.empty()) sk.kernel_.wake_all(sk.writers_);
}

void UdpSocket::sock_rfree(SkBuff& skb) { static_cast<UdpSocket*>(skb.owner)->rmem_alloc_ -= skb.truesize; }

int UdpSocket::wait_for_wmem(bool dontwait, Time deadline) {
  kernel_.charge(kernel_.cost.instructions(path_cost::kSockAllocSendSkb));
  while (true) {
    const Time now = kernel_.now();
    if (err_ != 0) return -std::exchange(err_, 0);
    if (closed_) return -EPIPE;
    if (wmem_alloc_ < sndbuf_) return 0;
    nospace_ = true;
    if (dontwait || now >= deadline) return -EAGAIN;
    if (deadline == Time::never())
      kernel_.wait(writers_);
    else
      kernel_.wait_until(writers_, deadline);
  }
}

// --- lock ----------------------------------------------------------------------------------------

void UdpSocket::lock_sock() {
  while (true) {
    {
      BhGuard bh(kernel_);
      kernel_.lock(slock_);
      const bool mine = !owned_;
      owned_ = true;
      kernel_.unlock(slock_);
      if (mine) return;
    }
    kernel_.sync();
    while (owned_) {
      kernel_.wait(lock_waiters_);
      kernel_.sync();
    }
  }
}

void UdpSocket::release_sock() {
  BhGuard bh(kernel_);
  kernel_.lock(slock_);
  while (SkbPtr skb = backlog_.pop_front()) {
    kernel_.unlock(slock_);
    stack_.udp().queue_rcv_skb_locked(*this, std::move(skb));
    kernel_.lock(slock_);
  }
  backlog_len_ = 0;
  owned_ = false;
  kernel_.unlock(slock_);
  if (!lock_waiters_.empty()) kernel_.wake_one(lock_waiters_);
}

// --- calls ---------------------------------------------------------------------------------------

int UdpSocket::bind(Endpoint local) {
  enter(path_cost::kSetsockopt);
  if (closed_) return leave(-EBADF);
  if (address_bound_ || port_bound_ || hashed_) return leave(-EINVAL);
  const RouteType type = stack_.routes().address_type(local.address);
  if (type == RouteType::unicast) return leave(-EADDRNOTAVAIL);
  lock_sock();
  rcv_saddr_ = local.address;
  saddr_ = type == RouteType::local ? local.address : Ipv4Address{};
  const int err = stack_.udp().get_port(*this, local.port);
  if (err != 0) {
    rcv_saddr_ = saddr_ = {};
  } else {
    address_bound_ = !local.address.is_any();
    port_bound_ = true;
  }
  release_sock();
  return leave(err);
}

int UdpSocket::connect(Endpoint peer) {
  enter(path_cost::kSetsockopt);
  if (closed_) return leave(-EBADF);
  if (!hashed_ && stack_.udp().get_port(*this, 0) != 0) return leave(-EAGAIN);
  lock_sock();
  cached_route_ = nullptr;
  NetDevice* oif = bound_dev_;
  Ipv4Address source = saddr_;
  if (peer.address.is_multicast()) {
    if (oif == nullptr) oif = mc_dev_;
    if (source.is_any()) source = mc_addr_;
  }
  const auto route = stack_.routes().output(peer.address, source, oif);
  int err = 0;
  if (route.route == nullptr) {
    err = route.error;
    if (err == -ENETUNREACH) ++stack_.mib.ip.OutNoRoutes;
  } else if (route.route->type == RouteType::broadcast && !broadcast_) {
    err = -EACCES;
  } else {
    if (saddr_.is_any()) saddr_ = route.saddr;
    if (rcv_saddr_.is_any()) {
      rcv_saddr_ = route.saddr;
      stack_.udp().rehash(*this);
    }
    peer_ = peer;
    connected_ = true;
    cached_route_ = route.route;
    cached_saddr_ = route.saddr;
    cached_generation_ = stack_.routes().generation();
    tx_queue_mapping_ = -1;
  }
  release_sock();
  return leave(err);
}

int UdpSocket::disconnect() {
  enter(path_cost::kSetsockopt);
  connected_ = false;
  peer_ = {};
  cached_route_ = nullptr;
  tx_queue_mapping_ = -1;
  if (!address_bound_) rcv_saddr_ = saddr_ = {};
  if (!port_bound_)
    stack_.udp().unhash(*this);
  else
    stack_.udp().rehash(*this);
  return leave(0);
}

int UdpSocket::sendto(std::span<const std::byte> payload, const Endpoint* to, unsigned flags,
                      const SendControl* control) {
  const FunctionSpan span(kernel_, "sendto");
  SendTimes times;
  if (kernel_.journeys() != nullptr) times.called = kernel_.moment();
  enter(path_cost::kSysSendto);
  times.stamp = kernel_.now() - kernel_.cost.syscall - kernel_.cost.instructions(path_cost::kSysSendto);
  // The packet is built at one instant; it takes its place at the queue when that is paid (dev_xmit_skb).
  kernel_.begin_instant();
  if (closed_) return leave(-EBADF);
  if (!hashed_ && stack_.udp().get_port(*this, 0) != 0) return leave(-EAGAIN);
  if (kernel_.journeys() != nullptr) times.socket_done = kernel_.moment();
  const int result = stack_.udp().sendmsg(*this, payload, to, flags, control, times);
  if (result >= 0) ++tx_datagrams_;
  return leave(result);
}

int UdpSocket::recvfrom(std::span<std::byte> buffer, Endpoint* from, unsigned flags, Time deadline,
                        ReceiveControl* control) {
  // No synchronisation yet: recvmsg looks at the queue after its own first charge.
  kernel_.end_instant();
  const FunctionSpan span(kernel_, "recvfrom");
  kernel_.charge(kernel_.cost.syscall + kernel_.cost.instructions(path_cost::kSysRecvfrom));
  if (rcvtimeo_ != Duration{}) deadline = min(deadline, kernel_.now() + rcvtimeo_);
  if ((flags & msg::kErrqueue) != 0) [[unlikely]]
    return leave(recv_error(buffer, flags, deadline, control));
  return leave(stack_.udp().recvmsg(*this, buffer, from, flags, deadline, control));
}

void UdpSocket::queue_err_skb(SkbPtr skb) {
  kernel_.charge(kernel_.cost.instructions(path_cost::kSockQueueRcvSkb) + kernel_.cost.lock);
  kernel_.sync();
  if (closed_ || rmem_alloc_ + skb->truesize >= rcvbuf_) return;
  skb->destructor = &sock_rfree;
  skb->owner = this;
  rmem_alloc_ += skb->truesize;
  error_queue_.push_back(std::move(skb));
  kernel_.wake_all(error_readers_);
}

/// sock_recv_errqueue.
int UdpSocket::recv_error(std::span<std::byte> buffer, unsigned flags, Time deadline,
                          ReceiveControl* control) {
  kernel_.charge(kernel_.cost.instructions(path_cost::kSkbRecvDatagram) + kernel_.cost.lock);
  for (Time now = kernel_.now(); error_queue_.empty(); now = kernel_.now()) {
    if (closed_) return -EBADF;
    if ((flags & msg::kDontwait) != 0 || now >= deadline) return -EAGAIN;
    if (deadline == Time::never())
      kernel_.wait(error_readers_);
    else
      kernel_.wait_until(error_readers_, deadline);
  }
  const SkbPtr skb = error_queue_.pop_front();
  const auto n = static_cast<std::uint32_t>(std::min<std::size_t>(buffer.size(), skb->total_len()));
  kernel_.charge(kernel_.cost.copy(n));
  skb_copy_bits(*skb, 0, buffer.first(n));
  if (control != nullptr) control->hwtstamp = skb->hwtstamp;
  return static_cast<int>(n);
}

int UdpSocket::close() {
  enter(path_cost::kSetsockopt);
  if (closed_) return leave(-EBADF);
  for (const Membership& m : memberships_) stack_.igmp().leave(*m.in_dev, m.group);
  memberships_.clear();
  lock_sock();
  write_queue_.clear();
  pending_ = false;
  closed_ = true;
  stack_.udp().unhash(*this);
  release_sock();
  kernel_.sync();
  while (SkbPtr skb = stack_.udp().take_datagram(*this)) {
  }
  while (SkbPtr skb = error_queue_.pop_front()) {
  }
  kernel_.wake_all(error_readers_);
  kernel_.wake_all(readers_);
  kernel_.wake_all(writers_);
  return leave(0);
}

}  // namespace niclab::stack
