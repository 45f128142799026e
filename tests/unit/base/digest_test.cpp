// The digest must show any difference between two runs: a bit, an order, a missing event.
#include "base/digest.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <vector>

namespace niclab {
namespace {

std::uint64_t of(std::initializer_list<std::uint64_t> values) {
  Digest d;
  for (const auto v : values) d.add(v);
  return d.value();
}

TEST(Digest, SameInputSameValue) { EXPECT_EQ(of({1, 2, 3}), of({1, 2, 3})); }

TEST(Digest, OrderCounts) { EXPECT_NE(of({1, 2}), of({2, 1})); }

TEST(Digest, CountOfEventsCounts) {
  EXPECT_NE(of({}), of({0}));
  EXPECT_NE(of({0}), of({0, 0}));
  EXPECT_NE(of({7}), of({7, 0}));
}

TEST(Digest, EveryBitOfEveryWordCounts) {
  std::set<std::uint64_t> seen{of({0, 0, 0})};
  for (unsigned word = 0; word < 3; ++word) {
    for (unsigned bit = 0; bit < 64; ++bit) {
      std::uint64_t v[3] = {};
      v[word] = std::uint64_t{1} << bit;
      EXPECT_TRUE(seen.insert(of({v[0], v[1], v[2]})).second) << "word " << word << " bit " << bit;
    }
  }
}

TEST(Digest, EveryBitOfAPairCounts) {
  const auto pair = [](std::uint64_t a, std::uint64_t b) {
    Digest d;
    d.add(a, b);
    return d.value();
  };
  std::set<std::uint64_t> seen{pair(0, 0)};
  for (unsigned bit = 0; bit < 64; ++bit) {
    EXPECT_TRUE(seen.insert(pair(std::uint64_t{1} << bit, 0)).second) << bit;
    EXPECT_TRUE(seen.insert(pair(0, std::uint64_t{1} << bit)).second) << bit;
  }
  EXPECT_NE(pair(1, 2), pair(2, 1));
}

TEST(HashBytes, EveryBitOfAFrameOfAnyLengthCounts) {
  for (const std::size_t size : {1u, 7u, 8u, 9u, 31u, 32u, 33u, 60u, 64u, 100u}) {
    std::vector<std::byte> frame(size, std::byte{0x5a});
    std::set<std::uint64_t> seen{hash_bytes(frame)};
    for (std::size_t i = 0; i < size * 8; ++i) {
      frame[i / 8] ^= std::byte(1 << i % 8);
      EXPECT_TRUE(seen.insert(hash_bytes(frame)).second) << "size " << size << " bit " << i;
      frame[i / 8] ^= std::byte(1 << i % 8);
    }
  }
}

TEST(HashBytes, LengthCountsEvenWhenTheRestIsZero) {
  std::set<std::uint64_t> seen;
  const std::vector<std::byte> zeros(200);
  for (std::size_t n = 0; n <= zeros.size(); ++n)
    EXPECT_TRUE(seen.insert(hash_bytes(std::span(zeros).first(n))).second) << n;
}

TEST(HashBytes, MovedBytesCount) {
  std::vector<std::byte> a(64), b(64);
  a[0] = std::byte{1};
  b[8] = std::byte{1};
  EXPECT_NE(hash_bytes(a), hash_bytes(b));
}

}  // namespace
}  // namespace niclab
