// From a doorbell to the wire: descriptors, payload, offloads, write-back, MAC (fact
// base 2.8, 3.2, 3.4, 4.3).
#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

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
  const bool context_before = std::exchange(tx_took_context_, false);
  if (!tx_process_descriptor(t)) return;
  // After a context its packet follows, often before anything else happens. Not chained further: a full cache
  // would recurse descriptor by descriptor.
  if (tx_took_context_ && !context_before && !tx_step_scheduled_ && tx_available_ != 0) {
    tx_step_scheduled_ = true;
    engine_.chain<&I350Function::tx_step>(tx_engine_free_, Kind::device, agent_ + step::tx_step, *this);
  } else {
    tx_kick(t);
  }
}

/// False when the engine has nothing more to do for now.
bool I350Function::tx_process_descriptor(Time t) {
  const ShowAfter show{*this, t};
  if (!master_enabled()) return false;
  if (tx_left_ != 0 && !tx_issue_reads(t)) return false;  // a completed read brings us back
  tx_engine_free_ = t + i350_latency::transmit_engine;
  return tx_take_descriptor(t);
}

/// The queue to take a descriptor from: the one whose packet is being built, else the next that has any;
/// kQueues if there is none.
unsigned I350Function::tx_choose_queue(Time t) {
  const unsigned first = tx_building_ ? tx_newest().queue : tx_next_queue_;
  const unsigned candidates = tx_building_ ? 1 : reg::kQueues;
  for (unsigned i = 0; i < candidates; ++i) {
    const unsigned q = (first + i) % reg::kQueues;
    if ((tx_available_ >> q & 1) != 0 && !tx_queues_[q].window_full(t)) return q;
  }
  return reg::kQueues;
}

/// Takes one descriptor; false when there is none, or no room for what it asks.
bool I350Function::tx_take_descriptor(Time t) {
  const unsigned q = tx_choose_queue(t);
  if (q == reg::kQueues) return false;
  TxRingUnit& queue = tx_queues_[q];
  const Descriptor next = queue.front(t);
  const TxDescriptorType type = tx_type(next);
  if (type == TxDescriptorType::data && !tx_building_) {
    // A packet starts only when the transmit buffer can hold all of it.
    const std::uint32_t bytes = next.as<AdvTxData>().paylen();
    if (tx_count_ == kTxSlots || (tx_buffer_bytes_ != 0 && tx_buffer_bytes_ + bytes > kTransmitBufferBytes))
      return false;
  }
  const TakenDescriptor taken = queue.take(t);
  want_tx_fetch(q, t);
  if (queue.available(t) == 0) tx_available_ &= ~(1u << q);
  const auto at = [&] { return " descriptor " + std::to_string(taken.index); };

  if (type == TxDescriptorType::context) {
    const auto context = taken.descriptor.as<AdvTxContext>();
    tx_contexts_[q][context.idx() & 1] = context;
    tx_took_context_ = true;
    std::uint16_t& descriptors = tx_building_ ? tx_newest().descriptors : tx_loose_[q];
    if (++descriptors == TxRing::kPacket)
      return tx_stop_queue(q, at() + ": context " + std::to_string(TxRing::kPacket) + " of one packet", t);
    return true;
  }
  if (type != TxDescriptorType::data)
    return tx_stop_queue(q, at() + ": neither an advanced context nor an advanced data descriptor", t);

  const auto data = taken.descriptor.as<AdvTxData>();
  if (!tx_building_) tx_start_packet(q, data);
  TxPacket& p = tx_newest();
  if (p.descriptors == TxRing::kPacket)
    return tx_stop_queue(q, ": packet of more than " + std::to_string(TxRing::kPacket) + " descriptors", t);
  ++p.descriptors;
  const std::uint32_t length = data.dtalen();
  if (p.filled + length > p.frame->length) p.failed = true;  // more data than PAYLEN promised
  tx_address_ = data.buffer().value;
  tx_left_ = p.failed ? 0 : length;
  tx_last_ = data.eop();
  if (tx_last_) p.eop_index = static_cast<std::uint16_t>(taken.index);
  if (tx_last_) tx_journey_taken(q, taken.index, t);
  if (tx_left_ != 0) return tx_issue_reads(t);
  // Its descriptor was taken in this very clock; it is done in the next.
  if (tx_last_descriptor(p) && tx_front_complete()) schedule_tx_finish(t + kDeviceClock);
  return true;
}

void I350Function::tx_start_packet(unsigned q, const AdvTxData& data) {
  TxPacket& p = tx_slots_[(tx_head_ + tx_count_++) % kTxSlots];
  p.start();
  p.queue = static_cast<std::uint8_t>(q);
  p.generation = tx_fetches_.generation[q];
  // PAYLEN may ask for more than a frame can be: such a packet is fetched by nobody and sent nowhere.
  p.failed = data.paylen() == 0 || data.paylen() > kLongestFrame;
  const std::uint32_t bytes = p.failed ? 0 : data.paylen();
  p.frame = frames_.get(std::max(bytes, kMinimumFrame));
  p.frame->length = bytes;
  p.frame->sent_by_nic = true;
  p.frame->number = ++tx_packets_;
  p.ixsm = data.ixsm();
  p.txsm = data.txsm();
  p.context = tx_contexts_[q][data.idx() & 1];
  tx_buffer_bytes_ += bytes;
  p.descriptors = tx_loose_[q];
  tx_loose_[q] = 0;
  tx_building_ = true;
}

/// A driver's descriptors make no sense: nothing more is taken from this queue. Whether others have any.
bool I350Function::tx_stop_queue(unsigned q, std::string why, Time t) {
  fault("transmit queue " + std::to_string(q) + std::move(why) + "; queue stopped", t);
  tx_switch_off(q, t);
  return tx_available_ != 0;
}

/// The packet that still takes descriptors will not get them: its queue was switched off.
void I350Function::tx_abandon_building(Time t) {
  TxPacket& p = tx_newest();
  p.failed = p.issued = true;
  tx_building_ = false;
  tx_left_ = 0;
  if (tx_front_complete()) schedule_tx_finish(niclab::max(t, tx_finish_free_));
}

/// If the descriptor just processed was its packet's last, the packet waits for its reads only.
bool I350Function::tx_last_descriptor(TxPacket& p) {
  if (!tx_last_) return false;
  p.issued = true;
  tx_building_ = false;
  tx_next_queue_ = p.queue + 1u;
  return true;
}

/// Asks for what is left of the current descriptor; false when all read slots are taken.
bool I350Function::tx_issue_reads(Time t) {
  const unsigned slot = tx_newest_slot();
  TxPacket& p = tx_slots_[slot];
  const std::uint32_t mrrs = bus_.max_read_request_size();
  while (tx_left_ != 0) {
    if (tx_reads_ >= bus_.payload_reads()) return false;
    const auto to_page_end = static_cast<std::uint32_t>(4096 - tx_address_ % 4096);
    const std::uint32_t n = std::min({tx_left_, mrrs, to_page_end});
    ++tx_reads_;
    ++p.pending_reads;
    if (waves_) waves_->tx.payload(p.queue, p.frame->number, t);
    bus_.read(t, tx_address_, n, p.frame, p.filled,
              {ReadKind::tx_payload, p.queue, static_cast<std::uint16_t>(slot), 0},
              tx_last_ ? tx_journey(p) : JourneyId::none);
    tx_address_ += n;
    p.filled += n;
    tx_left_ -= n;
  }
  tx_last_descriptor(p);
  return true;
}

// --- a packet is in the transmit buffer ----------------------------------------------------------

/// Packets finish in order, one a clock.
void I350Function::tx_finish_ready(Time t) {
  if (!tx_front_complete() || tx_finish_scheduled_) return;
  if (t < tx_finish_free_) return schedule_tx_finish(tx_finish_free_);
  tx_finish_free_ = t + kDeviceClock;
  tx_finish(tx_slots_[tx_head_], t);
  tx_head_ = (tx_head_ + 1) % kTxSlots;
  --tx_count_;
  if (tx_front_complete()) schedule_tx_finish(tx_finish_free_);
}

void I350Function::schedule_tx_finish(Time t) {
  if (tx_finish_scheduled_) return;
  tx_finish_scheduled_ = true;
  engine_.at<&I350Function::tx_finish_event>(t, Kind::device, agent_ + step::tx_finish, *this);
}

void I350Function::tx_finish_event(Time t, std::uint32_t) {
  const ShowAfter show{*this, t};
  tx_finish_scheduled_ = false;
  tx_finish_ready(t);
  tx_kick(t);
}

void I350Function::tx_finish(TxPacket& p, Time t) {
  const unsigned n = p.queue;
  ++account_.handed_to_device;
  Frame* frame = p.frame;
  p.frame = nullptr;
  if (p.filled != frame->length) p.failed = true;
  if (!p.failed) {
    const TxChecksumResult r = check_offload(frame->length, p.context, p.ixsm, p.txsm);
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
    tx_to_mac(p, frame, t);
  }
  if (p.generation == tx_fetches_.generation[n]) tx_descriptors_done(n, p.descriptors, t);
}

/// Checksums, padding, and the way to the MAC.
void I350Function::tx_to_mac(const TxPacket& p, Frame* frame, Time t) {
  Time ready = t + i350_latency::transmit_pipeline;
  if (p.ixsm || p.txsm) ready = niclab::max(ready, tx_checksum_.insert(*frame, p.context, p.ixsm, p.txsm, t));
  const std::uint32_t buffer_bytes = frame->length;
  if (frame->length < kMinimumFrame) {
    std::memset(frame->data + frame->length, 0, kMinimumFrame - frame->length);
    frame->length = kMinimumFrame;
  }
  if (tx_stamps_ != nullptr) frame->stamp = tx_stamps_->at(p.queue, p.eop_index);
  frame->journey = tx_journey_complete(p, t);
  journey_ends(frame->journey, Stage::tx_pipeline, ready);
  tx_mac_.push_back({frame, p.queue, buffer_bytes, ready});
  tx_mac_try(t);
}

/// The oldest descriptors of a queue are done; what is written back of them, and when (fact base 3.4).
void I350Function::tx_descriptors_done(unsigned n, unsigned count, Time t) {
  TxRingUnit& queue = tx_queues_[n];
  queue.completed(count, t);
  // DD may precede the wire: the packet is in the buffer (fact base 3.5). Below WTHRESH the write-back waits
  // for the vector's throttle, if that is running (3.4).
  if (queue.pending_reports(t) == 0) return;
  const auto vector = vectors_.tx(n);
  const bool wait = moderated(vector, t) || !config_.quirks.eitr_flushes_tx_writeback;
  tx_writeback(n, !wait, t);
  if (queue.pending_reports(t) == 0) {
    queue_cause(vector, reg::icr::TXDW, t);
  } else if (vector && config_.quirks.eitr_flushes_tx_writeback) {
    schedule_flush(*vector, t);
  }
}

void I350Function::tx_writeback(unsigned n, bool flush, Time t) {
  if (!master_enabled()) return;
  TxRingUnit& queue = tx_queues_[n];
  if (flush) queue.flush(t);
  const auto burst = queue.next_writeback(t);
  if (!burst) return;
  if (waves_) waves_->tx.writeback(n, t);
  const std::uint32_t head_writeback = csr_[reg::TDWBAL(n)];
  if ((head_writeback & reg::tdwbal::HEAD_WB_EN) != 0) {
    const std::uint32_t head = queue.head(t);
    const std::uint64_t address = std::uint64_t{csr_[reg::TDWBAH(n)]} << 32 | (head_writeback & ~3u);
    bus_.write(t, address, std::as_bytes(std::span(&head, 1)));
  } else {
    tx_write_descriptors(queue, *burst, t);
  }
  tx_kick(t);  // the window may have been full
}

/// One write for each run of neighbours within a 4 KB page and the ring.
void I350Function::tx_write_descriptors(TxRingUnit& queue, const TxWriteback& burst, Time t) {
  static constexpr auto kDone = [] {
    std::array<Descriptor, TxRing::kWindow> all{};
    all.fill(Descriptor::of(AdvTxData::writeback()));
    return all;
  }();
  unsigned entry = 0;
  for (std::uint64_t left = burst.mask; left != 0;) {
    const auto skip = static_cast<unsigned>(std::countr_zero(left));
    entry += skip;
    left >>= skip;
    unsigned index = burst.index + entry;
    if (index >= queue.length()) index -= queue.length();
    const unsigned run = std::min(static_cast<unsigned>(std::countr_one(left)), queue.contiguous(index));
    bus_.write(t, queue.address_of(index).value, std::as_bytes(std::span(kDone).first(run)));
    entry += run;
    left = run >= 64 ? 0 : left >> run;
  }
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
  const ShowAfter show{*this, t};
  tx_mac_busy_ = false;
  if (tx_mac_releasing_ != 0) {
    tx_buffer_bytes_ -= tx_mac_releasing_;
    tx_mac_releasing_ = 0;
    tx_kick(t);
  }
  if (tx_mac_.empty() || !link_up(t)) return;
  const TxOnWire next = tx_mac_.front();
  if (next.ready > t) return tx_mac_try(t);
  tx_checksum_.settle(t);
  tx_mac_.pop_front();
  journey_begins(next.frame->journey, Stage::tx_mac_queue, next.ready);
  journey_ends(next.frame->journey, Stage::tx_mac_queue, t);
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
