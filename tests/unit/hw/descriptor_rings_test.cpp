// Prefetch and write-back policy (fact base 3.1, 3.4, 3.5).

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <deque>
#include <random>
#include <vector>

#include "hw/rx_ring.hpp"
#include "hw/rx_writebacks.hpp"
#include "hw/tx_ring.hpp"

namespace niclab::hw {
namespace {

constexpr unsigned kMrrs = 512;

Descriptor numbered(std::uint32_t n) {
  Descriptor d;
  d.dw = {n, 0, 0, 0};
  return d;
}

template <class Queue>
Queue ring(unsigned length, unsigned p, unsigned h, unsigned w, std::uint64_t base = 0x10000) {
  Queue q;
  q.set_ring({base}, length * 16);
  q.set_thresholds(p, h, w);
  q.set_enabled(true);
  return q;
}

/// Answers every fetch at once with descriptors numbered by ring index.
void feed(DescriptorPrefetch& q, unsigned mrrs = kMrrs) {
  while (const auto f = q.next_fetch(mrrs)) {
    std::vector<Descriptor> d;
    for (unsigned i = 0; i < f->count; ++i) d.push_back(numbered(f->index + i));
    q.fetched(d);
  }
}

TEST(DescriptorFetch, EmptyCacheFetchesWhateverThereIs) {
  auto q = ring<TxRing>(256, 8, 16, 0);
  EXPECT_FALSE(q.next_fetch(kMrrs));
  q.set_tail(1);
  EXPECT_EQ(q.next_fetch(kMrrs), (FetchRequest{0, 1, {0x10000}}));
  q.set_tail(9);
  EXPECT_FALSE(q.next_fetch(kMrrs)) << "one outstanding";
}

TEST(DescriptorFetch, PrefetchNeedsPthreshAndHthresh) {
  auto q = ring<RxRing>(256, 8, 4, 0);
  q.set_tail(16);
  feed(q);
  EXPECT_EQ(q.available(), 16u) << "the cache holds 16";
  q.set_tail(40);
  for (int i = 0; i < 7; ++i) q.take();
  EXPECT_FALSE(q.next_fetch(kMrrs)) << "9 cached > PTHRESH";
  q.take();
  EXPECT_EQ(q.next_fetch(kMrrs), (FetchRequest{16, 8, {0x10100}}));
  std::vector<Descriptor> d(8);
  q.fetched(d);
  q.set_tail(27);
  for (int i = 0; i < 8; ++i) q.take();
  EXPECT_FALSE(q.next_fetch(kMrrs)) << "3 on the host < HTHRESH";
  q.set_tail(28);
  EXPECT_EQ(q.next_fetch(kMrrs)->count, 4u) << "HTHRESH reached";
}

TEST(DescriptorFetch, AnEmptyCacheTakesAnyNumber) {
  auto q = ring<RxRing>(256, 8, 4, 0);
  q.set_tail(3);
  EXPECT_EQ(q.next_fetch(kMrrs)->count, 3u);
}

TEST(DescriptorFetch, CutAtRingEndPageAndMrrs) {
  auto q = ring<TxRing>(32, 31, 0, 0);
  q.set_tail(20);
  feed(q);
  while (q.available()) q.take();
  q.set_tail(10);
  EXPECT_EQ(q.next_fetch(kMrrs), (FetchRequest{20, 12, {0x10000 + 20 * 16}})) << "no wrap";

  auto page = ring<TxRing>(256, 31, 0, 0, 0x10F80);
  page.set_tail(24);
  EXPECT_EQ(page.next_fetch(kMrrs)->count, 8u) << "4 KB boundary";

  auto small = ring<TxRing>(256, 31, 0, 0);
  small.set_tail(24);
  EXPECT_EQ(small.next_fetch(128)->count, 8u) << "MRRS";

  auto line = ring<TxRing>(256, 31, 0, 0);
  line.set_tail(1);
  feed(line);
  line.set_tail(24);
  EXPECT_EQ(line.next_fetch(128)->count, 7u) << "a request cut by MRRS ends on a cache line";
}

TEST(DescriptorRing, DisabledQueueFetchesNothingAndEnablingStartsOver) {
  auto q = ring<RxRing>(32, 8, 1, 0);
  q.set_tail(8);
  feed(q);
  q.take();
  q.set_enabled(false);
  EXPECT_FALSE(q.next_fetch(kMrrs));
  q.set_enabled(true);
  EXPECT_EQ(q.head(), 0u) << "hardware resets RDH";
  EXPECT_EQ(q.available(), 0u);
  EXPECT_EQ(q.next_fetch(kMrrs)->index, 0u);
  q.set_tail(32);
  EXPECT_EQ(q.tail(), 8u) << "a tail outside the ring is ignored";
}

TEST(DescriptorRing, ATailOutsideASmallerRingIsForgotten) {
  RxRing q;
  q.set_ring({0x10000}, 32 * 16);
  q.set_tail(20);
  q.set_ring({0x10000}, 16 * 16);
  q.set_enabled(true);
  EXPECT_EQ(q.free(), 0u);
  EXPECT_FALSE(q.wants_fetch());
}

TEST(DescriptorRing, ReceiveMinimumThresholdIsReachedOnce) {
  auto q = ring<RxRing>(64, 8, 1, 0);
  q.set_minimum_threshold(16);
  q.set_tail(20);
  feed(q);
  std::vector<bool> reached;
  for (int i = 0; i < 6; ++i) {
    reached.push_back(q.reaches_minimum());
    q.take();
  }
  EXPECT_EQ(reached, (std::vector<bool>{false, false, false, true, false, false}));
}

/// Takes and completes `n` descriptors.
void finish(RxRing& q, unsigned n) {
  for (unsigned i = 0; i < n; ++i) {
    q.take();
    q.completed();
  }
}

TEST(RxRingWriteback, Wthresh0And1WriteEach) {
  for (const unsigned w : {0u, 1u}) {
    auto q = ring<RxRing>(64, 8, 1, w);
    q.set_tail(10);
    feed(q);
    finish(q, 1);
    EXPECT_EQ(q.next_writeback(), (RxBurst{0, 1}));
    q.flush();
    EXPECT_FALSE(q.next_writeback());
  }
}

TEST(RxRingWriteback, Wthresh4WaitsForFourOrAFlush) {
  auto q = ring<RxRing>(64, 8, 1, 4);
  q.set_tail(20);
  feed(q);
  finish(q, 3);
  EXPECT_FALSE(q.next_writeback());
  finish(q, 1);
  EXPECT_EQ(q.next_writeback(), (RxBurst{0, 4}));
  finish(q, 1);
  EXPECT_FALSE(q.next_writeback());
  q.flush();
  EXPECT_EQ(q.next_writeback(), (RxBurst{4, 1})) << "EITR, SWFLUSH";
}

TEST(RxRingWriteback, WhatIsReleasedStaysSoAndGrowsUntilItCanLeave) {
  auto q = ring<RxRing>(64, 8, 1, 4);
  q.set_tail(20);
  feed(q);
  finish(q, 2);
  q.flush();
  finish(q, 1);
  q.set_thresholds(8, 1, 31);
  EXPECT_EQ(q.pending_reports(), 3u);
  EXPECT_EQ(q.next_writeback(), (RxBurst{0, 3}));
}

TEST(RxRingWriteback, ARingWithNothingLeftToGiveFlushes) {
  auto q = ring<RxRing>(64, 8, 1, 8);
  q.set_tail(2);
  feed(q);
  finish(q, 1);
  EXPECT_FALSE(q.next_writeback());
  finish(q, 1);
  EXPECT_EQ(q.next_writeback(), (RxBurst{0, 2}));
}

TEST(RxRingWriteback, ACachefulOfDoneOnesFlushes) {
  auto q = ring<RxRing>(64, 8, 1, 31);
  q.set_tail(40);
  feed(q);
  finish(q, 15);
  EXPECT_FALSE(q.next_writeback());
  finish(q, 1);
  EXPECT_EQ(q.next_writeback(), (RxBurst{0, 16}));
}

TEST(RxRingWriteback, AFullWindowFlushesAndMakesRoom) {
  auto q = ring<RxRing>(8, 31, 1, 31);
  q.set_tail(7);
  feed(q);
  for (int i = 0; i < 7; ++i) q.take();
  q.set_tail(4);  // software that takes back what it has not got
  feed(q);
  q.take();
  EXPECT_TRUE(q.window_full()) << "eight of eight";
  for (int i = 0; i < 8; ++i) q.completed();
  EXPECT_TRUE(q.window_full());
  EXPECT_EQ(q.next_writeback(), (RxBurst{0, 8}));
  EXPECT_FALSE(q.window_full());
}

TEST(RxRingWriteback, EnablingForgetsTheWindow) {
  auto q = ring<RxRing>(64, 8, 1, 4);
  q.set_tail(20);
  feed(q);
  finish(q, 5);
  q.take();
  q.set_enabled(false);
  q.completed();
  EXPECT_EQ(q.pending_reports(), 6u) << "a packet on its way is finished";
  q.set_enabled(true);
  EXPECT_EQ(q.pending_reports(), 0u);
  q.flush();
  EXPECT_FALSE(q.next_writeback());
}

TEST(RxWritebacks, RunsStopAtRingEndAndPage) {
  DescriptorPrefetch q(16);
  q.set_ring({0x10FC0}, 16 * 16);  // the page ends behind descriptor 3
  RxWritebacks w;
  const auto put = [&](unsigned first, unsigned n) {
    for (unsigned i = 0; i < n; ++i) w.put(numbered((first + i) % 16));
    w.begin({first, n});
  };
  const auto expect = [&](unsigned index, unsigned count) {
    ASSERT_TRUE(w.in_burst());
    const WritebackRun run = w.next(q);
    EXPECT_EQ(run.index, index);
    EXPECT_EQ(run.address, q.address_of(index));
    ASSERT_EQ(run.descriptors.size(), count);
    for (unsigned i = 0; i < count; ++i) EXPECT_EQ(run.descriptors[i], numbered(index + i));
  };
  put(0, 12);
  expect(0, 4);
  expect(4, 8);
  EXPECT_FALSE(w.in_burst());
  put(12, 6);
  expect(12, 4);
  expect(0, 2);
  EXPECT_FALSE(w.in_burst());
}

TEST(RxWritebacks, KeepsAWindowfulForAnyTime) {
  DescriptorPrefetch q(16);
  q.set_ring({0}, 1024 * 16);
  RxWritebacks w;
  unsigned put = 0, taken = 0;
  for (; put < RxRing::kWindow; ++put) w.put(numbered(put));
  for (; taken < 900; taken += 7) {  // never empty
    w.begin({taken, 7});
    while (w.in_burst())
      for (const WritebackRun run = w.next(q); const Descriptor& d : run.descriptors)
        ASSERT_EQ(d, numbered(run.index + static_cast<unsigned>(&d - run.descriptors.data())));
    for (int i = 0; i < 7; ++i) w.put(numbered(put++));
  }
}

// --- transmit: the window ------------------------------------------------------------------------

enum class Sort : std::uint8_t { context, quiet, report };

/// A ring of `length` that holds descriptors of these sorts from index 0 on, all fetched.
struct TxBench {
  TxRing ring;
  std::vector<Sort> memory;

  TxBench(unsigned length, unsigned wthresh, std::vector<Sort> sorts) : memory(std::move(sorts)) {
    ring.set_ring({0x10000}, length * 16);
    ring.set_thresholds(31, 0, wthresh);
    ring.set_enabled(true);
    ring.set_tail(static_cast<unsigned>(memory.size()) % length);
    while (const auto f = ring.next_fetch(kMrrs)) {
      std::vector<Descriptor> d;
      for (unsigned i = 0; i < f->count; ++i) d.push_back(of(memory.at(f->index + i)));
      ring.fetched(d);
    }
  }
  static Descriptor of(Sort sort) {
    if (sort == Sort::context) return Descriptor::of(AdvTxContext{});
    return Descriptor::of(
        AdvTxData::make({0x8000}, 60, sort == Sort::report ? txd::RS | txd::EOP : txd::EOP, 60));
  }
  void take(unsigned n) {
    while (n-- > 0) ring.take();
  }
};

using enum Sort;

TEST(TxRingWriteback, WithoutRsAndThresholdNothingIsWritten) {
  TxBench b(64, 0, {quiet, report, quiet});
  b.take(3);
  b.ring.completed(1);
  EXPECT_FALSE(b.ring.next_writeback());
  b.ring.flush();
  EXPECT_FALSE(b.ring.next_writeback()) << "nothing reports";
  b.ring.completed(1);
  EXPECT_EQ(b.ring.next_writeback(), (TxWriteback{1, 1}));
  EXPECT_EQ(b.ring.pending_reports(), 0u);
}

TEST(TxRingWriteback, ThresholdBurstIncludesIntermediatesButNoContexts) {
  TxBench b(64, 2, {context, quiet, report, context, report, quiet});
  b.take(6);
  b.ring.completed(3);
  EXPECT_FALSE(b.ring.next_writeback()) << "one reports, WTHRESH is 2";
  b.ring.completed(3);
  EXPECT_EQ(b.ring.next_writeback(), (TxWriteback{0, 0b010110}));
  b.ring.flush();
  EXPECT_FALSE(b.ring.next_writeback()) << "the quiet one behind the burst waits";
}

TEST(TxRingWriteback, WthreshZeroWritesOnlyWhatReports) {
  TxBench b(64, 0, {quiet, quiet, report, report});
  b.take(4);
  b.ring.completed(3);
  EXPECT_EQ(b.ring.next_writeback(), (TxWriteback{0, 0b100})) << "RS=0 and WTHRESH=0: no write-back (3.4)";
  b.ring.completed(1);
  EXPECT_EQ(b.ring.next_writeback(), (TxWriteback{3, 1}));
}

TEST(TxRingWriteback, FlushWritesBelowTheThreshold) {
  TxBench b(64, 16, {context, report, context, report});
  b.take(4);
  b.ring.completed(4);
  EXPECT_FALSE(b.ring.next_writeback());
  b.ring.flush();
  EXPECT_EQ(b.ring.next_writeback(), (TxWriteback{0, 0b1010}));
}

TEST(TxRingWriteback, AReleasedBurstDoesNotGrowWhileItWaits) {
  TxBench b(64, 1, {report, report, report});
  b.take(3);
  b.ring.completed(1);
  b.ring.completed(1);
  EXPECT_EQ(b.ring.next_writeback(), (TxWriteback{0, 1}));
  EXPECT_EQ(b.ring.next_writeback(), (TxWriteback{1, 1})) << "released as soon as the first had gone";
  EXPECT_FALSE(b.ring.next_writeback());
}

TEST(TxRingWriteback, PressureReleasesWhatWthreshHolds) {
  TxBench full(64, 31, [] {
    std::vector<Sort> s;
    for (int i = 0; i < 16; ++i) s.insert(s.end(), {Sort::context, Sort::report});
    return s;
  }());
  full.take(24);
  full.ring.completed(24);
  EXPECT_FALSE(full.ring.next_writeback());
  std::vector<Descriptor> rest;
  const auto f = full.ring.next_fetch(kMrrs);
  ASSERT_TRUE(f);
  for (unsigned i = 0; i < f->count; ++i) rest.push_back(TxBench::of(full.memory.at(f->index + i)));
  full.ring.fetched(rest);
  full.take(8);
  full.ring.completed(8);
  const auto burst = full.ring.next_writeback();
  ASSERT_TRUE(burst) << "32 descriptors are done";
  EXPECT_EQ(burst->mask, 0xAAAAAAAAu);
}

TEST(TxRingWriteback, EnablingForgetsTheWindow) {
  TxBench b(64, 4, {report, report});
  b.take(2);
  b.ring.completed(2);
  b.ring.set_enabled(false);
  b.ring.set_head(0);
  b.ring.set_enabled(true);
  EXPECT_EQ(b.ring.pending_reports(), 0u);
  b.ring.flush();
  EXPECT_FALSE(b.ring.next_writeback());
}

TEST(TxRingWindow, IsFullAtTheRingsLengthAtMost) {
  TxBench b(8, 31, std::vector<Sort>(7, Sort::report));
  b.take(7);
  EXPECT_FALSE(b.ring.window_full());
  b.ring.set_tail(3);  // a driver that does not wait for DD
  const auto f = b.ring.next_fetch(kMrrs);
  ASSERT_TRUE(f);
  b.ring.fetched(std::vector<Descriptor>(f->count, TxBench::of(Sort::report)));
  b.ring.take();
  EXPECT_TRUE(b.ring.window_full()) << "eight taken of eight";
  b.ring.completed(8);
  b.ring.flush();
  EXPECT_EQ(b.ring.next_writeback(), (TxWriteback{0, 0xFF}));
  EXPECT_FALSE(b.ring.window_full());
}

// --- random histories ----------------------------------------------------------------------------

/// A random driver around one ring: posts, and answers fetches. Every promise of prefetching is checked.
struct RandomDriver {
  std::mt19937 rng;
  unsigned length, pthresh, hthresh, wthresh, mrrs;
  std::uint64_t base;
  std::vector<std::uint32_t> memory;
  std::uint32_t next_number = 1;
  unsigned tail = 0, owned = 0;  // what the driver gave and has not got back
  std::optional<FetchRequest> flight;

  explicit RandomDriver(std::uint32_t seed) : rng(seed) {
    length = 8 * (1 + below(40));
    base = 128 * below(64);
    pthresh = below(17), hthresh = below(17), wthresh = below(17);
    mrrs = 128u << below(3);
    memory.resize(length);
  }
  unsigned below(unsigned n) { return static_cast<unsigned>(rng() % n); }
  template <class Queue, class Number>
  void post(Queue& q, Number&& number) {
    for (unsigned n = below(12); n > 0 && owned + 1 < length; --n, ++owned) {
      memory[tail] = number();
      tail = (tail + 1) % length;
    }
    q.set_tail(tail);
  }
  template <class Queue, class Make>
  void fetch(Queue& q, Make&& make) {
    if (flight) {
      std::vector<Descriptor> d;
      for (unsigned i = 0; i < flight->count; ++i) d.push_back(make(memory[flight->index + i]));
      q.fetched(d);
      flight.reset();
      return;
    }
    const unsigned cached = q.available();
    flight = q.next_fetch(mrrs);
    if (!flight) return;
    ASSERT_TRUE(cached == 0 || cached <= pthresh);
    ASSERT_GT(flight->count, 0u);
    ASSERT_LE(flight->index + flight->count, length) << "wraps";
    ASSERT_LE(flight->count * 16, mrrs);
    ASSERT_EQ(flight->address.value, base + flight->index * 16);
    ASSERT_EQ(flight->address.value / 4096, (flight->address.value + flight->count * 16 - 1) / 4096);
    ASSERT_LE(cached + flight->count, Queue::kDepth);
    ASSERT_LE(flight->count, (tail + length - flight->index) % length) << "beyond the tail";
  }
};

void receive_walk(std::uint32_t seed) {
  RandomDriver driver(seed);
  auto q = ring<RxRing>(driver.length, driver.pthresh, driver.hthresh, driver.wthresh, driver.base);
  std::deque<unsigned> working, undone;  // ring indices, in order; undone: completed and not written back
  std::uint32_t expected_number = 1;
  for (int step = 0; step < 4000; ++step) {
    switch (driver.below(5)) {
      case 0: driver.post(q, [&] { return driver.next_number++; }); break;
      case 1:
        driver.fetch(q, numbered);
        if (testing::Test::HasFatalFailure()) return;
        break;
      case 2:
        for (unsigned n = driver.below(6); n > 0 && q.available() > 0 && !q.window_full(); --n) {
          const TakenDescriptor taken = q.take();
          working.push_back(taken.index);
          ASSERT_EQ(taken.descriptor.dw[0], expected_number++) << "out of order or stale";
        }
        break;
      default: {
        const bool flush = driver.below(8) == 0;
        if (!working.empty()) {
          undone.push_back(working.front());
          q.completed();
          working.pop_front();
        }
        if (flush) q.flush();
        while (const auto burst = q.next_writeback()) {
          ASSERT_GT(burst->count, 0u);
          for (unsigned i = 0; i < burst->count; ++i) {
            ASSERT_FALSE(undone.empty());
            ASSERT_EQ(undone.front(), (burst->index + i) % driver.length);
            undone.pop_front();
            --driver.owned;
          }
        }
        ASSERT_EQ(q.pending_reports(), undone.size());
        ASSERT_LT(undone.size(), flush ? 1 : std::max(1u, driver.wthresh));
      }
    }
  }
  ASSERT_GT(expected_number, 100u) << "nothing moved";
}

/// A descriptor of a random sort that carries `number` in its buffer address.
Descriptor sorted(std::uint32_t number) {
  Descriptor d = TxBench::of(static_cast<Sort>(number % 3));
  d.dw[0] = number;
  return d;
}

void transmit_walk(std::uint32_t seed) {
  RandomDriver driver(seed);
  auto q = ring<TxRing>(driver.length, driver.pthresh, driver.hthresh, driver.wthresh, driver.base);
  std::deque<std::pair<unsigned, Sort>> working, undone;  // ring index and sort, in order
  std::uint32_t expected_number = 1;
  unsigned written = 0;
  const auto retire = [&](bool reported) {  // the front of undone leaves the window
    ASSERT_FALSE(undone.empty());
    ASSERT_EQ(undone.front().second == Sort::report, reported);
    undone.pop_front();
    --driver.owned;
  };
  for (int step = 0; step < 4000; ++step) {
    switch (driver.below(5)) {
      case 0: driver.post(q, [&] { return driver.next_number++; }); break;
      case 1:
        driver.fetch(q, sorted);
        if (testing::Test::HasFatalFailure()) return;
        break;
      case 2:
        for (unsigned n = driver.below(6); n > 0 && q.available() > 0 && !q.window_full(); --n) {
          const TakenDescriptor taken = q.take();
          ASSERT_EQ(taken.descriptor.dw[0], expected_number++) << "out of order or stale";
          working.emplace_back(taken.index, static_cast<Sort>(taken.descriptor.dw[0] % 3));
        }
        break;
      default: {
        const bool flush = driver.below(8) == 0;
        if (!working.empty()) {
          const unsigned n = 1 + driver.below(std::min<unsigned>(TxRing::kPacket, working.size()));
          undone.insert(undone.end(), working.begin(), working.begin() + n);
          working.erase(working.begin(), working.begin() + n);
          q.completed(n);
        }
        if (flush) q.flush();
        while (const auto burst = q.next_writeback()) {
          ASSERT_NE(burst->mask, 0u);
          const auto last = static_cast<unsigned>(std::bit_width(burst->mask)) - 1;
          for (unsigned i = 0; i <= last; ++i) {
            ASSERT_FALSE(undone.empty());
            const auto [index, sort] = undone.front();
            ASSERT_EQ(index, (burst->index + i) % driver.length);
            const bool in = (burst->mask >> i & 1) != 0;
            ASSERT_EQ(in, sort == Sort::report || (sort == Sort::quiet && driver.wthresh != 0));
            written += in;
            retire(sort == Sort::report);
            if (testing::Test::HasFatalFailure()) return;
          }
        }
        const auto reports = static_cast<unsigned>(std::count_if(
            undone.begin(), undone.end(), [](const auto& u) { return u.second == Sort::report; }));
        ASSERT_EQ(q.pending_reports(), reports);
        ASSERT_LT(reports, flush ? 1 : std::max(1u, driver.wthresh));
        // What nobody reports leaves without a write.
        if (reports == 0 && (driver.wthresh == 0 || undone.size() >= TxRing::kPacket))
          while (!undone.empty()) {
            retire(false);
            if (testing::Test::HasFatalFailure()) return;
          }
      }
    }
  }
  ASSERT_GT(expected_number, 100u) << "nothing moved";
  ASSERT_GT(written, 30u);
}

TEST(DescriptorRingProperty, ReceiveRandomWalks) {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    receive_walk(seed);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
}

TEST(DescriptorRingProperty, TransmitRandomWalks) {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    transmit_walk(seed);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
}

}  // namespace
}  // namespace niclab::hw
