// Receive-side scaling: the Toeplitz hash, the redirection table and the choice of hash type (fact base 4.1).
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "hw/descriptors.hpp"
#include "hw/packet_parser.hpp"
#include "hw/register_fields.hpp"

namespace niclab::hw {

/// What the sources leave open about RSS (fact base 4.1.1, 7).
struct RssReadings {
  /// Of a packet without home addresses whose "Ex" and plain type are both enabled, report the plain one. The
  /// hash is the same.
  bool plain_ipv6_types = false;
  /// MRQC[5:3] names the queue of packets that no type matches; else that is queue 0.
  bool default_queue = true;
};

/// What the hash unit says about a packet. `type` none: hash 0, the default queue.
struct RssResult {
  std::uint32_t hash = 0;
  RssType type = RssType::none;
  unsigned queue = 0;
};

class RssHash {
 public:
  static constexpr unsigned kKeyBytes = 40, kEntries = 128, kMaxInput = 36;

  explicit RssHash(const RssReadings& readings = {}) : readings_(readings) {}

  void write_rssrk(unsigned i, std::uint32_t value);  ///< i = 0..9; key byte 0 is RSSRK[0][7:0]
  void write_reta(unsigned i, std::uint32_t value);   ///< i = 0..31; byte 0 is entry 4i
  void write_mrqc(std::uint32_t value) { mrqc_ = value; }
  void write_rfctl(std::uint32_t value) { rfctl_ = value; }
  void write_rxcsum(std::uint32_t value) { rxcsum_ = value; }

  /// MRQC.mode = RSS and RXCSUM.PCSD = 1. (The third condition, an advanced DESCTYPE, is the queue's.)
  bool active() const {
    return reg::mrqc::MODE.get(mrqc_) == reg::mrqc::MODE_RSS && (rxcsum_ & reg::rxcsum::PCSD) != 0;
  }
  /// The queue of packets without a hash.
  unsigned default_queue() const { return readings_.default_queue ? reg::mrqc::DEFAULT_QUEUE.get(mrqc_) : 0; }
  /// Hash, type and queue of a packet; RssType::none and the default queue when no enabled type matches.
  RssResult hash(const ParsedPacket& packet);
  /// The bare Toeplitz hash of up to kMaxInput bytes under the current key.
  std::uint32_t toeplitz(std::span<const std::byte> input);

 private:
  struct Choice {
    RssType type;
    bool ports;
    bool ex = false;  ///< the addresses of home address option and type-2 routing header
  };
  Choice choose(const ParsedPacket& packet) const;
  Choice choose_ipv6(const ParsedPacket& packet) const;
  void rebuild();

  /// Per input position and byte value, its share of the hash: one load and one XOR a byte.
  using Table = std::array<std::array<std::uint32_t, 256>, kMaxInput>;
  Table table_{};
  std::array<std::uint8_t, kKeyBytes> key_{};
  std::array<std::uint8_t, kEntries> reta_{};
  std::uint32_t mrqc_ = 0, rfctl_ = 0, rxcsum_ = 0;
  RssReadings readings_;
  bool stale_ = false;  ///< the key changed since rebuild(); a key of zeros matches a table of zeros
};

}  // namespace niclab::hw
