// PTP messages and the servo of ptp_slave.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/splitmix64.hpp"
#include "lab/ptp_message.hpp"
#include "lab/ptp_servo.hpp"

namespace niclab::lab {
namespace {

std::vector<std::byte> octets(std::initializer_list<unsigned> list) {
  std::vector<std::byte> v;
  for (const unsigned o : list) v.push_back(static_cast<std::byte>(o));
  return v;
}

// IEEE 1588-2008, 13.3 and 13.8, octet by octet.
TEST(PtpMessage, DelayRespIsAsTheStandardDrawsIt) {
  const PtpPortIdentity us = ptp_port_identity({{2, 0, 0, 0xAA, 0xBB, 0xCC}});
  const PtpPortIdentity them = ptp_port_identity({{2, 0, 0, 0, 0, 1}});
  const PtpMessage m{PtpType::delay_resp, 0x1234, us, 0x1'0000'0002ull * 1'000'000'000 + 999'999'999, them};
  const auto wanted = octets(
      {0x09, 0x02, 0, 54,   0,    0,    0,    0,    0,    0,    0,    0,    0, 0,    0, 0, 0, 0, 0, 0,  //
       2,    0,    0, 0xFF, 0xFE, 0xAA, 0xBB, 0xCC, 0,    1,    0x12, 0x34, 3, 0x7F,                    //
       0,    1,    0, 0,    0,    2,    0x3B, 0x9A, 0xC9, 0xFF,                                         //
       2,    0,    0, 0xFF, 0xFE, 0,    0,    1,    0,    1});
  EXPECT_EQ(ptp_octets(m), wanted);
  const auto back = parse_ptp(wanted);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->type, m.type);
  EXPECT_EQ(back->sequence, m.sequence);
  EXPECT_EQ(back->source, us);
  EXPECT_EQ(back->requesting, them);
  EXPECT_EQ(back->time, m.time);
  for (std::size_t n = 0; n < wanted.size(); ++n)
    EXPECT_FALSE(parse_ptp(std::span(wanted).first(n))) << "cut at " << n;
}

TEST(PtpMessage, OnlySyncSaysThatAFollowUpComesAndOnlyKnownTypesAreRead) {
  auto sync = ptp_octets({PtpType::sync, 1, {}, 0, {}});
  EXPECT_EQ(sync.size(), 44u);
  EXPECT_EQ(sync[6], std::byte{2});
  EXPECT_EQ(ptp_octets({PtpType::follow_up, 1, {}, 0, {}})[6], std::byte{0});
  EXPECT_TRUE(parse_ptp(sync));
  sync[0] = std::byte{0xB};  // Announce
  EXPECT_FALSE(parse_ptp(sync));
  sync[0] = std::byte{0};
  sync[1] = std::byte{1};
  EXPECT_FALSE(parse_ptp(sync)) << "version 1";
}

/// A clock that is `ppb` fast by itself, seen through stamps of 8 ns, every `interval` ns.
TEST(PiServo, ConvergesWhateverTheDriftAndTheInterval) {
  for (const double ppb : {50'000.0, -200'000.0, 30.0})
    for (const std::uint64_t interval : {5'000'000ull, 31'250'000ull, 1'000'000'000ull}) {
      PiServo servo;
      SplitMix64 random(7);
      double offset = -7e8, frequency = 0;
      std::uint64_t at = 1'000'000'000;
      unsigned steps = 0;
      for (unsigned n = 0; n < 200; ++n) {
        const auto measured =
            static_cast<std::int64_t>(offset) + static_cast<std::int64_t>(random.next() % 17) - 8;
        const ServoAction action = servo.sample(measured, at);
        if (n > 40) {
          EXPECT_LT(std::abs(offset), 60) << ppb << " ppb, every " << interval << " ns, sample " << n;
        }
        offset += static_cast<double>(action.step_ns);
        steps += action.step_ns != 0;
        if (action.frequency) frequency = static_cast<double>(*action.frequency);
        offset += (ppb + frequency) * 1e-9 * static_cast<double>(interval);
        at += interval;
      }
      EXPECT_EQ(steps, 1u);
    }
}

TEST(PiServo, StepsAgainWhenTheClockWasMoved) {
  PiServo servo;
  servo.sample(0, 1'000'000'000);
  servo.sample(0, 2'000'000'000);
  EXPECT_EQ(servo.sample(500, 3'000'000'000).step_ns, 0);
  const ServoAction action = servo.sample(-3'000'000, 4'000'000'000);
  EXPECT_EQ(action.step_ns, 3'000'000);
  EXPECT_FALSE(action.frequency) << "one wild sample says nothing about it";
}

}  // namespace
}  // namespace niclab::lab
