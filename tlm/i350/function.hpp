// One port of the I350: its functional units (hw/) wired together in time.
//
// Everything here happens at instants of the 125 MHz grid, in calendar events of this port. The file is split
// by what a packet meets and by the chapters of the register map (hw/registers.hpp, Chapter).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/pci.hpp"
#include "hw/csr_file.hpp"
#include "hw/interrupt_causes.hpp"
#include "hw/interrupt_delivery.hpp"
#include "hw/interrupts.hpp"
#include "hw/mac_filter.hpp"
#include "hw/mac_timing.hpp"
#include "hw/nvm.hpp"
#include "hw/packet_parser.hpp"
#include "hw/pci_config.hpp"
#include "hw/phy.hpp"
#include "hw/registers.hpp"
#include "hw/rss.hpp"
#include "hw/semaphores.hpp"
#include "hw/statistics.hpp"
#include "hw/tcp_timer.hpp"
#include "tlm/core/engine.hpp"
#include "tlm/core/ring.hpp"
#include "tlm/frame.hpp"
#include "tlm/i350/bus_port.hpp"
#include "tlm/i350/config.hpp"
#include "tlm/i350/fetch_arbiter.hpp"
#include "tlm/i350/rx_ring_unit.hpp"
#include "tlm/i350/tx_checksum_unit.hpp"
#include "tlm/i350/tx_ring_unit.hpp"
#include "tlm/i350/waves.hpp"

namespace niclab::sim {

/// Where every frame of a port went; a gap is a fault of the model.
struct PortAccount {
  std::uint64_t injected = 0, delivered = 0, filtered = 0, missed = 0, queue_drops = 0, error_drops = 0;
  std::uint64_t rx_inside = 0;  ///< still in the packet buffer at the end
  std::uint64_t handed_to_device = 0, on_the_wire = 0, tx_errors = 0;
  std::uint64_t tx_inside = 0;  ///< still in the device at the end
};

}  // namespace niclab::sim
