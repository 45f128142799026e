#include "hw/rx_queue.hpp"

#include <algorithm>
#include <cassert>

namespace niclab::hw {

void RxQueue::set_enabled(bool enable) {
  if (enable && !enabled()) {
    restart(0);
    done_first_ = done_count_ = burst_ = 0;
  }
  DescriptorPrefetch::set_enabled(enable);
}

void RxQueue::completed(unsigned index, const Descriptor& writeback) {
  assert(done_count_ < kCapacity && "next_writeback() was not drained");
  done(done_count_++) = {index, writeback};
}

std::optional<WritebackRun> RxQueue::next_writeback(bool flush) {
  if (burst_ == 0) {
    if (!released() && !(flush && done_count_ != 0)) return std::nullopt;
    burst_ = done_count_;
  }
  const unsigned first = done(0).index;
  const unsigned count = std::min(burst_, contiguous(first));
  for (unsigned i = 0; i < count; ++i) run_[i] = done(i).writeback;
  done_first_ = (done_first_ + count) % kCapacity;
  done_count_ -= count;
  burst_ -= count;
  return WritebackRun{first, address_of(first), {run_.data(), count}};
}

}  // namespace niclab::hw
