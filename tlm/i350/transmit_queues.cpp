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
    case reg::TCTL: return tx_kick(t);
    case reg::TDH(0):
      if (!tx_queues_[r.index].enabled()) tx_queues_[r.index].set_head(value & 0xFFFF, t);
      return;
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

void I350Function::write_txdctl(unsigned n, std::uint32_t value, Time t) {
  TxRingUnit& q = tx_queues_[n];
  q.set_thresholds(reg::txdctl::PTHRESH.get(value), reg::txdctl::HTHRESH.get(value),
                   reg::txdctl::WTHRESH.get(value), t);
  const bool enable = (value & reg::txdctl::ENABLE) != 0;
  if (!enable && q.enabled()) {
    tx_fetches_.forget(n);
    tx_available_ &= ~(1u << n);
    tx_loose_[n] = 0;
    if (tx_building_ && tx_newest().queue == n) tx_abandon_building(t);
  }
  if (enable && !q.enabled())
    q.set_ring({std::uint64_t{csr_[reg::TDBAH(n)]} << 32 | csr_[reg::TDBAL(n)]}, csr_[reg::TDLEN(n)], t);
  q.set_enabled(enable, t);
  if (enable) tx_fetches_.want(n, t);
  if ((value & reg::txdctl::SWFLUSH) != 0) {
    csr_[reg::TXDCTL(n)] &= ~reg::txdctl::SWFLUSH;
    tx_writeback(n, true, t);
  }
}

}  // namespace niclab::sim
