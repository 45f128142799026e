// What [[fault]] breaks, at its time (docs/scenario.md).
#include "lab/machine.hpp"

namespace niclab::lab {
namespace {

constexpr unsigned kFaultAgent = 0xFC00, kReturnAgent = 0xFD00,
                   kCableAgent = 0xFB00;  // and the host's number

sim::RootComplex::ReadFault read_fault(FaultKind kind) {
  using enum sim::RootComplex::ReadFault;
  switch (kind) {
    case FaultKind::late_completion: return late;
    case FaultKind::unsupported_request: return unsupported;
    case FaultKind::completer_abort: return aborted;
    case FaultKind::poisoned: return poisoned;
    default: return lost;
  }
}

}  // namespace

void Machine::arm_faults(Time start_line) {
  for (std::size_t i = 0; i < scenario_.faults.size(); ++i) {
    const Fault& f = scenario_.faults[i];
    if (f.host != index_) continue;
    ++faults_left_;
    world_.engine.at<&Machine::fault_event>((start_line + f.time).ceil(kDeviceClock), sim::Kind::foreign,
                                            kFaultAgent + static_cast<unsigned>(index_), *this,
                                            static_cast<std::uint32_t>(i));
  }
}

void Machine::fault_event(Time t, std::uint32_t index) {
  const Fault& f = scenario_.faults[index];
  const FaultKindRow& kind = fault_kinds()[static_cast<std::size_t>(f.kind)];
  std::string line = "fault: " + config_.nics[f.nic].if_name + " " + std::string(kind.name);
  if (kind.counts) line += ", count " + std::to_string(f.count);
  host_.kernel().log_at(t, line);
  --faults_left_;
  break_now(f, t);
}

void Machine::break_now(const Fault& f, Time t) {
  const auto nic = static_cast<unsigned>(f.nic);
  sim::I350Function& function = device_.function(nic);
  const Duration d = f.duration.value_or(Duration{});
  switch (f.kind) {
    case FaultKind::completion_timeout:
    case FaultKind::late_completion:
    case FaultKind::unsupported_request:
    case FaultKind::completer_abort:
    case FaultKind::poisoned: return root_complex_.fail_reads(nic, read_fault(f.kind), f.count, d);
    case FaultKind::poisoned_write: return root_complex_.poison_writes(nic, f.count);
    case FaultKind::bad_tlp: return function.bus_error(hw::PciError::bad_tlp, hw::ErrorRole::plain, {}, t);
    case FaultKind::malformed_tlp:
      return function.bus_error(hw::PciError::malformed_tlp, hw::ErrorRole::plain, {}, t);
    case FaultKind::cable: return unplug_cable(f, t);
    case FaultKind::crc_error: return function.damage_frames(f.count);
    case FaultKind::ecc: return function.break_memory(t);
    case FaultKind::tx_stall: return function.stall_transmit(t, d);
    case FaultKind::all_ones: return link_lost(f, t);
    case FaultKind::flr: return host_.recovery().reset_function(nic);
    case FaultKind::device_reset: return device_.device_reset(t);
    case FaultKind::port_reset: return function.surprise_reset(t);
  }
}

void Machine::unplug_cable(const Fault& f, Time t) {
  device_.link_end(static_cast<unsigned>(f.nic)).set_cable(false, t);
  ++faults_left_;
  world_.engine.at<&Machine::plug_cable>((t + *f.duration).ceil(kDeviceClock), sim::Kind::foreign,
                                         kCableAgent + static_cast<unsigned>(index_), *this,
                                         static_cast<std::uint32_t>(f.nic));
}

void Machine::plug_cable(Time t, std::uint32_t nic) {
  --faults_left_;
  device_.link_end(nic).set_cable(true, t);
}

/// The whole card is gone: its ports share one link.
void Machine::link_lost(const Fault& f, Time t) {
  host_.recovery().save();
  root_complex_.set_link(false);
  host_.wires_fall();
  if (!f.duration) return;
  ++faults_left_;
  world_.engine.at<&Machine::link_returns>((t + *f.duration).ceil(kDeviceClock), sim::Kind::foreign,
                                           kReturnAgent + static_cast<unsigned>(index_), *this);
}

void Machine::link_returns(Time t, std::uint32_t) {
  --faults_left_;
  root_complex_.set_link(true);
  device_.fundamental_reset(t);
  host_.recovery().link_is_back();
}

}  // namespace niclab::lab
