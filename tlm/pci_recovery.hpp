// What a host does about errors its card reports: Linux's AER service and PCI error recovery, in a task.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <string>

#include "tlm/core/host_kernel.hpp"
#include "tlm/pcie_link.hpp"

namespace niclab::sim {

class HostPci;

/// An error message from a function is an interrupt of the root port; a task on CPU 0 reads what the function
/// logged, says so in the kernel log, clears it, and asks the drivers of the card what to do
/// (PciErrorHandler). Errors are handled one after the other.
class PciRecovery {
 public:
  /// `agent`: of its events, one a host.
  PciRecovery(HostKernel& kernel, unsigned agent) : kernel_(kernel), agent_(0xFE00 + agent) {}
  PciRecovery(const PciRecovery&) = delete;
  PciRecovery& operator=(const PciRecovery&) = delete;

  void attach(unsigned function, HostPci& pci) { functions_.at(function) = &pci; }
  /// Who resets the card when its link is reset; without one a fatal error is not recovered from. Called at
  /// an instant of the card's grid, outside of any CPU.
  void set_card_reset(std::function<void(Time)> reset) { reset_card_ = std::move(reset); }

  /// In an event: function `function` sent ERR_COR, ERR_NONFATAL or ERR_FATAL.
  void reported(unsigned function, MessageCode code);
  /// In an event: keeps what must be restored later, while the card can still be asked.
  void save();
  /// In an event: the link was down and the card has been reset; what it knew was saved before.
  void link_is_back();
  /// In an event: somebody resets this function, and its driver is not told.
  void reset_function(unsigned function);

  /// Something reported is not dealt with yet.
  bool busy() const { return running_; }

  struct Counts {
    std::uint64_t correctable = 0, nonfatal = 0, fatal = 0;
  };
  /// Messages that arrived.
  const Counts& counts(unsigned function) const { return counts_.at(function); }

 private:
  enum class Why : std::uint8_t { correctable, nonfatal, fatal, link_back, function_reset };
  struct Work {
    Why why;
    unsigned function;
  };
  void add(Work work);
  void run();
  void handle(const Work& work);
  void correctable(unsigned f);
  void uncorrectable(unsigned f, bool fatal);
  void recover(bool lost, bool link_reset);
  bool reset_link();
  void card_resets(Time t, std::uint32_t);
  void restore();
  void log_error(unsigned f, const std::string& severity, std::uint32_t status, std::uint32_t mask,
                 bool uncorrectable);
  std::string name(unsigned f) const;

  HostKernel& kernel_;
  const unsigned agent_;
  std::array<HostPci*, 8> functions_{};
  std::function<void(Time)> reset_card_;
  std::deque<Work> work_;
  bool running_ = false;
  std::array<Counts, 8> counts_{};
};

}  // namespace niclab::sim
