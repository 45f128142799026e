// Address filtering and wire time (fact base 2.7.11, 2.8.3, 3.6, 4.8).
#include <gtest/gtest.h>

#include <random>

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
  f.write_vfta(127, 1u << 30);
  EXPECT_TRUE(f.decide(kStation, 4094).accept) << "all twelve bits";
  EXPECT_FALSE(f.decide(kStation, 4094 & 0x7FF).accept);
  f.write_rctl(0);
  EXPECT_TRUE(f.decide(kStation, 101).accept);
}

TEST(MacFilter, FactBase_2_7_1_CfiOfTheTag) {
  constexpr unsigned kCfi = 1u << 12;
  auto f = station(reg::rctl::CFIEN);
  EXPECT_TRUE(f.decide(kStation).accept) << "untagged";
  EXPECT_TRUE(f.decide(kStation, 100).accept);
  EXPECT_FALSE(f.decide(kStation, 100 | kCfi).accept);
  f.write_rctl(reg::rctl::CFIEN | reg::rctl::CFI);
  EXPECT_FALSE(f.decide(kStation, 100).accept);
  EXPECT_TRUE(f.decide(kStation, 100 | kCfi).accept);
  f.write_rctl(reg::rctl::VFE);
  f.write_vfta(100 >> 5, 1u << (100 & 31));
  EXPECT_TRUE(f.decide(kStation, 0xE000 | kCfi | 100).accept) << "VFE looks at the identifier alone";
}

TEST(MacFilter, UnicastTableInEveryModeIfReadSo) {
  MacFilter f(true);
  const unsigned h = MacFilter::hash(kOther, 0);
  f.write_uta(h >> 5, 1u << (h & 31));
  EXPECT_TRUE(f.decide(kOther).accept);
}

// The decision of fact base 2.7.11, step by step, on random filters and addresses.
TEST(MacFilter, FactBase_2_7_11_RandomAgainstTheSteps) {
  std::mt19937 rng(11);
  unsigned accepted = 0, dropped = 0;
  for (int round = 0; round < 20'000; ++round) {
    // Few addresses, so that hits are frequent: one byte varies.
    const auto address = [&] {
      const unsigned r = rng();
      if (r % 16 == 0) return MacAddress::broadcast();
      return MacAddress{{static_cast<std::uint8_t>(r & 16 ? 0x03 : 0x02), 0, 0, 0,
                         static_cast<std::uint8_t>(r >> 8 & 1), static_cast<std::uint8_t>(r >> 9 & 3)}};
    };
    const std::uint32_t rctl =
        rng() & (reg::rctl::UPE | reg::rctl::MPE | reg::rctl::BAM | reg::rctl::VFE | reg::rctl::MO.mask());
    const MacAddress exact = address(), hashed = address(), sent = address();
    const bool tagged = rng() % 2, member = rng() % 2, several_queues = rng() % 2;
    const unsigned vid = rng() % 4096, mo = reg::rctl::MO.get(rctl);
    MacFilter f;
    f.write_rctl(rctl);
    f.write_mrqc(several_queues ? reg::mrqc::MODE_RSS : 0);
    f.write_ral(7, MacFilter::ral_of(exact));
    f.write_rah(7, MacFilter::rah_of(exact));
    const unsigned bit = MacFilter::hash(hashed, mo);
    f.write_mta(bit / 32, 1u << bit % 32);
    f.write_uta(bit / 32, 1u << bit % 32);
    if (member) f.write_vfta(vid / 32, 1u << vid % 32);
    const bool same_hash = MacFilter::hash(sent, mo) == bit;
    bool expected;
    if (tagged && (rctl & reg::rctl::VFE) && !member) {
      expected = false;
    } else if (sent == exact) {
      expected = true;
    } else if (sent.is_group()) {
      expected = (sent.is_broadcast() && (rctl & reg::rctl::BAM)) || (rctl & reg::rctl::MPE) || same_hash;
    } else {
      expected = (rctl & reg::rctl::UPE) || (same_hash && several_queues);
    }
    const auto got = f.decide(sent, tagged ? std::optional<unsigned>(vid) : std::nullopt);
    ASSERT_EQ(got.accept, expected) << round;
    (expected ? accepted : dropped) += 1;
  }
  EXPECT_GT(accepted, 3000u);
  EXPECT_GT(dropped, 3000u);
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
