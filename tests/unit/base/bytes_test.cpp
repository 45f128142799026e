#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <array>

namespace niclab {
namespace {

TEST(Bytes, BigEndianPutsTheHighByteFirst) {
  std::array<std::byte, 4> b{};
  store_be16(b.data(), 0x1234);
  EXPECT_EQ(load_u8(&b[0]), 0x12);
  EXPECT_EQ(load_u8(&b[1]), 0x34);
  EXPECT_EQ(load_be16(b.data()), 0x1234);
  store_be32(b.data(), 0xa1b2c3d4);
  EXPECT_EQ(load_u8(&b[0]), 0xa1);
  EXPECT_EQ(load_u8(&b[3]), 0xd4);
  EXPECT_EQ(load_be32(b.data()), 0xa1b2c3d4u);
}

TEST(Bytes, LittleEndianPutsTheLowByteFirst) {
  std::array<std::byte, 4> b{};
  store_le(b.data(), std::uint32_t{0xa1b2c3d4});
  EXPECT_EQ(load_u8(&b[0]), 0xd4);
  EXPECT_EQ(load_u8(&b[3]), 0xa1);
  EXPECT_EQ(load_le<std::uint32_t>(b.data()), 0xa1b2c3d4u);
}

TEST(Bytes, CodecsNeedNoAlignment) {
  alignas(8) std::array<std::byte, 9> b{};
  store_be32(&b[1], 0x01020304);
  store_le(&b[5], std::uint32_t{0x05060708});
  EXPECT_EQ(load_be32(&b[1]), 0x01020304u);
  EXPECT_EQ(load_le<std::uint32_t>(&b[5]), 0x05060708u);
}

}  // namespace
}  // namespace niclab
