// One descriptor ring as the device sees it: prefetch, on-chip cache and write-back policy (fact
// base 3.1, 3.4, 3.5).
//
// Pure state, no time and no bus: the caller asks next_fetch(), reads host memory, hands the bytes to
// fetched(), take()s descriptors in order, reports each one completed() in the same order, and writes the
// runs that next_writeback() gives. Ring indices, counts and thresholds are in descriptors.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/addresses.hpp"
#include "hw/descriptors.hpp"

namespace niclab::hw {

/// A read of `count` descriptors at ring index `index`; never wraps, crosses 4 KB or exceeds MRRS.
struct FetchRequest {
  unsigned index = 0, count = 0;
  DmaAddress address;
  constexpr bool operator==(const FetchRequest&) const = default;
};

/// A write of consecutive descriptors at ring index `index`; never wraps or crosses 4 KB.
struct WritebackRun {
  unsigned index = 0;
  DmaAddress address;
  std::span<const Descriptor> descriptors;  ///< valid until the queue's next call
};

/// A descriptor on its way through the device.
struct TakenDescriptor {
  unsigned index = 0;
  Descriptor descriptor;
};

/// What a finished descriptor wants written back.
enum class Completion : std::uint8_t {
  none,    ///< its ring slot is never written: a context descriptor
  quiet,   ///< written only inside a burst that reports a later one: transmit data without RS
  report,  ///< software waits for it: receive, transmit with RS
};

class DescriptorQueue {
 public:
  static constexpr unsigned kCapacity = 64;       ///< of the completion list; a power of two
  static constexpr unsigned kCacheCapacity = 32;  ///< of the descriptor cache; a power of two

  /// `depth`: descriptors the cache holds (16 receive, 24 transmit; fact base 3.5).
  explicit DescriptorQueue(unsigned depth) : depth_(depth) {}

  // --- what registers say ------------------------------------------------------------------------
  /// BAL/BAH and LEN; only while disabled. `bytes` is a multiple of 128.
  void set_ring(DmaAddress base, std::uint32_t bytes) {
    base_ = base;
    length_ = bytes / static_cast<std::uint32_t>(kDescriptorBytes);
  }
  /// TDH, only while disabled.
  void set_head(unsigned index) { restart(index); }
  /// TDT/RDT; a tail outside the ring is ignored.
  void set_tail(unsigned index) {
    if (index < length_ || index == 0) tail_ = index;
  }
  /// PTHRESH, HTHRESH and WTHRESH of RXDCTL or TXDCTL.
  void set_thresholds(unsigned pthresh, unsigned hthresh, unsigned wthresh) {
    pthresh_ = pthresh;
    hthresh_ = hthresh;
    wthresh_ = wthresh;
  }
  /// Enabling empties the cache and starts at the head; disabling forgets the cache, and a read still on its
  /// way must not reach fetched() any more.
  void set_enabled(bool enabled) {
    if (enabled && !enabled_) restart(take_);
    enabled_ = enabled;
  }

  /// The RDH/TDH value: the first descriptor the device has not taken. It may run ahead of visible
  /// write-backs.
  unsigned head() const { return take_; }
  unsigned tail() const { return tail_; }
  unsigned length() const { return length_; }
  bool enabled() const { return enabled_; }
  DmaAddress base() const { return base_; }
  DmaAddress address_of(unsigned index) const { return base_ + index * kDescriptorBytes; }

  // --- fetching ----------------------------------------------------------------------------------
  /// The read the prefetch rule asks for now; at most one outstanding. `mrrs` in bytes.
  std::optional<FetchRequest> next_fetch(unsigned mrrs);
  /// Whether next_fetch() would give something now.
  bool wants_fetch() const {
    if (!enabled_ || outstanding_ != 0 || cached_ >= depth_ || fetch_ == tail_) return false;
    return cached_ == 0 || (cached_ <= pthresh_ && distance(fetch_, tail_) >= hthresh_);
  }
  /// The data of the outstanding fetch, all of it.
  void fetched(std::span<const Descriptor> descriptors);
  /// The outstanding fetch failed; it may be asked for again.
  void fetch_failed() { fetch_ = index_back(fetch_, outstanding_), outstanding_ = 0; }
  bool fetch_outstanding() const { return outstanding_ != 0; }

  /// Descriptors in the cache, ready to take().
  unsigned available() const { return cached_; }
  /// The next one, without taking it; available() must not be 0.
  const Descriptor& front() const { return cache_[cache_first_]; }
  TakenDescriptor take();
  /// Descriptors the device owns and has not taken: cached, on their way, and in host memory.
  unsigned free() const { return distance(take_, tail_); }

  // --- write-back --------------------------------------------------------------------------------
  /// The descriptor taken first among those not completed is done; `writeback` is its new content. Follow
  /// with next_writeback() until it has nothing.
  void completed(unsigned index, const Descriptor& writeback, Completion what);
  /// The next run to write. Without `flush` only what WTHRESH, or a full completion list, releases.
  std::optional<WritebackRun> next_writeback(bool flush);
  /// Completions of the reporting kind not written yet.
  unsigned pending_reports() const { return reports_; }

 protected:
  /// Below this many pending reports nothing is written without a flush.
  bool released() const {
    if (reports_ == 0) return false;
    return wthresh_ == 0 || reports_ >= wthresh_ || done_count_ >= depth_ || starving();
  }
  unsigned wthresh() const { return wthresh_; }
  /// Receive: nothing left to give; waiting for WTHRESH would wait for ever.
  bool starving() const { return flush_when_empty_ && free() == 0; }
  bool flush_when_empty_ = false;

 private:
  struct Done {
    unsigned index;
    Completion what;
    Descriptor writeback;
  };
  void restart(unsigned index);
  unsigned distance(unsigned from, unsigned to) const { return to >= from ? to - from : to + length_ - from; }
  unsigned index_after(unsigned i, unsigned n) const { return i + n >= length_ ? i + n - length_ : i + n; }
  unsigned index_back(unsigned i, unsigned n) const { return i >= n ? i - n : i + length_ - n; }
  /// Descriptors from `index` to the end of the ring or of its 4 KB page, whichever is nearer.
  unsigned contiguous(unsigned index) const;
  Done& done(unsigned i) { return done_[(done_first_ + i) % kCapacity]; }
  void drop_done(unsigned n);
  void start_burst();

  unsigned depth_;
  DmaAddress base_{};
  unsigned length_ = 0, tail_ = 0;
  unsigned pthresh_ = 0, hthresh_ = 0, wthresh_ = 0;
  bool enabled_ = false;
  unsigned take_ = 0;         ///< next to leave the cache
  unsigned fetch_ = 0;        ///< next to ask host memory for
  unsigned outstanding_ = 0;  ///< descriptors of the fetch in flight
  unsigned cached_ = 0, cache_first_ = 0;
  unsigned done_first_ = 0, done_count_ = 0;
  unsigned reports_ = 0;  ///< Completion::report among done_
  unsigned burst_ = 0;    ///< entries of done_ the present burst still has to write
  std::array<Descriptor, kCacheCapacity> cache_{};
  std::array<Done, kCapacity> done_{};
  std::array<Descriptor, kCapacity> run_{};
};

/// A receive ring: every descriptor reports; SRRCTL.RDMTS raises RXDMT0.
class RxQueue : public DescriptorQueue {
 public:
  static constexpr unsigned kDepth = 16;
  RxQueue() : DescriptorQueue(kDepth) { flush_when_empty_ = true; }
  /// As the base's, but hardware itself resets RDH, which software cannot write (3.1).
  void set_enabled(bool enable) {
    if (enable && !enabled()) set_head(0);
    DescriptorQueue::set_enabled(enable);
  }
  /// In descriptors (RDMTS x 16); 0 is off.
  void set_minimum_threshold(unsigned descriptors) { minimum_ = descriptors; }
  /// True right after the take() that let the free descriptors sink to the threshold.
  bool crossed_minimum() const { return minimum_ != 0 && free() == minimum_; }

 private:
  unsigned minimum_ = 0;
};

/// A transmit ring.
class TxQueue : public DescriptorQueue {
 public:
  static constexpr unsigned kDepth = 24;
  TxQueue() : DescriptorQueue(kDepth) {}
};

}  // namespace niclab::hw
