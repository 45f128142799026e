// Firmware of the card as software notices it: it now and then holds a resource that both share (fact
// base 2.4.5). What it does is worked out when somebody looks; it needs no events.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "hw/register_fields.hpp"

namespace niclab::hw {

/// What firmware and software take turns with.
enum class SharedResource : std::uint8_t { swsm, eeprom, phy0, phy1, phy2, phy3 };
inline constexpr std::array<std::string_view, 6> kSharedResources = {"swsm", "eeprom", "phy0",
                                                                     "phy1", "phy2",   "phy3"};

/// Software's bit of SW_FW_SYNC for a resource; none for the register SWSM itself.
constexpr std::uint32_t software_bit(SharedResource r) {
  using namespace reg::sw_fw_sync;
  constexpr std::uint32_t kBits[] = {0, EEP_SM, PHY0_SM, PHY1_SM, PHY2_SM, PHY3_SM};
  return kBits[static_cast<unsigned>(r)];
}

/// Firmware wants `resource` at `from`, waits until software lets go of it, and holds it for `duration`.
struct FirmwareHold {
  SharedResource resource = SharedResource::swsm;
  Time from{};
  std::optional<Duration> duration;  ///< above zero; none: for ever
  std::optional<Duration> every;     ///< and again each time this has passed; above `duration`
};

class FirmwareAgent {
 public:
  explicit FirmwareAgent(const std::vector<FirmwareHold>& holds) {
    for (const FirmwareHold& h : holds) holds_.push_back({h, h.from, Time::never(), false});
  }

  /// Brings firmware up to `t`. `taken(r)`: software has had that resource since the last call; `freed(r)`:
  /// since when it has not had it. Call it before software's side changes, and time never goes back.
  template <class Taken, class Freed>
  void advance(Time t, Taken taken, Freed freed) {
    for (Hold& h : holds_)
      while (step(h, t, taken(h.plan.resource), freed(h.plan.resource))) {
      }
  }
  /// Whether firmware has it now, after advance().
  bool holds(SharedResource r) const {
    for (const Hold& h : holds_)
      if (h.held && h.plan.resource == r) return true;
    return false;
  }
  /// Firmware's half of SW_FW_SYNC.
  std::uint32_t sw_fw_sync() const {
    std::uint32_t bits = 0;
    for (const Hold& h : holds_)
      if (h.held) bits |= software_bit(h.plan.resource) << 16;
    return bits;
  }

 private:
  struct Hold {
    FirmwareHold plan;
    Time wants;  ///< the next time it asks, or of the hold in force
    Time until;
    bool held;
  };

  /// One change of state at or before `t`, if there is one.
  static bool step(Hold& h, Time t, bool taken, Time freed) {
    if (h.held) {
      if (h.until > t) return false;
      h.held = false;
      h.wants = next_wish(h);
      return true;
    }
    if (taken || h.wants > t || h.wants == Time::never()) return false;
    h.held = true;
    h.until = h.plan.duration ? max(h.wants, freed) + *h.plan.duration : Time::never();
    return true;
  }
  static Time next_wish(const Hold& h) {
    if (!h.plan.every) return Time::never();
    return h.plan.from + *h.plan.every * ((h.until - h.plan.from) / *h.plan.every + 1);
  }

  std::vector<Hold> holds_;
};

}  // namespace niclab::hw
