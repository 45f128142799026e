#include "tlm/i350/waves.hpp"

#include <array>
#include <string>

#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

NumberedEvent::NumberedEvent(WaveSink& sink, WaveScope scope, std::string_view name,
                             std::string_view number_name)
    : event(sink.event(scope, name)),
      number(sink.vector(scope, std::string(name) + "_" + std::string(number_name), 4)) {}

DirectionWaves::DirectionWaves(WaveSink& sink, WaveScope scope, std::string_view packet)
    : sink_(sink),
      packet_(packet),
      doorbell_(sink, scope, "doorbell", "queue"),
      fetch_(sink, scope, "fetch", "queue"),
      payload_(sink, scope, "payload", "queue"),
      writeback_(sink, scope, "writeback", "queue"),
      payload_packet_(sink.text(scope, "payload_packet")),
      buffer_(sink.vector(scope, "buffer_bytes", 18)) {
  const std::string letter(1, packet == "tx" ? 'T' : 'R');
  for (unsigned q = 0; q < reg::kQueues; ++q) {
    head_[q] = sink.vector(scope, letter + "DH" + std::to_string(q), 16);
    tail_[q] = sink.vector(scope, letter + "DT" + std::to_string(q), 16);
  }
}

void DirectionWaves::payload(unsigned queue, std::uint32_t packet, Time t) const {
  payload_.happens(sink_, queue, t);
  sink_.set_text(t, payload_packet_, std::string(packet_) + " " + std::to_string(packet));
}

FunctionWaves::FunctionWaves(WaveSink& sink, WaveScope scope)
    : tx(sink, sink.scope(scope, "tx"), "tx"),
      rx(sink, sink.scope(scope, "rx"), "rx"),
      sink_(sink),
      message_(sink, sink.scope(scope, "interrupts"), "message", "vector"),
      link_up_(sink.bit(scope, "link_up")) {
  const WaveScope interrupts = sink.scope(scope, "interrupts");
  for (unsigned v = 0; v < throttled_.size(); ++v)
    throttled_[v] = sink.bit(interrupts, "throttled" + std::to_string(v));
}

void FunctionWaves::throttle(unsigned vector, Time expiry, Time t) {
  if (vector >= throttled_.size() || expiry_[vector] == expiry) return;
  expiry_[vector] = expiry;
  sink_.set(t, throttled_[vector], expiry > t ? 1 : 0);
  if (expiry > t) sink_.set(expiry, throttled_[vector], 0);
}

void I350Function::show_state(Time t) {
  for (unsigned q = 0; q < reg::kQueues; ++q) {
    waves_->tx.pointers(q, tx_queues_[q].shown_head(), csr_[reg::TDT(q)], t);
    waves_->rx.pointers(q, rx_queues_[q].shown_head(), csr_[reg::RDT(q)], t);
  }
  waves_->tx.buffer(tx_buffer_bytes_, t);
  waves_->rx.buffer(rx_fifo_bytes_, t);
  for (unsigned v = 0; v < Msix::kEntries; ++v) waves_->throttle(v, throttle_.counter_expiry(v), t);
  waves_->link(link_up(t), t);
}

}  // namespace niclab::sim
