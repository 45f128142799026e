// What random histories once found, each by itself (tests/unit/i350/property_test.cpp).
#include <gtest/gtest.h>

#include "quiet_port.hpp"

namespace niclab::test {
namespace {

using namespace hw;

// Software cannot write RDT while a queue is off, and the head starts at 0: a tail of its last life would
// give the card descriptors that nobody has posted.
TEST(Port, EnablingAReceiveQueueForgetsItsTail_FactBase_3_1) {
  QuietPort port;
  port.write(reg::RDLEN(2), 1024);
  port.write(reg::RXDCTL(2), reg::rxdctl::ENABLE);
  port.write(reg::RDT(2), 5);
  EXPECT_EQ(port.read(reg::RDT(2)), 5u);
  port.write(reg::RXDCTL(2), 0);
  port.write(reg::RDT(2), 7);
  port.write(reg::RXDCTL(2), reg::rxdctl::ENABLE);
  EXPECT_EQ(port.read(reg::RDT(2)), 0u);
  EXPECT_EQ(port.read(reg::RDH(2)), 0u);
}

TEST(Port, IPv6ChecksumDisableIsABit_FactBase_2_7_7) {
  QuietPort port;
  port.write(reg::RFCTL, reg::rfctl::IPV6_XSUM_DIS);
  EXPECT_EQ(port.read(reg::RFCTL), reg::rfctl::IPV6_XSUM_DIS);
}

TEST(Port, ReloadFromTheNvmIsACommand_FactBase_2_3_3) {
  QuietPort port;
  port.write(reg::CTRL_EXT, reg::bit(13) | reg::bit(28));
  EXPECT_EQ(port.read(reg::CTRL_EXT), reg::bit(28));
}

// --- configuration space (fact base 1.3, 1.4, 4.9) -----------------------------------------------

constexpr std::uint16_t kCommand = 0x04, kPmcsr = 0x44, kMsix = 0x70, kDevCtl = 0xA8;
constexpr std::uint32_t kMaster = 0x6, kInitiateFlr = 0x8000 | 0x2810, kPending = 1u << 21;

/// A descriptor of queue 0 to be fetched, and bus mastering; host memory is all zero.
void announce_descriptors(QuietPort& port) {
  port.memory.resize(0x10000);
  port.write_config(kCommand, kMaster);
  port.write(reg::TDBAL(0), 0x1000);
  port.write(reg::TDLEN(0), 1024);
  port.write(reg::TXDCTL(0), reg::txdctl::ENABLE);
  port.write(reg::TCTL, reg::tctl::EN);
  port.write(reg::TDT(0), 8);
}

TEST(Port, FunctionLevelResetTakesItsTime_FactBase_1_4_4_4_9) {
  QuietPort port;
  port.write_config(kCommand, 0x547);
  port.write_config(kMsix, 0x80000000, 0xC);
  port.function.write_msix(0x0, 0xFEE00000, 0xF, port.now);
  port.function.write_msix(0xC, 0, 0xF, port.now);
  port.write(reg::RDBAL(1), 0x12340000);
  port.function.write_io(0, reg::RDBAL(1), port.now);
  port.write_config(kDevCtl, kInitiateFlr, 0x3);
  EXPECT_FALSE(port.function.config_ready(port.now));
  port.pass(1_ms - kDeviceClock);
  EXPECT_FALSE(port.function.config_ready(port.now));
  port.pass(kDeviceClock);
  EXPECT_TRUE(port.function.config_ready(port.now));
  EXPECT_EQ(port.read_config(kCommand) & 0xFFFF, 0u);
  EXPECT_EQ(port.read_config(kMsix) >> 30, 0u);
  EXPECT_EQ(port.function.read_msix(0x0), 0u);
  EXPECT_EQ(port.function.read_msix(0xC), 1u) << "masked";
  EXPECT_EQ(port.read(reg::RDBAL(1)), 0u);
  EXPECT_EQ(port.function.read_io(0, port.now), 0u);
  EXPECT_EQ(port.read(reg::RAL(0)), MacFilter::ral_of(QuietPort::kMac)) << "from the NVM again";

  QuietPort quick([] {
    sim::I350Quirks q;
    q.flr_us = 0;
    return q;
  }());
  quick.write_config(kDevCtl, kInitiateFlr, 0x3);
  EXPECT_TRUE(quick.function.config_ready(quick.now));
}

TEST(Port, FunctionLevelResetDropsReadsInFlight_FactBase_4_9) {
  QuietPort port;
  announce_descriptors(port);
  port.pass(kDeviceClock * 4);
  ASSERT_EQ(port.read_config(kDevCtl) & kPending, kPending);
  port.write_config(kDevCtl, kInitiateFlr, 0x3);
  EXPECT_EQ(port.read_config(kDevCtl) & kPending, kPending) << "their answers are still to come";
  port.pass(100_us);
  EXPECT_EQ(port.read_config(kDevCtl) & kPending, 0u);
  EXPECT_TRUE(port.function.idle());
  EXPECT_EQ(port.read(reg::TDH(0)), 0u);
  EXPECT_TRUE(port.function.faults().empty()) << port.function.faults().front();
}

TEST(Port, FunctionLevelResetLetsGoOfThePin_FactBase_1_6) {
  QuietPort port;
  port.write(reg::IMS, reg::icr::LSC);
  port.write(reg::ICS, reg::icr::LSC);
  port.pass(1_us);
  ASSERT_EQ(port.read_config(kCommand) & 1u << 19, 1u << 19);
  port.write_config(kDevCtl, kInitiateFlr, 0x3);
  EXPECT_EQ(port.read_config(kCommand) & 1u << 19, 0u);
  EXPECT_FALSE(port.asserts_intx());
}

TEST(Port, NoDmaAndNoInterruptInD3hot_FactBase_1_4_1) {
  QuietPort port;
  port.write_config(kPmcsr, 3, 0x1);
  announce_descriptors(port);
  port.write(reg::IMS, reg::icr::LSC);
  port.write(reg::ICS, reg::icr::LSC);
  port.pass(100_us);
  EXPECT_EQ(port.read_config(kDevCtl) & kPending, 0u);
  EXPECT_EQ(port.read_config(kCommand) & 1u << 19, 1u << 19) << "the cause is there";
  EXPECT_FALSE(port.asserts_intx());
  EXPECT_TRUE(port.function.faults().empty()) << port.function.faults().front();
  port.write_config(kPmcsr, 0, 0x1);
  EXPECT_TRUE(port.asserts_intx());
  EXPECT_EQ(port.read(reg::TDT(0)), 8u) << "the context is kept";
  port.pass(kDeviceClock * 4);
  EXPECT_EQ(port.read_config(kDevCtl) & kPending, kPending);
  port.pass(100_us);
}

TEST(Port, RegistersThroughTheIoBar_FactBase_1_3) {
  QuietPort port;
  port.function.write_io(0, reg::RDBAL(2) + 3, port.now);
  EXPECT_EQ(port.function.read_io(0, port.now), reg::RDBAL(2) + 3) << "IOADDR holds what was written";
  port.function.write_io(4, 0x5678F000, port.now);
  EXPECT_EQ(port.read(reg::RDBAL(2)), 0x5678F000u);
  EXPECT_EQ(port.function.read_io(4, port.now), 0x5678F000u);
  port.function.write_io(0, 0x20000, port.now);
  port.function.write_io(4, 1, port.now);
  EXPECT_EQ(port.function.read_io(4, port.now), 0u) << "beyond the registers";
  EXPECT_EQ(port.function.read_io(8, port.now), 0u);
}

TEST(Port, ConfigurationWaitsForTheNvm_FactBase_1_3) {
  sim::I350Quirks late;
  late.registers.late_nvm = true;
  QuietPort port(late);
  EXPECT_FALSE(port.function.config_ready(port.now));
  port.pass(1_ms);
  EXPECT_TRUE(port.function.config_ready(port.now));
  port.write(reg::CTRL, reg::ctrl::RST);
  EXPECT_TRUE(port.function.config_ready(port.now)) << "a port reset does not touch configuration space";
  port.write(reg::CTRL, reg::ctrl::DEV_RST);
  EXPECT_FALSE(port.function.config_ready(port.now));
}

}  // namespace
}  // namespace niclab::test
