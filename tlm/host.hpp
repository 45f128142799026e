// A host: CPUs, memory, IOMMU and interrupt controller behind two bus sockets.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "tlm/core/host_kernel.hpp"
#include "tlm/iommu.hpp"
#include "tlm/payload.hpp"
#include "tlm/pci_recovery.hpp"
#include "tlm/pcie_link.hpp"
#include "tlm/scheduler.hpp"
#include "tlm/trace.hpp"

namespace niclab::sim {

class Host;
class HostPci;

/// An input of the interrupt controller: level-triggered, wired to INTA .. INTD of the host's card. While it
/// is high and not in service it interrupts its CPU; the end of the handlers ends the service. Functions that
/// share a line are all asked, each whether it was its interrupt (fact base 5.5).
struct InterruptLine {
  struct User {
    HostPci* device = nullptr;
    Callback handler;
    std::string name;
  };
  Host* host = nullptr;
  unsigned wire = 0;
  bool high = false, in_service = false;
  std::vector<User> users;      ///< in the order they came
  IrqAction* action = nullptr;  ///< nullptr: masked
  unsigned cpu = 0;

  void interrupt();           ///< hard interrupt: the handlers, then the end of service
  std::string names() const;  ///< as /proc/interrupts writes them: "eth0, eth1"
};

/// `from_bus` takes memory accesses of devices and, in the window 0xFEE00000, interrupt messages, each with
/// the instant it takes effect as annotated delay. `to_bus` carries the CPUs' MMIO and configuration
/// accesses. Neither need be bound: the processors of a host outside are idle (tlm/guest.hpp).
class Host final : public sc_core::sc_module {
 public:
  static constexpr std::uint64_t kMsiWindow = 0xFEE0'0000, kMsiWindowSize = 0x10'0000;

  tlm_utils::simple_target_socket_optional<Host> from_bus;
  tlm_utils::simple_initiator_socket_optional<Host> to_bus;

  Host(sc_core::sc_module_name name, Engine& engine, Scheduler& scheduler, Trace& trace,
       const CostModel& cost, const HostConfig& config, const PcieConfig& pcie, unsigned first_port);
  ~Host() override;

  HostKernel& kernel() { return kernel_; }
  Iommu& iommu() { return iommu_; }
  unsigned first_port() const { return first_port_; }
  bool frozen() const { return engine_.frozen(); }
  Trace& trace() { return trace_; }
  TlpPool& payloads() { return payloads_; }
  const std::vector<DmaFault>& dma_faults() const { return faults_; }
  void report_fault(DmaFault fault) { faults_.push_back(std::move(fault)); }

  /// Registers an interrupt: message data -> action. Returns the data value to program.
  std::uint32_t connect_irq(HostPci& device, unsigned vector, IrqAction& action);
  void disconnect_irq(std::uint32_t data) { irq_routes_[data].action = nullptr; }
  /// What reports of errors set off.
  PciRecovery& recovery() { return recovery_; }
  const PciRecovery& recovery() const { return recovery_; }
  /// The link to the card is lost: nobody holds its wires any more.
  void wires_fall() {
    for (InterruptLine& line : lines_) line.high = false;
  }
  /// The line of INTA (0) .. INTD (3).
  InterruptLine& line(unsigned wire) { return lines_[wire]; }
  /// Unmasks a line whose other members are set: interrupts at once if it is high.
  void unmask(InterruptLine& line, IrqAction& action);

 private:
  using Sync = ::tlm::tlm_sync_enum;
  using Phase = ::tlm::tlm_phase;
  struct IrqRoute {
    HostPci* device = nullptr;
    unsigned vector = 0;
    IrqAction* action = nullptr;
  };

  Sync bus_request(Payload& p, Phase& phase, sc_core::sc_time& delay);
  void bus_request_blocking(Payload& p, sc_core::sc_time& delay);
  Sync bus_response(Payload& p, Phase& phase, sc_core::sc_time& delay);
  void write(Payload& p, Time visible);
  void read(Payload& p, Time t);
  void interrupt_message(Payload& p, Time t);
  void interrupt_arrives(Time t, std::uint32_t route_and_cpu);
  void wire_message(Payload& p, Time t);
  void error_reported(Time t, std::uint32_t function_and_code);
  void wire_changes(Time t, std::uint32_t wire_and_level);
  void serve(InterruptLine& line, Time t);
  void line_interrupts(Time t, std::uint32_t wire);
  friend struct InterruptLine;
  static void commit(void* host, PostedWrite& write);

  Engine& engine_;
  Scheduler& scheduler_;
  Trace& trace_;
  const unsigned first_port_;
  const Duration apic_latency_ = 100_ns;
  TlpPool payloads_;
  HostKernel kernel_;
  Iommu iommu_;
  std::vector<IrqRoute> irq_routes_;
  std::array<InterruptLine, kIntxWires> lines_;
  std::vector<DmaFault> faults_;
  PciRecovery recovery_;
};

}  // namespace niclab::sim
