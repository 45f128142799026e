// The register table against a second transcription of the fact base (tests/data/i350-registers.csv).
#include "tests/support/register_csv.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "hw/csr_file.hpp"

namespace niclab::hw {
namespace {

using test::StatedRegister;

const std::vector<StatedRegister>& stated() {
  static const auto rows = test::stated_registers();
  return rows;
}

/// Access as the table calls it; a unit that answers (mixed) may do what one word says.
bool agrees(const std::string& said, reg::Access access) {
  if (said == "-" || access == reg::Access::mixed) return true;
  if (said == "MIXED") return access != reg::Access::RO && access != reg::Access::WO;
  return said == to_string(access);
}

TEST(RegisterCsv, EveryStatedRegisterIsInTheTable_FactBase_2_2) {
  for (const StatedRegister& s : stated())
    for (unsigned i = 0; i < s.count; ++i) {
      const auto found = reg::find(s.at(i));
      ASSERT_TRUE(found) << s.name << "[" << i << "]";
      const reg::Register& r = *found->row;
      EXPECT_EQ(s.name, r.name);
      EXPECT_EQ(r.at(found->index), s.at(i)) << s.name;
      EXPECT_TRUE(agrees(s.access, r.access))
          << s.name << " is " << to_string(r.access) << ", not " << s.access;
      if (const auto reset = s.reset_of(i); reset && r.status != reg::Status::omitted) {
        EXPECT_EQ(r.reset_of(found->index), *reset) << std::hex << s.name << "[" << i << "]";
      }
    }
}

TEST(RegisterCsv, TheTableHasNoOther) {
  std::set<reg::Offset> known;
  for (const StatedRegister& s : stated())
    for (unsigned i = 0; i < s.count; ++i) known.insert(s.at(i));
  // The fact base names these without an address of their own.
  const std::set<std::string_view> unaddressed{"BSCTRH", "MSCTRH", "FFLT"};
  for (const reg::Register& r : reg::registers()) {
    if (unaddressed.contains(r.name)) continue;
    for (unsigned i = 0; i < r.count; ++i) EXPECT_TRUE(known.contains(r.at(i))) << r.name << "[" << i << "]";
  }
}

TEST(RegisterCsv, AliasesReachTheirRegister_FactBase_2_1) {
  for (const StatedRegister& s : stated())
    for (unsigned i = 0; i < s.alias_count; ++i)
      EXPECT_EQ(reg::canonical(s.alias->first + i * s.alias->second), s.at(i)) << s.name << "[" << i << "]";
}

/// What storage does with writes, for every register that is nothing but storage.
TEST(RegisterCsv, StorageKeepsTheStatedBits_FactBase_2_2) {
  CsrFile csr;
  unsigned walked = 0;
  for (const StatedRegister& s : stated()) {
    if (!s.writable || s.access == "W1S") continue;
    for (unsigned i = 0; i < s.count; ++i) {
      const auto found = reg::find(s.at(i));
      ASSERT_TRUE(found) << s.name;
      if (found->row->status == reg::Status::omitted) continue;
      const std::uint32_t compared = s.exactly ? ~0u : *s.writable;
      for (const std::uint32_t pattern : {0x5A5A5A5Au, 0xA5A5A5A5u, 0xFFFFFFFFu, 0u}) {
        csr.write(s.at(i), pattern);
        EXPECT_EQ(csr[s.at(i)] & compared, pattern & *s.writable) << std::hex << s.name << "[" << i << "]";
      }
      ++walked;
    }
  }
  EXPECT_GT(walked, 600u);
}

TEST(RegisterCsv, ReadOnlyRegistersKeepTheirValueAndClearingOnesAreCleared_FactBase_2_12) {
  CsrFile csr;
  for (const StatedRegister& s : stated())
    for (unsigned i = 0; i < s.count; ++i) {
      const auto found = reg::find(s.at(i));
      if (!found || found->row->status == reg::Status::omitted || found->row->access == reg::Access::mixed)
        continue;
      if (s.access != "RO" && s.access != "RC" && s.access != "W1C") continue;
      csr[s.at(i)] = 0x12345678;
      csr.write(s.at(i), s.access == "W1C" ? 0 : 0xFFFFFFFF);
      EXPECT_EQ(csr.read(s.at(i)), 0x12345678u) << s.name;
      EXPECT_EQ(csr.read(s.at(i)), s.access == "RC" ? 0 : 0x12345678u) << s.name;
    }
}

}  // namespace
}  // namespace niclab::hw
