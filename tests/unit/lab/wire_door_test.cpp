// What comes in by a [[wire]], and what happens when its outside goes.
#include "lab/wire_door.hpp"

#include <gmock/gmock.h>

#include <deque>
#include <sstream>
#include <stdexcept>

namespace niclab::lab {
namespace {

using bridge::OutsideWire;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct FakeOutside final : OutsideWire {
  int fd() const override { return 5; }
  Got read(std::span<std::byte>) override {
    if (given.empty()) return {};
    Got got = given.front();
    given.pop_front();
    return got;
  }
  Given write(std::span<const std::byte> frame) override {
    if (answer != Given::later) taken.push_back(frame.size());
    return answer;
  }
  std::deque<Got> given;
  std::vector<std::size_t> taken;
  Given answer = Given::taken;
};

/// Only its wires are used.
struct FakeRun final : LiveRun {
  [[noreturn]] static void unused() { throw std::logic_error("a wire does not ask this"); }
  Time start_line() const override { unused(); }
  Time now() const override { unused(); }
  std::optional<Time> end() const override { unused(); }
  bool over() const override { unused(); }
  void run_to(Time) override { unused(); }
  const std::vector<shell::Host*>& hosts() const override { unused(); }
  shell::Outcome run_script(const shell::Script&, shell::Host&) override { unused(); }
  void run_task(const std::function<void(PciDevice&)>&) override { unused(); }
  GuestCard* guest(std::size_t) override { unused(); }
  Time next_event() const override { unused(); }
  std::unique_ptr<RunResult> finish() override { unused(); }
  std::uint64_t digest() const override { unused(); }
  void frame_in(std::size_t wire, std::span<const std::byte> frame) override {
    EXPECT_EQ(wire, 3u);
    lengths.push_back(frame.size());
  }
  std::size_t frames_waiting(std::size_t) const override { return lengths.size(); }
  std::vector<std::size_t> lengths;
};

class WireDoorTest : public ::testing::Test {
 protected:
  void give(std::size_t bytes) { outside_->given.push_back({OutsideWire::Got::What::frame, bytes, {}}); }

  FakeRun run_;
  std::ostringstream log_;
  FakeOutside* outside_ = nullptr;
  WireDoor door_{"h1.eth0", 3,
                 [this] {
                   auto outside = std::make_unique<FakeOutside>();
                   outside_ = outside.get();
                   return outside;
                 }(),
                 log_};
};

TEST_F(WireDoorTest, OnlyWhatHasTheLengthOfAFrameComesIn) {
  for (const std::size_t bytes : {13, 14, 0, 9728, 9729, 65'551, 60}) give(bytes);
  door_.serve(run_, POLLIN);
  EXPECT_THAT(run_.lengths, ElementsAre(14, 9728, 60));
  EXPECT_THAT(door_.counts(), HasSubstr("3 frames in, 0 out; dropped: 4 of a length"));
}

TEST_F(WireDoorTest, WhatTheWireHasNoTimeForWaitsOutside) {
  for (int i = 0; i < 300; ++i) give(60);
  EXPECT_EQ(door_.watched(run_).fd, 5);
  door_.serve(run_, POLLIN);
  EXPECT_EQ(run_.lengths.size(), 256u);
  EXPECT_EQ(outside_->given.size(), 44u);
  EXPECT_EQ(door_.watched(run_).fd, -1);
  run_.lengths.clear();
  EXPECT_EQ(door_.watched(run_).fd, 5);
  door_.serve(run_, POLLIN);
  EXPECT_EQ(run_.lengths.size(), 44u);
}

TEST_F(WireDoorTest, AnOutsideThatGoesEndsTheWireOnce) {
  give(60);
  outside_->given.push_back({OutsideWire::Got::What::gone, 0, "the interface was deleted"});
  door_.serve(run_, POLLIN | POLLERR);
  EXPECT_EQ(run_.lengths.size(), 1u);
  EXPECT_EQ(log_.str(), "niclab serve: h1.eth0: the wire ends: the interface was deleted\n");
  EXPECT_EQ(door_.watched(run_).fd, -1);
  door_.serve(run_, POLLIN);
  door_.frame_out(std::vector<std::byte>(60));
  EXPECT_THAT(door_.counts(),
              HasSubstr("1 frames in, 0 out; dropped: 0 of a length that is no frame's, 1 that"));
}

TEST_F(WireDoorTest, AnErrorWithoutANameEndsItToo) {
  door_.serve(run_, POLLERR);
  EXPECT_THAT(log_.str(), HasSubstr("the wire ends"));
  EXPECT_EQ(door_.watched(run_).fd, -1);
}

TEST_F(WireDoorTest, WhatTheOutsideHasNoRoomForLeavesLaterInItsOrder) {
  outside_->answer = OutsideWire::Given::later;
  for (std::size_t n = 60; n < 60 + 1030; ++n) door_.frame_out(std::vector<std::byte>(n));
  door_.flush();
  EXPECT_TRUE(door_.holds_frames());
  EXPECT_THAT(outside_->taken, ElementsAre());
  outside_->answer = OutsideWire::Given::taken;
  door_.frame_out(std::vector<std::byte>(5000));  // one more than may wait
  door_.flush();
  EXPECT_FALSE(door_.holds_frames());
  ASSERT_EQ(outside_->taken.size(), 1024u);
  EXPECT_EQ(outside_->taken.front(), 60u);
  EXPECT_EQ(outside_->taken.back(), 60u + 1023);
  EXPECT_THAT(door_.counts(),
              HasSubstr("0 frames in, 1024 out; dropped: 0 of a length that is no frame's, 7 that"));
}

TEST_F(WireDoorTest, WhatLeavesIsCountedByWhetherItIsTaken) {
  door_.frame_out(std::vector<std::byte>(60));
  outside_->answer = OutsideWire::Given::refused;
  door_.frame_out(std::vector<std::byte>(61));
  EXPECT_THAT(outside_->taken, ElementsAre(60, 61));
  EXPECT_THAT(door_.counts(),
              HasSubstr("0 frames in, 1 out; dropped: 0 of a length that is no frame's, 1 that"));
}

}  // namespace
}  // namespace niclab::lab
