// What ethtool asks of the driver (path-map A-17, F-23, F-24, F-29).
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace niclab::igb {

/// ethtool -c / -C; microseconds.
struct Coalesce {
  unsigned rx_usecs = 0;  ///< 0, 1, 3 or 10..10000
  unsigned tx_usecs = 0;  ///< the same; must be 0 when rings are paired
};

/// ethtool -g / -G; descriptors.
struct RingParam {
  unsigned rx_max = 4096, tx_max = 4096;
  unsigned rx = 0, tx = 0;
  unsigned rx_mini = 0, rx_jumbo = 0;  ///< not supported: must stay 0
};

/// ethtool -l / -L.
struct Channels {
  unsigned max_combined = 0, combined = 0;
  unsigned max_other = 0, other = 0;
};

/// ethtool -i (path-map E-50).
struct DriverInfo {
  std::string driver, version, firmware_version, bus_info;
};

/// ethtool -a.
struct PauseParam {
  bool autoneg = true, rx_pause = false, tx_pause = false;
};

/// ethtool -t: a code for each part, 0 for passed or not run. Register test: the register that failed, or 1
/// for STATUS; EEPROM: 2; interrupts: 1 cannot be requested, 3 arrived while masked, 4 did not arrive, 5
/// others brought it; loopback: 1 to 3 no memory, 12 not all sent, 13 not all came back as they were;
/// link: 1.
struct SelfTest {
  enum Part : unsigned { registers, eeprom, interrupts, loopback, link };
  std::array<std::uint64_t, 5> data{};
  bool failed() const {
    for (const std::uint64_t d : data)
      if (d != 0) return true;
    return false;
  }
};

/// Filters of WUFC, as ethtool's wol letters mean them (fact base 4.14).
namespace wufc {
inline constexpr std::uint32_t LNKC = 1u << 0, MAG = 1u << 1, EX = 1u << 2, MC = 1u << 3, BC = 1u << 4;
inline constexpr std::uint32_t kSupported = LNKC | MAG | EX | MC | BC;
}  // namespace wufc

/// Modes of a copper port, as in ETHTOOL_GSET; 1000 Mb/s is full duplex only.
namespace advertised {
inline constexpr unsigned kHalf10 = 1, kFull10 = 2, kHalf100 = 4, kFull100 = 8, kFull1000 = 0x20;
inline constexpr unsigned kAll = kHalf10 | kFull10 | kHalf100 | kFull100 | kFull1000;
/// Every mode up to a speed in Mb/s.
constexpr unsigned up_to(unsigned mbps) {
  return kHalf10 | kFull10 | (mbps >= 100 ? kHalf100 | kFull100 : 0) | (mbps >= 1000 ? kFull1000 : 0);
}
}  // namespace advertised

/// ethtool DEV / -s. Without autoneg `speed` and `full_duplex` are forced; with it `advertised` is offered.
struct LinkSettings {
  bool autoneg = true;
  unsigned modes = advertised::kAll;  ///< bits of `advertised`
  unsigned speed = 0;                 ///< Mb/s; asked of the driver: 0 is no link
  bool full_duplex = true;
};

/// ethtool --show-eee; modes are bits of `advertised`.
struct Eee {
  bool active = false;  ///< negotiated
  bool tx_lpi = false;  ///< the port may tell its partner that it sleeps
  unsigned offered = 0, partner = 0;
};

/// ethtool -x: entry = receive queue, index = low seven bits of the hash (path-map E-53).
using RxIndirection = std::array<std::uint8_t, 128>;

}  // namespace niclab::igb
