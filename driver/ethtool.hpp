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
