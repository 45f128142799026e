// The outside's end of a wire: unix datagram sockets and TAP interfaces.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "bridge/wires/dgram.hpp"
#include "bridge/wires/tap.hpp"

namespace niclab::bridge {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using What = OutsideWire::Got::What;
using Given = OutsideWire::Given;

class DgramTest : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string at(const std::string& name) const { return folder_ + "/" + name; }

  std::string folder_ = [] {
    std::string name = ::testing::TempDir() + "niclabXXXXXX";
    return std::string(mkdtemp(name.data()));
  }();
  std::array<std::byte, 64> frame_{std::byte{7}, std::byte{8}};
  std::vector<std::byte> buffer_ = std::vector<std::byte>(128);
};

TEST_F(DgramTest, OneDatagramIsOneFrameBothWays) {
  Dgram a(at("a"), at("b")), b(at("b"), at("a"));
  EXPECT_EQ(b.read(buffer_).what, What::nothing);
  EXPECT_EQ(a.write(frame_), Given::taken);
  EXPECT_EQ(a.write(std::span(frame_).first(20)), Given::taken);
  pollfd p{b.fd(), POLLIN, 0};
  EXPECT_EQ(poll(&p, 1, 0), 1);
  auto got = b.read(buffer_);
  EXPECT_EQ(got.what, What::frame);
  EXPECT_EQ(got.bytes, frame_.size());
  EXPECT_TRUE(std::equal(frame_.begin(), frame_.end(), buffer_.begin()));
  EXPECT_EQ(b.read(buffer_).bytes, 20u);
  EXPECT_EQ(b.read(buffer_).what, What::nothing);
  EXPECT_EQ(b.write(frame_), Given::taken);
  EXPECT_EQ(a.read(buffer_).bytes, frame_.size());
}

TEST_F(DgramTest, AFrameLongerThanTheRoomTellsItsLength) {
  Dgram a(at("a"), at("b")), b(at("b"), at("a"));
  const std::vector<std::byte> large(1000);
  EXPECT_EQ(a.write(large), Given::taken);
  const auto got = b.read(buffer_);
  EXPECT_EQ(got.what, What::frame);
  EXPECT_EQ(got.bytes, 1000u);
}

TEST_F(DgramTest, AFullSocketHasRoomLater) {
  Dgram a(at("a"), at("b")), b(at("b"), at("a"));
  unsigned taken = 0;
  while (a.write(frame_) == Given::taken && taken < 100'000) ++taken;
  EXPECT_GT(taken, 0u);
  EXPECT_EQ(a.write(frame_), Given::later);
  while (b.read(buffer_).what == What::frame) --taken;
  EXPECT_EQ(taken, 0u);
  EXPECT_EQ(a.write(frame_), Given::taken);
}

TEST_F(DgramTest, ThePeerMayComeLaterAndComeBack) {
  Dgram a(at("a"), at("b"));
  EXPECT_EQ(a.write(frame_), Given::refused);
  for (int i = 0; i < 2; ++i) {
    Dgram b(at("b"), at("a"));
    EXPECT_EQ(a.write(frame_), Given::taken);
    EXPECT_EQ(b.read(buffer_).bytes, frame_.size());
  }
  EXPECT_EQ(a.write(frame_), Given::refused);
  EXPECT_FALSE(std::filesystem::exists(at("b")));
}

TEST_F(DgramTest, ASocketLeftBehindIsReplacedAndNothingElse) {
  sockaddr_un address = unix_address(at("a"));
  {
    const UniqueFd dead(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_THROW(Dgram(at("a"), at("b")), std::runtime_error) << "somebody has it open";
  }
  EXPECT_NO_THROW(Dgram(at("a"), at("b")));
  std::ofstream(at("file")) << "precious";
  EXPECT_THROW(Dgram(at("file"), at("b")), std::runtime_error);
  EXPECT_TRUE(std::filesystem::exists(at("file")));
}

TEST_F(DgramTest, WhatIsNoNameIsSaid) {
  EXPECT_THAT([&] { Dgram(at("none/a"), at("b")); },
              ThrowsMessage<std::runtime_error>(HasSubstr("folder that can be written")));
  EXPECT_THAT([&] { Dgram(at("a"), ""); }, ThrowsMessage<std::runtime_error>(HasSubstr("1 to 107 bytes")));
}

TEST(TapTest, WhatIsNoInterfaceIsSaid) {
  if (access("/dev/net/tun", R_OK | W_OK) != 0) GTEST_SKIP() << "no /dev/net/tun here";
  EXPECT_THAT([] { Tap("0123456789abcdef"); }, ThrowsMessage<std::runtime_error>(HasSubstr("1 to 15 bytes")));
  EXPECT_THAT([] { Tap(""); }, ThrowsMessage<std::runtime_error>(HasSubstr("1 to 15 bytes")));
  EXPECT_THAT([] { Tap("lo"); }, ThrowsMessage<std::runtime_error>(HasSubstr("lo: ")));
}

}  // namespace
}  // namespace niclab::bridge
