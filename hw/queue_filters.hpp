// Filters that choose a packet's queue before RSS does, and say which packets interrupt at once (fact base
// 2.6.8, 4.6).
//
// Order of precedence, as in the I210 (7.1.2, figure 7-5): EtherType filter, SYN filter if RFCTL.SYNQFP,
// flexible filters, 2-tuple filters, SYN filter otherwise; then RSS. The I350's own document is not at hand:
// fields are those public drivers write for it, the order is the I210's [uncertain].
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "hw/packet_parser.hpp"
#include "hw/register_fields.hpp"
#include "hw/register_offsets.hpp"

namespace niclab::hw {

/// What the filters say about a packet.
struct QueueMatch {
  std::optional<std::uint8_t> queue;      ///< nothing: RSS or the default queue decides
  std::optional<std::uint8_t> ethertype;  ///< index of the EtherType filter, for the packet type field
  bool immediate = false;                 ///< interrupt at once (rxd::LLINT)
  bool timestamp = false;                 ///< a filter wants this packet's arrival time (2.11)
};

/// What the sources leave open about the filters.
struct QueueFilterReadings {
  /// IMIREXT's TCP flags: a packet must have all of those selected; else one of them is enough.
  bool all_tcp_flags = false;
};

class QueueFilters {
 public:
  static constexpr unsigned kFilters = 8;      ///< of each kind; there is one SYN filter
  static constexpr unsigned kFlexBytes = 128;  ///< a flexible filter compares at most
  static constexpr unsigned kFlexDwords = 64;  ///< of registers a flexible filter

  explicit QueueFilters(const QueueFilterReadings& readings = {}) : readings_(readings) {}

  void write_etqf(unsigned i, std::uint32_t v) { etqf_[i] = v, rebuild(); }
  void write_synqf(std::uint32_t v) { synqf_ = v, rebuild(); }
  void write_ftqf(unsigned i, std::uint32_t v) { tuples_[i].ftqf = v, rebuild(); }
  void write_imir(unsigned i, std::uint32_t v) { tuples_[i].imir = v, rebuild(); }
  void write_imirext(unsigned i, std::uint32_t v) { tuples_[i].imirext = v, rebuild(); }
  void write_imirvp(std::uint32_t v) { imirvp_ = v, rebuild(); }
  void write_rfctl(std::uint32_t v) { rfctl_ = v; }
  void write_mrqc(std::uint32_t v) { mrqc_ = v, rebuild(); }
  void write_wufc(std::uint32_t v) { wufc_ = v, rebuild(); }
  /// Dword `i` of flexible filter `n`. A row of four dwords holds eight bytes, the mask of them (bit 0 for
  /// the first; 1: compare), and in the last row the length and the actions.
  void write_fhft(unsigned n, unsigned i, std::uint32_t v);

  /// Whether any filter is on; if not, match() finds nothing.
  bool active() const { return active_; }
  /// `stored_length`: bytes of the packet as the host will get it, without what is stripped.
  QueueMatch match(const ParsedPacket& packet, std::uint32_t stored_length) const;

 private:
  struct Tuple {
    std::uint32_t ftqf = 0xF0000000, imir = 0, imirext = 0;
  };
  struct Flex {
    std::array<std::uint8_t, kFlexBytes> bytes{};
    std::array<std::uint8_t, kFlexBytes / 8> mask{};
    std::uint32_t actions = 0;  ///< dword 63
  };
  /// Of the filters of one kind that match, the one that steers.
  struct Steering {
    std::optional<std::uint8_t> queue;
    unsigned priority = 0;
    /// The higher priority wins, among equals the first (I210 8.11.1, 8.21.18.1).
    void offer(std::uint32_t to_queue, unsigned with_priority) {
      if (queue && with_priority <= priority) return;
      queue = static_cast<std::uint8_t>(to_queue);
      priority = with_priority;
    }
  };
  void rebuild();
  std::optional<std::uint8_t> match_ethertype(const ParsedPacket& p, QueueMatch& m) const;
  std::optional<std::uint8_t> match_syn(const ParsedPacket& p) const;
  std::optional<std::uint8_t> match_flex(const ParsedPacket& p, QueueMatch& m) const;
  std::optional<std::uint8_t> match_tuples(const ParsedPacket& p, std::uint32_t length, QueueMatch& m) const;
  bool matches(const Tuple& t, const ParsedPacket& p, std::uint32_t length) const;
  static bool matches(const Flex& f, const ParsedPacket& p);

  std::array<std::uint32_t, kFilters> etqf_{};
  std::array<Tuple, kFilters> tuples_{};
  std::array<Flex, kFilters> flex_{};
  std::uint32_t synqf_ = 0, imirvp_ = 0, rfctl_ = 0, mrqc_ = 0, wufc_ = 0;
  // Filters that are on, one bit each.
  unsigned etqf_on_ = 0, tuples_on_ = 0, flex_on_ = 0;
  bool active_ = false;
  QueueFilterReadings readings_;
};

}  // namespace niclab::hw
