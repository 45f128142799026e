// What docs/rtl.md says interrupt moderation does in a clock, step by step in its order: one object a vector,
// time as a plain number of clocks since power-on, and a copy of everything to find out whether anything
// would change.
//
// outputs() is what stands on the ports in a cycle with these inputs; edge() is the rising edge that ends it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace niclab::rtl {

enum class Access : std::uint8_t {
  none,
  eicr,
  eics,
  eims,
  eimc,
  eiac,
  eiam,
  gpie,
  eitr,
  read_eicr,
  reset,
  expire
};

struct ThrottleInputs {
  bool rst = false;
  std::uint64_t now = 0;  ///< clocks since power-on
  bool write_reloads_interval = false, low_latency_unless_limited = false;
  Access access = Access::none;
  unsigned write_vector = 0;
  std::uint32_t value = 0;
  unsigned eitr_vector = 0;
  std::uint32_t causes = 0;
  bool other = false;
  std::uint32_t low_latency = 0;
  bool grant_ready = false;

  /// The same cycle without strobes.
  ThrottleInputs levels() const {
    ThrottleInputs in = *this;
    in.rst = in.grant_ready = false;
    in.access = Access::none;
    in.causes = in.low_latency = 0;
    return in;
  }
  bool has_strobe() const {
    return rst || grant_ready || access != Access::none || causes != 0 || low_latency != 0;
  }
};

/// Instants are clocks since power-on.
struct ThrottleOutputs {
  std::uint32_t grant = 0, line = 0, asserted = 0, eicr = 0, eims = 0, eiac = 0, eiam = 0, gpie = 0, eitr = 0;
  std::uint64_t expiry = 0;
  std::optional<std::uint64_t> due, wake;
  bool idle = false;
  bool operator==(const ThrottleOutputs&) const = default;
};

class ThrottleReference {
 public:
  static constexpr unsigned kVectors = 25;
  static constexpr std::uint64_t kUs = 125;

  ThrottleOutputs outputs(const ThrottleInputs& in) const {
    ThrottleOutputs out;
    out.eicr = shown_eicr(in.other);
    out.eims = eims_;
    out.eiac = eiac_;
    out.eiam = eiam_;
    out.gpie = gpie_;
    ThrottleReference now = *this;
    now.give_credits(in.now);
    const Vector& shown = now.vectors_[in.eitr_vector];
    const std::uint64_t left = shown.ends > in.now ? (shown.ends - in.now) / (8 * kUs) : 0;
    out.eitr = shown.interval << 2 | unsigned{shown.limited} << 15 | shown.credits << 16 |
               static_cast<std::uint32_t>(left) << 21;
    out.expiry = shown.ends;
    out.wake = wake_;
    now = *this;
    now.up_to_the_grant(in);
    for (unsigned v = 0; v < kVectors; ++v) {
      const Vector& vector = now.vectors_[v];
      out.line |= unsigned{vector.high} << v;
      out.asserted |= unsigned{vector.high && !vector.owes} << v;
      if (!vector.owes) continue;
      if (now.may_send(vector, in)) out.grant |= 1u << v;
      const std::uint64_t due = now.due(vector, in);
      out.due = std::min(out.due.value_or(due), due);
    }
    ThrottleReference later = *this;
    later.edge(in.levels());
    out.idle = later == *this;
    return out;
  }

  void edge(const ThrottleInputs& in) {
    if (in.rst) {
      *this = ThrottleReference();
      return;
    }
    up_to_the_grant(in);
    if (in.grant_ready) grant(in);
    was_other_ = in.other;
  }
  bool operator==(const ThrottleReference&) const = default;

  /// What a test may want to know of a vector.
  std::uint64_t countdown_ends(unsigned v) const { return vectors_[v].ends; }
  bool urgent(unsigned v) const { return vectors_[v].urgent; }
  std::optional<std::uint64_t> wake() const { return wake_; }

 private:
  static constexpr std::uint32_t kOther = 1u << 31, kSingle = 0xC000FFFF, kSpread = (1u << kVectors) - 1;
  struct Vector {
    std::uint64_t ends = 0;
    unsigned interval = 0, credits = 0;
    bool limited = false, high = false, owes = false, urgent = false;
    bool operator==(const Vector&) const = default;
  };

  bool spread() const { return (gpie_ >> 4 & 1) != 0; }
  bool masks_at_message() const { return (gpie_ >> 30 & 1) != 0; }
  unsigned ll_interval() const { return gpie_ >> 7 & 31; }
  std::uint32_t valid() const { return spread() ? kSpread : kSingle; }
  std::uint32_t shown_eicr(bool other) const { return eicr_ | (other && !spread() ? kOther : 0); }

  void up_to_the_grant(const ThrottleInputs& in) {
    give_credits(in.now);
    access(in);
    if (was_other_ && !in.other) was_other_ = false;
    look();
    eicr_ |= in.causes & valid();
    was_other_ = in.other;
    look();
    for (unsigned v = 0; v < kVectors; ++v) {
      const bool named = spread() ? (in.low_latency >> v & 1) != 0 : v == 0 && in.low_latency != 0;
      if (named && caused(v) && (vectors_[v].limited || in.low_latency_unless_limited))
        vectors_[v].urgent = true;
    }
  }

  // --- credits -----------------------------------------------------------------------------------
  bool missing() const {
    return std::any_of(vectors_.begin(), vectors_.end(),
                       [](const Vector& v) { return v.limited && v.credits < 31; });
  }
  void give_credits(std::uint64_t now) {
    if (!wake_ || now < *wake_) return;
    for (Vector& v : vectors_)
      if (v.limited && v.credits < 31) ++v.credits;
    wake_.reset();
    if (missing()) wake_ = now + 4 * kUs * ll_interval();
  }
  void mind_the_timer(std::uint64_t now) {
    const bool runs = missing() && ll_interval() != 0;
    if (!runs) wake_.reset();
    if (runs && !wake_) wake_ = now + 4 * kUs * ll_interval();
  }

  // --- registers ---------------------------------------------------------------------------------
  void access(const ThrottleInputs& in) {
    const std::uint32_t v = in.value;
    switch (in.access) {
      case Access::none: break;
      case Access::eicr:
        eicr_ &= ~v;
        if (!masks_at_message()) eims_ &= ~(v & eiam_);
        break;
      case Access::eics:
        eicr_ |= v & valid();
        if (!masks_at_message()) eims_ |= v & eiam_;
        break;
      case Access::eims: eims_ |= v & valid(); break;
      case Access::eimc: eims_ &= ~v; break;
      case Access::eiac: eiac_ = v & kSpread; break;
      case Access::eiam: eiam_ = v & (kSpread | kSingle); break;
      case Access::gpie:
        gpie_ = v;
        mind_the_timer(in.now);
        break;
      case Access::eitr: write_eitr(vectors_[in.write_vector], in); break;
      case Access::read_eicr:
        if (!spread()) eicr_ = 0;
        if (!masks_at_message()) eims_ &= ~eiam_;
        break;
      case Access::reset:
        eicr_ = eiac_ = eiam_ = gpie_ = 0;
        eims_ = kOther;
        mind_the_timer(in.now);
        break;
      case Access::expire:
        for (Vector& vector : vectors_) vector.ends = std::min(vector.ends, in.now);
        break;
    }
  }
  void write_eitr(Vector& vector, const ThrottleInputs& in) {
    vector.interval = in.value >> 2 & 0x1FFF;
    vector.limited = (in.value >> 15 & 1) != 0;
    if (in.value >> 31 == 0) {
      vector.credits = in.value >> 16 & 31;
      const unsigned us = in.write_reloads_interval ? vector.interval : 8 * (in.value >> 21 & 0x3FF);
      vector.ends = in.now + us * kUs;
    }
    mind_the_timer(in.now);
  }

  // --- lines and messages ------------------------------------------------------------------------
  /// EICR & `mask` is not zero for the vector.
  bool any(unsigned v, std::uint32_t mask) const {
    const std::uint32_t causes = shown_eicr(was_other_) & mask & valid();
    return spread() ? (causes >> v & 1) != 0 : v == 0 && causes != 0;
  }
  bool caused(unsigned v) const { return any(v, ~0u); }
  void look() {
    for (unsigned v = 0; v < kVectors; ++v) {
      Vector& vector = vectors_[v];
      const bool high = any(v, eims_);
      if (high && !vector.high) vector.owes = true;
      if (!high) vector.owes = false;
      vector.high = high;
      if (!caused(v)) vector.urgent = false;
    }
  }
  bool passes(const Vector& v, const ThrottleInputs& in) const {
    return v.urgent && (v.limited ? v.credits != 0 : in.low_latency_unless_limited);
  }
  bool may_send(const Vector& v, const ThrottleInputs& in) const { return v.ends <= in.now || passes(v, in); }
  std::uint64_t due(const Vector& v, const ThrottleInputs& in) const {
    if (may_send(v, in)) return in.now;
    if (v.urgent && v.limited && wake_) return std::min(v.ends, *wake_);
    return v.ends;
  }
  void grant(const ThrottleInputs& in) {
    const std::uint32_t active = shown_eicr(in.other) & eims_ & valid();
    for (unsigned v = 0; v < kVectors; ++v) {
      Vector& vector = vectors_[v];
      if (!vector.owes || !may_send(vector, in)) continue;
      vector.owes = vector.urgent = false;
      if (vector.ends > in.now && vector.limited) --vector.credits;
      vector.ends = in.now + (vector.interval == 0 ? 1 : vector.interval * kUs);
      const std::uint32_t told = spread() ? 1u << v : active;
      if (spread()) eicr_ &= ~(told & eiac_);
      if (masks_at_message()) eims_ &= ~(told & eiam_);
    }
    mind_the_timer(in.now);
    look();
  }

  std::uint32_t eicr_ = 0, eims_ = kOther, eiac_ = 0, eiam_ = 0, gpie_ = 0;
  bool was_other_ = false;
  std::array<Vector, kVectors> vectors_{};
  std::optional<std::uint64_t> wake_;
};

}  // namespace niclab::rtl
