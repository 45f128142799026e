// The waves of one Verilated block. One line where it is made, one before and one after its clock's edge:
//
//   waves_ = std::make_unique<rtl::BlockWaves>(sink, scope, model);
//   if (waves_) waves_->dump(cycle);           // inputs of the cycle that begins there, and what follows
//   if (waves_) waves_->edge(cycle + period);  // what the edge has changed
#pragma once

#include <memory>

#include "base/waves.hpp"

class VerilatedFstC;

namespace niclab::rtl {

class BlockWaves {
 public:
  /// Declares all signals of the model (a class generated with TRACE, whose clock is the port `clk`) in
  /// `scope`. Before the run begins; sink and model must outlive this object.
  template <class Model>
  BlockWaves(WaveSink& sink, WaveScope scope, Model& model) : BlockWaves(sink, scope) {
    model.contextp()->traceEverOn(true);
    model.trace(file(), kAllLevels);
    open();
  }
  ~BlockWaves();
  BlockWaves(const BlockWaves&) = delete;
  BlockWaves& operator=(const BlockWaves&) = delete;

  /// After eval(): what has changed since the last dump changed at `t`, which is not before that of the last
  /// dump. The clock is left out.
  void dump(Time t);
  /// The clock rose at `t`, and falls again half a period later: dump, and the clock.
  void edge(Time t);

 private:
  static constexpr int kAllLevels = 99;
  BlockWaves(WaveSink& sink, WaveScope scope);
  VerilatedFstC* file();
  void open();

  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace niclab::rtl
