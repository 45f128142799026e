// One descriptor ring as the device reads it: what to fetch, and the on-chip cache (fact base 3.1, 3.5).
//
// Pure state, no time and no bus: the caller asks next_fetch(), reads host memory, hands the bytes to
// fetched(), and take()s descriptors in order. How finished descriptors go back differs between receive
// (hw/rx_ring.hpp) and transmit (hw/tx_ring.hpp). Ring indices, counts and thresholds are in descriptors.
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

/// A descriptor on its way through the device.
struct TakenDescriptor {
  unsigned index = 0;
  Descriptor descriptor;
};

class DescriptorPrefetch {
 public:
  static constexpr unsigned kCacheCapacity = 32;  ///< of the descriptor cache; a power of two

  /// `depth`: descriptors the cache holds, at most kCacheCapacity.
  explicit DescriptorPrefetch(unsigned depth) : depth_(depth) {}

  // --- what registers say ------------------------------------------------------------------------
  /// BAL/BAH and LEN; only while disabled. `bytes` is a multiple of 128. A tail that is now outside the ring
  /// becomes 0.
  void set_ring(DmaAddress base, std::uint32_t bytes) {
    base_ = base;
    length_ = bytes / static_cast<std::uint32_t>(kDescriptorBytes);
    if (tail_ >= length_) tail_ = 0;
  }
  /// TDT/RDT; a tail outside the ring is ignored.
  void set_tail(unsigned index) {
    if (index < length_ || index == 0) tail_ = index;
  }

  /// The RDH/TDH value: the first descriptor the device has not taken. It may run ahead of visible
  /// write-backs.
  unsigned head() const { return take_; }
  /// Descriptors the cache holds.
  unsigned depth() const { return depth_; }
  unsigned tail() const { return tail_; }
  unsigned length() const { return length_; }
  bool enabled() const { return enabled_; }
  DmaAddress base() const { return base_; }
  DmaAddress address_of(unsigned index) const { return base_ + index * kDescriptorBytes; }
  /// Descriptors from `index` to the end of the ring or of its 4 KB page, whichever is nearer.
  unsigned contiguous(unsigned index) const;
  /// The ring index `n` behind `i`; n is at most length().
  unsigned index_after(unsigned i, unsigned n) const { return i + n >= length_ ? i + n - length_ : i + n; }

  // --- fetching ----------------------------------------------------------------------------------
  /// The read the prefetch rule asks for now; at most one outstanding. `mrrs` in bytes.
  std::optional<FetchRequest> next_fetch(unsigned mrrs);
  /// Whether next_fetch() would give something now.
  bool wants_fetch() const { return enabled_ && outstanding_ == 0 && prefetch_wanted(fetch_, cached_); }
  /// The rule (3.5) for a ring with no read outstanding, whose next unread descriptor is `fetch` and which
  /// holds `cached` ones.
  bool prefetch_wanted(unsigned fetch, unsigned cached) const {
    if (cached >= depth_ || fetch == tail_) return false;
    return cached == 0 || (cached <= pthresh_ && distance(fetch, tail_) >= hthresh_);
  }
  /// The data of the outstanding fetch, all of it.
  void fetched(std::span<const Descriptor> descriptors);

  /// Descriptors in the cache, ready to take().
  unsigned available() const { return cached_; }
  /// The next one, without taking it; available() must not be 0.
  const Descriptor& front() const { return cache_[cache_first_]; }
  TakenDescriptor take();
  /// Descriptors the device owns and has not taken: cached, on their way, and in host memory.
  unsigned free() const { return distance(take_, tail_); }

 protected:
  void set_prefetch_thresholds(unsigned pthresh, unsigned hthresh) {
    pthresh_ = pthresh;
    hthresh_ = hthresh;
  }
  /// Disabling forgets the cache at the next restart; a read still on its way must not reach fetched() any
  /// more.
  void set_enabled(bool enabled) { enabled_ = enabled; }
  /// Empty cache, nothing asked for, next descriptor `index` (0 if outside the ring).
  void restart(unsigned index);
  unsigned distance(unsigned from, unsigned to) const { return to >= from ? to - from : to + length_ - from; }

 private:
  unsigned depth_;
  DmaAddress base_{};
  unsigned length_ = 0, tail_ = 0;
  unsigned pthresh_ = 0, hthresh_ = 0;
  bool enabled_ = false;
  unsigned take_ = 0;         ///< next to leave the cache
  unsigned fetch_ = 0;        ///< next to ask host memory for
  unsigned outstanding_ = 0;  ///< descriptors of the fetch in flight
  unsigned cached_ = 0, cache_first_ = 0;
  std::array<Descriptor, kCacheCapacity> cache_{};
};

}  // namespace niclab::hw
