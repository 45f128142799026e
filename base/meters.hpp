// Meters: what passes through a buffer, how full it is and for how long, how long somebody is held up.
//
// Measurement only, never part of the simulated state. Instants are told in order of time; what lies before
// begin() does not count.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>

#include "base/time.hpp"

namespace niclab {

/// Things times picoseconds: bytes of a large buffer over minutes do not fit into 64 bits.
__extension__ typedef unsigned __int128 ThingTime;

/// How much something holds, over time.
class OccupancyMeter {
 public:
  /// From `t` on it counts.
  void begin(Time t) {
    holds(level_, t);
    begun_ = most_since_ = t;
    area_ = 0;
    most_ = nearly_ = level_;
  }
  /// It holds `level` from `t` on.
  void holds(std::uint64_t level, Time t) {
    if (t < since_) [[unlikely]]
      throw std::logic_error("a meter was told of the past");
    area_ += ThingTime{level_} * (t - since_).ps();
    since_ = t;
    level_ = level;
    if (level <= most_) return;
    most_ = level;
    if (level <= nearly_ + nearly_ / 8) return;
    nearly_ = level;
    most_since_ = t;
  }
  std::uint64_t level() const { return level_; }
  std::uint64_t most() const { return most_; }
  /// When it first held nearly that: at least eight ninths.
  Time most_since() const { return most_since_; }
  Time begun() const { return begun_; }
  /// The integral of the level from the beginning to `end`.
  ThingTime area(Time end) const { return area_ + ThingTime{level_} * (end - since_).ps(); }
  /// That over the time; 0 if there was none.
  double mean(Time end) const {
    return end <= begun_ ? 0 : static_cast<double>(area(end)) / static_cast<double>((end - begun_).ps());
  }

 private:
  std::uint64_t level_ = 0, most_ = 0, nearly_ = 0;
  Time since_{}, begun_{}, most_since_{};
  ThingTime area_ = 0;
};

/// A buffer, measured in two ways that know nothing of each other: by what it holds, told whenever that
/// changes, and by how long each thing stayed, told when it leaves with the instant at which it came. By
/// Little's law the integral of the one is the sum of the other.
class BufferMeter {
 public:
  /// From `t` on it counts; what is inside counts as arrived.
  void begin(Time t) {
    occupancy_.begin(t);
    arrivals_ = occupancy_.level();
    departures_ = 0;
    waits_ = 0;
  }
  /// `n` things came at `t`; with them it holds `level`.
  void enter(std::uint64_t n, std::uint64_t level, Time t) {
    arrivals_ += n;
    occupancy_.holds(level, t);
  }
  /// `n` things that came at `since` left at `t`; without them it holds `level`.
  void leave(std::uint64_t n, Time since, std::uint64_t level, Time t) {
    departures_ += n;
    stayed(n, since, t);
    occupancy_.holds(level, t);
  }
  /// `n` things that came at `since` have stayed until `t`, and stay on: from now on their instant is `t`. At
  /// the end of the run this is told of everything that is inside.
  void stayed(std::uint64_t n, Time since, Time t) {
    waits_ += ThingTime{n} * (t - std::max(since, std::min(occupancy_.begun(), t))).ps();
  }
  std::uint64_t arrivals() const { return arrivals_; }
  std::uint64_t departures() const { return departures_; }
  ThingTime waits() const { return waits_; }
  const OccupancyMeter& occupancy() const { return occupancy_; }

 private:
  OccupancyMeter occupancy_;
  std::uint64_t arrivals_ = 0, departures_ = 0;
  ThingTime waits_ = 0;
};

/// For how long somebody wanted to go on and could not.
class StallMeter {
 public:
  void begin(Time t) {
    total_ = {};
    if (stalled()) since_ = t;
  }
  /// He cannot since `t`, if he could before.
  void stops(Time t) { since_ = min(since_, t); }
  /// He can from `t` on, if he could not.
  void goes_on(Time t) {
    if (!stalled()) return;
    total_ += t - since_;
    since_ = Time::never();
  }
  bool stalled() const { return since_ != Time::never(); }
  Duration total(Time end) const { return stalled() ? total_ + (end - since_) : total_; }

 private:
  Time since_ = Time::never();
  Duration total_{};
};

}  // namespace niclab
