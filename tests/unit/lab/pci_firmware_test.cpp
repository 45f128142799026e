// BARs as firmware assigns them (PCI 3.0 6.2.5.1; fact base 1.3).
#include "lab/pci_firmware.hpp"

#include <gtest/gtest.h>

namespace niclab::lab {
namespace {

hw::PciConfigSpace function(unsigned port, std::initializer_list<std::pair<const char*, unsigned>> fields) {
  hw::Nvm nvm = hw::Nvm::make_default({{2, 0, 0, 0, 0, 1}});
  for (const auto& [name, value] : fields)
    hw::set(nvm, *hw::find_nvm_field(name), static_cast<std::uint16_t>(value));
  return hw::PciConfigSpace(hw::pci_identity(nvm, port, 4));
}

TEST(PciFirmware, EveryBarGetsAnAddressAlignedToItsSize_FactBase_1_3) {
  PciFirmware firmware;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> taken;  // base, end
  for (unsigned f = 0; f < 4; ++f) {
    auto space = function(f, {{"bar0_size", f}, {"rom_size", 2}});
    const auto bases = firmware.assign(space);
    const std::uint64_t size = 128u * 1024 << f;
    EXPECT_EQ(bases[0] % size, 0u);
    EXPECT_EQ(bases, (std::array<std::uint64_t, 6>{bases[0], 0, 0xE000 + 32 * f, bases[3], 0, 0}));
    EXPECT_EQ(space.bar(0), bases[0]);
    EXPECT_EQ(space.bar(2), bases[2]);
    EXPECT_EQ(space.bar(3), bases[3]);
    const std::uint32_t rom = space.read(hw::PciConfigSpace::kRomBar);
    EXPECT_EQ(rom % (1 << 20), 0u) << "aligned, and disabled";
    taken.insert(taken.end(),
                 {{bases[0], bases[0] + size}, {bases[3], bases[3] + 16 * 1024}, {rom, rom + (1 << 20)}});
    space.write16(0x04, 3);
    EXPECT_EQ(space.memory_place(bases[0] + size - 4)->region,
              f == 0 ? hw::PciRegion::registers : hw::PciRegion::flash);
    EXPECT_EQ(space.memory_place(bases[3])->region, hw::PciRegion::msix);
    EXPECT_EQ(space.io_place(bases[2])->region, hw::PciRegion::io);
  }
  for (const auto& a : taken)
    for (const auto& b : taken)
      EXPECT_TRUE(&a == &b || a.second <= b.first || b.second <= a.first)
          << std::hex << a.first << " " << b.first;
}

TEST(PciFirmware, WideBarsLieAbove4GiB_FactBase_1_2) {
  PciFirmware firmware;
  auto space = function(1, {{"wide_bars", 1}, {"io_bar_disable", 1}});
  const auto bases = firmware.assign(space);
  EXPECT_GT(bases[0], std::uint64_t{1} << 32);
  EXPECT_GT(bases[4], bases[0]);
  EXPECT_EQ(space.bar(0), bases[0]);
  EXPECT_EQ(space.bar(4), bases[4]);
  for (const unsigned bar : {1u, 2u, 3u, 5u}) EXPECT_EQ(bases[bar], 0u) << bar;
  space.write16(0x04, 2);
  EXPECT_EQ(space.memory_place(bases[4] + 0x2000)->offset, 0x2000u);
}

}  // namespace
}  // namespace niclab::lab
