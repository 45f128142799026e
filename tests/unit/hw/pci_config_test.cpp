// PCI configuration space (fact base 1.2-1.5).
#include "hw/pci_config.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace niclab::hw {
namespace {

PciConfigSpace make(unsigned port = 0) {
  PciIdentity id;
  id.port = port;
  id.serial_mac = MacAddress{{0xA0, 0x36, 0x9F, 0x11, 0x22, 0x33}};
  return PciConfigSpace(id);
}

TEST(PciConfig, Header) {
  const auto c = make(1);
  EXPECT_EQ(c.read(0x00), 0x15218086u);
  EXPECT_EQ(c.read16(0x04), 0u);
  EXPECT_EQ(c.read16(0x06) & 0x10, 0x10) << "capability list";
  EXPECT_EQ(c.read(0x08), 0x02000001u);
  EXPECT_EQ(c.read8(0x0E), 0x80);
  EXPECT_EQ(c.read8(0x3D), 2) << "function 1 uses INTB";
  EXPECT_EQ(c.read(0x1000), 0xFFFFFFFFu);
}

TEST(PciConfig, BarSizing) {
  auto c = make();
  const std::pair<std::uint16_t, std::uint32_t> bars[] = {
      {0x10, 0xFFFE0000}, {0x14, 0}, {0x18, 0xFFFFFFE1}, {0x1C, 0xFFFFC000}, {0x20, 0}, {0x24, 0}, {0x30, 0}};
  for (const auto& [offset, expected] : bars) {
    c.write(offset, 0xFFFFFFFF);
    EXPECT_EQ(c.read(offset), expected) << std::hex << offset;
  }
  c.write(0x10, 0xF7D01234);
  EXPECT_EQ(c.bar(0), 0xF7D00000u);
  c.write(0x18, 0x0000E03F);
  EXPECT_EQ(c.bar(2), 0x0000E020u);
}

TEST(PciConfig, CapabilityChain) {
  const auto c = make();
  std::vector<std::pair<unsigned, unsigned>> seen;  // offset, id
  for (unsigned at = c.read8(0x34); at != 0; at = c.read8(static_cast<std::uint16_t>(at + 1)))
    seen.emplace_back(at, c.read8(static_cast<std::uint16_t>(at)));
  const std::vector<std::pair<unsigned, unsigned>> expected{
      {0x40, 0x01}, {0x50, 0x05}, {0x70, 0x11}, {0xA0, 0x10}};
  EXPECT_EQ(seen, expected);
}

TEST(PciConfig, ExtendedChainEndsWithTheSerialNumber) {
  const auto c = make();
  EXPECT_EQ(c.read(0x100), 0x14020001u);
  const unsigned next = c.read(0x100) >> 20;
  ASSERT_EQ(next, 0x140u);
  EXPECT_EQ(c.read(0x140), 0x00010003u);
  EXPECT_EQ(c.read(0x148), 0xA0369FFFu) << "lspci shows a0-36-9f-ff-ff-11-22-33";
  EXPECT_EQ(c.read(0x144), 0xFF112233u);
}

TEST(PciConfig, CommandAndByteEnables) {
  auto c = make();
  c.write16(0x04, 0xFFFF);
  EXPECT_EQ(c.read16(0x04), 0x0547);
  EXPECT_TRUE(c.memory_enabled() && c.bus_master_enabled() && c.intx_disabled());
  c.write8(0x04, 0);
  EXPECT_EQ(c.read16(0x04), 0x0500) << "only the low byte was enabled";
  EXPECT_FALSE(c.bus_master_enabled());
  c.write8(0x3C, 11);
  EXPECT_EQ(c.read(0x3C) & 0xFFFF, 0x010Bu) << "the pin is read-only";
}

TEST(PciConfig, StatusErrorsAreWriteOneToClear) {
  auto c = make();
  c.latch_status(0x3000);
  c.latch_device_status(0x0009);
  c.write16(0x06, 0x1000);
  EXPECT_EQ(c.read16(0x06), 0x2010);
  c.write16(0xAA, 0x0008);
  EXPECT_EQ(c.read16(0xAA), 0x0001);
}

TEST(PciConfig, MsixControl) {
  auto c = make();
  EXPECT_EQ(c.read(0x70), 0x0009A011u);
  EXPECT_EQ(c.read(0x74), 0x00000003u);
  EXPECT_EQ(c.read(0x78), 0x00002003u);
  c.write16(0x72, 0xFFFF);
  EXPECT_EQ(c.read16(0x72), 0xC009);
  EXPECT_TRUE(c.msix_enabled() && c.function_masked());
}

TEST(PciConfig, Msi) {
  auto c = make();
  EXPECT_EQ(c.read(0x50), 0x01807005u);
  c.write(0x54, 0xFEE0100F);
  c.write(0x58, 1);
  c.write(0x5C, 0xABCD4042);
  c.write16(0x52, 0xFFFF);
  EXPECT_TRUE(c.msi_enabled());
  EXPECT_EQ(c.msi_address(), 0x1FEE0100Cu);
  EXPECT_EQ(c.read(0x5C), 0x4042u);
  EXPECT_EQ(c.read16(0x52), 0x0181);
}

TEST(PciConfig, PcieSizesAndFunctionLevelReset) {
  auto c = make();
  EXPECT_EQ(c.read(0xA4), 0x10008CC2u);
  EXPECT_EQ(c.max_payload_size(), 128u);
  EXPECT_EQ(c.max_read_request_size(), 512u);
  c.write16(0xA8, 0x2830);
  EXPECT_EQ(c.max_payload_size(), 256u);
  c.write16(0xA8, 0x5830);
  EXPECT_EQ(c.max_read_request_size(), 4096u);
  EXPECT_EQ(c.read16(0xB2) & 0x3FF, 0x042) << "5 GT/s, x4";
  EXPECT_TRUE(c.write16(0xA8, 0xA830).function_level_reset);
  EXPECT_EQ(c.read16(0xA8) & 0x8000, 0);
  EXPECT_FALSE(c.write16(0xAA, 0x8000).function_level_reset) << "that is DevSta";
  c.write16(0x04, 7);
  c.reset();
  EXPECT_FALSE(c.bus_master_enabled());
  EXPECT_EQ(c.max_payload_size(), 128u);
}

TEST(PciConfig, PowerState) {
  auto c = make();
  EXPECT_EQ(c.read16(0x42), 0xC823);
  c.write16(0x44, 3);
  EXPECT_EQ(c.power_state(), 3u);
  EXPECT_EQ(c.read16(0x44) & 8, 8) << "NoSoftRst";
}

}  // namespace
}  // namespace niclab::hw
