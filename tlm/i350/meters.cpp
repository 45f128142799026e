// Measurement: what the meters of a port are told. Levels are those of the buffers themselves, instants those
// the frames carry.
#include "tlm/i350/function.hpp"

namespace niclab::sim {

void I350Function::rx_entered(const RxEntry& e, Time t) {
  meters_->rx_frames.enter(1, rx_fifo_.size(), t);
  meters_->rx_bytes.enter(rx_occupancy(e.wire_length), rx_fifo_bytes_, t);
}

void I350Function::rx_left(const RxEntry& e, Time t) {
  meters_->rx_frames.leave(1, e.arrived, rx_fifo_.size(), t);
  meters_->rx_bytes.leave(rx_occupancy(e.wire_length), e.arrived, rx_fifo_bytes_, t);
}

void I350Function::tx_entered(Frame& frame, std::uint32_t bytes, Time t) {
  frame.buffered = t;
  meters_->tx_frames.enter(1, tx_frames(), t);
  meters_->tx_bytes.enter(bytes, tx_buffer_bytes_, t);
}

void I350Function::tx_grew(Frame& frame, std::uint32_t held, std::uint32_t bytes, Time t) {
  meters_->tx_frames.stayed(1, frame.buffered, t);
  meters_->tx_bytes.stayed(held, frame.buffered, t);
  frame.buffered = t;
  meters_->tx_bytes.enter(bytes, tx_buffer_bytes_, t);
}

void I350Function::tx_left(std::uint32_t bytes, Time since, Time t) {
  meters_->tx_frames.leave(1, since, tx_frames(), t);
  meters_->tx_bytes.leave(bytes, since, tx_buffer_bytes_, t);
}

void I350Function::read_began(OutstandingRead& r, Time t) {
  r.asked = t;
  meters_->reads.enter(1, reads_.count(), t);
}

void I350Function::read_ended(const OutstandingRead& r, Time t) {
  meters_->reads.leave(1, r.asked, reads_.count(), t);
}

void I350Function::rx_goes_on(Time t) {
  meters_->no_descriptor.goes_on(t);
  meters_->no_window.goes_on(t);
}

void I350Function::settle_meters(Time end) {
  if (!meters_) return;
  for (std::size_t i = 0; i < rx_fifo_.size(); ++i) {
    meters_->rx_frames.stayed(1, rx_fifo_[i].arrived, end);
    meters_->rx_bytes.stayed(rx_occupancy(rx_fifo_[i].wire_length), rx_fifo_[i].arrived, end);
  }
  const auto held = [&](std::uint32_t bytes, Time since) {
    meters_->tx_frames.stayed(1, since, end);
    meters_->tx_bytes.stayed(bytes, since, end);
  };
  for (unsigned i = 0; i < tx_count_; ++i) {
    const Frame& f = *tx_slots_[(tx_head_ + i) % kTxSlots].frame;
    held(f.length, f.buffered);
  }
  for (std::size_t i = 0; i < tx_mac_.size(); ++i) held(tx_mac_[i].buffer_bytes, tx_mac_[i].frame->buffered);
  if (tx_mac_releasing_ != 0) held(tx_mac_releasing_, tx_mac_releasing_since_);
  reads_.each([&](const OutstandingRead& r) { meters_->reads.stayed(1, r.asked, end); });
}

}  // namespace niclab::sim
