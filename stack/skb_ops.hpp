// Operations on sk_buffs whose data may lie in several pieces (the head and its frag_list).
#pragma once

#include <cstdint>
#include <new>
#include <span>
#include <type_traits>

#include "base/inet_checksum.hpp"
#include "stack/skbuff.hpp"

namespace niclab::stack {

/// The layer's view of the control block; only the layer that holds the skb may use it.
template <class T>
T& skb_cb(SkBuff& skb) {
  static_assert(sizeof(T) <= sizeof(SkBuff::cb) && alignof(T) <= 8 && std::is_trivially_copyable_v<T>);
  return *std::launder(reinterpret_cast<T*>(skb.cb));
}

/// inet_skb_parm and what IP output needs (written by ip_rcv and __ip_make_skb).
struct IpCb {
  bool local_df = false;  ///< may be fragmented here although DF is set
  std::uint8_t option_bytes = 0;
};

/// skb_copy_bits: copies `to.size()` bytes from `offset` (from data). False when the skb is shorter.
bool skb_copy_bits(const SkBuff& skb, std::uint32_t offset, std::span<std::byte> to);
/// skb_checksum: adds `length` bytes from `offset` to `sum`, whatever the sizes of the pieces.
void skb_checksum(const SkBuff& skb, std::uint32_t offset, std::uint32_t length, InetChecksum& sum);
/// pskb_trim: shortens to `length` bytes in all; longer skbs only.
void pskb_trim(SkBuff& skb, std::uint32_t length);
/// pskb_may_pull: true when the first `length` bytes are linear, after moving them there if need be.
bool pskb_may_pull(SkbPtr& skb, std::uint32_t length);
/// skb_linearize: one piece; false when it does not fit one (9728 bytes and headers). Charges the copy.
bool skb_linearize(SkbPtr& skb);

}  // namespace niclab::stack
