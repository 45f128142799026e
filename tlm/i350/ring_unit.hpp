// A queue's descriptor ring in the fidelity a scenario chose: C++, RTL, or both compared (docs/rtl.md). What
// receive and transmit share.
//
// Every call says at which instant of the device's grid it happens, none before an earlier call's. Each has
// the model's way inline.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "base/waves.hpp"
#include "hw/descriptor_prefetch.hpp"
#include "tlm/core/engine.hpp"
#include "tlm/rtl/fidelity.hpp"
#include "tlm/rtl/rtl_world.hpp"

namespace niclab::sim {

/// What the registers of a direction are called, for the history in a report.
struct RingRegisters {
  const char *tail, *thresholds, *enable;
};

/// `Model`: hw::TxRing or hw::RxRing; `Rtl`: the adapter of its twin.
template <class Model, class Rtl>
class RingUnit {
 public:
  /// `name`: for the report of a mismatch. `agent`: of the calendar, for the block's clock.
  void choose(Fidelity fidelity, RtlWorld* world, Engine& engine, unsigned agent, std::string name);
  /// A cache of another depth than the block's; before anything else. Throws std::invalid_argument with RTL,
  /// whose depth is fixed.
  void set_depth(unsigned depth);
  /// Shows the block's signals, if RTL was chosen, in a scope `name` of `scope`.
  void show_waves(WaveSink& sink, WaveScope scope, std::string_view name);

  void set_ring(DmaAddress base, std::uint32_t bytes, Time t);
  void set_tail(unsigned index, Time t);
  void set_thresholds(unsigned pthresh, unsigned hthresh, unsigned wthresh, Time t);
  void set_enabled(bool enabled, Time t);
  void reset(Time t);

  bool enabled() const { return model_.enabled(); }
  unsigned length() const { return model_.length(); }
  DmaAddress address_of(unsigned index) const { return model_.address_of(index); }
  unsigned contiguous(unsigned index) const { return model_.contiguous(index); }
  /// TDH or RDH: the first descriptor not taken.
  unsigned head(Time t) { return rtl_ == nullptr ? model_.head() : rtl_head(t); }
  /// For waves: the head as the last call has left it, looked at from outside.
  unsigned shown_head() const;

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
  /// Nothing can be taken until something leaves the window.
  bool window_full(Time t) { return rtl_ == nullptr ? model_.window_full() : rtl_window_full(t); }
  hw::TakenDescriptor take(Time t) { return rtl_ == nullptr ? model_.take() : rtl_take(t); }

  /// What is done goes back, whatever WTHRESH says.
  void flush(Time t) {
    if (rtl_ != nullptr) rtl_flush(t);
    if (twin()) model_.flush();
  }
  /// Done, worth a write-back, and not written back.
  unsigned pending_reports(Time t) {
    return rtl_ == nullptr ? model_.pending_reports() : rtl_pending_reports(t);
  }

  void finish(Time end);
  RtlCounters counters() const;

 protected:
  explicit RingUnit(const RingRegisters& registers) : registers_(registers) {}
  ~RingUnit() = default;

  /// Whether the C++ ring runs: alone, or to be compared.
  bool twin() const { return rtl_ == nullptr || compare_; }
  bool compared() const { return compare_; }
  InputHistory& history() { return rtl_->instance().history; }
  LockstepReport report(const char* what, Time t) const;
  void check(const LockstepReport& r) { rtl_->instance().check(r); }
  void transaction() { ++transactions_; }

  Model model_;  ///< holds base, length and enable in every fidelity
  std::unique_ptr<Rtl> rtl_;

 private:
  unsigned rtl_head(Time t);
  std::optional<hw::FetchRequest> rtl_next_fetch(unsigned mrrs, Time t);
  void rtl_fetched(std::span<const hw::Descriptor> descriptors, Time t);
  unsigned rtl_available(Time t);
  bool rtl_wants_fetch(Time t);
  bool rtl_window_full(Time t);
  hw::TakenDescriptor rtl_take(Time t);
  void rtl_flush(Time t);
  unsigned rtl_pending_reports(Time t);

  const RingRegisters& registers_;
  bool compare_ = false;
  std::uint64_t transactions_ = 0;
};

}  // namespace niclab::sim
