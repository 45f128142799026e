// Prefetch and write-back policy (fact base 3.1, 3.4, 3.5).
#include "hw/descriptor_queue.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <vector>

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
  q.set_head(0);
  q.set_enabled(true);
  return q;
}

/// Answers every fetch at once with descriptors numbered by ring index.
void feed(DescriptorQueue& q, unsigned mrrs = kMrrs) {
  while (const auto f = q.next_fetch(mrrs)) {
    std::vector<Descriptor> d;
    for (unsigned i = 0; i < f->count; ++i) d.push_back(numbered(f->index + i));
    q.fetched(d);
  }
}

TEST(DescriptorFetch, EmptyCacheFetchesWhateverThereIs) {
  auto q = ring<TxQueue>(256, 8, 16, 0);
  EXPECT_FALSE(q.next_fetch(kMrrs));
  q.set_tail(1);
  EXPECT_EQ(q.next_fetch(kMrrs), (FetchRequest{0, 1, {0x10000}}));
  q.set_tail(9);
  EXPECT_FALSE(q.next_fetch(kMrrs)) << "one outstanding";
}

TEST(DescriptorFetch, PrefetchNeedsPthreshAndHthresh) {
  auto q = ring<RxQueue>(256, 8, 4, 0);
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
  q.fetch_failed();
  q.set_tail(27);
  for (int i = 0; i < 8; ++i) q.take();
  EXPECT_EQ(q.next_fetch(kMrrs)->count, 3u) << "but an empty cache takes any";
}

TEST(DescriptorFetch, CutAtRingEndPageAndMrrs) {
  auto q = ring<TxQueue>(32, 31, 0, 0);
  q.set_tail(20);
  feed(q);
  while (q.available()) q.take();
  q.set_tail(10);
  EXPECT_EQ(q.next_fetch(kMrrs), (FetchRequest{20, 12, {0x10000 + 20 * 16}})) << "no wrap";

  auto page = ring<TxQueue>(256, 31, 0, 0, 0x10F80);
  page.set_tail(24);
  EXPECT_EQ(page.next_fetch(kMrrs)->count, 8u) << "4 KB boundary";

  auto small = ring<TxQueue>(256, 31, 0, 0);
  small.set_tail(24);
  EXPECT_EQ(small.next_fetch(128)->count, 8u) << "MRRS";

  auto line = ring<TxQueue>(256, 31, 0, 0);
  line.set_tail(1);
  feed(line);
  line.set_tail(24);
  EXPECT_EQ(line.next_fetch(128)->count, 7u) << "a request cut by MRRS ends on a cache line";
}

TEST(DescriptorFetch, FailedFetchIsAskedAgain) {
  auto q = ring<TxQueue>(32, 8, 1, 0);
  q.set_tail(4);
  const auto first = q.next_fetch(kMrrs);
  q.fetch_failed();
  EXPECT_EQ(q.next_fetch(kMrrs), first);
}

TEST(DescriptorQueueState, DisabledQueueFetchesNothingAndEnablingStartsOver) {
  auto q = ring<RxQueue>(32, 8, 1, 0);
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

TEST(DescriptorQueueState, ReceiveMinimumThresholdCrossing) {
  auto q = ring<RxQueue>(64, 8, 1, 0);
  q.set_minimum_threshold(16);
  q.set_tail(20);
  feed(q);
  std::vector<bool> crossed;
  for (int i = 0; i < 6; ++i) {
    q.take();
    crossed.push_back(q.crossed_minimum());
  }
  EXPECT_EQ(crossed, (std::vector<bool>{false, false, false, true, false, false}));
}

/// Takes and completes one descriptor.
void finish(DescriptorQueue& q, Completion what) {
  const unsigned index = q.take().index;
  q.completed(index, numbered(1000 + index), what);
}

TEST(DescriptorWriteback, ReceiveWthresh0And1WriteEach) {
  for (const unsigned w : {0u, 1u}) {
    auto q = ring<RxQueue>(64, 8, 1, w);
    q.set_tail(10);
    feed(q);
    finish(q, Completion::report);
    const auto run = q.next_writeback(false);
    ASSERT_TRUE(run);
    EXPECT_EQ(run->index, 0u);
    ASSERT_EQ(run->descriptors.size(), 1u);
    EXPECT_EQ(run->descriptors[0], numbered(1000));
    EXPECT_FALSE(q.next_writeback(true));
  }
}

TEST(DescriptorWriteback, ReceiveWthresh4WaitsForFourOrAFlush) {
  auto q = ring<RxQueue>(64, 8, 1, 4);
  q.set_tail(20);
  feed(q);
  for (int i = 0; i < 3; ++i) finish(q, Completion::report);
  EXPECT_FALSE(q.next_writeback(false));
  finish(q, Completion::report);
  EXPECT_EQ(q.next_writeback(false)->descriptors.size(), 4u);
  finish(q, Completion::report);
  EXPECT_FALSE(q.next_writeback(false));
  EXPECT_EQ(q.next_writeback(true)->index, 4u) << "EITR, SWFLUSH";
}

TEST(DescriptorWriteback, ReceiveRingExhaustedFlushes) {
  auto q = ring<RxQueue>(64, 8, 1, 8);
  q.set_tail(2);
  feed(q);
  finish(q, Completion::report);
  EXPECT_FALSE(q.next_writeback(false));
  finish(q, Completion::report);
  EXPECT_EQ(q.next_writeback(false)->descriptors.size(), 2u);
}

TEST(DescriptorWriteback, TransmitWithoutRsAndThresholdIsNeverWritten) {
  auto q = ring<TxQueue>(64, 8, 1, 0);
  q.set_tail(3);
  feed(q);
  finish(q, Completion::quiet);
  EXPECT_FALSE(q.next_writeback(true));
  finish(q, Completion::report);
  const auto run = q.next_writeback(false);
  EXPECT_EQ(run->index, 1u);
  EXPECT_EQ(run->descriptors.size(), 1u);
}

TEST(DescriptorWriteback, TransmitBurstIncludesIntermediatesButNoContexts) {
  auto q = ring<TxQueue>(64, 31, 0, 2);
  q.set_tail(8);
  feed(q);
  for (const auto c : {Completion::none, Completion::quiet, Completion::report, Completion::none,
                       Completion::report, Completion::quiet})
    finish(q, c);
  auto run = q.next_writeback(false);
  ASSERT_TRUE(run);
  EXPECT_EQ(run->index, 1u);
  EXPECT_EQ(run->descriptors.size(), 2u);
  run = q.next_writeback(false);
  ASSERT_TRUE(run) << "the burst is not over";
  EXPECT_EQ(run->index, 4u);
  EXPECT_EQ(run->descriptors.size(), 1u);
  EXPECT_FALSE(q.next_writeback(true)) << "the quiet one behind it waits";
}

TEST(DescriptorWriteback, RunsStopAtRingEndAndPage) {
  auto q = ring<RxQueue>(16, 8, 1, 0, 0x10FC0);  // the page ends behind descriptor 3
  q.set_thresholds(8, 1, 12);
  q.set_tail(15);
  feed(q);
  for (int i = 0; i < 12; ++i) finish(q, Completion::report);
  EXPECT_EQ(q.next_writeback(false)->descriptors.size(), 4u);
  EXPECT_EQ(q.next_writeback(false)->descriptors.size(), 8u);
  q.set_tail(8);
  feed(q);
  for (int i = 0; i < 6; ++i) finish(q, Completion::report);
  auto run = q.next_writeback(true);
  EXPECT_EQ(run->index, 12u);
  EXPECT_EQ(run->descriptors.size(), 4u);
  run = q.next_writeback(true);
  EXPECT_EQ(run->index, 0u);
  EXPECT_EQ(run->descriptors.size(), 2u);
}

/// A random driver and a random device around one queue; every promise of the interface is checked at each
/// step.
template <class Queue>
void random_walk(std::uint32_t seed, bool transmit) {
  std::mt19937 rng(seed);
  const auto below = [&](unsigned n) { return static_cast<unsigned>(rng() % n); };
  const unsigned length = 8 * (1 + below(40));
  const std::uint64_t base = 128 * below(64);
  const unsigned pthresh = below(17), hthresh = below(17), wthresh = below(17);
  const unsigned mrrs = 128u << below(3);
  auto q = ring<Queue>(length, pthresh, hthresh, wthresh, base);

  std::vector<std::uint32_t> memory(length);
  std::uint32_t next_number = 1, expected_number = 1;
  unsigned tail = 0, owned = 0;  // what the driver gave and has not got back
  std::optional<FetchRequest> flight;
  std::deque<TakenDescriptor> working;
  std::deque<std::pair<unsigned, Completion>> undone;  // completions in order, to be written back or skipped
  unsigned unreported = 0;

  for (int step = 0; step < 4000; ++step) {
    switch (below(5)) {
      case 0:  // the driver posts
        for (unsigned n = below(12); n > 0 && owned + 1 < length; --n, ++owned) {
          memory[tail] = next_number++;
          tail = (tail + 1) % length;
        }
        q.set_tail(tail);
        break;
      case 1:
        if (flight) {
          std::vector<Descriptor> d;
          for (unsigned i = 0; i < flight->count; ++i) d.push_back(numbered(memory[flight->index + i]));
          q.fetched(d);
          flight.reset();
        } else {
          const unsigned cached = q.available();
          flight = q.next_fetch(mrrs);
          if (!flight) break;
          ASSERT_TRUE(cached == 0 || cached <= pthresh);
          ASSERT_GT(flight->count, 0u);
          ASSERT_LE(flight->index + flight->count, length) << "wraps";
          ASSERT_LE(flight->count * 16, mrrs);
          ASSERT_EQ(flight->address.value, base + flight->index * 16);
          ASSERT_EQ(flight->address.value / 4096, (flight->address.value + flight->count * 16 - 1) / 4096);
          ASSERT_LE(cached + flight->count, transmit ? TxQueue::kDepth : RxQueue::kDepth);
          const unsigned to_tail = (tail + length - flight->index) % length;
          ASSERT_LE(flight->count, to_tail) << "beyond the tail";
        }
        break;
      case 2:
        for (unsigned n = below(6); n > 0 && q.available() > 0; --n) {
          working.push_back(q.take());
          ASSERT_EQ(working.back().descriptor.dw[0], expected_number++) << "out of order or stale";
        }
        break;
      default: {
        const bool flush = below(8) == 0;
        if (!working.empty()) {
          const unsigned index = working.front().index;
          working.pop_front();
          // A driver asks for a report often enough to get its ring back.
          const bool must = !transmit || undone.size() + 2 > length / 2;
          const auto what = must ? Completion::report : static_cast<Completion>(below(3));
          q.completed(index, numbered(index), what);
          undone.emplace_back(index, what);
          unreported += what == Completion::report;
        }
        while (const auto run = q.next_writeback(flush)) {
          ASSERT_LE(run->index + run->descriptors.size(), length);
          ASSERT_EQ(run->address.value / 4096,
                    (run->address.value + run->descriptors.size() * 16 - 1) / 4096);
          for (unsigned i = 0; i < run->descriptors.size(); ++i) {
            ASSERT_EQ(run->descriptors[i].dw[0], run->index + i);
            while (!undone.empty() && undone.front().first != run->index + i) {
              ASSERT_NE(undone.front().second, Completion::report) << "a report was skipped";
              undone.pop_front();
              --owned;
            }
            ASSERT_FALSE(undone.empty());
            ASSERT_NE(undone.front().second, Completion::none) << "a context was written";
            unreported -= undone.front().second == Completion::report;
            undone.pop_front();
            --owned;
          }
        }
        ASSERT_EQ(q.pending_reports(), unreported);
        if (flush) {
          ASSERT_EQ(unreported, 0u);
        }
        ASSERT_LT(unreported, std::max(1u, wthresh)) << "the threshold was passed without a write-back";
        if (unreported == 0 && !transmit) {
          ASSERT_TRUE(undone.empty());
        }
      }
    }
  }
  ASSERT_GT(expected_number, 100u) << "nothing moved";
}

TEST(DescriptorQueueProperty, ReceiveRandomWalks) {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    random_walk<RxQueue>(seed, false);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
}

TEST(DescriptorQueueProperty, TransmitRandomWalks) {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    random_walk<TxQueue>(seed, true);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
}

}  // namespace
}  // namespace niclab::hw
