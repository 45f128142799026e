// A transmit queue's ring in the fidelity a scenario chose (docs/rtl.md).
//
// Calls of one instant come in this order: register writes and completed(), next_fetch(), take(), fetched(),
// flush(); next_writeback() after any.
#pragma once

#include <optional>

#include "hw/tx_ring.hpp"
#include "tlm/i350/ring_unit.hpp"
#include "tlm/rtl/rtl_tx_ring.hpp"

namespace niclab::sim {

extern template class RingUnit<hw::TxRing, RtlTxRing>;

class TxRingUnit : public RingUnit<hw::TxRing, RtlTxRing> {
 public:
  TxRingUnit();
  /// TDH; only while disabled.
  void set_head(unsigned index, Time t);
  /// The next descriptor, without taking it; available() must not be 0.
  hw::Descriptor front(Time t) { return rtl_ == nullptr ? model_.front() : rtl_->front(t); }

  /// The oldest `count` descriptors taken and not yet done are done.
  void completed(unsigned count, Time t) {
    if (rtl_ != nullptr) rtl_completed(count, t);
    if (twin()) model_.completed(count);
  }
  std::optional<hw::TxWriteback> next_writeback(Time t) {
    return rtl_ == nullptr ? model_.next_writeback() : rtl_next_writeback(t);
  }

 private:
  void rtl_completed(unsigned count, Time t);
  std::optional<hw::TxWriteback> rtl_next_writeback(Time t);
};

}  // namespace niclab::sim
