// What goes wrong on the bus: reads that fail or are never answered, errors reported upstream, and breakdowns
// that a scenario asks for (fact base 1.4.4, 1.5, 2.16, 4.9, 6.4; docs/i350.md, "Errors and resets").
#include <cstring>

#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

namespace {

constexpr unsigned kUnsupportedRequest = 1, kCompleterAbort = 4;  // of a completion
constexpr unsigned kDeviceControl2 = 0xC8;

}  // namespace

/// Who asks, as the header log shows it: the card is device 0 of bus 1.
std::uint16_t I350Function::requester_id() const { return static_cast<std::uint16_t>(0x100 | number_); }

// --- reads ---------------------------------------------------------------------------------------

/// GCR chooses the time; if it does not, Device Control 2 does.
void I350Function::update_read_timeout() {
  const unsigned chosen = reg::gcr::CMPL_TMOUT.get(csr_[reg::GCR]);
  if ((pci_.read(kDeviceControl2) & 0x10) != 0) {
    read_timeout_ = std::nullopt;
  } else {
    read_timeout_ =
        PciConfigSpace::completion_timeout(chosen != 0 ? chosen : pci_.read(kDeviceControl2) & 0xF);
  }
}

void I350Function::issue_read(std::uint64_t address, std::uint32_t length, Frame* frame, std::uint32_t offset,
                              const ReadTag& tag, Time t, JourneyId journey) {
  OutstandingRead& r = reads_.add(tag, read_timeout_ ? t + *read_timeout_ : Time::never());
  r.address = address;
  r.length = length;
  r.offset = offset;
  r.frame = frame;
  r.journey = journey;
  r.sent = 1;
  DmaCounts::Reads& counts = dma_.reads[static_cast<unsigned>(tag.kind)];
  ++counts.count;
  counts.bytes += length;
  if (meters_) [[unlikely]]
    read_began(r, t);
  watch_reads(r.due);
  bus_.read(t, address, length, frame, offset, r.tag, journey);
}

/// One event for the oldest read; those behind it are looked at when it comes.
void I350Function::watch_reads(Time due) {
  if (due >= read_timer_) [[likely]]
    return;
  if (read_timer_ != Time::never()) engine_.cancel(Kind::device, agent_ + step::read_timeout, this);
  read_timer_ = due.ceil(kDeviceClock);
  engine_.at<&I350Function::reads_expire>(read_timer_, Kind::device, agent_ + step::read_timeout, *this);
}

void I350Function::reads_expire(Time t, std::uint32_t) {
  const ShowAfter show{*this, t};
  read_timer_ = Time::never();
  while (OutstandingRead* r = reads_.expired(t)) read_expired(*r, t);
  if (const Time due = reads_.next_due(); due != Time::never()) watch_reads(due);
}

/// A switched-off queue's memory is not touched again.
bool I350Function::still_wanted(const ReadTag& tag) const {
  switch (tag.kind) {
    case ReadKind::rx_descriptors: return tag.generation == rx_fetches_.generation(tag.queue);
    case ReadKind::tx_descriptors: return tag.generation == tx_fetches_.generation(tag.queue);
    case ReadKind::tx_payload: break;
  }
  const TxPacket& p = tx_slots_[tag.slot];
  return !p.failed && p.generation == tx_fetches_.generation(p.queue);
}

/// Asked again if GCR says so, which makes it an advisory error only (fact base 2.16, 6.4); else given up.
void I350Function::read_expired(OutstandingRead& r, Time t) {
  const std::uint32_t gcr = csr_[reg::GCR];
  const bool again = (gcr & reg::gcr::CMPL_TMOUT_RESEND) != 0 && r.sent <= reg::gcr::RESENDS.get(gcr) &&
                     master_enabled() && still_wanted(r.tag);
  const OutstandingRead old = r;
  reads_.end(r);
  if (meters_) [[unlikely]]
    read_ended(old, t);
  const TlpHeader header = memory_header(TlpKind::memory_read, old.address, old.length, requester_id(), 0);
  bus_error(PciError::completion_timeout, again ? ErrorRole::advisory : ErrorRole::plain, header, t);
  if (!again) {
    legacy_cause(reg::icr::PCI_EX, t);
    return read_over(old.tag, {}, t);
  }
  issue_read(old.address, old.length, old.frame, old.offset, old.tag, t, old.journey);
  reads_.find(reads_.newest())->sent = old.sent + 1;
}

void I350Function::read_completed(Time t, const ReadAnswer& answer) {
  const OutstandingRead* r = reads_.find(answer.id);
  if (r == nullptr) [[unlikely]]
    return unexpected_completion(answer, t);
  const ReadTag tag = r->tag;
  const std::uint32_t length = r->length;
  reads_.end(*r);
  if (meters_) [[unlikely]]
    read_ended(*r, t);
  if (answer.status == ReadStatus::good) [[likely]]
    return read_over(tag, answer.data, t);
  read_failed(tag, length, answer, t);
}

/// The tag is nobody's any more: the read expired, and its answer comes after all.
void I350Function::unexpected_completion(const ReadAnswer& answer, Time t) {
  if (reads_.forgotten(answer.id)) return;
  const auto length = static_cast<std::uint32_t>(answer.data.size());
  bus_error(
      PciError::unexpected_completion, ErrorRole::advisory,
      completion_header(answer.status == ReadStatus::good ? TlpKind::completion_data : TlpKind::completion, 0,
                        length, requester_id(), answer.tlp_tag),
      t);
}

/// An abort is the completer's to report; here only Status says so. Poison is ours (PCI Express Base 6.2.3).
void I350Function::read_failed(const ReadTag& tag, std::uint32_t length, const ReadAnswer& answer, Time t) {
  switch (answer.status) {
    case ReadStatus::unsupported: pci_.received_master_abort(); break;
    case ReadStatus::aborted: pci_.received_target_abort(); break;
    default:
      pci_.received_poison(true);
      bus_error(PciError::poisoned_tlp, ErrorRole::plain,
                completion_header(TlpKind::completion_data, 0, length, requester_id(), answer.tlp_tag, true),
                t);
  }
  if (!answer.provoked && answer.status == ReadStatus::unsupported) tell_refused(tag, t);
  legacy_cause(reg::icr::PCI_EX, t);
  read_over(tag, {}, t);
}

/// A driver gave the card an address the host does not let it use.
void I350Function::tell_refused(const ReadTag& tag, Time t) {
  if (tag.kind == ReadKind::rx_descriptors) rx_fetches_.tell_refused(tag, t);
  if (tag.kind == ReadKind::tx_descriptors) tx_fetches_.tell_refused(tag, t);
}

/// A function-level or fundamental reset: nobody waits for answers (PCI Express Base 6.6.2).
void I350Function::give_up_reads(Time t) {
  reads_.forget();
  while (OutstandingRead* r = reads_.expired(Time::never())) {
    const ReadTag tag = r->tag;
    reads_.end(*r);
    if (meters_) read_ended(*r, t);
    read_over(tag, {}, t);
  }
}

// --- errors --------------------------------------------------------------------------------------

void I350Function::bus_error(PciError error, ErrorRole role, const TlpHeader& header, Time t) {
  ++errors_.found[static_cast<unsigned>(error)];
  const auto send = [&](std::uint64_t& counter, MessageCode code) {
    ++counter;
    bus_.message(t, static_cast<std::uint8_t>(code));
  };
  switch (pci_.report_error(error, role, header)) {
    case ErrorMessage::none: return;
    case ErrorMessage::correctable: return send(errors_.correctable, MessageCode::err_cor);
    case ErrorMessage::nonfatal: return send(errors_.nonfatal, MessageCode::err_nonfatal);
    case ErrorMessage::fatal: return send(errors_.fatal, MessageCode::err_fatal);
  }
}

void I350Function::poisoned_request(const TlpHeader& header, Time t) {
  pci_.received_poison(false);
  bus_error(PciError::poisoned_tlp, ErrorRole::plain, header, t);
}

// --- breakdowns ----------------------------------------------------------------------------------

/// An error in a memory that cannot be corrected: no DMA until the port is reset (our choice).
void I350Function::break_memory(Time t) {
  holds_ |= kHoldAll;
  legacy_cause(reg::icr::FER, t);
  show_waves(t);
}

void I350Function::stall_transmit(Time t, Duration d) {
  const Time until = (t + d).ceil(kDeviceClock);
  holds_ |= kHoldTransmit;
  if (stall_ends_ != Time::never()) engine_.cancel(Kind::device, agent_ + step::stall_end, this);
  stall_ends_ = until;
  engine_.at<&I350Function::stall_ends>(until, Kind::device, agent_ + step::stall_end, *this);
}

void I350Function::stall_ends(Time t, std::uint32_t) {
  const ShowAfter show{*this, t};
  stall_ends_ = Time::never();
  holds_ &= ~kHoldTransmit;
  write_held(t);
  tx_kick(t);
}

/// What was done while nothing could be written goes now, and is told: of the transmitter a burst begun then,
/// and what has come after it.
void I350Function::write_held(Time t) {
  for (unsigned q = 0; q < reg::kQueues; ++q) {
    const bool rx = rx_queues_[q].pending_reports(t) != 0;
    rx_writeback(q, false, t);
    if (rx && rx_queues_[q].pending_reports(t) == 0) queue_cause(vectors_.rx(q), reg::icr::RXDW, t);
  }
  write_held_transmit(t);
  engine_.cancel(Kind::device, agent_ + step::held, this);
  engine_.at<&I350Function::held_event>(t + kDeviceClock, Kind::device, agent_ + step::held, *this);
}

/// What a burst of write-backs leaves in a ring shows a clock later.
void I350Function::held_event(Time t, std::uint32_t) {
  const ShowAfter show{*this, t};
  write_held_transmit(t);
}

void I350Function::write_held_transmit(Time t) {
  for (unsigned q = 0; q < reg::kQueues; ++q) {
    const bool tx = tx_queues_[q].pending_reports(t) != 0;
    tx_writeback(q, false, t);
    if (tx && tx_queues_[q].pending_reports(t) == 0) queue_cause(vectors_.tx(q), reg::icr::TXDW, t);
  }
}

/// A reset repairs what it can.
void I350Function::holds_end() {
  holds_ = 0;
  if (stall_ends_ != Time::never()) engine_.cancel(Kind::device, agent_ + step::stall_end, this);
  stall_ends_ = Time::never();
}

void I350Function::frame_truncated() {
  if (!arriving_.empty()) arriving_.back().truncated = true;
}

/// The frame as the wire delivers it when a bit of it tipped over.
Frame* I350Function::damaged(Frame* frame) {
  --damage_frames_;
  Frame* copy = frames_.get(frame->length);
  std::memcpy(copy->data, frame->data, frame->length);
  copy->number = frame->number;
  copy->fcs_good = false;
  FramePool::unref(frame);
  return copy;
}

/// As if CTRL.RST had been written, by nobody.
void I350Function::surprise_reset(Time t) {
  reset(t);
  show_waves(t);
}

/// The link to the host was lost and comes back: everything starts anew (fact base 4.9).
void I350Function::fundamental_reset(Time t) {
  pci_.reset();
  was_master_ = false;
  delivery_.reset();
  power_on(t);
  update_read_timeout();
  give_up_reads(t);
  show_waves(t);
}

}  // namespace niclab::sim
