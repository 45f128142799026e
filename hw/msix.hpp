// MSI-X: the table and pending bits behind BAR3 (fact base 1.4.3, rules 1-6).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace niclab::hw {

/// One posted 4-byte memory write.
struct MsixMessage {
  std::uint64_t address = 0;
  std::uint32_t data = 0;
  constexpr bool operator==(const MsixMessage&) const = default;
};

/// Without bus mastering (rule 6) every vector is as if masked: its message pends until the device may write.
class Msix {
 public:
  static constexpr unsigned kEntries = 10;
  static constexpr std::uint32_t kTableOffset = 0x0000, kPbaOffset = 0x2000;  ///< within BAR3

  /// Vector `v` wants to fire: the message to send, or nothing (held back: now pending; disabled or no such
  /// vector: dropped).
  std::optional<MsixMessage> fire(unsigned v) {
    if (!enabled_ || v >= kEntries) return std::nullopt;
    if (held_ || entry_masked(v)) {
      pending_ |= 1u << v;
      return std::nullopt;
    }
    return message(v);
  }

  /// A 32-bit read of BAR3. Reserved space reads 0.
  std::uint32_t read(std::uint32_t offset) const {
    if (offset < kEntries * 16) return table_[offset / 16][offset % 16 / 4];
    return offset == kPbaOffset ? pending_ : 0;
  }
  /// A write of BAR3; `byte_enable` bit i enables byte i. Returns the vectors (one bit each) whose pending
  /// message this unmasking releases: send message(v) for each.
  std::uint32_t write(std::uint32_t offset, std::uint32_t value, unsigned byte_enable = 0xF) {
    if (offset >= kEntries * 16) return 0;
    std::uint32_t mask = kWritable[offset % 16 / 4];
    for (unsigned i = 0; i < 4; ++i)
      if (!(byte_enable >> i & 1)) mask &= ~(0xFFu << 8 * i);
    std::uint32_t& word = table_[offset / 16][offset % 16 / 4];
    word = (word & ~mask) | (value & mask);
    return release();
  }
  /// The capability's Message Control, or whether the device may master the bus, changed; returns released
  /// vectors like write(). What pends when MSI-X is turned off is forgotten.
  std::uint32_t set_control(bool enabled, bool function_masked, bool bus_master = true) {
    enabled_ = enabled;
    held_ = function_masked || !bus_master;
    if (!enabled) pending_ = 0;
    return release();
  }
  /// PBACL, or the cause was cleared before the message could go (rule 4).
  void clear_pending(std::uint32_t vectors) { pending_ &= ~vectors; }
  /// Function-level reset: every entry masked and zero, nothing pending.
  void reset() { *this = Msix(); }

  /// What an unmasked vector writes.
  MsixMessage message(unsigned v) const {
    return {table_[v][0] | std::uint64_t{table_[v][1]} << 32, table_[v][2]};
  }
  std::uint32_t pending() const { return pending_; }
  bool enabled() const { return enabled_; }
  bool entry_masked(unsigned v) const { return (table_[v][3] & 1) != 0; }

 private:
  using Entry = std::array<std::uint32_t, 4>;  ///< address, upper address, data, vector control
  static constexpr Entry kWritable{0xFFFFFFFC, 0xFFFFFFFF, 0xFFFFFFFF, 1};

  std::uint32_t release() {
    if (!enabled_ || held_ || pending_ == 0) return 0;
    std::uint32_t released = 0;
    for (unsigned v = 0; v < kEntries; ++v)
      if (!entry_masked(v)) released |= pending_ & 1u << v;
    pending_ &= ~released;
    return released;
  }
  static constexpr std::array<Entry, kEntries> masked_table() {
    std::array<Entry, kEntries> table{};
    for (Entry& e : table) e[3] = 1;
    return table;
  }

  std::array<Entry, kEntries> table_ = masked_table();
  std::uint32_t pending_ = 0;
  bool enabled_ = false;
  bool held_ = false;  ///< by the function mask, or for want of bus mastering
};

}  // namespace niclab::hw
