// The Verilated intr_throttle behind the types of its reference.
#pragma once

#include <Vintr_throttle.h>

#include "tests/rtl/intr_throttle_reference.hpp"
#include "tests/rtl/model.hpp"

namespace niclab::rtl {

class ThrottleBlock {
 public:
  /// `seed` of the state at power-on.
  explicit ThrottleBlock(unsigned seed) : model_(static_cast<int>(seed) + 1) {}
  /// The cycle's inputs, clock low.
  void apply(const ThrottleInputs& in) {
    top_.rst = in.rst;
    top_.now_us = in.now / ThrottleReference::kUs;
    top_.now_clock = static_cast<std::uint8_t>(in.now % ThrottleReference::kUs);
    top_.write_reloads_interval = in.write_reloads_interval;
    top_.low_latency_unless_limited = in.low_latency_unless_limited;
    top_.write_valid = in.access >= Access::eicr && in.access <= Access::eitr;
    top_.write_select = (static_cast<unsigned>(in.access) - static_cast<unsigned>(Access::eicr)) & 7;
    top_.write_vector = static_cast<std::uint8_t>(in.write_vector);
    top_.write_value = in.value;
    top_.read_eicr = in.access == Access::read_eicr;
    top_.port_reset = in.access == Access::reset;
    top_.expire = in.access == Access::expire;
    top_.eitr_vector = static_cast<std::uint8_t>(in.eitr_vector);
    top_.set_causes = in.causes;
    top_.other_level = in.other;
    top_.low_latency = in.low_latency;
    top_.grant_ready = in.grant_ready;
    model_.settle();
  }
  ThrottleOutputs outputs() const {
    ThrottleOutputs out;
    out.grant = top_.grant;
    out.line = top_.line;
    out.asserted = top_.asserted;
    out.eicr = top_.eicr;
    out.eims = top_.eims;
    out.eiac = top_.eiac;
    out.eiam = top_.eiam;
    out.gpie = top_.gpie;
    out.eitr = top_.eitr;
    out.expiry = clocks(top_.expiry);
    if (top_.due_valid) out.due = clocks(top_.due);
    if (top_.wake_valid) out.wake = clocks(top_.wake);
    out.idle = top_.idle;
    return out;
  }
  void edge() { model_.edge(); }

 private:
  static std::uint64_t clocks(std::uint64_t instant) {
    return (instant >> 7) * ThrottleReference::kUs + (instant & 127);
  }
  Model<Vintr_throttle> model_;
  Vintr_throttle& top_ = model_.top();
};

}  // namespace niclab::rtl
