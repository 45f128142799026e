// How long things take on the wire (fact base 3.6, 4.8).
#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "hw/register_fields.hpp"

namespace niclab::hw {

enum class LinkSpeed : std::uint8_t { mbps10 = 0, mbps100 = 1, mbps1000 = 2 };  ///< values of STATUS.SPEED

inline constexpr unsigned kPreambleBytes = 8;  ///< preamble and start delimiter
inline constexpr unsigned kFcsBytes = 4;
inline constexpr unsigned kStandardGap = 12;                               ///< inter-packet gap, byte times
inline constexpr unsigned kOverheadBytes = kPreambleBytes + kStandardGap;  ///< around each frame
inline constexpr unsigned kMinimumFrame = 60;       ///< without FCS; shorter ones are padded (TCTL.PSP)
inline constexpr unsigned kPauseQuantumBytes = 64;  ///< 512 bit times

constexpr unsigned megabits(LinkSpeed s) {
  return s == LinkSpeed::mbps1000 ? 1000 : s == LinkSpeed::mbps100 ? 100 : 10;
}
constexpr Duration byte_time(LinkSpeed s) {
  return s == LinkSpeed::mbps1000 ? 8_ns : s == LinkSpeed::mbps100 ? 80_ns : 800_ns;
}
/// The gap TIPG asks for, in byte times: IPGT + 4; 8 is the standard 12.
constexpr unsigned gap_bytes(std::uint32_t tipg) { return reg::tipg::IPGT.get(tipg) + 4; }

/// First bit of the preamble to last bit of the FCS, for a frame of `bytes` without FCS. Who may send less
/// than kMinimumFrame pads before.
constexpr Duration frame_time(LinkSpeed s, std::uint64_t bytes) {
  return byte_time(s) * (kPreambleBytes + bytes + kFcsBytes);
}
/// The same plus the gap before the next frame may start: 672 ns for 60 bytes at 1 Gb/s.
constexpr Duration frame_occupancy(LinkSpeed s, std::uint64_t bytes, unsigned gap = kStandardGap) {
  return frame_time(s, bytes) + byte_time(s) * gap;
}
/// `quanta` of a PAUSE frame at this speed (fact base 4.7).
constexpr Duration pause_time(LinkSpeed s, std::uint16_t quanta) {
  return byte_time(s) * kPauseQuantumBytes * quanta;
}

}  // namespace niclab::hw
