// A simulated host put together: CPUs and bus (tlm), NIC, driver, stack, applications.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "driver/igb.hpp"
#include "lab/applications.hpp"
#include "lab/instruments.hpp"
#include "lab/results.hpp"
#include "lab/scenario.hpp"
#include "stack/net_stack.hpp"
#include "tlm/guest.hpp"
#include "tlm/host.hpp"
#include "tlm/host_pci.hpp"
#include "tlm/i350/i350.hpp"
#include "tlm/root_complex.hpp"

namespace niclab::lab {

/// What all machines of a simulation share.
struct World {
  sim::Engine& engine;
  sim::Scheduler& scheduler;
  sim::Trace& trace;
  sim::FramePool& frames;
  Instruments& instruments;
  sim::RtlWorld& rtl;
  igb::PlantedBugs bugs{};
  WaveSink* waves = nullptr;
  /// The clock that ptp_slaves follow, as an observer sees it at an instant; empty: there is none.
  std::function<std::uint64_t(Time)> ptp_master{};
};

/// One host with up to four NICs: the ports of one I350 behind one root port. Its boot task probes the
/// driver, configures the addresses, waits for carrier and starts the applications.
class Machine {
 public:
  Machine(World& world, const Scenario& scenario, std::size_t host, unsigned first_port,
          unsigned first_cpu_agent);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// The faults of this host happen at their times after the start line. In a task or an event.
  void arm_faults(Time start_line);
  /// One of them has not happened, or its end has not.
  bool faults_to_come() const { return faults_left_ != 0; }
  void power_on(std::function<Time()> start_line, std::function<void()> app_ready);
  bool ready() const { return booted_ && apps_ready_ == apps_.size(); }
  /// Finite applications are done and no socket holds unread data.
  bool idle() const;
  const std::string& name() const { return config_.name; }
  /// Why it cannot come up; empty when all is well.
  std::string failure() const;

  sim::I350& device() { return device_; }
  const sim::I350& device() const { return device_; }
  unsigned nics() const { return static_cast<unsigned>(config_.nics.size()); }
  /// The start line: what is measured counts from here. In an event.
  void begin_measuring(Time t);
  /// The run is over, at `end`: what is still in a buffer has waited until then.
  void settle_meters(Time end);
  /// After the run: what summary.json says about this host and its NICs.
  void collect(RunResult& result, Time start, Time end);
  void collect_faults(RunResult& result);
  sim::Host& host() { return host_; }
  /// Of an external host; nullptr: it is simulated.
  sim::Guest* guest() { return guest_.get(); }
  /// Where firmware put a BAR.
  std::uint64_t bar(unsigned function, unsigned bar) const { return bars_[function][bar]; }

  // --- for the shell (lab/machine_shell.hpp) and collect() -----------------------------------------
  stack::NetStack& stack() { return stack_; }
  const std::vector<std::unique_ptr<igb::IgbAdapter>>& adapters() const { return adapters_; }
  /// Function `f` of the card, with a NIC or not.
  sim::HostPci& pci_device(unsigned f) { return *functions_[f]; }
  std::vector<PerCpuCount> interrupts();
  std::vector<PerCpuCount> softirqs();
  std::vector<CpuTime> cpu_times(Time t);  ///< up to `t`

 private:
  void boot();
  void start_apps();
  std::unique_ptr<PtpNode> make_ptp(const App& app);
  std::uint64_t ptp_time(std::size_t nic, Time t) const;
  void start_commands();
  void show_waves();
  void fault_event(Time t, std::uint32_t index);
  void break_now(const Fault& f, Time t);
  void unplug_cable(const Fault& f, Time t);
  void plug_cable(Time t, std::uint32_t nic);
  void link_lost(const Fault& f, Time t);
  void link_returns(Time t, std::uint32_t);
  HostResult host_result(Time end);
  PcieResult pcie_result(unsigned nic) const;
  void measured_pcie(PcieResult& r, unsigned nic, Time end);
  MeasuredResult measured_result(Time end);
  std::vector<PollResult> napi_result(unsigned nic) const;
  Named<BufferResult> buffer_results(unsigned nic, Time end);
  std::vector<Counters> softnet_stat();
  bool measured() const { return world_.trace.journeys() != nullptr; }
  LinkResult link_result(unsigned nic, Time start, Time end) const;
  AccountResult account_result(unsigned nic) const;

  World& world_;
  const Scenario& scenario_;
  const std::size_t index_;
  const Host config_;
  const unsigned first_port_;
  sim::PcieConfig pcie_;
  sim::Host host_;
  sim::RootComplex root_complex_;
  sim::I350 device_;
  std::unique_ptr<sim::Guest> guest_;
  std::vector<std::array<std::uint64_t, 6>> bars_;  // by function
  HostObserver observer_;
  std::vector<std::unique_ptr<sim::HostPci>> functions_;  // of the card, NICs first
  stack::NetStack stack_;
  std::vector<std::unique_ptr<igb::IgbAdapter>> adapters_;
  std::vector<std::unique_ptr<Application>> apps_;
  std::function<Time()> start_line_;
  std::function<void()> app_ready_;
  /// Buffers between stack and card, and what was counted at the start line.
  struct NicMeters {
    BufferMeter tx_ring, qdisc;
    sim::PciePortCounters device{}, root{};
    sim::DmaCounts dma{};
    std::vector<igb::PollCounts> polls{};
  };
  std::vector<NicMeters> meters_;  // by NIC; where they are they stay
  MeasuredResult at_start_;
  void run_command(const At& at);
  void set_sysctls();

  std::size_t apps_ready_ = 0;
  std::size_t commands_left_ = 0;  // of [[at]]
  std::size_t faults_left_ = 0;    // of [[fault]], and links that have not come back
  bool booted_ = false;
  std::string failure_;
};

}  // namespace niclab::lab
