// What a host decides about its port before the driver is probed.
#pragma once

#include <cstdint>
#include <optional>

namespace niclab::igb {

/// Faults that tests plant in the driver; the bus and the IOMMU must name each of them.
struct PlantedBugs {
  bool unmap_tx_early = false;              ///< a transmit buffer is unmapped before the device has read it
  bool wrong_ring_address = false;          ///< RDBAL of queue 0 points outside the ring
  bool no_bus_master = false;               ///< probe forgets pci_set_master
  bool doorbell_before_descriptor = false;  ///< TDT is written 5 us before the descriptors are
};

inline constexpr unsigned kMaxQueues = 8;
inline constexpr unsigned kMinRing = 80, kMaxRing = 4096;  ///< descriptors (path-map F-24)

/// Pause frames a side may send (tx) or obeys (rx).
enum class FlowControl : std::uint8_t { none, rx_pause, tx_pause, full };

/// Of a direction's descriptor rings: RXDCTL, TXDCTL (fact base 2.7.2, 2.8.6).
struct Thresholds {
  unsigned pthresh = 0, hthresh = 0, wthresh = 0;
};
inline constexpr Thresholds kRxThresholds{8, 8, 4}, kTxThresholds{8, 1, 16};  ///< igb's

struct IgbConfig {
  unsigned queues = 0;     ///< 1..8; 0: min(8, online CPUs) (path-map A-20)
  unsigned rx_ring = 256;  ///< descriptors, 80..4096 (path-map A-26)
  unsigned tx_ring = 256;
  unsigned rx_usecs = 3;  ///< 0, 1, 3 or 10..10000; 3 is adaptive (path-map F-29)
  unsigned tx_usecs = 3;  ///< the same for transmit vectors of their own; ignored when rings are paired
  unsigned tx_work_limit = 128;               ///< packets a transmit clean may complete (path-map B-123)
  bool rss_udp_ports = false;                 ///< hash UDP ports too (path-map F-26)
  std::optional<FlowControl> flow_control{};  ///< what to negotiate; none given: what the NVM says
  unsigned speed = 1000;                      ///< Mb/s: advertised at most, as `ethtool -s DEV advertise`
  Thresholds rx_thresholds = kRxThresholds, tx_thresholds = kTxThresholds;
  PlantedBugs bugs{};
};

}  // namespace niclab::igb
