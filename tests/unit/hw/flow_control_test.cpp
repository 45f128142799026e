// PAUSE frames obeyed and sent (fact base 2.10, 4.7).
#include "hw/flow_control.hpp"

#include <gtest/gtest.h>

#include <array>

#include "base/bytes.hpp"
#include "hw/register_fields.hpp"

namespace niclab::hw {
namespace {

constexpr FlowControlAddresses kAddresses{.station = {{2, 0, 0, 0, 0, 1}}};
constexpr Time us(std::uint64_t n) { return Time{} + Duration::from_us(n); }

std::array<std::byte, 60> pause_frame(std::uint16_t quanta) {
  std::array<std::byte, 60> f{};
  write_pause_frame(f, {.station = {{2, 0, 0, 0, 0, 9}}}, quanta);
  return f;
}

TEST(PauseFrame, FactBase_4_7_IsMadeAndRecognised) {
  auto f = pause_frame(0x1234);
  const std::uint8_t expected[] = {0x01, 0x80, 0xC2, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x88, 0x08, 0, 1, 0x12, 0x34};
  for (std::size_t i = 0; i < f.size(); ++i)
    EXPECT_EQ(load_u8(f.data() + i), i < sizeof expected ? expected[i] : 0) << "byte " << i;
  EXPECT_EQ(mac_control(f, kAddresses), MacControl::pause);
  EXPECT_EQ(pause_quanta(f), 0x1234);
}

TEST(PauseFrame, FactBase_4_7_DestinationTypeAndOpcodeDecide) {
  const auto with = [](std::size_t at, std::uint16_t value) {
    auto f = pause_frame(1);
    store_be16(f.data() + at, value);
    return mac_control(f, kAddresses);
  };
  EXPECT_EQ(with(12, 0x0800), MacControl::no);
  EXPECT_EQ(with(14, 2), MacControl::unsupported);
  EXPECT_EQ(with(4, 2), MacControl::no) << "another group";
  auto to_station = pause_frame(1);
  kAddresses.station.store(to_station.data());
  EXPECT_EQ(mac_control(to_station, kAddresses), MacControl::pause);
  FlowControlAddresses other = kAddresses;
  other.ether_type = 0x9999;
  EXPECT_EQ(mac_control(pause_frame(1), other), MacControl::no) << "FCT decides";
  other = kAddresses;
  other.group = {{0x01, 0, 0, 0, 0, 7}};
  EXPECT_EQ(mac_control(pause_frame(1), other), MacControl::no) << "FCAL/FCAH decide";
}

TEST(PauseTimer, FactBase_4_7_QuantaAre512BitTimesOfTheSpeed) {
  for (const auto& [speed, quantum] : {std::pair{LinkSpeed::mbps1000, 512_ns},
                                       {LinkSpeed::mbps100, 5120_ns},
                                       {LinkSpeed::mbps10, 51200_ns}}) {
    PauseTimer timer;
    EXPECT_FALSE(timer.paused({}));
    timer.received(3, speed, us(10));
    EXPECT_EQ(timer.until(), us(10) + quantum * 3);
    EXPECT_TRUE(timer.paused(timer.until() - 1_ps));
    EXPECT_FALSE(timer.paused(timer.until()));
  }
}

TEST(PauseTimer, FactBase_4_7_ANewPauseReplacesAndXonClears) {
  PauseTimer timer;
  timer.received(0xFFFF, LinkSpeed::mbps1000, us(10));
  timer.received(2, LinkSpeed::mbps1000, us(20));
  EXPECT_EQ(timer.until(), us(20) + 1024_ns);
  timer.received(0, LinkSpeed::mbps1000, us(21));
  EXPECT_FALSE(timer.paused(us(21)));
  timer.received(0xFFFF, LinkSpeed::mbps1000, us(30));
  timer.clear();
  EXPECT_FALSE(timer.paused(us(30)));
}

// --- sending -------------------------------------------------------------------------------------

constexpr PauseSenderRegisters kRegisters{
    .enabled = true, .fcrth = 0x6400, .fcrtl = 0x63F0 | reg::fcrtl::XONE, .fcttv = 0x100, .fcrtv = 0};

/// What the device does: compares after every change of the occupancy.
struct Buffer {
  explicit Buffer(const PauseSenderRegisters& r = kRegisters, PauseSenderRules rules = {}) : sender(rules) {
    sender.configure(r, 0);
  }
  void to(std::uint32_t n) {
    const bool up = n > bytes;
    bytes = n;
    if (up ? bytes >= sender.trip_high() : bytes < sender.trip_low()) sender.crossed(bytes);
  }
  /// The timer of the frame wanted; -1: none is.
  int take(Time end) { return sender.wanted() ? sender.take(end, LinkSpeed::mbps1000) : -1; }
  PauseSender sender;
  std::uint32_t bytes = 0;
};

TEST(PauseSender, FactBase_2_10_XoffAtTheHighWatermarkXonBelowTheLow) {
  Buffer b;
  b.to(0x63FF);
  EXPECT_EQ(b.take(us(1)), -1);
  b.to(0x6400);
  EXPECT_EQ(b.take(us(2)), 0x100);
  b.to(0x7000);
  EXPECT_EQ(b.take(us(3)), -1) << "one frame for one crossing";
  b.to(0x63F0);
  EXPECT_EQ(b.take(us(4)), -1) << "at the low watermark is not below it";
  b.to(0x6400);
  EXPECT_EQ(b.take(us(5)), -1) << "still stopped";
  b.to(0x63EF);
  EXPECT_EQ(b.take(us(6)), 0);
  b.to(0);
  EXPECT_EQ(b.take(us(7)), -1);
  b.to(0x6400);
  EXPECT_EQ(b.take(us(8)), 0x100);
}

TEST(PauseSender, FactBase_2_10_WithoutXoneTheTimerHasToExpire) {
  PauseSenderRegisters r = kRegisters;
  r.fcrtl &= ~reg::fcrtl::XONE;
  Buffer b(r);
  b.to(0x6400);
  EXPECT_EQ(b.take(us(1)), 0x100);
  b.to(0);
  EXPECT_EQ(b.take(us(2)), -1);
  b.to(0x6400);
  EXPECT_EQ(b.take(us(3)), 0x100) << "the next crossing counts again";
}

TEST(PauseSender, FrameThatHasNotGoneOutIsReplaced) {
  Buffer b;
  b.to(0x6400);
  b.to(0);
  EXPECT_EQ(b.take(us(1)), -1) << "nobody was stopped";
  b.to(0x6400);
  EXPECT_EQ(b.take(us(2)), 0x100);
  b.to(0);
  b.to(0x6400);
  EXPECT_EQ(b.take(us(3)), 0x100) << "the XON in between is not sent";
}

TEST(PauseSender, FactBase_2_10_ZeroFcttvSendsXon) {
  PauseSenderRegisters r = kRegisters;
  r.fcttv = 0;
  Buffer b(r);
  b.to(0x6400);
  EXPECT_EQ(b.take(us(1)), 0);
}

TEST(PauseSender, FactBase_2_10_RefreshWhenTheCounterHasDecayed) {
  PauseSenderRegisters r = kRegisters;
  r.fcrtv = 0x40;
  Buffer b(r);
  b.to(0x6400);
  EXPECT_EQ(b.sender.refresh_at(), Time::never());
  EXPECT_EQ(b.take(us(10)), 0x100);
  const Time due = us(10) + 512_ns * (0x100 - 0x40);
  EXPECT_EQ(b.sender.refresh_at(), due);
  EXPECT_EQ(reg::fcsts0::REFRESH.get(b.sender.status(due, b.bytes)), 0x40u);
  b.sender.refresh(b.bytes);
  EXPECT_EQ(b.take(due), 0x100);
  EXPECT_EQ(b.sender.refresh_at(), due + 512_ns * (0x100 - 0x40));
  b.to(0);
  EXPECT_EQ(b.sender.refresh_at(), Time::never());
  EXPECT_EQ(b.take(us(200)), 0);
}

TEST(PauseSender, ReadingsOfTheRefreshCounter) {
  PauseSenderRegisters r = kRegisters;
  r.fcrtv = 0x40;
  Buffer up(r, {.refresh_counts_down = false});
  up.to(0x6400);
  up.take(us(10));
  EXPECT_EQ(up.sender.refresh_at(), us(10) + 512_ns * 0x40);
  EXPECT_EQ(reg::fcsts0::REFRESH.get(up.sender.status(us(10) + 1024_ns, up.bytes)), 2u);

  Buffer high(r, {.refresh_above_high = true});
  high.to(0x6400);
  high.take(us(10));
  high.sender.refresh(0x6400);
  EXPECT_FALSE(high.sender.wanted()) << "not above";
  high.sender.refresh(0x6401);
  EXPECT_TRUE(high.sender.wanted());
}

TEST(PauseSender, MissedFrameAsksForAnotherXoff) {
  Buffer b;
  b.sender.overflowed();
  EXPECT_FALSE(b.sender.wanted()) << "nothing was sent before";
  b.to(0x6400);
  b.take(us(1));
  b.sender.overflowed();
  EXPECT_EQ(b.take(us(2)), 0x100);
  Buffer once(kRegisters, {.repeat_on_overflow = false});
  once.to(0x6400);
  once.take(us(1));
  once.sender.overflowed();
  EXPECT_FALSE(once.sender.wanted());
}

TEST(PauseSender, FactBase_2_10_StatusRegister) {
  using namespace reg::fcsts0;
  Buffer b;
  EXPECT_EQ(b.sender.status(us(1), 0), BELOW_LOW);
  b.to(0x6400);
  EXPECT_EQ(b.sender.status(us(1), b.bytes), XOFF);
  b.take(us(2));
  EXPECT_EQ(b.sender.status(us(2), 0x6500), XOFF | ABOVE_HIGH | REFRESH.put(0x100));
  EXPECT_EQ(b.sender.status(us(2) + 512_ns * 0x100, 0x6500), XOFF | ABOVE_HIGH) << "expired";
}

TEST(PauseSender, ConfigurationActsOnWhatIsInTheBuffer) {
  Buffer b(PauseSenderRegisters{});
  b.to(0x8000);
  EXPECT_FALSE(b.sender.wanted()) << "TFCE is off";
  b.sender.configure(kRegisters, b.bytes);
  EXPECT_EQ(b.take(us(1)), 0x100);
  b.sender.configure({}, b.bytes);
  b.to(0);
  EXPECT_FALSE(b.sender.wanted()) << "switched off: nothing more";
  b.sender.configure(kRegisters, 0);
  b.to(0x6400);
  b.take(us(2));
  b.to(0x63F0);
  b.sender.configure(kRegisters, b.bytes);
  EXPECT_FALSE(b.sender.wanted()) << "at the low watermark is not below it";
  b.to(0x6400);
  b.sender.reset(b.bytes);
  EXPECT_EQ(b.take(us(3)), 0x100) << "a new link: the partner has to be stopped anew";
}

TEST(PauseSender, SoftwareMayAskAtAnyTime) {
  Buffer b(PauseSenderRegisters{.fcttv = 7});
  b.sender.request();
  EXPECT_EQ(b.take(us(1)), 7);
  EXPECT_EQ(b.take(us(2)), -1);
}

}  // namespace
}  // namespace niclab::hw
