// What waves show of one port of the I350: doorbells, descriptor traffic, ring pointers, buffers, interrupts.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/waves.hpp"
#include "hw/msix.hpp"
#include "hw/registers.hpp"

namespace niclab::sim {

/// An event that belongs to a queue or a vector: the event, and beside it the number.
struct NumberedEvent {
  NumberedEvent(WaveSink& sink, WaveScope scope, std::string_view name, std::string_view number_name);
  void happens(WaveSink& sink, unsigned n, Time t) const {
    sink.pulse(t, event);
    sink.set(t, number, n);
  }
  WaveSignal event, number;
};

/// One direction's descriptors and packets.
class DirectionWaves {
 public:
  /// `packet`: "tx" or "rx", before a packet's number.
  DirectionWaves(WaveSink& sink, WaveScope scope, std::string_view packet);

  void doorbell(unsigned queue, Time t) const { doorbell_.happens(sink_, queue, t); }
  void fetch(unsigned queue, Time t) const { fetch_.happens(sink_, queue, t); }
  void writeback(unsigned queue, Time t) const { writeback_.happens(sink_, queue, t); }
  void payload(unsigned queue, std::uint32_t packet, Time t) const;
  void pointers(unsigned queue, unsigned head, unsigned tail, Time t) const {
    sink_.set(t, head_[queue], head);
    sink_.set(t, tail_[queue], tail);
  }
  void buffer(std::uint32_t bytes, Time t) const { sink_.set(t, buffer_, bytes); }

 private:
  WaveSink& sink_;
  std::string_view packet_;
  NumberedEvent doorbell_, fetch_, payload_, writeback_;
  WaveSignal payload_packet_, buffer_;
  std::array<WaveSignal, hw::reg::kQueues> head_, tail_;
};

class FunctionWaves {
 public:
  FunctionWaves(WaveSink& sink, WaveScope scope);

  /// A message of this vector leaves for the bus.
  void interrupt(unsigned vector, Time t) const { message_.happens(sink_, vector, t); }
  /// The vector's throttle counter runs until `expiry`, which may be past.
  void throttle(unsigned vector, Time expiry, Time t);
  void link(bool up, Time t) const { sink_.set(t, link_up_, up ? 1 : 0); }

  const DirectionWaves tx, rx;

 private:
  WaveSink& sink_;
  NumberedEvent message_;
  WaveSignal link_up_;
  std::array<WaveSignal, hw::Msix::kEntries> throttled_;
  std::array<Time, hw::Msix::kEntries> expiry_{};
};

}  // namespace niclab::sim
