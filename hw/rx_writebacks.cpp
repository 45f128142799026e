#include "hw/rx_writebacks.hpp"

#include <algorithm>
#include <cassert>

namespace niclab::hw {

WritebackRun RxWritebacks::next(const DescriptorPrefetch& ring) {
  assert(burst_ != 0 && burst_ <= last_ - first_);
  const unsigned count = std::min(burst_, ring.contiguous(index_));
  const WritebackRun run{index_, ring.address_of(index_), {&contents_[first_], count}};
  first_ += count;
  burst_ -= count;
  index_ = ring.index_after(index_, count);
  if (first_ == last_) first_ = last_ = 0;
  return run;
}

void RxWritebacks::move_down() {
  std::copy(contents_.begin() + first_, contents_.begin() + last_, contents_.begin());
  last_ -= first_;
  first_ = 0;
}

}  // namespace niclab::hw
