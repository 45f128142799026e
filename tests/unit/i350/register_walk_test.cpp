// Every register of the data path through the port's own reads and writes, against the second transcription
// of the fact base (tests/data/i350-registers.csv).
#include <gtest/gtest.h>

#include <set>

#include "quiet_port.hpp"
#include "tests/support/register_csv.hpp"

namespace niclab::test {
namespace {

/// What a register that is not plain storage does with writes is the matter of other tests.
bool plain(const StatedRegister& s) {
  // RDT is ignored while the queue is off, DRSTA and the like have effects, TDT and TDH belong to a ring.
  static const std::set<std::string> apart{"RDT",  "TDT",  "TDH",    "TCPTIMER",
                                           "EITR", "CTRL", "RXDCTL", "TXDCTL"};
  return s.data_path && s.writable && s.access != "W1S" && !apart.contains(s.name);
}

TEST(RegisterWalk, ResetValuesAreTheStatedOnes_FactBase_2_2) {
  QuietPort port;
  unsigned walked = 0;
  for (const StatedRegister& s : test::stated_registers())
    for (unsigned i = 0; i < s.count; ++i) {
      const auto reset = s.reset_of(i);
      if (!s.data_path || !reset) continue;
      EXPECT_EQ(port.read(s.at(i)), *reset) << std::hex << s.name << "[" << i << "]";
      ++walked;
    }
  EXPECT_GT(walked, 580u);
}

TEST(RegisterWalk, StorageKeepsTheStatedBitsAndAliasesReachIt_FactBase_2_1_2_2) {
  QuietPort port;
  unsigned walked = 0;
  for (const StatedRegister& s : test::stated_registers()) {
    if (!plain(s)) continue;
    const std::uint32_t compared = s.exactly ? ~0u : *s.writable;
    const std::uint32_t reload = s.name == "CTRL_EXT" ? hw::reg::ctrl_ext::EE_RST : 0;  // a command
    for (unsigned i = 0; i < s.count; ++i)
      for (const std::uint32_t pattern : {0x5A5A5A5Au, 0xA5A5A5A5u, 0xFFFFFFFFu, 0u}) {
        port.write(s.at(i), pattern & ~reload);
        EXPECT_EQ(port.read(s.at(i)) & compared, pattern & *s.writable)
            << std::hex << s.name << "[" << i << "]";
        if (i >= s.alias_count) continue;
        EXPECT_EQ(port.read(s.alias->first + i * s.alias->second), port.read(s.at(i)))
            << s.name << "[" << i << "]";
        ++walked;
      }
  }
  EXPECT_GT(walked, 1000u);
}

TEST(RegisterWalk, SetAndClearRegistersAndReadOnlyOnes_FactBase_2_6_2) {
  QuietPort port;
  using namespace hw::reg;
  port.write(IMS, 0x77DCFED5);
  EXPECT_EQ(port.read(IMS) & 0x77DCFED5, 0x77DCFED5u);
  EXPECT_EQ(port.read(IMC), port.read(IMS));
  port.write(IMC, 0x00000004);
  EXPECT_EQ(port.read(0x000D0) & 0x77DCFED5, 0x77DCFED1u) << "by the old address";
  port.write(GPIE, gpie::Multiple_MSIX);
  port.write(EIMS, 0x01FFFFFF);
  EXPECT_EQ(port.read(EIMS) & 0x01FFFFFF, 0x01FFFFFFu);
  port.write(EIMC, 0x5);
  EXPECT_EQ(port.read(EIMS) & 0x01FFFFFF, 0x01FFFFFAu);
  EXPECT_EQ(port.read(EIMC), port.read(EIMS));
  for (unsigned v = 0; v < kVectors; ++v) {
    port.write(EITR(v), eitr::CNT_INGR | 0x7FFC);
    EXPECT_EQ(port.read(EITR(v)) & 0x7FFC, 0x7FFCu);
  }
  for (const Offset read_only : {VET, FCSTS0, RDH(0), Offset{TPR}, Offset{PQGPRC(1)}}) {
    const std::uint32_t before = port.read(read_only);
    port.write(read_only, ~before);
    EXPECT_EQ(port.read(read_only), before) << std::hex << read_only;
  }
  port.write(RXDCTL(5), 0x021F1F1F);
  EXPECT_EQ(port.read(RXDCTL(5)) & 0x021F1F1F, 0x021F1F1Fu);
  port.write(TXDCTL(5), 0x0A1F1F1F);
  EXPECT_EQ(port.read(TXDCTL(5)) & 0x0A1F1F1F, 0x0A1F1F1Fu);
  port.write(RXDCTL(5), rxdctl::SWFLUSH);
  EXPECT_EQ(port.read(RXDCTL(5)) & rxdctl::SWFLUSH, 0u) << "clears itself";
}

}  // namespace
}  // namespace niclab::test
