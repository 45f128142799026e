// The root complex: routes TLPs between the host and its devices, completes reads, orders posted writes.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <memory>
#include <vector>

#include "tlm/iommu.hpp"
#include "tlm/payload.hpp"
#include "tlm/pcie_link.hpp"
#include "tlm/scheduler.hpp"
#include "tlm/trace.hpp"

namespace niclab::sim {

/// Device to host: memory writes and interrupt messages go to `to_host` with the instant they become visible
/// as annotated delay; reads are sampled by a call at the sampling instant and answered by BEGIN_RESP. Host
/// to device: MMIO and configuration requests are serialised on the root port's downstream link. One root
/// port, so one device with up to four functions. Any TLM-2.0 model may be bound to any socket.
class RootComplex final : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<RootComplex> from_device;
  tlm_utils::simple_initiator_socket<RootComplex> to_device;
  tlm_utils::simple_target_socket<RootComplex> from_host;
  tlm_utils::simple_initiator_socket<RootComplex> to_host;

  /// `iommu` may be null (addresses pass unchanged). `first_port` numbers the device's function 0 over all
  /// hosts.
  RootComplex(sc_core::sc_module_name name, Engine& engine, Scheduler& scheduler, Trace& trace,
              const PcieConfig& config, Iommu* iommu, unsigned first_port, unsigned agent);

  /// How many functions of the device are NICs; requests to others are counted as the first one's.
  void set_nics(unsigned nics) { nics_ = nics; }
  const PciePortCounters& counters(unsigned function) const { return counters_[function]; }

 private:
  using Sync = ::tlm::tlm_sync_enum;
  using Phase = ::tlm::tlm_phase;

  Sync device_request(Payload& p, Phase& phase, sc_core::sc_time& delay);
  void device_request_blocking(Payload& p, sc_core::sc_time& delay);
  Sync host_request(Payload& p, Phase& phase, sc_core::sc_time& delay);
  void host_request_blocking(Payload& p, sc_core::sc_time& delay);
  unsigned host_debug(Payload& p) { return to_device->transport_dbg(p); }
  Sync host_response(Payload& p, Phase& phase, sc_core::sc_time& delay);
  Sync device_response(Payload& p, Phase& phase, sc_core::sc_time& delay);

  struct Posted {
    Time visible;
    bool done;  ///< false: a foreign memory says in its own time when it has taken the write
  };
  Posted posted_write(Payload& p, Time arrival);
  bool notify_waiter(const Payload& p, Time t);
  void start_read(Payload& p, Time arrival);
  void sample(Time t, std::uint32_t slot);
  void complete_read(Payload& p, Time t);
  void complete_later(Time t, std::uint32_t slot);
  unsigned function_of(Payload& p) const;

  Engine& engine_;
  Scheduler& scheduler_;
  Trace& trace_;
  const PcieConfig config_;
  Iommu* iommu_;
  const unsigned first_port_, agent_;
  unsigned nics_ = 4;
  LinkTransmitter down_;
  Time last_visible_{};  // posted never pass posted
  PayloadSlots waiting_;
  std::array<PciePortCounters, 4> counters_{};
  // reads that blocking (foreign) initiators wait for
  struct Waiter {
    Payload* payload;
    sc_core::sc_event done;
  };
  std::vector<Waiter*> waiters_;
};

}  // namespace niclab::sim
