#include "stack/neighbour.hpp"

#include <algorithm>
#include <cerrno>

#include "stack/net_stack.hpp"
#include "stack/path_cost.hpp"

namespace niclab::stack {

NeighbourTable::NeighbourTable(NetStack& stack, Kernel& kernel) : stack_(stack), kernel_(kernel) {
  const std::uint64_t base = hz(parameters.base_reachable_seconds);
  reachable_time_ = base / 2 + Random(kernel.random_seed() + 2).below(static_cast<std::uint32_t>(base));
}

void Neighbour::expired() { table->timer_expired(*this); }

Neighbour* NeighbourTable::lookup(const NetDevice& dev, Ipv4Address address) {
  kernel_.sync();
  ++stack_.mib.arp_cache.lookups;
  for (Neighbour* n = hash_[bucket(address)]; n != nullptr; n = n->next)
    if (n->address == address && n->dev == &dev) {
      ++stack_.mib.arp_cache.hits;
      return n;
    }
  return nullptr;
}

/// Forced garbage collection: gives up the entry unused for longest that is neither connected nor being
/// resolved.
bool NeighbourTable::make_room() {
  ++stack_.mib.arp_cache.forced_gc_runs;
  const std::uint64_t now = kernel_.jiffies();
  Neighbour* oldest = nullptr;
  for (Neighbour& n : pool_) {
    if (!n.in_use || (n.state & (kNudConnected | kNudInTimer)) != 0 || n.updated + hz(5) > now) continue;
    if (oldest == nullptr || n.updated < oldest->updated) oldest = &n;
  }
  if (oldest == nullptr) return false;
  Neighbour** link = &hash_[bucket(oldest->address)];
  while (*link != oldest) link = &(*link)->next;
  *link = oldest->next;
  oldest->in_use = false;
  --entries_;
  ++stack_.mib.arp_cache.destroys;
  return true;
}

Neighbour* NeighbourTable::lookup_or_create(NetDevice& dev, Ipv4Address address) {
  const std::uint64_t now = kernel_.jiffies();
  if (Neighbour* n = lookup(dev, address)) return n;
  if (entries_ >= parameters.gc_thresh3 && !make_room()) return nullptr;
  const auto unused = std::find_if(pool_.begin(), pool_.end(), [](const Neighbour& n) { return !n.in_use; });
  Neighbour& n = unused != pool_.end() ? *unused : pool_.emplace_back();
  ++entries_;
  ++stack_.mib.arp_cache.allocs;
  n.table = this;
  n.dev = &dev;
  n.address = address;
  n.ha = {};
  n.state = kNudNone;
  n.probes = 0;
  n.in_use = true;
  n.updated = n.used = now;
  const std::uint64_t age = reachable_time_ * 2;
  n.confirmed = n.updated > age ? n.updated - age : 0;
  n.timer.expired = Callback::to<&Neighbour::expired>(n);
  n.next = hash_[bucket(address)];
  hash_[bucket(address)] = &n;
  return &n;
}

void NeighbourTable::arm(Neighbour& n, std::uint64_t at) { kernel_.mod_timer(n.timer, at); }

int NeighbourTable::output(Neighbour& n, SkbPtr skb) {
  kernel_.sync();
  if ((n.state & kNudConnected) != 0) [[likely]]
    return dev_hard_header_and_xmit(stack_, std::move(skb), *n.dev, n.ha);
  kernel_.charge(kernel_.cost.instructions(path_cost::kNeighResolveOutput));
  kernel_.sync();
  if (!event_send(n, skb)) return 0;
  return dev_hard_header_and_xmit(stack_, std::move(skb), *n.dev, n.ha);
}

bool NeighbourTable::event_send(Neighbour& n, SkbPtr& skb) {
  const std::uint64_t now = kernel_.jiffies();
  n.used = now;
  if ((n.state & (kNudConnected | kNudDelay | kNudProbe)) != 0) return true;
  if (n.state == kNudStale) {
    n.state = kNudDelay;
    n.updated = now;
    arm(n, now + hz(parameters.delay_first_probe_seconds));
    return true;
  }
  const bool start = n.state == kNudNone || n.state == kNudFailed;
  if (start && parameters.mcast_solicit == 0) {
    n.state = kNudFailed;
    n.updated = now;
    skb.reset();
    return false;
  }
  SkbQueue discarded;  // freed on return: freeing synchronises, and the entry must not change in between
  while (!n.queue.empty() && n.queue_bytes + skb->truesize > parameters.unres_qlen_bytes) {
    n.queue_bytes -= n.queue.front()->truesize;
    discarded.push_back(n.queue.pop_front());
    ++stack_.mib.arp_cache.unresolved_discards;
  }
  n.queue_bytes += skb->truesize;
  n.queue.push_back(std::move(skb));
  if (!start) return false;
  n.state = kNudIncomplete;
  n.updated = now;
  n.probes = parameters.ucast_solicit;  // only the multicast probes are left
  arm(n, now + std::max(hz(parameters.retrans_seconds), hz(1) / 2));
  solicit(n);
  return false;
}

/// arp_solicit: broadcast, or to the known address while probing.
void NeighbourTable::solicit(Neighbour& n) {
  const bool unicast = n.state == kNudProbe && n.probes < parameters.ucast_solicit;
  const MacAddress to = unicast ? n.ha : MacAddress::broadcast();
  ++n.probes;
  stack_.arp().send_request(*n.dev, n.address, to);
}

void NeighbourTable::timer_expired(Neighbour& n) {
  kernel_.charge(kernel_.cost.instructions(path_cost::kNeighTimer));
  const std::uint64_t now = kernel_.jiffies();
  const std::uint64_t delay = hz(parameters.delay_first_probe_seconds);
  if ((n.state & kNudInTimer) == 0) return;
  std::uint64_t next = now + hz(parameters.retrans_seconds);
  if (n.state == kNudReachable) {
    if (now <= n.confirmed + reachable_time_) {
      next = n.confirmed + reachable_time_;
    } else if (now <= n.used + delay) {
      n.state = kNudDelay;
      n.updated = now;
      next = now + delay;
    } else {
      n.state = kNudStale;
      n.updated = now;
    }
  } else if (n.state == kNudDelay) {
    if (now <= n.confirmed + delay) {
      n.state = kNudReachable;
      n.updated = now;
      next = n.confirmed + reachable_time_;
    } else {
      n.state = kNudProbe;
      n.updated = now;
      n.probes = 0;
    }
  }
  const unsigned limit =
      n.state == kNudProbe ? parameters.ucast_solicit : parameters.ucast_solicit + parameters.mcast_solicit;
  if ((n.state & (kNudIncomplete | kNudProbe)) != 0 && n.probes >= limit) {
    n.state = kNudFailed;
    n.updated = now;
    invalidate(n);
    return;
  }
  if ((n.state & kNudInTimer) != 0) arm(n, std::max(next, now + 1));
  if ((n.state & (kNudIncomplete | kNudProbe)) != 0) solicit(n);
}

/// neigh_invalidate: the waiting packets are answered with host unreachable and freed.
void NeighbourTable::invalidate(Neighbour& n) {
  ++stack_.mib.arp_cache.res_failed;
  kernel_.sync();
  while (n.state == kNudFailed && !n.queue.empty()) {
    SkbPtr skb = n.queue.pop_front();
    n.queue_bytes -= skb->truesize;
    stack_.icmp().send_error(*skb, icmp_type::kDestUnreach, icmp_code::kHostUnreach, 0);
    skb.reset();
    kernel_.sync();
  }
}

void NeighbourTable::flush_queue(Neighbour& n) {
  kernel_.sync();
  while ((n.state & kNudValid) != 0 && !n.queue.empty()) {
    SkbPtr skb = n.queue.pop_front();
    n.queue_bytes -= skb->truesize;
    output(n, std::move(skb));
    kernel_.sync();
  }
}

void NeighbourTable::update(Neighbour& n, MacAddress ha, std::uint8_t state, bool override_address) {
  const std::uint64_t now = kernel_.jiffies();
  const std::uint8_t old = n.state;
  if (old == kNudPermanent && state != kNudPermanent) return;
  if ((state & kNudConnected) != 0) n.confirmed = now;
  n.updated = now;
  const bool same = (old & kNudValid) != 0 && ha == n.ha;
  if ((old & kNudValid) != 0) {
    if (!same && !override_address) return;
    if (same && state == kNudStale && (old & kNudConnected) != 0) state = old;
  }
  if (state != old) {
    kernel_.del_timer(n.timer);
    n.state = state;
    if ((state & kNudInTimer) != 0) arm(n, now + (state == kNudReachable ? reachable_time_ : 0));
  }
  if (!same) {
    n.ha = ha;
    const std::uint64_t age = 2 * hz(parameters.base_reachable_seconds);
    if ((state & kNudConnected) == 0) n.confirmed = now > age ? now - age : 0;
  }
  if (state != old && (old & kNudValid) == 0) flush_queue(n);
}

void NeighbourTable::add_static(NetDevice& dev, Ipv4Address address, MacAddress ha) {
  BhGuard bh(kernel_);
  Neighbour* n = lookup_or_create(dev, address);
  if (n != nullptr) update(*n, ha, kNudPermanent, true);
}

void NeighbourTable::confirm(Neighbour& n) {
  const std::uint64_t now = kernel_.jiffies();
  if (n.confirmed != now) n.confirmed = now;
}

void NeighbourTable::device_down(NetDevice& dev) {
  BhGuard bh(kernel_);
  for (std::size_t i = 0; i < pool_.size(); ++i) {  // grows while we synchronise
    Neighbour& n = pool_[i];
    if (!n.in_use || n.dev != &dev || n.state == kNudPermanent) continue;
    kernel_.del_timer(n.timer);
    n.state = kNudNone;
    n.queue_bytes = 0;
    n.queue.clear();
  }
}

int dev_hard_header_and_xmit(NetStack& stack, SkbPtr skb, NetDevice& dev, MacAddress to) {
  if (skb->headroom() < kEthHeaderLength) return -ENOMEM;  // every path reserves it (path-map B-54)
  std::byte* h = skb->push(kEthHeaderLength);
  to.store(h);
  dev.dev_addr.store(h + 6);
  store_be16(h + 12, skb->protocol);
  skb->dev = &dev;
  journey_ends(stack.kernel(), *skb, Stage::tx_stack);
  return stack.dev().dev_queue_xmit(std::move(skb));
}

}  // namespace niclab::stack
