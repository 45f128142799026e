// The waves of one Verilated block. One line where it is made, one where its clock ticks:
//
//   if (sink) waves_ = std::make_unique<rtl::BlockWaves>(*sink, scope, "tx_ring0", model_);
//   if (waves_) waves_->dump(t);
#pragma once

#include <memory>
#include <string_view>

#include "base/waves.hpp"

class VerilatedFstC;

namespace niclab::rtl {

class BlockWaves {
 public:
  /// Declares all signals of the model (a class generated with TRACE) as scope `name` within `scope`. Before
  /// the run begins; sink and model must outlive this object.
  template <class Model>
  BlockWaves(WaveSink& sink, WaveScope scope, std::string_view name, Model& model)
      : BlockWaves(sink, scope, name) {
    model.contextp()->traceEverOn(true);
    model.trace(file(), kAllLevels);
    open();
  }
  ~BlockWaves();
  BlockWaves(const BlockWaves&) = delete;
  BlockWaves& operator=(const BlockWaves&) = delete;

  /// After eval(): what has changed since the last dump changed at `t`, which is not before that of the last
  /// dump.
  void dump(Time t);

 private:
  static constexpr int kAllLevels = 99;
  BlockWaves(WaveSink& sink, WaveScope scope, std::string_view name);
  VerilatedFstC* file();
  void open();

  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace niclab::rtl
