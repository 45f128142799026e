// From the wire to host memory: MAC, packet buffer, classification, DMA, write-back (fact
// base 2.7, 3.4, 4.10).
#include <algorithm>

#include "base/bytes.hpp"
#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

namespace {

/// RXPBS encodings in KB (fact base 2.9).
constexpr std::array<std::uint16_t, 16> kRxPbsKb{36, 72, 144, 1,  2,  4,  8,  16,
                                                 35, 70, 140, 36, 36, 36, 36, 36};

}  // namespace

std::uint32_t I350Function::receive_buffer_bytes() const { return kRxPbsKb[csr_[reg::RXPBS] & 0xF] * 1024u; }

std::uint32_t I350Function::longest_frame() const {
  if ((csr_[reg::RCTL] & reg::rctl::LPE) != 0) return csr_[reg::RLPML] & 0x3FFF;
  return 1518;
}

std::uint32_t I350Function::rx_buffer_size(unsigned q) const {
  const std::uint32_t kb = reg::srrctl::BSIZEPACKET.get(csr_[reg::SRRCTL(q)]);
  return kb != 0 ? kb * 1024 : 2048u >> reg::rctl::BSIZE.get(csr_[reg::RCTL]);
}

void I350Function::receive_frame(Time end, Frame* frame, JourneyId journey) {
  journey_begins(journey, Stage::rx_mac, end);
  arriving_.push_back({frame, journey});
  engine_.at<&I350Function::frame_event>(end.ceil(kDeviceClock), Kind::frame_arrival, agent_, *this);
}

void I350Function::frame_event(Time t, std::uint32_t) {
  const ShowAfter show{*this, t};
  const Arriving a = arriving_.front();
  arriving_.pop_front();
  ++account_.injected;
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
  if (length < 64) {
    statistics_.count(frame->fcs_good ? reg::RUC : reg::RFC);
    statistics_.count(reg::RLEC);
    return refuse(account_.error_drops);
  }
  const std::uint32_t tag_bytes = frame->length >= 14 && load_be16(frame->data + 12) == 0x8100 ? 4 : 0;
  const bool long_packets = (csr_[reg::RCTL] & reg::rctl::LPE) != 0;
  if (length > longest_frame() + (long_packets ? 0 : tag_bytes)) {
    statistics_.count(frame->fcs_good ? reg::ROC : reg::RJC);
    statistics_.count(reg::RLEC);
    return refuse(account_.error_drops);
  }
  if (!frame->fcs_good) {
    statistics_.count(reg::CRCERRS);
    if ((csr_[reg::RCTL] & reg::rctl::SBP) == 0) return refuse(account_.error_drops);
  }
  RxEntry e;
  e.frame = frame;
  e.number = static_cast<std::uint32_t>(account_.injected);
  e.journey = journey;
  e.arrived = t;
  if (!classify(e)) return refuse(account_.filtered);
  if (rx_fifo_bytes_ + frame->length > receive_buffer_bytes()) {
    statistics_.count(reg::MPC);
    legacy_cause(reg::icr::RXO, t);
    return refuse(account_.missed);
  }
  if (frame->fcs_good) statistics_.count_rx_good(length, e.kind);
  rx_fifo_bytes_ += frame->length;
  e.ready = t + i350_latency::receive_pipeline;
  journey_ends(e.journey, Stage::rx_mac, e.ready);
  // A frame that finds its ring exhausted waits in the buffer; that is counted once.
  RxRingUnit& q = rx_queues_[e.queue];
  if ((!q.enabled() || q.free(t) == 0) && (csr_[reg::SRRCTL(e.queue)] & reg::srrctl::DROP_EN) == 0) {
    statistics_.count(reg::RNBC);
    e.counted_rnbc = true;
  }
  rx_fifo_.push_back(e);
  if (rx_state_ == RxState::idle) rx_next(t);
}

bool I350Function::classify(RxEntry& e) {
  const ParsedPacket packet = parse_packet(e.frame->bytes(), parser_);
  const auto destination = MacAddress::load(e.frame->data);
  const FilterDecision decision = filter_.decide(
      destination, packet.vlan ? std::optional<unsigned>(packet.vlan_tci & 0xFFFu) : std::nullopt);
  if (!decision.accept) return false;
  e.kind = destination_kind(destination);
  RssResult rss;
  if (rss_.active()) rss = rss_.hash(packet);
  e.queue = static_cast<std::uint8_t>(rss.queue);
  const bool pcsd = (csr_[reg::RXCSUM] & reg::rxcsum::PCSD) != 0;
  e.hash = pcsd ? rss.hash : std::uint32_t{packet.checksum} << 16 | packet.ip_id;
  e.ptype_rss = packet.ptype | static_cast<std::uint32_t>(rss.type);
  e.status =
      packet.status_errors | (decision.inexact ? rxd::PIF : 0) | (e.frame->fcs_good ? 0 : rxd::CE | rxd::RXE);
  return true;
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

/// The frame in front has no descriptor to go to: drop it, or wait for one.
void I350Function::rx_starved(Time t) {
  RxEntry& e = rx_fifo_.front();
  RxRingUnit& q = rx_queues_[e.queue];
  const bool exhausted = !q.enabled() || q.free(t) == 0;
  if (exhausted && (csr_[reg::SRRCTL(e.queue)] & reg::srrctl::DROP_EN) != 0 && e.offset == 0) {
    statistics_.count_queue_drop(e.queue);
    ++account_.queue_drops;
    journey_dropped(e.journey);
    rx_pop(t);
    return;
  }
  if (exhausted && !e.counted_rnbc) {
    statistics_.count(reg::RNBC);
    e.counted_rnbc = true;
  }
  rx_state_ = RxState::waiting_descriptor;
  if (!exhausted) rx_fetches_.want(e.queue, t);
}

/// Descriptors arrived, or bus mastering came back, while a frame waited.
void I350Function::rx_retry(Time t) {
  if (rx_state_ == RxState::waiting_descriptor) rx_next(t);
}

void I350Function::rx_issue(Time t, std::uint32_t) {
  if (rx_fifo_.empty()) return;  // a reset came in between
  RxEntry& e = rx_fifo_.front();
  RxRingUnit& q = rx_queues_[e.queue];
  if (!q.enabled() || q.available(t) == 0 || !master_enabled()) return rx_starved(t);
  if (q.window_full(t)) {
    rx_state_ = RxState::waiting_writeback;
    return;
  }
  rx_state_ = RxState::issuing;
  if (e.offset == 0) {
    if (e.journey != JourneyId::none) bus_.journeys()->in_queue(e.journey, e.queue);
    journey_begins(e.journey, Stage::rx_buffer, e.ready);
    journey_ends(e.journey, Stage::rx_buffer, t);
    journey_begins(e.journey, Stage::rx_dma, t);
  }
  if (q.reaches_minimum(t)) legacy_cause(reg::icr::RXDMT0, t);
  const TakenDescriptor taken = q.take(t);
  rx_fetches_.want(e.queue, t);
  rx_index_ = taken.index;
  rx_chunk_ = std::min(e.frame->length - e.offset, rx_buffer_size(e.queue));
  std::uint64_t address = taken.descriptor.as<AdvRxRead>().packet_buffer().value;
  std::uint32_t offset = e.offset;
  std::uint32_t left = rx_chunk_;
  Time end = t;
  const std::uint32_t mps = bus_.max_payload_size();
  while (left != 0) {
    const auto to_page_end = static_cast<std::uint32_t>(4096 - address % 4096);
    const std::uint32_t n = std::min({left, mps, to_page_end});
    end = bus_.write_frame(t, address, e.frame, offset, n, e.number, e.journey);
    address += n;
    offset += n;
    left -= n;
  }
  if (waves_) waves_->rx.payload(e.queue, e.number, t);
  show_waves(t);
  engine_.chain<&I350Function::rx_written>(end.ceil(kDeviceClock), Kind::device, agent_ + step::rx_written,
                                           *this);
}

void I350Function::rx_written(Time t, std::uint32_t) {
  const ShowAfter show{*this, t};
  if (rx_fifo_.empty()) return;
  RxEntry& e = rx_fifo_.front();
  RxRingUnit& q = rx_queues_[e.queue];
  e.offset += rx_chunk_;
  const bool last = e.offset == e.frame->length;
  const std::uint32_t status = rxd::DD | (last ? rxd::EOP | e.status : 0);
  AdvRxWriteback wb;
  wb.dw = {e.ptype_rss, e.hash, status, rx_chunk_};
  if (q.unfinished() != 0) q.completed(Descriptor::of(wb), t);  // else the queue was started again meanwhile
  const unsigned queue = e.queue;
  if (last) {
    if (rx_stamps_ != nullptr) rx_stamps_->at(queue, rx_index_) = e.arrived;
    journey_ends(e.journey, Stage::rx_dma, t);
    journey_begins(e.journey, Stage::rx_writeback_wait, t);
    if (rx_stamps_ != nullptr) rx_stamps_->put_journey(queue, rx_index_, e.journey);
    statistics_.count_rx_host(e.frame->length + kFcsBytes, e.kind, queue);
    ++account_.delivered;
  }
  // Below WTHRESH the write-back waits for the vector's throttle, if that is running (fact base 3.4).
  const auto vector = vectors_.rx(queue);
  const bool wait = moderated(vector, t);
  rx_writeback(queue, !wait, t);
  if (q.pending_reports(t) == 0) {
    queue_cause(vector, reg::icr::RXDW, t);
  } else if (vector) {  // without one, bus mastering is off: they leave when it is back
    schedule_flush(*vector, t);
  }
  if (last) {
    rx_pop(t);
  } else {
    rx_next(t);
  }
}

void I350Function::rx_pop(Time t) {
  Frame* frame = rx_fifo_.front().frame;
  rx_fifo_bytes_ -= frame->length;
  rx_fifo_.pop_front();
  FramePool::unref(frame);
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
    bus_.write(t, run->address.value, std::as_bytes(run->descriptors), journeys);
  }
  if (rx_state_ == RxState::waiting_writeback) rx_next(t);
}

}  // namespace niclab::sim
