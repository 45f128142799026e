// The Verilated throttle against the law (fact base 2.6.6), and its grants beside those of its C++ twin.
#include "tests/support/throttle_law.hpp"

#include <Vintr_throttle.h>

#include "hw/interrupts.hpp"
#include "tests/rtl/intr_throttle_block.hpp"

namespace niclab::rtl {
namespace {

/// The block with the calls of its twin, each a cycle of its own.
class BlockThrottle {
 public:
  BlockThrottle() : block_(1) {
    in_.rst = true;
    cycle();
  }
  void write_gpie(std::uint32_t v, Time t) { access(Access::gpie, v, t); }
  void write_eiac(std::uint32_t v, Time t) { access(Access::eiac, v, t); }
  void write_eiam(std::uint32_t v, Time t) { access(Access::eiam, v, t); }
  void write_eims(std::uint32_t v, Time t) { access(Access::eims, v, t); }
  void write_eitr(unsigned vector, std::uint32_t v, Time t) {
    in_.write_vector = vector;
    access(Access::eitr, v, t);
  }
  std::uint32_t read_eicr(Time t) {
    access(Access::read_eicr, 0, t);
    return 0;
  }
  void set_causes(std::uint32_t mask, Time t) {
    at(t);
    in_.causes = mask;
    cycle();
  }
  Time next_grant() {
    block_.apply(in_);
    const auto due = block_.outputs().due;
    return due ? Time{} + kDeviceClock * std::max(*due, in_.now) : Time::never();
  }
  std::uint32_t grants(Time t) {
    at(t);
    in_.grant_ready = true;
    block_.apply(in_);
    const std::uint32_t granted = block_.outputs().grant;
    cycle();
    return granted;
  }

 private:
  void at(Time t) { in_.now = t.ps() / kDeviceClock.ps(); }
  void access(Access what, std::uint32_t value, Time t) {
    at(t);
    in_.access = what;
    in_.value = value;
    cycle();
  }
  void cycle() {
    block_.apply(in_);
    block_.edge();
    in_ = in_.levels();
  }
  ThrottleBlock block_;
  ThrottleInputs in_;
};

TEST(ThrottleLaw, FactBase_2_6_6_GrantsOfRandomSoftwareAndArrivals) {
  EXPECT_GT(throttle_law::check_cases<BlockThrottle>(3000), 20'000u);
}

TEST(ThrottleLaw, PoissonArrivalsWaitToThePicosecondAsLongAsAtTheTwin) {
  for (const double load : {0.5, 2.0, 20.0}) {
    const double wait = throttle_law::poisson_wait<BlockThrottle>(load, 100'000);
    EXPECT_EQ(wait, throttle_law::poisson_wait<hw::InterruptThrottle>(load, 100'000));
    EXPECT_NEAR(wait, throttle_law::expected_wait(load), 0.02 * throttle_law::expected_wait(load)) << load;
  }
}

}  // namespace
}  // namespace niclab::rtl
