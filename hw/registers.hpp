// The register map: names, fields, and THE table that everything else reads (fact base 2.2).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "hw/register_fields.hpp"
#include "hw/register_offsets.hpp"

namespace niclab::hw::reg {

/// What an access does, seen from software (fact base 0.1).
enum class Access : std::uint8_t {
  RO,     ///< writes ignored
  RW,     ///< plain storage under the write mask
  WO,     ///< reads 0
  RC,     ///< reading clears
  W1C,    ///< writing 1 clears
  W1S,    ///< writing 1 sets
  mixed,  ///< fields differ, or reads and writes have side effects: a functional unit answers
};

/// How much of a register this model has.
enum class Status : std::uint8_t {
  implemented,  ///< behaves
  stub,         ///< holds its value, or reads its reset value; nothing acts on it
  omitted,      ///< reads 0, writes dropped
};

/// Who answers an access: chapters of the data sheet, which are the files of tlm/i350/. A chapter without
/// code of its own keeps its registers in CsrFile, by the row alone.
enum class Chapter : std::uint8_t {
  none,  ///< nothing is listed there
  general,
  nvm,
  link,
  interrupts,
  flow_control,
  receive_filters,
  receive_queues,
  transmit,
  statistics,
  time_sync,
  power,
  virtualisation,
};

/// One row: a register, or a set of `count` registers `stride` bytes apart.
struct Register {
  std::string_view name;
  Offset offset;  ///< canonical address of instance 0
  unsigned count;
  unsigned stride;  ///< bytes between instances
  Access access;
  std::uint32_t reset;       ///< value after a port reset
  std::uint32_t write_mask;  ///< bits software can change (or clear, or set)
  Status status;
  Chapter chapter;
  std::string_view what;
  std::uint32_t first_xor = 0;  ///< bits in which the reset value of instance 0 differs
  bool kept_by_reset = false;   ///< survives CTRL.RST (fact base 4.9)

  constexpr Offset at(unsigned i) const { return offset + i * stride; }
  constexpr std::uint32_t reset_of(unsigned i) const { return i == 0 ? reset ^ first_xor : reset; }
};

/// Every register of fact base 2.2, in address order of instance 0.
std::span<const Register> registers();

/// The row and instance at `offset` (aliases are folded); nothing when no register is listed there.
struct Found {
  const Register* row;
  unsigned index;
};
std::optional<Found> find(Offset offset);

/// Where an access goes. `offset` is canonical; `first` is that of the row's instance 0, by which code names
/// a row whose instance is `index`. An address where nothing is listed has chapter none.
struct Target {
  Offset offset = 0, first = 0;
  unsigned index = 0;
  Chapter chapter = Chapter::none;
};
Target target(Offset offset);

/// The first row of that name ("RXDCTL"), or nullptr.
const Register* find(std::string_view name);

std::string_view to_string(Access access);
std::string_view to_string(Status status);
std::string_view to_string(Chapter chapter);

/// Folds the addresses by which old drivers reach a register onto the canonical one (fact base 2.1).
constexpr Offset canonical(Offset offset) {
  if (offset >= 0x02800 && offset < 0x02C00) {  // receive queues 0-3; DVMOLR has no alias
    const Offset in = offset & 0xFF;
    return in < 0x38 ? 0x0C000 + ((offset >> 8 & 3) << 6) + in : offset;
  }
  if (offset >= 0x03800 && offset < 0x03C00) {  // transmit queues 0-3
    const Offset in = offset & 0xFF;
    return in < 0x40 ? 0x0E000 + ((offset >> 8 & 3) << 6) + in : offset;
  }
  if (offset >= 0x00800) return offset;
  if (offset == 0x00004) return CTRL;
  if (offset >= 0x00040 && offset < 0x000C0) return RAL(0) + (offset - 0x40);
  switch (offset) {
    case 0x000C0: return ICR;
    case 0x000C8: return ICS;
    case 0x000D0: return IMS;
    case 0x000D8: return IMC;
    case 0x000E0: return IAM;
    case 0x00168: return FCRTL;
    default: break;
  }
  if (offset >= 0x00200 && offset < 0x00400) return MTA(0) + (offset - 0x200);
  if (offset >= 0x00600) return VFTA(0) + (offset - 0x600);
  return offset;
}

}  // namespace niclab::hw::reg
