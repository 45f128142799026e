// What waves show of one CPU: what kind of code runs, and which.
#pragma once

#include <array>
#include <string_view>

#include "base/kernel.hpp"
#include "base/waves.hpp"

namespace niclab::sim {

class CpuWaves {
 public:
  CpuWaves(WaveSink& sink, WaveScope scope) : sink_(sink) {
    static constexpr std::array<std::string_view, 4> kModes{"idle", "task", "softirq", "hardirq"};
    mode_ = sink.enumerated(scope, "runs", sink.enumeration("cpu_mode", kModes), 2);
    context_ = sink.text(scope, "context");
  }
  /// From `t` on. `context`: name of a task, a softirq or an interrupt.
  void runs(CpuMode mode, std::string_view context, Time t) const {
    sink_.set(t, mode_, static_cast<std::uint64_t>(mode));
    sink_.set_text(t, context_, context);
  }

 private:
  WaveSink& sink_;
  WaveSignal mode_, context_;
};

}  // namespace niclab::sim
