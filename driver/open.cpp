// Opening, closing and resetting the interface (path-map; fact base 5.2, 5.3, 5.6).
#include <algorithm>
#include <cerrno>
#include <new>

#include "driver/igb.hpp"

namespace niclab::igb {
namespace {

constexpr std::uint32_t kMinMtu = 68, kMaxMtu = 9216;

}  // namespace

void IgbAdapter::igb_reset() {
  hw_.set_fc_watermarks(max_frame_size());
  hw_.reset_hw();
  if (hw_.init_hw() != 0) log(pdev_.address().to_string() + ": Hardware Error");
  HwStats discarded;  // counted while the port was being reset (row 7 of 5.2)
  igb_read_hw_stats(discarded);
  hw_.set_eee_i350();
  power_down_if_closed();
  hw_.wr32(reg::VET, stack::kEthPVlan);
  hw_.get_phy_info();
  ptp_.reset();
}

void IgbAdapter::power_down_if_closed() {
  if (!running_) hw_.power_down_phy();
}

void IgbAdapter::igb_power_up_link() {
  hw_.phy_hw_reset();
  hw_.power_up_phy();
  hw_.setup_link();
}

int IgbAdapter::ndo_open() {
  kernel_.sync();
  if (testing_) return -EBUSY;
  begin_reconfiguration();
  const int error = igb_open();
  end_reconfiguration();
  return error;
}

int IgbAdapter::igb_open() {
  core_.netif_carrier_off(*this);
  try {
    igb_setup_all_tx_resources();
    igb_setup_all_rx_resources();
  } catch (const std::bad_alloc&) {
    igb_free_all_rx_resources();
    igb_free_all_tx_resources();
    return -ENOMEM;
  }
  running_ = true;
  igb_power_up_link();
  igb_configure();
  if (const int error = igb_request_irq(); error != 0) {
    running_ = false;
    igb_release_hw_control();
    hw_.power_down_phy();
    for (const auto& ring : rx_rings_) igb_clean_rx_ring(*ring);
    igb_free_all_rx_resources();
    igb_free_all_tx_resources();
    igb_reset();
    return error;
  }
  real_num_tx_queues = real_num_rx_queues = queues_;
  igb_start();
  return 0;
}

// The common end of igb_open and igb_up.
void IgbAdapter::igb_start() {
  kernel_.sync();
  down_ = false;
  for (const auto& q : q_vectors_) core_.napi_enable(*q);
  hw_.rd32(hw_.row().icr);
  igb_irq_enable();
  kernel_.sync();
  for (const auto& ring : tx_rings_) ring->queue->stopped = false;
  hw_.get_link_status = true;
  schedule_work(kWatchdogTask);
}

int IgbAdapter::ndo_stop() {
  begin_reconfiguration();
  reopen_ = false;
  if (running_) igb_close();
  end_reconfiguration();
  return 0;
}

void IgbAdapter::igb_close() {
  igb_down();
  igb_free_irq();
  igb_free_all_tx_resources();
  igb_free_all_rx_resources();
  running_ = false;
  igb_release_hw_control();
  hw_.power_down_phy();
}

void IgbAdapter::igb_up() {
  igb_configure();
  if (msix_enabled_)
    igb_configure_msix();
  else
    igb_assign_vector(*q_vectors_[0], 0);
  igb_start();
}

void IgbAdapter::igb_down() {
  kernel_.sync();
  down_ = true;
  hw_.rmw32(reg::RCTL, reg::rctl::RXEN, 0);
  kernel_.sync();
  for (const auto& ring : tx_rings_) ring->queue->stopped = true;
  hw_.rmw32(reg::TCTL, reg::tctl::EN, 0);
  hw_.wrfl();
  hw_.msleep(10);
  igb_irq_disable();
  for (const auto& q : q_vectors_) core_.napi_disable(*q);
  kernel_.del_timer(watchdog_timer_);
  core_.netif_carrier_off(*this);
  igb_update_stats();
  kernel_.sync();
  link_ = {};
  if (!channel_offline_) igb_reset();
  for (const auto& ring : tx_rings_) igb_clean_tx_ring(*ring);
  for (const auto& ring : rx_rings_) igb_clean_rx_ring(*ring);
}

void IgbAdapter::begin_reconfiguration() {
  for (kernel_.sync(); resetting_; kernel_.sync()) hw_.msleep(1);
  resetting_ = true;
}

void IgbAdapter::end_reconfiguration() {
  kernel_.sync();
  resetting_ = false;
}

void IgbAdapter::igb_reinit_locked() {
  begin_reconfiguration();
  if (running_ && present) {
    igb_down();
    igb_up();
  }
  end_reconfiguration();
}

void IgbAdapter::igb_reset_task() {
  log(pdev_.address().to_string() + " " + name + ": Reset adapter");
  igb_reinit_locked();
}

void IgbAdapter::ndo_tx_timeout() {
  ++tx_timeout_count_;
  hw_.request_global_reset();
  schedule_work(kResetTask);
  hw_.wr32(reg::EICS, eims_enable_mask_ & ~eims_other_);
}

int IgbAdapter::ndo_change_mtu(std::uint32_t new_mtu) {
  if (new_mtu < kMinMtu || new_mtu > kMaxMtu) return -EINVAL;
  begin_reconfiguration();
  log(pdev_.address().to_string() + ": changing MTU from " + std::to_string(mtu) + " to " +
      std::to_string(new_mtu));
  if (running_) igb_down();
  mtu = new_mtu;
  if (running_)
    igb_up();
  else
    igb_reset();
  end_reconfiguration();
  return 0;
}

}  // namespace niclab::igb
