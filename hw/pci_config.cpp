#include "hw/pci_config.hpp"

namespace niclab::hw {
namespace {

/// One DWORD of configuration space: its reset value, the bits software can write, those it clears with a 1,
/// and those a function-level reset leaves.
struct Row {
  std::uint16_t offset;
  std::uint32_t reset, writable = 0, write_1_clears = 0, kept = 0;
};

constexpr std::uint32_t kFlrBit = 0x8000;  // in DevCtl
constexpr std::uint32_t kVpdFlag = 0x80000000;

// clang-format off
constexpr Row kRows[] = {
    {0x00, 0},                                   // vendor and device ID from the identity
    {0x04, 0x00100000, 0x00000547, 0xF9000000},  // command, status: capability list
    {0x08, 0x02000001},                          // class, revision
    {0x0C, 0, 0x000000FF},                       // cache line size; header type from the identity
    {0x34, PciConfigSpace::kPm},                 // 0x10-0x33: BARs and subsystem from the identity
    {0x3C, 0, 0x000000FF},                       // interrupt line; pin from the identity

    {0x40, 0xC8230001 | PciConfigSpace::kMsi << 8},  // power management (1.4.1)
    {0x44, 0x00002008, 0x00001F03, 0x00008000, 0x00008100},

    {0x50, 0x01800005 | PciConfigSpace::kMsix << 8, 0x00010000},  // MSI (1.4.2)
    {0x54, 0, 0xFFFFFFFC}, {0x58, 0, 0xFFFFFFFF}, {0x5C, 0, 0x0000FFFF}, {0x60, 0, 1}, {0x64, 0},

    {0x70, 0x00000011 | PciConfigSpace::kPcie << 8, 0xC0000000},  // MSI-X (1.4.3); table size, BAR: identity
    {0x74, 0x00000000}, {0x78, 0x00002000},

    {0xA0, 0x00020010},                          // PCI Express (1.4.4); next from the identity
    {0xA4, 0x10008CC2},
    {0xA8, 0x00102810, 0x000078FF, 0x000F0000, 0x000000E0},  // auxiliary power, as PME from D3cold says
    {0xAC, 0x00000C42},                          // port number from the identity
    {0xB0, 0x10000000, 0x000002CB, 0, 0x000002CB},  // link status from the identity
    {0xC4, 0x0000081F}, {0xC8, 0, 0x0000041F},
    {0xD0, 0x00000002, 0x00001FBF, 0, 0x00001FBF},

    {0x140, 0x00010003 | PciConfigSpace::kAri << 20},  // device serial number, from the identity
    {0x150, 0x0001000E | PciConfigSpace::kSriov << 20},  // ARI; next function from the identity
    // SR-IOV as on published cards, but with no virtual functions: nothing can be enabled.
    {0x160, 0x00010010 | PciConfigSpace::kTph << 20}, {0x164, 0}, {0x168, 0}, {0x16C, 0}, {0x170, 0},
    {0x174, 0x00040180}, {0x178, 0x15200000}, {0x17C, 0x00000553}, {0x180, 0x00000001, 0x00000553},

    {0x1A0, 0x00010017 | PciConfigSpace::kLtr << 20},  // TPH requester: device-specific, table of 8 here
    {0x1A4, 0x00070205}, {0x1A8, 0, 0x00000107},
    {0x1AC, 0, 0x00FF00FF}, {0x1B0, 0, 0x00FF00FF}, {0x1B4, 0, 0x00FF00FF}, {0x1B8, 0, 0x00FF00FF},
    {0x1C0, 0x00010018 | PciConfigSpace::kAcs << 20}, {0x1C4, 0, 0x1FFF1FFF},  // LTR, of function 0 only
    {0x1D0, 0x0001000D}, {0x1D4, 0},                   // ACS: end of the chain
};
// clang-format on

constexpr std::uint32_t bytes_of(unsigned byte_enable) {
  std::uint32_t enabled = 0;
  for (unsigned i = 0; i < 4; ++i)
    if ((byte_enable >> i & 1) != 0) enabled |= 0xFFu << 8 * i;
  return enabled;
}

}  // namespace

PciConfigSpace::PciConfigSpace(const PciIdentity& identity) : identity_(identity) {
  make_rules();
  reset();
}

void PciConfigSpace::reload(const PciIdentity& identity) {
  identity_ = identity;
  make_rules();
  for (std::size_t i = 0; i < value_.size(); ++i) {
    const std::uint32_t stays = rules_[i].writable | rules_[i].write_1_clears;
    value_[i] = (rules_[i].reset & ~stays) | (value_[i] & stays);
  }
  settle();
}

void PciConfigSpace::make_rules() {
  rules_ = {};
  for (const Row& r : kRows) rule(r.offset) = {r.reset, r.writable, r.write_1_clears, r.kept};
  identify();
  lay_out_bars();
}

/// Read-only fields that differ from function to function.
void PciConfigSpace::identify() {
  const PciIdentity& id = identity_;
  const bool first = id.port == 0;
  rule(0x00).reset = id.vendor_id | std::uint32_t{id.device_id} << 16;
  rule(0x0C).reset = id.ports > 1 ? 0x00800000 : 0;  // multifunction
  rule(0x2C).reset = id.subsystem_vendor | std::uint32_t{id.subsystem_id} << 16;
  rule(0x3C).reset = id.interrupt_pin << 8;
  rule(kMsix).reset |= (id.msix_vectors - 1) << 16;
  const std::uint32_t bir = id.wide_bars ? 4 : 3;
  rule(0x74).reset |= bir;
  rule(0x78).reset |= bir;
  if (!id.vpd.empty()) {
    rule(kPcie).reset |= kVpd << 8;
    rule(kVpd) = {.reset = 0x03, .writable = 0xFFFF0000};
    rule(kVpd + 4) = {.writable = 0xFFFFFFFF};
  }
  rule(0xAC).reset |= id.port << 24;
  rule(0xB0).reset |= (id.link_gen | id.link_lanes << 4) << 16;
  const auto& m = id.serial_mac.octets;
  rule(kDsn + 4).reset = 0xFF000000u | std::uint32_t{m[3]} << 16 | std::uint32_t{m[4]} << 8 | m[5];
  rule(kDsn + 8).reset =
      std::uint32_t{m[0]} << 24 | std::uint32_t{m[1]} << 16 | std::uint32_t{m[2]} << 8 | 0xFF;
  if (id.port + 1 < id.ports) rule(kAri + 4).reset = (id.port + 1) << 8;
  rule(kSriov + 4).reset = first ? 2 : 0;  // ARI hierarchy preserved
  rule(kSriov + 0x10).reset = id.port << 16;
  if (first) return;
  rule(0xC8).writable &= ~0x400u;  // LTR is enabled for the whole card, by function 0
  rule(kTph).reset = (rule(kTph).reset & 0xFFFFF) | kAcs << 20;
  rule(kLtr) = rule(kLtr + 4) = {};
}

void PciConfigSpace::lay_out_bars() {
  const PciIdentity& id = identity_;
  rule(kBar0).writable = ~(id.bar0_size - 1);
  if (id.io_bar) rule(kBar0 + 8) = {.reset = 1, .writable = ~(kBar2Size - 1)};
  const std::uint16_t msix = kBar0 + (id.wide_bars ? 16 : 12);
  rule(msix).writable = ~(kBar3Size - 1);
  if (id.wide_bars)
    for (const std::uint16_t low : {kBar0, msix}) {
      rule(low).reset = 4;  // 64-bit memory
      rule(low + 4).writable = ~0u;
    }
  if (id.rom_size != 0) rule(kRomBar).writable = ~(id.rom_size - 1) | 1;
}

void PciConfigSpace::reset() {
  for (std::size_t i = 0; i < value_.size(); ++i) value_[i] = rules_[i].reset;
  settle();
}

void PciConfigSpace::function_level_reset() {
  for (std::size_t i = 0; i < value_.size(); ++i)
    value_[i] = (rules_[i].reset & ~rules_[i].kept) | (value_[i] & rules_[i].kept);
  settle();
}

std::uint64_t PciConfigSpace::bar(unsigned n) const {
  const std::uint32_t low = word(static_cast<std::uint16_t>(kBar0 + 4 * n));
  const std::uint64_t high =
      (low & 7) == 4 ? std::uint64_t{word(static_cast<std::uint16_t>(kBar0 + 4 * n + 4))} << 32 : 0;
  return high | (low & ~0xFu);
}

/// What others ask often, from what software wrote.
void PciConfigSpace::settle() {
  const bool on = power_state() == 0;
  bus_master_ = on && (word(kCommand) & 4) != 0;
  const bool memory = on && memory_enabled();
  csr_ = window(bar(0), identity_.bar0_size, memory);
  msix_ = window(bar(identity_.wide_bars ? 4 : 3), kBar3Size, memory);
  rom_ = window(word(kRomBar) & ~0x7FFu, identity_.rom_size, memory && (word(kRomBar) & 1) != 0);
  io_ = window(word(kBar0 + 8) & ~3u, identity_.io_bar ? kBar2Size : 0, on && io_enabled());
  word(0x44) = (word(0x44) & 0x00FFFFFF) | power_data() << 24;
}

std::uint32_t PciConfigSpace::read(std::uint16_t offset) const {
  if (Aer::holds(offset)) return aer_.read(offset);
  return offset / 4u < value_.size() ? value_[offset / 4] : ~std::uint32_t{0};
}

PciConfigSpace::WriteEffects PciConfigSpace::write(std::uint16_t offset, std::uint32_t value,
                                                   unsigned byte_enable) {
  WriteEffects effects;
  if (offset / 4u >= value_.size()) return effects;
  const std::uint32_t enabled = bytes_of(byte_enable);
  if (Aer::holds(offset)) {
    aer_.write(offset, value, enabled);
    return effects;
  }
  const Rule& r = rules_[offset / 4];
  const std::uint32_t store = r.writable & enabled;
  std::uint32_t& w = value_[offset / 4];
  const std::uint32_t before = w;
  w = ((w & ~store) | (value & store)) & ~(value & r.write_1_clears & enabled);
  switch (offset & ~3) {
    case kPm + 4:  // D1 and D2 are not there: the state does not change
      if (power_state() == 1 || power_state() == 2) w = (w & ~3u) | (before & 3);
      break;
    case kPcie + 8: effects.function_level_reset = (value & enabled & kFlrBit) != 0; break;
    case kVpd: vpd_accessed(enabled); break;
    default: break;
  }
  settle();
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

/// PMCSR.DATA by DATA_SELECT: consumed, then dissipated; the card turns all it consumes into heat.
std::uint32_t PciConfigSpace::power_data() const {
  switch (word(0x44) >> 9 & 0xF) {
    case 0:
    case 4: return identity_.d0_power;
    case 3:
    case 7: return identity_.d3_power;
    case 8: return identity_.port == 0 ? identity_.common_power : 0;
    default: return 0;
  }
}

/// The flag tells the direction, and turns over when the transfer is done, here at once. All of it is
/// read-only: what is written is dropped.
void PciConfigSpace::vpd_accessed(std::uint32_t enabled) {
  if (identity_.vpd.empty() || (enabled & kVpdFlag) == 0) return;
  if ((word(kVpd) & kVpdFlag) == 0) word(kVpd + 4) = vpd_word(word(kVpd) >> 16 & 0x7FFC);
  word(kVpd) ^= kVpdFlag;
}

std::uint32_t PciConfigSpace::vpd_word(unsigned address) const {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i)
    if (address + i < identity_.vpd.size()) value |= std::uint32_t{identity_.vpd[address + i]} << 8 * i;
  return value;
}

}  // namespace niclab::hw
