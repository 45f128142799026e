#include "stack/ping.hpp"

#include <algorithm>
#include <cerrno>

#include "stack/net_stack.hpp"
#include "stack/path_cost.hpp"

namespace niclab::stack {
namespace {

constexpr std::uint32_t kQueueLimit = 256;  // replies; enough for any ping

}  // namespace

PingSocket::PingSocket(NetStack& stack, std::uint16_t id) : stack_(stack), id_(id) {
  stack_.kernel().sync();
  next_ = stack_.icmp().ping_sockets;
  stack_.icmp().ping_sockets = this;
}

PingSocket::~PingSocket() {
  PingSocket** link = &stack_.icmp().ping_sockets;
  while (*link != this) link = &(*link)->next_;
  *link = next_;
}

int PingSocket::send(Ipv4Address to, std::uint16_t sequence, std::span<const std::byte> payload) {
  Kernel& k = stack_.kernel();
  const Time stamp = k.now();
  k.charge(k.cost.syscall + k.cost.instructions(path_cost::kSysSendto));
  const PayloadSource source{[](const void* from, std::uint32_t offset, std::byte* bytes, std::uint32_t n) {
                               std::copy_n(static_cast<const std::byte*>(from) + offset, n, bytes);
                             },
                             payload.data()};
  if (payload.size() > 0xffff) return -EMSGSIZE;
  const int err =
      stack_.icmp().send_echo(to, id_, sequence, source, static_cast<std::uint32_t>(payload.size()), stamp);
  k.cond_resched();
  return err;
}

void PingSocket::deliver(NetStack& stack, SkbPtr skb) {
  Kernel& k = stack.kernel();
  const std::uint16_t id = load_be16(skb->data - 4);
  k.sync();
  for (PingSocket* s = stack.icmp().ping_sockets; s != nullptr; s = s->next_) {
    if (s->id_ != id) continue;
    if (s->queue_.size() >= kQueueLimit) return;
    s->queue_.push_back(std::move(skb));
    if (!s->waiters_.empty()) k.wake_one(s->waiters_);
    return;
  }
}

int PingSocket::receive(std::span<std::byte> payload, Reply& reply, Time deadline) {
  Kernel& k = stack_.kernel();
  k.charge(k.cost.syscall + k.cost.instructions(path_cost::kSysRecvfrom));
  k.sync();
  while (queue_.empty()) {
    if (k.now() >= deadline) return -EAGAIN;
    if (!queue_.empty()) break;
    if (deadline == Time::never())
      k.wait(waiters_);
    else
      k.wait_until(waiters_, deadline);
    k.sync();
  }
  SkbPtr skb = queue_.pop_front();
  const IpHeader ip{skb->at(skb->network_header)};
  reply = {ip.saddr(), load_be16(skb->data - 2), ip.ttl(), skb->total_len()};
  const std::size_t n = std::min<std::size_t>(payload.size(), skb->total_len());
  k.charge(k.cost.copy(n));
  skb_copy_bits(*skb, 0, payload.first(n));
  skb.reset();
  k.cond_resched();
  return 0;
}

}  // namespace niclab::stack
