// Address filtering and wire time (fact base 2.7.11, 2.8.3, 3.6, 4.8).
#include <gtest/gtest.h>

#include "hw/mac_filter.hpp"
#include "hw/mac_timing.hpp"

namespace niclab::hw {
namespace {

constexpr MacAddress kStation{{0xA0, 0x36, 0x9F, 0x11, 0x22, 0x33}}, kOther{{0x02, 0, 0, 0, 0, 1}};
constexpr MacAddress kGroup{{0x01, 0x00, 0x5E, 0x01, 0x02, 0x03}};

MacFilter station(std::uint32_t rctl) {
  MacFilter f;
  f.write_ral(0, MacFilter::ral_of(kStation));
  f.write_rah(0, MacFilter::rah_of(kStation));
  f.write_rctl(rctl);
  return f;
}

TEST(MacFilter, ExactUnicast) {
  auto f = station(0);
  EXPECT_TRUE(f.decide(kStation).accept);
  EXPECT_FALSE(f.decide(kStation).inexact);
  EXPECT_FALSE(f.decide(kOther).accept);
  f.write_rah(0, MacFilter::rah_of(kStation) & ~reg::rah::AV);
  EXPECT_FALSE(f.decide(kStation).accept) << "AV = 0";
  f.write_ral(31, MacFilter::ral_of(kOther));
  f.write_rah(31, MacFilter::rah_of(kOther));
  EXPECT_TRUE(f.decide(kOther).accept) << "entry 31";
}

TEST(MacFilter, RegisterLayoutOfAnAddress) {
  EXPECT_EQ(MacFilter::ral_of(kStation), 0x119F36A0u);
  EXPECT_EQ(MacFilter::rah_of(kStation), 0x80003322u);
}

TEST(MacFilter, BroadcastNeedsBam) {
  EXPECT_FALSE(station(0).decide(MacAddress::broadcast()).accept);
  EXPECT_TRUE(station(reg::rctl::BAM).decide(MacAddress::broadcast()).accept);
}

TEST(MacFilter, PromiscuousModes) {
  EXPECT_TRUE(station(reg::rctl::UPE).decide(kOther).accept);
  EXPECT_FALSE(station(reg::rctl::UPE).decide(kGroup).accept);
  EXPECT_TRUE(station(reg::rctl::MPE).decide(kGroup).accept);
  EXPECT_FALSE(station(reg::rctl::MPE).decide(kOther).accept);
}

TEST(MacFilter, MulticastHashForEveryOffset) {
  constexpr unsigned expected[] = {0x030, 0x060, 0x0C0, 0x302};  // of DA[5..4] = 0x0302
  for (unsigned mo = 0; mo < 4; ++mo) {
    EXPECT_EQ(MacFilter::hash(kGroup, mo), expected[mo]) << mo;
    auto f = station(reg::rctl::MO.put(mo));
    EXPECT_FALSE(f.decide(kGroup).accept);
    f.write_mta(expected[mo] >> 5, 1u << (expected[mo] & 31));
    EXPECT_TRUE(f.decide(kGroup).accept);
    EXPECT_TRUE(f.decide(kGroup).inexact) << "PIF";
  }
}

TEST(MacFilter, UnicastTableNeedsAMultiQueueMode) {
  auto f = station(0);
  const unsigned h = MacFilter::hash(kOther, 0);
  f.write_uta(h >> 5, 1u << (h & 31));
  EXPECT_FALSE(f.decide(kOther).accept);
  f.write_mrqc(reg::mrqc::MODE_RSS);
  EXPECT_TRUE(f.decide(kOther).accept);
}

TEST(MacFilter, VlanFilter) {
  auto f = station(reg::rctl::VFE);
  EXPECT_TRUE(f.decide(kStation).accept) << "untagged frames are not filtered";
  EXPECT_FALSE(f.decide(kStation, 100).accept);
  f.write_vfta(100 >> 5, 1u << (100 & 31));
  EXPECT_TRUE(f.decide(kStation, 100).accept);
  f.write_rctl(0);
  EXPECT_TRUE(f.decide(kStation, 101).accept);
}

TEST(MacTiming, LineRateFigures) {
  EXPECT_EQ(frame_occupancy(LinkSpeed::mbps1000, 60), 672_ns);
  EXPECT_EQ(frame_occupancy(LinkSpeed::mbps1000, 59), 664_ns) << "who pads, pads before";
  EXPECT_EQ(frame_occupancy(LinkSpeed::mbps1000, 1514), 12'304_ns);
  EXPECT_EQ(frame_occupancy(LinkSpeed::mbps100, 60), 6'720_ns);
  EXPECT_EQ(frame_time(LinkSpeed::mbps10, 60), 57'600_ns);
  EXPECT_EQ(gap_bytes(0x00601008), kStandardGap);
  EXPECT_EQ(pause_time(LinkSpeed::mbps1000, 2), 1'024_ns);
}

}  // namespace
}  // namespace niclab::hw
