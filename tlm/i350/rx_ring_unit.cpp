#include "tlm/i350/rx_ring_unit.hpp"

#include "tlm/i350/ring_unit_impl.hpp"

namespace niclab::sim {

using namespace hw;

namespace {
constexpr RingRegisters kRegisters{"RDT", "RXDCTL PTHRESH<<8|HTHRESH, WTHRESH", "RXDCTL.ENABLE"};
}

template class RingUnit<RxRing, RtlRxRing>;

RxRingUnit::RxRingUnit() : RingUnit(kRegisters) {}

void RxRingUnit::set_minimum_threshold(unsigned descriptors, Time t) {
  model_.set_minimum_threshold(descriptors);
  if (rtl_ == nullptr) return;
  history().add(t, "RDMTS, descriptors", descriptors);
  rtl_->set_minimum_threshold(descriptors, t);
}

void RxRingUnit::set_enabled(bool enabled, Time t) {
  if (enabled && !this->enabled()) writebacks_.clear();
  RingUnit::set_enabled(enabled, t);
}

void RxRingUnit::reset(Time t) {
  writebacks_.clear();
  RingUnit::reset(t);
}

unsigned RxRingUnit::rtl_free(Time t) {
  const unsigned free = rtl_->free(t);
  if (compared() && free != model_.free())
    check(report("descriptors not taken", t).value("free", free, model_.free()));
  return free;
}

bool RxRingUnit::rtl_reaches_minimum(Time t) {
  const bool low = rtl_->reaches_minimum(t);
  if (compared() && low != model_.reaches_minimum())
    check(report("minimum threshold", t).value("desc_low", low, model_.reaches_minimum()));
  return low;
}

void RxRingUnit::rtl_completed(Time t) {
  transaction();
  history().add(t, "descriptor done");
  rtl_->completed(t);
}

std::optional<RxBurst> RxRingUnit::rtl_next_writeback(Time t) {
  const auto rtl = rtl_->next_writeback(t);
  if (compared()) {
    const auto model = model_.next_writeback();
    const RxBurst r = rtl.value_or(RxBurst{}), m = model.value_or(RxBurst{});
    if (rtl != model)
      check(report("write-back", t)
                .value("wb_valid", rtl.has_value(), model.has_value())
                .value("wb_index", r.index, m.index)
                .value("wb_count", r.count, m.count));
  }
  if (rtl) {
    transaction();
    history().add(t, "write-back accepted: index, count", rtl->index, rtl->count);
  }
  return rtl;
}

}  // namespace niclab::sim
