// The legacy cause registers ICR, ICS, IMS, IMC, IAM (fact base 2.6.1, 2.6.2) and the IVAR map from causes to
// vectors (2.6.7).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "hw/register_fields.hpp"
#include "hw/register_offsets.hpp"

namespace niclab::hw {

/// What decides how ICR behaves (2.6.2).
struct IcrRules {
  bool nsicr = false;          ///< GPIE.NSICR: every read clears, and applies IAM
  bool multiple_msix = false;  ///< GPIE.Multiple_MSIX: there is no INTA
  bool read_clears = false;    ///< rule (d): MSI-X is off and the quirk is chosen
};

/// ICR and its mask. After any change compare active() with before: its bits, new ones in particular, are
/// what reaches EICR.OTHER or the vector of IVAR_MISC.
class InterruptCauses {
 public:
  void set_rules(const IcrRules& rules) { rules_ = rules; }

  /// A hardware event, or a write to ICS.
  void set(std::uint32_t causes) { icr_ |= causes & reg::icr::kCauses; }
  void write_ims(std::uint32_t v) { ims_ |= v & reg::icr::kCauses; }
  void write_imc(std::uint32_t v) { ims_ &= ~v; }
  void write_iam(std::uint32_t v) { iam_ = v; }

  /// A software read of ICR: the causes plus INTA. Clears them, and applies IAM, by the rules of 2.6.2.
  std::uint32_t read_icr() {
    const std::uint32_t value = icr();
    const bool clears = rules_.nsicr || inta() || ims_ == 0 || rules_.read_clears;
    acknowledge();
    if (clears) icr_ = 0;
    return value;
  }
  /// A write to ICR: write 1 to clear, and the same IAM rule.
  void write_icr(std::uint32_t v) {
    acknowledge();
    icr_ &= ~v;
  }

  std::uint32_t icr() const { return icr_ | (inta() ? reg::icr::INTA : 0); }  ///< without side effects
  std::uint32_t ims() const { return ims_; }
  std::uint32_t iam() const { return iam_; }
  /// Causes that are set and enabled.
  std::uint32_t active() const { return icr_ & ims_; }

 private:
  bool inta() const { return active() != 0 && !rules_.multiple_msix; }
  void acknowledge() {
    if (rules_.nsicr || inta()) ims_ &= ~iam_;
  }

  IcrRules rules_;
  std::uint32_t icr_ = 0, ims_ = 0, iam_ = 0;
};

/// IVAR[0..3] and IVAR_MISC: which vector (EICR bit) a cause raises; nothing while the entry is not valid.
class InterruptVectors {
 public:
  void write_ivar(unsigned i, std::uint32_t v) { ivar_[i] = v & kEntries; }
  void write_ivar_misc(std::uint32_t v) { misc_ = v & kEntries & 0xFFFF; }
  std::uint32_t ivar(unsigned i) const { return ivar_[i]; }
  std::uint32_t ivar_misc() const { return misc_; }

  std::optional<unsigned> rx(unsigned queue) const { return entry(ivar_[queue / 2] >> (queue % 2 * 16)); }
  std::optional<unsigned> tx(unsigned queue) const { return entry(ivar_[queue / 2] >> (queue % 2 * 16 + 8)); }
  std::optional<unsigned> tcp_timer() const { return entry(misc_); }
  std::optional<unsigned> other() const { return entry(misc_ >> 8); }

  /// The same as EICR bits; 0 for an invalid entry.
  static constexpr std::uint32_t cause_bit(std::optional<unsigned> vector) {
    return vector ? reg::bit(*vector) : 0;
  }
  /// MSI-X mode: the EICR bits that newly active causes of ICR set. The TCP timer has a vector of its own and
  /// is none of them. `drsta_in_byte_0`: the device reset goes through the TCP timer's byte (2.6.7).
  std::uint32_t of_causes(std::uint32_t newly_active, bool drsta_in_byte_0) const {
    const std::uint32_t misc = drsta_in_byte_0 ? newly_active & reg::icr::DRSTA : 0;
    const std::uint32_t others = newly_active & ~misc & ~reg::icr::TCP_TIMER;
    return (misc != 0 ? cause_bit(tcp_timer()) : 0) | (others != 0 ? cause_bit(other()) : 0);
  }

 private:
  static constexpr std::uint32_t kEntries = 0x9F9F9F9F;  ///< VALID and VECTOR of each byte
  static std::optional<unsigned> entry(std::uint32_t byte) {
    const unsigned vector = reg::ivar::VECTOR.get(byte);
    if (!(byte & reg::ivar::VALID) || vector >= reg::kVectors) return std::nullopt;
    return vector;
  }
  std::array<std::uint32_t, reg::kQueues / 2> ivar_{};
  std::uint32_t misc_ = 0;
};

}  // namespace niclab::hw
