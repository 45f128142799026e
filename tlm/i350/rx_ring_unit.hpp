// A receive queue's ring in the fidelity a scenario chose, and beside it what its finished descriptors will
// hold (docs/rtl.md).
//
// Calls of one instant come in this order: register writes, free(), next_fetch(), take(), completed(),
// fetched(), flush(); next_writeback() after any.
#pragma once

#include <optional>

#include "hw/rx_ring.hpp"
#include "hw/rx_writebacks.hpp"
#include "tlm/i350/ring_unit.hpp"
#include "tlm/rtl/rtl_rx_ring.hpp"

namespace niclab::sim {

extern template class RingUnit<hw::RxRing, RtlRxRing>;

class RxRingUnit : public RingUnit<hw::RxRing, RtlRxRing> {
 public:
  RxRingUnit();
  /// In descriptors; 0 is off.
  void set_minimum_threshold(unsigned descriptors, Time t);
  void set_enabled(bool enabled, Time t);
  void reset(Time t);

  /// Descriptors the device owns and has not taken.
  unsigned free(Time t) { return rtl_ == nullptr ? model_.free() : rtl_free(t); }
  /// Whether take() makes the free descriptors sink to the minimum threshold (fact base 2.7.3).
  bool reaches_minimum(Time t) { return rtl_ == nullptr ? model_.reaches_minimum() : rtl_reaches_minimum(t); }

  /// The oldest descriptor taken and not yet done is done; `content` goes back to its place in the ring. None
  /// that was taken before the queue was enabled again.
  void completed(const hw::Descriptor& content, Time t) {
    writebacks_.put(content);
    if (rtl_ != nullptr) rtl_completed(t);
    if (twin()) model_.completed();
  }
  /// The next run to write of what completed() or flush() released. Ask until there is none.
  std::optional<hw::WritebackRun> next_writeback(Time t) {
    if (!writebacks_.in_burst()) {
      const auto burst = rtl_ == nullptr ? model_.next_writeback() : rtl_next_writeback(t);
      if (!burst) return std::nullopt;
      writebacks_.begin(*burst);
    }
    return writebacks_.next(model_);
  }

 private:
  unsigned rtl_free(Time t);
  bool rtl_reaches_minimum(Time t);
  void rtl_completed(Time t);
  std::optional<hw::RxBurst> rtl_next_writeback(Time t);

  hw::RxWritebacks writebacks_;
};

}  // namespace niclab::sim
