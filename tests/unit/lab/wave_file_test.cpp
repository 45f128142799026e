#include "lab/wave_file.hpp"

#include <Vtx_ring.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "lab/user_error.hpp"
#include "lab/wave_order.hpp"
#include "rtl/waves/block_waves.hpp"
#include "support.hpp"
#include "tests/support/fst_file.hpp"

namespace niclab::lab {
namespace {

using niclab::test::FstFile;
using test::error_of;
using testing::ElementsAre;
using Changes = std::vector<FstFile::Change>;

// --- order ---------------------------------------------------------------------------------------

struct Told {
  std::uint64_t ps;
  std::uint32_t signal;
  std::uint64_t value;
  bool operator==(const Told&) const = default;
};

std::vector<Told> release(WaveOrder& order, std::uint64_t before) {
  std::vector<Told> told;
  order.release(before, [&](const WaveChange& c, std::span<const std::byte>) {
    told.push_back({c.ps, c.signal, c.value});
  });
  return told;
}

TEST(WaveOrder, HoldsBackWhatIsToldAheadOfItsTime) {
  WaveOrder order;
  order.tell(10, 1, 1, {}, true);
  order.tell(30, 1, 0, {}, true);  // an end, told with its begin
  order.tell(20, 2, 5, {}, true);
  order.tell(10, 2, 7, {}, false);
  EXPECT_EQ(release(order, 20), (std::vector<Told>{{10, 1, 1}, {10, 2, 7}}));
  EXPECT_FALSE(order.due(20));
  EXPECT_EQ(release(order, 31), (std::vector<Told>{{20, 2, 5}, {30, 1, 0}}));
  EXPECT_EQ(order.held(), 0u);
  EXPECT_EQ(order.late(), 0u);
}

TEST(WaveOrder, TheLaterWordCountsForASignalAndNotForAnEvent) {
  WaveOrder order;
  order.tell(100, 1, 1, {}, true);
  order.tell(100, 2, 1, {}, false);
  order.tell(120, 1, 2, {}, true);
  order.tell(95, 1, 3, {}, true);
  order.tell(95, 2, 1, {}, false);
  EXPECT_EQ(release(order, 1000), (std::vector<Told>{{95, 1, 3}, {95, 2, 1}, {100, 2, 1}}));
}

TEST(WaveOrder, LateChangesAreCountedAndNeverGoBack) {
  WaveOrder order;
  order.tell(10, 1, 1, {}, true);
  release(order, 50);
  order.tell(20, 1, 2, {}, true);
  EXPECT_EQ(release(order, 60), (std::vector<Told>{{50, 1, 2}}));
  EXPECT_EQ(order.late(), 1u);
}

TEST(WaveOrder, ManyChangesComeOutSortedWithTheirBytes) {
  WaveOrder order;
  std::uint64_t last = 0, n = 0;
  const auto look = [&](const WaveChange& c, std::span<const std::byte> bytes) {
    EXPECT_GE(c.ps, last);
    last = c.ps;
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
              std::to_string(c.value));
    ++n;
  };
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    const std::string text = std::to_string(i);
    order.tell(10 * i + i * 7919 % 1000, static_cast<std::uint32_t>(i), i, std::as_bytes(std::span(text)),
               true);
    order.release(10 * i, look);
    EXPECT_LT(order.held(), 300u);
  }
  order.release(~std::uint64_t{0}, look);
  EXPECT_EQ(n, 50'000u);
  EXPECT_EQ(order.late(), 0u);
}

// --- the file ------------------------------------------------------------------------------------

class WaveFileTest : public testing::Test {
 protected:
  /// What close() of file and thread leaves.
  FstFile read_back(Time end) {
    waves.close(end);
    thread.close();
    return FstFile(path);
  }
  static Time at(std::uint64_t ps) { return Time::from_ps(ps); }

  const test::TempFolder folder;
  const std::filesystem::path path = folder.path / "waves.fst";
  VerilatedContext context;  // one for all: destructors of models look at the last one made
  WriterThread thread;
  Time now{};
  WaveFile waves{thread, path, [this] { return now; }, Duration{}};
};

TEST_F(WaveFileTest, EveryKindOfSignal) {
  const WaveScope top = waves.scope({}, "h1");
  const WaveScope inner = waves.scope(top, "eth0");
  static constexpr std::array<std::string_view, 3> kNames{"idle", "one", "two"};
  const WaveSignal bit = waves.bit(top, "bit"), vector = waves.vector(inner, "vector", 12);
  const WaveSignal named = waves.enumerated(inner, "named", waves.enumeration("kind", kNames), 2);
  const WaveSignal text = waves.text(top, "text"), event = waves.event(top, "event");
  const WaveSignal wide = waves.vector(waves.scope(top, "eth0"), "wide", 100);
  waves.open(at(0), Time::never());
  waves.set(at(5), bit, 1);
  waves.set(at(5), vector, 0xABC);
  waves.set(at(7), named, 2);
  waves.set_text(at(7), text, "tx 42");
  waves.pulse(at(8), event);
  waves.pulse(at(9), event);
  const std::uint32_t words[] = {1, 0, 0x80000000, 8};
  waves.set_wide(at(9), wide, words);
  const FstFile f = read_back(at(20));
  EXPECT_EQ(f.timescale, -12);
  EXPECT_EQ(f.end_ps, 20u);
  EXPECT_EQ(f.changes("h1.bit"), (Changes{{0, "0"}, {5, "1"}}));
  EXPECT_EQ(f.changes("h1.eth0.vector"), (Changes{{0, "000000000000"}, {5, "101010111100"}}));
  EXPECT_EQ(f.signal("h1.eth0.named").names.at(f.at("h1.eth0.named", 7)), "two");
  EXPECT_EQ(f.signal("h1.eth0.named").names.at(f.at("h1.eth0.named", 6)), "idle");
  EXPECT_EQ(f.changes("h1.text"), (Changes{{0, ""}, {7, "tx 42"}}));
  EXPECT_TRUE(f.signal("h1.event").event);
  EXPECT_THAT(f.times("h1.event"), ElementsAre(8, 9));
  EXPECT_EQ(f.at("h1.eth0.wide", 9), "10001" + std::string(94, '0') + "1");
}

TEST_F(WaveFileTest, WindowBeginsWithTheValuesOfThatInstantAndEndsInTime) {
  const WaveSignal a = waves.vector({}, "a", 8), b = waves.vector({}, "b", 8);
  const WaveSignal text = waves.text({}, "text"), event = waves.event({}, "event");
  EXPECT_FALSE(waves.recording());
  waves.set(at(10), a, 1);
  waves.set_text(at(10), text, "before");
  waves.pulse(at(10), event);
  waves.set(at(150), b, 9);  // ahead, into the window
  now = at(100);
  waves.open(at(100), at(200));
  EXPECT_TRUE(waves.recording());
  waves.set(at(120), a, 2);
  waves.set(at(200), a, 3);
  waves.set(at(201), a, 4);
  now = at(300);
  waves.set(at(300), b, 5);
  EXPECT_FALSE(waves.recording());
  const FstFile f = read_back(at(1000));
  EXPECT_EQ(f.end_ps, 200u);
  EXPECT_EQ(f.changes("a"), (Changes{{100, "00000001"}, {120, "00000010"}, {200, "00000011"}}));
  EXPECT_EQ(f.changes("b"), (Changes{{100, "00000000"}, {150, "00001001"}}));
  EXPECT_EQ(f.changes("text"), (Changes{{100, "before"}}));
  EXPECT_TRUE(f.times("event").empty());
}

TEST_F(WaveFileTest, ARunThatNeverReachesItsWindowLeavesAFile) {
  waves.set(at(5), waves.bit({}, "bit"), 1);
  const FstFile f = read_back(at(10));
  EXPECT_EQ(f.changes("bit"), (Changes{{10, "1"}}));
}

TEST_F(WaveFileTest, WhatDoesNotChangeIsNotWritten) {
  const WaveSignal a = waves.vector({}, "a", 8), text = waves.text({}, "text");
  waves.open(at(0), Time::never());
  for (std::uint64_t t = 1; t < 100; ++t) waves.set(at(t), a, t / 50), waves.set_text(at(t), text, "same");
  const FstFile f = read_back(at(100));
  EXPECT_EQ(f.changes("a").size(), 2u);
  EXPECT_EQ(f.changes("text").size(), 2u);
}

TEST_F(WaveFileTest, SignalsAreDeclaredBeforeTheRun) {
  const WaveSignal a = waves.bit({}, "a");
  waves.open(at(0), Time::never());
  waves.set(at(1), a, 1);
  now = at(5);
  waves.set(at(5), a, 0);
  EXPECT_THROW(waves.bit({}, "b"), std::logic_error);
}

TEST(WaveFile, UnwritableFile) {
  WriterThread thread;
  EXPECT_EQ(error_of([&] {
              WaveFile waves(
                  thread, "/nonexistent/waves.fst", [] { return Time{}; }, Duration{});
            }),
            "/nonexistent/waves.fst: cannot be created, expected a file that can be written");
}

// --- a Verilated block beside models -------------------------------------------------------------

class Ring {
 public:
  Ring(VerilatedContext& context, WaveSink& sink, WaveScope scope)
      : top_(&context), waves_(sink, scope, top_) {}
  /// One clock cycle of 8 ns from `t` on.
  void cycle(Time t, unsigned tail) {
    top_.rst = t == Time{};
    top_.length = 256;
    top_.tail = static_cast<std::uint16_t>(tail);
    top_.enable = t != Time{};
    top_.mrrs = 32;
    top_.clk = 0;
    top_.eval();
    waves_.dump(t);
    top_.clk = 1;
    top_.eval();
    waves_.edge(t + kDeviceClock);
  }
  bool wants_fetch() const { return top_.fetch_valid != 0; }

 private:
  Vtx_ring top_;
  rtl::BlockWaves waves_;
};

TEST_F(WaveFileTest, VerilatedBlocksShareFileAndAxisWithModels) {
  const WaveScope nic = waves.scope({}, "eth0");
  const WaveSignal doorbell = waves.event(nic, "doorbell");
  Ring first(context, waves, waves.scope(nic, "tx_ring0"));
  Ring second(context, waves, waves.scope(nic, "tx_ring1"));
  waves.open(at(0), Time::never());
  for (unsigned cycle = 0; cycle < 10; ++cycle) {
    now = Time{} + kDeviceClock * cycle;
    if (cycle == 5) waves.pulse(now, doorbell);
    first.cycle(now, cycle >= 5 ? 4 : 0);
    EXPECT_EQ(first.wants_fetch(), cycle >= 5);
    if (cycle < 2) second.cycle(now, 0);  // its clock stands still: nothing of it is looked at
  }
  const FstFile f = read_back(Time{} + 100_ns);
  EXPECT_TRUE(f.in_order);
  EXPECT_THAT(f.times("eth0.doorbell"), ElementsAre(40'000));
  EXPECT_THAT(f.times("eth0.tx_ring0.fetch_valid"), ElementsAre(40'000)) << "combinational from the tail";
  EXPECT_THAT(f.times("eth0.tx_ring0.tx_ring.fetch_valid"), ElementsAre(40'000))
      << "the same inside the module";
  EXPECT_EQ(f.value_at("eth0.tx_ring0.tail", 40'000), 4u);
  EXPECT_EQ(f.value_at("eth0.tx_ring0.tail", 39'999), 0u);
  EXPECT_EQ(f.signal("eth0.tx_ring0.resp_data").bits, 128u);
  EXPECT_EQ(f.changes("eth0.tx_ring1.clk"),
            (Changes{{0, "0"}, {8'000, "1"}, {12'000, "0"}, {16'000, "1"}, {20'000, "0"}}));
  EXPECT_EQ(f.times("eth0.tx_ring0.clk").size(), 10u);
}

TEST_F(WaveFileTest, ABlockTellsItsValuesWhenTheWindowOpens) {
  Ring ring(context, waves, waves.scope({}, "ring"));
  for (unsigned cycle = 0; cycle < 4; ++cycle) ring.cycle(now = Time{} + kDeviceClock * cycle, 3);
  now = at(40'000);
  waves.open(now, Time::never());
  const FstFile f = read_back(at(50'000));
  EXPECT_EQ(f.changes("ring.tail"), (Changes{{40'000, "0000000000000011"}}));
}

}  // namespace
}  // namespace niclab::lab
