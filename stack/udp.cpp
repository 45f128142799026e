// The UDP port table.
#include "stack/udp.hpp"

#include <cerrno>

#include "stack/net_stack.hpp"
#include "stack/path_cost.hpp"

namespace niclab::stack {

Udp::Udp(NetStack& stack, Kernel& kernel)
    : stack_(stack),
      kernel_(kernel),
      polls_(kernel.num_online_cpus()),
      random_(kernel.random_seed() + 4),
      hash_secret_(random_.next()) {}

/// Two sockets may share a port if their addresses or devices differ, or if both asked for it.
bool Udp::conflict(const UdpSocket& sk, std::uint16_t port) const {
  for (const UdpSocket* o = hash_[port % kBuckets]; o != nullptr; o = o->hash_next_) {
    if (o == &sk || o->port_ != port || (o->reuse_ && sk.reuse_)) continue;
    if (o->bound_dev_ != nullptr && sk.bound_dev_ != nullptr && o->bound_dev_ != sk.bound_dev_) continue;
    if (o->rcv_saddr_.is_any() || sk.rcv_saddr_.is_any() || o->rcv_saddr_ == sk.rcv_saddr_) return true;
  }
  return false;
}

int Udp::get_port(UdpSocket& sk, std::uint16_t port) {
  kernel_.charge(kernel_.cost.lock);
  kernel_.sync();
  if (port == 0) {
    const std::uint32_t range = local_port_high - local_port_low + 1u;
    std::uint32_t offset = random_.below(range);
    for (std::uint32_t tries = 0; tries < range && port == 0; ++tries, ++offset) {
      const auto candidate = static_cast<std::uint16_t>(local_port_low + offset % range);
      if (!conflict(sk, candidate)) port = candidate;
    }
    if (port == 0) return -EADDRINUSE;
  } else if (conflict(sk, port)) {
    return -EADDRINUSE;
  }
  sk.port_ = port;
  sk.hash_next_ = bucket(port);
  bucket(port) = &sk;
  sk.hashed_ = true;
  rehash(sk);
  return 0;
}

void Udp::rehash(UdpSocket& sk) {
  // From the local address and port only, so all destinations of a socket share a queue (path-map B-73).
  sk.hash_value_ = jhash_1word(sk.rcv_saddr_.value, hash_secret_) ^ sk.port_;
}

void Udp::unhash(UdpSocket& sk) {
  kernel_.sync();
  if (!sk.hashed_) return;
  UdpSocket** link = &bucket(sk.port_);
  while (*link != &sk) link = &(*link)->hash_next_;
  *link = sk.hash_next_;
  sk.hashed_ = false;
  if (!sk.closed_) sk.port_ = 0;
}

/// compute_score; -1: not for this socket.
int Udp::score(const UdpSocket& sk, Ipv4Address saddr, std::uint16_t sport, Ipv4Address daddr,
               std::uint16_t dport, const NetDevice* dev) {
  if (sk.port_ != dport) return -1;
  int score = 2;  // PF_INET
  if (!sk.rcv_saddr_.is_any()) {
    if (sk.rcv_saddr_ != daddr) return -1;
    score += 4;
  }
  if (sk.connected_) {
    if (sk.peer_.address != saddr || sk.peer_.port != sport) return -1;
    score += 8;
  }
  if (sk.bound_dev_ != nullptr) {
    if (sk.bound_dev_ != dev) return -1;
    score += 4;
  }
  return score;
}

UdpSocket* Udp::lookup(Ipv4Address saddr, std::uint16_t sport, Ipv4Address daddr, std::uint16_t dport,
                       const NetDevice* dev) {
  kernel_.charge(kernel_.cost.instructions(path_cost::kUdpLookup) + kernel_.cost.l3_hit);
  kernel_.sync();
  UdpSocket* best = nullptr;
  int best_score = -1;
  unsigned walked = 0;
  for (UdpSocket* sk = bucket(dport); sk != nullptr; sk = sk->hash_next_) {
    ++walked;
    const int s = score(*sk, saddr, sport, daddr, dport, dev);
    if (s > best_score) {
      best = sk;
      best_score = s;
    }
  }
  kernel_.charge(kernel_.cost.instructions(path_cost::kUdpLookupPerSocket * walked));
  return best;
}

}  // namespace niclab::stack
