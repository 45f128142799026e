// SYSTIM: the clock for time stamps, as a value that is computed when somebody looks (fact base 2.11).
//
// The counter has 40 bits of nanoseconds and 32 of fraction. Each tick of the card's own 125 MHz adds
// 8 ns +/- TIMINCA/2^32. Nothing counts here: between two changes the value is an exact integer function of
// the number of ticks since the first.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.hpp"

namespace niclab::hw {

__extension__ typedef unsigned __int128 Wide;  ///< 40.32 bits do not fit into 64

class SystemTime {
 public:
  static constexpr std::uint64_t kNanoseconds =
      (std::uint64_t{1} << 40) - 1;  ///< those a register pair holds

  /// What the counter shows.
  struct Value {
    std::uint64_t ns = 0;        ///< 40 bits: SYSTIMH, SYSTIML
    std::uint32_t fraction = 0;  ///< of 2^-32 ns: SYSTIMR
    constexpr bool operator==(const Value&) const = default;
  };

  /// `ppb`: by how many parts in 10^9 the card's crystal is fast; negative: slow. The simulation's grid is
  /// not touched by it. -10^6 .. 10^6.
  explicit SystemTime(std::int64_t ppb = 0) : rate_(kNominal + ppb) {}

  /// At the tick at or before `t`. A time before the last change gives what the counter showed then, as far
  /// as the last few changes are remembered.
  Value at(Time t) const;

  // --- changes, at `t`; times do not decrease ----------------------------------------------------
  /// Power-on and reset: zero, standing still (TSAUXC.Disable_systime).
  void reset(Time t);
  void run(bool on, Time t);
  /// TIMINCA: bits 30:0 of 2^-32 ns a tick, bit 31: less instead of more.
  void set_increment(std::uint32_t timinca, Time t);
  /// The fraction becomes zero.
  void set(std::uint64_t ns, Time t);
  /// TIMADJ: adds, modulo 2^40 ns.
  void adjust(std::int64_t ns, Time t);

  // --- foresight ---------------------------------------------------------------------------------
  /// When the counter will have reached `ns`: `t` itself if it is there or has passed it by less than half of
  /// its range, Time::never() while it stands still. Not rounded to the grid of the simulation.
  Time reaches(std::uint64_t ns, Time t) const;
  /// When it wraps next; Time::never() while it stands still.
  Time wraps(Time t) const;

 private:
  static constexpr std::int64_t kNominal = 1'000'000'000;
  static constexpr std::uint64_t kTick = std::uint64_t{8} << 32;  // 2^-32 ns
  static constexpr Wide kRange = Wide{1} << 72;

  /// From tick `first` on the counter is start + (tick - first) * step.
  struct Segment {
    std::uint64_t first = 0;
    Wide start = 0;
    std::uint64_t step = 0;
  };
  /// Ticks of the card's clock from power-on to `t`.
  std::uint64_t ticks(Time t) const;
  Time time_of(std::uint64_t tick) const;
  static Wide raw(const Segment& s, std::uint64_t tick) {
    return (s.start + Wide{tick - s.first} * s.step) % kRange;
  }
  Segment& begin(Time t);
  Time after(Wide distance, Time t) const;

  std::int64_t rate_;
  bool running_ = false;
  std::uint32_t timinca_ = 0;
  std::array<Segment, 4> segments_{};  // newest first
};

}  // namespace niclab::hw
