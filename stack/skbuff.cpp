#include "stack/skbuff.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "stack/path_cost.hpp"

namespace niclab::stack {
namespace {

constexpr std::uint32_t kSmallHead = 2048, kLargeHead = 12288;
constexpr std::uint32_t kChunkBytes = 65536;
constexpr std::size_t kSlab = 64;  // sk_buffs allocated at once

constexpr std::uint32_t align64(std::uint32_t n) { return (n + 63u) & ~63u; }
// Sizes of 3.13 on x86-64, cache-line aligned.
constexpr std::uint32_t kSizeofSkBuff = 256, kSizeofSharedInfo = 320;
constexpr std::uint32_t kIgbRxTruesize = align64(256 + 64) + kSizeofSharedInfo + kSizeofSkBuff + 2048;

}  // namespace

void tell_begin(Kernel& k, const SkBuff& skb, Stage stage) {
  k.journeys()->begins(skb.journey, stage, k.moment());
}
void tell_end(Kernel& k, const SkBuff& skb, Stage stage) {
  k.journeys()->ends(skb.journey, stage, k.moment());
}
void tell_drop(Kernel& k, SkBuff& skb) { k.journeys()->dropped(std::exchange(skb.journey, JourneyId::none)); }

DataBuffer* BufferPool::get() {
  kernel_.sync();
  if (free_ == nullptr) {
    const std::uint32_t count = std::max(1u, kChunkBytes / buffer_size_);
    const std::uint32_t stride = (buffer_size_ + alignment_ - 1) / alignment_ * alignment_;
    std::byte* chunk = kernel_.alloc_host_memory(std::size_t{stride} * count, alignment_);
    for (std::uint32_t i = count; i-- > 0;) {  // lowest address first out
      auto b = std::make_unique<DataBuffer>();
      *b = {.base = chunk + std::size_t{stride} * i,
            .size = buffer_size_,
            .refs = 0,
            .pool = this,
            .next_free = free_};
      free_ = b.get();
      all_.push_back(std::move(b));
    }
  }
  DataBuffer* b = free_;
  free_ = b->next_free;
  b->refs = 1;
  return b;
}

void BufferPool::unref(DataBuffer* b) {
  b->pool->kernel_.sync();
  assert(b->refs > 0);
  if (--b->refs != 0) return;
  b->next_free = b->pool->free_;
  b->pool->free_ = b;
}

SkbPool::SkbPool(Kernel& kernel)
    : kernel_(kernel), small_(kernel, kSmallHead, 64), large_(kernel, kLargeHead, 64) {}
SkbPool::~SkbPool() = default;

SkBuff* SkbPool::take() {
  if (free_ == nullptr) {
    auto slab = std::make_unique<SkBuff[]>(kSlab);
    for (std::size_t i = kSlab; i-- > 0;) {
      slab[i].next = free_;
      free_ = &slab[i];
    }
    slabs_.push_back(std::move(slab));
  }
  SkBuff* s = free_;
  free_ = s->next;
  *s = SkBuff{};
  s->pool = this;
  return s;
}

SkbPtr SkbPool::alloc(std::uint32_t size) {
  assert(size <= kLargeHead);
  // sk_buff and head were freed last on another CPU, as a rule.
  kernel_.charge(kernel_.cost.slab_alloc * 2 + kernel_.cost.l3_hit * 2);
  DataBuffer* b = size <= kSmallHead ? small_.get() : large_.get();
  SkBuff* s = take();
  s->buffer = b;
  s->data = b->base;
  s->end = b->base + b->size;
  s->truesize = align64(size) + kSizeofSharedInfo + kSizeofSkBuff;
  return SkbPtr(s);
}

SkbPtr SkbPool::wrap(DataBuffer* page, std::byte* data, std::uint32_t length) {
  kernel_.charge(kernel_.cost.slab_alloc + kernel_.cost.l3_hit);
  kernel_.sync();
  BufferPool::ref(page);
  SkBuff* s = take();
  s->buffer = page;
  s->data = data;
  s->len = length;
  s->end = data + length;
  s->truesize = kIgbRxTruesize;
  return SkbPtr(s);
}

SkbPtr SkbPool::clone(const SkBuff& original) {
  kernel_.charge(kernel_.cost.slab_alloc + kernel_.cost.instructions(path_cost::kSkbClone));
  kernel_.sync();
  SkBuff* head = nullptr;
  SkBuff** link = &head;
  for (const SkBuff* from = &original; from != nullptr;
       from = from == &original ? original.frag_list : from->next) {
    SkBuff* s = take();
    *s = *from;
    s->next = nullptr;
    s->frag_list = nullptr;
    s->destructor = nullptr;
    s->owner = nullptr;
    s->journey = JourneyId::none;
    BufferPool::ref(s->buffer);
    *link = s;
    link = from == &original ? &head->frag_list : &s->next;
  }
  return SkbPtr(head);
}

void SkbDeleter::operator()(SkBuff* skb) const {
  SkbPool& pool = *skb->pool;
  Kernel& k = pool.kernel_;
  if (skb->destructor != nullptr) {
    k.sync();
    skb->destructor(*skb);
  }
  journey_dropped(k, *skb);
  k.charge(k.cost.instructions(path_cost::kKfreeSkb));
  SkBuff* rest = skb->frag_list;
  while (skb != nullptr) {
    assert(skb->frag_list == nullptr || skb->frag_list == rest);  // fragments have no fragments
    const bool own_head = skb->buffer->pool == &pool.small_ || skb->buffer->pool == &pool.large_;
    k.charge(k.cost.slab_free * (own_head ? 2 : 1));
    BufferPool::unref(skb->buffer);
    skb->next = pool.free_;
    pool.free_ = skb;
    skb = rest;
    if (rest != nullptr) rest = rest->next;
  }
}

}  // namespace niclab::stack
