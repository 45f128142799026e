// FRTIMER: a clock for software, in microseconds (fact base 2.2; the fields are those of the I210).
#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "hw/register_fields.hpp"

namespace niclab::hw {

/// Microseconds, milliseconds and seconds since it held what was last written. Time is an argument.
class FreeRunningTimer {
 public:
  void write(std::uint32_t value, Time t) {
    using namespace reg::frtimer;
    set_at_ = t;
    held_us_ = US.get(value) + 1000ull * (MS.get(value) + 1000ull * S.get(value));
  }
  std::uint32_t read(Time t) const {
    using namespace reg::frtimer;
    const std::uint64_t us = held_us_ + (t - set_at_).ns() / 1000;
    const auto field = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
    return US.put(field(us % 1000)) | MS.put(field(us / 1000 % 1000)) | S.put(field(us / 1'000'000 % 4096));
  }

 private:
  Time set_at_{};
  std::uint64_t held_us_ = 0;
};

}  // namespace niclab::hw
