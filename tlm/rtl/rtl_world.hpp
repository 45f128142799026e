// What all Verilated blocks of a simulation share. Knows no Verilated header: nobody who includes this does.
#pragma once

#include <memory>

class VerilatedContext;

namespace niclab::sim {

class RtlWorld {
 public:
  /// `clocked`: every clock edge is an event of the calendar, at its instant, as waves and --eager want it;
  /// else edges are executed when their outcome is needed. Results are the same.
  explicit RtlWorld(bool clocked);
  ~RtlWorld();
  RtlWorld(const RtlWorld&) = delete;
  RtlWorld& operator=(const RtlWorld&) = delete;

  VerilatedContext& context() { return *context_; }
  bool clocked() const { return clocked_; }

 private:
  std::unique_ptr<VerilatedContext> context_;
  bool clocked_;
};

}  // namespace niclab::sim
