// TCPTIMER: a down-counter in milliseconds that raises the TCP timer cause (fact base 2.6.9).
#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "hw/register_fields.hpp"

namespace niclab::hw {

/// Kick start loads DURATION and begins to count; the count goes on while count enable is set and keeps its
/// value while it is not. At zero the cause is raised; with loop the count begins again at DURATION. Finish
/// raises the cause at once and loads DURATION, which then waits for a kick start (or runs, with loop). A
/// DURATION of zero never runs. Milliseconds count from the kick start itself. Readings of the field names.
class TcpTimer {
 public:
  /// A register write. True: finish was written, the cause is due now.
  bool write(std::uint32_t v, Time t) {
    using namespace reg::tcptimer;
    pause(t);
    value_ = v & kKept;
    if ((v & (KickStart | CountFinish)) != 0) left_ = Duration::from_ms(DURATION.get(v));
    if ((v & CountFinish) != 0) running_ = loops();
    if ((v & KickStart) != 0) running_ = DURATION.get(v) != 0;
    resume(t);
    return (v & CountFinish) != 0;
  }
  /// The stored fields; the strobes read 0.
  std::uint32_t read() const { return value_; }

  /// When the count reaches zero; Time::never() while it stands still.
  Time expiry() const { return expiry_; }
  /// To be called at expiry(): the cause is due.
  void expire(Time t) {
    using namespace reg::tcptimer;
    running_ = loops();
    left_ = Duration::from_ms(DURATION.get(value_));
    resume(t);
  }

 private:
  static constexpr std::uint32_t kKept =
      reg::tcptimer::DURATION.mask() | reg::tcptimer::CountEnable | reg::tcptimer::Loop;

  bool loops() const {
    return (value_ & reg::tcptimer::Loop) != 0 && reg::tcptimer::DURATION.get(value_) != 0;
  }
  void pause(Time t) {
    if (expiry_ != Time::never()) left_ = expiry_ - t;
    expiry_ = Time::never();
  }
  void resume(Time t) {
    const bool counts = running_ && (value_ & reg::tcptimer::CountEnable) != 0;
    expiry_ = counts ? t + left_ : Time::never();
  }

  std::uint32_t value_ = 0;
  bool running_ = false;
  Duration left_{};
  Time expiry_ = Time::never();
};

}  // namespace niclab::hw
