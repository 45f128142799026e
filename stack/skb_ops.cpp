#include "stack/skb_ops.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace niclab::stack {
namespace {

constexpr std::uint32_t kLargestLinear = 9728 + 256;

/// Calls f(span) for each linear piece of [offset, offset+length).
template <class F>
void for_each_piece(const SkBuff& skb, std::uint32_t offset, std::uint32_t length, F&& f) {
  for (const SkBuff* s = &skb; s != nullptr && length > 0; s = s == &skb ? skb.frag_list : s->next) {
    if (offset >= s->len) {
      offset -= s->len;
      continue;
    }
    const std::uint32_t n = std::min(length, s->len - offset);
    f(std::span<const std::byte>(s->data + offset, n));
    offset = 0;
    length -= n;
  }
}

}  // namespace

bool skb_copy_bits(const SkBuff& skb, std::uint32_t offset, std::span<std::byte> to) {
  if (offset > skb.total_len() || to.size() > skb.total_len() - offset) return false;
  std::byte* out = to.data();
  for_each_piece(skb, offset, static_cast<std::uint32_t>(to.size()), [&](std::span<const std::byte> piece) {
    std::memcpy(out, piece.data(), piece.size());
    out += piece.size();
  });
  return true;
}

void skb_checksum(const SkBuff& skb, std::uint32_t offset, std::uint32_t length, InetChecksum& sum) {
  if (offset + length <= skb.len) {  // one piece: the usual case
    sum.add({skb.data + offset, length});
    return;
  }
  bool odd = false;
  for_each_piece(skb, offset, length, [&](std::span<const std::byte> piece) {
    InetChecksum part;
    part.add(piece);
    sum.add16(odd ? __builtin_bswap16(part.partial()) : part.partial());
    odd ^= (piece.size() & 1) != 0;
  });
}

void pskb_trim(SkBuff& skb, std::uint32_t length) {
  if (length >= skb.total_len()) return;
  if (length <= skb.len) {
    skb.len = length;
    SkBuff* rest = skb.frag_list;
    skb.frag_list = nullptr;
    skb.data_len = 0;
    while (rest != nullptr) SkbPtr(std::exchange(rest, rest->next)).reset();
    return;
  }
  std::uint32_t left = length - skb.len;
  skb.data_len = left;
  SkBuff* s = skb.frag_list;
  while (left > s->len) {
    left -= s->len;
    s = s->next;
  }
  s->len = left;
  SkBuff* rest = std::exchange(s->next, nullptr);
  while (rest != nullptr) SkbPtr(std::exchange(rest, rest->next)).reset();
}

bool pskb_may_pull(SkbPtr& skb, std::uint32_t length) {
  if (length <= skb->len) return true;
  return length <= skb->total_len() && skb_linearize(skb);
}

bool skb_linearize(SkbPtr& skb) {
  if (skb->frag_list == nullptr) return true;
  const std::uint32_t total = skb->total_len();
  // Keep the whole headroom: header offsets stay valid relative to the data.
  const std::uint32_t kept = std::min(skb->headroom(), 128u);
  if (total + kept > kLargestLinear) return false;
  Kernel& k = skb->pool->kernel();
  SkbPtr flat = skb->pool->alloc(kept + total);
  k.charge(k.cost.copy(total));
  const std::uint32_t shift = skb->headroom() - kept;
  const auto moved = [&](std::uint16_t header) {
    return static_cast<std::uint16_t>(header >= shift ? header - shift : 0);
  };
  flat->reserve(kept);
  if (kept > 0) std::memcpy(flat->buffer->base, skb->data - kept, kept);
  skb_copy_bits(*skb, 0, {flat->put(total), total});
  flat->mac_header = moved(skb->mac_header);
  flat->network_header = moved(skb->network_header);
  flat->transport_header = moved(skb->transport_header);
  flat->protocol = skb->protocol;
  flat->pkt_type = skb->pkt_type;
  flat->ip_summed = skb->ip_summed;
  flat->priority = skb->priority;
  flat->rx_queue_recorded = skb->rx_queue_recorded;
  flat->queue_mapping = skb->queue_mapping;
  flat->csum_start = moved(skb->csum_start);
  flat->csum_offset = skb->csum_offset;
  flat->rxhash = skb->rxhash;
  flat->dev = skb->dev;
  flat->dst = skb->dst;
  flat->stamp = skb->stamp;
  flat->journey = std::exchange(skb->journey, JourneyId::none);
  std::memcpy(flat->cb, skb->cb, sizeof flat->cb);
  // The accounting moves along: the old truesize is what was charged.
  flat->truesize = skb->truesize;
  flat->destructor = std::exchange(skb->destructor, nullptr);
  flat->owner = std::exchange(skb->owner, nullptr);
  skb = std::move(flat);
  return true;
}

}  // namespace niclab::stack
