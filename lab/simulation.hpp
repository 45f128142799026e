// The door between the command line and the simulation: a scenario goes in, a result comes out.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "base/time.hpp"
#include "driver/config.hpp"
#include "lab/events.hpp"
#include "lab/recording.hpp"
#include "lab/results.hpp"
#include "lab/scenario.hpp"

namespace niclab::lab {

/// Told now and then how far the run is; `end` is Time::never() when nobody knows. Cheap; call it every few
/// thousand events at most.
class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  virtual void progress(Time now, Time end) = 0;
};

struct RunOptions {
  bool eager = false;                            ///< every effect is a kernel event of its own
  std::optional<std::filesystem::path> out_dir;  ///< exists; captures go here. nullopt: write nothing
  bool quiet = false;
  bool waves = false;  ///< write out_dir/waves.fst
  ProgressSink* progress = nullptr;
  EventSink* events = nullptr;
  bool stages = false;  ///< latency by stage: costs time, changes nothing simulated
  bool trace =
      false;  ///< with out_dir: trace.json, of the packets the scenario's [trace] chooses; implies stages
  Recorder* recorder = nullptr;  ///< of a live run: keeps what comes in from outside
  /// Of a live run: what leaves by a [[wire]], without FCS, as its last bit passes.
  std::function<void(std::size_t wire, std::span<const std::byte> frame)> frame_out{};
  const Recording* replay = nullptr;  ///< what came in, instead of an outside
  igb::PlantedBugs bugs{};            ///< for tests: every driver of the run has them
};

/// Elaborates and runs the scenario: once per process (SystemC). Throws UserError when the scenario asks for
/// what only the simulation can refuse; faults of the simulated system are in RunResult::faults.
std::unique_ptr<RunResult> run_scenario(const Scenario& scenario, const RunOptions& options);

}  // namespace niclab::lab
