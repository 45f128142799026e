#include "lab/pci_firmware.hpp"

namespace niclab::lab {
namespace {

constexpr unsigned kBars = 6;
constexpr std::uint32_t kIo = 1, kWide = 4, kRomEnable = 1;

constexpr std::uint16_t offset_of(unsigned bar) {
  return static_cast<std::uint16_t>(hw::PciConfigSpace::kBar0 + 4 * bar);
}

/// What the register reads when every bit is written; what it held is lost.
std::uint32_t probe(hw::PciConfigSpace& space, std::uint16_t offset, std::uint32_t ones = ~0u) {
  space.write(offset, ones);
  return space.read(offset);
}

/// The next `size` bytes of a range that are aligned to their size, a power of two.
std::uint64_t take(std::uint64_t& next, std::uint64_t size) {
  const std::uint64_t base = (next + size - 1) & ~(size - 1);
  next = base + size;
  return base;
}

}  // namespace

std::array<std::uint64_t, kBars> PciFirmware::assign(hw::PciConfigSpace& space) {
  std::array<std::uint64_t, kBars> bases{};
  for (unsigned bar = 0; bar < kBars; ++bar) {
    const std::uint16_t at = offset_of(bar);
    const std::uint32_t low = probe(space, at);
    if (low == 0) continue;
    const bool io = (low & kIo) != 0, wide = !io && (low & kWide) != 0;
    const std::uint64_t high = wide ? probe(space, at + 4) : ~0u;
    const std::uint64_t size = ~(high << 32 | (low & (io ? ~3u : ~0xFu))) + 1;
    const std::uint64_t base = take(io ? io_ : wide ? above_ : memory_, size);
    bases[bar] = base;
    space.write(at, static_cast<std::uint32_t>(base));
    if (!wide) continue;
    space.write(at + 4, static_cast<std::uint32_t>(base >> 32));
    ++bar;  // its upper half
  }
  if (const std::uint32_t rom = probe(space, hw::PciConfigSpace::kRomBar, ~kRomEnable); rom != 0)
    space.write(hw::PciConfigSpace::kRomBar, static_cast<std::uint32_t>(take(memory_, ~rom + 1u)));
  return bases;
}

}  // namespace niclab::lab
