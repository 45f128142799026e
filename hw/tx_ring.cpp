#include "hw/tx_ring.hpp"

namespace niclab::hw {

void TxRing::set_enabled(bool enable) {
  if (enable && !enabled()) {
    restart(head());
    oldest_ = head();
    total_ = done_ = burst_ = 0;
    data_ = report_ = 0;
  }
  DescriptorPrefetch::set_enabled(enable);
}

TakenDescriptor TxRing::take() {
  const TakenDescriptor taken = DescriptorPrefetch::take();
  if (carries_data(tx_type(taken.descriptor))) {
    const std::uint64_t entry = std::uint64_t{1} << total_;
    data_ |= entry;
    if ((taken.descriptor.dw[2] & txd::RS) != 0) report_ |= entry;
  }
  ++total_;
  return taken;
}

void TxRing::release() {
  if (burst_ != 0 || done_ == 0) return;
  const unsigned reports = pending_reports();
  const bool pressed = wthresh_ == 0 || done_ >= kPacket;
  if (reports == 0) {
    if (pressed) retire(done_);  // nobody will ever report these
  } else if (pressed || reports >= wthresh_) {
    begin_burst();
  }
}

void TxRing::retire(unsigned count) {
  oldest_ = index_after(oldest_, count);
  total_ -= count;
  done_ -= count;
  data_ = count >= 64 ? 0 : data_ >> count;
  report_ = count >= 64 ? 0 : report_ >> count;
}

std::optional<TxWriteback> TxRing::next_writeback() {
  if (burst_ == 0) return std::nullopt;
  const TxWriteback burst{oldest_, (all_data_ ? data_ : report_) & low(burst_)};
  retire(burst_);
  burst_ = 0;
  release();
  return burst;
}

}  // namespace niclab::hw
