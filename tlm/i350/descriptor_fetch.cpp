// Descriptors from host memory to the queues' caches, and what a completed read sets off (fact
// base 2.7, 2.8, 3.3).
#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

bool DescriptorFetches::want(unsigned q) {
  wanted |= 1u << q;
  if (busy || scheduled) return false;
  scheduled = true;
  return true;
}

void I350Function::want_rx_fetch(unsigned q, Time t) {
  if (rx_queues_[q].wants_fetch() && rx_fetches_.want(q))
    engine_.at<&I350Function::rx_fetch>(t + i350_latency::descriptor_fetch, Kind::device,
                                        agent_ + step::rx_fetch, *this);
}

void I350Function::want_tx_fetch(unsigned q, Time t) {
  if (tx_queues_[q].wants_fetch() && tx_fetches_.want(q))
    engine_.at<&I350Function::tx_fetch>(t + i350_latency::descriptor_fetch, Kind::device,
                                        agent_ + step::tx_fetch, *this);
}

void I350Function::rx_fetch(Time t, std::uint32_t) { fetch(rx_fetches_, rx_queues_, t); }

void I350Function::tx_fetch(Time t, std::uint32_t) { fetch(tx_fetches_, tx_queues_, t); }

template <class Queues>
void I350Function::fetch(DescriptorFetches& f, Queues& queues, Time t) {
  f.scheduled = false;
  if (f.busy || (f.wanted != 0 && !may_master(f.purpose, t))) return;
  for (unsigned i = 0; i < reg::kQueues && f.wanted != 0; ++i) {
    const unsigned q = (f.next + i) % reg::kQueues;
    if ((f.wanted >> q & 1) == 0) continue;
    f.wanted &= ~(1u << q);
    if (const auto run = queues[q].next_fetch(bus_.max_read_request_size())) {
      f.busy = true;
      f.next = q + 1;
      bus_.read(t, run->address.value, run->count * static_cast<std::uint32_t>(kDescriptorBytes), nullptr, 0,
                {f.kind, static_cast<std::uint8_t>(q), 0, f.generation[q]});
      return;
    }
  }
}

template <class Queue>
bool I350Function::fetched(DescriptorFetches& f, Queue& queue, const ReadTag& tag,
                           std::span<const std::byte> data, Time t) {
  f.busy = false;
  f.wanted |= 1u << tag.queue;
  if (tag.generation != f.generation[tag.queue]) return false;
  if (data.empty()) {
    queue.set_enabled(false);
    fault(std::string(f.purpose) + " of queue " + std::to_string(tag.queue) + " refused by the host", t);
    return false;
  }
  queue.fetched({reinterpret_cast<const Descriptor*>(data.data()), data.size() / kDescriptorBytes});
  return true;
}

void I350Function::read_completed(Time t, ReadTag tag, std::span<const std::byte> data) {
  switch (tag.kind) {
    case ReadKind::rx_descriptors:
      fetched(rx_fetches_, rx_queues_[tag.queue], tag, data, t);
      rx_fetch(t);
      rx_retry(t);
      break;
    case ReadKind::tx_descriptors:
      if (fetched(tx_fetches_, tx_queues_[tag.queue], tag, data, t)) tx_available_ |= 1u << tag.queue;
      tx_fetch(t);
      tx_kick(t);
      break;
    case ReadKind::tx_payload: {
      --tx_reads_;
      TxPacket& p = tx_slots_[tag.slot];
      --p.pending_reads;
      if (data.empty()) p.failed = true;
      tx_finish_ready(t);
      tx_kick(t);
      break;
    }
  }
}

}  // namespace niclab::sim
