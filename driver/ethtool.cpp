// What ethtool asks and sets (path-map E-50 to E-57, F-23 to F-26, F-29).
#include <algorithm>
#include <cerrno>
#include <new>

#include "driver/igb.hpp"

namespace niclab::igb {

Coalesce IgbAdapter::get_coalesce() const {
  return {.rx_usecs = usecs_of(rx_itr_setting_), .tx_usecs = queue_pairs_ ? 0 : usecs_of(tx_itr_setting_)};
}

int IgbAdapter::set_coalesce(const Coalesce& wanted) {
  if (!usecs_valid(wanted.rx_usecs) || !usecs_valid(wanted.tx_usecs)) return -EINVAL;
  if (queue_pairs_ && wanted.tx_usecs != 0) return -EINVAL;
  kernel_.sync();
  rx_itr_setting_ = itr_setting_of(wanted.rx_usecs);
  tx_itr_setting_ = queue_pairs_ ? rx_itr_setting_ : itr_setting_of(wanted.tx_usecs);
  for (const auto& q : q_vectors_) {
    const std::uint32_t setting = itr_setting(*q);
    q->itr.itr_val = static_cast<std::uint16_t>(itr_dynamic(setting) && setting <= 3 ? kItrStart : setting);
    q->itr.set_itr = true;  // written by the next interrupt
  }
  return 0;
}

RingParam IgbAdapter::get_ringparam() const {
  return {.rx_max = kMaxRing, .tx_max = kMaxRing, .rx = rx_ring_count_, .tx = tx_ring_count_};
}

int IgbAdapter::set_ringparam(const RingParam& wanted) {
  if (wanted.rx_mini != 0 || wanted.rx_jumbo != 0) return -EINVAL;
  const auto rounded = [](unsigned n) { return (std::clamp(n, kMinRing, kMaxRing) + 7) / 8 * 8; };
  const unsigned rx = rounded(wanted.rx), tx = rounded(wanted.tx);
  if (rx == rx_ring_count_ && tx == tx_ring_count_) return 0;
  begin_reconfiguration();
  if (running_) {
    igb_down();
    igb_free_all_tx_resources();
    igb_free_all_rx_resources();
  }
  tx_ring_count_ = tx;
  rx_ring_count_ = rx;
  if (running_) {
    igb_setup_all_tx_resources();
    igb_setup_all_rx_resources();
    igb_up();
  }
  end_reconfiguration();
  return 0;
}

Channels IgbAdapter::get_channels() const {
  const unsigned other = msix_enabled_ ? 1 : 0;
  return {.max_combined = hw_.row().max_queues, .combined = queues_, .max_other = other, .other = other};
}

// Pairing was decided at probe: growing an unpaired port may ask for more vectors than there are, and then
// falls back to one pair (F-23).
int IgbAdapter::set_channels(unsigned combined) {
  if (combined == 0 || combined > hw_.row().max_queues) return -EINVAL;
  if (combined == queues_) return 0;
  begin_reconfiguration();
  const bool was_running = running_;
  if (was_running) igb_close();
  clear_interrupt_scheme();
  queues_ = combined;
  init_interrupt_scheme(true);
  igb_default_rss_indir();
  const int error = was_running ? igb_open() : 0;
  end_reconfiguration();
  return error;
}

DriverInfo IgbAdapter::get_drvinfo() const {
  const bool v4_0 = kernel_.profile.version == KernelVersion::v4_0;
  return {"igb", v4_0 ? "5.2.15-k" : "5.0.5-k", fw_version_, pdev_.address().to_string()};
}

PauseParam IgbAdapter::get_pauseparam() const {
  const FlowControl fc = hw_.current_fc();
  return {.autoneg = fc_autoneg_,
          .rx_pause = fc == FlowControl::rx_pause || fc == FlowControl::full,
          .tx_pause = fc == FlowControl::tx_pause || fc == FlowControl::full};
}

int IgbAdapter::set_pauseparam(const PauseParam& wanted) {
  begin_reconfiguration();
  fc_autoneg_ = wanted.autoneg;
  if (fc_autoneg_) {
    hw_.request_fc(std::nullopt);
    if (running_) {
      igb_down();
      igb_up();
    } else {
      igb_reset();
    }
  } else {
    hw_.force_fc(wanted.rx_pause   ? wanted.tx_pause ? FlowControl::full : FlowControl::rx_pause
                 : wanted.tx_pause ? FlowControl::tx_pause
                                   : FlowControl::none);
  }
  end_reconfiguration();
  return 0;
}

int IgbAdapter::set_rxfh_indir(std::span<const unsigned> queues) {
  const auto there = [this](unsigned q) { return q < queues_; };
  if (queues.size() != rss_indir_.size() || !std::all_of(queues.begin(), queues.end(), there)) return -EINVAL;
  kernel_.sync();
  std::copy(queues.begin(), queues.end(), rss_indir_.begin());
  igb_write_rss_indir();
  return 0;
}

int IgbAdapter::set_rss_udp_ports(bool on) {
  kernel_.sync();
  if (on == rss_udp_ports_) return 0;
  if (on) log(name + ": enabling UDP RSS: fragmented packets may arrive out of order to the stack above");
  rss_udp_ports_ = on;
  hw_.wr32(reg::MRQC, mrqc());
  return 0;
}

}  // namespace niclab::igb
