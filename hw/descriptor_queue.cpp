#include "hw/descriptor_queue.hpp"

#include <algorithm>
#include <cassert>

namespace niclab::hw {

namespace {
constexpr unsigned kPageBytes = 4096, kCacheLine = 4;  // 4 KB rule; a cache line in descriptors
}

void DescriptorQueue::restart(unsigned index) {
  take_ = fetch_ = index < length_ ? index : 0;
  outstanding_ = cached_ = cache_first_ = 0;
  done_first_ = done_count_ = reports_ = burst_ = 0;
}

unsigned DescriptorQueue::contiguous(unsigned index) const {
  const auto in_page = static_cast<unsigned>(address_of(index).value % kPageBytes);
  const auto to_page_end = (kPageBytes - in_page) / static_cast<unsigned>(kDescriptorBytes);
  return std::min(length_ - index, to_page_end);
}

std::optional<FetchRequest> DescriptorQueue::next_fetch(unsigned mrrs) {
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

void DescriptorQueue::fetched(std::span<const Descriptor> descriptors) {
  for (const Descriptor& d : descriptors.first(std::min<std::size_t>(descriptors.size(), outstanding_)))
    cache_[(cache_first_ + cached_++) % kCacheCapacity] = d;
  outstanding_ = 0;
}

TakenDescriptor DescriptorQueue::take() {
  const TakenDescriptor taken{take_, cache_[cache_first_]};
  cache_first_ = (cache_first_ + 1) % kCacheCapacity;
  --cached_;
  take_ = index_after(take_, 1);
  return taken;
}

void DescriptorQueue::completed(unsigned index, const Descriptor& writeback, Completion what) {
  if (what == Completion::none) return;
  if (what == Completion::quiet && wthresh_ == 0) return;    // no RS, no accumulation: never written
  if (done_count_ >= depth_ && reports_ == 0) drop_done(1);  // quiet ones nobody will ever report
  assert(done_count_ < kCapacity && "next_writeback() was not drained");
  done(done_count_++) = {index, what, writeback};
  if (what == Completion::report) ++reports_;
}

void DescriptorQueue::drop_done(unsigned n) {
  for (unsigned i = 0; i < n; ++i)
    if (done(i).what == Completion::report) --reports_;
  done_first_ = (done_first_ + n) % kCapacity;
  done_count_ -= n;
}

/// A burst reaches to the last completion that reports; what is quiet behind it waits.
void DescriptorQueue::start_burst() {
  burst_ = done_count_;
  while (burst_ != 0 && done(burst_ - 1).what != Completion::report) --burst_;
}

std::optional<WritebackRun> DescriptorQueue::next_writeback(bool flush) {
  if (burst_ == 0) {
    if (!released() && !(flush && reports_ != 0)) return std::nullopt;
    start_burst();
  }
  const unsigned first = done(0).index;
  const unsigned limit = std::min(burst_, contiguous(first));
  unsigned count = 0;
  while (count < limit && done(count).index == first + count) {
    run_[count] = done(count).writeback;
    ++count;
  }
  drop_done(count);
  burst_ -= count;
  return WritebackRun{first, address_of(first), {run_.data(), count}};
}

}  // namespace niclab::hw
