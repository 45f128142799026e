// MSI-X rules (fact base 1.4.3).
#include "hw/msix.hpp"

#include <gtest/gtest.h>

namespace niclab::hw {
namespace {

Msix programmed() {
  Msix m;
  for (unsigned v = 0; v < Msix::kEntries; ++v) {
    m.write(v * 16 + 0, 0xFEE00003);
    m.write(v * 16 + 4, 0x1);
    m.write(v * 16 + 8, 0x4000 + v);
  }
  m.set_control(true, false);
  return m;
}
void mask(Msix& m, unsigned v, bool on) { m.write(v * 16 + 12, on); }

TEST(Msix, EntriesStartMaskedAndReadBack) {
  const Msix m = programmed();
  for (unsigned v = 0; v < Msix::kEntries; ++v) {
    EXPECT_EQ(m.read(v * 16 + 12), 1u);
    EXPECT_EQ(m.read(v * 16), 0xFEE00000u) << "the low two bits are zero";
  }
  EXPECT_EQ(m.read(Msix::kEntries * 16), 0u);
}

TEST(Msix, Rule1_UnmaskedFiresTheProgrammedMessage) {
  Msix m = programmed();
  mask(m, 3, false);
  const auto message = m.fire(3);
  ASSERT_TRUE(message);
  EXPECT_EQ(*message, (MsixMessage{0x1FEE00000, 0x4003}));
  EXPECT_EQ(m.pending(), 0u);
}

TEST(Msix, Rule2And3_MaskedVectorPendsAndFiresOnceWhenUnmasked) {
  Msix m = programmed();
  EXPECT_FALSE(m.fire(2));
  EXPECT_FALSE(m.fire(2));
  EXPECT_EQ(m.read(Msix::kPbaOffset), 0b100u);
  EXPECT_EQ(m.write(5 * 16 + 12, 0), 0u) << "another vector releases nothing";
  EXPECT_EQ(m.write(2 * 16 + 12, 0), 0b100u);
  EXPECT_EQ(m.read(Msix::kPbaOffset), 0u);
  EXPECT_EQ(m.write(2 * 16 + 12, 0), 0u) << "only once";
}

TEST(Msix, Rule2And3_FunctionMask) {
  Msix m = programmed();
  for (unsigned v = 0; v < 4; ++v) mask(m, v, v == 1);
  m.set_control(true, true);
  for (unsigned v = 0; v < 4; ++v) EXPECT_FALSE(m.fire(v));
  EXPECT_EQ(m.pending(), 0b1111u);
  EXPECT_EQ(m.set_control(true, false), 0b1101u) << "vector 1 is masked on its own";
  EXPECT_EQ(m.pending(), 0b0010u);
}

TEST(Msix, DisabledDropsAndKeepsNothing) {
  Msix m = programmed();
  mask(m, 0, false);
  m.set_control(false, false);
  EXPECT_FALSE(m.fire(0));
  EXPECT_EQ(m.set_control(true, false), 0u);
  EXPECT_FALSE(m.fire(Msix::kEntries)) << "no such vector";
}

TEST(Msix, PendingIsForgottenWhenMsixIsTurnedOff) {
  Msix m = programmed();
  m.fire(0);
  m.set_control(false, false);
  EXPECT_EQ(m.pending(), 0u);
}

// Rule 6, with fact base 1.6 "pending work is held".
TEST(Msix, Rule6_WithoutBusMasteringAMessagePends) {
  Msix m = programmed();
  mask(m, 1, false);
  m.set_control(true, false, false);
  EXPECT_FALSE(m.fire(1));
  EXPECT_FALSE(m.fire(1));
  EXPECT_EQ(m.read(Msix::kPbaOffset), 0b10u);
  EXPECT_EQ(m.set_control(true, true, true), 0u) << "the function mask holds it now";
  EXPECT_EQ(m.set_control(true, false, true), 0b10u);
  EXPECT_EQ(m.pending(), 0u);
}

TEST(Msix, Rule4_PbaclClearsPending) {
  Msix m = programmed();
  m.fire(6);
  m.clear_pending(1u << 6);
  EXPECT_EQ(m.write(6 * 16 + 12, 0), 0u);
}

TEST(Msix, PartialWritesWorkAndPbaIsReadOnly) {
  Msix m = programmed();
  m.write(8, 0xAABBCCDD, 0b0010);
  EXPECT_EQ(m.read(8), 0x0000CC00u);
  m.fire(1);
  m.write(Msix::kPbaOffset, 0);
  EXPECT_EQ(m.pending(), 0b10u);
}

}  // namespace
}  // namespace niclab::hw
