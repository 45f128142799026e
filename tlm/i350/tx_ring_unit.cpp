#include "tlm/i350/tx_ring_unit.hpp"

#include "base/digest.hpp"

namespace niclab::sim {

using namespace hw;

void TxRingUnit::choose(Fidelity fidelity, RtlWorld* world, Engine& engine, unsigned agent,
                        std::string name) {
  compare_ = fidelity == Fidelity::lockstep;
  if (fidelity != Fidelity::model) rtl_ = std::make_unique<RtlTxRing>(*world, engine, agent, std::move(name));
}

// --- registers -----------------------------------------------------------------------------------

void TxRingUnit::set_ring(DmaAddress base, std::uint32_t bytes, Time t) {
  model_.set_ring(base, bytes);
  if (rtl_ == nullptr) return;
  history().add(t, "ring of descriptors, base", model_.length(), base.value);
  rtl_->set_ring(base, model_.length(), t);
}

void TxRingUnit::set_head(unsigned index, Time t) {
  model_.set_head(index);
  if (rtl_ == nullptr) return;
  history().add(t, "TDH", index);
  rtl_->set_head(index, t);
}

void TxRingUnit::set_tail(unsigned index, Time t) {
  model_.set_tail(index);
  if (rtl_ == nullptr) return;
  history().add(t, "TDT", index);
  rtl_->set_tail(model_.tail(), t);
}

void TxRingUnit::set_thresholds(unsigned pthresh, unsigned hthresh, unsigned wthresh, Time t) {
  model_.set_thresholds(pthresh, hthresh, wthresh);
  if (rtl_ == nullptr) return;
  history().add(t, "TXDCTL PTHRESH<<8|HTHRESH, WTHRESH", pthresh << 8 | hthresh, wthresh);
  rtl_->set_thresholds(pthresh, hthresh, wthresh, t);
}

void TxRingUnit::set_enabled(bool enabled, Time t) {
  model_.set_enabled(enabled);
  if (rtl_ == nullptr) return;
  history().add(t, "TXDCTL.ENABLE", enabled);
  rtl_->set_enabled(enabled, t);
}

void TxRingUnit::reset(Time t) {
  model_ = TxRing();
  if (rtl_ == nullptr) return;
  history().add(t, "reset");
  rtl_->reset(t);
}

unsigned TxRingUnit::rtl_head(Time t) {
  const unsigned head = rtl_->head(t);
  if (compare_ && head != model_.head()) check(report("register read", t).value("head", head, model_.head()));
  return head;
}

// --- fetching and taking -------------------------------------------------------------------------

/// While descriptors enter the cache the block does not know yet how many will be there: its arbiter counts.
bool TxRingUnit::rtl_wants_fetch(Time t) {
  if (!rtl_->filling(t)) return rtl_->wants_fetch(t);
  return model_.enabled() && model_.prefetch_wanted(rtl_->fetch_index(t), rtl_->available(t));
}

std::optional<FetchRequest> TxRingUnit::rtl_next_fetch(unsigned mrrs, Time t) {
  const auto rtl = rtl_->next_fetch(mrrs, t);
  if (compare_) {
    const auto model = model_.next_fetch(mrrs);
    const FetchRequest r = rtl.value_or(FetchRequest{}), m = model.value_or(FetchRequest{});
    if (rtl != model)
      check(report("descriptor fetch", t)
                .value("fetch_valid", rtl.has_value(), model.has_value())
                .value("fetch_index", r.index, m.index)
                .value("fetch_count", r.count, m.count)
                .value("fetch_address", r.address.value, m.address.value));
  }
  if (rtl) {
    ++transactions_;
    history().add(t, "fetch accepted: index, count", rtl->index, rtl->count);
  }
  return rtl;
}

void TxRingUnit::rtl_fetched(std::span<const Descriptor> descriptors, Time t) {
  transactions_ += descriptors.size();
  history().add(t, "descriptors", descriptors.size(), hash_bytes(std::as_bytes(descriptors)));
  rtl_->fetched(descriptors, t);
}

unsigned TxRingUnit::rtl_available(Time t) {
  const unsigned available = rtl_->available(t);
  if (compare_ && available != model_.available())
    check(report("descriptors in the cache", t).value("cached", available, model_.available()));
  return available;
}

bool TxRingUnit::rtl_window_full(Time t) {
  const bool full = rtl_->window_full(t);
  if (compare_ && full != model_.window_full())
    check(report("next descriptor", t).value("desc_valid", !full, !model_.window_full()));
  return full;
}

TakenDescriptor TxRingUnit::rtl_take(Time t) {
  const TakenDescriptor rtl = rtl_->take(t);
  ++transactions_;
  if (compare_) {
    const TakenDescriptor model = model_.take();
    if (rtl.index != model.index || rtl.descriptor != model.descriptor) {
      LockstepReport r = report("descriptor taken", t);
      r.value("desc_index", rtl.index, model.index);
      for (unsigned i = 0; i < 4; ++i) {
        const std::string name = "desc_data dword " + std::to_string(i);
        r.value(name, rtl.descriptor.dw[i], model.descriptor.dw[i]);
      }
      check(r);
    }
  }
  history().add(t, "descriptor taken", rtl.index);
  return rtl;
}

// --- write-back ----------------------------------------------------------------------------------

void TxRingUnit::rtl_completed(unsigned count, Time t) {
  ++transactions_;
  history().add(t, "descriptors done", count);
  rtl_->completed(count, t);
}

void TxRingUnit::rtl_flush(Time t) {
  history().add(t, "flush");
  rtl_->flush(t);
}

std::optional<TxWriteback> TxRingUnit::rtl_next_writeback(Time t) {
  const auto rtl = rtl_->next_writeback(t);
  if (compare_) {
    const auto model = model_.next_writeback();
    const TxWriteback r = rtl.value_or(TxWriteback{}), m = model.value_or(TxWriteback{});
    if (rtl != model)
      check(report("write-back", t)
                .value("wb_valid", rtl.has_value(), model.has_value())
                .value("wb_index", r.index, m.index)
                .value("wb_mask", r.mask, m.mask));
  }
  if (rtl) {
    ++transactions_;
    history().add(t, "write-back accepted: index, mask", rtl->index, rtl->mask);
  }
  return rtl;
}

unsigned TxRingUnit::rtl_pending_reports(Time t) {
  const unsigned reports = rtl_->pending_reports(t);
  if (compare_ && reports != model_.pending_reports())
    check(report("completed descriptors not written back", t)
              .value("reports", reports, model_.pending_reports()));
  return reports;
}

RtlCounters TxRingUnit::counters() const {
  return rtl_ == nullptr ? RtlCounters{}
                         : RtlCounters{transactions_, rtl_->cycles(), rtl_->instance().mismatches};
}

}  // namespace niclab::sim
