// From a doorbell to the wire: descriptors, payload, offloads, write-back, MAC (fact
// base 2.8, 3.2, 3.4, 4.3).
#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "hw/vlan_tag.hpp"
#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

// --- the DMA engine: one descriptor a step, packets of one queue at a time -----------------------

void I350Function::tx_kick(Time t) {
  if (tx_step_scheduled_) return;
  const bool more = tx_left_ != 0 || tx_available_ != 0;
  if (!more || (!tx_enabled() && !tx_building_)) return;
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
  if (!tx_dma_enabled()) return false;
  if (tx_left_ != 0 && !tx_issue_reads(t)) return false;  // a completed read brings us back
  // Without TCTL.EN the packet begun is finished, and no other begins.
  if (!tx_building_ && !tx_enabled()) return false;
  tx_engine_free_ = t + i350_latency::transmit_engine;
  return tx_take_descriptor(t);
}

/// The next queue of `set` in turn that has room for another descriptor in its window; kQueues if there is
/// none.
unsigned I350Function::tx_next_of(unsigned set, Time t) {
  const unsigned first = tx_next_queue_ % reg::kQueues;
  for (unsigned turned = std::rotr(static_cast<std::uint8_t>(set), static_cast<int>(first)); turned != 0;
       turned &= turned - 1) {
    const unsigned q = (first + static_cast<unsigned>(std::countr_zero(turned))) % reg::kQueues;
    if (!tx_queues_[q].window_full(t)) return q;
  }
  return reg::kQueues;
}

/// The queue to take a descriptor from: the one whose packet is being built, else the next in turn that has
/// any, those with TXDCTL.PRIORITY before the others (2.8.6); kQueues if there is none.
unsigned I350Function::tx_choose_queue(Time t) {
  if (tx_building_) return tx_next_of(tx_available_ & 1u << tx_built_.queue, t);
  if (const unsigned first = tx_available_ & tx_priority_; first != 0) [[unlikely]] {
    const unsigned q = tx_next_of(first, t);
    if (q != reg::kQueues) return q;
  }
  return tx_next_of(tx_available_ & ~tx_priority_, t);
}

/// Bytes of the longest packet, without FCS and without a tag that is inserted (2.8.9).
std::uint32_t I350Function::tx_longest() const {
  return std::clamp(csr_[reg::DTXMXPKTSZ] * 64, kMinimumFrame + kFcsBytes, kLongestFrame) - kFcsBytes;
}

/// Whether a packet, or a segment, may begin: the transmit buffer can hold all of it.
bool I350Function::tx_room_for(std::uint32_t bytes) const {
  return tx_count_ != kTxSlots && (tx_buffer_bytes_ == 0 || tx_buffer_bytes_ + bytes <= kTransmitBufferBytes);
}

/// Whether the buffer has room for what the next descriptor begins or adds.
bool I350Function::tx_room_for(unsigned q, const Descriptor& next, TxDescriptorType type) const {
  if (type == TxDescriptorType::data) {
    if (tx_building_) return true;
    const auto data = next.as<AdvTxData>();
    return data.tse() ? tx_room_for_segments(q, data) : tx_room_for(data.paylen());
  }
  return type != TxDescriptorType::legacy || tx_room_for_legacy(next.as<LegacyTx>());
}

/// Takes one descriptor; false when there is none, or no room for what it asks.
bool I350Function::tx_take_descriptor(Time t) {
  const unsigned q = tx_choose_queue(t);
  if (q == reg::kQueues) return false;
  TxRingUnit& queue = tx_queues_[q];
  const Descriptor next = queue.front(t);
  const TxDescriptorType type = tx_type(next);
  const bool room = tx_room_for(q, next, type);
  if (meters_) [[unlikely]]
    room ? meters_->no_room.goes_on(t) : meters_->no_room.stops(t);
  if (!room) return false;
  const TakenDescriptor taken = queue.take(t);
  tx_fetches_.want(q, t);
  if (queue.available(t) == 0) tx_available_ &= ~(1u << q);
  switch (type) {
    case TxDescriptorType::data: return tx_take_data(q, taken, t);
    case TxDescriptorType::context: return tx_take_context(q, taken, t);
    case TxDescriptorType::legacy: return tx_take_legacy(q, taken, t);
    default: return tx_stop_queue(q, taken.index, "neither a legacy nor an advanced descriptor", t);
  }
}

bool I350Function::tx_take_context(unsigned q, const TakenDescriptor& taken, Time t) {
  const auto context = taken.descriptor.as<AdvTxContext>();
  tx_contexts_[q][context.idx() & 1] = context;
  tx_took_context_ = true;
  std::uint16_t& descriptors = tx_building_ ? tx_built_.descriptors : tx_loose_[q];
  if (++descriptors == TxRing::kPacket)
    return tx_stop_queue(q, taken.index, "context " + std::to_string(TxRing::kPacket) + " of one packet", t);
  return true;
}

bool I350Function::tx_take_data(unsigned q, const TakenDescriptor& taken, Time t) {
  const auto data = taken.descriptor.as<AdvTxData>();
  if (!tx_legacy_[q].empty()) [[unlikely]]
    tx_legacy_[q][taken.index] = false;
  if (!tx_building_) {
    tx_start_packet(q, data, taken.index, t);
  } else if (tx_built_.legacy) [[unlikely]] {
    return tx_stop_queue(q, taken.index, "advanced data in a packet of legacy descriptors", t);
  }
  return tx_take_buffer(taken.index, data.buffer(), data.dtalen(), data.eop(), t);
}

/// One buffer of the packet being built, and if it is its last.
bool I350Function::tx_take_buffer(unsigned index, DmaAddress buffer, std::uint32_t length, bool last,
                                  Time t) {
  TxBuilding& b = tx_built_;
  if (b.descriptors == TxRing::kPacket)
    return tx_stop_queue(b.queue, index,
                         "packet of more than " + std::to_string(TxRing::kPacket) + " descriptors", t);
  ++b.descriptors;
  if (length > b.left && !b.failed) tx_refuse(index, "more bytes than PAYLEN promised", t);
  if (!b.failed) b.left -= length;
  tx_address_ = buffer.value;
  tx_left_ = b.failed ? 0 : length;
  tx_last_ = last;
  b.last_index = static_cast<std::uint16_t>(index);
  if (last) {
    if (b.left != 0 && !b.failed)
      tx_refuse(index, "ends " + std::to_string(b.left) + " bytes short of PAYLEN", t);
    tx_journey_taken(b.queue, index, t);
  }
  if (tx_left_ != 0) return tx_issue_reads(t);
  // Its descriptor was taken in this very clock; it is done in the next.
  if (tx_last_descriptor() && tx_front_complete()) schedule_tx_finish(t + kDeviceClock);
  return true;
}

/// A packet in the transmit buffer, of queue `q`, for which `bytes` are to come; `room`: if it may become
/// longer.
I350Function::TxPacket& I350Function::tx_new_slot(unsigned q, std::uint32_t bytes, std::uint32_t room) {
  TxPacket& p = tx_slots_[(tx_head_ + tx_count_++) % kTxSlots];
  p.start();
  p.queue = static_cast<std::uint8_t>(q);
  p.generation = tx_built_.generation;
  p.frame = frames_.get(std::max({bytes, room, kMinimumFrame}) + kVlanTagBytes);
  p.frame->length = bytes;
  p.frame->sent_by_nic = true;
  p.frame->number = ++tx_packets_;
  tx_buffer_bytes_ += bytes;
  if (meters_) [[unlikely]]
    tx_entered(*p.frame, bytes, engine_.now());
  return p;
}

void I350Function::tx_begin(unsigned q) {
  tx_building_ = true;
  tx_built_ = TxBuilding{};
  tx_built_.queue = static_cast<std::uint8_t>(q);
  tx_built_.generation = tx_fetches_.generation(q);
  tx_built_.descriptors = std::exchange(tx_loose_[q], std::uint16_t{0});
}

/// A packet begins; what its first descriptor does not say, later ones do not either (3.2.4).
void I350Function::tx_start_packet(unsigned q, const AdvTxData& data, unsigned index, Time t) {
  tx_begin(q);
  if (data.tse()) [[unlikely]]
    return tx_start_segmentation(data, index, t);
  const std::uint32_t paylen = data.paylen();
  // PAYLEN may ask for what no frame can be: such a packet is fetched by nobody and sent nowhere.
  const bool sendable = paylen - kEthernetHeader <= tx_longest() - kEthernetHeader;
  TxPacket& p = tx_new_slot(q, sendable ? paylen : 0);
  p.ixsm = data.ixsm();
  p.txsm = data.txsm();
  p.context = tx_contexts_[q][data.idx() & 1];
  if ((data.dw[2] & (txd::VLE | txd::IFCS | txd::MAC_TSTAMP)) != txd::IFCS) [[unlikely]]
    p.extras = tx_extras(data);
  p.tag = p.context.vlan();
  tx_built_.left = paylen;
  tx_built_.open = true;
  if (!sendable) [[unlikely]]
    tx_refuse_length(index, paylen, t);
}

std::uint8_t I350Function::tx_extras(const AdvTxData& data) {
  return static_cast<std::uint8_t>(tx_extras(data.vle(), data.ifcs()) |
                                   (data.tstamp() ? TxPacket::kTimeStamp : 0));
}

/// A tag makes the device append the FCS in any case.
std::uint8_t I350Function::tx_extras(bool vle, bool ifcs) {
  return vle ? TxPacket::kTag : ifcs ? 0 : TxPacket::kOwnFcs;
}

/// Nothing more is fetched for the packet being built; at its end it is dropped and counted (4.11).
void I350Function::tx_refuse(unsigned index, const std::string& why, Time t) {
  tx_built_.failed = true;
  fault("transmit queue " + std::to_string(tx_built_.queue) + " descriptor " + std::to_string(index) + ": " +
            why + "; packet dropped",
        t);
}

void I350Function::tx_refuse_length(unsigned index, std::uint32_t bytes, Time t) {
  if (bytes > tx_longest()) statistics_.count(reg::HTDPMC);
  tx_refuse(index,
            "a packet of " + std::to_string(bytes) + " bytes, not " + std::to_string(kEthernetHeader) +
                " to " + std::to_string(tx_longest()),
            t);
}

/// A driver's descriptors make no sense: nothing more is taken from this queue. Whether others have any.
bool I350Function::tx_stop_queue(unsigned q, unsigned index, const std::string& why, Time t) {
  fault("transmit queue " + std::to_string(q) + " descriptor " + std::to_string(index) + ": " + why +
            "; queue stopped",
        t);
  tx_switch_off(q, t);
  return tx_available_ != 0;
}

/// The packet that still takes descriptors will not get them: its queue was switched off.
void I350Function::tx_abandon_building(Time t) {
  tx_close_packet(true);
  tx_left_ = 0;
  if (tx_front_complete()) schedule_tx_finish(niclab::max(t, tx_finish_free_));
}

/// If the descriptor just processed was its packet's last, the packet waits for its reads only.
bool I350Function::tx_last_descriptor() {
  if (!tx_last_) return false;
  tx_close_packet(tx_built_.failed);
  return true;
}

/// No more descriptors for this packet. They are done with its frame, or with its last segment.
void I350Function::tx_close_packet(bool failed) {
  TxPacket& p = tx_built_.open ? tx_newest() : tx_missing_segment();
  if (failed) p.failed = true;
  p.issued = true;
  p.eop_index = tx_built_.last_index;
  p.descriptors = tx_built_.descriptors;
  tx_building_ = false;
  tx_next_queue_ = p.queue + 1u;
}

/// One read of at most `most` bytes of what is left of the current descriptor; how many it asks for.
std::uint32_t I350Function::tx_read(TxPacket& p, Frame* into, std::uint32_t offset, std::uint32_t most,
                                    Time t) {
  const auto to_page_end = static_cast<std::uint32_t>(4096 - tx_address_ % 4096);
  const std::uint32_t n = std::min({tx_left_, most, bus_.max_read_request_size(), to_page_end});
  ++tx_reads_;
  ++p.pending_reads;
  if (meters_) [[unlikely]]
    meters_->no_tag.goes_on(t);
  if (waves_) waves_->tx.payload(p.queue, p.frame->number, t);
  issue_read(tx_address_, n, into, offset,
             {ReadKind::tx_payload, p.queue, static_cast<std::uint16_t>(tx_newest_slot()), 0}, t,
             tx_last_ ? tx_journey(p) : JourneyId::none);
  tx_address_ += n;
  tx_left_ -= n;
  return n;
}

/// All read slots are taken; a completed read brings us back.
bool I350Function::tx_wait_for_read(Time t) {
  if (meters_) [[unlikely]]
    meters_->no_tag.stops(t);
  return false;
}

/// Asks for what is left of the current descriptor; false when all read slots are taken.
bool I350Function::tx_issue_reads(Time t) {
  if (tx_built_.segmented) [[unlikely]]
    return tx_issue_segments(t);
  TxPacket& p = tx_newest();
  p.eop_index = tx_built_.last_index;
  while (tx_left_ != 0) {
    if (tx_reads_ >= tx_most_reads()) return tx_wait_for_read(t);
    p.filled += tx_read(p, p.frame, p.filled, tx_left_, t);
  }
  tx_last_descriptor();
  return true;
}

// --- a packet is in the transmit buffer ----------------------------------------------------------

/// Packets finish in order, one a clock.
void I350Function::tx_finish_ready(Time t) {
  if (!tx_front_complete() || tx_finish_scheduled_) return;
  if (t < tx_finish_free_) return schedule_tx_finish(tx_finish_free_);
  tx_finish_free_ = t + kDeviceClock;
  TxPacket& p = tx_slots_[tx_head_];
  tx_head_ = (tx_head_ + 1) % kTxSlots;
  --tx_count_;
  tx_finish(p, t);
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
  Frame* frame = p.frame;
  p.frame = nullptr;
  if (p.extras != 0) [[unlikely]]
    tx_finish_extras(p, *frame);
  const bool nothing = frame->length == 0 && !p.failed;  // a null descriptor (3.2.2)
  if (!p.failed) {
    const TxChecksumResult r = check_offload(frame->length, p.context, p.ixsm, p.txsm);
    if (r != TxChecksumResult::ok) [[unlikely]]
      tx_refuse_offload(p, r, t);
  }
  account_.handed_to_device += !nothing;
  if (p.failed || nothing) {
    if (p.failed) tx_count_error(n);
    tx_buffer_bytes_ -= frame->length;
    if (meters_) [[unlikely]]
      tx_left(frame->length, frame->buffered, t);
    FramePool::unref(frame);
  } else {
    tx_to_mac(p, frame, t);
  }
  if (p.descriptors != 0 && p.generation == tx_fetches_.generation(n))
    tx_descriptors_done(n, p.descriptors, t);
}

/// A packet, or a segment, that will not leave.
void I350Function::tx_count_error(unsigned q) {
  ++account_.tx_errors;
  ++csr_[reg::TQDPC(q)];
}

void I350Function::tx_refuse_offload(TxPacket& p, TxChecksumResult r, Time t) {
  fault("transmit queue " + std::to_string(p.queue) + " descriptor " + std::to_string(p.eop_index) + ": " +
            std::string(to_string(r)),
        t);
  p.failed = true;
}

/// What only some packets ask for, once all their bytes are there.
void I350Function::tx_finish_extras(TxPacket& p, Frame& frame) {
  if ((p.extras & TxPacket::kSegment) != 0) tx_finish_segment(p, frame);
  if ((p.extras & TxPacket::kLegacyChecksum) != 0 && !p.failed)
    insert_legacy_checksum(frame.bytes(), p.css, p.cso);
}

/// Checksums, padding, and the way to the MAC.
void I350Function::tx_to_mac(const TxPacket& p, Frame* frame, Time t) {
  Time ready = t + i350_latency::transmit_pipeline;
  if (p.ixsm || p.txsm) ready = niclab::max(ready, tx_checksum_.insert(*frame, p.context, p.ixsm, p.txsm, t));
  const std::uint32_t buffer_bytes = frame->length;
  if (frame->length < kMinimumFrame) tx_pad(p, *frame);
  if (p.descriptors != 0) {
    if (tx_stamps_ != nullptr) frame->stamp = tx_stamps_->at(p.queue, p.eop_index);
    frame->journey = tx_journey_complete(p, t);
    journey_ends(frame->journey, Stage::tx_pipeline, ready);
  }
  tx_mac_.push_back({frame, p.queue, p.extras, p.tag, buffer_bytes, ready});
  tx_mac_try(t);
}

/// Zeros up to 60 bytes, the tag that will be inserted among them. Not if software shortened the frame on
/// purpose (TCTL.PSP = 0) or counted its FCS in.
void I350Function::tx_pad(const TxPacket& p, Frame& frame) const {
  if ((csr_[reg::TCTL] & reg::tctl::PSP) == 0 || (p.extras & TxPacket::kOwnFcs) != 0) return;
  const std::uint32_t padded = kMinimumFrame - ((p.extras & TxPacket::kTag) != 0 ? kVlanTagBytes : 0);
  if (frame.length >= padded) return;
  std::memset(frame.data + frame.length, 0, padded - frame.length);
  frame.length = padded;
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
  if (!tx_dma_enabled()) return;
  TxRingUnit& queue = tx_queues_[n];
  if (flush) queue.flush(t);
  const auto burst = queue.next_writeback(t);
  if (!burst) return;
  if (waves_) waves_->tx.writeback(n, t);
  const std::uint32_t head_writeback = csr_[reg::TDWBAL(n)];
  ++dma_.tx.writes;
  dma_.tx.descriptors += static_cast<unsigned>(std::popcount(burst->mask));
  if ((head_writeback & reg::tdwbal::HEAD_WB_EN) != 0) {
    // Software takes back what lies before this index: TDH may be past descriptors that are not done (3.1).
    std::uint32_t head = burst->index + static_cast<std::uint32_t>(std::bit_width(burst->mask));
    if (head >= queue.length()) head -= queue.length();
    const std::uint64_t address = std::uint64_t{csr_[reg::TDWBAH(n)]} << 32 | (head_writeback & ~3u);
    bus_.write(t, address, std::as_bytes(std::span(&head, 1)));
  } else {
    tx_write_descriptors(n, *burst, t);
  }
  tx_kick(t);  // the window may have been full
}

/// One write for each run of neighbours within a 4 KB page and the ring. Legacy descriptors keep their
/// content.
void I350Function::tx_write_descriptors(unsigned n, TxWriteback burst, Time t) {
  static constexpr auto kDone = [] {
    std::array<Descriptor, TxRing::kWindow> all{};
    all.fill(Descriptor::of(AdvTxData::writeback()));
    return all;
  }();
  TxRingUnit& queue = tx_queues_[n];
  if (!tx_legacy_[n].empty()) [[unlikely]]
    burst.mask = tx_write_legacy(n, burst, t);
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

}  // namespace niclab::sim
