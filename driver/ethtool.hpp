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

/// ethtool -x: entry = receive queue, index = low seven bits of the hash (path-map E-53).
using RxIndirection = std::array<std::uint8_t, 128>;

}  // namespace niclab::igb
