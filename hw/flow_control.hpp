// Link flow control: PAUSE frames obeyed and sent (fact base 2.10, 4.7).
//
// Three parts that share no state: what a MAC control frame is, the timer that a received PAUSE starts, and
// the machine that watches how full the receive packet buffer is and asks for PAUSE frames of our own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "base/addresses.hpp"
#include "base/time.hpp"
#include "hw/mac_timing.hpp"

namespace niclab::hw {

// --- frames --------------------------------------------------------------------------------------

/// What the MAC compares a frame with: RAL0/RAH0, FCAL/FCAH and FCT.
struct FlowControlAddresses {
  MacAddress station;
  MacAddress group{{0x01, 0x80, 0xC2, 0x00, 0x00, 0x01}};
  std::uint16_t ether_type = 0x8808;
};

enum class MacControl : std::uint8_t {
  no,           ///< an ordinary frame
  pause,        ///< opcode 1
  unsupported,  ///< a MAC control frame of another opcode: FCRUC
};

/// What a good frame (without FCS, at least 60 bytes) is to the MAC.
MacControl mac_control(std::span<const std::byte> frame, const FlowControlAddresses& addresses);
/// The timer field of a PAUSE frame: quanta of 512 bit times, 0 is XON.
std::uint16_t pause_quanta(std::span<const std::byte> frame);
/// Fills a frame of 60 bytes with a PAUSE of `quanta` from `addresses.station` to `addresses.group`.
void write_pause_frame(std::span<std::byte> frame, const FlowControlAddresses& addresses,
                       std::uint16_t quanta);

// --- obeying -------------------------------------------------------------------------------------

/// STATUS.TXOFF: no new frame may start while it runs. Nothing happens when it expires, it just has.
class PauseTimer {
 public:
  /// A PAUSE frame ended at `end`; replaces what is left of an earlier one. Zero quanta: XON.
  void received(std::uint16_t quanta, LinkSpeed speed, Time end) { until_ = end + pause_time(speed, quanta); }
  void clear() { until_ = Time{}; }
  bool paused(Time t) const { return t < until_; }
  /// First instant at which a frame may start again; in the past when it runs no more.
  Time until() const { return until_; }

 private:
  Time until_{};
};

// --- sending -------------------------------------------------------------------------------------

/// Readings of what the sources leave open (fact base 4.7, 7).
struct PauseSenderRules {
  /// The refresh counter runs from FCTTV down to FCRTV; false: from zero up to FCRTV.
  bool refresh_counts_down = true;
  /// A refresh goes out only while the buffer is filled above FCRTH; false: as long as it is not below FCRTL.
  bool refresh_above_high = false;
  /// A frame missed although XOFF has been sent asks for another XOFF.
  bool repeat_on_overflow = true;
};

/// Registers of the sender, as written.
struct PauseSenderRegisters {
  bool enabled = false;  ///< CTRL.TFCE
  std::uint32_t fcrth = 0, fcrtl = 0, fcttv = 0, fcrtv = 0;
};

/// Tells when the MAC has to send a PAUSE frame. XOFF when the receive buffer's occupancy reaches FCRTH (0:
/// never), XON when it falls below FCRTL with XONE, XOFF again when the refresh counter says so. One frame
/// for each of these; one that has not gone out yet is replaced by what is wanted after it.
class PauseSender {
 public:
  explicit PauseSender(PauseSenderRules rules = {}) : rules_(rules) {}

  /// Registers were written while `bytes` were in the buffer. Disabling forgets everything.
  void configure(const PauseSenderRegisters& r, std::uint32_t bytes);
  /// Port reset, or the link was lost: the partner is not stopped any more.
  void reset(std::uint32_t bytes);

  /// What the occupancy has to be compared with after it grew (>=) and after it shrank (<); nothing but these
  /// two comparisons need be made for a packet.
  std::uint32_t trip_high() const { return trip_high_; }
  std::uint32_t trip_low() const { return trip_low_; }
  /// Occupancy reached trip_high() or fell below trip_low().
  void crossed(std::uint32_t bytes);
  /// A frame found no room.
  void overflowed();
  /// Software asks for one frame (TCTL.SWXOFF); watermarks and their state do not matter.
  void request() { wanted_ = Wanted::xoff; }

  /// A frame is to be sent.
  bool wanted() const { return wanted_ != Wanted::nothing; }
  /// The frame wanted goes out, its last bit at `end`: its timer field.
  std::uint16_t take(Time end, LinkSpeed speed);
  /// When refresh() has to be called; Time::never() while no refresh is due.
  Time refresh_at() const { return refresh_at_; }
  void refresh(std::uint32_t bytes);

  /// FCSTS0: state, above high, below low, refresh counter.
  std::uint32_t status(Time t, std::uint32_t bytes) const;

 private:
  enum class Wanted : std::uint8_t { nothing, xon, xoff };
  static constexpr std::uint32_t kNever = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t high() const;
  std::uint32_t low() const;
  void set_state(bool xoff);
  Time quanta_after(std::uint32_t quanta) const;

  PauseSenderRules rules_;
  PauseSenderRegisters registers_{};
  bool xoff_ = false;     // the buffer has been above the high watermark and not below the low one since
  bool stopped_ = false;  // an XOFF went out, and no XON after it
  Wanted wanted_ = Wanted::nothing;
  std::uint32_t trip_high_ = kNever, trip_low_ = 0;
  Time last_xoff_{};  // end of it
  LinkSpeed last_speed_ = LinkSpeed::mbps1000;
  Time refresh_at_ = Time::never();
};

}  // namespace niclab::hw
