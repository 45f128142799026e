// Registers of the receive queues (fact base 2.7, 3.1).
#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

std::uint32_t I350Function::read_receive_queues(const reg::Target& r, Time t) {
  switch (r.first) {
    case reg::RDH(0): return rx_queues_[r.index].head(t);
    case reg::RQDPC(0):
      return config_.quirks.registers.rqdpc_written ? statistics_.snapshot_rqdpc(r.index)
                                                    : statistics_.read_rqdpc(r.index);
    case reg::RDFH:
    case reg::RDFHS: return rx_fifo_head_ % receive_buffer_bytes() / 8;
    case reg::RDFT:
    case reg::RDFTS: return (rx_fifo_head_ + rx_fifo_bytes_) % receive_buffer_bytes() / 8;
    case reg::RDFPC: return static_cast<std::uint32_t>(rx_fifo_.size());
    case reg::PBRWAC:
      return ((rx_fifo_head_ + rx_fifo_bytes_) / receive_buffer_bytes() & 7) |
             (rx_fifo_.empty() ? reg::bit(3) : 0);
    default: return csr_.read(r.offset);
  }
}

void I350Function::write_receive_queues(const reg::Target& r, std::uint32_t value, Time t) {
  switch (r.first) {
    case reg::RDH(0): return;  // read-only on the I350
    case reg::RQDPC(0):
      if (config_.quirks.registers.rqdpc_written) statistics_.read_rqdpc(r.index);
      return;
    case reg::RDT(0): return write_rdt(r.index, value, t);
    case reg::RXDCTL(0): return write_rxdctl(r.index, value, t);
    case reg::SRRCTL(0):
    case reg::QDE:
      csr_.write(r.offset, value);
      update_rx_setup(t);
      return rx_retry(t);  // a frame that waits may now be one to drop
    case reg::DVMOLR(0):
    case reg::RDLEN(0): csr_.write(r.offset, value); return update_rx_setup(t);
    default: return csr_.write(r.offset, value);
  }
}

void I350Function::write_rdt(unsigned n, std::uint32_t value, Time t) {
  RxRingUnit& q = rx_queues_[n];
  csr_.write(reg::RDT(n), value);
  if (!q.enabled())
    return;  // ignored, though it reads back: so igb's register test of the I350 family wants it
  q.set_tail(csr_[reg::RDT(n)], t);
  if (waves_) waves_->rx.doorbell(n, t);
  rx_fetches_.want(n, t);
}

void I350Function::write_rxdctl(unsigned n, std::uint32_t value, Time t) {
  RxRingUnit& q = rx_queues_[n];
  csr_.write(reg::RXDCTL(n), value);
  q.set_thresholds(reg::rxdctl::PTHRESH.get(value), reg::rxdctl::HTHRESH.get(value),
                   reg::rxdctl::WTHRESH.get(value), t);
  const bool enable = (value & reg::rxdctl::ENABLE) != 0;
  if (!enable && q.enabled()) {
    rx_fetches_.forget(n);
    // What is done does not wait until the ring is another's.
    if (q.pending_reports(t) != 0) rx_writeback(n, true, t);
  }
  if (enable && !q.enabled()) {
    q.set_ring({std::uint64_t{csr_[reg::RDBAH(n)]} << 32 | csr_[reg::RDBAL(n)]}, csr_[reg::RDLEN(n)], t);
    // What software wrote while the queue was off is ignored; the tail of its last life means nothing now.
    csr_[reg::RDT(n)] = 0;
    q.set_tail(0, t);
  }
  q.set_enabled(enable, t);
  if (enable) {
    rx_fetches_.want(n, t);
  } else {
    rx_retry(t);  // the frame in front may have lost its descriptors
  }
  if ((value & reg::rxdctl::SWFLUSH) != 0) {
    csr_[reg::RXDCTL(n)] &= ~reg::rxdctl::SWFLUSH;
    rx_writeback(n, true, t);
  }
}

}  // namespace niclab::sim
