// A [[wire]] of a live run: carries frames between the far end of a NIC's wire and the outside.
#pragma once

#include <poll.h>

#include <cstdint>
#include <deque>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bridge/wires/outside_wire.hpp"
#include "lab/live_run.hpp"

namespace niclab::lab {

class WireDoor {
 public:
  /// What a [[wire]] of the scenario names. Throws UserError when it cannot be opened.
  WireDoor(const Scenario& scenario, std::size_t wire, std::ostream& log);
  /// `outside` in place of what a scenario names.
  WireDoor(std::string name, std::size_t wire, std::unique_ptr<bridge::OutsideWire> outside,
           std::ostream& log);

  /// What poll() is to watch: nothing while as many frames wait as may, or when the outside is gone.
  pollfd watched(const LiveRun& run) const;
  /// Frames of the outside enter the wire at the instant the run waits at; `events`: what poll() found. When
  /// the outside is gone, the wire ends there.
  void serve(LiveRun& run, short events);
  /// A frame leaves, now or, in its order, when the outside has room.
  void frame_out(std::span<const std::byte> frame);
  /// Frames that wait for the outside's room.
  bool holds_frames() const { return !held_.empty(); }
  /// Tries to get rid of them.
  void flush();
  /// One line: what went through it.
  std::string counts() const;

 private:
  using Given = bridge::OutsideWire::Given;
  Given give(std::span<const std::byte> frame);
  void end(const std::string& reason);
  void say(const std::string& line) const;

  std::string name_;
  std::size_t wire_;
  std::unique_ptr<bridge::OutsideWire> outside_;  // nullptr: gone
  std::ostream& log_;
  std::vector<std::byte> buffer_;
  std::deque<std::vector<std::byte>> held_;
  std::uint64_t in_ = 0, out_ = 0, bad_ = 0, refused_ = 0;
};

}  // namespace niclab::lab
