#include "tlm/i350/i350.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace niclab::sim {
namespace {

hw::Nvm factory_image(const std::vector<I350FunctionConfig>& functions) {
  hw::Nvm nvm = hw::Nvm::make_default(functions.at(0).mac);
  for (unsigned f = 0; f < functions.size(); ++f) nvm.set_mac(f, functions[f].mac);
  nvm.fix_checksums();
  return nvm;
}

}  // namespace

/// A function and its side of the bus and the wire.
class I350::Port final : public BusPort, public LinkEnd {
 public:
  Port(I350& device, unsigned number, FramePool& frames, const I350FunctionConfig& config)
      : wire_out(("wire_out" + std::to_string(number)).c_str()),
        wire_in(("wire_in" + std::to_string(number)).c_str()),
        device_(device),
        number_(number),
        function(device.engine_, *this, frames, device.eeprom_, device.semaphores_, number,
                 (device.first_port_ + number) * step::kAgents, config) {}

  tlm_utils::simple_initiator_socket_tagged<I350> wire_out;
  tlm_utils::simple_target_socket_tagged<I350> wire_in;

  unsigned max_payload_size() const override { return function.config_space().max_payload_size(); }
  unsigned max_read_request_size() const override { return function.config_space().max_read_request_size(); }

  unsigned payload_reads() const override { return std::min(kMostPayloadReads, device_.config_.tags - 2); }

  Time write_frame(Time t, std::uint64_t address, Frame* frame, std::uint32_t offset, std::uint32_t length,
                   std::uint32_t packet, JourneyId journey) override {
    Payload& p = device_.tlps_.get(TlpType::MWr, address, frame->data + offset, length);
    TlpPool::extension(p).frame = FramePool::ref(frame);
    TlpPool::extension(p).packet = packet;
    TlpPool::extension(p).journey = journey;
    return post(t, p);
  }
  Time write(Time t, std::uint64_t address, std::span<const std::byte> bytes,
             DescriptorRun journeys) override {
    Time end = t;
    while (!bytes.empty()) {
      const std::size_t n = std::min<std::size_t>(bytes.size(), max_payload_size());
      Payload& p = device_.tlps_.get(TlpType::MWr, address, nullptr, static_cast<std::uint32_t>(n));
      TlpExtension& e = TlpPool::extension(p);
      std::memcpy(e.inline_data.data(), bytes.data(), n);
      e.content = hash_bytes({e.inline_data.data(), n});
      e.journeys = journeys.take(static_cast<unsigned>(n / hw::kDescriptorBytes));
      e.journeys.each([&](JourneyId id) { this->journeys()->begins(id, Stage::rx_writeback, t); });
      end = post(t, p);
      bytes = bytes.subspan(n);
      address += n;
    }
    return end;
  }
  void read(Time t, std::uint64_t address, std::uint32_t length, Frame* frame, std::uint32_t offset,
            ReadTag tag, JourneyId journey) override {
    Payload& p =
        device_.tlps_.get(TlpType::MRd, address, frame != nullptr ? frame->data + offset : nullptr, length);
    TlpExtension& e = TlpPool::extension(p);
    if (frame != nullptr) {
      e.frame = FramePool::ref(frame);
      e.packet = frame->number;
    }
    e.tag = device_.next_tag_++ & 31;
    e.requester_data = tag.id;
    e.journey = journey;
    send(t, p, 0);
    p.release();
  }
  void message(Time t, std::uint8_t code) override {
    if (!device_.changes_wire(code, number_)) return;
    Payload& p = device_.tlps_.get(TlpType::Msg, 0, nullptr, 0);
    TlpPool::extension(p).message = code;
    TlpPool::extension(p).content = code;
    post(t, p);
  }
  void reset_device(Time t) override {
    for (auto& space : device_.unused_)
      space.reload(device_.identity_of_unused(space.identity().port, space.identity().ports));
    for (const auto& port : device_.ports_) port->function.device_reset(t, port.get() == this);
  }
  unsigned port() const override { return device_.first_port_ + number_; }
  JourneyObserver* journeys() const override { return device_.trace_.journeys(); }
  void transmit(Time start, Time end, Frame* frame) override {
    device_.trace_.frame({end, device_.first_port_ + number_, true, frame->bytes(), frame->content(),
                          frame->stamp, frame->number, frame->journey});
    if (frame->journey != JourneyId::none) on_wire(start, end, *frame);
    if (!cable_in()) [[unlikely]]
      return FramePool::unref(frame);
    Payload& p = device_.frame_payloads_.get(frame, end - start);
    ::tlm::tlm_phase phase = ::tlm::BEGIN_REQ;
    sc_core::sc_time delay = delay_to(end);
    if (wire_out->nb_transport_fw(p, phase, delay) != ::tlm::TLM_COMPLETED)
      device_.scheduler_.refresh_horizon();
    p.release();
  }

  void truncate_frame() override { truncate(); }
  void link_says(Time t, const hw::LinkSignal& s) override { say(s, t); }
  hw::LinkSignal signal() const override { return function.link_signal(); }
  void partner_will_say(const hw::LinkSignal& s, Time t) override {
    function.set_cable(propagation());
    function.partner_will_say(s, t);
  }
  void partner_truncates() override { function.frame_truncated(); }

  /// Measurement: the last stage of a sent packet.
  void on_wire(Time start, Time end, Frame& frame) {
    const JourneyId id = std::exchange(frame.journey, JourneyId::none);
    journeys()->leaves(id, device_.first_port_ + number_, frame.length);
    journeys()->begins(id, Stage::tx_wire, start);
    journeys()->ends(id, Stage::tx_wire, end);
    journeys()->completed(id);
  }

  /// Serialises a TLP on the upstream link and hands it over; returns when its last symbol left.
  Time send(Time t, Payload& p, std::uint32_t payload_bytes) {
    TlpExtension& e = TlpPool::extension(p);
    e.function = number_;
    const std::uint32_t wire = tlp_wire_bytes(e.type, p.get_address(), payload_bytes);
    const Time free = device_.up_.free_at();
    const auto sent = device_.up_.send(t, e.type, wire, payload_bytes);
    counters.up.count(e.type, wire, payload_bytes);
    if (PortMeters* const meters = function.meters()) [[unlikely]]
      meters->sent(t, free, sent.start);
    const auto carries = [&](JourneyId id) {
      journeys()->carried(id, port(), true, kTlpNames[static_cast<unsigned>(e.type)], sent.start, sent.end);
    };
    if (e.journey != JourneyId::none) [[unlikely]]
      carries(e.journey);
    if (e.journeys.stamps != nullptr) [[unlikely]]
      e.journeys.each(carries);
    device_.trace_.tlp({sent.start, device_.first_port_ + number_, true, e.type, e.tag, p.get_address(),
                        p.get_data_length(), e.content, sent.end, e.packet});
    ::tlm::tlm_phase phase = ::tlm::BEGIN_REQ;
    sc_core::sc_time delay = delay_to(sent.arrival);
    const auto sync = device_.pcie_out->nb_transport_fw(p, phase, delay);
    if (sync == ::tlm::TLM_ACCEPTED) device_.scheduler_.refresh_horizon();
    // A foreign root complex need not say when its buffer is free: then after a fixed time.
    const Time returned = e.credit_returned != Time{} ? e.credit_returned : sent.arrival + 500_ns;
    last_credit_ = niclab::max(last_credit_, returned);
    device_.up_.credit(e.type, payload_bytes, last_credit_);
    return sent.end;
  }
  Time post(Time t, Payload& p) {
    const Time end = send(t, p, p.get_data_length());
    p.release();
    return end;
  }
  I350& device_;
  const unsigned number_;
  Time last_credit_{};
  PciePortCounters counters;
  std::uint32_t frames_in = 0;
  I350Function function;
};

I350::I350(sc_core::sc_module_name name, Engine& engine, Scheduler& scheduler, Trace& trace,
           FramePool& frames, const PcieConfig& pcie, const std::vector<I350FunctionConfig>& functions,
           unsigned first_port, const I350CardConfig& card)
    : sc_module(name),
      pcie_out("pcie_out"),
      pcie_in("pcie_in"),
      engine_(engine),
      scheduler_(scheduler),
      trace_(trace),
      config_(pcie),
      first_port_(first_port),
      up_(pcie),
      eeprom_(card.nvm ? *card.nvm : factory_image(functions)),
      semaphores_(card.firmware, card.pass_through ? hw::kFwsmPassThrough : 0) {
  const unsigned count = std::max(card.ports, std::bit_ceil(static_cast<unsigned>(functions.size())));
  for (unsigned f = 0; f < functions.size(); ++f) {
    I350FunctionConfig config = functions[f];
    config.ports = count;
    config.link_gen = pcie.gen;
    config.link_lanes = pcie.lanes;
    ports_.push_back(std::make_unique<Port>(*this, f, frames, config));
    ports_[f]->wire_in.register_nb_transport_fw(this, &I350::frame_in, static_cast<int>(f));
    ports_[f]->wire_in.register_b_transport(this, &I350::frame_in_blocking, static_cast<int>(f));
    ports_[f]->function.power_on(Time{});
  }
  for (unsigned f = static_cast<unsigned>(functions.size()); f < count; ++f) {
    unused_.emplace_back(identity_of_unused(f, count));
  }
  // What firmware does before an operating system runs: link parameters (no bus traffic is modelled).
  for (unsigned f = 0; f < count; ++f) {
    auto& space = config_space(f);
    const auto code = [](unsigned bytes) { return static_cast<std::uint32_t>(__builtin_ctz(bytes / 128)); };
    const std::uint32_t control = space.read(0xA8) & 0xFFFFu;
    space.write(0xA8, (control & ~0x70E0u) | code(pcie.mps) << 5 | code(pcie.mrrs) << 12);
  }
  pcie_out.register_nb_transport_bw(this, &I350::pcie_response);
  pcie_in.register_nb_transport_fw(this, &I350::pcie_request);
  pcie_in.register_b_transport(this, &I350::pcie_request_blocking);
  pcie_in.register_transport_dbg(this, &I350::pcie_debug);
}

I350::~I350() = default;

tlm_utils::simple_initiator_socket_tagged<I350>& I350::wire_out(unsigned f) { return ports_[f]->wire_out; }
bool I350::changes_wire(std::uint8_t code, unsigned function) {
  const unsigned first = static_cast<unsigned>(MessageCode::assert_inta);
  if (code < first || code >= first + 2 * kIntxWires) return true;
  std::uint8_t& asserting = asserting_[code % kIntxWires];
  const bool before = asserting != 0;
  const auto bit = static_cast<std::uint8_t>(1u << function);
  asserting = static_cast<std::uint8_t>(code < first + kIntxWires ? asserting | bit : asserting & ~bit);
  return before != (asserting != 0);
}

tlm_utils::simple_target_socket_tagged<I350>& I350::wire_in(unsigned f) { return ports_[f]->wire_in; }
LinkEnd& I350::link_end(unsigned f) { return *ports_[f]; }
I350Function& I350::function(unsigned f) { return ports_[f]->function; }
const I350Function& I350::function(unsigned f) const { return ports_[f]->function; }

hw::PciIdentity I350::identity_of_unused(unsigned f, unsigned ports) const {
  hw::PciIdentity id = hw::pci_identity(eeprom_.image(), f, ports);
  id.link_gen = config_.gen;
  id.link_lanes = config_.lanes;
  return id;
}
hw::PciConfigSpace& I350::config_space(unsigned f) {
  return f < ports_.size() ? ports_[f]->function.config_space() : unused_[f - ports_.size()];
}
const PciePortCounters& I350::counters(unsigned f) const { return ports_[f]->counters; }
Duration I350::link_time(std::uint64_t wire_bytes) const { return up_.time_of(wire_bytes); }

void I350::device_reset(Time t) {
  for (const auto& port : ports_) port->function.device_reset(t, false);
}

void I350::fundamental_reset(Time t) {
  for (const auto& port : ports_) port->function.fundamental_reset(t);
}

std::uint32_t I350::keep(Payload& p) {
  p.acquire();
  return waiting_.put(p);
}

// --- requests from the host ----------------------------------------------------------------------

I350::Sync I350::pcie_request(Payload& p, Phase& phase, sc_core::sc_time& delay) {
  if (phase == ::tlm::END_RESP) return ::tlm::TLM_COMPLETED;
  const Time at = (instant(delay) + config_.device_latency).ceil(kDeviceClock);
  engine_.at<&I350::request_arrives>(at, Kind::link_arrival, first_port_, *this, keep(p));
  const TlpExtension* e = tlp_of(p);
  const bool posted = p.is_write() && (e == nullptr || e->type == TlpType::MWr);
  if (posted) {
    p.set_response_status(::tlm::TLM_OK_RESPONSE);
    return ::tlm::TLM_COMPLETED;
  }
  phase = ::tlm::END_REQ;
  return ::tlm::TLM_UPDATED;
}

void I350::pcie_request_blocking(Payload& p, sc_core::sc_time& delay) {
  sc_core::wait(delay);
  delay = sc_core::SC_ZERO_TIME;
  const BorrowedPayload borrowed(p);
  Waiter waiter{&p, {}};
  waiters_.push_back(&waiter);
  Phase phase = ::tlm::BEGIN_REQ;
  sc_core::sc_time annotated = sc_core::SC_ZERO_TIME;
  pcie_request(p, phase, annotated);
  scheduler_.kick();
  sc_core::wait(waiter.done);
  std::erase(waiters_, &waiter);
}

unsigned I350::pcie_debug(Payload& p) {
  execute(p, niclab::max(engine_.now(), kernel_now()).ceil(kDeviceClock));
  return p.get_data_length();
}

void I350::request_arrives(Time t, std::uint32_t slot) {
  Payload& p = waiting_.take(slot);
  TlpExtension* e = tlp_of(p);
  const bool poisoned = e != nullptr && e->poisoned;
  const Outcome outcome = poisoned ? Outcome::unsupported : execute(p, t);
  if (outcome == Outcome::unsupported) [[unlikely]]
    report_request(p, poisoned, t);
  const bool good = outcome == Outcome::good;
  p.set_response_status(good ? ::tlm::TLM_OK_RESPONSE : ::tlm::TLM_ADDRESS_ERROR_RESPONSE);
  if (e != nullptr) e->retry = outcome == Outcome::retry;
  const bool answered = type_of(p) != TlpType::MWr;
  if (answered) {
    const Time ready = t + (p.is_read() ? i350_latency::register_read : Duration{});
    engine_.at<&I350::answer_event>(ready, Kind::device, 0xF000 + first_port_, *this, keep(p));
  }
  for (Waiter* w : waiters_) {
    if (w->payload != &p || answered) continue;
    w->done.notify(delay_to(t));
    scheduler_.refresh_horizon();
  }
  p.release();
}

/// Of a read, or of any other request that is answered, the requester knows better whether it matters (fact
/// base 1.3; PCI Express Base 6.2.3.2.4.1).
void I350::report_request(Payload& p, bool poisoned, Time t) {
  const TlpType type = type_of(p);
  const bool config = type == TlpType::CfgRd || type == TlpType::CfgWr;
  I350Function* f = &ports_[0]->function;
  for (const auto& port : ports_)
    if (!config && port->function.config_space().memory_place(p.get_address())) f = &port->function;
  const TlpExtension* e = tlp_of(p);
  const hw::TlpKind kind = type == TlpType::CfgRd   ? hw::TlpKind::config_read
                           : type == TlpType::CfgWr ? hw::TlpKind::config_write
                           : p.is_read()            ? hw::TlpKind::memory_read
                                                    : hw::TlpKind::memory_write;
  const hw::TlpHeader header =
      hw::memory_header(kind, p.get_address(), p.get_data_length(), 0, e != nullptr ? e->tag : 0, poisoned);
  if (poisoned) return f->poisoned_request(header, t);
  const bool posted = type == TlpType::MWr;
  f->bus_error(hw::PciError::unsupported_request, posted ? hw::ErrorRole::plain : hw::ErrorRole::advisory,
               header, t);
}

I350::Outcome I350::execute(Payload& p, Time t) {
  const TlpType type = type_of(p);
  if (type == TlpType::CfgRd || type == TlpType::CfgWr) return execute_config(p, t);
  const bool io = type == TlpType::IORd || type == TlpType::IOWr;
  for (const auto& port : ports_) {
    I350Function& f = port->function;
    const hw::PciConfigSpace& space = f.config_space();
    const auto place = io ? space.io_place(p.get_address()) : space.memory_place(p.get_address());
    if (!place) continue;
    if (!accessible(p)) return Outcome::unsupported;
    execute_at(p, f, *place, t);
    return Outcome::good;
  }
  return Outcome::unsupported;
}

I350::Outcome I350::execute_config(Payload& p, Time t) {
  const TlpExtension& e = *tlp_of(p);
  if (e.function >= ports_.size() + unused_.size()) return Outcome::unsupported;
  const auto offset = static_cast<std::uint16_t>(p.get_address());
  I350Function* const f = e.function < ports_.size() ? &ports_[e.function]->function : nullptr;
  if (f != nullptr && !f->config_ready(t)) return Outcome::retry;
  std::uint32_t value = 0;
  if (p.is_read()) {
    value = f != nullptr ? f->read_config(offset) : config_space(e.function).read(offset);
    std::memcpy(p.get_data_ptr(), &value, 4);
    return Outcome::good;
  }
  std::memcpy(&value, p.get_data_ptr(), 4);
  if (f != nullptr) {
    f->write_config(offset, value, e.owner_arg, t);
  } else if (auto& space = config_space(e.function);
             space.write(offset, value, e.owner_arg).function_level_reset) {
    space.function_level_reset();
  }
  return Outcome::good;
}

void I350::execute_at(Payload& p, I350Function& f, hw::PciPlace place, Time t) {
  if (p.get_data_length() != 4 || p.get_address() % 4 != 0 || p.get_byte_enable_ptr() != nullptr) [[unlikely]]
    return execute_odd(p, f, place, t);
  std::uint32_t value = 0;
  if (p.is_read()) {
    value = read_place(f, place, t);
    std::memcpy(p.get_data_ptr(), &value, 4);
    return;
  }
  std::memcpy(&value, p.get_data_ptr(), 4);
  if (place.region == hw::PciRegion::registers) {
    const TlpExtension* e = tlp_of(p);
    if (e != nullptr && trace_.journeys() != nullptr) f.posted_at(e->issued, e->start, e->end);
  }
  write_place(f, place, value, 0xF, t);
  if (place.region != hw::PciRegion::msix) f.show_waves(t);
}

std::uint32_t I350::read_place(I350Function& f, hw::PciPlace place, Time t) {
  switch (place.region) {
    case hw::PciRegion::registers: return f.read_csr(place.offset, t);
    case hw::PciRegion::msix: return f.read_msix(place.offset);
    case hw::PciRegion::io: return f.read_io(place.offset, t);
    case hw::PciRegion::flash:
    case hw::PciRegion::rom: break;
  }
  return ~0u;  // an erased flash
}

void I350::write_place(I350Function& f, hw::PciPlace place, std::uint32_t value, unsigned byte_enable,
                       Time t) {
  if (place.region == hw::PciRegion::msix) return f.write_msix(place.offset, value, byte_enable, t);
  if (byte_enable != 0xF) return;  // dropped
  if (place.region == hw::PciRegion::registers) return f.write_csr(place.offset, value, t);
  if (place.region == hw::PciRegion::io) return f.write_io(place.offset, value, t);
}

bool I350::accessible(const Payload& p) const {
  return p.get_address() % 4 + p.get_data_length() <= 8 && p.get_data_length() != 0;
}

void I350::execute_odd(Payload& p, I350Function& f, hw::PciPlace place, Time t) {
  const unsigned first = place.offset % 4;
  std::array<std::byte, 8> bytes{};
  unsigned enabled = 0;
  for (unsigned i = 0; i < p.get_data_length(); ++i) {
    const unsigned char* mask = p.get_byte_enable_ptr();
    if (mask != nullptr && mask[i % p.get_byte_enable_length()] == TLM_BYTE_DISABLED) continue;
    enabled |= 1u << (first + i);
    bytes[first + i] = TlpPool::data(p)[i];
  }
  for (unsigned word = 0; word < 2; ++word) {
    const unsigned enables = enabled >> 4 * word & 0xF;
    if (enables == 0) continue;  // nothing of it is touched
    const hw::PciPlace at{place.region, place.offset - first + 4 * word};
    std::uint32_t value = 0;
    std::memcpy(&value, &bytes[4 * word], 4);
    if (p.is_read()) {
      value = read_place(f, at, t);
      std::memcpy(&bytes[4 * word], &value, 4);
    } else {
      write_place(f, at, value, enables, t);
    }
  }
  if (!p.is_read()) return f.show_waves(t);
  for (unsigned i = 0; i < p.get_data_length(); ++i)
    if ((enabled >> (first + i) & 1) != 0) TlpPool::data(p)[i] = bytes[first + i];
}

void I350::answer_event(Time t, std::uint32_t slot) {
  Payload& p = waiting_.take(slot);
  answer(p, t, p.is_response_ok());
  p.release();
}

void I350::answer(Payload& p, Time t, bool good) {
  TlpExtension* e = tlp_of(p);
  unsigned function = e != nullptr && e->function < ports_.size() ? e->function : 0;
  Port& port = *ports_[function];
  const bool data = p.is_read() && good;
  const TlpType type = data ? TlpType::CplD : TlpType::Cpl;
  const std::uint32_t n = data ? p.get_data_length() : 0;
  const std::uint32_t wire = tlp_wire_bytes(type, 0, n);
  const auto sent = up_.send(t, type, wire, n);
  port.counters.up.count(type, wire, n);
  trace_.tlp({sent.start, first_port_ + function, true, type, e != nullptr ? e->tag : 0, p.get_address(), n,
              data ? hash_bytes({TlpPool::data(p), n}) : 0, sent.end});
  for (Waiter* w : waiters_) {
    if (w->payload != &p) continue;
    w->done.notify(delay_to(sent.arrival));
    scheduler_.refresh_horizon();
    return;
  }
  Phase phase = ::tlm::BEGIN_RESP;
  sc_core::sc_time delay = delay_to(sent.arrival);
  if (pcie_in->nb_transport_bw(p, phase, delay) == ::tlm::TLM_ACCEPTED) scheduler_.refresh_horizon();
}

// --- answers to the device's reads ---------------------------------------------------------------

I350::Sync I350::pcie_response(Payload& p, Phase& phase, sc_core::sc_time& delay) {
  if (phase != ::tlm::BEGIN_RESP) return ::tlm::TLM_ACCEPTED;
  const Time at = (instant(delay) + config_.device_latency).ceil(kDeviceClock);
  const unsigned function = TlpPool::extension(p).function;
  engine_.at<&I350::response_arrives>(at, Kind::link_arrival, 0x1000 + first_port_ + function, *this,
                                      keep(p));
  scheduler_.kick();
  phase = ::tlm::END_RESP;
  return ::tlm::TLM_COMPLETED;
}

void I350::response_arrives(Time t, std::uint32_t slot) {
  Payload& p = waiting_.take(slot);
  TlpExtension& e = TlpPool::extension(p);
  ReadAnswer answer{.id = e.requester_data};
  if (p.is_response_ok() && !e.poisoned) [[likely]] {
    answer.data = {TlpPool::data(p), p.get_data_length()};
  } else {
    answer.status = e.poisoned                                                     ? ReadStatus::poisoned
                    : p.get_response_status() == ::tlm::TLM_GENERIC_ERROR_RESPONSE ? ReadStatus::aborted
                                                                                   : ReadStatus::unsupported;
    answer.provoked = e.provoked;
    answer.tlp_tag = static_cast<std::uint8_t>(e.tag);
  }
  ports_[e.function]->function.read_completed(t, answer);
  ports_[e.function]->function.show_waves(t);
  p.release();
}

// --- frames from the wire ------------------------------------------------------------------------

I350::Sync I350::frame_in(int function, Payload& p, Phase& phase, sc_core::sc_time& delay) {
  if (phase == ::tlm::END_RESP) return ::tlm::TLM_COMPLETED;
  const FrameExtension& e = *p.get_extension<FrameExtension>();
  Frame* frame = e.frame;
  const Time end = instant(delay);
  const unsigned port = first_port_ + static_cast<unsigned>(function);
  JourneyId journey = JourneyId::none;
  if (JourneyObserver* journeys = trace_.journeys(); journeys != nullptr && e.on_wire != Duration{}) {
    journey = journeys->received(port, frame->length, end - e.on_wire);
    journeys->begins(journey, Stage::rx_wire, end - e.on_wire);
    journeys->ends(journey, Stage::rx_wire, end);
  }
  trace_.frame({end,
                port,
                false,
                frame->bytes(),
                frame->content(),
                {},
                ++ports_[static_cast<unsigned>(function)]->frames_in,
                journey});
  ports_[static_cast<unsigned>(function)]->function.receive_frame(end, FramePool::ref(frame), journey);
  p.set_response_status(::tlm::TLM_OK_RESPONSE);
  return ::tlm::TLM_COMPLETED;
}

void I350::frame_in_blocking(int function, Payload& p, sc_core::sc_time& delay) {
  sc_core::wait(delay);
  delay = sc_core::SC_ZERO_TIME;
  Phase phase = ::tlm::BEGIN_REQ;
  frame_in(function, p, phase, delay);
  scheduler_.kick();
}

}  // namespace niclab::sim
