#include "hw/pci_config.hpp"

namespace niclab::hw {
namespace {

/// One DWORD of configuration space: its reset value, the bits software can write and those it clears with
/// a 1.
struct Row {
  std::uint16_t offset;
  std::uint32_t reset, writable, write_1_clears;
};

constexpr std::uint32_t kFlrBit = 0x8000;  // in DevCtl

// clang-format off
constexpr Row kRows[] = {
    {0x00, 0x00008086, 0, 0},                    // vendor; device ID from the identity
    {0x04, 0x00100000, 0x00000547, 0xF9000000},  // command, status: capability list
    {0x08, 0x02000001, 0, 0},                    // class, revision
    {0x0C, 0x00800000, 0x000000FF, 0},           // multifunction; cache line size
    {0x10, 0, ~(PciConfigSpace::kBar0Size - 1), 0},
    {0x18, 1, ~(PciConfigSpace::kBar2Size - 1), 0},
    {0x1C, 0, ~(PciConfigSpace::kBar3Size - 1), 0},
    {0x34, 0x00000040, 0, 0},
    {0x3C, 0x00000100, 0x000000FF, 0},           // interrupt line; pin from the identity
    {0x40, 0xC8235001, 0, 0},                    // power management (1.4.1)
    {0x44, 0x00002008, 0x00001F03, 0x00008000},
    {0x50, 0x01807005, 0x00010000, 0},           // MSI (1.4.2)
    {0x54, 0, 0xFFFFFFFC, 0}, {0x58, 0, 0xFFFFFFFF, 0}, {0x5C, 0, 0x0000FFFF, 0},
    {0x60, 0, 1, 0}, {0x64, 0, 0, 0},
    {0x70, 0x0009A011, 0xC0000000, 0},           // MSI-X (1.4.3)
    {0x74, 0x00000003, 0, 0}, {0x78, 0x00002003, 0, 0},
    {0xA0, 0x00020010, 0, 0},                    // PCI Express (1.4.4)
    {0xA4, 0x10008CC2, 0, 0},
    {0xA8, 0x00002810, 0x000078FF, 0x000F0000},
    {0xAC, 0x00000C42, 0, 0},                    // port number from the identity
    {0xB0, 0x10000000, 0x000003CB, 0},           // link status from the identity
    {0xC4, 0x0000081F, 0, 0}, {0xC8, 0, 0x0000041F, 0}, {0xD0, 0x00000002, 0x0000000F, 0},
    {0x140, 0x00010003, 0, 0},                   // device serial number, end of the chain
};
// clang-format on

constexpr auto kMasks = [] {
  struct Masks {
    std::uint32_t writable = 0, write_1_clears = 0;
  };
  std::array<Masks, 1024> masks{};
  for (const Row& r : kRows) masks[r.offset / 4] = {r.writable, r.write_1_clears};
  return masks;
}();

}  // namespace

PciConfigSpace::PciConfigSpace(const PciIdentity& identity) : identity_(identity) { reset(); }

void PciConfigSpace::reset() {
  value_.fill(0);
  for (const Row& r : kRows) word(r.offset) = r.reset;
  word(0x00) |= std::uint32_t{identity_.device_id} << 16;
  word(0x2C) = identity_.subsystem_vendor | std::uint32_t{identity_.subsystem_id} << 16;
  word(0x3C) = (identity_.intx_shared ? 1 : identity_.port + 1) << 8;
  word(0xAC) |= identity_.port << 24;
  word(0xB0) |= (identity_.link_gen | identity_.link_lanes << 4) << 16;
  const auto& m = identity_.serial_mac.octets;
  word(kDsn + 4) = 0xFF000000u | std::uint32_t{m[3]} << 16 | std::uint32_t{m[4]} << 8 | m[5];
  word(kDsn + 8) = std::uint32_t{m[0]} << 24 | std::uint32_t{m[1]} << 16 | std::uint32_t{m[2]} << 8 | 0xFF;
}

std::uint32_t PciConfigSpace::read(std::uint16_t offset) const {
  if (Aer::holds(offset)) return aer_.read(offset);
  return offset / 4u < value_.size() ? value_[offset / 4] : ~std::uint32_t{0};
}

PciConfigSpace::WriteEffects PciConfigSpace::write(std::uint16_t offset, std::uint32_t value,
                                                   unsigned byte_enable) {
  WriteEffects effects;
  if (offset / 4u >= value_.size()) return effects;
  std::uint32_t enabled = 0;
  for (unsigned i = 0; i < 4; ++i)
    if (byte_enable >> i & 1) enabled |= 0xFFu << 8 * i;
  if (Aer::holds(offset)) {
    aer_.write(offset, value, enabled);
    return effects;
  }
  const auto& masks = kMasks[offset / 4];
  const std::uint32_t store = masks.writable & enabled;
  std::uint32_t& w = value_[offset / 4];
  w = ((w & ~store) | (value & store)) & ~(value & masks.write_1_clears & enabled);
  effects.function_level_reset = offset / 4 == 0xA8 / 4 && (value & enabled & kFlrBit) != 0;
  return effects;
}

ErrorMessage PciConfigSpace::report_error(PciError error, ErrorRole role, const TlpHeader& header) {
  const Aer::Outcome out = aer_.report(
      error, role, header, {.device_control = word(0xA8) & 0xF, .serr = (word(kCommand) & 0x100) != 0});
  latch_device_status(out.device_status);
  latch_status(out.status);
  return out.message;
}

Duration PciConfigSpace::completion_timeout(unsigned code) {
  switch (code) {  // the long end of each range of the device: nothing expires early
    case 0x1: return 100_us;
    case 0x2: return 2_ms;
    case 0x6: return 130_ms;
    case 0x9: return 520_ms;
    case 0xA: return 2_s;
    case 0xD: return 8_s;
    case 0xE: return 34_s;
    default: return 32_ms;
  }
}

}  // namespace niclab::hw
