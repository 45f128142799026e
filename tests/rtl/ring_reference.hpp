// What docs/rtl.md says of every descriptor ring, in the plainest way: how many descriptors to ask for.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace niclab::rtl {

using RawDescriptor = std::array<std::uint32_t, 4>;

/// The ring index `n` behind `index`.
inline unsigned index_after(unsigned index, unsigned n, unsigned length) {
  if (n == 0) return index;
  return index + n >= length ? index + n - length : index + n;
}

inline unsigned ring_distance(unsigned from, unsigned to, unsigned length) {
  return to >= from ? to - from : to + length - from;
}

/// The count of the read that a ring with nothing outstanding wants whose next unread descriptor is `fetch`
/// and whose cache holds `cached` of `cache`; 0: none. `in`: the levels (TxRingInputs, RxRingInputs).
template <class Inputs>
unsigned wanted_count(const Inputs& in, unsigned fetch, unsigned cached, unsigned cache) {
  if (cached >= cache || fetch == in.tail) return 0;
  const unsigned distance = ring_distance(fetch, in.tail, in.length);
  if (cached != 0 && !(cached <= in.pthresh && distance >= in.hthresh)) return 0;
  const std::uint64_t address = in.base + 16 * std::uint64_t{fetch};
  const auto in_page = static_cast<unsigned>((4096 - address % 4096) / 16);
  const unsigned whole = std::min({distance, cache - cached, in.length - fetch, in_page});
  if (whole <= in.mrrs) return whole;
  const auto past = static_cast<unsigned>((address / 16 + in.mrrs) % 4);
  return past < in.mrrs ? in.mrrs - past : in.mrrs;
}

}  // namespace niclab::rtl
