#include "tlm/i350/tx_ring_unit.hpp"

#include "tlm/i350/ring_unit_impl.hpp"

namespace niclab::sim {

using namespace hw;

namespace {
constexpr RingRegisters kRegisters{"TDT", "TXDCTL PTHRESH<<8|HTHRESH, WTHRESH", "TXDCTL.ENABLE"};
}

template class RingUnit<TxRing, RtlTxRing>;

TxRingUnit::TxRingUnit() : RingUnit(kRegisters) {}

void TxRingUnit::set_head(unsigned index, Time t) {
  model_.set_head(index);
  if (rtl_ == nullptr) return;
  history().add(t, "TDH", index);
  rtl_->set_head(index, t);
}

void TxRingUnit::rtl_completed(unsigned count, Time t) {
  transaction();
  history().add(t, "descriptors done", count);
  rtl_->completed(count, t);
}

std::optional<TxWriteback> TxRingUnit::rtl_next_writeback(Time t) {
  const auto rtl = rtl_->next_writeback(t);
  if (compared()) {
    const auto model = model_.next_writeback();
    const TxWriteback r = rtl.value_or(TxWriteback{}), m = model.value_or(TxWriteback{});
    if (rtl != model)
      check(report("write-back", t)
                .value("wb_valid", rtl.has_value(), model.has_value())
                .value("wb_index", r.index, m.index)
                .value("wb_mask", r.mask, m.mask));
  }
  if (rtl) {
    transaction();
    history().add(t, "write-back accepted: index, mask", rtl->index, rtl->mask);
  }
  return rtl;
}

}  // namespace niclab::sim
