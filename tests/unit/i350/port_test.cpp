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

}  // namespace
}  // namespace niclab::test
