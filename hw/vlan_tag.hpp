// A VLAN tag put into a frame, as the device does it (fact base 3.6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/bytes.hpp"

namespace niclab::hw {

inline constexpr std::uint32_t kVlanTagBytes = 4;

/// Puts `ethertype` and `tci` behind the addresses of a frame; `frame` has its new size, of which the last
/// four bytes are not yet used. At least 16 bytes.
inline void insert_vlan_tag(std::span<std::byte> frame, std::uint16_t ethertype, std::uint16_t tci) {
  constexpr std::size_t addresses = 12;
  std::memmove(frame.data() + addresses + kVlanTagBytes, frame.data() + addresses,
               frame.size() - addresses - kVlanTagBytes);
  store_be16(frame.data() + addresses, ethertype);
  store_be16(frame.data() + addresses + 2, tci);
}

}  // namespace niclab::hw
