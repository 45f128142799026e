// What stands in the place of the FST file that generated trace code believes to write (verilated_fst.cpp).
#pragma once

#include "base/waves.hpp"

namespace niclab::rtl {

struct TraceFile {
  WaveSink& sink;
  WaveScope scope;     ///< instead of the model's own top scope
  WaveSignal clock{};  ///< its port `clk`, told apart from the others
  Time now{};          ///< of the dump being made
};

}  // namespace niclab::rtl
