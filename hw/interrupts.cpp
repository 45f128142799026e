#include "hw/interrupts.hpp"

#include <algorithm>

namespace niclab::hw {

using namespace reg;

namespace {

/// Calls `f(v)` for each vector of a mask.
template <class F>
void for_each_vector(std::uint32_t mask, F&& f) {
  for (; mask != 0; mask &= mask - 1) f(static_cast<unsigned>(std::countr_zero(mask)));
}

}  // namespace

void InterruptThrottle::reset() {
  eicr_ = eiac_ = eiam_ = gpie_ = line_ = owed_ = urgent_ = lli_en_ = 0;
  eims_ = eicr::OTHER;  // enabled out of reset outside MSI-X mode (2.2, EIMS)
  other_level_ = false;
  next_ = refill_ = Time::never();
  eitr_.fill(0);
  credits_.fill(0);
  expiry_.fill({});
}

void InterruptThrottle::reset_port(Time t) {
  refill(t);
  eicr_ = eiac_ = eiam_ = gpie_ = 0;
  eims_ = eicr::OTHER;
  other_level_ = false;
  arm_refill(t);
  update(t);
}

// --- registers -----------------------------------------------------------------------------------

void InterruptThrottle::write_eicr(std::uint32_t v, Time t) {
  eicr_ &= ~v;
  if (!(gpie_ & gpie::EIAME)) eims_ &= ~(v & eiam_);
  update(t);
}

void InterruptThrottle::write_eics(std::uint32_t v, Time t) {
  eicr_ |= v & valid();
  if (!(gpie_ & gpie::EIAME)) eims_ |= v & eiam_;
  update(t);
}

std::uint32_t InterruptThrottle::read_eicr(Time t) {
  const std::uint32_t value = eicr();
  if (!msix_mode()) eicr_ = 0;
  if (!(gpie_ & gpie::EIAME)) eims_ &= ~eiam_;
  update(t);
  return value;
}

void InterruptThrottle::write_gpie(std::uint32_t v, Time t) {
  refill(t);
  gpie_ = v;
  arm_refill(t);
  update(t);
}

void InterruptThrottle::write_eitr(unsigned v, std::uint32_t value, Time t) {
  refill(t);
  eitr_[v] = value & (eitr::INTERVAL.mask() | eitr::LLI_EN);
  lli_en_ = (lli_en_ & ~bit(v)) | ((value & eitr::LLI_EN) != 0 ? bit(v) : 0);
  if (!(value & eitr::CNT_INGR)) {
    credits_[v] = static_cast<std::uint8_t>(eitr::LL_COUNTER.get(value));
    const auto written = Duration::from_us(8) * eitr::COUNTER.get(value);
    expiry_[v] = on_grid(t) + (readings_.write_reloads_interval ? interval(v) : written);
  }
  arm_refill(t);
  find_next(t);
}

std::uint32_t InterruptThrottle::read_eitr(unsigned v, Time t) {
  refill(t);
  const auto left = expiry_[v] > t ? (expiry_[v] - t) / Duration::from_us(8) : 0;
  return eitr_[v] | eitr::LL_COUNTER.put(credits_[v]) | eitr::COUNTER.put(static_cast<std::uint32_t>(left));
}

void InterruptThrottle::expire_counters(Time t) {
  for (Time& e : expiry_) e = min(e, on_grid(t));
  find_next(t);
}

// --- messages ------------------------------------------------------------------------------------

std::uint32_t InterruptThrottle::grants(Time t) {
  if (t < next_) return 0;
  refill(t);
  const Time now = on_grid(t);
  std::uint32_t granted = 0, unwaited = 0;
  for_each_vector(owed_, [&](unsigned v) {
    if (due(v) > t) return;
    granted |= bit(v);
    if (expiry_[v] > t) unwaited |= bit(v);
    expiry_[v] = now + std::max(interval(v), kDeviceClock);
  });
  owed_ &= ~granted;
  urgent_ &= ~granted;
  if (const std::uint32_t paid = unwaited & lli_en_; paid != 0) [[unlikely]] {
    for_each_vector(paid, [&](unsigned v) { --credits_[v]; });
    arm_refill(t);
  }
  const std::uint32_t causes = msix_mode() ? granted : (granted != 0 ? active() : 0);
  if (msix_mode()) eicr_ &= ~(causes & eiac_);
  if (gpie_ & gpie::EIAME) eims_ &= ~(causes & eiam_);
  update(now);
  return granted;
}

void InterruptThrottle::update(Time t) {
  const std::uint32_t high = lines();
  owed_ = (owed_ | (high & ~line_)) & high;
  line_ = high;
  if (urgent_ != 0) [[unlikely]]
    urgent_ &= caused();
  find_next(t);
}

void InterruptThrottle::find_next(Time t) {
  next_ = Time::never();
  if (owed_ == 0) return;
  for_each_vector(owed_, [&](unsigned v) { next_ = min(next_, due(v)); });
  next_ = max(next_, on_grid(t));
}

Time InterruptThrottle::due(unsigned v) const {
  if ((urgent_ >> v & 1) != 0) [[unlikely]]
    return due_urgent(v);
  return expiry_[v];
}

// --- low latency ---------------------------------------------------------------------------------

void InterruptThrottle::low_latency(std::uint32_t vectors, Time t) {
  refill(t);
  if (!msix_mode()) vectors = vectors != 0;
  urgent_ |= vectors & caused() & (readings_.low_latency_unless_limited ? eicr::kVectorMask : lli_en_);
  find_next(t);
}

Time InterruptThrottle::due_urgent(unsigned v) const {
  if (!limited(v)) return readings_.low_latency_unless_limited ? Time{} : expiry_[v];
  return credits_[v] != 0 ? Time{} : min(expiry_[v], refill_);
}

bool InterruptThrottle::credits_missing() const {
  bool missing = false;
  for_each_vector(lli_en_, [&](unsigned v) { missing |= credits_[v] != kCredits; });
  return missing;
}

void InterruptThrottle::arm_refill(Time t) {
  if (refill_interval() == Duration{} || !credits_missing()) {
    refill_ = Time::never();
  } else if (refill_ == Time::never()) {
    refill_ = on_grid(t) + refill_interval();
  }
}

void InterruptThrottle::take_refills(Time t) {
  while (refill_ <= t) {
    for_each_vector(lli_en_, [&](unsigned v) {
      credits_[v] = static_cast<std::uint8_t>(std::min(credits_[v] + 1u, kCredits));
    });
    refill_ = credits_missing() ? refill_ + refill_interval() : Time::never();
  }
}

}  // namespace niclab::hw
