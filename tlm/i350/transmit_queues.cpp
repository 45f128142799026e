// Registers of the transmitter and of its queues (fact base 2.8, 3.1).
#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

std::uint32_t I350Function::read_transmit(const reg::Target& r, Time t) {
  return r.first == reg::TDH(0) ? tx_queues_[r.index].head(t) : csr_.read(r.offset);
}

void I350Function::write_transmit(const reg::Target& r, std::uint32_t value, Time t) {
  const std::uint32_t before = csr_[r.offset];
  csr_.write(r.offset, value);
  switch (r.first) {
    case reg::TCTL:
      software_pause(t);
      tx_kick(t);
      return tx_mac_try(t);
    case reg::TDH(0):
      if (tx_queues_[r.index].enabled()) return;
      tx_place_ring(r.index, t);
      return tx_queues_[r.index].set_head(value & 0xFFFF, t);
    case reg::TDT(0): return tail_moved(r.index, before, t);
    case reg::TXDCTL(0): return write_txdctl(r.index, value, t);
    default: return;
  }
}

void I350Function::tail_moved(unsigned n, unsigned before, Time t) {
  TxRingUnit& q = tx_queues_[n];
  const unsigned tail = csr_[reg::TDT(n)];
  q.set_tail(tail, t);
  if (waves_) waves_->tx.doorbell(n, t);
  tx_journeys_announced(n, before, tail, t);
  if (q.enabled()) tx_fetches_.want(n, t);
}

/// Base and length as the registers have them; only while the queue is disabled (3.1).
void I350Function::tx_place_ring(unsigned n, Time t) {
  const DmaAddress base{std::uint64_t{csr_[reg::TDBAH(n)]} << 32 | csr_[reg::TDBAL(n)]};
  tx_queues_[n].set_ring(base, csr_[reg::TDLEN(n)], t);
}

/// No more descriptors are taken from this queue: by TXDCTL, or because it cannot go on. A packet that still
/// waits for some will not get them.
void I350Function::tx_switch_off(unsigned n, Time t) {
  tx_queues_[n].set_enabled(false, t);
  tx_available_ &= ~(1u << n);
  tx_loose_[n] = 0;
  if (tx_building_ && tx_built_.queue == n) tx_abandon_building(t + kDeviceClock);
}

void I350Function::write_txdctl(unsigned n, std::uint32_t value, Time t) {
  TxRingUnit& q = tx_queues_[n];
  q.set_thresholds(reg::txdctl::PTHRESH.get(value), reg::txdctl::HTHRESH.get(value),
                   reg::txdctl::WTHRESH.get(value), t);
  const bool enable = (value & reg::txdctl::ENABLE) != 0;
  const unsigned bit = 1u << n;
  tx_priority_ = (value & reg::txdctl::PRIORITY) != 0 ? tx_priority_ | bit : tx_priority_ & ~bit;
  // What is on its way belongs to the life before.
  if (enable != q.enabled()) tx_fetches_.forget(n);
  if (enable) {
    if (!q.enabled()) tx_place_ring(n, t);
    q.set_enabled(true, t);
    tx_fetches_.want(n, t);
  } else {
    tx_switch_off(n, t);
  }
  if ((value & reg::txdctl::SWFLUSH) != 0) {
    csr_[reg::TXDCTL(n)] &= ~reg::txdctl::SWFLUSH;
    tx_writeback(n, true, t);
  }
}

}  // namespace niclab::sim
