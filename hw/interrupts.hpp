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
//
// A low-latency cause does not wait for the countdown while the vector has credits, one a message that did
// not wait; a credit comes back every GPIE.LL_INTERVAL (2.6.4, 4.6).
//
// rtl/intr_throttle is this class's twin; docs/rtl.md says what both do within one clock.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "base/time.hpp"
#include "hw/register_fields.hpp"
#include "hw/register_offsets.hpp"

namespace niclab::hw {

/// Registers of the throttle that can be written, as numbers for its twin in RTL.
enum class ThrottleWrite : std::uint8_t { eicr, eics, eims, eimc, eiac, eiam, gpie, eitr };

/// Readings where sources leave room.
struct ThrottleReadings {
  /// An EITR write without CNT_INGR starts the countdown anew from INTERVAL; false: from the written COUNTER
  /// (2.6.6, "inferred").
  bool write_reloads_interval = false;
  /// Without LLI_EN low-latency causes never wait, with it credits limit them; false: without LLI_EN they
  /// wait like any other (4.6).
  bool low_latency_unless_limited = false;
};

/// Time is an argument everywhere and must not run backwards. Call grants(next_grant()) when that instant has
/// come, before anything else that happens later.
class InterruptThrottle {
 public:
  static constexpr unsigned kCredits = 31;  ///< LL_COUNTER at most

  explicit InterruptThrottle(const ThrottleReadings& readings = {}) : readings_(readings) { reset(); }

  /// Power-on: everything. A port reset keeps EITR and the running counters (fact base 4.9): reset_port().
  void reset();
  void reset_port(Time t);

  /// Causes (EICR bits) become set: a vector's bit in MSI-X mode, a queue's bit in single mode.
  void set_causes(std::uint32_t mask, Time t) { eicr_ |= mask & valid(), update(t); }
  /// Single mode only: EICR.OTHER follows the OR of unmasked ICR causes; it is a level, not a latch.
  void set_other_level(bool level, Time t) { other_level_ = level, update(t); }
  /// Causes that are set came with a packet that asks for low latency: one bit a vector (vector 0 for all in
  /// single mode). After set_causes() of the same packet.
  void low_latency(std::uint32_t vectors, Time t);

  // Register writes.
  void write_eicr(std::uint32_t v, Time t);
  void write_eics(std::uint32_t v, Time t);
  void write_eims(std::uint32_t v, Time t) { eims_ |= v & valid(), update(t); }
  void write_eimc(std::uint32_t v, Time t) { eims_ &= ~v, update(t); }
  void write_eiac(std::uint32_t v, Time) { eiac_ = v & reg::eicr::kVectorMask; }
  void write_eiam(std::uint32_t v, Time) { eiam_ = v & (reg::eicr::kVectorMask | reg::eicr::kSingleMask); }
  void write_gpie(std::uint32_t v, Time t);
  /// With CNT_INGR countdown and credits go on; without, they take the written COUNTER and LL_COUNTER
  /// (2.6.6).
  void write_eitr(unsigned v, std::uint32_t value, Time t);

  // Register reads.
  std::uint32_t read_eicr(Time t);  ///< clears outside MSI-X mode; applies EIAM unless GPIE.EIAME
  std::uint32_t eicr() const { return eicr_ | (!msix_mode() && other_level_ ? reg::eicr::OTHER : 0); }
  std::uint32_t eims() const { return eims_; }
  std::uint32_t eiac() const { return eiac_; }
  std::uint32_t eiam() const { return eiam_; }
  std::uint32_t gpie() const { return gpie_; }
  std::uint32_t read_eitr(unsigned v, Time t);  ///< COUNTER in units of 8 us, rounded down

  /// The earliest instant at which a message is due (it may already be past), Time::never() if none is owed.
  Time next_grant() const { return next_; }
  /// The vectors whose message goes out at `t`, one bit each; performs auto-clear and auto-mask and restarts
  /// their counters. Bit 0 alone stands for MSI or INTx in single mode.
  std::uint32_t grants(Time t);

  /// GPIE.Multiple_MSIX: causes spread over vectors.
  bool msix_mode() const { return (gpie_ & reg::gpie::Multiple_MSIX) != 0; }
  /// The vector's EICR & EIMS is non-zero.
  bool line(unsigned v) const { return (line_ >> v & 1) != 0; }
  /// The line is high and its message is out: the level behind an INTx pin.
  bool asserted(unsigned v) const { return ((line_ & ~owed_) >> v & 1) != 0; }
  /// A descriptor write-back that waits for the interrupt asks these (3.4).
  bool counter_running(unsigned v, Time t) const { return expiry_[v] > t; }
  Time counter_expiry(unsigned v) const { return expiry_[v]; }  ///< may be past
  Duration interval(unsigned v) const { return Duration::from_us(reg::eitr::INTERVAL.get(eitr_[v])); }

  /// A reset of another function lets every pending cause fire at once (2.6.6).
  void expire_counters(Time t);

 private:
  static Time on_grid(Time t) { return t.ceil(kDeviceClock); }
  std::uint32_t valid() const { return msix_mode() ? reg::eicr::kVectorMask : reg::eicr::kSingleMask; }
  std::uint32_t active() const { return eicr() & eims_ & valid(); }
  /// Vectors whose EICR & EIMS is non-zero now.
  std::uint32_t lines() const { return msix_mode() ? active() : active() != 0; }
  /// Vectors with a cause, masked or not.
  std::uint32_t caused() const {
    const std::uint32_t causes = eicr() & valid();
    return msix_mode() ? causes : causes != 0;
  }
  /// After causes or masks have changed.
  void update(Time t);
  void find_next(Time t);
  Time due(unsigned v) const;
  /// When an urgent message goes out if it is not held back any longer than need be.
  Time due_urgent(unsigned v) const;

  bool limited(unsigned v) const { return (lli_en_ >> v & 1) != 0; }
  bool credits_missing() const;
  /// After LLI_EN, credits or LL_INTERVAL have changed.
  void arm_refill(Time t);
  /// Credits that came back by `t`.
  void refill(Time t) {
    if (refill_ <= t) [[unlikely]]
      take_refills(t);
  }
  void take_refills(Time t);
  Duration refill_interval() const { return Duration::from_us(4) * reg::gpie::LL_INTERVAL.get(gpie_); }

  ThrottleReadings readings_;
  std::uint32_t eicr_ = 0, eims_ = 0, eiac_ = 0, eiam_ = 0, gpie_ = 0;
  bool other_level_ = false;
  std::uint32_t line_ = 0;    ///< vectors whose line is high
  std::uint32_t owed_ = 0;    ///< vectors that owe a message; a subset of line_
  std::uint32_t urgent_ = 0;  ///< vectors with a low-latency cause
  std::uint32_t lli_en_ = 0;  ///< EITR.LLI_EN, one bit a vector
  Time next_ = Time::never();
  Time refill_ = Time::never();                      ///< when a credit comes back
  std::array<std::uint32_t, reg::kVectors> eitr_{};  ///< INTERVAL and LLI_EN
  std::array<std::uint8_t, reg::kVectors> credits_{};
  std::array<Time, reg::kVectors> expiry_{};  ///< when the countdown reaches zero
};

}  // namespace niclab::hw
