// What ethtool asks of the driver (path-map A-17, F-23, F-24, F-29).
#pragma once

#include <cstdint>

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

}  // namespace niclab::igb
