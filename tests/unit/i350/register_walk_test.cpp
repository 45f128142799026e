// Every register through the port's own reads and writes, against the second transcription
// of the fact base (tests/data/i350-registers.csv).
#include <gtest/gtest.h>

#include <set>

#include "quiet_port.hpp"
#include "tests/support/register_csv.hpp"

namespace niclab::test {
namespace {

namespace reg = hw::reg;

bool among(const StatedRegister& s, const std::set<std::string>& names) { return names.contains(s.name); }

/// What a register that is not plain storage does with writes is the matter of other tests.
bool plain(const StatedRegister& s) {
  // RDT is ignored while the queue is off (see below), DRSTA and the like have effects, TDT and TDH belong to
  // a ring, semaphores and timers act, NVM and PHY have their own protocols.
  static const std::set<std::string> apart{"RDT",    "TDT",    "TDH",  "TCPTIMER", "EITR",  "CTRL",
                                           "RXDCTL", "TXDCTL", "SWSM", "FRTIMER",  "I2CCMD"};
  return s.modelled && !among(s, apart) && (s.access == "RW" || s.access == "MIXED");
}

/// The bits a write has to leave behind: the stated ones, or for storage of unstated width the table's.
std::uint32_t kept_bits(const StatedRegister& s) {
  if (s.writable) return *s.writable;
  return s.access == "RW" ? reg::find(s.offset)->row->write_mask : 0;
}

TEST(RegisterWalk, ResetValuesAreTheStatedOnes_FactBase_2_2) {
  QuietPort port;
  unsigned walked = 0;
  for (const StatedRegister& s : test::stated_registers())
    for (unsigned i = 0; i < s.count; ++i) {
      const auto reset = s.reset_of(i);
      if (!s.modelled || !reset || s.name == "FRTIMER") continue;
      EXPECT_EQ(port.read(s.at(i)), *reset) << std::hex << s.name << "[" << i << "]";
      ++walked;
    }
  EXPECT_GT(walked, 630u);
}

TEST(RegisterWalk, StorageKeepsTheStatedBitsAndAliasesReachIt_FactBase_2_1_2_2) {
  QuietPort port;
  unsigned walked = 0;
  for (const StatedRegister& s : test::stated_registers()) {
    if (!plain(s)) continue;
    const std::uint32_t kept = kept_bits(s), compared = s.exactly ? ~0u : kept;
    const std::uint32_t reload = s.name == "CTRL_EXT" ? hw::reg::ctrl_ext::EE_RST : 0;  // a command
    for (unsigned i = 0; i < s.count; ++i)
      for (const std::uint32_t pattern : {0x5A5A5A5Au, 0xA5A5A5A5u, 0xFFFFFFFFu, 0u}) {
        port.write(s.at(i), pattern & ~reload);
        EXPECT_EQ(port.read(s.at(i)) & compared, pattern & kept) << std::hex << s.name << "[" << i << "]";
        if (i >= s.alias_count) continue;
        EXPECT_EQ(port.read(s.alias->first + i * s.alias->second), port.read(s.at(i)))
            << s.name << "[" << i << "]";
        ++walked;
      }
  }
  EXPECT_GT(walked, 1000u);
}

// After a reset a register that software cannot write, or only clear, has nothing in it: writes change
// nothing.
TEST(RegisterWalk, WhatSoftwareCannotWriteStays_FactBase_2_2_2_12) {
  QuietPort port;
  // Reading SYSTIMR, SYSTIML and SYSTIMH shows a clock.
  static const std::set<std::string> clocks{"SYSTIML", "SYSTIMH", "SYSTIMR"};
  unsigned walked = 0;
  for (const StatedRegister& s : test::stated_registers()) {
    if (!s.modelled || among(s, clocks)) continue;
    if (s.access != "RO" && s.access != "RC" && s.access != "W1C" && s.access != "WO") continue;
    for (unsigned i = 0; i < s.count; ++i) {
      const std::uint32_t before = port.read(s.at(i));
      port.write(s.at(i), s.access == "WO" ? 0 : 0xFFFFFFFF);
      const bool mask_cleared = s.name == "IMC" || s.name == "EIMC";
      EXPECT_EQ(port.read(s.at(i)), mask_cleared ? 0 : before) << std::hex << s.name << "[" << i << "]";
      if (s.access == "RC" || s.access == "WO") {
        EXPECT_EQ(before, 0u) << s.name;
      }
      ++walked;
    }
  }
  EXPECT_GT(walked, 150u);
}

TEST(RegisterWalk, WhatIsLeftOutAndWhatIsNotListedReadsZero_FactBase_2_2) {
  QuietPort port;
  unsigned left_out = 0, unlisted = 0;
  for (const StatedRegister& s : test::stated_registers())
    for (unsigned i = 0; i < s.count && !s.modelled; ++i) {
      port.write(s.at(i), 0xFFFFFFFF);
      EXPECT_EQ(port.read(s.at(i)), 0u) << s.name << "[" << i << "]";
      ++left_out;
    }
  for (reg::Offset at = 0; at < 0x20000; at += 4) {
    if (reg::find(at)) continue;
    port.write(at, 0xFFFFFFFF);
    EXPECT_EQ(port.read(at), 0u) << std::hex << at;
    ++unlisted;
  }
  EXPECT_GT(left_out, 250u);
  EXPECT_GT(unlisted, 20'000u);
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
  for (const Offset read_only : {FCSTS0, RDH(0), Offset{TPR}, Offset{PQGPRC(1)}}) {
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

// "Ignored while the queue is off" (fact base 2.7.2, 3.1) and "reads back" (the register test of igb for the
// I350 family, which runs on queues that are off) are both true of one register.
TEST(RegisterWalk, TheTailOfAQueueThatIsOffReadsBackUntilItIsOn_FactBase_2_2_2_7_2) {
  QuietPort port;
  using namespace hw::reg;
  for (unsigned q = 1; q < kQueues; ++q)
    for (const std::uint32_t pattern : {0x5A5A5A5Au, 0xA5A5A5A5u, 0u, 0xFFFFFFFFu}) {
      port.write(RDT(q), pattern);
      EXPECT_EQ(port.read(RDT(q)), pattern & 0xFFFF) << q;
    }
  port.write(RXDCTL(5), rxdctl::ENABLE);
  EXPECT_EQ(port.read(RDT(5)), 0u) << "what was written meanwhile is no descriptor";
}

// Each bit does as its kind says when it is set: by a command, by hardware, or by ICS and EICS.
TEST(RegisterWalk, CommandsSemaphoresAndTimers_FactBase_2_4_5_2_17) {
  QuietPort port;
  using namespace hw::reg;
  EXPECT_EQ(port.read(SWSM), 0u);
  EXPECT_EQ(port.read(SWSM), swsm::SMBI) << "reading took it";
  port.write(SWSM, 0);
  EXPECT_EQ(port.read(I2CPARAMS) & 0x7E00, 0x7800u) << "released, both lines are high";
  port.write(I2CPARAMS, i2cparams::CLK_OE_N);
  EXPECT_EQ(port.read(I2CPARAMS) & (i2cparams::DATA_IN | i2cparams::CLK_IN), i2cparams::CLK_IN);
  port.write(I2CPARAMS, i2cparams::DATA_OUT);
  EXPECT_EQ(port.read(I2CPARAMS) & (i2cparams::DATA_IN | i2cparams::CLK_IN), i2cparams::DATA_IN);
  EXPECT_EQ(port.read(I2CCMD), i2ccmd::READY);
  port.write(I2CCMD, i2ccmd::OPCODE | i2ccmd::REGADD.put(0x60));
  EXPECT_EQ(port.read(I2CCMD), i2ccmd::OPCODE | i2ccmd::REGADD.put(0x60) | i2ccmd::READY | i2ccmd::ERROR);
  const auto us = [&] {
    const std::uint32_t v = port.read(FRTIMER);
    return frtimer::US.get(v) + 1000 * frtimer::MS.get(v) + 1'000'000 * frtimer::S.get(v);
  };
  const unsigned before = us();
  port.pass(1234567_us);
  EXPECT_EQ(us() - before, 1234567u);
  port.write(FRTIMER, frtimer::S.put(7) | frtimer::MS.put(999));
  port.pass(1_ms);
  EXPECT_EQ(us(), 8'000'000u);
}

}  // namespace
}  // namespace niclab::test
