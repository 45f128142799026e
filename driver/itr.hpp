// Interrupt moderation policy: which EITR a vector should have (fact base 4.5).
#pragma once

#include <cstdint>
#include <optional>

namespace niclab::igb {

/// EITR values in quarter microseconds.
inline constexpr std::uint16_t kItrStart = 648;  ///< 162 us, about 6,000 interrupts/s
inline constexpr std::uint16_t kItr70k = 56;     ///< 14 us
inline constexpr std::uint16_t kItr20k = 196;    ///< 49 us
inline constexpr std::uint16_t kItr4k = 980;     ///< 245 us

inline constexpr std::uint32_t kItrMask = 0x7FFC;  ///< EITR.INTERVAL

/// Traffic classes of a port with a single vector.
enum class LatencyRange : std::uint8_t { lowest_latency, low_latency, bulk_latency };

/// One direction of a vector since its last interrupt.
struct RingContainer {
  bool present = false;
  std::uint32_t total_bytes = 0, total_packets = 0;
  LatencyRange itr = LatencyRange::lowest_latency;
  unsigned work_limit = 0;
};

/// The moderation state of a vector.
struct ItrState {
  RingContainer rx, tx;
  std::uint16_t itr_val = kItrStart;
  bool set_itr = false;  ///< itr_val has yet to be written
};

/// The setting ethtool's rx-usecs (or tx-usecs) means: 0, 1 and 3 as they are, microseconds in EITR units.
constexpr std::uint32_t itr_setting_of(unsigned usecs) { return usecs <= 3 ? usecs : usecs << 2; }
/// The reverse.
constexpr unsigned usecs_of(std::uint32_t setting) { return setting <= 3 ? setting : setting >> 2; }
/// rx-usecs igb accepts: 0, 1, 3, 10..10000 (path-map F-29).
constexpr bool usecs_valid(unsigned usecs) {
  return usecs <= 10'000 && (usecs >= 10 || (usecs <= 3 && usecs != 2));
}
/// Whether a setting asks for adaptive moderation.
constexpr bool itr_dynamic(std::uint32_t setting) { return (setting & 3) != 0; }

/// Several vectors: by the average wire size of what this vector carried. `link_speed` in Mb/s.
void igb_update_ring_itr(ItrState& state, std::uint32_t setting, unsigned link_speed);
/// Moves one direction of a single vector between classes and clears its counts.
void igb_update_itr(RingContainer& ring);
/// A single vector: by the worse of its directions' classes.
void igb_set_itr(ItrState& state, std::uint32_t setting, unsigned link_speed);
/// What to write to EITR now, if anything: INTERVAL with CNT_INGR, 1 us instead of 0 (path-map C-06).
std::optional<std::uint32_t> igb_write_itr(ItrState& state);

}  // namespace niclab::igb
