#include "stack/tx_watchdog.hpp"

#include "stack/path_cost.hpp"

namespace niclab::stack {

void TxWatchdog::up() {
  if (dev_.watchdog_timeo == 0) return;
  const std::uint64_t timeo = std::uint64_t{dev_.watchdog_timeo} * kernel_.profile.hz;
  kernel_.mod_timer(timer_, kernel_.round_jiffies(kernel_.jiffies() + timeo));
}

bool TxWatchdog::is_stuck(const NetdevQueue& queue) {
  const std::uint64_t timeo = std::uint64_t{dev_.watchdog_timeo} * kernel_.profile.hz;
  return queue.stopped && kernel_.jiffies() > queue.trans_start + timeo;
}

void TxWatchdog::expired() {
  kernel_.charge(kernel_.cost.instructions(path_cost::kDevWatchdog));
  kernel_.sync();
  if (!dev_.present || !dev_.up || !dev_.carrier) return;  // who turns it on again starts anew
  for (unsigned i = 0; i < dev_.real_num_tx_queues; ++i)
    if (is_stuck(dev_.tx_queues[i])) {
      report(dev_.tx_queues[i]);
      break;
    }
  up();
}

void TxWatchdog::report(NetdevQueue& queue) {
  ++queue.trans_timeout;
  if (!warned_)
    kernel_.log("NETDEV WATCHDOG: " + dev_.name + " (" + dev_.driver_name + "): transmit queue " +
                std::to_string(queue.index) + " timed out");
  warned_ = true;
  dev_.ndo_tx_timeout();
}

}  // namespace niclab::stack
