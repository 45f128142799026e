// The root complex: routes TLPs between the host and its devices, completes reads, orders posted writes.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <array>
#include <deque>
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
  // --- what a scenario breaks, each in an event --------------------------------------------------
  /// How the host treats a read of the device. lost: no answer; late: the answer comes `delay` later.
  enum class ReadFault : std::uint8_t { lost, unsupported, aborted, poisoned, late };
  /// The next `count` reads of a function, after those asked for before.
  void fail_reads(unsigned function, ReadFault how, std::uint64_t count, Duration delay = {});
  /// The next `count` writes of the host to registers of a function are poisoned.
  void poison_writes(unsigned function, std::uint64_t count);
  /// Without a link nothing arrives, in either direction, and the root port answers the host's reads itself.
  void set_link(bool up);

  const PciePortCounters& counters(unsigned function) const { return counters_[function]; }

 private:
  using Sync = ::tlm::tlm_sync_enum;
  using Phase = ::tlm::tlm_phase;

  Sync device_request(Payload& p, Phase& phase, sc_core::sc_time& delay);
  void device_request_blocking(Payload& p, sc_core::sc_time& delay);
  Sync host_request(Payload& p, Phase& phase, sc_core::sc_time& delay);
  void host_request_blocking(Payload& p, sc_core::sc_time& delay);
  unsigned host_debug(Payload& p);
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
  bool read_fails(Payload& p, Duration& late);
  void lose(Payload& p, Time arrival);
  Sync no_device(Payload& p, Phase& phase, Time t);
  void answer_for_device(Time t, std::uint32_t slot);

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
  // faults: nothing is looked at unless armed_ says so
  struct ArmedReads {
    unsigned function;
    ReadFault how;
    std::uint64_t left;
    Duration delay;
  };
  static constexpr unsigned kReads = 1, kWrites = 2, kNoLink = 4;
  unsigned armed_ = 0;
  std::deque<ArmedReads> failing_reads_;
  std::array<std::uint64_t, 8> poisoned_writes_{};
  struct Waiter {
    Payload* payload;
    sc_core::sc_event done;
  };
  std::vector<Waiter*> waiters_;
};

}  // namespace niclab::sim
