// The register table and the storage it drives (fact base 2.1, 2.2).
#include "hw/registers.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "hw/csr_file.hpp"
#include "hw/register_guide.hpp"

namespace niclab::hw {
namespace {

TEST(RegisterTable, NoTwoRegistersShareAWord) {
  std::set<reg::Offset> seen;
  for (const reg::Register& r : reg::registers())
    for (unsigned i = 0; i < r.count; ++i) {
      EXPECT_EQ(r.at(i) % 4, 0u) << r.name;
      EXPECT_LT(r.at(i), reg::kSpace) << r.name;
      EXPECT_TRUE(seen.insert(r.at(i)).second) << r.name << "[" << i << "] overlaps";
    }
}

TEST(RegisterTable, RowsAreNamedOnceAndInAddressOrder) {
  std::set<std::string_view> names;
  reg::Offset last = 0;
  for (const reg::Register& r : reg::registers()) {
    EXPECT_TRUE(names.insert(r.name).second) << r.name;
    EXPECT_TRUE(r.offset >= last) << r.name;
    EXPECT_EQ(r.count > 1, r.stride != 0) << r.name;
    EXPECT_FALSE(r.what.empty());
    last = r.offset;
  }
}

TEST(RegisterTable, EveryRegisterIsItsOwnCanonicalAddress) {
  for (const reg::Register& r : reg::registers())
    for (unsigned i = 0; i < r.count; ++i) {
      EXPECT_EQ(reg::canonical(r.at(i)), r.at(i)) << r.name;
      const auto found = reg::find(r.at(i));
      ASSERT_TRUE(found) << r.name;
      EXPECT_EQ(found->row->name, r.name);
      EXPECT_EQ(found->index, i);
    }
}

TEST(RegisterTable, NamedOffsetsAgreeWithTheTable) {
  const std::pair<std::string_view, reg::Offset> expected[] = {
      {"CTRL", reg::CTRL},        {"STATUS", reg::STATUS},
      {"MDIC", reg::MDIC},        {"RCTL", reg::RCTL},
      {"TCTL", reg::TCTL},        {"ICR", reg::ICR},
      {"EICR", reg::EICR},        {"EITR", reg::EITR(0)},
      {"IVAR", reg::IVAR(0)},     {"IVAR_MISC", reg::IVAR_MISC},
      {"MRQC", reg::MRQC},        {"RETA", reg::RETA(0)},
      {"RSSRK", reg::RSSRK(0)},   {"RAL16", reg::RAL(16)},
      {"RAH16", reg::RAH(16)},    {"RXDCTL", reg::RXDCTL(0)},
      {"TDWBAH", reg::TDWBAH(0)}, {"GPIE", reg::GPIE},
      {"MPC", reg::MPC},          {"O2BSPC", reg::O2BSPC},
      {"PQMPRC", reg::PQMPRC(0)}, {"SWSM", reg::SWSM},
      {"PBACL", reg::PBACL},      {"TSICR", reg::TSICR}};
  for (const auto& [name, offset] : expected) {
    const reg::Register* row = reg::find(name);
    ASSERT_NE(row, nullptr) << name;
    EXPECT_EQ(row->offset, offset) << name;
  }
  EXPECT_EQ(reg::find("NOSUCH"), nullptr);
  EXPECT_EQ(reg::RXDCTL(7), 0xC1E8u);
}

TEST(RegisterAliases, QueueBlocksOfQueues0To3) {
  for (unsigned n = 0; n < 4; ++n) {
    EXPECT_EQ(reg::canonical(0x02800 + 0x100 * n + 0x18), reg::RDT(n));
    EXPECT_EQ(reg::canonical(0x02800 + 0x100 * n + 0x30), reg::RQDPC(n));
    EXPECT_EQ(reg::canonical(0x03800 + 0x100 * n + 0x28), reg::TXDCTL(n));
    EXPECT_EQ(reg::canonical(0x03800 + 0x100 * n + 0x3C), reg::TDWBAH(n));
    EXPECT_EQ(reg::canonical(0x02838 + 0x100 * n), 0x02838 + 0x100 * n) << "DVMOLR has no alias";
  }
  EXPECT_EQ(reg::canonical(0x02C00), 0x02C00u) << "no alias for queue 4";
}

TEST(RegisterAliases, OldDriversAddresses) {
  const std::pair<reg::Offset, reg::Offset> pairs[] = {
      {0x000C0, reg::ICR},      {0x000C8, reg::ICS},    {0x000D0, reg::IMS},      {0x000D8, reg::IMC},
      {0x000E0, reg::IAM},      {0x00004, reg::CTRL},   {0x00168, reg::FCRTL},    {0x00040, reg::RAL(0)},
      {0x000BC, reg::RAH(15)},  {0x00200, reg::MTA(0)}, {0x003FC, reg::MTA(127)}, {0x00600, reg::VFTA(0)},
      {0x007FC, reg::VFTA(127)}};
  for (const auto& [alias, target] : pairs) EXPECT_EQ(reg::canonical(alias), target) << std::hex << alias;
  EXPECT_EQ(reg::canonical(reg::TCTL), reg::TCTL);
  EXPECT_EQ(reg::canonical(reg::RCTL), reg::RCTL);
  EXPECT_EQ(reg::canonical(0x000C4), 0x000C4u);
}

TEST(CsrFile, ResetValuesComeFromTheTable) {
  CsrFile csr;
  EXPECT_EQ(csr.read(reg::FCAL), 0x00C28001u);
  EXPECT_EQ(csr.read(reg::RXCSUM), 0x300u);
  EXPECT_EQ(csr.read(reg::TIPG), 0x00601008u);
  EXPECT_EQ(csr.read(reg::RXDCTL(0)), 0x02010A0Cu) << "queue 0 starts enabled";
  EXPECT_EQ(csr.read(reg::RXDCTL(1)), 0x00010A0Cu);
  EXPECT_EQ(csr.read(0x1FFFC), 0u) << "nothing is listed there";
  EXPECT_EQ(csr.read(0x7FFFFFFC), 0u);
}

// The masks the offline register test proves (fact base 2.2, last table).
TEST(CsrFile, ReadBackMasksOfTheOfflineRegisterTest) {
  const std::pair<reg::Offset, std::uint32_t> rows[] = {
      {reg::FCAL, 0xFFFFFFFF},     {reg::FCAH, 0xFFFF},         {reg::FCT, 0xFFFF},
      {reg::RDBAL(2), 0xFFFFFF80}, {reg::RDBAH(2), 0xFFFFFFFF}, {reg::RDLEN(2), 0x000FFF80},
      {reg::RDT(5), 0xFFFF},       {reg::TDBAL(7), 0xFFFFFF80}, {reg::TDLEN(0), 0x000FFF80},
      {reg::FCTTV, 0xFFFF},        {reg::TIPG, 0x3FFFFFFF},     {reg::RAL(31), 0xFFFFFFFF},
      {reg::RAH(31), 0xC3FFFFFF},  {reg::MTA(127), 0xFFFFFFFF}, {reg::FCRTH, 0x0003FFF0}};
  CsrFile csr;
  for (const auto& [offset, mask] : rows)
    for (const std::uint32_t pattern : {0x5A5A5A5Au, 0xA5A5A5A5u, 0x00000000u, 0xFFFFFFFFu}) {
      csr.write(offset, pattern);
      EXPECT_EQ(csr.read(offset), pattern & mask) << std::hex << offset;
    }
  csr.write(reg::RCTL, 0xFFFFFFFF);
  EXPECT_EQ(csr.read(reg::RCTL) & 0x04CFB0FE, 0x04CFB0FEu);
  csr.write(reg::RCTL, 0);
  EXPECT_EQ(csr.read(reg::RCTL), 0u);
  csr.write(reg::TCTL, 0);
  EXPECT_EQ(csr.read(reg::TCTL), 0u);
  csr.write(reg::VET, 0x88A81234);
  EXPECT_EQ(csr.read(reg::VET), 0x88A88100u) << "the inner half is read-only on the I350";
  csr.write(reg::RDH(0), 5);
  EXPECT_EQ(csr.read(reg::RDH(0)), 0u) << "RDH is read-only on the I350";
}

TEST(CsrFile, WriteOneClearsReadClearsAndAliases) {
  CsrFile csr;
  csr[reg::WUS] = 0xFF;
  csr.write(reg::WUS, 0x0F);
  EXPECT_EQ(csr.read(reg::WUS), 0xF0u);
  csr[reg::MPC] = 7;
  EXPECT_EQ(csr.read(reg::MPC), 7u);
  EXPECT_EQ(csr.read(reg::MPC), 0u);
  csr.write(0x02818, 9);
  EXPECT_EQ(csr.read(reg::RDT(0)), 9u);
  csr.write(0x00800, 1);
  EXPECT_EQ(csr.read(0x00800), 0u) << "VMBMEM is omitted";
}

TEST(CsrFile, PortResetKeepsPacketBufferSizeAndThrottles) {
  CsrFile csr;
  csr.write(reg::RXPBS, 2);
  csr.write(reg::EITR(3), 648);
  csr.write(reg::FCTTV, 0xFFFF);
  csr.reset();
  EXPECT_EQ(csr.read(reg::RXPBS), 2u);
  EXPECT_EQ(csr.read(reg::EITR(3)), 648u);
  EXPECT_EQ(csr.read(reg::FCTTV), 0u);
  csr.reset(true);
  EXPECT_EQ(csr.read(reg::RXPBS), 0u);
}

std::string fields_of(std::string_view name) {
  std::string s;
  for (const reg::NamedField& f : reg::fields(*reg::find(name)))
    s += std::string(f.name) + " " + f.bits() + " ";
  return s;
}

TEST(RegisterGuide, FieldsAreThoseOfTheHeader) {
  EXPECT_EQ(fields_of("RXDCTL"), "PTHRESH 4:0 HTHRESH 12:8 WTHRESH 20:16 ENABLE 25 SWFLUSH 26 ");
  EXPECT_EQ(fields_of("TXDCTL"), fields_of("RXDCTL") + "PRIORITY 27 ");
  EXPECT_EQ(fields_of("IVAR_MISC"), "VECTOR0 4:0 VALID0 7 VECTOR1 12:8 VALID1 15 ");
  EXPECT_EQ(fields_of("IMS"), fields_of("ICR"));
  EXPECT_EQ(fields_of("RDH"), "");
}

TEST(RegisterGuide, FieldsAscendAndDoNotOverlap) {
  for (const reg::Register& r : reg::registers()) {
    std::uint32_t before = 0;
    for (const reg::NamedField& f : reg::fields(r)) {
      EXPECT_NE(f.mask, 0u) << r.name << " " << f.name;
      const std::uint32_t low = f.mask & -f.mask;
      EXPECT_TRUE(low > before || f.mask == before)
          << r.name << " " << f.name << " overlaps the field below it";
      before = f.mask;
    }
  }
}

TEST(RegisterGuide, Sections) {
  EXPECT_EQ(reg::section(*reg::find("EITR")), "2.6.6");
  EXPECT_EQ(reg::section(*reg::find("MPC")), "2.12.1");
  EXPECT_EQ(reg::section(*reg::find("PQGPRC")), "2.12.3");
  EXPECT_EQ(reg::section(*reg::find("PCS")), "2.2");
}

}  // namespace
}  // namespace niclab::hw
