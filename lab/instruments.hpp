// What a run measures beside its digests: latencies, captures, and the event stream of `niclab diff`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/trace.hpp"
#include "lab/bus_waves.hpp"
#include "lab/capture.hpp"
#include "lab/events.hpp"
#include "lab/journeys.hpp"
#include "lab/latency.hpp"
#include "lab/results.hpp"
#include "lab/scenario.hpp"
#include "lab/writer_thread.hpp"
#include "stack/observer.hpp"
#include "tlm/core/engine.hpp"
#include "tlm/trace.hpp"

namespace niclab::lab {

/// Writes one NIC's frames in the order of their last bits, although they are told at their first.
class FrameTap {
 public:
  FrameTap(WriterThread& writer, const std::filesystem::path& file) : writer_(writer, file) {}
  /// `now`: nothing told later ends before it.
  /// `packet`: its number in the trace, or 0.
  void frame(Time now, Time end, std::span<const std::byte> bytes, std::uint64_t packet);
  /// Tells `log` which frame of the file a packet is.
  void trace(TraceLog& log) { log_ = &log; }
  /// Nothing follows: tells the rest.
  void close();

 private:
  struct Held {
    Time end;
    std::uint64_t number;
    std::uint64_t packet;
    std::vector<std::byte> bytes;
  };
  void flush(Time upto);
  CaptureWriter writer_;
  std::vector<Held> held_;  // a heap, soonest on top
  std::uint64_t number_ = 0, written_ = 0;
  TraceLog* log_ = nullptr;
};

class Instruments final : public TraceSink {
 public:
  /// Captures go to `out_dir` by way of `writer`; it and `events` may be null: then nothing is kept of what
  /// they would get.
  Instruments(const Scenario& scenario, sim::Engine& engine, WriterThread* writer,
              const std::filesystem::path& out_dir, EventSink* events);

  void tlp(const TlpEvent& e) override;
  void frame(const FrameEvent& e) override;
  void interrupt(const InterruptEvent& e) override;
  void delivery(const DeliveryEvent& e) override;
  /// Before the run: what passes the bus and the wire of this port is shown in `scope`.
  void show_waves(unsigned port, WaveSink& sink, WaveScope scope) {
    waves_.resize(ports_.size());
    waves_[port] = std::make_unique<BusWaves>(sink, scope);
  }
  /// From now on tells `log` where the packets of the trace are in the captures.
  void trace(const Journeys& journeys, TraceLog& log);
  /// The run is over: hands the writer what is still held back.
  void close();

  LatencyRecorder wire_to_app, app_to_wire, irq_assert_to_handler, request_round_trip;
  std::uint64_t activity = 0;  ///< frames and deliveries so far
  struct WireTime {
    std::uint64_t tx_frames = 0, rx_frames = 0, tx_bytes = 0, rx_bytes = 0;  ///< bytes with FCS
  };
  std::vector<WireTime> wires;  ///< by port, from the start line on
  Time start = Time::never();

 private:
  struct Port {
    std::uint8_t host, nic;
  };
  sim::Engine& engine_;
  WriterThread* writer_;
  EventSink* events_;
  const Journeys* journeys_ = nullptr;
  std::vector<Port> ports_;
  std::vector<std::unique_ptr<FrameTap>> taps_;
  std::vector<std::unique_ptr<BusWaves>> waves_;  // by port; empty: nobody looks
};

/// Turns one host's deliveries into trace events.
class HostObserver final : public stack::DeliveryObserver {
 public:
  HostObserver(unsigned host, sim::Trace& trace, Instruments& instruments)
      : host_(host), trace_(trace), instruments_(instruments) {}
  void delivered(unsigned socket_index, Time at, std::span<const std::byte> payload, Time stamp) override;

 private:
  unsigned host_;
  sim::Trace& trace_;
  Instruments& instruments_;
};

}  // namespace niclab::lab
