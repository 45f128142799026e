// The commands of [[at]] (path-map F-21 to F-24, F-29, conventions F-01).
#include "lab/shell.hpp"

#include <gtest/gtest.h>

namespace niclab::lab {
namespace {

TEST(Shell, F_29_EthtoolCoalesce) {
  const auto c = parse_command("sudo ethtool -C eth0 rx-usecs 125 tx-usecs 10");
  ASSERT_TRUE(c);
  EXPECT_EQ(c->kind, ShellCommand::Kind::coalesce);
  EXPECT_EQ(c->interface, "eth0");
  EXPECT_EQ(c->rx, 125u);
  EXPECT_EQ(c->tx, 10u);
  EXPECT_FALSE(parse_command("ethtool -C eth0 tx-usecs 10")->rx.has_value());
}

TEST(Shell, E_47_EthtoolStatistics) {
  const auto c = parse_command("ethtool -S eth0");
  ASSERT_TRUE(c);
  EXPECT_EQ(c->kind, ShellCommand::Kind::statistics);
  EXPECT_EQ(c->interface, "eth0");
}

TEST(Shell, F_24_EthtoolRing) {
  const auto c = parse_command("ethtool -G eth1 rx 512");
  ASSERT_TRUE(c);
  EXPECT_EQ(c->kind, ShellCommand::Kind::ring);
  EXPECT_EQ(c->rx, 512u);
  EXPECT_FALSE(c->tx.has_value());
}

TEST(Shell, F_23_EthtoolChannels) {
  const auto c = parse_command("ethtool -L eth0 combined 2");
  ASSERT_TRUE(c);
  EXPECT_EQ(c->kind, ShellCommand::Kind::channels);
  EXPECT_EQ(c->value, 2u);
}

TEST(Shell, F_21_F_22_Ifconfig) {
  EXPECT_EQ(parse_command("ifconfig eth0 up")->kind, ShellCommand::Kind::up);
  EXPECT_EQ(parse_command("ifconfig eth0 down")->kind, ShellCommand::Kind::down);
  EXPECT_EQ(parse_command("sudo ifconfig eth0 txqueuelen 10000")->value, 10000u);
  EXPECT_EQ(parse_command("ifconfig eth0 mtu 1400")->value, 1400u);
}

TEST(Shell, AnythingElseIsRefused) {
  for (const char* line :
       {"", "sudo", "reboot", "ethtool", "ethtool -C eth0", "ethtool -C eth0 rx-usecs",
        "ethtool -C eth0 rx-usecs ten", "ethtool -C eth0 rx-usecs -1", "ethtool -G eth0 rx-usecs 3",
        "ethtool -L eth0 rx 2", "ethtool -S", "ethtool -S eth0 x", "ifconfig", "ifconfig eth0",
        "ifconfig eth0 mtu", "ifconfig eth0 mtu 1500x", "ifconfig eth0 sideways"})
    EXPECT_FALSE(parse_command(line)) << line;
}

}  // namespace
}  // namespace niclab::lab
