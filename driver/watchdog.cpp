// The 2-second watchdog and the worker that runs what may sleep (path-map A-18; fact base 5.3 row 13).
#include "driver/igb.hpp"
#include "driver/path_cost.hpp"

namespace niclab::igb {
namespace {

constexpr unsigned kWatchdogPeriod = 2;          // seconds
constexpr unsigned kWatchdogWhileUnsettled = 1;  // while the link may have changed

void work(Kernel& kernel, const std::shared_ptr<Worker>& worker) {
  for (;;) {
    kernel.sync();
    if (worker->adapter == nullptr) return;
    if (worker->pending == 0) {
      kernel.wait(worker->queue);
      continue;
    }
    const unsigned items = std::exchange(worker->pending, 0);
    worker->busy = true;
    if ((items & kResetTask) != 0) worker->adapter->igb_reset_task();
    if ((items & kPtpTxWork) != 0) worker->adapter->igb_ptp_tx_work();
    if ((items & kPtpOverflowCheck) != 0) worker->adapter->igb_ptp_overflow_check();
    kernel.sync();
    if ((items & kWatchdogTask) != 0) worker->adapter->igb_watchdog_task();
    kernel.sync();
    worker->busy = false;
  }
}

std::string to_string(FlowControl fc) {
  switch (fc) {
    case FlowControl::full: return "RX/TX";
    case FlowControl::rx_pause: return "RX";
    case FlowControl::tx_pause: return "TX";
    case FlowControl::none: break;
  }
  return "None";
}

}  // namespace

void IgbAdapter::start_worker() {
  worker_ = std::make_shared<Worker>();
  worker_->adapter = this;
  kernel_.spawn("kworker/" + name, kernel_.smp_processor_id(),
                [&kernel = kernel_, worker = worker_] { work(kernel, worker); });
}

void IgbAdapter::schedule_work(unsigned items) {
  kernel_.sync();
  worker_->pending |= items;
  kernel_.wake_one(worker_->queue);
}

/// As a plain line in 3.13, as one of the device in 4.0.
void IgbAdapter::log_link(const std::string& what) {
  const bool v4_0 = kernel_.profile.version == KernelVersion::v4_0;
  kernel_.log((v4_0 ? "igb " + pdev_.address().to_string() + " " + name + ": igb: " : "igb: ") + name + what);
}

void IgbAdapter::cancel_work() {
  kernel_.sync();
  worker_->pending = 0;
  for (; worker_->busy; kernel_.sync()) hw_.msleep(1);
}

void IgbAdapter::igb_link_up() {
  link_ = hw_.get_speed_and_duplex();
  log_link(" NIC Link is Up " + std::to_string(link_.speed) + " Mbps " +
           (link_.full_duplex ? "Full" : "Half") + " Duplex, Flow Control: " + to_string(hw_.current_fc()));
  tx_timeout_factor_ = link_.speed == 10 ? 14 : 1;
  core_.netif_carrier_on(*this);
}

void IgbAdapter::igb_link_down() {
  link_ = {};
  log_link(" NIC Link is Down");
  core_.netif_carrier_off(*this);
}

// False: packets are stuck behind a lost link, the port is about to be reset.
bool IgbAdapter::igb_check_tx_rings() {
  for (const auto& ring : tx_rings_) {
    kernel_.sync();
    if (!carrier && ring->unused() + 1 < ring->count) {
      ++tx_timeout_count_;
      schedule_work(kResetTask);
      return false;
    }
    ring->detect_hang = true;
  }
  return true;
}

void IgbAdapter::igb_watchdog_task() {
  spend(path::igb_watchdog_task);
  kernel_.sync();
  if (!running_ || down_) return;
  hw_.check_for_link();
  kernel_.sync();
  if (down_) return;
  const bool link_up = !hw_.get_link_status;
  if (link_up && !carrier) igb_link_up();
  if (!link_up && carrier) igb_link_down();
  igb_update_stats();
  if (hw_.removed()) {  // detached: nothing to watch any more
    igb_link_down();
    return;
  }
  kernel_.sync();
  if (down_ || !igb_check_tx_rings()) return;
  ptp_.tx_hang();

  if (msix_enabled_) {  // a software interrupt cleans rings whose own was lost
    std::uint32_t eics = 0;
    for (const auto& q : q_vectors_) eics |= q->eims_value;
    hw_.wr32(reg::EICS, eics);
  } else {
    hw_.wr32(hw_.row().ics, reg::icr::RXDMT0);
  }
  const unsigned period = hw_.get_link_status ? kWatchdogWhileUnsettled : kWatchdogPeriod;
  const std::uint64_t now = kernel_.jiffies();
  if (!down_) kernel_.mod_timer(watchdog_timer_, kernel_.round_jiffies(now + period * kernel_.profile.hz));
}

}  // namespace niclab::igb
