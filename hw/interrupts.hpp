// Interrupt moderation: EICR, EIMS, EIAC, EIAM, GPIE and the 25 EITR throttles (fact base 2.6).
//
// The law. A vector's *line* is EICR & EIMS (its own bit in MSI-X mode; all bits together, as vector 0, in
// MSI and INTx mode). A message becomes owed when the line rises, is granted at
//
//     grant(i+1) = max(grant(i) + EITR.INTERVAL us, instant the line rose)
//
// and is forgotten when the line falls before that. One rise, one message; an idle throttle grants at once.
// At the grant EIAC clears the cause and EIAM (with GPIE.EIAME) masks it, so the next cause is a new rise.
// Every instant is rounded up to the device clock (8 ns); a vector grants at most once a clock.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "base/time.hpp"
#include "hw/register_fields.hpp"
#include "hw/register_offsets.hpp"

namespace niclab::hw {

/// Time is an argument everywhere and must not run backwards. Call grants(next_grant()) when that instant has
/// come, before anything else that happens later.
class InterruptThrottle {
 public:
  InterruptThrottle() { reset(); }

  /// Power-on: everything. A port reset keeps EITR and the running counters (fact base 4.9): reset_port().
  void reset();
  void reset_port(Time t);

  /// Causes (EICR bits) become set: a vector's bit in MSI-X mode, a queue's bit in single mode.
  void set_causes(std::uint32_t mask, Time t) { eicr_ |= mask & valid(), update(t); }
  /// Single mode only: EICR.OTHER follows the OR of unmasked ICR causes; it is a level, not a latch.
  void set_other_level(bool level, Time t) { other_level_ = level, update(t); }

  // Register writes.
  void write_eicr(std::uint32_t v, Time t);
  void write_eics(std::uint32_t v, Time t);
  void write_eims(std::uint32_t v, Time t) { eims_ |= v & valid(), update(t); }
  void write_eimc(std::uint32_t v, Time t) { eims_ &= ~v, update(t); }
  void write_eiac(std::uint32_t v, Time) { eiac_ = v & reg::eicr::kVectorMask; }
  void write_eiam(std::uint32_t v, Time) { eiam_ = v & (reg::eicr::kVectorMask | reg::eicr::kSingleMask); }
  void write_gpie(std::uint32_t v, Time t) { gpie_ = v, update(t); }
  /// With CNT_INGR the running countdown goes on; without, it takes the written COUNTER (2.6.6).
  void write_eitr(unsigned v, std::uint32_t value, Time t);

  // Register reads.
  std::uint32_t read_eicr(Time t);  ///< clears outside MSI-X mode; applies EIAM unless GPIE.EIAME
  std::uint32_t eicr() const { return eicr_ | (!msix_mode() && other_level_ ? reg::eicr::OTHER : 0); }
  std::uint32_t eims() const { return eims_; }
  std::uint32_t eiac() const { return eiac_; }
  std::uint32_t eiam() const { return eiam_; }
  std::uint32_t gpie() const { return gpie_; }
  std::uint32_t read_eitr(unsigned v, Time t) const;  ///< COUNTER in units of 8 us

  /// The earliest instant at which a message is due (it may already be past), Time::never() if none is owed.
  Time next_grant() const { return next_; }
  /// The vectors whose message goes out at `t`, one bit each; performs auto-clear and auto-mask and restarts
  /// their counters. Bit 0 alone stands for MSI or INTx in single mode.
  std::uint32_t grants(Time t);

  /// GPIE.Multiple_MSIX: causes spread over vectors.
  bool msix_mode() const { return (gpie_ & reg::gpie::Multiple_MSIX) != 0; }
  /// The vector's EICR & EIMS is non-zero: the level behind an INTx pin.
  bool line(unsigned v) const { return (line_ >> v & 1) != 0; }
  /// A descriptor write-back that waits for the interrupt asks these (3.4).
  bool counter_running(unsigned v, Time t) const { return expiry_[v] > t; }
  Time counter_expiry(unsigned v) const { return expiry_[v]; }  ///< may be past
  Duration interval(unsigned v) const { return Duration::from_us(reg::eitr::INTERVAL.get(eitr_[v])); }

  /// A reset of another function lets every pending cause fire at once (2.6.6).
  void expire_counters(Time t);

 private:
  static Time on_grid(Time t) { return t.ceil(kDeviceClock); }
  std::uint32_t valid() const { return msix_mode() ? reg::eicr::kVectorMask : reg::eicr::kSingleMask; }
  /// Vectors whose EICR & EIMS is non-zero now.
  std::uint32_t lines() const {
    const std::uint32_t active = eicr() & eims_ & valid();
    return msix_mode() ? active : active != 0;
  }
  void update(Time t);
  void find_next();
  Time due(unsigned v) const { return max(max(rose_[v], expiry_[v]), earliest_[v]); }

  std::uint32_t eicr_ = 0, eims_ = 0, eiac_ = 0, eiam_ = 0, gpie_ = 0;
  bool other_level_ = false;
  std::uint32_t line_ = 0;  ///< vectors whose line is high
  std::uint32_t owed_ = 0;  ///< vectors that owe a message; a subset of line_
  Time next_ = Time::never();
  std::array<std::uint32_t, reg::kVectors> eitr_{};  ///< INTERVAL, LLI_EN, LL_COUNTER
  std::array<Time, reg::kVectors> expiry_{};         ///< when the countdown reaches zero
  std::array<Time, reg::kVectors> earliest_{};       ///< one clock after the last grant
  std::array<Time, reg::kVectors> rose_{};           ///< when the line rose, on the grid
};

}  // namespace niclab::hw
