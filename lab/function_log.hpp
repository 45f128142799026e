// Which functions of one host ran for the packets of a trace: call trees, one a CPU.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/function_trace.hpp"
#include "lab/journeys.hpp"
#include "lab/trace_log.hpp"

namespace niclab::lab {

/// Keeps what runs on a CPU until the outermost function has returned, then tells the log those functions
/// that served a packet of the trace, their callers, and the interrupts that led to them.
class FunctionLog final : public FunctionObserver {
 public:
  FunctionLog(unsigned host, unsigned cpus, const Journeys& journeys, TraceLog& log)
      : host_(host), journeys_(journeys), log_(log), cpus_(cpus) {}

  void enters(unsigned cpu, std::string_view name, JourneyId packet, Time at) override;
  void leaves(unsigned cpu, Time at) override;
  void serves(unsigned cpu, JourneyId packet) override;
  void interrupted(unsigned cpu, Time at) override;
  void resumed(unsigned cpu, Time at) override;
  void switched(unsigned cpu, const Task& from, const Task& to, Time at) override;

 private:
  static constexpr std::uint64_t kOther = ~std::uint64_t{0};  ///< a packet that is not told
  struct Function {
    std::string_view name;
    Time begin{}, end = Time::never();
    std::uint64_t packet = 0;  ///< 0: its caller's
    std::uint32_t parent = 0;  ///< 1 + index; 0: none
    bool own_account = false;  ///< an interrupt or softirq: not for its caller's packet
    bool told = false;
  };
  struct Interruption {
    Time at;
    std::size_t first;  ///< of the functions that ran in it
    std::size_t last = 0;
  };
  struct Cpu {
    std::vector<Function> functions;          ///< in the order in which they were entered
    std::vector<std::uint32_t> open;          ///< indices of those that have not returned
    std::vector<Interruption> interruptions;  ///< not over yet
    std::vector<Interruption> over;
    std::vector<std::pair<const Task*, std::vector<Function>>> asleep;  ///< what tasks will go on with
  };
  void finish(unsigned cpu);
  void choose(Cpu& c) const;

  const unsigned host_;
  const Journeys& journeys_;
  TraceLog& log_;
  std::vector<Cpu> cpus_;
};

}  // namespace niclab::lab
