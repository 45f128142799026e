// Our driver and our stack on QEMU's igb, an 82576 that others modelled.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bridge/qtest/qtest_pci.hpp"
#include "driver/igb.hpp"
#include "tests/peer/qtest/far_end.hpp"
#include "tests/peer/qtest/watch.hpp"

namespace niclab::peer {

struct TrialOptions {
  std::string socket, ram, wire_here, wire_there;  ///< names in the file system
  bridge::qtest::Offer offer = bridge::qtest::Offer::msix;
};

/// The machine as QEMU was told to make it: RAM below the first megabyte is not the host's, and where its igb
/// sits.
inline constexpr std::uint64_t kRamOffset = 1 << 20, kRamSize = std::uint64_t{127} << 20;
inline constexpr PciAddress kCard{0, 4, 0};
inline constexpr unsigned kIntxLine = 20;  ///< of slot 4, INTA, at the I/O APIC of q35

class Trial {
 public:
  explicit Trial(const TrialOptions& options);
  ~Trial();
  /// Runs all checks, one line each on standard output. True: all hold.
  bool run();

 private:
  using Offer = bridge::qtest::Offer;
  void judge();
  void check(bool holds, const std::string& name, const std::string& remark);

  // the checks, in their order; from a task
  bool probe();
  bool open();
  void transmit(const std::string& name, unsigned count);
  void transmit_tcp();
  void receive(const std::string& name, unsigned count);
  void damaged();
  void overflow();
  void ping();
  void multicast();
  void jumbo();
  void interrupts();
  void idle();
  void rings();
  void statistics();
  void sizes();
  void down_and_up();
  void power();
  void remove();

  void msleep(unsigned ms) { kernel_.sleep_until(kernel_.now() + Duration::from_ms(ms)); }
  /// Sleeps until it holds, at most so long, and some of the wall clock's time for QEMU.
  bool within(unsigned ms, const std::function<bool()>& holds);
  std::string far_faults() const;
  void send_segment(std::uint32_t number, std::size_t size);

  const TrialOptions options_;
  bridge::qtest::Client client_;
  sim::Engine engine_{false};
  const CostModel cost_;
  sim::HostKernel kernel_;
  stack::NetStack stack_{kernel_};
  Watch watch_{stack_};
  bridge::qtest::Machine machine_;
  bridge::qtest::QtestPci pci_;
  FarEnd far_;
  std::unique_ptr<igb::IgbAdapter> adapter_;
  std::uint64_t lost_ = 0;  // frames of 64 bytes that a ring had no room for
  bool done_ = false, all_hold_ = true;
};

}  // namespace niclab::peer
