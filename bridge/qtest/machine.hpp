// QEMU's machine in our time: its virtual clock stands still unless told, so it is told to follow simulated
// time.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "base/time.hpp"
#include "bridge/qtest/client.hpp"
#include "tlm/core/host_kernel.hpp"

namespace niclab::bridge::qtest {

/// The host `kernel` has QEMU's machine for its peripherals. The host's DRAM is QEMU's RAM from `ram_offset`
/// on (HostConfig:: memory): what a device writes there is visible at once. QEMU's clock is stepped to the
/// present before each access, and now and then while the software does nothing: often right after something
/// happened, less and less often after that.
class Machine {
 public:
  /// All times count from `kernel`'s time zero. Throws Error.
  Machine(sim::HostKernel& kernel, Client& client, std::uint64_t ram_offset);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  sim::HostKernel& kernel() { return kernel_; }
  sim::Engine& engine() { return kernel_.engine(); }
  std::uint64_t ram_offset() const { return ram_offset_; }

  /// Called with the time whenever QEMU has run: its devices may have interrupted.
  void set_watcher(std::function<void(Time)> watcher) { watcher_ = std::move(watcher); }
  /// Called with the time at every step of the idle clock: for who plays the outside.
  void set_outside(std::function<void(Time)> outside) { outside_ = std::move(outside); }

  /// The commands take place at the running CPU's present. Returns as Client::run.
  std::uint64_t access(std::span<const Command> commands);
  /// Something happened: the clock is stepped often again.
  void be_quick();
  std::uint64_t accesses() const { return accesses_; }

 private:
  static constexpr Duration kShortest = 20_us, kLongest = 1_ms;
  void follow(Time t);
  void tick(Time t, std::uint32_t);

  sim::HostKernel& kernel_;
  Client& client_;
  const std::uint64_t ram_offset_;
  std::uint64_t origin_ns_;  // QEMU's clock at our time zero
  std::uint64_t ns_ = 0;     // how far it has gone since
  Duration interval_ = kShortest;
  std::function<void(Time)> watcher_, outside_;
  std::uint64_t accesses_ = 0;
};

}  // namespace niclab::bridge::qtest
