// Simulated time: integer picoseconds, counted from power-on. Wall-clock time never enters here.
#pragma once

#include <compare>
#include <cstdint>

namespace niclab {

/// A span of simulated time in whole picoseconds (about 213 days fit).
class Duration {
 public:
  constexpr Duration() = default;
  static constexpr Duration from_ps(std::uint64_t v) { return Duration(v); }
  static constexpr Duration from_ns(std::uint64_t v) { return Duration(v * 1'000); }
  static constexpr Duration from_us(std::uint64_t v) { return Duration(v * 1'000'000); }
  static constexpr Duration from_ms(std::uint64_t v) { return Duration(v * 1'000'000'000); }
  static constexpr Duration from_s(std::uint64_t v) { return Duration(v * 1'000'000'000'000); }
  constexpr std::uint64_t ps() const { return ps_; }
  constexpr std::uint64_t ns() const { return ps_ / 1'000; }  ///< truncated
  constexpr auto operator<=>(const Duration&) const = default;
  constexpr Duration operator+(Duration o) const { return Duration(ps_ + o.ps_); }
  constexpr Duration operator-(Duration o) const { return Duration(ps_ - o.ps_); }
  constexpr Duration operator*(std::uint64_t n) const { return Duration(ps_ * n); }
  constexpr Duration operator/(std::uint64_t n) const { return Duration(ps_ / n); }
  constexpr std::uint64_t operator/(Duration o) const { return ps_ / o.ps_; }
  constexpr Duration& operator+=(Duration o) { return ps_ += o.ps_, *this; }
  constexpr Duration& operator-=(Duration o) { return ps_ -= o.ps_, *this; }

 private:
  explicit constexpr Duration(std::uint64_t v) : ps_(v) {}
  std::uint64_t ps_ = 0;
};

/// An instant of simulated time, picoseconds since power-on.
class Time {
 public:
  constexpr Time() = default;
  static constexpr Time from_ps(std::uint64_t v) { return Time(v); }
  static constexpr Time never() { return Time(~std::uint64_t{0}); }
  constexpr std::uint64_t ps() const { return ps_; }
  constexpr std::uint64_t ns() const { return ps_ / 1'000; }  ///< truncated
  constexpr auto operator<=>(const Time&) const = default;
  constexpr Time operator+(Duration d) const { return Time(ps_ + d.ps()); }
  constexpr Time operator-(Duration d) const { return Time(ps_ - d.ps()); }
  constexpr Duration operator-(Time o) const { return Duration::from_ps(ps_ - o.ps_); }
  constexpr Time& operator+=(Duration d) { return ps_ += d.ps(), *this; }

  /// The first instant at or after this one on a grid of `period` through time zero.
  constexpr Time ceil(Duration period) const {
    return Time((ps_ + period.ps() - 1) / period.ps() * period.ps());
  }

 private:
  explicit constexpr Time(std::uint64_t v) : ps_(v) {}
  std::uint64_t ps_ = 0;
};

constexpr Time max(Time a, Time b) { return a < b ? b : a; }
constexpr Time min(Time a, Time b) { return b < a ? b : a; }

inline namespace literals {
constexpr Duration operator""_ps(unsigned long long v) { return Duration::from_ps(v); }
constexpr Duration operator""_ns(unsigned long long v) { return Duration::from_ns(v); }
constexpr Duration operator""_us(unsigned long long v) { return Duration::from_us(v); }
constexpr Duration operator""_ms(unsigned long long v) { return Duration::from_ms(v); }
constexpr Duration operator""_s(unsigned long long v) { return Duration::from_s(v); }
}  // namespace literals

/// The I350's internal clock (125 MHz): every decision of the device lies on this grid.
inline constexpr Duration kDeviceClock = 8_ns;

}  // namespace niclab
