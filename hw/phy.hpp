// The internal copper PHY: MII registers, auto-negotiation as a duration, loopback, MDIC (fact base 2.5).
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
inline constexpr std::uint16_t CTRL1000_HD = 0x0100, CTRL1000_FD = 0x0200, CTRL1000_MULTIPORT = 0x0400;
inline constexpr std::uint16_t CTRL1000_MASTER = 0x0800, CTRL1000_MANUAL = 0x1000;  ///< MASTER if MANUAL
inline constexpr std::uint16_t STAT1000_FAULT = 0x8000, STAT1000_MASTER = 0x4000, STAT1000_RECEIVERS = 0x3000;
inline constexpr std::uint16_t CONTROL2_MDIX = 0x0200, CONTROL2_AUTO_MDIX = 0x0400;
inline constexpr std::uint16_t STATUS2_MDIX = 0x0800;
inline constexpr std::uint16_t EMI_PARTNER_EEE = 0x040F;             ///< an address behind EMI_ADDRESS
inline constexpr std::uint16_t EEE_100 = 0x0002, EEE_1000 = 0x0004;  ///< in an EEE advertisement
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
  std::uint16_t eee_page = 0;      ///< speeds at which it would sleep between packets, EEE_100 and EEE_1000
  std::uint16_t seed = 0;          ///< 11 bits: of two that want the same, the higher becomes master
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

/// Who gives the clock at 1000 Mb/s (IEEE 802.3 40.5.2). Fault: both were told to be the same.
enum class ClockRole : std::uint8_t { master, slave, fault };
ClockRole clock_role(const LinkSignal& mine, const LinkSignal& partner);

/// The link is up from link_up_at() on, until something restarts it. Time is an argument and never runs
/// backwards.
class Phy {
 public:
  static constexpr unsigned kAddress = 1;  ///< the PHY address MDIC must name
  static constexpr Duration kDefaultNegotiation = 500_ms;

  /// `seed`: LinkSignal::seed. A real PHY draws it by lot.
  explicit Phy(Duration negotiation = kDefaultNegotiation, std::uint16_t seed = 0)
      : negotiation_(negotiation), seed_(seed & 0x7FF) {
    load_defaults();
  }

  /// Power-on, the end of a hardware reset, BMCR bit 15. Registers take their defaults and negotiation starts
  /// at `t`.
  void reset(Time t);
  /// CTRL.PHY_RST is held from `t` until reset(): no link, and nobody answers MDIC.
  void hold_in_reset(Time t);
  /// What the far end says; it can do everything until somebody tells otherwise. When it says something,
  /// negotiation begins anew: whoever restarts takes the other end with him.
  void partner_says(const LinkSignal& signal, Time t);
  /// What this end has said since its last restart.
  const LinkSignal& signal() const { return said_; }
  /// Counts this end's own restarts: when it has changed, the far end has to be told.
  unsigned restarts() const { return restarts_; }
  /// PHPM.GO_LINKD holds the link down.
  void set_link_disconnect(bool on, Time t);
  /// IPCNFG: speeds (EEE_100, EEE_1000) at which the next negotiation offers EEE (2.14).
  void offer_eee(std::uint16_t speeds) { eee_offer_ = speeds; }
  /// Metres of cable, for the diagnostic register.
  void set_cable_length(unsigned metres) { cable_metres_ = metres; }

  std::uint16_t read(unsigned reg, Time t);
  void write(unsigned reg, std::uint16_t value, Time t);
  /// What MDIC reads after `written` was written to it and done: READY, and ERROR if nobody answered, that is
  /// at any address but kAddress.
  std::uint32_t mdic(std::uint32_t written, Time t);

  bool link(Time t) const { return t >= link_up_at_; }
  /// When the link comes up, or came; Time::never() while nothing is under way.
  Time link_up_at() const { return link_up_at_; }
  /// What was negotiated or forced.
  LinkMode mode() const { return mode_; }
  bool powered_down() const { return (regs_[mii::BMCR] & mii::BMCR_POWER_DOWN) != 0; }
  /// BMCR bit 14: what the MAC sends comes back, at the speed BMCR names; the cable is silent. There is a
  /// link at once, as nothing is negotiated.
  bool loops_back() const {
    return (regs_[mii::BMCR] & mii::BMCR_LOOPBACK) != 0 && !powered_down() && !held_;
  }
  /// Both ends offered EEE for the mode of the link.
  bool eee_negotiated(Time t) const;

 private:
  void load_defaults();
  void restart(Time t);    ///< this end says what its registers hold now
  void negotiate(Time t);  ///< link down now, up after the negotiation if anything allows it
  LinkSignal signal_of_registers() const;
  LinkMode forced_mode() const;
  bool negotiated(Time t) const { return link(t) && said_.negotiates && !loops_back(); }
  std::uint16_t status(Time t);
  std::uint16_t gigabit_status(Time t) const;
  std::uint16_t status_2(Time t) const;
  std::uint16_t emi_data(Time t) const;
  void write_control(std::uint16_t value, Time t);

  Duration negotiation_;
  std::uint16_t seed_;
  std::array<std::uint16_t, 32> regs_{};
  Time link_up_at_ = Time::never();
  LinkSignal said_ = LinkSignal::nothing(), partner_ = LinkSignal::everything();
  LinkMode mode_{};
  unsigned restarts_ = 0;
  std::uint16_t eee_offer_ = 0;
  unsigned cable_metres_ = 0;
  bool disconnect_ = false;
  bool held_ = false;
  bool dropped_ = true;  ///< the link was down at some instant since BMSR was read: bit 2 latches low
};

}  // namespace niclab::hw
