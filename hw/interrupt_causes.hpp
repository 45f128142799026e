// The legacy cause registers ICR, ICS, IMS, IMC, IAM (fact base 2.6.1, 2.6.2) and the IVAR map from causes to
// vectors (2.6.7).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "hw/register_fields.hpp"
#include "hw/register_offsets.hpp"

namespace niclab::hw {

/// ICR and its mask. After any change compare active() with before: its bits, new ones in particular, are
/// what reaches EICR.OTHER or the vector of IVAR_MISC.
class InterruptCauses {
 public:
  /// A hardware event, or a write to ICS.
  void set(std::uint32_t causes) { icr_ |= causes & reg::icr::kCauses; }
  void write_ims(std::uint32_t v) { ims_ |= v & reg::icr::kCauses; }
  void write_imc(std::uint32_t v) { ims_ &= ~v; }
  void write_iam(std::uint32_t v) { iam_ = v; }

  /// A software read of ICR: the causes plus INTA. Clears them, and applies IAM, by the rules of 2.6.2.
  /// `nsicr` is GPIE.NSICR; `msix` says whether the function runs MSI-X.
  std::uint32_t read_icr(bool nsicr, bool msix) {
    const std::uint32_t value = icr();
    const bool inta = (value & reg::icr::INTA) != 0;
    const bool acknowledge = nsicr || (inta && ims_ != 0);
    if (nsicr || inta || ims_ == 0 || !msix) icr_ = 0;
    if (acknowledge) ims_ &= ~iam_;
    return value;
  }
  /// A write to ICR: write 1 to clear, and the same IAM rule.
  void write_icr(std::uint32_t v, bool nsicr) {
    const bool acknowledge = nsicr || active() != 0;
    icr_ &= ~v;
    if (acknowledge) ims_ &= ~iam_;
  }

  std::uint32_t icr() const { return icr_ | (active() != 0 ? reg::icr::INTA : 0); }  ///< without side effects
  std::uint32_t ims() const { return ims_; }
  std::uint32_t iam() const { return iam_; }
  /// Causes that are set and enabled.
  std::uint32_t active() const { return icr_ & ims_; }

 private:
  std::uint32_t icr_ = 0, ims_ = 0, iam_ = 0;
};

/// IVAR[0..3] and IVAR_MISC: which vector (EICR bit) a cause raises; nothing while the entry is not valid.
class InterruptVectors {
 public:
  void write_ivar(unsigned i, std::uint32_t v) { ivar_[i] = v; }
  void write_ivar_misc(std::uint32_t v) { misc_ = v; }

  std::optional<unsigned> rx(unsigned queue) const { return entry(ivar_[queue / 2] >> (queue % 2 * 16)); }
  std::optional<unsigned> tx(unsigned queue) const { return entry(ivar_[queue / 2] >> (queue % 2 * 16 + 8)); }
  std::optional<unsigned> tcp_timer() const { return entry(misc_); }
  std::optional<unsigned> other() const { return entry(misc_ >> 8); }

  /// The same as EICR bits; 0 for an invalid entry.
  static constexpr std::uint32_t cause_bit(std::optional<unsigned> vector) {
    return vector ? reg::bit(*vector) : 0;
  }

 private:
  static std::optional<unsigned> entry(std::uint32_t byte) {
    const unsigned vector = reg::ivar::VECTOR.get(byte);
    if (!(byte & reg::ivar::VALID) || vector >= reg::kVectors) return std::nullopt;
    return vector;
  }
  std::array<std::uint32_t, reg::kQueues / 2> ivar_{};
  std::uint32_t misc_ = 0;
};

}  // namespace niclab::hw
