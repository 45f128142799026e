// Storage for one port's registers, driven by the register table (fact base 2.2).
//
// CsrFile does what the table alone can say: read-only, write masks, write-1-to-clear, read-to-clear, reset
// values. A register with side effects is answered by its functional unit before the access gets here.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/registers.hpp"

namespace niclab::hw {

class CsrFile {
 public:
  CsrFile() : words_(reg::kSpace / 4), plans_(reg::kSpace / 4) {
    for (const reg::Register& r : reg::registers())
      for (unsigned i = 0; i < r.count; ++i) plans_[r.at(i) / 4] = plan_of(r);
    reset(true);
  }

  /// A software read at any BAR0 address, aliases included. Unlisted and omitted registers read 0.
  std::uint32_t read(reg::Offset offset) {
    const std::size_t w = word(offset);
    if (w >= words_.size()) return 0;
    const std::uint32_t value = words_[w];
    if (plans_[w].clear_on_read) [[unlikely]]
      words_[w] = 0;
    return plans_[w].readable ? value : 0;
  }
  /// A software write: changes only what the table lets software change.
  void write(reg::Offset offset, std::uint32_t value) {
    const std::size_t w = word(offset);
    if (w >= words_.size()) return;
    const Plan& p = plans_[w];
    words_[w] = ((words_[w] & ~p.store) | (value & p.store) | (value & p.set)) & ~(value & p.clear);
  }

  /// The device's own view: no masks, no side effects. `offset` is canonical and inside the space.
  std::uint32_t operator[](reg::Offset offset) const { return words_[offset / 4]; }
  std::uint32_t& operator[](reg::Offset offset) { return words_[offset / 4]; }

  /// CTRL.RST (fact base 4.9); `everything` also resets what a port reset keeps: power-on.
  void reset(bool everything = false) {
    for (const reg::Register& r : reg::registers()) {
      if (r.kept_by_reset && !everything) continue;
      if (r.status == reg::Status::omitted) continue;
      for (unsigned i = 0; i < r.count; ++i) words_[r.at(i) / 4] = r.reset_of(i);
    }
  }

 private:
  /// A table row turned into masks, so that an access has no branches on the kind of register.
  struct Plan {
    std::uint32_t store = 0, clear = 0, set = 0;
    bool readable = false, clear_on_read = false;
  };
  static Plan plan_of(const reg::Register& r) {
    using reg::Access;
    Plan p;
    if (r.status == reg::Status::omitted) return p;
    p.readable = r.access != Access::WO;
    p.clear_on_read = r.access == Access::RC;
    if (r.access == Access::RW || r.access == Access::WO || r.access == Access::mixed) p.store = r.write_mask;
    if (r.access == Access::W1C) p.clear = r.write_mask;
    if (r.access == Access::W1S) p.set = r.write_mask;
    return p;
  }
  static std::size_t word(reg::Offset offset) { return reg::canonical(offset) / 4; }

  std::vector<std::uint32_t> words_;
  std::vector<Plan> plans_;
};

}  // namespace niclab::hw
