#include "hw/interrupts.hpp"

namespace niclab::hw {

using namespace reg;

void InterruptThrottle::reset() {
  eicr_ = eiac_ = eiam_ = gpie_ = line_ = owed_ = 0;
  eims_ = eicr::OTHER;  // enabled out of reset outside MSI-X mode (2.2, EIMS)
  other_level_ = false;
  next_ = Time::never();
  eitr_.fill(0);
  expiry_.fill({});
  earliest_.fill({});
  rose_.fill({});
}

void InterruptThrottle::reset_port(Time t) {
  eicr_ = eiac_ = eiam_ = gpie_ = 0;
  eims_ = eicr::OTHER;
  other_level_ = false;
  update(t);
}

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

void InterruptThrottle::write_eitr(unsigned v, std::uint32_t value, Time t) {
  constexpr std::uint32_t kKept = eitr::INTERVAL.mask() | eitr::LLI_EN | eitr::LL_COUNTER.mask();
  eitr_[v] = value & kKept;
  if (!(value & eitr::CNT_INGR)) expiry_[v] = on_grid(t) + Duration::from_us(8) * eitr::COUNTER.get(value);
  find_next();
}

std::uint32_t InterruptThrottle::read_eitr(unsigned v, Time t) const {
  const auto left = expiry_[v] > t ? (expiry_[v] - t) / Duration::from_us(8) : 0;
  return eitr_[v] | eitr::COUNTER.put(static_cast<std::uint32_t>(left));
}

void InterruptThrottle::expire_counters(Time t) {
  for (Time& e : expiry_) e = min(e, on_grid(t));
  find_next();
}

std::uint32_t InterruptThrottle::grants(Time t) {
  if (t < next_) return 0;
  const Time now = on_grid(t);
  std::uint32_t granted = 0;
  for (std::uint32_t left = owed_; left != 0; left &= left - 1) {
    const auto v = static_cast<unsigned>(std::countr_zero(left));
    if (due(v) > t) continue;
    granted |= bit(v);
    expiry_[v] = now + interval(v);
    earliest_[v] = now + kDeviceClock;
  }
  owed_ &= ~granted;
  const std::uint32_t causes = msix_mode() ? granted : (granted != 0 ? eicr() & eims_ : 0);
  if (msix_mode()) eicr_ &= ~(causes & eiac_);
  if (gpie_ & gpie::EIAME) eims_ &= ~(causes & eiam_);
  update(now);
  return granted;
}

void InterruptThrottle::update(Time t) {
  const std::uint32_t now_high = lines();
  const std::uint32_t rising = now_high & ~line_;
  line_ = now_high;
  for (std::uint32_t left = rising; left != 0; left &= left - 1) {
    rose_[static_cast<unsigned>(std::countr_zero(left))] = on_grid(t);
  }
  owed_ = (owed_ | rising) & now_high;
  find_next();
}

void InterruptThrottle::find_next() {
  next_ = Time::never();
  for (std::uint32_t left = owed_; left != 0; left &= left - 1)
    next_ = min(next_, due(static_cast<unsigned>(std::countr_zero(left))));
}

}  // namespace niclab::hw
