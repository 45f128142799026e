// Descriptors from host memory to the queues' caches, and what a completed read sets off (fact
// base 2.7, 2.8, 3.3).
//
// A reason to fetch becomes a request one clock later. An answer enters its cache one descriptor a clock,
// from the end of the clock it arrives in; until then the direction asks for no more.
#include <algorithm>
#include <cstring>

#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

void I350Function::want_rx_fetch(unsigned q, Time t) {
  if (!rx_fetches_.busy && !rx_fetches_.scheduled && !rx_queues_[q].wants_fetch()) return;
  rx_fetches_.wanted |= 1u << q;
  schedule_rx_fetch(t + i350_latency::descriptor_fetch);
}

void I350Function::want_tx_fetch(unsigned q, Time t) {
  if (!tx_fetches_.busy && !tx_fetches_.scheduled && !tx_queues_[q].wants_fetch(t)) return;
  tx_fetches_.wanted |= 1u << q;
  schedule_tx_fetch(t + i350_latency::descriptor_fetch);
}

void I350Function::schedule_rx_fetch(Time t) {
  if (rx_fetches_.busy || rx_fetches_.scheduled) return;
  rx_fetches_.scheduled = true;
  engine_.at<&I350Function::rx_fetch>(niclab::max(t, rx_fetches_.free), Kind::device, agent_ + step::rx_fetch,
                                      *this);
}

void I350Function::schedule_tx_fetch(Time t) {
  if (tx_fetches_.busy || tx_fetches_.scheduled) return;
  tx_fetches_.scheduled = true;
  engine_.at<&I350Function::tx_fetch>(niclab::max(t, tx_fetches_.free), Kind::device, agent_ + step::tx_fetch,
                                      *this);
}

void I350Function::rx_fetch(Time t, std::uint32_t) {
  fetch(rx_fetches_, t, [&](unsigned q) { return rx_queues_[q].next_fetch(bus_.max_read_request_size()); });
}

void I350Function::tx_fetch(Time t, std::uint32_t) {
  fetch(tx_fetches_, t,
        [&](unsigned q) { return tx_queues_[q].next_fetch(bus_.max_read_request_size(), t); });
}

template <class TryQueue>
void I350Function::fetch(DescriptorFetches& f, Time t, TryQueue&& try_queue) {
  f.scheduled = false;
  if (f.busy || (f.wanted != 0 && !may_master(f.purpose, t))) return;
  for (unsigned i = 0; i < reg::kQueues && f.wanted != 0; ++i) {
    const unsigned q = (f.next + i) % reg::kQueues;
    if ((f.wanted >> q & 1) == 0) continue;
    f.wanted &= ~(1u << q);
    if (const auto run = try_queue(q)) {
      f.busy = true;
      f.next = q + 1;
      if (waves_) (f.kind == ReadKind::rx_descriptors ? waves_->rx : waves_->tx).fetch(q, t);
      bus_.read(
          t, run->address.value, run->count * static_cast<std::uint32_t>(kDescriptorBytes), nullptr, 0,
          {f.kind, static_cast<std::uint8_t>(q), static_cast<std::uint16_t>(run->index), f.generation[q]});
      return;
    }
  }
}

bool I350Function::answered(DescriptorFetches& f, const ReadTag& tag, std::span<const std::byte> data,
                            Time t) {
  f.busy = false;
  if (tag.generation != f.generation[tag.queue]) return false;
  if (data.empty()) {
    fault(std::string(f.purpose) + " of queue " + std::to_string(tag.queue) + " refused by the host", t);
    return false;
  }
  f.arrived = tag;
  f.count = static_cast<unsigned>(std::min(data.size() / kDescriptorBytes, f.data.size()));
  std::memcpy(f.data.data(), data.data(), f.count * kDescriptorBytes);
  f.free = t + kDeviceClock * f.count;
  return true;
}

void I350Function::rx_store(Time t, std::uint32_t) {
  DescriptorFetches& f = rx_fetches_;
  const unsigned q = f.arrived.queue;
  if (f.arrived.generation == f.generation[q]) {
    rx_queues_[q].fetched(f.descriptors());
    if (rx_queues_[q].wants_fetch()) f.wanted |= 1u << q;
  }
  if (f.wanted != 0) schedule_rx_fetch(t + i350_latency::descriptor_fetch);
  rx_retry(t + kDeviceClock);
}

void I350Function::tx_store(Time t, std::uint32_t) {
  DescriptorFetches& f = tx_fetches_;
  const unsigned q = f.arrived.queue;
  if (f.arrived.generation == f.generation[q]) {
    tx_queues_[q].fetched(f.descriptors(), t);
    tx_journeys_fetched(q, f.arrived.slot, f.count, t);
    if (tx_queues_[q].enabled()) tx_available_ |= 1u << q;  // it may have been stopped since it asked
    tx_kick(t + kDeviceClock);
    if (tx_queues_[q].wants_fetch(t)) f.wanted |= 1u << q;
  }
  if (f.wanted != 0) schedule_tx_fetch(t + i350_latency::descriptor_fetch);
}

void I350Function::read_completed(Time t, ReadTag tag, std::span<const std::byte> data) {
  switch (tag.kind) {
    case ReadKind::rx_descriptors:
      if (answered(rx_fetches_, tag, data, t)) {
        engine_.chain<&I350Function::rx_store>(t, Kind::device, agent_ + step::rx_store, *this);
      } else {
        if (data.empty() && tag.generation == rx_fetches_.generation[tag.queue])
          rx_queues_[tag.queue].set_enabled(false);
        schedule_rx_fetch(t + i350_latency::descriptor_fetch);
        rx_retry(t);
      }
      break;
    case ReadKind::tx_descriptors:
      if (answered(tx_fetches_, tag, data, t)) {
        engine_.chain<&I350Function::tx_store>(t, Kind::device, agent_ + step::tx_store, *this);
      } else {
        if (data.empty() && tag.generation == tx_fetches_.generation[tag.queue]) tx_switch_off(tag.queue, t);
        schedule_tx_fetch(t + i350_latency::descriptor_fetch);
      }
      break;
    case ReadKind::tx_payload: {
      --tx_reads_;
      TxPacket& p = tx_slots_[tag.slot];
      --p.pending_reads;
      if (data.empty()) [[unlikely]] {
        p.failed = true;
        if ((p.extras & TxPacket::kSegment) != 0) tx_segmentations_[p.segmentation].failed = true;
      }
      tx_finish_ready(t);
      tx_kick(t);
      break;
    }
  }
}

}  // namespace niclab::sim
