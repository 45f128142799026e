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

FilterDecision MacFilter::decide(const MacAddress& destination, std::optional<unsigned> vlan_id) const {
  constexpr FilterDecision kDrop{}, kExact{true, false}, kInexact{true, true};
  if (vlan_id && (rctl_ & rctl::VFE) && !test(vfta_, *vlan_id)) return kDrop;
  const DestinationKind kind = destination_kind(destination);
  if (kind == DestinationKind::broadcast && (rctl_ & rctl::BAM)) return kExact;
  if (exact(destination)) return kExact;
  const unsigned h = hash(destination, rctl::MO.get(rctl_));
  if (kind == DestinationKind::unicast) {
    const bool hashed = mrqc::MODE.get(mrqc_) != mrqc::MODE_NONE && test(uta_, h);
    return (rctl_ & rctl::UPE) || hashed ? kInexact : kDrop;
  }
  return (rctl_ & rctl::MPE) || test(mta_, h) ? kInexact : kDrop;
}

}  // namespace niclab::hw
