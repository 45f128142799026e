// intr_throttle.sv under random streams: every output in every cycle against the reference.
//
// A life is one power-on with random content, one pattern of software and traffic, and a clock that jumps: by
// nothing (a cycle used twice), a clock, some, or as far as the next instant anything is due. Where an edge
// may be left out (`idle` and no strobe) some lives leave it out.
#include <gtest/gtest.h>

#include <cstdlib>
#include <ostream>
#include <string>

#include "base/splitmix64.hpp"
#include "tests/rtl/intr_throttle_block.hpp"

namespace niclab::rtl {

void PrintTo(const ThrottleOutputs& o, std::ostream* out) {
  *out << std::hex << "grant " << o.grant << ", line " << o.line << ", asserted " << o.asserted << ", eicr "
       << o.eicr << ", eims " << o.eims << ", eiac " << o.eiac << ", eiam " << o.eiam << ", gpie " << o.gpie
       << ", eitr " << o.eitr << std::dec << ", expiry " << o.expiry << ", due " << o.due.value_or(0)
       << ", wake " << o.wake.value_or(0) << ", idle " << o.idle;
}

namespace {

class Random {
 public:
  explicit Random(std::uint64_t seed) : generator_(seed) {}
  std::uint64_t bits() { return generator_.next(); }
  unsigned below(unsigned n) { return static_cast<unsigned>(bits() % n); }
  bool percent(unsigned p) { return below(100) < p; }
  template <class T, std::size_t N>
  T one_of(const T (&choices)[N]) {
    return choices[below(N)];
  }

 private:
  SplitMix64 generator_;
};

/// How a life goes, in percent a cycle unless said otherwise.
struct Pattern {
  unsigned access, cause, urgent, other, ready, jump, vectors;
  unsigned reset;  // per mille
  bool stop_clock, long_intervals;

  static Pattern random(Random& r) {
    Pattern p{};
    for (unsigned* rate : {&p.access, &p.cause, &p.urgent, &p.other}) *rate = r.one_of({1u, 8u, 30u, 70u});
    p.ready = r.one_of({20u, 90u, 100u, 100u});
    p.jump = r.one_of({5u, 40u, 80u});
    p.vectors = r.one_of({1u, 2u, 4u, 25u});
    p.reset = r.one_of({0u, 0u, 5u});
    p.stop_clock = r.percent(50);
    p.long_intervals = r.percent(30);
    return p;
  }
};

class Life {
 public:
  explicit Life(unsigned seed) : random_(seed), pattern_(Pattern::random(random_)), block_(seed) {}

  void run(unsigned cycles) {
    in_.now = random_.bits() >> random_.one_of({13u, 20u, 40u, 60u});  // 2^51 clocks leave room below 2^45 us
    in_.write_reloads_interval = random_.percent(20);
    in_.low_latency_unless_limited = random_.percent(20);
    in_.rst = true;
    block_.apply(in_);
    block_.edge();
    in_.rst = false;
    for (unsigned i = 0; i < cycles && !testing::Test::HasFatalFailure(); ++i) {
      draw();
      cycle();
      time_passes();
    }
  }
  std::uint64_t granted = 0, urgent = 0, waited = 0, left_out = 0;

 private:
  std::uint32_t mask() {
    const std::uint32_t low = static_cast<std::uint32_t>(random_.bits()) & ((1u << pattern_.vectors) - 1);
    return random_.percent(4) ? static_cast<std::uint32_t>(random_.bits()) : low;
  }
  std::uint32_t eitr() {
    const unsigned interval =
        pattern_.long_intervals && random_.percent(40) ? random_.below(8192) : random_.below(6);
    const unsigned counter =
        pattern_.long_intervals && random_.percent(20) ? random_.below(1024) : random_.below(2);
    const unsigned credits = random_.percent(50) ? random_.below(3) : random_.below(32);
    return interval << 2 | counter << 21 | credits << 16 | random_.below(2) << 15 | random_.below(2) << 31 |
           (random_.percent(5) ? 3u : 0u);
  }
  std::uint32_t gpie() {
    return random_.below(2) << 30 | (random_.percent(70) ? 1u << 4 : 0) |
           (random_.percent(40)   ? 0u
            : random_.percent(80) ? 1u << 7
                                  : random_.below(32) << 7) |
           (random_.percent(10) ? static_cast<std::uint32_t>(random_.bits()) & ~0xFF0u : 0);
  }
  void draw() {
    in_.rst = random_.below(1000) < pattern_.reset / 4;
    in_.access = Access::none;
    in_.value = static_cast<std::uint32_t>(random_.bits());
    if (random_.percent(pattern_.access)) {
      in_.access =
          random_.one_of({Access::eicr, Access::eicr, Access::eics, Access::eims, Access::eims, Access::eims,
                          Access::eimc, Access::eiac, Access::eiam, Access::gpie, Access::eitr, Access::eitr,
                          Access::read_eicr, Access::read_eicr, Access::expire});
      in_.value = in_.access == Access::eitr ? eitr() : in_.access == Access::gpie ? gpie() : mask();
    }
    if (random_.below(1000) < pattern_.reset) in_.access = Access::reset;
    in_.write_vector = random_.below(pattern_.vectors);
    in_.eitr_vector = random_.percent(90) ? random_.below(pattern_.vectors) : random_.below(25);
    in_.causes = random_.percent(pattern_.cause) ? mask() : 0;
    if (random_.percent(pattern_.other)) in_.other = random_.percent(50);
    in_.low_latency = in_.causes != 0 && random_.percent(pattern_.urgent) ? in_.causes & ((1u << 25) - 1) : 0;
    if (random_.percent(2)) in_.low_latency = mask() & ((1u << 25) - 1);
    in_.grant_ready = random_.percent(pattern_.ready);
  }

  void cycle() {
    block_.apply(in_);
    const ThrottleOutputs out = block_.outputs();
    ASSERT_EQ(out, reference_.outputs(in_)) << "cycle " << cycle_ << " at " << in_.now;
    due_ = out.due;
    if (in_.grant_ready && !in_.rst) {
      for (unsigned v = 0; v < ThrottleReference::kVectors; ++v) {
        if ((out.grant >> v & 1) == 0) continue;
        ++granted;
        urgent += reference_.countdown_ends(v) > in_.now && in_.access != Access::eitr &&
                  in_.access != Access::expire;
        waited += reference_.countdown_ends(v) == in_.now;
      }
      due_.reset();
    }
    reference_.edge(in_);
    if (pattern_.stop_clock && out.idle && !in_.has_strobe())
      ++left_out;
    else
      block_.edge();
    ++cycle_;
  }

  void time_passes() {
    std::uint64_t step = random_.percent(pattern_.jump) ? random_.below(300) : random_.below(3);
    if (due_ && random_.percent(50)) step = *due_ > in_.now ? *due_ - in_.now : 0;
    if (random_.percent(1)) step = random_.below(2'000'000);
    in_.now += step;
    if (const auto wake = reference_.wake(); wake && in_.now > *wake) in_.now = *wake;
  }

  Random random_;
  Pattern pattern_;
  ThrottleBlock block_;
  ThrottleReference reference_;
  ThrottleInputs in_;
  std::optional<std::uint64_t> due_;
  std::uint64_t cycle_ = 0;
};

unsigned lives() {
  const char* text = std::getenv("RTL_LIVES");
  return text == nullptr ? 400 : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

TEST(IntrThrottle, equals_the_reference_in_every_cycle) {
  std::uint64_t granted = 0, urgent = 0, waited = 0, left_out = 0;
  for (unsigned seed = 0; seed < lives() && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE("life " + std::to_string(seed));
    Life life(seed);
    life.run(1000);
    granted += life.granted;
    urgent += life.urgent;
    waited += life.waited;
    left_out += life.left_out;
  }
  EXPECT_GT(granted, 100u * lives());
  EXPECT_GT(urgent, lives()) << "low latency";
  EXPECT_GT(waited, 5u * lives()) << "at the very end of a countdown";
  EXPECT_GT(left_out, 2u * lives());
}

}  // namespace
}  // namespace niclab::rtl
