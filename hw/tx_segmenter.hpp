// TCP and UDP segmentation: one large packet from memory becomes many on the wire (fact base 4.4).
//
// A super-packet is a prototype header, the first MACLEN + IPLEN + L4LEN bytes, and PAYLEN bytes behind it.
// Each segment is that header, rewritten, and the next MSS bytes. The unit says where segments begin and end,
// and rewrites headers; bytes are its caller's, and checksums those of hw/tx_checksum.hpp, to which a segment
// is a packet like any other.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "hw/descriptors.hpp"

namespace niclab::hw {

/// Why a super-packet cannot be segmented; the checks are made in this order. Choices of this model: what the
/// device does with such a context is not documented (fact base 4.11).
enum class TxSegmentationResult : std::uint8_t {
  ok,
  no_payload,            ///< PAYLEN = 0
  no_segment_size,       ///< MSS = 0; also what a queue has that was never given a context
  l4_type,               ///< TUCMD.L4T is neither TCP nor UDP
  mac_header_too_short,  ///< MACLEN < 14, or < 22 with TUCMD.SNAP
  ip_header_too_short,   ///< IPLEN < 20 (IPv4) or < 40 (IPv6)
  l4_header_too_short,   ///< L4LEN < 20 (TCP) or < 8 (UDP)
  segment_too_long,      ///< headers and MSS exceed the longest packet
};
std::string_view to_string(TxSegmentationResult result);

/// What is left of the twelve flag bits of a TCP header (fact base 2.8.5).
struct TcpFlagMasks {
  std::uint16_t first = 0xFF6, middle = 0xFF6, last = 0xF7F;
  /// From DTXTCPFLGL and DTXTCPFLGH.
  static constexpr TcpFlagMasks of(std::uint32_t low, std::uint32_t high) {
    return {static_cast<std::uint16_t>(low & 0xFFF), static_cast<std::uint16_t>(low >> 16 & 0xFFF),
            static_cast<std::uint16_t>(high & 0xFFF)};
  }
  constexpr bool operator==(const TcpFlagMasks&) const = default;
};

/// One piece of the payload, in bytes.
struct TxSegment {
  std::uint32_t number = 0;  ///< from 0
  std::uint32_t offset = 0, bytes = 0;
  bool last = false;
  constexpr bool operator==(const TxSegment&) const = default;
};

class TxSegmenter {
 public:
  TxSegmenter() = default;
  /// `first`: the super-packet's first data descriptor; check() said ok.
  TxSegmenter(const AdvTxContext& context, const AdvTxData& first, TcpFlagMasks masks)
      : context_(context), masks_(masks), paylen_(first.paylen()), txsm_(first.txsm()) {}

  /// `longest`: bytes of the longest packet, without FCS and without a tag that is inserted.
  static TxSegmentationResult check(const AdvTxContext& context, const AdvTxData& first,
                                    std::uint32_t longest);

  const AdvTxContext& context() const { return context_; }
  std::uint32_t header_bytes() const { return context_.maclen() + context_.iplen() + context_.l4len(); }
  std::uint32_t count() const { return (paylen_ + context_.mss() - 1) / context_.mss(); }
  /// All of them have been given.
  bool done() const { return given_ == paylen_; }
  /// The next one, which next() will give; undefined when done().
  TxSegment peek() const {
    const std::uint32_t bytes = std::min<std::uint32_t>(context_.mss(), paylen_ - given_);
    return {number_, given_, bytes, given_ + bytes == paylen_};
  }
  TxSegment next() {
    const TxSegment s = peek();
    ++number_;
    given_ += s.bytes;
    return s;
  }

  /// Copies the prototype header to the front of `frame` (at least header_bytes()) and rewrites it for `s` by
  /// the table of 4.4: lengths, IPv4 identification, TCP sequence number and flags, SNAP length. With TXSM
  /// the length of the segment is added to the pseudo-header sum in the L4 checksum field, where software
  /// left it out. A segment that is first and last is masked as a last one.
  void write_header(const TxSegment& s, std::span<const std::byte> prototype,
                    std::span<std::byte> frame) const;

 private:
  void write_ip(const TxSegment& s, std::byte* ip) const;
  void write_tcp(const TxSegment& s, std::byte* tcp) const;

  AdvTxContext context_;
  TcpFlagMasks masks_;
  std::uint32_t paylen_ = 0;
  std::uint32_t given_ = 0, number_ = 0;
  bool txsm_ = false;
};

}  // namespace niclab::hw
