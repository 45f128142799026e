#include "stack/defrag.hpp"

#include <cstring>
#include <utility>

#include "stack/net_stack.hpp"
#include "stack/path_cost.hpp"

namespace niclab::stack {
namespace {

/// ipfrag_skb_cb
struct FragCb {
  std::uint32_t offset;
};
std::uint32_t& offset_of(SkBuff& s) { return skb_cb<FragCb>(s).offset; }

}  // namespace

void FragQueue::expired() { owner->expire(*this); }

void IpFrags::release_packets() {
  for (FragQueue& q : pool_)
    while (q.live && q.fragments != nullptr) SkbPtr(std::exchange(q.fragments, q.fragments->next)).reset();
}

unsigned IpFrags::bucket(Ipv4Address saddr, Ipv4Address daddr, std::uint16_t id,
                         std::uint8_t protocol) const {
  return jhash_3words(std::uint32_t{id} << 16 | protocol, saddr.value, daddr.value, 0) % kBuckets;
}

void IpFrags::lru_append(FragQueue& q) {
  q.older = newest_;
  q.newer = nullptr;
  (newest_ != nullptr ? newest_->newer : oldest_) = &q;
  newest_ = &q;
}

void IpFrags::lru_remove(FragQueue& q) {
  (q.older != nullptr ? q.older->newer : oldest_) = q.newer;
  (q.newer != nullptr ? q.newer->older : newest_) = q.older;
}

/// The queue of the fragment's datagram, made when there is none.
FragQueue& IpFrags::find(const SkBuff& skb) {
  const IpHeader ip{skb.data};
  FragQueue*& head = hash_[bucket(ip.saddr(), ip.daddr(), ip.id(), ip.protocol())];
  for (FragQueue* q = head; q != nullptr; q = q->next)
    if (q->id == ip.id() && q->saddr == ip.saddr() && q->daddr == ip.daddr() &&
        q->protocol == ip.protocol()) {
      lru_remove(*q);
      lru_append(*q);
      return *q;
    }
  FragQueue* q = free_;
  if (q != nullptr)
    free_ = q->next;
  else
    q = &pool_.emplace_back();
  q->owner = this;
  q->saddr = ip.saddr();
  q->daddr = ip.daddr();
  q->id = ip.id();
  q->protocol = ip.protocol();
  q->first_in = q->last_in = false;
  q->length = q->meat = q->memory = 0;
  q->fragments = nullptr;
  q->timer.expired = Callback::to<&FragQueue::expired>(*q);
  q->next = head;
  head = q;
  lru_append(*q);
  ++count_;
  q->live = true;
  q->deadline = kernel_.jiffies() + std::uint64_t{timeout_seconds} * kernel_.profile.hz;
  kernel_.mod_timer(q->timer, q->deadline);
  return *q;
}

/// Unlinks the queue; what it held goes to `garbage`, to be freed once nothing is half-changed.
void IpFrags::kill(FragQueue& q, SkbQueue& garbage) {
  FragQueue** link = &hash_[bucket(q.saddr, q.daddr, q.id, q.protocol)];
  while (*link != &q) link = &(*link)->next;
  *link = q.next;
  lru_remove(q);
  memory_ -= std::exchange(q.memory, 0);
  while (q.fragments != nullptr) garbage.push_back(SkbPtr(std::exchange(q.fragments, q.fragments->next)));
  --count_;
  q.live = false;
  q.next = free_;
  free_ = &q;
  kernel_.del_timer(q.timer);
}

/// ip_evictor: too much memory; oldest datagrams go.
void IpFrags::evict(SkbQueue& garbage) {
  if (memory_ <= high_thresh) return;
  while (memory_ > low_thresh && oldest_ != nullptr) {
    ++stack_.mib.ip.ReasmFails;
    kill(*oldest_, garbage);
  }
}

SkbPtr IpFrags::defrag(SkbPtr skb) {
  kernel_.charge(kernel_.cost.instructions(path_cost::kIpDefrag));
  ++stack_.mib.ip.ReasmReqds;
  if (!skb_linearize(skb)) return nullptr;
  SkbQueue garbage;  // freed after unlocking
  kernel_.lock(lock_);
  evict(garbage);
  FragQueue& q = find(*skb);
  SkbPtr whole = queue(q, std::move(skb), garbage);
  kernel_.unlock(lock_);
  return whole;
}

SkbPtr IpFrags::queue(FragQueue& q, SkbPtr skb, SkbQueue& garbage) {
  const IpHeader ip{skb->data};
  const std::uint32_t header = ip.header_length();
  const bool more = (ip.frag_off() & kIpMf) != 0;
  std::uint32_t offset = (ip.frag_off() & kIpOffsetMask) * 8u;
  std::uint32_t end = offset + skb->len - header;
  const auto discard = [&]() -> SkbPtr {
    garbage.push_back(std::move(skb));
    return nullptr;
  };
  if (!more) {
    // The last fragment must not contradict what is known of the end.
    if (end < q.length || (q.last_in && end != q.length)) return discard();
    q.last_in = true;
    q.length = end;
  } else {
    end &= ~7u;
    if (end > q.length) {
      if (q.last_in) return discard();
      q.length = end;
    }
  }
  if (end <= offset) return discard();
  const bool is_first = offset == 0;
  // The first fragment keeps its IP header in front of its data.
  skb->pull(header);
  skb->trim(end - offset);
  SkBuff* previous = nullptr;
  SkBuff* next = q.fragments;
  while (next != nullptr && offset_of(*next) < offset) previous = std::exchange(next, next->next);
  if (previous != nullptr) {
    const std::uint32_t previous_end = offset_of(*previous) + previous->len;
    if (previous_end > offset) {
      offset = previous_end;
      if (end <= offset) return discard();
      skb->pull(skb->len - (end - offset));
      skb->ip_summed = IpSummed::none;
    }
  }
  while (next != nullptr && offset_of(*next) < end) {
    const std::uint32_t overlap = end - offset_of(*next);
    if (overlap < next->len) {
      next->pull(overlap);
      offset_of(*next) += overlap;
      q.meat -= overlap;
      next->ip_summed = IpSummed::none;
      break;
    }
    SkBuff* covered = std::exchange(next, next->next);
    (previous != nullptr ? previous->next : q.fragments) = next;
    q.meat -= covered->len;
    q.memory -= covered->truesize;
    memory_ -= covered->truesize;
    garbage.push_back(SkbPtr(covered));
  }
  offset_of(*skb) = offset;
  q.meat += skb->len;
  q.memory += skb->truesize;
  memory_ += skb->truesize;
  if (is_first) q.first_in = true;
  SkBuff* s = skb.release();
  s->next = next;
  (previous != nullptr ? previous->next : q.fragments) = s;
  if (!q.first_in || !q.last_in || q.meat != q.length) return nullptr;
  return reassemble(q, garbage);
}

/// ip_frag_reasm: the first fragment becomes the datagram, the others its frag_list.
SkbPtr IpFrags::reassemble(FragQueue& q, SkbQueue& garbage) {
  kernel_.charge(kernel_.cost.instructions(path_cost::kIpFragReasm));
  SkbPtr head(std::exchange(q.fragments, nullptr));
  SkBuff* rest = std::exchange(head->next, nullptr);
  const std::uint32_t payload = q.length;
  kill(q, garbage);
  const IpHeader ip{head->at(head->network_header)};
  const std::uint32_t header = ip.header_length();
  head->frag_list = rest;
  journey_dropped(kernel_, *head);
  for (SkBuff* s = rest; s != nullptr; s = s->next) {
    head->data_len += s->len;
    head->truesize += s->truesize;
    if (s->ip_summed != head->ip_summed) head->ip_summed = IpSummed::none;
    if (s->stamp > head->stamp) head->stamp = s->stamp;
  }
  if (payload + header > 0xffff) {
    ++stack_.mib.ip.ReasmFails;
    garbage.push_back(std::move(head));
    return nullptr;
  }
  // pull() left the header where it was; overlap rules never trim the front of the fragment at offset 0.
  head->push(header);
  ip.set_tot_len(static_cast<std::uint16_t>(payload + header));
  ip.set_frag_off(0);
  ip.update_checksum();
  ++stack_.mib.ip.ReasmOKs;
  return head;
}

/// ip_expire
void IpFrags::expire(FragQueue& q) {
  SkbQueue garbage;
  kernel_.lock(lock_);
  const bool due = q.live && kernel_.jiffies() >= q.deadline;
  const bool report = due && q.first_in;
  if (due) {
    ++stack_.mib.ip.ReasmTimeout;
    ++stack_.mib.ip.ReasmFails;
    kill(q, garbage);
  }
  kernel_.unlock(lock_);
  if (!report || garbage.empty()) return;
  SkBuff& head = *garbage.front();
  head.push(static_cast<std::uint32_t>(head.offset() - head.network_header));
  head.frag_list = nullptr;
  stack_.icmp().send_error(head, icmp_type::kTimeExceeded, icmp_code::kFragTime, 0);
}

}  // namespace niclab::stack
