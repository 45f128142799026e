#include "tlm/guest.hpp"

#include <algorithm>
#include <cstring>

#include "tlm/pcie_link.hpp"

namespace niclab::sim {
namespace {

constexpr Duration kRetryFirst = 1_us, kRetryLongest = 1_ms, kRetryLimit = 1_s;  // of configuration requests

unsigned function_of(Payload& p) {
  const TlpExtension* e = tlp_of(p);
  return e != nullptr ? e->function : 0;
}

}  // namespace

Guest::Guest(sc_core::sc_module_name name, Engine& engine, Scheduler& scheduler, Trace& trace,
             unsigned first_port, unsigned agent)
    : sc_module(name),
      from_bus("from_bus"),
      to_bus("to_bus"),
      engine_(engine),
      scheduler_(scheduler),
      trace_(trace),
      first_port_(first_port),
      agent_(agent) {
  from_bus.register_nb_transport_fw(this, &Guest::bus_request);
  to_bus.register_nb_transport_bw(this, &Guest::bus_response);
}

// --- accesses of the outside ---------------------------------------------------------------------

void Guest::issue(Time t, const GuestAccess& access) {
  queue_.push_back(access);
  engine_.at<&Guest::issue_event>(t, Kind::foreign, agent_, *this);
}

void Guest::issue_event(Time t, std::uint32_t) {
  const GuestAccess access = queue_.front();
  queue_.pop_front();
  retry_wait_ = kRetryFirst;
  retried_ = {};
  send(t, access);
}

void Guest::send(Time t, const GuestAccess& a) {
  const bool config = a.type == TlpType::CfgRd || a.type == TlpType::CfgWr;
  const auto lane = static_cast<unsigned>(a.address & 3);
  Payload& p = payloads_.get(a.type, config ? a.address & ~std::uint64_t{3} : a.address, nullptr,
                             config ? 4 : a.bytes);
  TlpExtension& e = TlpPool::extension(p);
  e.function = a.function;
  e.owner = this;
  e.owner_arg = ((1u << a.bytes) - 1) << lane;
  const std::uint32_t value = config ? a.value << 8 * lane : a.value;
  std::memcpy(e.inline_data.data(), &value, 4);
  if (!a.posted()) current_ = a;
  Phase phase = ::tlm::BEGIN_REQ;
  sc_core::sc_time delay = delay_to(t);
  const Sync sync = to_bus->nb_transport_fw(p, phase, delay);
  if (!a.posted() && sync == ::tlm::TLM_COMPLETED) bus_response(p, phase = ::tlm::BEGIN_RESP, delay);
  p.release();
}

Guest::Sync Guest::bus_response(Payload& p, Phase& phase, sc_core::sc_time& delay) {
  if (phase != ::tlm::BEGIN_RESP) return ::tlm::TLM_ACCEPTED;
  const TlpExtension& e = TlpPool::extension(p);
  std::uint32_t value = 0;
  std::memcpy(&value, p.get_data_ptr(), std::min(p.get_data_length(), 4u));
  good_ = p.is_response_ok();
  retry_ = e.retry;
  const bool config = e.type == TlpType::CfgRd;
  value_ = config ? value >> 8 * (current_.address & 3) : value;
  engine_.at<&Guest::responded>(instant(delay), Kind::foreign, agent_ + 1, *this);
  scheduler_.kick();
  phase = ::tlm::END_RESP;
  return ::tlm::TLM_COMPLETED;
}

void Guest::responded(Time t, std::uint32_t) {
  if (retry_ &&
      retried_ < kRetryLimit) {  // Configuration Request Retry Status: ask again, less and less often
    retried_ += retry_wait_;
    engine_.at<&Guest::issue_event>(t + retry_wait_, Kind::foreign, agent_, *this);
    queue_.push_back(current_);
    return;
  }
  if (world_ != nullptr) world_->accessed(value_, good_);
}

// --- accesses of the card ------------------------------------------------------------------------

Guest::Sync Guest::bus_request(Payload& p, Phase& phase, sc_core::sc_time& delay) {
  if (phase == ::tlm::END_RESP) return ::tlm::TLM_COMPLETED;
  if (p.is_read()) return read(p);
  p.acquire();
  p.set_response_status(::tlm::TLM_OK_RESPONSE);
  engine_.at<&Guest::write_visible>(instant(delay), Kind::memory_write, agent_ + 2, *this, writes_.put(p));
  return ::tlm::TLM_COMPLETED;
}

void Guest::write_visible(Time t, std::uint32_t slot) {
  Payload& p = writes_.take(slot);
  const unsigned function = function_of(p);
  const TlpExtension* e = tlp_of(p);
  if (world_ != nullptr) {
    if (p.is_write()) {
      world_->write(function, p.get_address(), {TlpPool::data(p), p.get_data_length()});
    } else if (e != nullptr && e->type == TlpType::Msg && e->message < 0x28) {
      const bool asserted = e->message < static_cast<unsigned>(MessageCode::deassert_inta);
      if (asserted) trace_.interrupt({t, first_port_ + function, 0, 0});
      world_->pin(function, asserted);
    }
  }
  p.release();
}

Guest::Sync Guest::read(Payload& p) {
  using Fetch = GuestWorld::Fetch;
  const std::uint32_t token = reads_.put(p);
  const Fetch fetch = world_ == nullptr ? Fetch::refused
                                        : world_->read(function_of(p), p.get_address(),
                                                       {TlpPool::data(p), p.get_data_length()}, token);
  if (fetch == Fetch::later) return ::tlm::TLM_ACCEPTED;
  reads_.take(token);
  p.set_response_status(fetch == Fetch::done ? ::tlm::TLM_OK_RESPONSE : ::tlm::TLM_ADDRESS_ERROR_RESPONSE);
  return ::tlm::TLM_COMPLETED;
}

void Guest::answer(Time t, std::uint32_t token, std::span<const std::byte> data) {
  Payload& p = reads_.take(token);
  const bool good = data.size() == p.get_data_length();
  if (good) std::memcpy(p.get_data_ptr(), data.data(), data.size());
  p.set_response_status(good ? ::tlm::TLM_OK_RESPONSE : ::tlm::TLM_ADDRESS_ERROR_RESPONSE);
  engine_.at<&Guest::answer_event>(t, Kind::foreign, agent_ + 3, *this, reads_.put(p));
}

void Guest::answer_event(Time t, std::uint32_t slot) {
  Payload& p = reads_.take(slot);
  Phase phase = ::tlm::BEGIN_RESP;
  sc_core::sc_time delay = delay_to(t);
  from_bus->nb_transport_bw(p, phase, delay);
}

}  // namespace niclab::sim
