// From the wire to host memory: MAC, packet buffer, classification, DMA, write-back (fact
// base 2.7, 3.4, 4.10).
#include <algorithm>
#include <cstring>

#include "base/bytes.hpp"
#include "hw/crc32.hpp"
#include "hw/vlan_tag.hpp"
#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

namespace {

/// RXPBS encodings in KB (fact base 2.9).
constexpr std::array<std::uint16_t, 16> kRxPbsKb{36, 72, 144, 1,  2,  4,  8,  16,
                                                 35, 70, 140, 36, 36, 36, 36, 36};

}  // namespace

std::uint32_t I350Function::receive_buffer_bytes() const { return kRxPbsKb[csr_[reg::RXPBS] & 0xF] * 1024u; }

void I350Function::receive_frame(Time end, Frame* frame, JourneyId journey) {
  journey_begins(journey, Stage::rx_mac, end);
  if (damage_frames_ != 0) [[unlikely]]
    frame = damaged(frame);
  arriving_.push_back({frame, journey, false, false, end});
  engine_.at<&I350Function::frame_event>(end.ceil(kDeviceClock), Kind::frame_arrival, agent_, *this);
}

void I350Function::frame_event(Time t, std::uint32_t) {
  const ShowAfter show{*this, t};
  const Arriving a = arriving_.front();
  arriving_.pop_front();
  ++account_.injected;
  if (a.cut || a.truncated || loops_back()) [[unlikely]] {
    const bool seen = !a.cut && !loops_back() && (csr_[reg::RCTL] & reg::rctl::RXEN) != 0 && link_up(t);
    ++(seen ? account_.error_drops : account_.filtered);
    if (seen) statistics_.count(reg::CRCERRS);
    journey_dropped(a.journey);
    return FramePool::unref(a.frame);
  }
  rx_end_ = a.end;
  accept(a.frame, a.journey, t);
}

void I350Function::accept(Frame* frame, JourneyId journey, Time t) {
  const std::uint32_t length = frame->length + kFcsBytes;
  const auto refuse = [&](std::uint64_t& counter) {
    ++counter;
    journey_dropped(journey);
    FramePool::unref(frame);
  };
  if ((csr_[reg::RCTL] & reg::rctl::RXEN) == 0 || !link_up(t)) return refuse(account_.filtered);
  statistics_.count_rx_arrival(length);
  const bool bad_fcs = !frame->fcs_good;
  if (bad_fcs && length >= 64) statistics_.count(reg::CRCERRS);  // jabber too (2.12.1)
  if (length < 64 || length > rx_longest_) [[unlikely]]
    if (!length_accepted(*frame, length)) return refuse(account_.error_drops);
  if (bad_fcs && (csr_[reg::RCTL] & reg::rctl::SBP) == 0) return refuse(account_.error_drops);
  Control control = Control::none;
  if (load_be16(frame->data + 12) == control_type_) [[unlikely]] {
    control = take_control_frame(*frame, t);
    if (control == Control::kept) return refuse(account_.rx_control);
  }
  RxEntry e;
  e.frame = frame;
  e.number = static_cast<std::uint32_t>(account_.injected);
  e.journey = journey;
  e.arrived = t;
  e.wire_length = length;
  switch (classify(e)) {
    case RxVerdict::filtered: return refuse(account_.filtered);
    case RxVerdict::error: return refuse(account_.error_drops);
    case RxVerdict::accepted: break;
  }
  if (rx_fifo_bytes_ + rx_occupancy(length) > receive_buffer_bytes()) {
    statistics_.count(reg::MPC);
    legacy_cause(reg::icr::RXO, t);
    receive_buffer_overflowed(t);
    return refuse(account_.missed);
  }
  if (frame->fcs_good && control == Control::none) statistics_.count_rx_good(length, e.kind);
  rx_fifo_add(rx_occupancy(length), t);
  if (e.strip_at != 0 || !rx_setup_[e.queue].as_received) [[unlikely]]
    store(e);
  e.ready = t + i350_latency::receive_pipeline;
  journey_ends(e.journey, Stage::rx_mac, e.ready);
  // A frame that finds its ring exhausted waits in the buffer; that is counted once.
  RxRingUnit& q = rx_queues_[e.queue];
  if ((!q.enabled() || q.free(t) == 0) && !rx_setup_[e.queue].drop) {
    if (control == Control::none) statistics_.count(reg::RNBC);
    e.counted_rnbc = true;
  }
  rx_fifo_.push_back(e);
  if (meters_) [[unlikely]]
    rx_entered(e, t);
  if (rx_state_ == RxState::idle) rx_next(t);
}

/// Of a frame shorter than 64 bytes or longer than rx_longest_; counts it if it is wrong. Without LPE each
/// tag, up to two, may add its four bytes (fact base 3.6).
bool I350Function::length_accepted(const Frame& frame, std::uint32_t length) {
  const bool undersize = length < 64;
  const bool long_packets = (csr_[reg::RCTL] & reg::rctl::LPE) != 0;
  if (!undersize && !long_packets &&
      length <= rx_longest_ + kVlanTagBytes * count_vlan_tags(frame.bytes(), parser_))
    return true;
  statistics_.count(reg::RLEC);
  if (undersize) {
    statistics_.count(frame.fcs_good ? reg::RUC : reg::RFC);
  } else {
    statistics_.count(frame.fcs_good ? reg::ROC : reg::RJC);
  }
  const bool stored = config_.quirks.sbp_stores_lengths && (csr_[reg::RCTL] & reg::rctl::SBP) != 0;
  return stored && frame.length >= 14 && length <= kLongestReceive;
}

/// A length field that promises more than the frame has (LENERRS; RFCTL.LEF forwards such frames).
bool I350Function::length_field_error(const ParsedPacket& packet) {
  const std::size_t header = 14 + kVlanTagBytes * count_vlan_tags(packet.frame, parser_);
  if (header + packet.ethertype <= packet.frame.size()) return false;
  statistics_.count(reg::LENERRS);
  return (csr_[reg::RFCTL] & reg::rfctl::LEF) == 0;
}

I350Function::RxVerdict I350Function::classify(RxEntry& e) {
  const ParsedPacket packet = parse_packet(e.frame->bytes(), parser_);
  if (packet.ethertype != 0 && packet.ethertype <= 1500 && e.frame->fcs_good) [[unlikely]]
    if (length_field_error(packet)) return RxVerdict::error;
  const auto destination = MacAddress::load(e.frame->data);
  const FilterDecision decision =
      filter_.decide(destination, packet.vlan ? std::optional<unsigned>(packet.vlan_tci) : std::nullopt);
  if (!decision.accept) return RxVerdict::filtered;
  e.kind = destination_kind(destination);
  e.ptype_rss = packet.ptype;
  e.status = packet.status_errors | (decision.inexact ? rxd::PIF : 0) | (packet.outer_vlan ? rxd::VEXT : 0) |
             (e.frame->fcs_good ? 0 : rxd::CE | rxd::RXE);
  const bool marked = choose_queue(e, packet);
  const RxSetup& setup = rx_setup_[e.queue];
  if (setup.stamps) [[unlikely]]
    rx_stamp(e, packet, marked);
  if (packet.vlan && setup.strip_vlan) {
    e.strip_at = packet.vlan_offset;
    if (!setup.hide_vlan) {
      e.vlan = packet.vlan_tci;
      e.status |= rxd::VP;
    }
  }
  if (setup.buffers.uses_header_buffer()) [[unlikely]] {
    const std::uint32_t header = selected_header(packet, setup.psrtype);
    e.header = static_cast<std::uint16_t>(header > e.strip_at ? header - (e.strip_at != 0 ? kVlanTagBytes : 0)
                                                              : header);
  }
  return RxVerdict::accepted;
}

/// Filters first, then RSS, then the default queue. Whether a filter wants the packet's arrival time.
bool I350Function::choose_queue(RxEntry& e, const ParsedPacket& packet) {
  const RssResult rss = rss_.hash(packet);
  e.queue = static_cast<std::uint8_t>(rss.queue);
  const bool pcsd = (parser_.rxcsum & reg::rxcsum::PCSD) != 0;
  e.hash = pcsd ? rss.hash : std::uint32_t{packet.fragment_checksum} << 16 | packet.ip_id;
  bool marked = false;
  if (queue_filters_.active()) [[unlikely]] {
    const RxSetup& setup = rx_setup_[e.queue];
    const std::uint32_t stored = e.frame->length + (setup.strip_fcs ? 0 : kFcsBytes) -
                                 (packet.vlan && setup.strip_vlan ? kVlanTagBytes : 0);
    const QueueMatch match = queue_filters_.match(packet, stored);
    marked = match.timestamp;
    if (match.queue) e.queue = *match.queue;
    if (match.ethertype) e.ptype_rss = rxd::PTYPE_ETQF(*match.ethertype);
    // Neither errors nor legacy descriptors go with an interrupt at once (I210 7.3.6).
    const bool advanced = rx_setup_[e.queue].buffers.descriptor_type != reg::srrctl::DESCTYPE_LEGACY;
    if (match.immediate && advanced && (e.status & (rxd::CE | rxd::RXE | rxd::IPE | rxd::L4E)) == 0)
      e.status |= rxd::LLINT;
  }
  e.ptype_rss |= static_cast<std::uint32_t>(rss.type);
  return marked;
}

/// Brings a frame the packet buffer has taken into the form the host will find.
void I350Function::store(RxEntry& e) {
  const RxSetup& setup = rx_setup_[e.queue];
  const bool pad = e.frame->length - (e.strip_at != 0 ? kVlanTagBytes : 0) < kMinimumFrame &&
                   (csr_[reg::RCTL] & reg::rctl::PSP) != 0;
  if (e.strip_at != 0 || !setup.strip_fcs || pad) {
    Frame* image = stored_image(e, setup);
    FramePool::unref(e.frame);
    e.frame = image;
  }
  if (setup.packet_checksum) {
    const std::uint16_t sum = packet_checksum(e.frame->bytes(), reg::rxcsum::PCSS.get(parser_.rxcsum));
    e.hash = (e.hash & 0xFFFF) | std::uint32_t{sum} << 16;
  }
  if ((e.status & rxd::TSIP) != 0) rx_insert_stamp(e, setup);
}

/// The tag taken out, RCTL.PSP's zeros put in, the FCS as it was on the wire behind.
Frame* I350Function::stored_image(const RxEntry& e, const RxSetup& setup) {
  const std::span<const std::byte> wire = e.frame->bytes();
  const std::uint32_t tag = e.strip_at != 0 ? kVlanTagBytes : 0;
  std::uint32_t length = e.frame->length - tag;
  if ((csr_[reg::RCTL] & reg::rctl::PSP) != 0) length = std::max(length, kMinimumFrame);
  Frame* image = frames_.get(length + (setup.strip_fcs ? 0 : kFcsBytes));
  const std::uint32_t kept = e.frame->length - tag;
  std::memcpy(image->data, wire.data(), e.strip_at);
  std::memcpy(image->data + e.strip_at, wire.data() + e.strip_at + tag, kept - e.strip_at);
  std::memset(image->data + kept, 0, length - kept);
  if (!setup.strip_fcs) {
    const std::uint32_t fcs = ethernet_fcs(wire);
    store_le(image->data + length, e.frame->fcs_good ? fcs : ~fcs);
  }
  image->fcs_good = e.frame->fcs_good;
  image->number = e.frame->number;
  return image;
}

void I350Function::rx_fifo_add(std::uint32_t bytes, Time t) {
  rx_fifo_bytes_ += bytes;
  if (rx_fifo_bytes_ >= pause_sender_.trip_high()) [[unlikely]]
    pause_crossed(t);
}

void I350Function::rx_fifo_remove(std::uint32_t bytes, Time t) {
  rx_fifo_bytes_ -= bytes;
  rx_fifo_head_ += bytes;
  if (rx_fifo_bytes_ < pause_sender_.trip_low()) [[unlikely]]
    pause_crossed(t);
}

// --- the DMA engine: one frame at a time, in order -----------------------------------------------

void I350Function::rx_next(Time t) {
  if (rx_fifo_.empty()) {
    rx_state_ = RxState::idle;
    return;
  }
  // Not chained: a full packet buffer would recurse frame by frame.
  rx_state_ = RxState::waiting_ready;
  engine_.at<&I350Function::rx_issue>(niclab::max(rx_fifo_.front().ready, t) + i350_latency::receive_engine,
                                      Kind::device, agent_ + step::rx_issue, *this);
}

/// Whether the queue has fewer descriptors than the rest of the frame needs.
bool I350Function::rx_short_of_descriptors(const RxEntry& e, Time t) {
  RxRingUnit& q = rx_queues_[e.queue];
  if (!q.enabled() || q.free(t) == 0) return true;
  const RxBuffers& buffers = rx_setup_[e.queue].buffers;
  if (e.frame->length - e.offset <= buffers.packet_bytes) return false;
  const std::uint32_t first =
      e.offset == 0 ? place_first(buffers, e.frame->length, e.header).next : e.offset + buffers.packet_bytes;
  const std::uint32_t rest = e.frame->length - std::min(first, e.frame->length);
  return q.free(t) < 1 + (rest + buffers.packet_bytes - 1) / buffers.packet_bytes;
}

/// The frame in front has no descriptor to go to: drop it, or wait for one.
void I350Function::rx_starved(Time t) {
  RxEntry& e = rx_fifo_.front();
  RxRingUnit& q = rx_queues_[e.queue];
  if (e.offset == 0 && rx_setup_[e.queue].drop && rx_short_of_descriptors(e, t)) return rx_drop(t);
  const bool exhausted = !q.enabled() || q.free(t) == 0;
  if (exhausted && !e.counted_rnbc) {
    statistics_.count(reg::RNBC);
    e.counted_rnbc = true;
  }
  rx_state_ = RxState::waiting_descriptor;
  if (meters_) [[unlikely]]
    meters_->no_descriptor.stops(t);
  if (!exhausted) rx_fetches_.want(e.queue, t);
}

/// The frame in front is lost for want of descriptors.
void I350Function::rx_drop(Time t) {
  const RxEntry& e = rx_fifo_.front();
  if (meters_) rx_goes_on(t);
  statistics_.count_queue_drop(e.queue);
  ++account_.queue_drops;
  journey_dropped(e.journey);
  rx_pop(t);
}

/// Descriptors arrived, bus mastering came back, or a queue was switched off, while a frame waited.
void I350Function::rx_retry(Time t) {
  if (rx_state_ == RxState::waiting_descriptor || rx_state_ == RxState::waiting_writeback) rx_next(t);
}

void I350Function::rx_issue(Time t, std::uint32_t) {
  RxEntry& e = rx_fifo_.front();
  RxRingUnit& q = rx_queues_[e.queue];
  const RxSetup& setup = rx_setup_[e.queue];
  // A frame half written to a ring that was switched off has no place where it could go on.
  if (e.offset != 0 && rx_generation_ != rx_fetches_.generation(e.queue)) return rx_drop(t);
  if (!q.enabled() || q.available(t) == 0 || !dma_enabled()) return rx_starved(t);
  // A frame of several descriptors is dropped unless the ring has them all.
  if (setup.drop && e.frame->length > setup.buffers.packet_bytes && e.offset == 0) [[unlikely]]
    if (rx_short_of_descriptors(e, t)) return rx_starved(t);
  if (q.window_full(t)) {
    rx_state_ = RxState::waiting_writeback;
    if (meters_) meters_->no_window.stops(t);
    return;
  }
  rx_state_ = RxState::issuing;
  if (meters_) [[unlikely]]
    rx_goes_on(t);
  if (e.offset == 0) {
    rx_generation_ = rx_fetches_.generation(e.queue);
    if (e.journey != JourneyId::none) bus_.journeys()->in_queue(e.journey, e.queue);
    journey_begins(e.journey, Stage::rx_buffer, e.ready);
    journey_ends(e.journey, Stage::rx_buffer, t);
    journey_begins(e.journey, Stage::rx_dma, t);
  }
  if (q.reaches_minimum(t)) legacy_cause(reg::icr::RXDMT0, t);
  rx_descriptor_ = q.take(t);
  rx_fetches_.want(e.queue, t);
  rx_place_ = e.offset == 0 && setup.buffers.uses_header_buffer()
                  ? place_first(setup.buffers, e.frame->length, e.header)
                  : place_next(setup.buffers, e.frame->length, e.offset);
  const auto buffers = rx_descriptor_.descriptor.as<AdvRxRead>();
  Time end = t;
  if (rx_place_.header_bytes != 0)
    end = rx_write(t, buffers.header_buffer().value, e, 0, rx_place_.header_bytes);
  if (rx_place_.packet_bytes != 0)
    end = rx_write(t, buffers.packet_buffer().value, e, rx_place_.packet_offset, rx_place_.packet_bytes);
  if (waves_) waves_->rx.payload(e.queue, e.number, t);
  show_waves(t);
  engine_.chain<&I350Function::rx_written>(end.ceil(kDeviceClock), Kind::device, agent_ + step::rx_written,
                                           *this);
}

/// Posts bytes of the frame to one buffer; returns when the last has left.
Time I350Function::rx_write(Time t, std::uint64_t address, const RxEntry& e, std::uint32_t offset,
                            std::uint32_t length) {
  const std::uint32_t mps = bus_.max_payload_size();
  Time end = t;
  while (length != 0) {
    const auto to_page_end = static_cast<std::uint32_t>(4096 - address % 4096);
    const std::uint32_t n = std::min({length, mps, to_page_end});
    end = bus_.write_frame(t, address, e.frame, offset, n, e.number, e.journey);
    address += n;
    offset += n;
    length -= n;
  }
  return end;
}

/// The write-back of the descriptor just filled. TSIP goes with the packet's first, which has the stamp.
Descriptor I350Function::rx_result(const RxEntry& e, bool last) const {
  const std::uint32_t status =
      rxd::DD | rx_place_.errors | (last ? rxd::EOP | e.status : e.status & rxd::TSIP);
  const std::uint32_t vlan = last ? e.vlan : 0;
  if (rx_setup_[e.queue].buffers.descriptor_type == reg::srrctl::DESCTYPE_LEGACY)
    return Descriptor::of(
        LegacyRx::make(rx_descriptor_.descriptor.as<AdvRxRead>().packet_buffer(),
                       static_cast<std::uint16_t>(rx_place_.pkt_len),
                       static_cast<std::uint16_t>(e.hash >> 16), static_cast<std::uint8_t>(status),
                       static_cast<std::uint8_t>(status >> 24), static_cast<std::uint16_t>(vlan)));
  AdvRxWriteback wb;
  wb.dw = {e.ptype_rss | rx_place_.header_fields, e.hash, status, vlan << 16 | rx_place_.pkt_len};
  return Descriptor::of(wb);
}

void I350Function::rx_written(Time t, std::uint32_t) {
  const ShowAfter show{*this, t};
  RxEntry& e = rx_fifo_.front();
  const unsigned queue = e.queue;
  RxRingUnit& q = rx_queues_[queue];
  // The ring was switched off and on: it is another one now.
  if (rx_generation_ != rx_fetches_.generation(queue) && q.enabled()) return rx_drop(t);
  e.offset = rx_place_.next;
  const bool last = e.offset == e.frame->length;
  const bool at_once = last && (e.status & rxd::LLINT) != 0;
  const unsigned index = rx_descriptor_.index;
  q.completed(rx_result(e, last), t);
  e.status = (e.status | rx_place_.errors) & ~rxd::TSIP;
  if (last) {
    if (rx_stamps_ != nullptr) rx_stamps_->at(queue, index) = e.arrived;
    journey_ends(e.journey, Stage::rx_dma, t);
    journey_begins(e.journey, Stage::rx_writeback_wait, t);
    if (rx_stamps_ != nullptr) rx_stamps_->put_journey(queue, index, e.journey);
    if ((e.status & rxd::CE) == 0) {
      statistics_.count_rx_host(e.wire_length, e.kind, queue);
    } else {
      statistics_.count(reg::RPTHC);
    }
    ++account_.delivered;
  }
  // Below WTHRESH the write-back waits for the vector's throttle, if that is running (fact base 3.4).
  const auto vector = vectors_.rx(queue);
  const bool wait = moderated(vector, t) && !at_once && q.enabled();
  rx_writeback(queue, !wait, t);
  if (q.pending_reports(t) == 0) {
    queue_cause(vector, reg::icr::RXDW, t);
  } else if (vector) {  // without one, bus mastering is off: they leave when it is back
    schedule_flush(*vector, t);
  }
  if (at_once) low_latency_interrupt(vector, t);
  if (last) {
    rx_pop(t);
  } else {
    rx_next(t);
  }
}

void I350Function::rx_pop(Time t) {
  const RxEntry& e = rx_fifo_.front();  // stays where it is until another frame comes
  rx_fifo_remove(rx_occupancy(e.wire_length), t);
  rx_fifo_.pop_front();
  if (meters_) [[unlikely]]
    rx_left(e, t);
  FramePool::unref(e.frame);
  rx_next(t);
}

void I350Function::rx_writeback(unsigned n, bool flush, Time t) {
  RxRingUnit& queue = rx_queues_[n];
  if (flush) queue.flush(t);
  if (!may_master("receive write-back", t)) return;
  while (const auto run = queue.next_writeback(t)) {
    if (waves_) waves_->rx.writeback(n, t);
    const DescriptorRun journeys = rx_journeys(n, *run);
    journeys.each([&](JourneyId id) { journey_ends(id, Stage::rx_writeback_wait, t); });
    ++dma_.rx.writes;
    dma_.rx.descriptors += run->descriptors.size();
    bus_.write(t, run->address.value, std::as_bytes(run->descriptors), journeys);
  }
  if (rx_state_ == RxState::waiting_writeback) rx_next(t);
}

}  // namespace niclab::sim
