// A receive ring: prefetch as every ring, and write-back by RXDCTL.WTHRESH (fact base 3.4, 3.5).
//
// A descriptor taken enters the window; when its data is in host memory it is done; done ones leave the
// window from its front in bursts. This is the C++ twin of rtl/rx_ring; the law both follow, clock by clock,
// is docs/rtl.md. What is written back lies beside it, in RxWritebacks.
#pragma once

#include <cassert>
#include <optional>
#include <span>

#include "hw/descriptor_prefetch.hpp"

namespace niclab::hw {

/// Descriptors to write back: `count` of them from ring index `index` on, modulo the ring's length.
struct RxBurst {
  unsigned index = 0, count = 0;
  constexpr bool operator==(const RxBurst&) const = default;
};

class RxRing : public DescriptorPrefetch {
 public:
  static constexpr unsigned kDepth = 16;   ///< of the cache, as the I210 (3.5)
  static constexpr unsigned kWindow = 64;  ///< descriptors taken and not yet written back

  /// `depth`: of the cache; so many done ones go back at once.
  explicit RxRing(unsigned depth = kDepth) : DescriptorPrefetch(depth) {}

  /// PTHRESH, HTHRESH and WTHRESH of RXDCTL.
  void set_thresholds(unsigned pthresh, unsigned hthresh, unsigned wthresh) {
    set_prefetch_thresholds(pthresh, hthresh);
    wthresh_ = wthresh;
  }
  /// Enabling empties cache and window and starts at 0: hardware itself resets RDH, which software cannot
  /// write (3.1).
  void set_enabled(bool enable);
  /// In descriptors, of SRRCTL.RDMTS or RCTL.RDMTS (2.7.1, 2.7.3); 0 is off.
  void set_minimum_threshold(unsigned descriptors) { minimum_ = descriptors; }

  /// Nothing can be taken until something is written back.
  bool window_full() const { return total_ >= kWindow || total_ >= length(); }
  /// Whether take() makes the free descriptors sink to the minimum threshold now (2.7.3).
  bool reaches_minimum() const { return minimum_ != 0 && free() == minimum_ + 1; }
  TakenDescriptor take() {
    ++total_;
    return DescriptorPrefetch::take();
  }

  /// The oldest descriptor taken and not yet done is done. WTHRESH, a cacheful of done ones, a full window,
  /// or a ring with nothing left to give releases what is done.
  void completed() {
    assert(done_ < total_);
    ++done_;
    released_ = released_ || done_ >= wthresh_ || done_ >= depth() || free() == 0 || window_full();
  }
  /// What is done goes back, whatever WTHRESH says.
  void flush() { released_ = released_ || done_ != 0; }
  /// All that is done, once completed() or flush() has released it.
  std::optional<RxBurst> next_writeback();
  /// Done and not written back.
  unsigned pending_reports() const { return done_; }

 private:
  unsigned minimum_ = 0, wthresh_ = 0;
  unsigned oldest_ = 0;  ///< ring index of the window's first entry
  unsigned total_ = 0;   ///< entries of the window
  unsigned done_ = 0;    ///< so many of them, from the front
  bool released_ = false;
};

}  // namespace niclab::hw
