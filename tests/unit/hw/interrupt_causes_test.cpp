// The cause registers (fact base 2.6.1, 2.6.2) and the map from causes to vectors (2.6.7).
#include "hw/interrupt_causes.hpp"

#include <gtest/gtest.h>

namespace niclab::hw {
namespace {

using namespace reg::icr;
using reg::bit;

constexpr std::uint32_t kIgb = 0x4000009D;  // IMS and IAM of igb outside MSI-X mode (2.6.4)

TEST(Causes, FactBase_2_6_2_ReadClearsWithNsicr) {
  InterruptCauses c;
  c.write_ims(LSC);
  c.set(RXDW);
  c.set_rules({.nsicr = true, .multiple_msix = true});
  EXPECT_EQ(c.read_icr(), RXDW);
  EXPECT_EQ(c.icr(), 0u);
}

TEST(Causes, FactBase_2_6_2_ReadClearsWhenIntaWasAsserted) {
  InterruptCauses c;
  c.write_ims(LSC);
  c.set(RXDW);
  EXPECT_EQ(c.read_icr(), RXDW) << "enabled is another cause: no INTA";
  EXPECT_EQ(c.icr(), RXDW) << "and the read cleared nothing";
  c.set(LSC);
  EXPECT_EQ(c.read_icr(), RXDW | LSC | INTA);
  EXPECT_EQ(c.icr(), 0u);
}

TEST(Causes, FactBase_2_6_2_ReadClearsWhenNothingIsEnabled) {
  InterruptCauses c;
  c.set(LSC | RXDW);
  c.set_rules({.multiple_msix = true});
  EXPECT_EQ(c.read_icr(), LSC | RXDW);
  EXPECT_EQ(c.icr(), 0u);
}

// Rule (d) is a quirk: only the 82576 model has it.
TEST(Causes, FactBase_2_6_2_ReadClearsWithoutMsixOnlyByTheQuirk) {
  for (const bool quirk : {false, true}) {
    InterruptCauses c;
    c.set_rules({.read_clears = quirk});
    c.write_ims(LSC);
    c.set(RXDW);
    EXPECT_EQ(c.read_icr(), RXDW);
    EXPECT_EQ(c.icr(), quirk ? 0u : RXDW);
  }
}

TEST(Causes, FactBase_2_6_1_IntaIsOfTheSingleModes) {
  InterruptCauses c;
  c.write_ims(LSC);
  c.set(LSC);
  EXPECT_EQ(c.icr(), LSC | INTA);
  c.set_rules({.multiple_msix = true});
  EXPECT_EQ(c.icr(), LSC);
  EXPECT_EQ(c.read_icr(), LSC);
  EXPECT_EQ(c.icr(), LSC) << "MSI-X without NSICR: no INTA, something enabled";
}

TEST(Causes, FactBase_2_6_2_ReadAppliesTheAutoMask) {
  InterruptCauses c;
  c.write_ims(kIgb);
  c.write_iam(kIgb);
  c.set(RXDW);
  EXPECT_EQ(c.read_icr(), RXDW | INTA);
  EXPECT_EQ(c.ims(), 0u) << "IAM masks what the read acknowledged";
  c.set(TXDW);
  EXPECT_EQ(c.active(), 0u);
  c.write_ims(kIgb);
  EXPECT_EQ(c.active(), TXDW);
  c.write_icr(TXDW);
  EXPECT_EQ(c.icr(), 0u);
  EXPECT_EQ(c.ims(), 0u);
}

TEST(Causes, FactBase_2_6_2_AutoMaskNeedsIntaOrNsicr) {
  InterruptCauses c;
  c.write_ims(LSC);
  c.write_iam(LSC | RXDW);
  c.set(RXDW);
  c.read_icr();
  EXPECT_EQ(c.ims(), LSC);
  c.set_rules({.nsicr = true, .multiple_msix = true});
  c.write_icr(0);
  EXPECT_EQ(c.ims(), 0u);
}

TEST(Causes, WritingIcrClearsOnlyTheWrittenBits) {
  InterruptCauses c;
  c.set(LSC | RXDW | TXDW);
  c.write_icr(RXDW);
  EXPECT_EQ(c.icr(), LSC | TXDW);
}

TEST(Causes, FactBase_2_6_2_ImcClearsAndReadsIms) {
  InterruptCauses c;
  c.write_ims(LSC | RXDW);
  c.write_ims(TXDW);
  c.write_imc(RXDW | bit(31));
  EXPECT_EQ(c.ims(), LSC | TXDW);
}

// 2.6.1: what the interrupt self test can set and enable.
TEST(Causes, FactBase_2_6_1_SelfTestMask) {
  InterruptCauses c;
  c.write_ims(0x77DCFED5);
  c.set(0x77DCFED5);
  EXPECT_EQ(c.icr(), 0x77DCFED5u | INTA);
  c.write_imc(0x77DCFED5);
  EXPECT_EQ(c.ims(), 0u);
  EXPECT_EQ(c.icr(), 0x77DCFED5u);
  c.set(INTA);
  EXPECT_EQ(c.icr(), 0x77DCFED5u) << "nobody can set INTA";
}

// The driver's mapping of eight queue pairs.
TEST(Vectors, FactBase_2_6_7_ReferenceMapping) {
  InterruptVectors v;
  EXPECT_FALSE(v.rx(0));
  const std::uint32_t ivar[] = {0x82828181, 0x84848383, 0x86868585, 0x88888787};
  for (unsigned i = 0; i < 4; ++i) v.write_ivar(i, ivar[i]);
  v.write_ivar_misc(0x00008000);
  for (unsigned q = 0; q < 8; ++q) {
    EXPECT_EQ(v.rx(q), q + 1);
    EXPECT_EQ(v.tx(q), q + 1);
  }
  EXPECT_EQ(v.other(), 0u);
  EXPECT_FALSE(v.tcp_timer());
  EXPECT_EQ(InterruptVectors::cause_bit(v.rx(3)), bit(4));
  EXPECT_EQ(InterruptVectors::cause_bit(std::nullopt), 0u);
  v.write_ivar(0, 0x00009F00);
  EXPECT_FALSE(v.tx(0)) << "vector 31 does not exist";
}

TEST(Vectors, FactBase_2_6_7_UnusedBitsReadZero) {
  InterruptVectors v;
  v.write_ivar(1, ~0u);
  v.write_ivar_misc(~0u);
  EXPECT_EQ(v.ivar(1), 0x9F9F9F9Fu);
  EXPECT_EQ(v.ivar_misc(), 0x9F9Fu);
}

TEST(Vectors, FactBase_2_6_7_DeviceResetGoesByTheOtherCausesUnlessTheQuirkSaysNot) {
  InterruptVectors v;
  v.write_ivar_misc(0x8387);  // other 3, TCP timer 7
  EXPECT_EQ(v.of_causes(DRSTA, false), bit(3));
  EXPECT_EQ(v.of_causes(DRSTA, true), bit(7));
  EXPECT_EQ(v.of_causes(DRSTA | LSC, true), bit(3) | bit(7));
  EXPECT_EQ(v.of_causes(LSC, true), bit(3));
  EXPECT_EQ(v.of_causes(TCP_TIMER, false), 0u) << "it raises its own vector itself";
  v.write_ivar_misc(0x8000);
  EXPECT_EQ(v.of_causes(DRSTA, true), 0u) << "igb leaves byte 0 invalid";
}

}  // namespace
}  // namespace niclab::hw
