// The internal copper PHY: MII registers, auto-negotiation as a duration, MDIC (fact base 2.5).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "hw/mac_timing.hpp"

namespace niclab::hw {

/// MII register numbers and the bits this model acts on (2.5.4).
namespace mii {
inline constexpr unsigned BMCR = 0, BMSR = 1, PHYID1 = 2, PHYID2 = 3, ANAR = 4, ANLPAR = 5, ANER = 6,
                          ANNPTR = 7;
inline constexpr unsigned ANLPNP = 8, CTRL1000 = 9, STAT1000 = 10, ESTATUS = 15, EMI_ADDRESS = 16,
                          EMI_DATA = 17;
inline constexpr unsigned PHY_CONTROL_2 = 18, LOOPBACK = 19, CONFIGURATION = 22, PHY_STATUS_2 = 26,
                          DIAGNOSTIC = 31;
inline constexpr std::uint16_t BMCR_RESET = 0x8000, BMCR_LOOPBACK = 0x4000, BMCR_SPEED_LSB = 0x2000;
inline constexpr std::uint16_t BMCR_AN_ENABLE = 0x1000, BMCR_POWER_DOWN = 0x0800, BMCR_AN_RESTART = 0x0200;
inline constexpr std::uint16_t BMCR_FULL_DUPLEX = 0x0100, BMCR_SPEED_MSB = 0x0040;
inline constexpr std::uint16_t BMSR_LINK = 0x0004, BMSR_AN_COMPLETE = 0x0020;
inline constexpr std::uint16_t ANAR_10HD = 0x0020, ANAR_10FD = 0x0040, ANAR_100HD = 0x0080,
                               ANAR_100FD = 0x0100;
inline constexpr std::uint16_t ANAR_MODES = 0x01E0, ANAR_SELECTOR = 0x0001;
inline constexpr std::uint16_t ANAR_PAUSE = 0x0400, ANAR_ASYM_PAUSE = 0x0800;
inline constexpr std::uint16_t LP_ACKNOWLEDGE = 0x4000, LP_NEXT_PAGE = 0x8000;  ///< in ANLPAR
inline constexpr std::uint16_t CTRL1000_HD = 0x0100, CTRL1000_FD = 0x0200;
}  // namespace mii

/// What both ends settled on.
struct LinkMode {
  LinkSpeed speed = LinkSpeed::mbps1000;
  bool full_duplex = true;
  constexpr bool operator==(const LinkMode&) const = default;
};

/// What one end of a cable says to the other: nothing, its abilities, or a mode somebody forced on it.
struct LinkSignal {
  bool present = true;             ///< false: no cable, or a PHY without power
  bool negotiates = true;          ///< false: speaks `forced` only
  std::uint16_t base_page = 0;     ///< as ANAR: modes of 10 and 100 Mb/s, pause
  std::uint16_t gigabit_page = 0;  ///< as CTRL1000: modes of 1000 Mb/s
  LinkMode forced{};
  bool operator==(const LinkSignal&) const = default;

  static LinkSignal nothing() { return {.present = false}; }
  /// Everything up to `fastest`, full and half duplex, and PAUSE both ways if `pause`.
  static LinkSignal everything(LinkSpeed fastest = LinkSpeed::mbps1000, bool pause = false);
};

/// The mode in which two ends of a cable work together (IEEE 802.3 clause 28); nullopt: none. With `mine` not
/// negotiating the mode is the forced one; a partner that does not negotiate is heard by its speed, and taken
/// for half duplex.
std::optional<LinkMode> resolve_link(const LinkSignal& mine, const LinkSignal& partner);

/// The link is up from link_up_at() on, until something restarts it. Time is an argument and never runs
/// backwards.
class Phy {
 public:
  static constexpr unsigned kAddress = 1;  ///< the PHY address MDIC must name
  static constexpr Duration kDefaultNegotiation = 500_ms;

  explicit Phy(Duration negotiation = kDefaultNegotiation) : negotiation_(negotiation) { load_defaults(); }

  /// Hardware reset: power-on, CTRL.PHY_RST. Registers take their defaults and negotiation starts at `t`.
  void reset(Time t);
  /// What the far end says; it can do everything until somebody tells otherwise. When it says something,
  /// negotiation begins anew: whoever restarts takes the other end with him.
  void partner_says(const LinkSignal& signal, Time t);
  /// What this end has said since its last restart.
  const LinkSignal& signal() const { return said_; }
  /// Counts this end's own restarts: when it has changed, the far end has to be told.
  unsigned restarts() const { return restarts_; }
  /// PHPM.GO_LINKD holds the link down.
  void set_link_disconnect(bool on, Time t);

  std::uint16_t read(unsigned reg, Time t);
  void write(unsigned reg, std::uint16_t value, Time t);
  /// What MDIC reads after `written` was written to it; READY at once, ERROR for any address but kAddress.
  std::uint32_t mdic(std::uint32_t written, Time t);

  bool link(Time t) const { return t >= link_up_at_; }
  /// When the link comes up, or came; Time::never() while nothing is under way.
  Time link_up_at() const { return link_up_at_; }
  /// What was negotiated or forced.
  LinkMode mode() const { return mode_; }
  bool powered_down() const { return (regs_[mii::BMCR] & mii::BMCR_POWER_DOWN) != 0; }

 private:
  void load_defaults();
  void restart(Time t);    ///< this end says what its registers hold now
  void negotiate(Time t);  ///< link down now, up after the negotiation if anything allows it
  LinkSignal signal_of_registers() const;
  std::uint16_t status(Time t);

  Duration negotiation_;
  std::array<std::uint16_t, 32> regs_{};
  Time link_up_at_ = Time::never();
  LinkSignal said_ = LinkSignal::nothing(), partner_ = LinkSignal::everything();
  LinkMode mode_{};
  unsigned restarts_ = 0;
  bool disconnect_ = false;
  bool dropped_ = true;  ///< the link was down at some instant since BMSR was read: bit 2 latches low
};

}  // namespace niclab::hw
