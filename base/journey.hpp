// The journey of one packet, in stages: whoever begins or ends a stage says so, with the instant.
//
// Measurement only, never part of the simulated state. Hot structures carry a JourneyId of four bytes, which
// is `none` for every packet when nobody observes; then a border costs one test. What each stage covers, and
// which code stamps its borders: docs/latency.md.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "base/time.hpp"

namespace niclab {

/// A packet whose journey is recorded.
enum class JourneyId : std::uint32_t { none = 0 };

/// The stages of both ways, each in the order of the path.
enum class Stage : std::uint8_t {
  rx_wire,
  rx_mac,
  rx_buffer,
  rx_dma,
  rx_writeback_wait,
  rx_writeback,
  rx_interrupt,
  rx_hardirq,
  rx_softirq,
  rx_poll,
  rx_driver,
  rx_stack,
  rx_socket,
  rx_app,
  tx_socket,
  tx_stack,
  tx_qdisc,
  tx_driver,
  tx_doorbell,
  tx_descriptor_fetch,
  tx_descriptor_wait,
  tx_payload_fetch,
  tx_pipeline,
  tx_mac_queue,
  tx_wire,
};
inline constexpr std::array<std::string_view, 25> kStageNames{"rx_wire",
                                                              "rx_mac",
                                                              "rx_buffer",
                                                              "rx_dma",
                                                              "rx_writeback_wait",
                                                              "rx_writeback",
                                                              "rx_interrupt",
                                                              "rx_hardirq",
                                                              "rx_softirq",
                                                              "rx_poll",
                                                              "rx_driver",
                                                              "rx_stack",
                                                              "rx_socket",
                                                              "rx_app",
                                                              "tx_socket",
                                                              "tx_stack",
                                                              "tx_qdisc",
                                                              "tx_driver",
                                                              "tx_doorbell",
                                                              "tx_descriptor_fetch",
                                                              "tx_descriptor_wait",
                                                              "tx_payload_fetch",
                                                              "tx_pipeline",
                                                              "tx_mac_queue",
                                                              "tx_wire"};  ///< by Stage
inline constexpr unsigned kFirstTxStage = static_cast<unsigned>(Stage::tx_socket);

/// The hard interrupt a CPU served last.
struct InterruptStamps {
  Time arrived{};           ///< the interrupt controller: the message reached the CPU
  Time received{};          ///< the CPU's own clock then
  Time handled{};           ///< the handler has done its part and schedules the poll
  std::string_view name{};  ///< its row in /proc/interrupts
};

/// How a NAPI instance came to its present poll.
struct NapiStamps {
  InterruptStamps interrupt{};  ///< that scheduled it
  Time scheduled{};             ///< napi_schedule put it on the poll list
  Time chosen{};                ///< net_rx_action calls its poll
  Time polling{};               ///< the driver's poll begins
};

/// Collects journeys. Must not allocate in steady state, block, or touch what it observes.
class JourneyObserver {
 public:
  virtual ~JourneyObserver() = default;
  /// A frame of `bytes` (without FCS) reached NIC number `port`, counted over all hosts.
  virtual JourneyId received(unsigned port, std::uint32_t bytes, Time at) = 0;
  /// A datagram is on its way out of a socket.
  virtual JourneyId sent(Time at) = 0;
  /// One more receiver of the same packet: a journey that shares the stages so far.
  virtual JourneyId copy(JourneyId id) = 0;
  /// Said again, the later time counts.
  virtual void begins(JourneyId id, Stage stage, Time at) = 0;
  virtual void ends(JourneyId id, Stage stage, Time at) = 0;
  /// The driver's poll looks at the packet's descriptor: ends rx_poll, and gives the stages before it the
  /// borders of the poll, as far as the packet was there by then.
  virtual void polled(JourneyId id, const NapiStamps& poll, Time at) = 0;
  /// A transmitted packet's NIC, when it is known.
  virtual void leaves(JourneyId id, unsigned port, std::uint32_t bytes) = 0;
  /// The descriptor ring it goes through.
  virtual void in_queue(JourneyId id, unsigned queue) = 0;
  /// A TLP on the link that carries the packet or its descriptor. Of several packets in one TLP each is told.
  virtual void carried(JourneyId id, unsigned port, bool up, std::string_view type, Time start, Time end) = 0;
  /// The last stage has ended.
  virtual void completed(JourneyId id) = 0;
  /// The packet ends elsewhere: it does not count. An id that is over already is ignored.
  virtual void dropped(JourneyId id) = 0;
};

}  // namespace niclab
