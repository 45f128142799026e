#include "hw/mac_filter.hpp"

#include <algorithm>

namespace niclab::hw {

using namespace reg;

void MacFilter::rebuild() {
  valid_count_ = 0;
  for (unsigned i = 0; i < kRarEntries; ++i)
    if (rah_[i] & rah::AV) valid_[valid_count_++] = ral_[i] | std::uint64_t{rah_[i] & 0xFFFF} << 32;
}

bool MacFilter::exact(const MacAddress& m) const {
  const std::uint64_t key = ral_of(m) | std::uint64_t{rah_of(m) & 0xFFFF} << 32;
  return std::find(valid_.begin(), valid_.begin() + valid_count_, key) != valid_.begin() + valid_count_;
}

/// VFE looks for the identifier in VFTA, CFIEN compares bit 12 with RCTL.CFI.
bool MacFilter::tag_accepted(unsigned tci) const {
  constexpr unsigned kCfi = 1u << 12;
  if ((rctl_ & rctl::CFIEN) && ((tci & kCfi) != 0) != ((rctl_ & rctl::CFI) != 0)) return false;
  return !(rctl_ & rctl::VFE) || test(vfta_, tci & 0xFFF);
}

FilterDecision MacFilter::decide(const MacAddress& destination, std::optional<unsigned> vlan_tci) const {
  constexpr FilterDecision kDrop{}, kExact{true, false}, kInexact{true, true};
  if (vlan_tci && !tag_accepted(*vlan_tci)) return kDrop;
  const DestinationKind kind = destination_kind(destination);
  if (kind == DestinationKind::broadcast && (rctl_ & rctl::BAM)) return kExact;
  if (exact(destination)) return kExact;
  const unsigned h = hash(destination, rctl::MO.get(rctl_));
  if (kind == DestinationKind::unicast) {
    const bool several_queues = mrqc::MODE.get(mrqc_) != mrqc::MODE_NONE;
    const bool hashed = (several_queues || uta_always_) && test(uta_, h);
    return (rctl_ & rctl::UPE) || hashed ? kInexact : kDrop;
  }
  return (rctl_ & rctl::MPE) || test(mta_, h) ? kInexact : kDrop;
}

}  // namespace niclab::hw
