// A servo that steers one clock by measured offsets from another: proportional and integral, as in textbooks.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace niclab::lab {

/// What to do with the clock.
struct ServoAction {
  std::int64_t step_ns = 0;                 ///< to add at once
  std::optional<std::int64_t> frequency{};  ///< to run at from now on, ppb
};

/// The first two samples tell how far apart the frequencies are; then the clock is stepped once. From there
/// on the frequency follows kp * offset + ki * sum of offsets, each offset taken over the time between
/// samples. An offset beyond kStep steps the clock again.
class PiServo {
 public:
  static constexpr std::int64_t kStep = 1'000'000;  ///< ns

  /// The clock was ahead by `offset_ns` when the other showed `at_ns`.
  ServoAction sample(std::int64_t offset_ns, std::uint64_t at_ns) {
    const auto interval = static_cast<std::int64_t>(at_ns - last_at_);
    const std::int64_t last = last_offset_;
    last_at_ = at_ns;
    last_offset_ = offset_ns;
    if (samples_++ == 0 || interval <= 0) return {};
    if (!locked_) {
      locked_ = true;
      drift_ = std::clamp((offset_ns - last) * kBillion / interval, -kFastest, kFastest) * kMilli;
      return {-offset_ns, -drift_ / kMilli};
    }
    if (offset_ns > kStep || offset_ns < -kStep) return {-offset_ns, {}};
    const std::int64_t milli_ppb = offset_ns * kBillion / interval * kMilli;
    drift_ += milli_ppb * kKi / kMilli;
    return {0, -(milli_ppb * kKp / kMilli + drift_) / kMilli};
  }
  std::uint64_t samples() const { return samples_; }

 private:
  static constexpr std::int64_t kBillion = 1'000'000'000, kMilli = 1'000, kFastest = 10'000'000;
  static constexpr std::int64_t kKp = 700, kKi = 300;  // thousandths

  std::uint64_t samples_ = 0, last_at_ = 0;
  std::int64_t last_offset_ = 0;
  std::int64_t drift_ = 0;  // by how much the clock is fast by itself, 10^-3 ppb
  bool locked_ = false;
};

}  // namespace niclab::lab
