// Interrupt moderation judged from outside: random software and arrivals drive a throttle, and its grants
// must be those of the law, which is written here once more, as a recursion over instants instead of
// registers (fact base 2.6.5, 2.6.6):
//
//     grant(i+1) = max(grant(i) + INTERVAL, first instant an unmasked cause is there)
//
// `Throttle` has the calls of hw::InterruptThrottle that are used here.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "base/splitmix64.hpp"
#include "base/time.hpp"
#include "hw/register_fields.hpp"
#include "hw/register_offsets.hpp"

namespace niclab::throttle_law {

/// Auto-clear only: the vector is never masked. Auto-mask: software unmasks some time after the message.
/// Single mode: software reads EICR some time after the message.
enum class Software : std::uint8_t { unmasked, automask, single };

struct Case {
  Software software{};
  unsigned vector = 0;       ///< or the queue's bit, in single mode
  unsigned interval_us = 0;  ///< 1 … 8191
  Duration rearm{};          ///< from a message to the access that lets the next one come
  std::vector<Time> arrivals;
  // EITR is written once more, at an instant of the device's clock.
  Time write_at = Time::never();
  unsigned write_interval_us = 0, write_counter = 0;
  bool write_keeps = false;  ///< CNT_INGR

  std::uint32_t bit() const { return hw::reg::bit(vector); }
};

inline void PrintTo(const Case& c, std::ostream* out) {
  *out << "software " << static_cast<int>(c.software) << ", vector " << c.vector << ", " << c.interval_us
       << " us, re-armed after " << c.rearm.ns() << " ns, " << c.arrivals.size() << " arrivals from "
       << c.arrivals.front().ns() << " ns, EITR at " << c.write_at.ns() << " ns: " << c.write_interval_us
       << " us, " << (c.write_keeps ? "CNT_INGR" : "COUNTER ") << c.write_counter;
}

/// The instants of the messages, by the law.
inline std::vector<Time> law(const Case& c) {
  std::vector<Time> grants;
  Duration interval = Duration::from_us(c.interval_us);
  Time not_before{}, last{};
  bool written = false;
  std::size_t next = 0;
  const auto arrival = [&] { return c.arrivals[next].ceil(kDeviceClock); };
  const auto rewrite = [&] {
    written = true;
    interval = Duration::from_us(c.write_interval_us);
    if (!c.write_keeps) not_before = c.write_at + Duration::from_us(8) * c.write_counter;
  };
  while (true) {
    // Which arrival the next message is for, and since when it is a cause that may interrupt.
    Time open{};
    if (!grants.empty()) {
      open = last + c.rearm;
      const bool swallowed_until_read = c.software == Software::single;
      while (next < c.arrivals.size() && (swallowed_until_read ? arrival() < open : arrival() <= last))
        ++next;
    }
    if (next == c.arrivals.size()) return grants;
    const Time rise = c.software == Software::unmasked ? arrival() : max(arrival(), open);
    if (!written && c.write_at <= max(rise, not_before)) rewrite();
    Time grant = max(rise, not_before);
    if (written && c.write_at > rise) grant = max(grant, c.write_at);
    last = grant;
    grants.push_back(grant);
    not_before = grant + std::max(interval, kDeviceClock);
    ++next;
  }
}

/// What the throttle does. Within an instant registers come first, then causes, then grants.
template <class Throttle>
std::vector<Time> grants_of(Throttle& throttle, const Case& c) {
  using namespace hw::reg;
  const bool single = c.software == Software::single;
  const std::uint32_t granted_as = single ? 1 : c.bit();
  throttle.write_gpie(single ? 0 : gpie::Multiple_MSIX | gpie::EIAME, {});
  throttle.write_eitr(single ? 0 : c.vector, c.interval_us << 2, {});
  throttle.write_eiac(c.bit(), {});
  throttle.write_eiam(c.software == Software::automask ? c.bit() : 0, {});
  throttle.write_eims(c.bit(), {});
  std::vector<Time> grants;
  Time rearm_at = Time::never(), write_at = c.write_at;
  std::size_t next = 0;
  while (true) {
    const Time arrival = next < c.arrivals.size() ? c.arrivals[next].ceil(kDeviceClock) : Time::never();
    const Time next_event = min(arrival, min(rearm_at, throttle.next_grant()));
    if (next_event == Time::never()) return grants;
    const Time t = min(next_event, write_at);
    if (t == write_at) {
      throttle.write_eitr(single ? 0 : c.vector,
                          c.write_interval_us << 2 | eitr::COUNTER.put(c.write_counter) |
                              (c.write_keeps ? eitr::CNT_INGR : 0),
                          t);
      write_at = Time::never();
    }
    if (t == rearm_at) {
      if (single) throttle.read_eicr(t);
      if (c.software == Software::automask) throttle.write_eims(c.bit(), t);
      rearm_at = Time::never();
    }
    if (t == arrival) {
      throttle.set_causes(c.bit(), t);
      ++next;
    }
    if (throttle.next_grant() > t) continue;
    EXPECT_EQ(throttle.grants(t), granted_as);
    grants.push_back(t);
    rearm_at = t + c.rearm;
  }
}

class Cases {
 public:
  explicit Cases(std::uint64_t seed) : random_(seed) {}
  Case next() {
    Case c;
    c.software = static_cast<Software>(below(3));
    c.vector = static_cast<unsigned>(below(c.software == Software::single ? 16 : hw::reg::kVectors));
    c.interval_us = interval();
    const Duration tau = Duration::from_us(c.interval_us);
    c.rearm = on_grid(1 + below(below(2) == 0 ? 3 * tau.ns() : 2000));
    Time t = Time{} + Duration::from_ns(1000 + below(3'000'000));
    const std::uint64_t mean = 1 + tau.ns() * (1 + below(400)) / 100;
    const auto pattern = below(5);
    for (unsigned n = pattern == 0 ? 1 : 30; n != 0; --n) {
      c.arrivals.push_back(t);
      if (pattern <= 1) t += Duration::from_ns(mean + below(mean));                   // lone events
      if (pattern == 2) t += Duration::from_ns(below(4) == 0 ? below(8 * mean) : 8);  // bursts
      if (pattern == 3) t += tau;                                                     // at the very interval
      if (pattern == 4) t += Duration::from_ns(below(mean));
    }
    if (below(2) == 0) {
      c.write_at = Time{} + on_grid(c.arrivals.front().ns() + below(tau.ns() * 4));
      c.write_interval_us = interval();
      c.write_counter = below(2) == 0 ? 0 : static_cast<unsigned>(below(1 + c.interval_us / 4) & 0x3FF);
      c.write_keeps = below(2) == 0;
    }
    return c;
  }

 private:
  std::uint64_t below(std::uint64_t n) { return random_.next() % n; }
  static Duration on_grid(std::uint64_t ns) { return Duration::from_ns((ns + 7) / 8 * 8); }
  unsigned interval() {
    return static_cast<unsigned>(1 + (below(3) == 0 ? below(20) : below(3) == 0 ? below(500) : below(8191)));
  }
  SplitMix64 random_;
};

/// `count` cases; returns how many messages there were.
template <class Throttle>
std::uint64_t check_cases(unsigned count) {
  Cases cases(2666);
  std::uint64_t messages = 0;
  for (unsigned i = 0; i < count && !testing::Test::HasFailure(); ++i) {
    const Case c = cases.next();
    SCOPED_TRACE("case " + std::to_string(i) + ": " + testing::PrintToString(c));
    Throttle throttle;
    const std::vector<Time> expected = law(c), found = grants_of(throttle, c);
    for (std::size_t k = 0; k < std::min(expected.size(), found.size()); ++k)
      EXPECT_EQ(found[k].ns(), expected[k].ns()) << "message " << k;
    EXPECT_EQ(found.size(), expected.size());
    messages += found.size();
  }
  return messages;
}

/// Average time from a Poisson arrival to its message, over the interval, at an unmasked vector; `load`
/// arrivals an interval.
template <class Throttle>
double poisson_wait(double load, unsigned arrivals) {
  constexpr unsigned kIntervalUs = 500;
  const double tau = kIntervalUs * 1e6;  // ps
  SplitMix64 random(static_cast<std::uint64_t>(load * 1000));
  Case c;
  c.software = Software::unmasked;
  c.vector = 3;
  c.interval_us = kIntervalUs;
  c.rearm = 8_ns;
  double t = 1e6;
  for (unsigned i = 0; i < arrivals; ++i) {
    t -= std::log((static_cast<double>(random.next() >> 11) + 0.5) / 9007199254740992.0) * tau / load;
    c.arrivals.push_back(Time::from_ps(static_cast<std::uint64_t>(t)));
  }
  Throttle throttle;
  const std::vector<Time> grants = grants_of(throttle, c);
  double sum = 0;
  std::size_t g = 0;
  for (const Time a : c.arrivals) {
    while (grants[g] < a) ++g;
    sum += static_cast<double>((grants[g] - a).ps());
  }
  return sum / arrivals / tau;
}

/// The renewal argument: of the arrivals of a cycle, load wait half an interval each and, with the
/// probability that none came in it, one does not wait at all.
inline double expected_wait(double load) { return load / 2 / (load + std::exp(-load)); }

}  // namespace niclab::throttle_law
