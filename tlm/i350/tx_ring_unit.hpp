// A transmit queue's ring in the fidelity a scenario chose: C++, RTL, or both compared (docs/rtl.md).
//
// Every call says at which instant of the device's grid it happens. Calls of one instant come in this order:
// register writes and completed(), next_fetch(), take(), fetched(), flush(). Each has the model's way inline.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/time.hpp"
#include "hw/tx_ring.hpp"
#include "tlm/rtl/fidelity.hpp"
#include "tlm/rtl/rtl_tx_ring.hpp"

namespace niclab::sim {

class TxRingUnit {
 public:
  /// `name`: for the report of a mismatch. `agent`: of the calendar, for the block's clock.
  void choose(Fidelity fidelity, RtlWorld* world, Engine& engine, unsigned agent, std::string name);
  /// Shows the block's signals, if RTL was chosen, in a scope `name` of `scope`.
  void show_waves(WaveSink& sink, WaveScope scope, std::string_view name) {
    if (rtl_ != nullptr) rtl_->show_waves(sink, sink.scope(scope, name));
  }

  void set_ring(DmaAddress base, std::uint32_t bytes, Time t);
  void set_head(unsigned index, Time t);
  void set_tail(unsigned index, Time t);
  void set_thresholds(unsigned pthresh, unsigned hthresh, unsigned wthresh, Time t);
  void set_enabled(bool enabled, Time t);
  void reset(Time t);

  bool enabled() const { return model_.enabled(); }
  unsigned length() const { return model_.length(); }
  DmaAddress address_of(unsigned index) const { return model_.address_of(index); }
  unsigned contiguous(unsigned index) const { return model_.contiguous(index); }
  unsigned head(Time t) { return rtl_ == nullptr ? model_.head() : rtl_head(t); }

  /// For waves: TDH as the last call has left it, looked at from outside.
  unsigned shown_head() const { return twin() ? model_.head() : rtl_->shown_head(); }

  /// Whether a read will be wanted if nothing else happens: once all that was fetched is in the cache.
  bool wants_fetch(Time t) { return rtl_ == nullptr ? model_.wants_fetch() : rtl_wants_fetch(t); }
  std::optional<hw::FetchRequest> next_fetch(unsigned mrrs, Time t) {
    return rtl_ == nullptr ? model_.next_fetch(mrrs) : rtl_next_fetch(mrrs, t);
  }
  void fetched(std::span<const hw::Descriptor> descriptors, Time t) {
    if (rtl_ != nullptr) rtl_fetched(descriptors, t);
    if (twin()) model_.fetched(descriptors);
  }

  /// Descriptors in the cache, or entering it, one a clock.
  unsigned available(Time t) { return rtl_ == nullptr ? model_.available() : rtl_available(t); }
  bool window_full(Time t) { return rtl_ == nullptr ? model_.window_full() : rtl_window_full(t); }
  hw::Descriptor front(Time t) { return rtl_ == nullptr ? model_.front() : rtl_->front(t); }
  hw::TakenDescriptor take(Time t) { return rtl_ == nullptr ? model_.take() : rtl_take(t); }

  void completed(unsigned count, Time t) {
    if (rtl_ != nullptr) rtl_completed(count, t);
    if (twin()) model_.completed(count);
  }
  void flush(Time t) {
    if (rtl_ != nullptr) rtl_flush(t);
    if (twin()) model_.flush();
  }
  std::optional<hw::TxWriteback> next_writeback(Time t) {
    return rtl_ == nullptr ? model_.next_writeback() : rtl_next_writeback(t);
  }
  unsigned pending_reports(Time t) {
    return rtl_ == nullptr ? model_.pending_reports() : rtl_pending_reports(t);
  }

  void finish(Time end) {
    if (rtl_ != nullptr) rtl_->finish(end);
  }
  RtlCounters counters() const;

 private:
  /// Whether the C++ ring runs: alone, or to be compared.
  bool twin() const { return rtl_ == nullptr || compare_; }
  unsigned rtl_head(Time t);
  std::optional<hw::FetchRequest> rtl_next_fetch(unsigned mrrs, Time t);
  void rtl_fetched(std::span<const hw::Descriptor> descriptors, Time t);
  unsigned rtl_available(Time t);
  bool rtl_wants_fetch(Time t);
  bool rtl_window_full(Time t);
  hw::TakenDescriptor rtl_take(Time t);
  void rtl_completed(unsigned count, Time t);
  void rtl_flush(Time t);
  std::optional<hw::TxWriteback> rtl_next_writeback(Time t);
  unsigned rtl_pending_reports(Time t);
  LockstepReport report(const char* what, Time t) const {
    return {rtl_->instance().name, what, t, transactions_};
  }
  InputHistory& history() { return rtl_->instance().history; }
  void check(const LockstepReport& r) { rtl_->instance().check(r); }

  hw::TxRing model_;  ///< holds base, length and enable in every fidelity
  std::unique_ptr<RtlTxRing> rtl_;
  bool compare_ = false;
  std::uint64_t transactions_ = 0;
};

}  // namespace niclab::sim
