// A receive queue's ring, and beside it what its finished descriptors will hold (docs/rtl.md).
//
// Every call says at which instant of the device's grid it happens. Calls of one instant come in this order:
// register writes, free(), next_fetch(), take(), completed(), fetched(), flush(); next_writeback() after any.
#pragma once

#include <optional>
#include <span>

#include "base/time.hpp"
#include "hw/rx_ring.hpp"
#include "hw/rx_writebacks.hpp"

namespace niclab::sim {

class RxRingUnit {
 public:
  void set_ring(DmaAddress base, std::uint32_t bytes, Time) { model_.set_ring(base, bytes); }
  void set_tail(unsigned index, Time) { model_.set_tail(index); }
  void set_thresholds(unsigned pthresh, unsigned hthresh, unsigned wthresh, Time) {
    model_.set_thresholds(pthresh, hthresh, wthresh);
  }
  void set_minimum_threshold(unsigned descriptors, Time) { model_.set_minimum_threshold(descriptors); }
  void set_enabled(bool enabled, Time) {
    if (enabled && !model_.enabled()) writebacks_.clear();
    model_.set_enabled(enabled);
  }
  void reset(Time) {
    model_ = hw::RxRing();
    writebacks_.clear();
  }

  bool enabled() const { return model_.enabled(); }
  unsigned head(Time) { return model_.head(); }
  /// For waves: RDH as the last call has left it, looked at from outside.
  unsigned shown_head() const { return model_.head(); }
  /// Descriptors the device owns and has not taken.
  unsigned free(Time) { return model_.free(); }

  /// Whether a read will be wanted if nothing else happens: once all that was fetched is in the cache.
  bool wants_fetch(Time) { return model_.wants_fetch(); }
  std::optional<hw::FetchRequest> next_fetch(unsigned mrrs, Time) { return model_.next_fetch(mrrs); }
  void fetched(std::span<const hw::Descriptor> descriptors, Time) { model_.fetched(descriptors); }

  /// Descriptors in the cache, or entering it, one a clock.
  unsigned available(Time) { return model_.available(); }
  /// Nothing can be taken until something is written back.
  bool window_full(Time) { return model_.window_full(); }
  /// Whether take() makes the free descriptors sink to RDMTS (fact base 2.7.3).
  bool reaches_minimum(Time) { return model_.reaches_minimum(); }
  hw::TakenDescriptor take(Time) { return model_.take(); }

  /// Taken and not yet done; none after the queue has been enabled again.
  unsigned unfinished() const { return model_.unfinished(); }
  /// The oldest of them is done; `content` goes back to its place in the ring.
  void completed(const hw::Descriptor& content, Time) {
    writebacks_.put(content);
    model_.completed();
  }
  void flush(Time) { model_.flush(); }
  /// The next run to write of what completed() or flush() released. Ask until there is none.
  std::optional<hw::WritebackRun> next_writeback(Time) {
    if (!writebacks_.in_burst()) {
      const auto burst = model_.next_writeback();
      if (!burst) return std::nullopt;
      writebacks_.begin(*burst);
    }
    return writebacks_.next(model_);
  }
  /// Done and not written back.
  unsigned pending_reports(Time) { return model_.pending_reports(); }

 private:
  hw::RxRing model_;
  hw::RxWritebacks writebacks_;
};

}  // namespace niclab::sim
