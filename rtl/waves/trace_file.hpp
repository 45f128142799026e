// What stands in the place of the FST file that generated trace code believes to write (verilated_fst.cpp).
#pragma once

#include <string>

#include "base/waves.hpp"

namespace niclab::rtl {

struct TraceFile {
  WaveSink& sink;
  WaveScope scope;   ///< where the model's own scopes go
  std::string name;  ///< of its top scope, instead of the model's
  Time now{};        ///< of the dump being made
};

}  // namespace niclab::rtl
