// ethtool -c, -g, -l and their setters (path-map F-23, F-24, F-29).
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
  return {.max_combined = kMaxQueues, .combined = queues_, .max_other = other, .other = other};
}

// Pairing was decided at probe: growing an unpaired port may ask for more vectors than there are, and then
// falls back to one pair (F-23).
int IgbAdapter::set_channels(unsigned combined) {
  if (combined == 0 || combined > kMaxQueues) return -EINVAL;
  if (combined == queues_) return 0;
  const bool was_running = running_;
  if (was_running) ndo_stop();
  clear_interrupt_scheme();
  queues_ = combined;
  init_interrupt_scheme(config_.msix);
  return was_running ? ndo_open() : 0;
}

}  // namespace niclab::igb
