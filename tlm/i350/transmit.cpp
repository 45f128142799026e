// From a doorbell to the wire: descriptors, payload, offloads, write-back, MAC (fact
// base 2.8, 3.2, 3.4, 4.3).
#include <algorithm>
#include <cstring>

#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

namespace {

constexpr std::uint32_t kLongestFrame = 9728 - kFcsBytes;  // fact base 0.3

}  // namespace

// --- the DMA engine: one descriptor a step, packets of one queue at a time -----------------------

void I350Function::tx_kick(Time t) {
  if (tx_step_scheduled_) return;
  const bool more = tx_left_ != 0 || tx_available_ != 0;
  if (!more || (csr_[reg::TCTL] & reg::tctl::EN) == 0) return;
  tx_step_scheduled_ = true;
  engine_.at<&I350Function::tx_step>(niclab::max(t, tx_engine_free_), Kind::device, agent_ + step::tx_step,
                                     *this);
}

void I350Function::tx_step(Time t, std::uint32_t) {
  tx_step_scheduled_ = false;
  if (!master_enabled()) return;
  if (tx_left_ != 0 && !tx_issue_reads(t)) return;  // a completed read brings us back
  tx_engine_free_ = t;
  do {
    tx_engine_free_ += i350_latency::transmit_engine;
    tx_took_context_ = false;
    if (!tx_take_descriptor(t)) return;
    // A context costs its step but needs no event of its own: its packet follows at once.
  } while (tx_took_context_ && tx_available_ != 0);
  tx_kick(t);
}

/// Takes one descriptor; false when there is none, or no room for what it asks.
bool I350Function::tx_take_descriptor(Time t) {
  unsigned q = tx_slots_[(tx_head_ + tx_count_ - 1) % kTxSlots].queue;
  if (!tx_building_) {
    for (unsigned i = 0; i < reg::kQueues; ++i) {
      q = (tx_next_queue_ + i) % reg::kQueues;
      if ((tx_available_ >> q & 1) != 0) break;
    }
  }
  TxQueue& queue = tx_queues_[q];
  if (queue.available() == 0) {
    tx_available_ &= ~(1u << q);
    return !tx_building_ && tx_available_ != 0;
  }
  const Descriptor& next = queue.front();
  const TxDescriptorType type = tx_type(next);
  if (type == TxDescriptorType::data && !tx_building_) {
    // A packet starts only when the transmit buffer can hold all of it.
    const std::uint32_t bytes = next.as<AdvTxData>().paylen();
    if (tx_count_ == kTxSlots || (tx_buffer_bytes_ != 0 && tx_buffer_bytes_ + bytes > kTransmitBufferBytes))
      return false;
  }
  const TakenDescriptor taken = queue.take();
  want_tx_fetch(q, t);
  if (queue.available() == 0) tx_available_ &= ~(1u << q);
  const auto index = static_cast<std::uint16_t>(taken.index);

  if (type == TxDescriptorType::context) {
    const auto context = taken.descriptor.as<AdvTxContext>();
    tx_contexts_[q][context.idx() & 1] = context;
    tx_loose_[q].push_back({index, Completion::none});
    tx_took_context_ = true;
    return true;
  }
  if (type != TxDescriptorType::data) {
    fault("transmit queue " + std::to_string(q) + " descriptor " + std::to_string(index) +
              ": neither an advanced context nor an advanced data descriptor; queue stopped",
          t);
    queue.set_enabled(false);
    tx_available_ &= ~(1u << q);
    return tx_available_ != 0;
  }

  const auto data = taken.descriptor.as<AdvTxData>();
  if (!tx_building_) {
    TxPacket& p = tx_slots_[(tx_head_ + tx_count_++) % kTxSlots];
    p.start();
    p.queue = static_cast<std::uint8_t>(q);
    // PAYLEN may ask for more than a frame can be: such a packet is fetched by nobody and sent nowhere.
    p.failed = data.paylen() == 0 || data.paylen() > kLongestFrame;
    const std::uint32_t bytes = p.failed ? 0 : data.paylen();
    p.frame = frames_.get(std::max(bytes, kMinimumFrame));
    p.frame->length = bytes;
    p.frame->sent_by_nic = true;
    p.ixsm = data.ixsm();
    p.txsm = data.txsm();
    p.context = tx_contexts_[q][data.idx() & 1];
    tx_buffer_bytes_ += bytes;
    for (const TxDescriptorRef& loose : tx_loose_[q]) p.done[p.descriptors++] = loose;
    tx_loose_[q].clear();
    tx_building_ = true;
  }
  TxPacket& p = tx_slots_[(tx_head_ + tx_count_ - 1) % kTxSlots];
  if (p.descriptors == p.done.size()) {
    fault("transmit queue " + std::to_string(q) + ": packet of more than " + std::to_string(p.done.size()) +
              " descriptors; queue stopped",
          t);
    queue.set_enabled(false);
    tx_available_ &= ~(1u << q);
    return tx_available_ != 0;
  }
  p.done[p.descriptors++] = {index, data.rs() ? Completion::report : Completion::quiet};
  const std::uint32_t length = data.dtalen();
  if (p.filled + length > p.frame->length) p.failed = true;  // more data than PAYLEN promised
  tx_address_ = data.buffer().value;
  tx_left_ = p.failed ? 0 : length;
  tx_last_ = data.eop();
  if (tx_last_) p.eop_index = index;
  if (tx_left_ == 0) {
    if (tx_last_) {
      p.issued = true;
      tx_building_ = false;
      tx_next_queue_ = q + 1;
      tx_finish_ready(t);
    }
    return true;
  }
  return tx_issue_reads(t);
}

/// Asks for what is left of the current descriptor; false when all read slots are taken.
bool I350Function::tx_issue_reads(Time t) {
  const unsigned slot = (tx_head_ + tx_count_ - 1) % kTxSlots;
  TxPacket& p = tx_slots_[slot];
  const std::uint32_t mrrs = bus_.max_read_request_size();
  while (tx_left_ != 0) {
    if (tx_reads_ >= bus_.payload_reads()) return false;
    const auto to_page_end = static_cast<std::uint32_t>(4096 - tx_address_ % 4096);
    const std::uint32_t n = std::min({tx_left_, mrrs, to_page_end});
    ++tx_reads_;
    ++p.pending_reads;
    bus_.read(t, tx_address_, n, p.frame, p.filled,
              {ReadKind::tx_payload, p.queue, static_cast<std::uint16_t>(slot), 0});
    tx_address_ += n;
    p.filled += n;
    tx_left_ -= n;
  }
  if (tx_last_) {
    p.issued = true;
    tx_building_ = false;
    tx_next_queue_ = p.queue + 1u;
  }
  return true;
}

// --- a packet is in the transmit buffer ----------------------------------------------------------

void I350Function::tx_finish_ready(Time t) {
  while (tx_count_ != 0) {
    TxPacket& p = tx_slots_[tx_head_];
    if (!p.issued || p.pending_reads != 0) return;
    tx_finish(p, t);
    tx_head_ = (tx_head_ + 1) % kTxSlots;
    --tx_count_;
  }
}

void I350Function::tx_finish(TxPacket& p, Time t) {
  const unsigned n = p.queue;
  TxQueue& queue = tx_queues_[n];
  ++account_.handed_to_device;
  Frame* frame = p.frame;
  if (!p.failed && p.filled != frame->length) p.failed = true;
  if (!p.failed && (p.ixsm || p.txsm)) {
    const TxChecksumResult r = insert_checksums(frame->bytes(), p.context, p.ixsm, p.txsm);
    if (r != TxChecksumResult::ok) {
      fault("transmit queue " + std::to_string(n) + " descriptor " + std::to_string(p.eop_index) + ": " +
                std::string(to_string(r)),
            t);
      p.failed = true;
    }
  }
  if (p.failed || frame->length == 0) {
    ++account_.tx_errors;
    tx_buffer_bytes_ -= frame->length;
    FramePool::unref(frame);
  } else {
    const std::uint32_t buffer_bytes = frame->length;
    if (frame->length < kMinimumFrame) {
      std::memset(frame->data + frame->length, 0, kMinimumFrame - frame->length);
      frame->length = kMinimumFrame;
    }
    if (tx_stamps_ != nullptr) frame->stamp = tx_stamps_->at(n, p.eop_index);
    tx_mac_.push_back(
        {frame, static_cast<std::uint8_t>(n), buffer_bytes, t + i350_latency::transmit_pipeline});
    tx_mac_try(t);
  }
  for (unsigned i = 0; i < p.descriptors; ++i)
    queue.completed(p.done[i].index, Descriptor::of(AdvTxData::writeback()), p.done[i].completion);
  p.frame = nullptr;
  // DD may precede the wire: the packet is in the buffer (fact base 3.5). Below WTHRESH the write-back waits
  // for the vector's throttle, if that is running (3.4).
  if (queue.pending_reports() == 0) return;
  const auto vector = vectors_.tx(n);
  const bool wait = moderated(vector, t) || !config_.quirks.eitr_flushes_tx_writeback;
  tx_writeback(n, !wait, t);
  if (queue.pending_reports() == 0) {
    queue_cause(vector, reg::icr::TXDW, t);
  } else if (vector && config_.quirks.eitr_flushes_tx_writeback) {
    schedule_flush(*vector, t);
  }
}

void I350Function::tx_writeback(unsigned n, bool flush, Time t) {
  if (!master_enabled()) return;
  TxQueue& queue = tx_queues_[n];
  const std::uint32_t head_writeback = csr_[reg::TDWBAL(n)];
  if ((head_writeback & reg::tdwbal::HEAD_WB_EN) != 0) {
    bool any = false;
    while (queue.next_writeback(flush)) any = true;
    const std::uint32_t head = queue.head();
    const std::uint64_t address = std::uint64_t{csr_[reg::TDWBAH(n)]} << 32 | (head_writeback & ~3u);
    if (any) bus_.write(t, address, std::as_bytes(std::span(&head, 1)));
    return;
  }
  while (const auto run = queue.next_writeback(flush))
    bus_.write(t, run->address.value, std::as_bytes(run->descriptors));
}

// --- the MAC: back to back at line rate ----------------------------------------------------------

void I350Function::tx_mac_try(Time t) {
  if (tx_mac_busy_ || tx_mac_.empty() || !link_up(t)) return;
  tx_mac_busy_ = true;
  engine_.at<&I350Function::tx_mac_start>(niclab::max(t, tx_mac_.front().ready), Kind::frame_start, agent_,
                                          *this);
}

/// Runs when the wire is free: releases the frame before, starts the next.
void I350Function::tx_mac_start(Time t, std::uint32_t) {
  tx_mac_busy_ = false;
  if (tx_mac_releasing_ != 0) {
    tx_buffer_bytes_ -= tx_mac_releasing_;
    tx_mac_releasing_ = 0;
    tx_kick(t);
  }
  if (tx_mac_.empty() || !link_up(t)) return;
  const TxOnWire next = tx_mac_.front();
  if (next.ready > t) return tx_mac_try(t);
  tx_mac_.pop_front();
  const LinkSpeed speed = phy_.mode().speed;
  const std::uint32_t length = next.frame->length;
  statistics_.count_tx_good(length + kFcsBytes, destination_kind(MacAddress::load(next.frame->data)),
                            next.queue);
  ++account_.on_the_wire;
  bus_.transmit(t, t + frame_time(speed, length), next.frame);
  tx_mac_releasing_ = next.buffer_bytes;
  tx_mac_busy_ = true;
  engine_.at<&I350Function::tx_mac_start>(t + frame_occupancy(speed, length, gap_bytes(csr_[reg::TIPG])),
                                          Kind::frame_start, agent_, *this);
}

}  // namespace niclab::sim
