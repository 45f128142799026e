// What docs/rtl.md says a transmit descriptor ring does, in the slowest and plainest way: lists instead of
// bits, and a copy of everything to find out whether anything would change.
//
// outputs() is what stands on the ports in a cycle with these inputs; edge() is the rising edge that ends it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>

#include "tests/rtl/ring_reference.hpp"

namespace niclab::rtl {

struct TxRingInputs {
  bool rst = false, enable = false;
  std::uint64_t base = 0;
  unsigned length = 0, tail = 0;
  bool head_load = false;
  unsigned head_value = 0, pthresh = 0, hthresh = 0, wthresh = 0, mrrs = 8;
  bool fetch_ready = false, resp_valid = false;
  RawDescriptor resp_data{};
  bool desc_ready = false, done_valid = false;
  unsigned done_count = 0;
  bool flush = false, wb_ready = false;

  /// The same cycle without strobes.
  TxRingInputs levels() const {
    TxRingInputs in = *this;
    in.rst = in.head_load = in.fetch_ready = in.resp_valid = in.desc_ready = in.done_valid = in.flush =
        in.wb_ready = false;
    return in;
  }
  bool has_strobe() const {
    return rst || head_load || fetch_ready || resp_valid || desc_ready || done_valid || flush || wb_ready;
  }
};

/// What belongs to a valid that is low is 0.
struct TxRingOutputs {
  bool fetch_valid = false, fetch_soon = false;
  unsigned fetch_index = 0, fetch_count = 0;
  std::uint64_t fetch_address = 0;
  bool desc_valid = false;
  unsigned desc_index = 0;
  RawDescriptor desc_data{};
  bool wb_valid = false;
  unsigned wb_index = 0;
  std::uint64_t wb_mask = 0;
  unsigned head = 0, cached = 0, reports = 0;
  bool idle = false;
  bool operator==(const TxRingOutputs&) const = default;
};

class TxRingReference {
 public:
  static constexpr unsigned kCache = 24, kWindow = 64, kPacket = 32;

  TxRingOutputs outputs(const TxRingInputs& in) const {
    TxRingOutputs out;
    const unsigned count = fetch_count(in);
    if (count != 0) {
      out.fetch_valid = true;
      out.fetch_index = fetch_;
      out.fetch_count = count;
      out.fetch_address = in.base + 16 * std::uint64_t{fetch_};
    }
    TxRingReference next = *this;
    next.edge(without_reset(in));
    out.fetch_soon = next.fetch_count(in) != 0;
    if (in.enable && enabled_ && !cache_.empty() && has_room(in)) {
      out.desc_valid = true;
      out.desc_index = head_;
      out.desc_data = cache_.front();
    }
    if (const auto burst = burst_of(in)) {
      out.wb_valid = true;
      out.wb_index = oldest_;
      for (unsigned i = 0; i < burst->length; ++i)
        if (burst->only_reporting ? window_[i].reporting : window_[i].data)
          out.wb_mask |= std::uint64_t{1} << i;
    }
    out.head = head_;
    out.cached = static_cast<unsigned>(cache_.size());
    out.reports = reporting_among(done_with(in));
    TxRingReference quiet = *this;
    quiet.edge(in.levels());
    out.idle = quiet == *this;
    return out;
  }

  void edge(const TxRingInputs& in) {
    if (in.rst) {
      *this = {};
      return;
    }
    const bool rises = in.enable && !enabled_;
    const bool was_enabled = enabled_;
    enabled_ = in.enable;
    if (rises) {
      restart(in);
      return;
    }
    // All that the old registers say, before any of them changes.
    const unsigned count = in.fetch_ready && was_enabled ? fetch_count(in) : 0;
    const unsigned leaving = retired(in);
    const auto burst = burst_of(in);
    const bool takes = in.desc_ready && in.enable && was_enabled && !cache_.empty() && has_room(in);

    waiting_ = in.wb_ready ? std::nullopt : burst;
    done_ += in.done_valid ? in.done_count : 0;
    window_.erase(window_.begin(), window_.begin() + leaving);
    done_ -= leaving;
    oldest_ = index_after(oldest_, leaving, in.length);
    if (takes) {
      const bool data = (cache_.front()[2] >> 29 & 1) == 0 || (cache_.front()[2] >> 20 & 15) == 3;
      window_.push_back({data, data && (cache_.front()[2] >> 27 & 1) != 0});
      cache_.pop_front();
      head_ = index_after(head_, 1, in.length);
    }
    if (in.resp_valid) {
      cache_.push_back(in.resp_data);
      --outstanding_;
    }
    if (count != 0) {
      outstanding_ = count;
      fetch_ = index_after(fetch_, count, in.length);
    }
    if (in.head_load && !in.enable) head_ = in.head_value < in.length ? in.head_value : 0;
  }

  /// Entries of the window.
  unsigned listed() const { return static_cast<unsigned>(window_.size()); }

  bool operator==(const TxRingReference&) const = default;

 private:
  struct Entry {
    bool data, reporting;
    bool operator==(const Entry&) const = default;
  };
  struct Burst {
    unsigned length;
    bool only_reporting;
    bool operator==(const Burst&) const = default;
  };

  static TxRingInputs without_reset(TxRingInputs in) {
    in.rst = false;
    return in;
  }
  void restart(const TxRingInputs& in) {
    if (head_ >= in.length) head_ = 0;
    fetch_ = oldest_ = head_;
    outstanding_ = done_ = 0;
    cache_.clear();
    window_.clear();
    waiting_.reset();
  }

  /// 0: nothing is wanted.
  unsigned fetch_count(const TxRingInputs& in) const {
    if (!in.enable || !enabled_ || outstanding_ != 0) return 0;
    return wanted_count(in, fetch_, static_cast<unsigned>(cache_.size()), kCache);
  }

  unsigned done_with(const TxRingInputs& in) const { return done_ + (in.done_valid ? in.done_count : 0); }
  unsigned reporting_among(unsigned first) const {
    return static_cast<unsigned>(
        std::count_if(window_.begin(), window_.begin() + first, [](const Entry& e) { return e.reporting; }));
  }

  std::optional<Burst> burst_of(const TxRingInputs& in) const {
    if (waiting_) return waiting_;
    const unsigned done = done_with(in), reports = reporting_among(done);
    if (reports == 0) return {};
    if (in.wthresh != 0 && reports < in.wthresh && done < kPacket && !in.flush) return {};
    unsigned length = done;
    while (!window_[length - 1].reporting) --length;
    return Burst{length, in.wthresh == 0};
  }

  /// Entries that leave the window at the end of this cycle.
  unsigned retired(const TxRingInputs& in) const {
    const unsigned done = done_with(in);
    if (const auto burst = burst_of(in)) {
      if (!in.wb_ready) return 0;
      const unsigned behind = done - burst->length;
      const bool quiet = reporting_among(done) == reporting_among(burst->length);
      return quiet && (in.wthresh == 0 || behind >= kPacket) ? done : burst->length;
    }
    if (reporting_among(done) != 0) return 0;
    return in.wthresh == 0 || done >= kPacket ? done : 0;
  }

  bool has_room(const TxRingInputs& in) const {
    return window_.size() - retired(in) < std::min(kWindow, in.length);
  }

  bool enabled_ = false;
  unsigned head_ = 0, fetch_ = 0, outstanding_ = 0, oldest_ = 0, done_ = 0;
  std::deque<RawDescriptor> cache_;
  std::deque<Entry> window_;
  std::optional<Burst> waiting_;
};

}  // namespace niclab::rtl
