#include "hw/descriptor_prefetch.hpp"

#include <algorithm>

namespace niclab::hw {

namespace {
constexpr unsigned kPageBytes = 4096, kCacheLine = 4;  // 4 KB rule; a cache line in descriptors
}

void DescriptorPrefetch::restart(unsigned index) {
  take_ = fetch_ = index < length_ ? index : 0;
  outstanding_ = cached_ = cache_first_ = 0;
}

unsigned DescriptorPrefetch::contiguous(unsigned index) const {
  const auto in_page = static_cast<unsigned>(address_of(index).value % kPageBytes);
  const auto to_page_end = (kPageBytes - in_page) / static_cast<unsigned>(kDescriptorBytes);
  return std::min(length_ - index, to_page_end);
}

std::optional<FetchRequest> DescriptorPrefetch::next_fetch(unsigned mrrs) {
  if (!wants_fetch()) return std::nullopt;
  const unsigned host = distance(fetch_, tail_);
  const unsigned wanted = std::min({host, depth_ - cached_, contiguous(fetch_)});
  unsigned count = std::min(wanted, mrrs / static_cast<unsigned>(kDescriptorBytes));
  if (count < wanted) {  // cut by MRRS: end on a cache line
    const auto past =
        static_cast<unsigned>((address_of(fetch_).value / kDescriptorBytes + count) % kCacheLine);
    if (past < count) count -= past;
  }
  const FetchRequest request{fetch_, count, address_of(fetch_)};
  fetch_ = index_after(fetch_, count);
  outstanding_ = count;
  return request;
}

void DescriptorPrefetch::fetched(std::span<const Descriptor> descriptors) {
  for (const Descriptor& d : descriptors.first(std::min<std::size_t>(descriptors.size(), outstanding_)))
    cache_[(cache_first_ + cached_++) % kCacheCapacity] = d;
  outstanding_ = 0;
}

TakenDescriptor DescriptorPrefetch::take() {
  const TakenDescriptor taken{take_, cache_[cache_first_]};
  cache_first_ = (cache_first_ + 1) % kCacheCapacity;
  --cached_;
  take_ = index_after(take_, 1);
  return taken;
}

}  // namespace niclab::hw
