// A receive ring: every descriptor reports; finished ones go back by RXDCTL.WTHRESH (fact base 3.4).
#pragma once

#include <array>
#include <optional>
#include <span>

#include "hw/descriptor_prefetch.hpp"

namespace niclab::hw {

/// A write of consecutive descriptors at ring index `index`; never wraps or crosses 4 KB.
struct WritebackRun {
  unsigned index = 0;
  DmaAddress address;
  std::span<const Descriptor> descriptors;  ///< valid until the queue's next call
};

class RxQueue : public DescriptorPrefetch {
 public:
  static constexpr unsigned kDepth = 16;     ///< of the cache (3.5), and of write-backs that may wait
  static constexpr unsigned kCapacity = 64;  ///< of the completion list; a power of two

  RxQueue() : DescriptorPrefetch(kDepth) {}

  /// PTHRESH, HTHRESH and WTHRESH of RXDCTL.
  void set_thresholds(unsigned pthresh, unsigned hthresh, unsigned wthresh) {
    set_prefetch_thresholds(pthresh, hthresh);
    wthresh_ = wthresh;
  }
  /// Enabling empties the cache and starts at 0: hardware itself resets RDH, which software cannot write
  /// (3.1).
  void set_enabled(bool enable);
  /// In descriptors (RDMTS x 16); 0 is off.
  void set_minimum_threshold(unsigned descriptors) { minimum_ = descriptors; }
  /// True right after the take() that let the free descriptors sink to the threshold.
  bool crossed_minimum() const { return minimum_ != 0 && free() == minimum_; }

  /// The descriptor taken first among those not completed is done; `writeback` is its new content. Follow
  /// with next_writeback() until it has nothing.
  void completed(unsigned index, const Descriptor& writeback);
  /// The next run to write. Without `flush` only what WTHRESH, a full list, or a ring with nothing left to
  /// give releases; a burst once begun is given to its end.
  std::optional<WritebackRun> next_writeback(bool flush);
  /// Completions not written yet.
  unsigned pending_reports() const { return done_count_; }

 private:
  struct Done {
    unsigned index;
    Descriptor writeback;
  };
  Done& done(unsigned i) { return done_[(done_first_ + i) % kCapacity]; }
  bool released() const {
    return done_count_ != 0 && (done_count_ >= wthresh_ || done_count_ >= kDepth || free() == 0);
  }

  unsigned minimum_ = 0, wthresh_ = 0;
  unsigned done_first_ = 0, done_count_ = 0;
  unsigned burst_ = 0;  ///< entries of done_ the present burst still has to write
  std::array<Done, kCapacity> done_{};
  std::array<Descriptor, kCapacity> run_{};
};

}  // namespace niclab::hw
