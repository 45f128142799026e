// Changes of signals, told more or less in the order they happen, put into that order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace niclab::lab {

/// What a signal becomes. `bytes` of texts and wide vectors lie in the WaveOrder.
struct WaveChange {
  std::uint64_t ps = 0;
  std::uint32_t signal = 0;
  std::uint32_t store = 0;  ///< where its bytes are; 0: it is `value`
  std::uint64_t value = 0;
};

/// Holds changes back until nothing earlier can be told any more. Changes of one instant keep the order in
/// which they were told. No allocation in steady state.
class WaveOrder {
 public:
  /// `replaces`: what was told of this signal for `ps` or later is forgotten. A change for an instant that is
  /// already released counts as `late` and is moved to the earliest instant that is still possible.
  void tell(std::uint64_t ps, std::uint32_t signal, std::uint64_t value, std::span<const std::byte> bytes,
            bool replaces) {
    if (ps < released_) {
      ps = released_;
      ++late_;
    }
    if (signal >= last_told_.size()) last_told_.resize(signal + 1);
    if (replaces && last_told_[signal] >= ps) forget(ps, signal);
    last_told_[signal] = ps;
    held_.push_back({ps, signal, keep(bytes), value});
    for (std::size_t i = held_.size() - 1; i > first_ && held_[i - 1].ps > ps; --i)
      std::swap(held_[i], held_[i - 1]);
  }

  /// Whether release(ps) would hand out something.
  bool due(std::uint64_t ps) const { return first_ != held_.size() && held_[first_].ps < ps; }

  /// Hands out, in order, all changes before `ps`: out(change, bytes). Nothing before `ps` may be told
  /// hereafter.
  template <class Out>
  void release(std::uint64_t ps, Out out) {
    if (ps > released_) released_ = ps;
    while (due(ps)) {
      const WaveChange change = held_[first_++];
      if (change.store == 0) {
        out(change, std::span<const std::byte>());
      } else {
        out(change, std::span<const std::byte>(stores_[change.store - 1]));
        free_.push_back(change.store);
      }
    }
    if (first_ == held_.size()) {
      held_.clear();
      first_ = 0;
    } else if (first_ > kCompact) {
      held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
  }

  std::size_t held() const { return held_.size() - first_; }
  /// Changes told too late; 0, or whoever told them broke the rule of base/waves.hpp.
  std::uint64_t late() const { return late_; }

 private:
  static constexpr std::size_t kCompact = 4096;

  std::uint32_t keep(std::span<const std::byte> bytes) {
    if (bytes.empty()) return 0;
    if (free_.empty()) {
      stores_.emplace_back();
      free_.push_back(static_cast<std::uint32_t>(stores_.size()));
    }
    const std::uint32_t store = free_.back();
    free_.pop_back();
    stores_[store - 1].assign(bytes.begin(), bytes.end());
    return store;
  }

  void forget(std::uint64_t ps, std::uint32_t signal) {
    for (std::size_t i = held_.size(); i > first_ && held_[i - 1].ps >= ps; --i) {
      if (held_[i - 1].signal != signal) continue;
      if (held_[i - 1].store != 0) free_.push_back(held_[i - 1].store);
      held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(i - 1));
    }
  }

  std::vector<WaveChange> held_;  // sorted from first_ on
  std::size_t first_ = 0;
  std::vector<std::uint64_t> last_told_;  // of each signal
  std::vector<std::vector<std::byte>> stores_;
  std::vector<std::uint32_t> free_;
  std::uint64_t released_ = 0, late_ = 0;
};

}  // namespace niclab::lab
