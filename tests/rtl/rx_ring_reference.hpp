// What docs/rtl.md says a receive descriptor ring does, in the slowest and plainest way: counters, and a copy
// of everything to find out whether anything would change.
//
// outputs() is what stands on the ports in a cycle with these inputs; edge() is the rising edge that ends it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "tests/rtl/ring_reference.hpp"

namespace niclab::rtl {

struct RxRingInputs {
  bool rst = false, enable = false;
  std::uint64_t base = 0;
  unsigned length = 0, tail = 0;
  unsigned pthresh = 0, hthresh = 0, wthresh = 0, minimum = 0, mrrs = 8;
  bool fetch_ready = false, resp_valid = false;
  RawDescriptor resp_data{};
  bool desc_ready = false, done_valid = false, flush = false, wb_ready = false;

  /// The same cycle without strobes.
  RxRingInputs levels() const {
    RxRingInputs in = *this;
    in.rst = in.fetch_ready = in.resp_valid = in.desc_ready = in.done_valid = in.flush = in.wb_ready = false;
    return in;
  }
  bool has_strobe() const {
    return rst || fetch_ready || resp_valid || desc_ready || done_valid || flush || wb_ready;
  }
};

/// What belongs to a valid that is low is 0.
struct RxRingOutputs {
  bool fetch_valid = false, fetch_soon = false;
  unsigned fetch_index = 0, fetch_count = 0;
  std::uint64_t fetch_address = 0;
  bool desc_valid = false, desc_low = false;
  unsigned desc_index = 0;
  RawDescriptor desc_data{};
  bool wb_valid = false;
  unsigned wb_index = 0, wb_count = 0;
  unsigned head = 0, free = 0, cached = 0, done = 0;
  bool idle = false;
  bool operator==(const RxRingOutputs&) const = default;
};

class RxRingReference {
 public:
  static constexpr unsigned kCache = 16, kWindow = 64;

  RxRingOutputs outputs(const RxRingInputs& in) const {
    RxRingOutputs out;
    if (const unsigned count = fetch_count(in); count != 0) {
      out.fetch_valid = true;
      out.fetch_index = fetch_;
      out.fetch_count = count;
      out.fetch_address = in.base + 16 * std::uint64_t{fetch_};
    }
    RxRingInputs without_reset = in;
    without_reset.rst = false;
    RxRingReference next = *this;
    next.edge(without_reset);
    out.fetch_soon = next.fetch_count(in) != 0;
    if (offers(in)) {
      out.desc_valid = true;
      out.desc_index = head_;
      out.desc_data = cache_.front();
      out.desc_low = in.minimum != 0 && free(in) == in.minimum + 1;
    }
    if (bursts(in)) {
      out.wb_valid = true;
      out.wb_index = oldest_;
      out.wb_count = done_with(in);
    }
    out.head = head_;
    out.free = free(in);
    out.cached = static_cast<unsigned>(cache_.size());
    out.done = done_;
    RxRingReference quiet = *this;
    quiet.edge(in.levels());
    out.idle = quiet == *this;
    return out;
  }

  void edge(const RxRingInputs& in) {
    const bool rises = in.enable && !enabled_;
    if (in.rst || rises) *this = {};
    enabled_ = in.enable && !in.rst;
    if (in.rst || rises) return;
    // All that the old registers say, before any of them changes.
    const unsigned asked = in.fetch_ready ? fetch_count(in) : 0;
    const unsigned done = done_with(in);
    const bool burst = bursts(in), takes = in.desc_ready && offers(in);

    done_ = done;
    if (burst && in.wb_ready) {
      oldest_ = index_after(oldest_, done, in.length);
      taken_ -= done;
      done_ = 0;
    }
    released_ = burst && !in.wb_ready;
    if (takes) {
      ++taken_;
      cache_.pop_front();
      head_ = index_after(head_, 1, in.length);
    }
    if (in.resp_valid) {
      cache_.push_back(in.resp_data);
      --outstanding_;
    }
    outstanding_ += asked;
    fetch_ = index_after(fetch_, asked, in.length);
  }

  /// Taken and not written back.
  unsigned listed() const { return taken_; }

  bool operator==(const RxRingReference&) const = default;

 private:
  /// 0: nothing is wanted.
  unsigned fetch_count(const RxRingInputs& in) const {
    if (!in.enable || !enabled_ || outstanding_ != 0) return 0;
    return wanted_count(in, fetch_, static_cast<unsigned>(cache_.size()), kCache);
  }
  /// A port of 16 bits: means something while the head is inside the ring.
  unsigned free(const RxRingInputs& in) const { return ring_distance(head_, in.tail, in.length) & 0xFFFF; }
  unsigned done_with(const RxRingInputs& in) const { return done_ + (in.done_valid ? 1 : 0); }
  static bool full(unsigned listed, const RxRingInputs& in) { return listed >= std::min(kWindow, in.length); }
  bool bursts(const RxRingInputs& in) const {
    const unsigned done = done_with(in);
    if (released_ || (in.flush && done != 0)) return true;
    return in.done_valid && (done >= std::min(in.wthresh, kCache) || free(in) == 0 || full(taken_, in));
  }
  bool offers(const RxRingInputs& in) const {
    const unsigned leaving = bursts(in) && in.wb_ready ? done_with(in) : 0;
    return in.enable && enabled_ && !cache_.empty() && !full(taken_ - leaving, in);
  }

  bool enabled_ = false, released_ = false;
  unsigned head_ = 0, fetch_ = 0, outstanding_ = 0;
  unsigned oldest_ = 0, taken_ = 0, done_ = 0;  // the window: its first entry, entries, and how many are done
  std::deque<RawDescriptor> cache_;
};

}  // namespace niclab::rtl
