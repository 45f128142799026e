// The I350 as a SystemC module: a PCIe endpoint of up to four functions, and a wire for each.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <memory>
#include <vector>

#include "tlm/i350/function.hpp"
#include "tlm/link_end.hpp"
#include "tlm/payload.hpp"
#include "tlm/pcie_link.hpp"
#include "tlm/scheduler.hpp"
#include "tlm/trace.hpp"

namespace niclab::sim {

/// `pcie_out` carries requests of the device, each with the instant it arrives as annotated delay; `pcie_in`
/// takes MMIO and configuration requests the same way. `wire_out[f]` and `wire_in[f]` carry frames with the
/// instant of their last bit.
class I350 final : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<I350> pcie_out;
  tlm_utils::simple_target_socket<I350> pcie_in;

  I350(sc_core::sc_module_name name, Engine& engine, Scheduler& scheduler, Trace& trace, FramePool& frames,
       const PcieConfig& pcie, const std::vector<I350FunctionConfig>& functions, unsigned first_port,
       const I350CardConfig& card = {});
  ~I350() override;

  tlm_utils::simple_initiator_socket_tagged<I350>& wire_out(unsigned f);
  tlm_utils::simple_target_socket_tagged<I350>& wire_in(unsigned f);
  /// Where the cable of `wire_out[f]` and `wire_in[f]` is plugged in, see plug().
  LinkEnd& link_end(unsigned f);
  I350Function& function(unsigned f);
  const I350Function& function(unsigned f) const;
  unsigned functions() const { return static_cast<unsigned>(ports_.size()); }
  /// PCI functions, with those that no port of the simulation uses; their configuration space.
  unsigned pci_functions() const { return static_cast<unsigned>(ports_.size() + unused_.size()); }
  hw::PciConfigSpace& config_space(unsigned f);
  const PciePortCounters& counters(unsigned f) const;
  /// How long so many bytes occupy the link to the host, in either direction.
  Duration link_time(std::uint64_t wire_bytes) const;
  /// As if CTRL.DEV_RST had been written, but no driver knows: each is told by DRSTA.
  void device_reset(Time t);
  /// The link to the host was down: every function starts anew.
  void fundamental_reset(Time t);

 private:
  using Sync = ::tlm::tlm_sync_enum;
  using Phase = ::tlm::tlm_phase;
  class Port;
  /// Whether an INTx message of a function tells the host anything new: functions that share a virtual wire
  /// assert it when the first does and deassert it when the last has (fact base 1.6). Other messages do.
  bool changes_wire(std::uint8_t code, unsigned function);

  Sync pcie_request(Payload& p, Phase& phase, sc_core::sc_time& delay);
  void pcie_request_blocking(Payload& p, sc_core::sc_time& delay);
  unsigned pcie_debug(Payload& p);
  Sync pcie_response(Payload& p, Phase& phase, sc_core::sc_time& delay);
  Sync frame_in(int function, Payload& p, Phase& phase, sc_core::sc_time& delay);
  void frame_in_blocking(int function, Payload& p, sc_core::sc_time& delay);
  void request_arrives(Time t, std::uint32_t slot);
  void response_arrives(Time t, std::uint32_t slot);
  void answer_event(Time t, std::uint32_t slot);
  void answer(Payload& p, Time t, bool good);
  hw::PciIdentity identity_of_unused(unsigned f, unsigned ports) const;
  /// What a request comes to: done; Unsupported Request; or Configuration Request Retry Status.
  enum class Outcome : std::uint8_t { good, unsupported, retry };
  static TlpType type_of(Payload& p) {
    const TlpExtension* e = tlp_of(p);
    if (e != nullptr) return e->type;
    return p.is_read() ? TlpType::MRd : TlpType::MWr;
  }
  Outcome execute(Payload& p, Time t);
  /// A request that was poisoned, or that nobody takes: function 0 reports what is nobody's.
  void report_request(Payload& p, bool poisoned, Time t);
  Outcome execute_config(Payload& p, Time t);
  void execute_at(Payload& p, I350Function& f, hw::PciPlace place, Time t);
  /// A DWORD behind a BAR. Flash and ROM are erased, and writing them does nothing.
  static std::uint32_t read_place(I350Function& f, hw::PciPlace place, Time t);
  static void write_place(I350Function& f, hw::PciPlace place, std::uint32_t value, unsigned byte_enable,
                          Time t);
  /// A memory access the CSR rules allow (fact base 1.3): it lies within two DWORDs.
  bool accessible(const Payload& p) const;
  /// One that is not a whole, aligned DWORD. Partial writes reach the MSI-X table only; partial reads read
  /// the whole register; without any byte enabled a read touches nothing.
  void execute_odd(Payload& p, I350Function& f, hw::PciPlace place, Time t);
  std::uint32_t keep(Payload& p);

  Engine& engine_;
  Scheduler& scheduler_;
  Trace& trace_;
  const PcieConfig config_;
  const unsigned first_port_;
  LinkTransmitter up_;
  TlpPool tlps_;
  FramePayloadPool frame_payloads_;
  hw::SpiEeprom eeprom_;
  hw::Semaphores semaphores_;
  std::vector<std::unique_ptr<Port>> ports_;
  std::array<std::uint8_t, kIntxWires> asserting_{};  // by wire, the functions that assert it
  std::vector<hw::PciConfigSpace> unused_;            ///< of the functions after them
  PayloadSlots waiting_;
  std::uint32_t next_tag_ = 0;
  struct Waiter {
    Payload* payload;
    sc_core::sc_event done;
  };
  std::vector<Waiter*> waiters_;
};

}  // namespace niclab::sim
