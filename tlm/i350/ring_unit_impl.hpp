// The members of RingUnit that registers and RTL need, for the two .cpp files that instantiate it.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "base/digest.hpp"
#include "tlm/i350/ring_unit.hpp"

namespace niclab::sim {

template <class Model, class Rtl>
void RingUnit<Model, Rtl>::choose(Fidelity fidelity, RtlWorld* world, Engine& engine, unsigned agent,
                                  std::string name) {
  compare_ = fidelity == Fidelity::lockstep;
  if (fidelity != Fidelity::model) rtl_ = std::make_unique<Rtl>(*world, engine, agent, std::move(name));
}

template <class Model, class Rtl>
void RingUnit<Model, Rtl>::set_depth(unsigned depth) {
  if (rtl_ != nullptr) throw std::invalid_argument("the RTL's descriptor cache has one depth");
  model_ = Model(depth);
}

template <class Model, class Rtl>
void RingUnit<Model, Rtl>::show_waves(WaveSink& sink, WaveScope scope, std::string_view name) {
  if (rtl_ != nullptr) rtl_->show_waves(sink, sink.scope(scope, name));
}

template <class Model, class Rtl>
void RingUnit<Model, Rtl>::finish(Time end) {
  if (rtl_ != nullptr) rtl_->finish(end);
}

template <class Model, class Rtl>
RtlCounters RingUnit<Model, Rtl>::counters() const {
  if (rtl_ == nullptr) return {};
  return {transactions_, rtl_->cycles(), rtl_->instance().mismatches};
}

template <class Model, class Rtl>
LockstepReport RingUnit<Model, Rtl>::report(const char* what, Time t) const {
  return {rtl_->instance().name, what, t, transactions_};
}

// --- registers -----------------------------------------------------------------------------------

template <class Model, class Rtl>
void RingUnit<Model, Rtl>::set_ring(DmaAddress base, std::uint32_t bytes, Time t) {
  model_.set_ring(base, bytes);
  if (rtl_ == nullptr) return;
  history().add(t, "ring of descriptors, base", model_.length(), base.value);
  rtl_->set_ring(base, model_.length(), t);
  rtl_->set_tail(model_.tail(), t);
}

template <class Model, class Rtl>
void RingUnit<Model, Rtl>::set_tail(unsigned index, Time t) {
  model_.set_tail(index);
  if (rtl_ == nullptr) return;
  history().add(t, registers_.tail, index);
  rtl_->set_tail(model_.tail(), t);
}

template <class Model, class Rtl>
void RingUnit<Model, Rtl>::set_thresholds(unsigned pthresh, unsigned hthresh, unsigned wthresh, Time t) {
  model_.set_thresholds(pthresh, hthresh, wthresh);
  if (rtl_ == nullptr) return;
  history().add(t, registers_.thresholds, pthresh << 8 | hthresh, wthresh);
  rtl_->set_thresholds(pthresh, hthresh, wthresh, t);
}

template <class Model, class Rtl>
void RingUnit<Model, Rtl>::set_enabled(bool enabled, Time t) {
  model_.set_enabled(enabled);
  if (rtl_ == nullptr) return;
  history().add(t, registers_.enable, enabled);
  rtl_->set_enabled(enabled, t);
}

template <class Model, class Rtl>
void RingUnit<Model, Rtl>::reset(Time t) {
  model_ = Model(model_.depth());
  if (rtl_ == nullptr) return;
  history().add(t, "reset");
  rtl_->reset(t);
}

template <class Model, class Rtl>
unsigned RingUnit<Model, Rtl>::rtl_head(Time t) {
  const unsigned head = rtl_->head(t);
  if (compare_ && head != model_.head()) check(report("register read", t).value("head", head, model_.head()));
  return head;
}

template <class Model, class Rtl>
unsigned RingUnit<Model, Rtl>::shown_head() const {
  return twin() ? model_.head() : rtl_->shown_head();
}

// --- fetching and taking -------------------------------------------------------------------------

/// While descriptors enter the cache the block does not know yet how many will be there: its arbiter counts.
template <class Model, class Rtl>
bool RingUnit<Model, Rtl>::rtl_wants_fetch(Time t) {
  if (!rtl_->filling(t)) return rtl_->wants_fetch(t);
  return model_.enabled() && model_.prefetch_wanted(rtl_->fetch_index(t), rtl_->available(t));
}

template <class Model, class Rtl>
std::optional<hw::FetchRequest> RingUnit<Model, Rtl>::rtl_next_fetch(unsigned mrrs, Time t) {
  const auto rtl = rtl_->next_fetch(mrrs, t);
  if (compare_) {
    const auto model = model_.next_fetch(mrrs);
    const hw::FetchRequest r = rtl.value_or(hw::FetchRequest{}), m = model.value_or(hw::FetchRequest{});
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

template <class Model, class Rtl>
void RingUnit<Model, Rtl>::rtl_fetched(std::span<const hw::Descriptor> descriptors, Time t) {
  transactions_ += descriptors.size();
  history().add(t, "descriptors", descriptors.size(), hash_bytes(std::as_bytes(descriptors)));
  rtl_->fetched(descriptors, t);
}

template <class Model, class Rtl>
unsigned RingUnit<Model, Rtl>::rtl_available(Time t) {
  const unsigned available = rtl_->available(t);
  if (compare_ && available != model_.available())
    check(report("descriptors in the cache", t).value("cached", available, model_.available()));
  return available;
}

template <class Model, class Rtl>
bool RingUnit<Model, Rtl>::rtl_window_full(Time t) {
  const bool full = rtl_->window_full(t);
  if (compare_ && full != model_.window_full())
    check(report("next descriptor", t).value("desc_valid", !full, !model_.window_full()));
  return full;
}

template <class Model, class Rtl>
hw::TakenDescriptor RingUnit<Model, Rtl>::rtl_take(Time t) {
  const hw::TakenDescriptor rtl = rtl_->take(t);
  ++transactions_;
  if (compare_) {
    const hw::TakenDescriptor model = model_.take();
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

template <class Model, class Rtl>
void RingUnit<Model, Rtl>::rtl_flush(Time t) {
  history().add(t, "flush");
  rtl_->flush(t);
}

template <class Model, class Rtl>
unsigned RingUnit<Model, Rtl>::rtl_pending_reports(Time t) {
  const unsigned reports = rtl_->pending_reports(t);
  if (compare_ && reports != model_.pending_reports())
    check(report("completed descriptors not written back", t)
              .value("reports", reports, model_.pending_reports()));
  return reports;
}

}  // namespace niclab::sim
