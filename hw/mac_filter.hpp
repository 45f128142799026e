// Receive address filtering: exact, hashed, broadcast, promiscuous and VLAN (fact base 2.7.11).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/addresses.hpp"
#include "hw/register_fields.hpp"
#include "hw/register_offsets.hpp"

namespace niclab::hw {

enum class DestinationKind : std::uint8_t { unicast, multicast, broadcast };
constexpr DestinationKind destination_kind(const MacAddress& m) {
  if (!m.is_group()) return DestinationKind::unicast;
  return m.is_broadcast() ? DestinationKind::broadcast : DestinationKind::multicast;
}

struct FilterDecision {
  bool accept = false;
  bool inexact = false;  ///< rxd::PIF: passed by a hash or promiscuous mode, not by an exact match
};

class MacFilter {
 public:
  /// `uta_always`: the unicast table counts in every MRQC mode, not only in those with several queues.
  explicit MacFilter(bool uta_always = false) : uta_always_(uta_always) {}

  void write_ral(unsigned i, std::uint32_t v) {
    ral_[i] = v;
    rebuild();
  }
  void write_rah(unsigned i, std::uint32_t v) {
    rah_[i] = v;
    rebuild();
  }
  void write_mta(unsigned i, std::uint32_t v) { mta_[i] = v; }
  void write_uta(unsigned i, std::uint32_t v) { uta_[i] = v; }
  void write_vfta(unsigned i, std::uint32_t v) { vfta_[i] = v; }
  void write_rctl(std::uint32_t v) { rctl_ = v; }
  void write_mrqc(std::uint32_t v) { mrqc_ = v; }

  /// `vlan_tci` only for tagged frames: priority, CFI and VLAN identifier as the tag has them.
  FilterDecision decide(const MacAddress& destination, std::optional<unsigned> vlan_tci = std::nullopt) const;

  /// The bit of MTA or UTA an address falls on, 0..4095, for RCTL.MO = `offset`.
  static constexpr unsigned hash(const MacAddress& m, unsigned offset) {
    constexpr unsigned kShift[] = {4, 3, 2, 0};  // DA bits [47:36], [46:35], [45:34], [43:32]
    return (m.octets[5] << 8 | m.octets[4]) >> kShift[offset] & 0xFFFu;
  }
  /// What RAL and RAH hold for an address; AV set.
  static constexpr std::uint32_t ral_of(const MacAddress& m) {
    return m.octets[0] | m.octets[1] << 8 | m.octets[2] << 16 | std::uint32_t{m.octets[3]} << 24;
  }
  static constexpr std::uint32_t rah_of(const MacAddress& m) {
    return m.octets[4] | std::uint32_t{m.octets[5]} << 8 | reg::rah::AV;
  }

 private:
  using BitTable = std::array<std::uint32_t, reg::kTableWords>;
  static bool test(const BitTable& table, unsigned bit) { return (table[bit >> 5] >> (bit & 31) & 1) != 0; }
  bool exact(const MacAddress& m) const;
  bool tag_accepted(unsigned tci) const;
  void rebuild();

  std::array<std::uint32_t, reg::kRarEntries> ral_{}, rah_{};
  std::array<std::uint64_t, reg::kRarEntries> valid_{};  ///< the valid ones, packed: 48 bits each
  unsigned valid_count_ = 0;
  BitTable mta_{}, uta_{}, vfta_{};
  std::uint32_t rctl_ = 0, mrqc_ = 0;
  bool uta_always_;
};

}  // namespace niclab::hw
