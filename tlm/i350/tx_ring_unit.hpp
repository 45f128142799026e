// A transmit queue's ring in the fidelity a scenario chose: C++, RTL, or both compared (docs/rtl.md).
//
// Every call says at which instant of the device's grid it happens. In an instant the calls come in this
// order: register writes and completed(), next_fetch(), take(), fetched(), flush().
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "base/time.hpp"
#include "hw/tx_ring.hpp"

namespace niclab::sim {

class TxRingUnit {
 public:
  void set_ring(DmaAddress base, std::uint32_t bytes) { model_.set_ring(base, bytes); }
  void set_head(unsigned index, Time) { model_.set_head(index); }
  void set_tail(unsigned index, Time) { model_.set_tail(index); }
  void set_thresholds(unsigned pthresh, unsigned hthresh, unsigned wthresh, Time) {
    model_.set_thresholds(pthresh, hthresh, wthresh);
  }
  void set_enabled(bool enabled, Time) { model_.set_enabled(enabled); }
  void reset(Time) { model_ = hw::TxRing(); }

  bool enabled() const { return model_.enabled(); }
  unsigned head(Time) { return model_.head(); }
  DmaAddress address_of(unsigned index) const { return model_.address_of(index); }
  unsigned contiguous(unsigned index) const { return model_.contiguous(index); }
  unsigned length() const { return model_.length(); }

  bool wants_fetch(Time) { return model_.wants_fetch(); }
  std::optional<hw::FetchRequest> next_fetch(unsigned mrrs, Time) { return model_.next_fetch(mrrs); }
  void fetched(std::span<const hw::Descriptor> descriptors, Time) { model_.fetched(descriptors); }

  /// Descriptors in the cache, or entering it, one a clock.
  unsigned available(Time) { return model_.available(); }
  bool window_full(Time) { return model_.window_full(); }
  const hw::Descriptor& front(Time) { return model_.front(); }
  hw::TakenDescriptor take(Time) { return model_.take(); }

  void completed(unsigned count, Time) { model_.completed(count); }
  void flush(Time) { model_.flush(); }
  std::optional<hw::TxWriteback> next_writeback(Time) { return model_.next_writeback(); }
  unsigned pending_reports(Time) { return model_.pending_reports(); }

 private:
  hw::TxRing model_;
};

}  // namespace niclab::sim
