// The transmit watchdog of one device (dev_watchdog): a queue that stays stopped is reported to its driver.
#pragma once

#include "base/kernel.hpp"
#include "stack/net_device.hpp"

namespace niclab::stack {

class TxWatchdog {
 public:
  /// `warned`: whether this host's log has the warning already; a kernel prints it once.
  TxWatchdog(Kernel& kernel, NetDevice& dev, bool& warned)
      : kernel_(kernel), dev_(dev), warned_(warned), timer_(Callback::to<&TxWatchdog::expired>(*this)) {}
  TxWatchdog(const TxWatchdog&) = delete;
  TxWatchdog& operator=(const TxWatchdog&) = delete;

  /// Looks every watchdog_timeo from now on.
  void up();
  void down() {
    if (timer_.pending()) kernel_.del_timer(timer_);
  }

 private:
  void expired();  // TIMER softirq
  bool is_stuck(const NetdevQueue& queue);
  void report(NetdevQueue& queue);

  Kernel& kernel_;
  NetDevice& dev_;
  bool& warned_;
  Timer timer_;
};

}  // namespace niclab::stack
