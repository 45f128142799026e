// PCI configuration space (fact base 1.2-1.5).
#include "hw/pci_config.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

namespace niclab::hw {
namespace {

constexpr MacAddress kMac{{0xA0, 0x36, 0x9F, 0x11, 0x22, 0x33}};

PciIdentity identity(unsigned port = 0, unsigned ports = 4) {
  Nvm nvm = Nvm::make_default(kMac);
  return pci_identity(nvm, port, ports);
}
PciConfigSpace make(unsigned port = 0) { return PciConfigSpace(identity(port)); }

/// Configuration space of function 0 of a card whose image has these fields.
PciConfigSpace make_with(std::initializer_list<std::pair<const char*, std::uint16_t>> fields,
                         unsigned port = 0) {
  Nvm nvm = Nvm::make_default(kMac);
  for (const auto& [name, value] : fields) set(nvm, *find_nvm_field(name), value, port);
  return PciConfigSpace(pci_identity(nvm, port, 4));
}

/// A DWORD as the fact base has it: after power-on, which bits can be written, which a 1 clears.
struct Expected {
  std::uint16_t offset;
  std::uint32_t reset, writable, write_1_clears;
};

// Written down from fact base 1.2-1.5 by the field, not from the table in pci_config.cpp. Of function 1 of
// four: its pin is INTB, its port number 1. Everything not listed reads 0 and cannot be written; AER's
// registers have tests of their own.
constexpr Expected kFunction1[] = {
    {0x00, 0x1521u << 16 | 0x8086, 0, 0},
    // capability list; I/O, memory, master, parity, SERR, INTx disable; error bits
    {0x04, 1u << 20, 1 | 2 | 4 | 1 << 6 | 1 << 8 | 1 << 10, 0x1Fu << 27 | 1u << 24},
    {0x08, 0x020000u << 8 | 0x01, 0, 0},
    {0x0C, 0x80u << 16, 0xFF, 0},
    {0x10, 0, 0xFFFE0000, 0},  // 128 KB
    {0x18, 1, 0xFFFFFFE0, 0},  // I/O, 32 bytes
    {0x1C, 0, 0xFFFFC000, 0},  // 16 KB
    {0x2C, 0x00A1u << 16 | 0x8086, 0, 0},
    {0x34, 0x40, 0, 0},
    {0x3C, 2u << 8, 0xFF, 0},
    {0x40, 0xC823u << 16 | 0x50 << 8 | 0x01, 0, 0},
    // NoSoftRst, scale 01; state, PME enable, data select; PME status. The state has a test of its own
    {0x44, 1u << 13 | 1 << 3, 3 | 1 << 8 | 0xF << 9, 1u << 15},
    {0x50, 0x0180u << 16 | 0x70 << 8 | 0x05, 1u << 16, 0},
    {0x54, 0, 0xFFFFFFFC, 0},
    {0x58, 0, 0xFFFFFFFF, 0},
    {0x5C, 0, 0xFFFF, 0},
    {0x60, 0, 1, 0},
    {0x70, 9u << 16 | 0xA0 << 8 | 0x11, 3u << 30, 0},
    {0x74, 0x00000003, 0, 0},
    {0x78, 0x00002003, 0, 0},
    {0xA0, 2u << 16 | 0x10, 0, 0},
    {0xA4, 0x10008CC2, 0, 0},
    // relaxed ordering and no-snoop on, 512-byte reads; auxiliary power
    {0xA8, 1u << 20 | 1 << 4 | 1 << 11 | 2 << 12, 0xF | 1 << 4 | 7 << 5 | 1 << 11 | 7 << 12, 0xFu << 16},
    {0xAC, 1u << 24 | 3 << 10 | 4 << 4 | 2, 0, 0},
    // slot clock, x4, 5 GT/s; ASPM, RCB, common clock, extended synch, autonomous width disable
    {0xB0, (1u << 12 | 4 << 4 | 2) << 16, 3 | 1 << 3 | 1 << 6 | 1 << 7 | 1 << 9, 0},
    {0xC4, 0xF | 1 << 4 | 1 << 11, 0, 0},
    {0xC8, 0, 0xF | 1 << 4, 0},  // LTR is function 0's
    {0xD0, 2, 0xF | 1 << 4 | 1 << 5 | 0x3F << 7, 0},
    {0x100, 0x140u << 20 | 2 << 16 | 0x0001, 0, 0},
    {0x140, 0x150u << 20 | 1 << 16 | 0x0003, 0, 0},
    {0x144, 0xFF112233, 0, 0},
    {0x148, 0xA0369FFF, 0, 0},
    {0x150, 0x160u << 20 | 1 << 16 | 0x000E, 0, 0},
    {0x154, 2u << 8, 0, 0},
    {0x160, 0x1A0u << 20 | 1 << 16 | 0x0010, 0, 0},
    {0x170, 1u << 16, 0, 0},        // depends on itself; no VF
    {0x174, 4u << 16 | 384, 0, 0},  // stride, offset
    {0x178, 0x1520u << 16, 0, 0},
    {0x17C, 0x553, 0, 0},
    {0x180, 1, 0x553, 0},
    {0x1A0, 0x1D0u << 20 | 1 << 16 | 0x0017, 0, 0},  // LTR is function 0's
    {0x1A4, 7u << 16 | 1 << 9 | 1 << 2 | 1, 0, 0},
    {0x1A8, 0, 7 | 1 << 8, 0},
    {0x1AC, 0, 0x00FF00FF, 0},
    {0x1B0, 0, 0x00FF00FF, 0},
    {0x1B4, 0, 0x00FF00FF, 0},
    {0x1B8, 0, 0x00FF00FF, 0},
    {0x1D0, 1u << 16 | 0x000D, 0, 0},
};

bool aer_register(unsigned offset) { return offset > 0x100 && offset < 0x140; }

/// Walks all of configuration space: reset values, then ones and zeros into every DWORD.
void walk(const std::function<PciConfigSpace()>& fresh, std::vector<Expected> expected) {
  for (unsigned offset = 0; offset < 0x1000; offset += 4) {
    if (aer_register(offset) || offset == 0xE0 || offset == 0xE4) continue;
    const auto it =
        std::find_if(expected.begin(), expected.end(), [&](const Expected& e) { return e.offset == offset; });
    const Expected e = it != expected.end() ? *it : Expected{static_cast<std::uint16_t>(offset), 0, 0, 0};
    PciConfigSpace c = fresh();
    EXPECT_EQ(c.read(e.offset), e.reset) << std::hex << offset << " after power-on";
    c.write(e.offset, ~0u);
    const std::uint32_t ones = (e.reset & ~e.write_1_clears) | e.writable;
    EXPECT_EQ(c.read(e.offset), ones) << std::hex << offset << " after ones";
    c.write(e.offset, 0);
    EXPECT_EQ(c.read(e.offset), e.reset & ~e.writable) << std::hex << offset << " after zeros";
  }
}

TEST(PciConfig, EveryWord_FactBase_1_2_to_1_5) {
  const std::vector<Expected> one(std::begin(kFunction1), std::end(kFunction1));
  walk([] { return make(1); }, one);

  auto zero = one;
  const auto change = [&](std::uint16_t offset, std::uint32_t reset, std::uint32_t writable) {
    for (Expected& e : zero)
      if (e.offset == offset) e.reset = reset, e.writable = writable;
  };
  change(0x3C, 1u << 8, 0xFF);
  change(0xAC, 3u << 10 | 4 << 4 | 2, 0);
  change(0xC8, 0, 0xF | 1 << 4 | 1 << 10);
  change(0x154, 1u << 8, 0);
  change(0x170, 0, 0);
  change(0x1A0, 0x1C0u << 20 | 1 << 16 | 0x0017, 0);
  zero.push_back({0x164, 2, 0, 0});  // ARI hierarchy preserved
  zero.push_back({0x1C0, 0x1D0u << 20 | 1 << 16 | 0x0018, 0, 0});
  zero.push_back({0x1C4, 0, 0x1FFF1FFF, 0});
  walk([] { return make(0); }, zero);
  EXPECT_EQ(make().read(0x1000), 0xFFFFFFFFu);
}

TEST(PciConfig, StatusErrorsAreWriteOneToClear) {
  auto c = make();
  c.latch_status(0x3000);
  c.latch_device_status(0x0009);
  c.write16(0x06, 0x1000);
  EXPECT_EQ(c.read16(0x06), 0x2010);
  c.write16(0xAA, 0x0008);
  EXPECT_EQ(c.read16(0xAA), 0x0011);
  c.set_transactions_pending(true);
  c.write16(0xAA, 0xFFFF);
  EXPECT_EQ(c.read16(0xAA), 0x0030) << "transactions pending is read-only";
}

// As lspci walks: from each pointer to the next, to the end.
std::vector<std::pair<unsigned, unsigned>> legacy_chain(const PciConfigSpace& c) {
  std::vector<std::pair<unsigned, unsigned>> seen;  // offset, ID
  for (unsigned at = c.read8(0x34); at != 0 && seen.size() < 48;
       at = c.read8(static_cast<std::uint16_t>(at + 1)))
    seen.emplace_back(at, c.read8(static_cast<std::uint16_t>(at)));
  return seen;
}
std::vector<std::pair<unsigned, unsigned>> extended_chain(const PciConfigSpace& c) {
  std::vector<std::pair<unsigned, unsigned>> seen;
  for (unsigned at = 0x100; at != 0 && seen.size() < 960; at = c.read(static_cast<std::uint16_t>(at)) >> 20)
    seen.emplace_back(at, c.read(static_cast<std::uint16_t>(at)) & 0xFFFF);
  return seen;
}

TEST(PciConfig, ChainsReachWhatIsDocumented_FactBase_1_4_1_5) {
  using Chain = std::vector<std::pair<unsigned, unsigned>>;
  const Chain legacy{{0x40, 0x01}, {0x50, 0x05}, {0x70, 0x11}, {0xA0, 0x10}};
  EXPECT_EQ(legacy_chain(make()), legacy);
  Chain with_vpd = legacy;
  with_vpd.emplace_back(0xE0, 0x03);
  EXPECT_EQ(legacy_chain(make_with({{"vpd", 1}})), with_vpd);

  const Chain extended{{0x100, 0x01}, {0x140, 0x03}, {0x150, 0x0E}, {0x160, 0x10},
                       {0x1A0, 0x17}, {0x1C0, 0x18}, {0x1D0, 0x0D}};
  EXPECT_EQ(extended_chain(make(0)), extended);
  Chain others = extended;
  std::erase_if(others, [](const auto& c) { return c.first == 0x1C0; });
  for (unsigned f = 1; f < 4; ++f) EXPECT_EQ(extended_chain(make(f)), others) << f;
}

TEST(PciConfig, FunctionsOfACard_FactBase_1_2_1_5) {
  for (const unsigned ports : {1u, 2u, 4u})
    for (unsigned f = 0; f < ports; ++f) {
      const PciConfigSpace c(identity(f, ports));
      EXPECT_EQ(c.read8(0x0E), ports > 1 ? 0x80 : 0) << "multifunction";
      EXPECT_EQ(c.interrupt_pin(), f + 1);
      EXPECT_EQ(c.read(0x154) >> 8, f + 1 < ports ? f + 1 : 0) << "ARI: next function";
      EXPECT_EQ(c.read(0x16C), 0u) << "InitialVFs, TotalVFs";
    }
}

TEST(PciConfig, IdentityComesFromTheNvm_FactBase_2_4_3) {
  const auto c = make_with({{"device_id", 0x1522},
                            {"subsystem_vendor", 0x103C},
                            {"subsystem_id", 0x337F},
                            {"msix_table_size", 4}});
  EXPECT_EQ(c.read(0x00), 0x15228086u);
  EXPECT_EQ(c.read(0x2C), 0x337F103Cu);
  EXPECT_EQ(c.read16(0x72) & 0x7FF, 4);
  EXPECT_EQ(make_with({{"msix_table_size", 24}}).read16(0x72) & 0x7FF, 9) << "ten vectors are there";
  EXPECT_EQ(make_with({{"interrupt_pin", 2}}, 3).interrupt_pin(), 2u) << "INTD and two further";
  EXPECT_EQ(PciConfigSpace(pci_identity(Nvm(), 2, 4)).read(0x00), 0x15218086u) << "an erased part";
}

TEST(PciConfig, Bars_FactBase_1_3) {
  const auto sizing = [](PciConfigSpace c) {
    std::vector<std::uint32_t> seen;
    for (const std::uint16_t at : {0x10, 0x14, 0x18, 0x1C, 0x20, 0x24, 0x30}) {
      c.write(at, ~0u);
      seen.push_back(c.read(at));
    }
    return seen;
  };
  using Bars = std::vector<std::uint32_t>;
  EXPECT_EQ(sizing(make()), (Bars{0xFFFE0000, 0, 0xFFFFFFE1, 0xFFFFC000, 0, 0, 0}));
  const std::uint32_t sizes[] = {0xFFFE0000, 0xFFFC0000, 0xFFF80000, 0xFFF00000};
  for (std::uint16_t code = 0; code < 4; ++code)
    EXPECT_EQ(sizing(make_with({{"bar0_size", code}}))[0], sizes[code]);
  EXPECT_EQ(sizing(make_with({{"io_bar_disable", 1}}))[2], 0u);
  EXPECT_EQ(sizing(make_with({{"rom_size", 1}}))[6], 0xFFF80001u);
  EXPECT_EQ(sizing(make_with({{"rom_size", 2}}))[6], 0xFFF00001u);
  const auto wide = make_with({{"wide_bars", 1}});
  EXPECT_EQ(sizing(wide), (Bars{0xFFFE0004, ~0u, 0xFFFFFFE1, 0, 0xFFFFC004, ~0u, 0}));
  EXPECT_EQ(wide.read(0x74), 4u) << "the MSI-X table is behind BAR 4";
  EXPECT_EQ(wide.read(0x78), 0x2004u);
}

TEST(PciConfig, RequestsMeetWhatTheirBarShows_FactBase_1_3) {
  auto c = make_with({{"bar0_size", 3}, {"rom_size", 1}});
  const auto memory = [&](std::uint64_t address) {
    const auto place = c.memory_place(address);
    return place ? std::pair(static_cast<int>(place->region), place->offset) : std::pair(-1, 0u);
  };
  const auto at = [](PciRegion r, std::uint32_t offset) { return std::pair(static_cast<int>(r), offset); };
  const auto nowhere = std::pair(-1, 0u);
  c.write(0x10, 0xF0000000);
  c.write(0x18, 0xE020);
  c.write(0x1C, 0xF0100000);
  c.write(0x30, 0xF0200000);
  EXPECT_EQ(memory(0xF0000000), nowhere) << "Command.MEM";
  EXPECT_FALSE(c.io_place(0xE020)) << "Command.IO";
  c.write16(0x04, 3);
  EXPECT_EQ(memory(0xF0000008), at(PciRegion::registers, 8));
  EXPECT_EQ(memory(0xF001FFFC), at(PciRegion::registers, 0x1FFFC));
  EXPECT_EQ(memory(0xF0020000), at(PciRegion::flash, 0));
  EXPECT_EQ(memory(0xF00FFFFC), at(PciRegion::flash, 0xDFFFC));
  EXPECT_EQ(memory(0xF0102000), at(PciRegion::msix, 0x2000));
  EXPECT_EQ(memory(0xF0104000), nowhere);
  EXPECT_EQ(memory(0xF0200000), nowhere) << "the ROM has an enable bit of its own";
  c.write(0x30, 0xF0200001);
  EXPECT_EQ(memory(0xF0200010), at(PciRegion::rom, 0x10));
  ASSERT_TRUE(c.io_place(0xE03C));
  EXPECT_EQ(c.io_place(0xE03C)->offset, 0x1Cu);
  EXPECT_FALSE(c.io_place(0xE040));
  EXPECT_FALSE(c.io_place(0xF0000000)) << "memory is no I/O";
  c.write16(0x44, 3);
  EXPECT_EQ(memory(0xF0000008), nowhere) << "D3hot";
  EXPECT_FALSE(c.io_place(0xE020));

  auto wide = make_with({{"wide_bars", 1}});
  wide.write16(0x04, 2);
  wide.write(0x14, 0x38);
  wide.write(0x10, 0x00020000);
  EXPECT_EQ(wide.bar(0), 0x3800020000u);
  EXPECT_TRUE(wide.memory_place(0x3800020004));
  EXPECT_FALSE(wide.memory_place(0x00020004));
}

TEST(PciConfig, CommandAndByteEnables) {
  auto c = make();
  c.write16(0x04, 0xFFFF);
  EXPECT_TRUE(c.memory_enabled() && c.io_enabled() && c.bus_master_enabled() && c.intx_disabled());
  c.write8(0x04, 0);
  EXPECT_EQ(c.read16(0x04), 0x0500) << "only the low byte was enabled";
  EXPECT_FALSE(c.bus_master_enabled());
  c.write8(0x3C, 11);
  EXPECT_EQ(c.read(0x3C) & 0xFFFF, 0x010Bu) << "the pin is read-only";
}

TEST(PciConfig, MessagesAsSoftwareProgramsThem_FactBase_1_4_2_1_4_3) {
  auto c = make();
  c.write16(0x72, 0xFFFF);
  EXPECT_TRUE(c.msix_enabled() && c.function_masked());
  c.write(0x54, 0xFEE0100F);
  c.write(0x58, 1);
  c.write(0x5C, 0xABCD4042);
  c.write16(0x52, 0xFFFF);
  EXPECT_TRUE(c.msi_enabled());
  EXPECT_EQ(c.msi_address(), 0x1FEE0100Cu);
  EXPECT_EQ(c.msi_data(), 0x4042u);
}

TEST(PciConfig, Sizes_FactBase_1_4_4) {
  auto c = make();
  EXPECT_EQ(c.max_payload_size(), 128u);
  EXPECT_EQ(c.max_read_request_size(), 512u);
  c.write16(0xA8, 0x2830);
  EXPECT_EQ(c.max_payload_size(), 256u);
  c.write16(0xA8, 0x5830);
  EXPECT_EQ(c.max_read_request_size(), 4096u);
  c.write16(0xA8, 0x28F0);
  EXPECT_EQ(c.max_payload_size(), 512u) << "what the device supports";
}

// Function-level reset: PCI Express Base 2.1, 6.6.2, names what it leaves alone.
TEST(PciConfig, FunctionLevelReset_FactBase_1_4_4) {
  auto c = make_with({{"wide_bars", 1}});
  for (const std::uint16_t at : {0x04, 0x10, 0x14, 0x3C, 0x44, 0x54, 0x60, 0x70, 0xB0, 0xC8, 0x1A8})
    c.write(at, at == 0x44 ? 0x100 : 0x00A01147);
  EXPECT_TRUE(c.write16(0xA8, 0xA870).function_level_reset);
  EXPECT_EQ(c.read16(0xA8), 0x2870) << "the bit reads 0";
  EXPECT_FALSE(c.write16(0xAA, 0x8000).function_level_reset) << "that is DevSta";
  const std::uint32_t link = c.read(0xB0);
  ASSERT_NE(link & 0xFFFF, 0u);
  c.function_level_reset();
  EXPECT_FALSE(c.bus_master_enabled());
  EXPECT_FALSE(c.memory_place(c.bar(0)));
  for (const std::uint16_t at : {0x04, 0x10, 0x14, 0x3C, 0x54, 0x60, 0x70, 0xC8, 0x1A8})
    EXPECT_EQ(c.read(at), make_with({{"wide_bars", 1}}).read(at)) << std::hex << at;
  EXPECT_EQ(c.max_payload_size(), 1024u / 2) << "Max_Payload_Size stays";
  EXPECT_EQ(c.read(0xB0), link) << "link control stays";
  EXPECT_EQ(c.read16(0x44) & 0x100, 0x100) << "PME enable stays";
  c.reset();
  EXPECT_EQ(c.max_payload_size(), 128u);
  EXPECT_EQ(c.read(0xB0) & 0xFFFF, 0u);
}

TEST(PciConfig, PowerStates_FactBase_1_4_1) {
  auto c = make_with({{"power_d0", 21}, {"power_d3", 4}, {"power_common", 5}});
  EXPECT_EQ(c.read16(0x42), 0xC823);
  c.write16(0x04, 4);
  EXPECT_TRUE(c.bus_master_enabled());
  for (const std::uint16_t absent : {1, 2}) {
    c.write16(0x44, absent);
    EXPECT_EQ(c.power_state(), 0u) << "D" << absent << " is not there";
  }
  c.write16(0x44, 3);
  EXPECT_EQ(c.power_state(), 3u);
  EXPECT_EQ(c.read16(0x44) & 8, 8) << "NoSoftRst";
  EXPECT_FALSE(c.bus_master_enabled());
  EXPECT_TRUE(c.intx_disabled());
  EXPECT_EQ(c.read16(0x04), 4) << "Command keeps its value";
  c.write16(0x44, 0);
  EXPECT_TRUE(c.bus_master_enabled());
  EXPECT_FALSE(c.intx_disabled());
  for (const auto& [select, tenths] :
       {std::pair(0u, 21u), {3u, 4u}, {4u, 21u}, {7u, 4u}, {8u, 5u}, {1u, 0u}}) {
    c.write16(0x44, static_cast<std::uint16_t>(select << 9));
    EXPECT_EQ(c.read8(0x47), tenths) << select;
  }
  auto other = make_with({{"power_common", 5}}, 0);
  EXPECT_EQ(other.read16(0x44), 0x2008);
}

/// As Linux reads it: the address with flag 0, then the flag is polled for 1.
std::string read_vpd(PciConfigSpace& c, unsigned bytes) {
  std::string data;
  for (unsigned at = 0; at < bytes; at += 4) {
    c.write16(0xE2, static_cast<std::uint16_t>(at));
    EXPECT_EQ(c.read16(0xE2), 0x8000 | at) << "the flag says that the data are there";
    const std::uint32_t word = c.read(0xE4);
    for (unsigned i = 0; i < 4; ++i) data += static_cast<char>(word >> 8 * i);
  }
  return data;
}

TEST(PciConfig, VitalProductData_FactBase_1_4_5) {
  auto c = make_with({{"vpd", 1}});
  const std::string data = read_vpd(c, 256);
  const auto u8 = [&](std::size_t i) { return static_cast<std::uint8_t>(data.at(i)); };
  ASSERT_EQ(u8(0), 0x82) << "a name";
  const std::size_t name = u8(1) + 256u * u8(2);
  EXPECT_EQ(data.substr(3, name), "Intel I350 Gigabit Ethernet Controller");
  std::size_t at = 3 + name;
  ASSERT_EQ(u8(at), 0x90) << "what is read-only";
  const std::size_t end = at + 3 + u8(at + 1) + 256u * u8(at + 2);
  EXPECT_EQ(u8(end), 0x78);
  std::vector<std::string> items;
  for (at += 3; at < end; at += 3 + u8(at + 2))
    items.push_back(data.substr(at, 2) + data.substr(at + 3, u8(at + 2)));
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0], "PNN1C1AB-000");
  EXPECT_EQ(items[1], "SNA0369F112233");
  EXPECT_EQ(items[2].substr(0, 2), "RV");
  const std::string summed = data.substr(0, end);
  EXPECT_EQ(
      std::accumulate(summed.begin(), summed.end(), 0,
                      [](int sum, char byte) { return (sum + static_cast<std::uint8_t>(byte)) & 0xFF; }),
      0);

  c.write(0xE4, 0x12345678);
  c.write16(0xE2, 0x8000);
  EXPECT_EQ(c.read16(0xE2), 0x0000) << "a write is over when the flag reads 0";
  EXPECT_EQ(read_vpd(c, 4), data.substr(0, 4)) << "and has changed nothing";
  auto without = make();
  without.write(0xE0, ~0u);
  EXPECT_EQ(without.read(0xE0), 0u);
}

}  // namespace
}  // namespace niclab::hw
