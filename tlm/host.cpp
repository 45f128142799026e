#include "tlm/host.hpp"

#include <cstring>

#include "tlm/host_pci.hpp"

namespace niclab::sim {

Host::Host(sc_core::sc_module_name name, Engine& engine, Scheduler& scheduler, Trace& trace,
           const CostModel& cost, const HostConfig& config, const PcieConfig& pcie, unsigned first_port)
    : sc_module(name),
      from_bus("from_bus"),
      to_bus("to_bus"),
      engine_(engine),
      scheduler_(scheduler),
      trace_(trace),
      first_port_(first_port),
      kernel_(engine, cost, config),
      iommu_(kernel_.memory(), pcie),
      recovery_(kernel_, first_port) {
  from_bus.register_nb_transport_fw(this, &Host::bus_request);
  from_bus.register_b_transport(this, &Host::bus_request_blocking);
  to_bus.register_nb_transport_bw(this, &Host::bus_response);
  for (unsigned wire = 0; wire < kIntxWires; ++wire) {
    lines_[wire].host = this;
    lines_[wire].wire = wire;
  }
}

Host::~Host() = default;

Host::Sync Host::bus_request(Payload& p, Phase& phase, sc_core::sc_time& delay) {
  if (phase == ::tlm::END_RESP) return ::tlm::TLM_COMPLETED;
  const Time t = instant(delay);
  if (p.is_read()) {
    read(p, t);
  } else if (!p.is_write()) {
    wire_message(p, t);
  } else if (p.get_address() - kMsiWindow < kMsiWindowSize) {
    interrupt_message(p, t);
  } else {
    write(p, t);
  }
  return ::tlm::TLM_COMPLETED;
}

void Host::bus_request_blocking(Payload& p, sc_core::sc_time& delay) {
  sc_core::wait(delay);
  delay = sc_core::SC_ZERO_TIME;
  Phase phase = ::tlm::BEGIN_REQ;
  bus_request(p, phase, delay);
  scheduler_.kick();
}

void Host::write(Payload& p, Time visible) {
  Payload* kept = &p;
  if (tlp_of(p) == nullptr) {  // a foreign initiator may take its buffer away: copy it
    kept = &payloads_.get(TlpType::MWr, p.get_address(), nullptr, p.get_data_length());
    std::memcpy(kept->get_data_ptr(), p.get_data_ptr(), std::min<std::size_t>(p.get_data_length(), 512));
    p.set_response_status(::tlm::TLM_OK_RESPONSE);
  } else {
    kept->acquire();
    tlp_of(p)->journeys.each(
        [&](JourneyId id) { trace_.journeys()->ends(id, Stage::rx_writeback, visible); });
  }
  kernel_.memory().post({visible, kept->get_address(), TlpPool::data(*kept), kept->get_data_length(),
                         &Host::commit, this, kept});
}

void Host::commit(void* raw, PostedWrite& w) {
  Host& host = *static_cast<Host*>(raw);
  Payload& p = *static_cast<Payload*>(w.token);
  std::string reason;
  if (std::byte* memory = host.iommu_.access(w.bus_address, w.length, true, reason)) [[likely]] {
    std::memcpy(memory, w.source, w.length);
    const DescriptorRun& written = TlpPool::extension(p).journeys;
    if (written.stamps != nullptr) [[unlikely]] {
      written.each([&](JourneyId id) { host.trace_.journeys()->begins(id, Stage::rx_interrupt, w.visible); });
      written.filled(w.visible);
    }
  } else {
    const unsigned port = host.first_port_ + TlpPool::extension(p).function;
    host.report_fault({w.visible, port, true, w.bus_address, w.length, reason});
  }
  p.release();
}

void Host::read(Payload& p, Time t) {
  kernel_.memory().apply(t);
  std::string reason;
  if (const std::byte* memory = iommu_.access(p.get_address(), p.get_data_length(), false, reason))
      [[likely]] {
    std::memcpy(p.get_data_ptr(), memory, p.get_data_length());
    p.set_response_status(::tlm::TLM_OK_RESPONSE);
    return;
  }
  const TlpExtension* e = tlp_of(p);
  report_fault({t, first_port_ + (e != nullptr ? e->function : 0), false, p.get_address(),
                p.get_data_length(), reason});
  p.set_response_status(::tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

// --- interrupts ----------------------------------------------------------------------------------

std::uint32_t Host::connect_irq(HostPci& device, unsigned vector, IrqAction& action) {
  for (std::uint32_t i = 0; i < irq_routes_.size(); ++i) {
    if (irq_routes_[i].action != nullptr) continue;
    irq_routes_[i] = {&device, vector, &action};
    return i;
  }
  irq_routes_.push_back({&device, vector, &action});
  return static_cast<std::uint32_t>(irq_routes_.size() - 1);
}

void Host::interrupt_message(Payload& p, Time t) {
  std::uint32_t data = 0;
  std::memcpy(&data, p.get_data_ptr(), std::min<std::size_t>(4, p.get_data_length()));
  const auto cpu = static_cast<std::uint32_t>((p.get_address() >> 12) & 0xFF);
  p.set_response_status(::tlm::TLM_OK_RESPONSE);
  if (data >= irq_routes_.size() || irq_routes_[data].action == nullptr || cpu >= kernel_.num_online_cpus())
    return;
  // Arrives after everything posted before it is visible: its own instant is later by construction.
  engine_.at<&Host::interrupt_arrives>(t + apic_latency_, Kind::irq, 0x4000 + first_port_ * 64 + data, *this,
                                       data << 8 | cpu);
}

void Host::interrupt_arrives(Time t, std::uint32_t route_and_cpu) {
  IrqRoute& route = irq_routes_[route_and_cpu >> 8];
  const unsigned cpu = route_and_cpu & 0xFF;
  if (route.action == nullptr) return;  // freed while the message was on its way
  trace_.interrupt({t, route.device->port(), route.vector, cpu});
  kernel_.cpu(cpu).irq_arrives(t, *route.action);
}

void Host::wire_message(Payload& p, Time t) {
  p.set_response_status(::tlm::TLM_OK_RESPONSE);
  const TlpExtension* e = tlp_of(p);
  if (e == nullptr || e->type != TlpType::Msg) return;
  if (e->message >= static_cast<unsigned>(MessageCode::err_cor)) {
    engine_.at<&Host::error_reported>(t + apic_latency_, Kind::irq, 0x2000 + first_port_, *this,
                                      e->function << 8 | e->message);
    return;
  }
  const unsigned wire = e->message % kIntxWires;
  const bool high = e->message - wire == static_cast<unsigned>(MessageCode::assert_inta);
  engine_.at<&Host::wire_changes>(t, Kind::irq, 0x3000 + first_port_ * kIntxWires + wire, *this,
                                  wire << 1 | (high ? 1 : 0));
}

void Host::error_reported(Time, std::uint32_t function_and_code) {
  recovery_.reported(function_and_code >> 8, static_cast<MessageCode>(function_and_code & 0xFF));
}

void Host::wire_changes(Time t, std::uint32_t wire_and_level) {
  InterruptLine& line = lines_[wire_and_level >> 1];
  line.high = (wire_and_level & 1) != 0;
  serve(line, t);
}

/// The controller tells the CPU, which takes its time.
void Host::serve(InterruptLine& line, Time t) {
  if (!line.high || line.in_service || line.action == nullptr) return;
  line.in_service = true;
  engine_.at<&Host::line_interrupts>(t + apic_latency_, Kind::irq,
                                     0x3000 + first_port_ * kIntxWires + line.wire, *this, line.wire);
}

void Host::line_interrupts(Time t, std::uint32_t wire) {
  InterruptLine& line = lines_[wire];
  if (line.action == nullptr) {  // freed while the message was on its way
    line.in_service = false;
    return;
  }
  trace_.interrupt({t, line.users.front().device->port(), 0, line.cpu});
  kernel_.cpu(line.cpu).irq_arrives(t, *line.action);
}

void Host::unmask(InterruptLine& line, IrqAction& action) {
  kernel_.sync();
  line.action = &action;
  serve(line, kernel_.now());
}

std::string InterruptLine::names() const {
  std::string all;
  for (const User& u : users) all += (all.empty() ? "" : ", ") + u.name;
  return all;
}

void InterruptLine::interrupt() {
  for (std::size_t i = 0; i < users.size(); ++i) users[i].handler();
  host->kernel_.settle();  // what the handler did has its place in time before the line is looked at again
  in_service = false;
  host->serve(*this, host->kernel_.now());
}

// --- answers to the CPUs' loads ------------------------------------------------------------------

Host::Sync Host::bus_response(Payload& p, Phase& phase, sc_core::sc_time& delay) {
  if (phase != ::tlm::BEGIN_RESP) return ::tlm::TLM_ACCEPTED;
  TlpExtension* e = tlp_of(p);
  static_cast<Cpu*>(e->owner)->unstall(instant(delay));
  scheduler_.kick();
  phase = ::tlm::END_RESP;
  return ::tlm::TLM_COMPLETED;
}

}  // namespace niclab::sim
