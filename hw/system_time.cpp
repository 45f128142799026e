#include "hw/system_time.hpp"

#include <algorithm>

namespace niclab::hw {
namespace {

constexpr std::uint64_t kTickPs = kDeviceClock.ps();

SystemTime::Value shown(Wide raw) {
  return {static_cast<std::uint64_t>(raw >> 32) & SystemTime::kNanoseconds, static_cast<std::uint32_t>(raw)};
}

}  // namespace

std::uint64_t SystemTime::ticks(Time t) const {
  if (rate_ == kNominal) return t.ps() / kTickPs;
  return static_cast<std::uint64_t>(Wide{t.ps()} * static_cast<std::uint64_t>(rate_) /
                                    (Wide{kTickPs} * kNominal));
}

Time SystemTime::time_of(std::uint64_t tick) const {
  const auto rate = static_cast<std::uint64_t>(rate_);
  const Wide ps = (Wide{tick} * kTickPs * kNominal + rate - 1) / rate;
  return Time::from_ps(static_cast<std::uint64_t>(ps));
}

SystemTime::Value SystemTime::at(Time t) const {
  const std::uint64_t tick = ticks(t);
  for (const Segment& s : segments_)
    if (s.first <= tick) return shown(raw(s, tick));
  return shown(segments_.back().start);
}

/// A segment that starts where the one before has come to, with the step that is in force now.
SystemTime::Segment& SystemTime::begin(Time t) {
  const std::uint64_t tick = ticks(t);
  const Wide value = raw(segments_.front(), tick);
  if (segments_.front().first != tick) std::rotate(segments_.begin(), segments_.end() - 1, segments_.end());
  const std::uint64_t part = timinca_ & 0x7FFFFFFFu;
  const bool less = timinca_ >> 31 != 0;
  segments_.front() = {tick, value, !running_ ? 0 : less ? kTick - part : kTick + part};
  return segments_.front();
}

void SystemTime::reset(Time t) {
  running_ = false;
  timinca_ = 0;
  begin(t).start = 0;
}

void SystemTime::run(bool on, Time t) {
  if (on == running_) return;
  running_ = on;
  begin(t);
}

void SystemTime::set_increment(std::uint32_t timinca, Time t) {
  timinca_ = timinca;
  begin(t);
}

void SystemTime::set(std::uint64_t ns, Time t) { begin(t).start = Wide{ns & kNanoseconds} << 32; }

void SystemTime::adjust(std::int64_t ns, Time t) {
  Segment& s = begin(t);
  s.start = (s.start + (Wide{static_cast<std::uint64_t>(ns) & kNanoseconds} << 32)) % kRange;
}

/// When the counter will have gone on by `distance`, in 2^-32 ns.
Time SystemTime::after(Wide distance, Time t) const {
  const std::uint64_t step = segments_.front().step;
  if (step == 0) return Time::never();
  return niclab::max(t, time_of(ticks(t) + static_cast<std::uint64_t>((distance + step - 1) / step)));
}

Time SystemTime::reaches(std::uint64_t ns, Time t) const {
  const Wide target = Wide{ns & kNanoseconds} << 32;
  const Wide distance = (target + kRange - raw(segments_.front(), ticks(t))) % kRange;
  return distance >= kRange / 2 ? after(0, t) : after(distance, t);
}

Time SystemTime::wraps(Time t) const { return after(kRange - raw(segments_.front(), ticks(t)), t); }

}  // namespace niclab::hw
