#include "base/addresses.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cstddef>
#include <string>

namespace niclab {
namespace {

using testing::Eq;
using testing::Optional;

constexpr MacAddress kMac{{0x02, 0x00, 0x00, 0x35, 0x00, 0x0a}};

TEST(MacAddress, ParsesAndPrints) {
  EXPECT_THAT(MacAddress::parse("02:00:00:35:00:0a"), Optional(kMac));
  EXPECT_THAT(MacAddress::parse("02:00:00:35:00:0A"), Optional(kMac));
  EXPECT_EQ(kMac.to_string(), "02:00:00:35:00:0a");
  EXPECT_EQ(MacAddress::broadcast().to_string(), "ff:ff:ff:ff:ff:ff");
}

TEST(MacAddress, RefusesAnythingElse) {
  for (const char* text : {"", "02:00:00:35:00", "02:00:00:35:00:0a:", "02-00-00-35-00-0a",
                           "2:00:00:35:00:00a", "02:00:00:35:00:0g", "0x:00:00:35:00:0a", " 2:00:00:35:00:0a",
                           "-2:00:00:35:00:0a", "02:00:00:35:00: a", "0200003500 0a    "}) {
    EXPECT_FALSE(MacAddress::parse(text)) << '"' << text << '"';
  }
}

TEST(MacAddress, KindsAreTheGroupBitAndAllOnes) {
  EXPECT_FALSE(kMac.is_group());
  EXPECT_TRUE(MacAddress::broadcast().is_group());
  EXPECT_TRUE(MacAddress::broadcast().is_broadcast());
  const MacAddress group{{0x01, 0, 0x5e, 0, 0, 1}};
  EXPECT_TRUE(group.is_group());
  EXPECT_FALSE(group.is_broadcast());
  EXPECT_TRUE(MacAddress{}.is_zero());
}

TEST(MacAddress, StoresFirstOctetFirst) {
  std::array<std::byte, 6> wire{};
  kMac.store(wire.data());
  EXPECT_EQ(wire[0], std::byte{0x02});
  EXPECT_EQ(wire[5], std::byte{0x0a});
  EXPECT_EQ(MacAddress::load(wire.data()), kMac);
}

TEST(Ipv4Address, ParsesAndPrints) {
  EXPECT_THAT(Ipv4Address::parse("10.9.0.1"), Optional(Ipv4Address{0x0a090001}));
  EXPECT_THAT(Ipv4Address::parse("255.255.255.255"), Optional(Ipv4Address{0xffffffff}));
  EXPECT_EQ(Ipv4Address{0x0a090001}.to_string(), "10.9.0.1");
  EXPECT_EQ(Ipv4Address{0}.to_string(), "0.0.0.0");
}

TEST(Ipv4Address, RefusesAnythingElse) {
  for (const char* text :
       {"", "10.9.0", "10.9.0.", "10.9.0.1.", "10.9.0.256", "10.9.0.-1", "10.9.0.+1", "10.9..1", "10.9.0.1 ",
        " 10.9.0.1", "0x0a.9.0.1", "10.9.0.0001", "10.9.0.1/24", "99999999999.0.0.1"}) {
    EXPECT_FALSE(Ipv4Address::parse(text)) << '"' << text << '"';
  }
}

TEST(Ipv4Address, Kinds) {
  EXPECT_TRUE(Ipv4Address{0}.is_any());
  EXPECT_TRUE(Ipv4Address::parse("127.1.2.3")->is_loopback());
  EXPECT_TRUE(Ipv4Address::parse("224.0.0.0")->is_multicast());
  EXPECT_TRUE(Ipv4Address::parse("239.255.255.255")->is_multicast());
  EXPECT_FALSE(Ipv4Address::parse("223.255.255.255")->is_multicast());
  EXPECT_FALSE(Ipv4Address::parse("240.0.0.0")->is_multicast());
  EXPECT_TRUE(Ipv4Address{0xffffffff}.is_limited_broadcast());
}

TEST(Ipv4Prefix, ParsesMasksAndContains) {
  const auto p = Ipv4Prefix::parse("10.9.0.1/24");
  ASSERT_TRUE(p);
  EXPECT_EQ(p->length, 24u);
  EXPECT_EQ(p->mask(), 0xffffff00u);
  EXPECT_EQ(p->to_string(), "10.9.0.1/24");
  EXPECT_TRUE(p->contains({0x0a0900fe}));
  EXPECT_FALSE(p->contains({0x0a090100}));
  EXPECT_EQ(p->broadcast().to_string(), "10.9.0.255");
}

TEST(Ipv4Prefix, EndsOfTheRangeOfLengths) {
  EXPECT_EQ(Ipv4Prefix::parse("10.9.0.1/0")->mask(), 0u);
  EXPECT_TRUE(Ipv4Prefix::parse("10.9.0.1/0")->contains({0xdeadbeef}));
  EXPECT_EQ(Ipv4Prefix::parse("10.9.0.1/32")->mask(), 0xffffffffu);
  EXPECT_FALSE(Ipv4Prefix::parse("10.9.0.1/32")->contains({0x0a090000}));
  for (const char* text : {"10.9.0.1", "10.9.0.1/", "10.9.0.1/33", "10.9.0.1/-1", "10.9.0.1/24x", "/24"}) {
    EXPECT_FALSE(Ipv4Prefix::parse(text)) << text;
  }
}

TEST(MulticastMac, KeepsTheLow23Bits) {  // RFC 1112 §6.4
  EXPECT_EQ(multicast_mac(*Ipv4Address::parse("239.1.2.3")).to_string(), "01:00:5e:01:02:03");
  EXPECT_EQ(multicast_mac(*Ipv4Address::parse("224.128.0.1")).to_string(), "01:00:5e:00:00:01");
  EXPECT_EQ(multicast_mac(*Ipv4Address::parse("224.255.255.255")).to_string(), "01:00:5e:7f:ff:ff");
}

TEST(PciAddress, PrintsAndPacksTheRequesterId) {
  const PciAddress a{0x1f, 0x10, 3};
  EXPECT_EQ(a.to_string(), "0000:1f:10.3");
  EXPECT_EQ(a.requester_id(), 0x1f83);
}

}  // namespace
}  // namespace niclab
