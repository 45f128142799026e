// A transmit ring: prefetch as every ring, and write-back by RS and TXDCTL.WTHRESH (fact base 3.4, 3.5).
//
// A descriptor taken enters the window; when its packet is in the transmit buffer it is done; done ones leave
// the window from its front, written back or not. This is the C++ twin of rtl/tx_ring; the law both follow,
// clock by clock, is docs/rtl.md.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>

#include "hw/descriptor_prefetch.hpp"

namespace niclab::hw {

/// Descriptors to write back: bit i of `mask` is the one at ring index `index` + i, modulo the ring's length.
struct TxWriteback {
  unsigned index = 0;
  std::uint64_t mask = 0;
  constexpr bool operator==(const TxWriteback&) const = default;
};

class TxRing : public DescriptorPrefetch {
 public:
  static constexpr unsigned kDepth = 24;   ///< of the cache, as the I210 (3.5)
  static constexpr unsigned kWindow = 64;  ///< descriptors taken and not yet retired
  static constexpr unsigned kPacket =
      32;  ///< descriptors of the longest packet; so many done ones go back at once

  /// `depth`: of the cache.
  explicit TxRing(unsigned depth = kDepth) : DescriptorPrefetch(depth) {}

  /// PTHRESH, HTHRESH and WTHRESH of TXDCTL.
  void set_thresholds(unsigned pthresh, unsigned hthresh, unsigned wthresh) {
    set_prefetch_thresholds(pthresh, hthresh);
    wthresh_ = wthresh;
    release();
  }
  /// TDH; only while disabled.
  void set_head(unsigned index) { restart(index); }
  /// Enabling empties cache and window and starts at the head.
  void set_enabled(bool enable);

  /// Nothing can be taken until something is retired.
  bool window_full() const { return total_ >= kWindow || total_ >= length(); }
  TakenDescriptor take();

  /// The oldest `count` (1 … kPacket) descriptors taken and not yet done are done.
  void completed(unsigned count) {
    done_ += count;
    release();
  }
  /// What reports goes back, whatever WTHRESH says.
  void flush() {
    if (burst_ == 0 && pending_reports() != 0) begin_burst();
  }
  /// The burst that completed() or flush() released, if any. One at a time: what is released after it comes
  /// with the next call.
  std::optional<TxWriteback> next_writeback();
  /// Completed descriptors with RS not written back yet.
  unsigned pending_reports() const { return static_cast<unsigned>(std::popcount(report_ & low(done_))); }

 private:
  static constexpr std::uint64_t low(unsigned n) {
    return n >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1;
  }
  void begin_burst() {
    burst_ = static_cast<unsigned>(std::bit_width(report_ & low(done_)));
    all_data_ = wthresh_ != 0;
  }
  void release();
  void retire(unsigned count);

  unsigned wthresh_ = 0;
  unsigned oldest_ = 0;                  ///< ring index of the window's first entry
  unsigned total_ = 0;                   ///< entries of the window
  unsigned done_ = 0;                    ///< so many of them, from the front
  unsigned burst_ = 0;                   ///< entries of the burst released and not yet given
  bool all_data_ = false;                ///< the burst writes data descriptors without RS too
  std::uint64_t data_ = 0, report_ = 0;  ///< of entry i, bit i
};

}  // namespace niclab::hw
