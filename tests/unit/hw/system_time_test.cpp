// SYSTIM as a value, and which packets are stamped (fact base 2.11).
#include "hw/system_time.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/bytes.hpp"
#include "hw/ptp_filter.hpp"
#include "hw/register_fields.hpp"

namespace niclab::hw {
namespace {

constexpr Time ps(std::uint64_t v) { return Time::from_ps(v); }
using Value = SystemTime::Value;

SystemTime started(std::int64_t ppb = 0) {
  SystemTime s(ppb);
  s.run(true, Time{});
  return s;
}

TEST(SystemTime, StandsStillUntilItIsStartedAndThenCountsEightsOfNanoseconds) {
  SystemTime s;
  EXPECT_EQ(s.at(ps(1'000'000)), Value{});
  s.run(true, ps(16'000));
  EXPECT_EQ(s.at(ps(16'000)), Value{});
  EXPECT_EQ(s.at(ps(23'999)), Value{}) << "the tick at or before";
  EXPECT_EQ(s.at(ps(24'000)), (Value{8, 0}));
  EXPECT_EQ(s.at(ps(1'000'016'000)), (Value{1'000'000, 0}));
  s.run(false, ps(2'000'016'000));
  EXPECT_EQ(s.at(ps(9'000'016'000)), (Value{2'000'000, 0}));
}

TEST(SystemTime, IncrementIsInFractionsOfATick) {
  SystemTime s = started();
  s.set_increment(1, Time{});
  EXPECT_EQ(s.at(ps(8'000)), (Value{8, 1}));
  s.set_increment(0x80000000u | 3, ps(8'000));
  EXPECT_EQ(s.at(ps(16'000)), (Value{15, 0xFFFFFFFEu}));
  // 100 ppm: 8 ns * 2^32 * 10^-4, and after a second 100 us more.
  s.set(0, ps(16'000));
  s.set_increment(3435974, ps(16'000));
  EXPECT_EQ(s.at(ps(1'000'000'016'000)).ns, 1'000'100'000u);
}

TEST(SystemTime, ThreeHistoriesTickByTick) {
  for (const std::uint32_t inca : {0u, 0x7FFFFFFFu, 0xFFFFFFFFu}) {
    SystemTime s = started();
    s.set(SystemTime::kNanoseconds - 40, Time{});
    s.set_increment(inca, Time{});
    std::uint64_t ns = SystemTime::kNanoseconds - 40, fraction = 0;
    for (unsigned tick = 0; tick < 2000; ++tick) {
      EXPECT_EQ(s.at(ps(tick * 8'000ull)), (Value{ns, static_cast<std::uint32_t>(fraction)}));
      const std::uint64_t part = inca & 0x7FFFFFFF;
      std::uint64_t whole = 8;
      if (inca >> 31 == 0) {
        fraction += part;
        whole += fraction >> 32;
      } else {
        if (fraction < part) {
          fraction += std::uint64_t{1} << 32;
          --whole;
        }
        fraction -= part;
      }
      fraction &= 0xFFFFFFFF;
      ns = (ns + whole) % (std::uint64_t{1} << 40);
    }
  }
}

/// Worked out with integers of any length: started at t0, TIMINCA at t1, set at t2, adjusted at t3.
struct Known {
  std::int64_t ppb;
  std::uint64_t t0, t1;
  std::uint32_t inca;
  std::uint64_t t2, set, t3;
  std::int64_t adjust;
  std::uint64_t t4, ns;
  std::uint32_t fraction;
};
// clang-format off
constexpr Known kKnown[] = {
    {1, 6371901744001, 15700237099298, 0xF17FD374, 37775943371614, 1099511627771, 38050256256095, -522915142823, 526081940576128, 1037840764461, 0xD689DEB4},
    {999999, 2400735288000, 9254496890886, 0x00000000, 96152929196323, 276788461694, 96160966818510, -184759094473, 471050934212687, 467302269869, 0x00000000},
    {1, 2694244720000, 5890579909548, 0xFFFFFFFF, 8924110109085, 912084365706, 9087043097905, -406888829444, 687684711235483, 42021972700, 0xC1291B1A},
    {0, 5119420200001, 10570017262888, 0x7FFFFFFF, 78293855181231, 1099511627771, 78687917550257, 338636184890, 1315071640714650, 553200954205, 0x014994E8},
    {999999, 3145500691999, 11108409050165, 0x00000000, 76159734795516, 1099511627771, 76804443973457, 261122100273, 743030578386089, 928659814036, 0x00000000},
    {0, 3719241400000, 9711616207285, 0x7FFFFFFF, 108598617661626, 1099511627771, 108949456213427, -161893762506, 285033661154101, 25568471198, 0x5D74DC6B},
    {30000, 6194502824001, 14707113946448, 0xFFFFFFFF, 48109211301149, 1099511627771, 48169966315194, -478294754833, 1159577801656339, 563738308701, 0xD955B1E9},
    {-1000000, 7202052728000, 17126569656530, 0xFFFFFFFF, 40882491745685, 817910186560, 41810457099496, 96295940567, 1062222278644803, 771243043548, 0x31F6FEC1},
};
// clang-format on

TEST(SystemTime, KnownHistories) {
  for (const Known& k : kKnown) {
    SystemTime s(k.ppb);
    s.run(true, ps(k.t0));
    s.set_increment(k.inca, ps(k.t1));
    s.set(k.set, ps(k.t2));
    s.adjust(k.adjust, ps(k.t3));
    EXPECT_EQ(s.at(ps(k.t4)), (Value{k.ns, k.fraction})) << k.ppb << " " << k.t4;
  }
}

TEST(SystemTime, PastIsAsItWasShown) {
  SystemTime s = started();
  s.set(5'000, ps(80'000));
  s.adjust(-1'000, ps(160'000));
  s.adjust(7, ps(160'000));
  EXPECT_EQ(s.at(ps(79'999)).ns, 72u);
  EXPECT_EQ(s.at(ps(159'999)).ns, 5'072u);
  EXPECT_EQ(s.at(ps(160'000)).ns, 4'087u);
}

TEST(SystemTime, ForeseesATargetExactly) {
  for (const std::int64_t ppb : {0ll, 30'000ll, -20'000ll, 999'999ll, -1'000'000ll})
    for (const std::uint32_t inca : {0u, 12345u, 0x7FFFFFFFu, 0x80000000u | 98765u, 0xFFFFFFFFu}) {
      SystemTime s = started(ppb);
      s.set_increment(inca, ps(4'000));
      for (const std::uint64_t target : {1ull, 8ull, 9ull, 123'456'789ull, 60'000'000'000ull}) {
        const Time hit = s.reaches(target, ps(4'000));
        ASSERT_NE(hit, Time::never());
        EXPECT_GE(s.at(hit).ns, target) << ppb << " " << inca;
        EXPECT_LT(s.at(ps(hit.ps() - 1)).ns, target) << ppb << " " << inca;
      }
      const Time wrap = s.wraps(ps(4'000));
      EXPECT_LT(s.at(wrap).ns, 12u);
      EXPECT_GT(s.at(ps(wrap.ps() - 1)).ns, SystemTime::kNanoseconds - 12);
    }
}

TEST(SystemTime, ATargetLeftBehindIsReachedAtOnceAndAStoppedClockReachesNone) {
  SystemTime s = started();
  s.set(1'000'000, ps(8'000));
  EXPECT_EQ(s.reaches(999'999, ps(8'000)), ps(8'000));
  EXPECT_EQ(s.reaches(1'000'000, ps(8'000)), ps(8'000));
  EXPECT_EQ(s.reaches(1'000'008, ps(8'000)), ps(16'000));
  s.run(false, ps(8'000));
  EXPECT_EQ(s.reaches(1'000'008, ps(8'000)), Time::never());
  EXPECT_EQ(s.wraps(ps(8'000)), Time::never());
  s.reset(ps(16'000));
  EXPECT_EQ(s.at(ps(80'000)), Value{});
}

// --- which packets -------------------------------------------------------------------------------

/// A message of `octets`: type or version first, then version.
std::vector<std::byte> message(bool ethernet, unsigned first, unsigned second, unsigned control = 0) {
  std::vector<std::byte> f(ethernet ? 14 + 46 : 14 + 20 + 8 + 44);
  const std::size_t at = ethernet ? 14 : 42;
  store_be16(f.data() + 12, ethernet ? kEtherTypePtp : 0x0800);
  if (!ethernet) {
    f[14] = std::byte{0x45};
    store_be16(f.data() + 16, static_cast<std::uint16_t>(f.size() - 14));
    f[23] = std::byte{17};
    store_be16(f.data() + 36, 319);
    store_be16(f.data() + 38, static_cast<std::uint16_t>(f.size() - 34));
  }
  for (std::size_t i = 0; i < 34; ++i) f[at + i] = static_cast<std::byte>(0xA0 + i);
  f[at] = static_cast<std::byte>(first);
  f[at + 1] = static_cast<std::byte>(second);
  f[at + 32] = static_cast<std::byte>(control);
  return f;
}

struct Wanted {
  bool ethernet;
  unsigned first, second, control;
  std::uint32_t types;  ///< bit n: TSYNCRXCTL.TYPE = n, in place, stamps it with TSYNCRXCFG 0x0100
};

TEST(PtpFilter, TypesOfMessages_FactBase_2_11) {
  constexpr std::uint32_t l2_v2 = 1u << 0, l4_v1 = 1u << 2, v2 = 1u << 4, all = 1u << 8, event = 1u << 10;
  const Wanted wanted[] = {
      {true, 0x01, 2, 0, l2_v2 | v2 | all | event},     // the one TSYNCRXCFG names: Delay_Req
      {true, 0x00, 2, 0, all | event},                  // Sync
      {true, 0x12, 0x12, 0, l2_v2 | v2 | all | event},  // Pdelay_Req; the high digits do not count
      {true, 0x0B, 2, 0, all},                          // Announce
      {false, 0x01, 2, 0, v2 | all | event},
      {false, 0x08, 2, 0, all},
      {false, 0, 1, 0, l4_v1 | all},  // version 1, control 0: Sync
      {false, 0, 1, 1, all},
      {true, 0, 1, 0, all},
      {false, 0, 0, 0, all},
  };
  for (const Wanted& w : wanted) {
    const auto frame = message(w.ethernet, w.first, w.second, w.control);
    const ParsedPacket p = parse_packet(frame, {});
    for (std::uint32_t type = 0; type < 16; type += 2) {
      EXPECT_EQ(wants_time_stamp(type, 0x0100, p, true), (w.types >> type & 1) != 0)
          << w.ethernet << " " << w.first << " " << w.second << " type " << type;
      EXPECT_EQ(wants_time_stamp(type, 0x0100, p, false), type == 8) << "no filter named it";
    }
  }
}

TEST(PtpFilter, SourceAttributesAreOctetsOfTheMessage) {
  for (const bool ethernet : {true, false}) {
    const auto frame = message(ethernet, 0, 2);
    EXPECT_EQ(source_attributes(parse_packet(frame, {})), 0xBFBE'BBBAB9B8B7B6ull);
    const auto other = message(ethernet, 0, 3);
    EXPECT_EQ(source_attributes(parse_packet(other, {})), 0u);
  }
  const std::vector<std::byte> empty(60);
  EXPECT_EQ(source_attributes(parse_packet(empty, {})), 0u);
}

}  // namespace
}  // namespace niclab::hw
