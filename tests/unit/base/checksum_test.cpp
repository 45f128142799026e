#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "base/inet_checksum.hpp"

namespace niclab {
namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> v;
  for (const int b : values) v.push_back(static_cast<std::byte>(b));
  return v;
}

std::uint16_t checksum(std::span<const std::byte> data) {
  InetChecksum c;
  c.add(data);
  return c.finish();
}

/// RFC 1071 word by word, as the text says it: the reference for the fast one.
std::uint16_t by_the_book(std::span<const std::byte> data) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < data.size(); i += 2) {
    sum += std::to_integer<std::uint32_t>(data[i]) << 8;
    if (i + 1 < data.size()) sum += std::to_integer<std::uint32_t>(data[i + 1]);
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

TEST(InetChecksum, Rfc1071Section3Example) {
  const auto data = bytes({0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7});
  InetChecksum c;
  c.add(data);
  EXPECT_EQ(c.partial(), 0xddf2);
  EXPECT_EQ(c.finish(), 0x220d);
}

TEST(InetChecksum, Ipv4HeaderKnownAnswer) {
  // A header computed by hand many times over: 172.16.10.99 to 172.16.10.12, checksum 0xb1e6.
  auto header = bytes({0x45, 0x00, 0x00, 0x3c, 0x1c, 0x46, 0x40, 0x00, 0x40, 0x06,
                       0x00, 0x00, 0xac, 0x10, 0x0a, 0x63, 0xac, 0x10, 0x0a, 0x0c});
  EXPECT_EQ(checksum(header), 0xb1e6);
  store_be16(&header[10], 0xb1e6);
  InetChecksum c;
  c.add(header);
  EXPECT_TRUE(c.verifies());
  header[19] ^= std::byte{1};
  InetChecksum damaged;
  damaged.add(header);
  EXPECT_FALSE(damaged.verifies());
}

TEST(InetChecksum, NothingAndZerosAreAllOnes) {
  EXPECT_EQ(checksum({}), 0xffff);
  EXPECT_EQ(checksum(std::vector<std::byte>(64)), 0xffff);
}

TEST(InetChecksum, AllOnesCarriesAroundTheEnd) {
  EXPECT_EQ(checksum(std::vector<std::byte>(64, std::byte{0xff})), 0x0000);
  EXPECT_EQ(checksum(std::vector<std::byte>(65536, std::byte{0xff})), 0x0000);
}

TEST(InetChecksum, EqualsTheBookOnEveryLengthAndAlignment) {
  std::mt19937 random(7);
  std::vector<std::byte> data(80);
  for (auto& b : data) b = static_cast<std::byte>(random());
  for (std::size_t offset = 0; offset < 9; ++offset) {
    for (std::size_t length = 0; length + offset <= data.size(); ++length) {
      const auto part = std::span(data).subspan(offset, length);
      ASSERT_EQ(checksum(part), by_the_book(part)) << "offset " << offset << " length " << length;
    }
  }
}

TEST(InetChecksum, PartsAddUp) {
  const auto data = bytes({0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x11, 0x22, 0x33});
  InetChecksum c;
  c.add(std::span(data).first(2));
  c.add(std::span(data).subspan(2, 8));
  c.add(std::span(data).subspan(10));
  EXPECT_EQ(c.finish(), by_the_book(data));
}

TEST(InetChecksum, ContinuesFromAPartialSum) {  // how a device goes on from the seed in the field
  const auto data = bytes({0x12, 0x34, 0xff, 0x78, 0x9a, 0xbc});
  InetChecksum first;
  first.add(std::span(data).first(4));
  InetChecksum rest(first.partial());
  rest.add(std::span(data).subspan(4));
  EXPECT_EQ(rest.finish(), by_the_book(data));
}

TEST(InetChecksum, PseudoHeaderOfAUdpDatagram) {  // RFC 768
  const Ipv4Address from{0x0a090002}, to{0x0a090001};
  const auto flat = bytes({10, 9, 0, 2, 10, 9, 0, 1, 0, 17, 0, 12});
  EXPECT_EQ(ipv4_pseudo_header(from, to, 17, 12).finish(), by_the_book(flat));

  auto udp = bytes({0x30, 0x39, 0x00, 0x07, 0x00, 0x0c, 0x00, 0x00, 'p', 'i', 'n', 'g'});
  InetChecksum c = ipv4_pseudo_header(from, to, 17, 12);
  c.add(udp);
  store_be16(&udp[6], c.finish());
  InetChecksum check = ipv4_pseudo_header(from, to, 17, 12);
  check.add(udp);
  EXPECT_TRUE(check.verifies());
}

}  // namespace
}  // namespace niclab
