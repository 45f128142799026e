// What a scenario may choose about the device.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/addresses.hpp"
#include "base/time.hpp"
#include "base/waves.hpp"
#include "hw/firmware_agent.hpp"
#include "hw/flow_control.hpp"
#include "hw/interrupts.hpp"
#include "hw/nvm.hpp"
#include "hw/phy.hpp"
#include "hw/queue_filters.hpp"
#include "hw/register_readings.hpp"
#include "hw/rss.hpp"
#include "tlm/rtl/fidelity.hpp"
#include "tlm/rtl/rtl_world.hpp"

namespace niclab::sim {

inline constexpr unsigned kPayloadReads = 6, kMostPayloadReads = 14;  ///< in flight at once, fact base 3.5

/// Named readings where the data sheet leaves room (`[host.nic.quirk]`; the table of its keys is quirks.cpp).
struct I350Quirks {
  hw::RegisterReadings registers;

  /// EITR expiry flushes pending transmit write-backs (fact base 3.4); false: only WTHRESH does.
  bool eitr_flushes_tx_writeback = true;

  // --- transmit ---
  /// Without TCTL.EN frames stay in the transmit buffer, as on the 8254x; false: those in it still leave
  /// (2.8.1).
  bool tctl_en_holds_buffer = true;
  /// Of a legacy packet the last descriptor's command, CSO, CSS and tag count, as on the 8254x; false: the
  /// first one's, as on the 82575 (3.2.2).
  bool legacy_command_in_last = false;

  /// Descriptors each queue's cache holds; 0: 16 to receive and 24 to send, as the I210 (3.5). At most
  /// hw::DescriptorPrefetch::kCacheCapacity, and only 0 with rings in RTL.
  unsigned descriptor_cache = 0;
  unsigned payload_reads = kPayloadReads;  ///< in flight at once, 1 to kMostPayloadReads (3.5)

  // --- receive ---
  hw::RssReadings rss;                ///< fact base 4.1.1, 7
  hw::QueueFilterReadings filters;    ///< fact base 2.6.8
  bool uta_always = false;            ///< the unicast hash table counts with MRQC.mode = 0 too (2.7.11, 7)
  bool dvmolr_always = false;         ///< DVMOLR strips tags and FCS outside VMDq as well (2.7.13, 7)
  bool rctl_rdmts = true;             ///< RCTL.RDMTS is in force for queues whose SRRCTL.RDMTS is 0 (7)
  bool sbp_stores_lengths = false;    ///< RCTL.SBP stores undersize and oversize frames too (4.10)
  std::uint32_t rx_buffer_unit = 16;  ///< a frame takes a multiple of this of the packet buffer, bytes; a
                                      ///< power of two (2.9: FCRTL and FCRTH count in 16 bytes)

  // --- interrupts ---
  hw::ThrottleReadings throttle;
  /// Every read of ICR clears it while MSI-X is off (fact base 2.6.2 rule (d), only in the 82576 model);
  /// false: it must have been asserted, or nothing enabled, or GPIE.NSICR set.
  bool icr_clear_on_read_without_msix = false;
  /// ICR.DRSTA raises the vector of IVAR_MISC byte 0 (fact base 2.6.7, as the 82576 model); false: byte 1.
  bool drsta_in_ivar_misc_byte_0 = false;
  /// With GPIE.PBA_support, clearing a cause in EICR takes back the pending message of a vector without
  /// auto-clear (fact base 1.4.3 rule 4).
  bool eicr_clear_removes_pending = true;

  // --- configuration space ---
  unsigned flr_us = 1000;  ///< how long a function-level reset takes (fact base 4.9: 100 ms at most)

  // --- flow control ---
  /// TCTL.SWXOFF sends one PAUSE frame of FCTTV (fact base 4.7); false: the bit does nothing.
  bool software_xoff = true;
  hw::PauseSenderRules pause_sender;
};

struct I350FunctionConfig {
  MacAddress mac;
  I350Quirks quirks;
  std::int64_t clock_ppb = 0;  ///< by how much the card's crystal is fast, as SYSTIM shows it (2.11)
  Duration negotiation = hw::Phy::kDefaultNegotiation;
  std::string name;                       ///< in messages: "h1.eth0"
  unsigned ports = 4;                     ///< PCI functions of its card
  unsigned link_gen = 2, link_lanes = 4;  ///< of its card's PCIe link
  Fidelities fidelity;
  RtlWorld* rtl = nullptr;    ///< needed if a fidelity is not model
  WaveSink* waves = nullptr;  ///< whom to show waves, in scope `wave_scope`
  WaveScope wave_scope{};
};

/// What the ports of a card share.
struct I350CardConfig {
  /// PCI functions: 1, 2 or 4; 0: the fewest that have one for each port in use. Those beyond have
  /// configuration space and nothing behind it.
  unsigned ports = 0;
  /// What its EEPROM holds, taken as it is; none: the factory image with the addresses of its functions.
  std::optional<hw::Nvm> nvm;
  std::vector<hw::FirmwareHold> firmware;  ///< what firmware takes for itself now and then
  bool pass_through = false;               ///< FWSM says that management firmware runs
  std::int64_t clock_ppb = 0;              ///< by how much its crystal is fast, as SYSTIM shows it (2.11)
};

/// Latencies inside the device, in clocks of 8 ns. The data sheet gives none; these are readings of the block
/// diagram, not measurements (fact base 6.3, "FIFO/wire RX latency").
namespace i350_latency {
inline constexpr Duration receive_pipeline = kDeviceClock * 20;   ///< last bit to ready in the packet buffer
inline constexpr Duration receive_engine = kDeviceClock * 3;      ///< a descriptor to its first payload TLP
inline constexpr Duration descriptor_fetch = kDeviceClock;        ///< a reason to fetch to the request
inline constexpr Duration transmit_engine = kDeviceClock * 3;     ///< from one descriptor to the next
inline constexpr Duration transmit_pipeline = kDeviceClock * 20;  ///< last byte in the buffer to the wire
inline constexpr Duration register_read = kDeviceClock * 4;       ///< a CSR read inside the device
}  // namespace i350_latency

inline constexpr std::uint32_t kTransmitBufferBytes = 20408;  ///< fact base 2.9
inline constexpr std::uint32_t kLongestReceive = 9728;        ///< with FCS, fact base 0.3

}  // namespace niclab::sim
