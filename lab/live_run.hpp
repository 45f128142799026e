// A scenario that runs as far as it is told and then waits: the simulation under `niclab sh`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/pci.hpp"
#include "base/time.hpp"
#include "lab/guest_card.hpp"
#include "lab/scenario.hpp"
#include "lab/shell/command.hpp"
#include "lab/simulation.hpp"

namespace niclab::lab {

/// Where a run pauses makes no difference to what happens in it: its digest is that of a run without pauses.
class LiveRun {
 public:
  virtual ~LiveRun() = default;
  virtual Time start_line() const = 0;
  /// Where it waits: everything before this instant has happened.
  virtual Time now() const = 0;
  /// When the scenario ends; nullopt while nobody knows (until = "idle").
  virtual std::optional<Time> end() const = 0;
  /// The scenario's end has been reached. Time goes on for commands that need it.
  virtual bool over() const = 0;
  /// Runs to `t`, but not past the end of the scenario; Time::never(): to the end. Throws std::runtime_error
  /// when the simulation finds a fault in itself or in the simulated software.
  virtual void run_to(Time t) = 0;
  virtual const std::vector<shell::Host*>& hosts() const = 0;
  /// Runs a script of a host's shell: at once when it only looks, else as a task of the host, which takes the
  /// simulated time it costs.
  virtual shell::Outcome run_script(const shell::Script& script, shell::Host& host) = 0;
  /// Runs `body` as a task on CPU 0 of the first host, to its end. It gets the host's first NIC as a driver
  /// sees it; the NIC's own driver goes on meanwhile.
  virtual void run_task(const std::function<void(PciDevice& nic)>& body) = 0;
  /// The card of an external host; nullptr: the host is simulated.
  virtual GuestCard* guest(std::size_t host) = 0;
  /// A frame from outside, 14 to 9728 bytes without FCS, enters a [[wire]] at the instant the run waits at,
  /// or when the wire is free.
  virtual void frame_in(std::size_t wire, std::span<const std::byte> frame) = 0;
  /// Frames that have not entered the wire yet.
  virtual std::size_t frames_waiting(std::size_t wire) const = 0;
  /// When something happens next; Time::never(): nothing will by itself.
  virtual Time next_event() const = 0;
  /// The scenario ends where it waits: closes its files, and what it came to.
  virtual std::unique_ptr<RunResult> finish() = 0;
  /// The digest of all that happened so far.
  virtual std::uint64_t digest() const = 0;
};

/// Elaborates a scenario and runs it to `after_start` past its start line (nullopt: to its end). Once per
/// process, for the life of the process. Throws UserError as run_scenario().
LiveRun& open_live_run(const Scenario& scenario, const RunOptions& options,
                       std::optional<Duration> after_start);

}  // namespace niclab::lab
