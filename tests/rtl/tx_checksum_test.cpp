// rtl/tx_checksum against hw::insert_checksums: values, cycles, handshakes. Everything on ports that mean
// nothing is random.
#include <Vtx_checksum.h>
#ifndef NICLAB_RTL_COVERAGE
#include <Vtx_checksum_6.h>
#include <Vtx_checksum_64.h>
#endif
#include <gtest/gtest.h>

#include "tests/rtl/tx_checksum_bench.hpp"

namespace niclab::rtl {
namespace {

using hw::AdvTxContext;
using hw::TxChecksumResult;
namespace txd = hw::txd;

std::size_t below(SplitMix64& random, std::size_t limit) { return random.next() % limit; }
bool chance(SplitMix64& random, unsigned percent) { return below(random, 100) < percent; }
template <class T>
T one_of(SplitMix64& random, std::initializer_list<T> values) {
  return values.begin()[below(random, values.size())];
}

constexpr std::uint32_t kL4Types[] = {txd::L4T_UDP, txd::L4T_TCP, txd::L4T_SCTP, txd::L4T_MASK};

std::size_t random_length(SplitMix64& random) {
  switch (below(random, 8)) {
    case 0: return 1 + below(random, 14);
    case 1: return 1500 + below(random, 9700 - 1500 + 1);
    case 2: return 640 + below(random, 40);  // about where no header can lie any more
    case 3: return 200 + below(random, 1315);
    default: return 14 + below(random, 130);
  }
}

/// All zeros, all ones, words that carry into each other, or random.
void fill(std::vector<std::byte>& frame, SplitMix64& random) {
  const std::uint64_t kind = below(random, 8);
  for (std::byte& b : frame) {
    const auto any = static_cast<std::byte>(random.next());
    if (kind == 0) b = std::byte{0};
    if (kind == 1) b = std::byte{0xFF};
    if (kind == 2) b = chance(random, 10) ? any : std::byte{0xFF};
    if (kind == 3) b = chance(random, 5) ? std::byte{1} : std::byte{0};
    if (kind > 3) b = any;
  }
}

Packet random_packet(SplitMix64& random, std::size_t length) {
  Packet p;
  p.frame.resize(length);
  fill(p.frame, random);
  const bool sane = chance(random, 70);
  const auto maclen = sane ? one_of<unsigned>(random, {14, 18, 22, 15, 0}) : below(random, 128);
  auto iplen = sane ? 20 + 4 * below(random, 11) : below(random, 512);
  if (chance(random, 15)) iplen = below(random, 24);
  if (chance(random, 15) && length > maclen) {  // the L4 header ends about where the frame does
    const std::size_t room = length - maclen;
    const std::size_t header = one_of<std::size_t>(random, {0, 8, 12, 18}) + below(random, 3);
    if (room > header) iplen = std::min<std::size_t>(room - header, 511);
  }
  const std::uint32_t l4t = sane ? kL4Types[below(random, 2)] : kL4Types[below(random, 4)];
  p.context.set_lengths(static_cast<unsigned>(maclen), static_cast<unsigned>(iplen));
  p.context.set_tucmd((chance(random, 80) ? txd::IPV4 : 0) | l4t);
  p.ixsm = chance(random, 75);
  p.txsm = chance(random, 80);
  return p;
}

/// An Ethernet, IPv4 and L4 frame of `length` bytes, all of them `value`.
Packet plain_packet(std::size_t length, std::uint32_t l4t = txd::L4T_UDP, std::byte value = std::byte{0},
                    unsigned maclen = 14, unsigned iplen = 20) {
  Packet p;
  p.frame.assign(length, value);
  p.context.set_lengths(maclen, iplen).set_tucmd(txd::IPV4 | l4t);
  return p;
}

template <class T, unsigned N>
struct Width {
  using Bench = ChecksumBench<T, N>;
  static constexpr unsigned kBytes = N;
};

template <class W>
class TxChecksumRtl : public testing::Test {
 public:
  using Bench = typename W::Bench;
  static constexpr unsigned kBytes = W::kBytes;

  /// `packets` random packets with idle cycles and waiting results, of the given percentages.
  void stream(int seed, unsigned packets, unsigned idle, unsigned blocked, unsigned reset_one_in = 0) {
    Bench bench(seed);
    SplitMix64 random(static_cast<std::uint64_t>(seed) * 977);
    for (unsigned n = 0; n < packets && !testing::Test::HasFailure(); ++n) {
      const Packet packet = random_packet(random, random_length(random));
      ++errors_[expected(packet).error];
      for (std::size_t at = 0; at < packet.frame.size();) {
        if (reset_one_in != 0 && below(random, reset_one_in) == 0) {
          bench.reset();
          break;
        }
        const bool ready = !chance(random, blocked);
        if (chance(random, idle))
          bench.wait(ready);
        else if (bench.offer(packet, at, ready))
          at += kBytes;
      }
    }
    while (bench.waiting() != 0 && !testing::Test::HasFailure()) bench.wait(!chance(random, blocked));
  }

  unsigned errors_[5] = {};  ///< packets with each TxChecksumResult
};

#ifdef NICLAB_RTL_COVERAGE
using Widths = testing::Types<Width<Vtx_checksum, 32>>;
#else
using Widths = testing::Types<Width<Vtx_checksum, 32>, Width<Vtx_checksum_6, 6>, Width<Vtx_checksum_64, 64>>;
#endif
TYPED_TEST_SUITE(TxChecksumRtl, Widths);

TYPED_TEST(TxChecksumRtl, RandomPacketsWithoutAGap) { this->stream(1, 10'000, 0, 0); }
TYPED_TEST(TxChecksumRtl, RandomPacketsWithIdleCycles) { this->stream(2, 5'000, 50, 0); }
TYPED_TEST(TxChecksumRtl, RandomPacketsWithWaitingResults) { this->stream(3, 5'000, 0, 60); }
TYPED_TEST(TxChecksumRtl, RandomPacketsWithResultsThatHardlyLeave) { this->stream(4, 1'000, 10, 97); }
TYPED_TEST(TxChecksumRtl, RandomPacketsWithIdleCyclesAndWaitingResults) {
  this->stream(5, 10'000, 30, 50);
  for (const unsigned count : this->errors_) EXPECT_GT(count, 100u) << "every TxChecksumResult must occur";
}
TYPED_TEST(TxChecksumRtl, ResetAtAnyTime) { this->stream(6, 10'000, 20, 40, 25); }
TYPED_TEST(TxChecksumRtl, AnyStateAtPowerOn) {
  for (int seed = 100; seed < 150; ++seed) this->stream(seed, 4, 20, 20);
}

TYPED_TEST(TxChecksumRtl, ABeatACycleAndTheResultAfterThree) {
  typename TestFixture::Bench bench;
  const std::uint64_t begin = bench.cycles();
  std::uint64_t beats = 0;
  for (std::size_t length = 60; length < 160; ++length) {
    bench.send(plain_packet(length));
    beats += (length + TestFixture::kBytes - 1) / TestFixture::kBytes;
  }
  EXPECT_EQ(bench.cycles() - begin, beats);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(bench.waiting(), 1u);
    bench.wait();
  }
  EXPECT_EQ(bench.waiting(), 0u);
  EXPECT_TRUE(bench.idle());
}

TYPED_TEST(TxChecksumRtl, ThreePacketsFitBehindAResultThatStays) {
  typename TestFixture::Bench bench;
  const Packet packet = plain_packet(4);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bench.offer(packet, 0, false));
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(bench.offer(packet, 0, false));
  EXPECT_EQ(bench.waiting(), 3u);
  EXPECT_TRUE(bench.offer(packet, 0, true)) << "a result that leaves makes room at once";
  for (int i = 0; i < 3; ++i) bench.wait();
  EXPECT_EQ(bench.waiting(), 0u);
}

TYPED_TEST(TxChecksumRtl, AllOnesCarryAllTheWay) {
  typename TestFixture::Bench bench;
  for (const std::size_t length : {60u, 61u, 1514u, 9700u, 9699u}) {
    const Result r = bench.answer(plain_packet(length, txd::L4T_TCP, std::byte{0xFF}));
    EXPECT_EQ(r.ip_checksum, 0u);
    EXPECT_EQ(r.l4_checksum, length % 2 == 0 ? 0u : 0x00FFu);
  }
}

TYPED_TEST(TxChecksumRtl, TheLastCarryComesAroundAgain) {
  typename TestFixture::Bench bench;
  for (unsigned last = 0; last < 4; ++last) {  // 0xFFFF + … + last: the fold itself carries
    Packet p = plain_packet(14 + 20 + 40, txd::L4T_TCP, std::byte{0xFF});
    p.frame.back() = static_cast<std::byte>(last);
    const unsigned sum = last == 0xFF ? 0xFFFF : 0xFF00 + last;
    EXPECT_EQ(bench.answer(p).l4_checksum, 0xFFFF - sum);
  }
}

TYPED_TEST(TxChecksumRtl, NothingButZeros) {
  typename TestFixture::Bench bench;
  const Result r = bench.answer(plain_packet(60));
  EXPECT_EQ(r.ip_checksum, 0xFFFFu);
  EXPECT_EQ(r.l4_checksum, 0xFFFFu);
}

TYPED_TEST(TxChecksumRtl, AUdpResultOfZeroIsAllOnesAndATcpOneIsZero) {
  typename TestFixture::Bench bench;
  SplitMix64 random(7);
  for (const std::uint32_t l4t : {txd::L4T_UDP, txd::L4T_TCP}) {
    for (unsigned maclen : {14u, 15u}) {
      Packet p = plain_packet(128, l4t, std::byte{0}, maclen);
      for (std::byte& b : p.frame) b = static_cast<std::byte>(random.next());
      store_be16(p.frame.data() + maclen + 20 + (l4t == txd::L4T_UDP ? 6 : 16), 0);
      hw::insert_checksums(p.frame, p.context, true, true);  // now the sum is 0xFFFF
      EXPECT_EQ(bench.answer(p).l4_checksum, l4t == txd::L4T_UDP ? 0xFFFFu : 0u);
    }
  }
}

TYPED_TEST(TxChecksumRtl, AnL4HeaderAtTheEndOfTheFrame) {
  typename TestFixture::Bench bench;
  struct Case {
    std::uint32_t l4t;
    std::size_t header;
  };
  for (const Case c : {Case{txd::L4T_UDP, 8}, Case{txd::L4T_TCP, 18}, Case{txd::L4T_SCTP, 12}}) {
    for (const unsigned maclen : {14u, 127u}) {
      for (const unsigned iplen : {20u, 21u, 511u}) {
        const std::size_t fits = maclen + iplen + c.header;
        EXPECT_EQ(bench.answer(plain_packet(fits, c.l4t, std::byte{3}, maclen, iplen)).error, 0u);
        EXPECT_EQ(bench.answer(plain_packet(fits - 1, c.l4t, std::byte{3}, maclen, iplen)).error,
                  static_cast<unsigned>(TxChecksumResult::l4_header_outside_frame));
      }
    }
  }
}

TYPED_TEST(TxChecksumRtl, SctpIsCheckedButNothingIsInsertedForIt) {
  typename TestFixture::Bench bench;
  const Result r = bench.answer(plain_packet(100, txd::L4T_SCTP));
  EXPECT_EQ(r.error, 0u);
  EXPECT_TRUE(r.ip_insert);
  EXPECT_FALSE(r.l4_insert);
}

TYPED_TEST(TxChecksumRtl, OddAndEvenStartsAndLengthsEachByteByItself) {
  typename TestFixture::Bench bench;
  for (unsigned maclen = 12; maclen < 16; ++maclen) {
    for (unsigned iplen = 20; iplen < 24; ++iplen) {
      for (std::size_t length = 64; length < 68; ++length) {
        for (std::size_t at = maclen; at < length; ++at) {
          Packet p = plain_packet(length, txd::L4T_TCP, std::byte{0}, maclen, iplen);
          p.frame[at] = std::byte{0xA5};
          bench.send(p);
        }
      }
    }
  }
  while (bench.waiting() != 0) bench.wait();
}

}  // namespace
}  // namespace niclab::rtl
