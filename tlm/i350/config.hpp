// What a scenario may choose about the device.
#pragma once

#include <string>

#include "base/addresses.hpp"
#include "base/time.hpp"
#include "base/waves.hpp"
#include "hw/interrupts.hpp"
#include "hw/phy.hpp"
#include "tlm/rtl/fidelity.hpp"
#include "tlm/rtl/rtl_world.hpp"

namespace niclab::sim {

/// Named readings where the data sheet leaves room (`[host.nic.quirk]`).
struct I350Quirks {
  /// EITR expiry flushes pending transmit write-backs (fact base 3.4); false: only WTHRESH does.
  bool eitr_flushes_tx_writeback = true;
  hw::ThrottleReadings throttle;
};

struct I350FunctionConfig {
  MacAddress mac;
  I350Quirks quirks;
  Duration negotiation = hw::Phy::kDefaultNegotiation;
  std::string name;  ///< in messages: "h1.eth0"
  Fidelities fidelity;
  RtlWorld* rtl = nullptr;    ///< needed if a fidelity is not model
  WaveSink* waves = nullptr;  ///< whom to show waves, in scope `wave_scope`
  WaveScope wave_scope{};
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
inline constexpr unsigned kPayloadReads = 6;                  ///< in flight at once, fact base 3.5

}  // namespace niclab::sim
