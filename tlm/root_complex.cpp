#include "tlm/root_complex.hpp"

#include <algorithm>

namespace niclab::sim {

RootComplex::RootComplex(sc_core::sc_module_name name, Engine& engine, Scheduler& scheduler, Trace& trace,
                         const PcieConfig& config, Iommu* iommu, unsigned first_port, unsigned agent)
    : sc_module(name),
      from_device("from_device"),
      to_device("to_device"),
      from_host("from_host"),
      to_host("to_host"),
      engine_(engine),
      scheduler_(scheduler),
      trace_(trace),
      config_(config),
      iommu_(iommu),
      first_port_(first_port),
      agent_(agent),
      down_(config) {
  from_device.register_nb_transport_fw(this, &RootComplex::device_request);
  from_device.register_b_transport(this, &RootComplex::device_request_blocking);
  to_device.register_nb_transport_bw(this, &RootComplex::device_response);
  from_host.register_nb_transport_fw(this, &RootComplex::host_request);
  from_host.register_b_transport(this, &RootComplex::host_request_blocking);
  from_host.register_transport_dbg(this, &RootComplex::host_debug);
  to_host.register_nb_transport_bw(this, &RootComplex::host_response);
}

unsigned RootComplex::function_of(Payload& p) const {
  const TlpExtension* e = tlp_of(p);
  return e != nullptr && e->function < nics_ ? e->function : 0;
}

// --- device to host ------------------------------------------------------------------------------

RootComplex::Sync RootComplex::device_request(Payload& p, Phase& phase, sc_core::sc_time& delay) {
  if (phase == ::tlm::END_RESP) return ::tlm::TLM_COMPLETED;
  const Time arrival = instant(delay);
  if ((armed_ & kNoLink) != 0) [[unlikely]] {
    lose(p, arrival);
    if (p.is_read()) return ::tlm::TLM_ACCEPTED;
    p.set_response_status(::tlm::TLM_OK_RESPONSE);
    return ::tlm::TLM_COMPLETED;
  }
  if (!p.is_read()) {  // a write or a message
    const Time visible = posted_write(p, arrival).visible;
    if (TlpExtension* e = tlp_of(p)) e->credit_returned = visible + config_.device_latency;
    delay = delay_to(visible);
    p.set_response_status(::tlm::TLM_OK_RESPONSE);
    return ::tlm::TLM_COMPLETED;
  }
  start_read(p, arrival);
  phase = ::tlm::END_REQ;
  return ::tlm::TLM_UPDATED;
}

RootComplex::Posted RootComplex::posted_write(Payload& p, Time arrival) {
  Duration latency = config_.root_complex_latency;
  if (iommu_ != nullptr && p.is_write()) latency += iommu_->lookup_latency(p.get_address());
  last_visible_ = niclab::max(last_visible_, arrival + latency);
  Phase phase = ::tlm::BEGIN_REQ;
  sc_core::sc_time delay = delay_to(last_visible_);
  p.acquire();  // a foreign memory may keep it until it acknowledges
  if (to_host->nb_transport_fw(p, phase, delay) == ::tlm::TLM_COMPLETED) {
    p.release();
    return {last_visible_, true};
  }
  scheduler_.refresh_horizon();
  return {last_visible_, false};
}

void RootComplex::start_read(Payload& p, Time arrival) {
  Duration late{};
  if ((armed_ & kReads) != 0 && read_fails(p, late)) [[unlikely]]
    return lose(p, arrival);
  p.acquire();
  Duration latency = config_.root_complex_latency + config_.memory_latency;
  if (iommu_ != nullptr) latency += iommu_->lookup_latency(p.get_address());
  // Requests never pass posted writes (PCI Express Base, ordering rules): a read sees what was written before
  // it.
  const Time sampled = niclab::max(arrival + latency, last_visible_);
  if (TlpExtension* e = tlp_of(p)) e->credit_returned = sampled + config_.device_latency;
  engine_.at<&RootComplex::sample>(sampled + late, Kind::memory_read, agent_, *this, waiting_.put(p));
}

void RootComplex::sample(Time t, std::uint32_t slot) {
  Payload& p = waiting_.take(slot);
  if (p.get_response_status() != ::tlm::TLM_INCOMPLETE_RESPONSE) [[unlikely]]
    if (const TlpExtension* e = tlp_of(p); e != nullptr && e->provoked) return complete_read(p, t);
  Phase phase = ::tlm::BEGIN_REQ;
  sc_core::sc_time delay = delay_to(t);
  const Sync sync = to_host->nb_transport_fw(p, phase, delay);
  if (sync == ::tlm::TLM_COMPLETED || (sync == ::tlm::TLM_UPDATED && phase == ::tlm::BEGIN_RESP)) {
    complete_read(p, t);
  } else {
    scheduler_.refresh_horizon();
  }
}

RootComplex::Sync RootComplex::host_response(Payload& p, Phase& phase, sc_core::sc_time& delay) {
  // A foreign memory answers a read, or acknowledges a write, in its own time.
  if (phase != ::tlm::BEGIN_RESP) return ::tlm::TLM_ACCEPTED;
  if (p.is_read()) {
    engine_.at<&RootComplex::complete_later>(instant(delay), Kind::foreign, agent_, *this, waiting_.put(p));
    scheduler_.kick();
  } else {
    notify_waiter(p, instant(delay));
    p.release();
  }
  phase = ::tlm::END_RESP;
  return ::tlm::TLM_COMPLETED;
}

void RootComplex::complete_later(Time t, std::uint32_t slot) {
  Payload& p = waiting_.take(slot);
  complete_read(p, t);
}

void RootComplex::complete_read(Payload& p, Time t) {
  if ((armed_ & kNoLink) != 0) [[unlikely]]
    return p.release();
  const unsigned function = function_of(p);
  TlpExtension* e = tlp_of(p);
  const bool good = p.is_response_ok();
  PciePortCounters& counters = counters_[function];
  // Completions end on Read Completion Boundaries; the last carries what is left (PCI Express Base 2.3.1.1).
  std::uint64_t address = p.get_address();
  std::uint32_t left = good ? p.get_data_length() : 0;
  Time arrival = t;
  const std::uint64_t content =
      e != nullptr && e->frame == nullptr && good ? hash_bytes({TlpPool::data(p), p.get_data_length()}) : 0;
  do {
    const std::uint32_t n = std::min<std::uint32_t>(
        left, config_.completion - static_cast<std::uint32_t>(address & (config_.rcb - 1)));
    const TlpType type = good ? TlpType::CplD : TlpType::Cpl;
    const std::uint32_t wire = tlp_wire_bytes(type, 0, n);
    const auto sent = down_.send(t, type, wire, n);
    arrival = sent.arrival;
    counters.down.count(type, wire, n);
    if (e != nullptr && e->journey != JourneyId::none)
      trace_.journeys()->carried(e->journey, first_port_ + function, false,
                                 kTlpNames[static_cast<unsigned>(type)], sent.start, sent.end);
    trace_.tlp({sent.start, first_port_ + function, false, type, e != nullptr ? e->tag : 0, address, n,
                content, sent.end, e != nullptr ? e->packet : 0});
    address += n;
    left -= n;
  } while (left != 0);
  if (notify_waiter(p, arrival)) {
    p.release();
    return;
  }
  Phase phase = ::tlm::BEGIN_RESP;
  sc_core::sc_time delay = delay_to(arrival);
  if (from_device->nb_transport_bw(p, phase, delay) == ::tlm::TLM_ACCEPTED) scheduler_.refresh_horizon();
  p.release();
}

/// Wakes the blocking initiator of `p` at `t`; false when it has none.
bool RootComplex::notify_waiter(const Payload& p, Time t) {
  for (Waiter* w : waiters_) {
    if (w->payload != &p) continue;
    w->done.notify(delay_to(t));
    scheduler_.refresh_horizon();
    return true;
  }
  return false;
}

void RootComplex::device_request_blocking(Payload& p, sc_core::sc_time& delay) {
  // A foreign bus master: wait out its annotated delay so that the engine has run up to the request.
  sc_core::wait(delay);
  delay = sc_core::SC_ZERO_TIME;
  if (p.get_data_length() > (p.is_read() ? config_.mrrs : config_.mps)) {  // not a TLP
    p.set_response_status(::tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  const BorrowedPayload borrowed(p);
  Waiter waiter{&p, {}};
  waiters_.push_back(&waiter);
  if (!p.is_read()) {
    p.set_response_status(::tlm::TLM_OK_RESPONSE);
    const Posted posted = posted_write(p, kernel_now() + config_.propagation);
    if (posted.done) notify_waiter(p, posted.visible);
    sc_core::wait(waiter.done);
    std::erase(waiters_, &waiter);
    scheduler_.kick();
    return;
  }
  start_read(p, kernel_now() + config_.propagation);
  scheduler_.kick();
  sc_core::wait(waiter.done);
  std::erase(waiters_, &waiter);
}

// --- what a scenario breaks ----------------------------------------------------------------------

void RootComplex::fail_reads(unsigned function, ReadFault how, std::uint64_t count, Duration delay) {
  failing_reads_.push_back({function, how, count, delay});
  armed_ |= kReads;
}

void RootComplex::poison_writes(unsigned function, std::uint64_t count) {
  poisoned_writes_.at(function) += count;
  armed_ |= kWrites;
}

void RootComplex::set_link(bool up) { armed_ = up ? armed_ & ~kNoLink : armed_ | kNoLink; }

/// Whether nobody answers `p`; else what becomes of it is in the payload, and how much later it comes in
/// `late`.
bool RootComplex::read_fails(Payload& p, Duration& late) {
  TlpExtension* e = tlp_of(p);
  const auto it = std::find_if(failing_reads_.begin(), failing_reads_.end(),
                               [&](const ArmedReads& f) { return f.function == function_of(p); });
  if (e == nullptr || it == failing_reads_.end()) return false;
  const ArmedReads fault = *it;
  if (--it->left == 0) failing_reads_.erase(it);
  if (failing_reads_.empty()) armed_ &= ~kReads;
  e->provoked = true;
  switch (fault.how) {
    case ReadFault::lost: return true;
    case ReadFault::late: late = fault.delay; break;
    case ReadFault::poisoned: e->poisoned = true; break;
    case ReadFault::unsupported: p.set_response_status(::tlm::TLM_ADDRESS_ERROR_RESPONSE); break;
    case ReadFault::aborted: p.set_response_status(::tlm::TLM_GENERIC_ERROR_RESPONSE); break;
  }
  return false;
}

/// It arrived, if at all, and nothing comes of it.
void RootComplex::lose(Payload& p, Time arrival) {
  if (TlpExtension* e = tlp_of(p))
    e->credit_returned = arrival + config_.root_complex_latency + config_.device_latency;
}

unsigned RootComplex::host_debug(Payload& p) {
  if ((armed_ & kNoLink) == 0) return to_device->transport_dbg(p);
  if (p.is_read()) std::fill_n(p.get_data_ptr(), p.get_data_length(), static_cast<unsigned char>(0xFF));
  return p.get_data_length();
}

RootComplex::Sync RootComplex::no_device(Payload& p, Phase& phase, Time t) {
  const TlpExtension* e = tlp_of(p);
  if (p.is_write() && (e == nullptr || e->type == TlpType::MWr)) {
    p.set_response_status(::tlm::TLM_OK_RESPONSE);
    return ::tlm::TLM_COMPLETED;
  }
  p.acquire();
  engine_.at<&RootComplex::answer_for_device>(t + config_.root_complex_latency, Kind::link_arrival,
                                              0x2000 + agent_, *this, waiting_.put(p));
  phase = ::tlm::END_REQ;
  return ::tlm::TLM_UPDATED;
}

void RootComplex::answer_for_device(Time t, std::uint32_t slot) {
  Payload& p = waiting_.take(slot);
  p.set_response_status(::tlm::TLM_ADDRESS_ERROR_RESPONSE);
  if (!notify_waiter(p, t)) {
    Phase phase = ::tlm::BEGIN_RESP;
    sc_core::sc_time delay = delay_to(t);
    from_host->nb_transport_bw(p, phase, delay);
  }
  p.release();
}

// --- host to device ------------------------------------------------------------------------------

RootComplex::Sync RootComplex::host_request(Payload& p, Phase& phase, sc_core::sc_time& delay) {
  if (phase == ::tlm::END_RESP) return ::tlm::TLM_COMPLETED;
  const Time t = instant(delay);
  const unsigned function = function_of(p);
  TlpExtension* e = tlp_of(p);
  const TlpType type = e != nullptr ? e->type : p.is_write() ? TlpType::MWr : TlpType::MRd;
  if (armed_ != 0) [[unlikely]] {
    if ((armed_ & kNoLink) != 0) return no_device(p, phase, t);
    if (type == TlpType::MWr && e != nullptr && poisoned_writes_[function] != 0) {
      --poisoned_writes_[function];
      e->poisoned = true;
    }
  }
  const bool with_data = p.is_write();
  const std::uint32_t wire = tlp_wire_bytes(type, p.get_address(), with_data ? p.get_data_length() : 0);
  const auto sent = down_.send(t, type, wire, with_data ? p.get_data_length() : 0);
  if (e != nullptr && trace_.journeys() != nullptr) e->start = sent.start, e->end = sent.end;
  PciePortCounters& counters = counters_[function];
  counters.down.count(type, wire, with_data ? p.get_data_length() : 0);
  trace_.tlp({sent.start, first_port_ + function, false, type, e != nullptr ? e->tag : 0, p.get_address(),
              p.get_data_length(), with_data ? hash_bytes({TlpPool::data(p), p.get_data_length()}) : 0,
              sent.end});
  const Time arrival = sent.arrival + config_.root_complex_latency;
  down_.credit(type, with_data ? p.get_data_length() : 0, arrival + config_.device_latency);
  delay = delay_to(arrival);
  p.acquire();  // a foreign device may keep a posted write until it acknowledges
  const Sync sync = to_device->nb_transport_fw(p, phase, delay);
  if (sync != ::tlm::TLM_COMPLETED) scheduler_.refresh_horizon();
  if (sync == ::tlm::TLM_COMPLETED || type != TlpType::MWr) p.release();
  return sync;
}

RootComplex::Sync RootComplex::device_response(Payload& p, Phase& phase, sc_core::sc_time& delay) {
  if (phase != ::tlm::BEGIN_RESP) return ::tlm::TLM_ACCEPTED;
  const Time at = instant(delay) + config_.root_complex_latency;
  const TlpExtension* e = tlp_of(p);
  if (p.is_write() && (e == nullptr || e->type == TlpType::MWr)) {  // posted: nobody waits for it
    p.release();
    phase = ::tlm::END_RESP;
    return ::tlm::TLM_COMPLETED;
  }
  if ((armed_ & kNoLink) != 0) [[unlikely]]
    p.set_response_status(::tlm::TLM_ADDRESS_ERROR_RESPONSE);  // the answer is lost: the root port gives one
  if (notify_waiter(p, at)) {
    phase = ::tlm::END_RESP;
    return ::tlm::TLM_COMPLETED;
  }
  delay = delay_to(at);
  return from_host->nb_transport_bw(p, phase, delay);
}

void RootComplex::host_request_blocking(Payload& p, sc_core::sc_time& delay) {
  sc_core::wait(delay);
  delay = sc_core::SC_ZERO_TIME;
  const BorrowedPayload borrowed(p);
  Waiter waiter{&p, {}};
  const bool read = p.is_read();
  if (read) waiters_.push_back(&waiter);
  Phase phase = ::tlm::BEGIN_REQ;
  sc_core::sc_time annotated = sc_core::SC_ZERO_TIME;
  host_request(p, phase, annotated);
  scheduler_.kick();
  if (read) {
    sc_core::wait(waiter.done);
    std::erase(waiters_, &waiter);
  } else {
    sc_core::wait(annotated);
    sc_core::wait(config_.device_latency.ps(), sc_core::SC_PS);
  }
}

}  // namespace niclab::sim
