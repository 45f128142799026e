// Descriptors from host memory to the queues' caches, and what a completed read sets off (fact
// base 2.7, 2.8, 3.3).
#include <algorithm>
#include <cstring>

#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

template <class Ring>
void FetchArbiter<Ring>::schedule(Time t) {
  if (busy_ || scheduled_) return;
  scheduled_ = true;
  port_.engine_.template at<&FetchArbiter::request>(niclab::max(t + i350_latency::descriptor_fetch, free_),
                                                    Kind::device, port_.agent_ + direction_.request_step,
                                                    *this);
}

template <class Ring>
void FetchArbiter<Ring>::request(Time t, std::uint32_t) {
  scheduled_ = false;
  if (busy_ || (wanted_ != 0 && !port_.may_master(direction_.purpose, t))) return;
  for (unsigned i = 0; i < reg::kQueues && wanted_ != 0; ++i) {
    const unsigned q = (next_ + i) % reg::kQueues;
    if ((wanted_ >> q & 1) == 0) continue;
    wanted_ &= ~(1u << q);
    if (const auto run = rings_[q].next_fetch(port_.bus_.max_read_request_size(), t)) {
      busy_ = true;
      next_ = q + 1;
      if (waves_ != nullptr) waves_->fetch(q, t);
      port_.issue_read(run->address.value, run->count * static_cast<std::uint32_t>(kDescriptorBytes), nullptr,
                       0,
                       {direction_.kind, static_cast<std::uint8_t>(q), static_cast<std::uint16_t>(run->index),
                        generation_[q]},
                       t);
      return;
    }
  }
}

template <class Ring>
void FetchArbiter<Ring>::answered(const ReadTag& tag, std::span<const std::byte> data, Time t) {
  busy_ = false;
  const unsigned q = tag.queue;
  if (tag.generation == generation_[q] && !data.empty()) {
    arrived_ = tag;
    count_ = static_cast<unsigned>(std::min(data.size() / kDescriptorBytes, data_.size()));
    std::memcpy(data_.data(), data.data(), count_ * kDescriptorBytes);
    free_ = t + kDeviceClock * count_;
    port_.engine_.template chain<&FetchArbiter::store>(t, Kind::device, port_.agent_ + direction_.store_step,
                                                       *this);
    return;
  }
  if (tag.generation == generation_[q]) port_.descriptors_refused(rings_[q], q, t);
  schedule(t);
  port_.descriptors_arrived(rings_[q], q, 0, 0, t);
}

template <class Ring>
void FetchArbiter<Ring>::tell_refused(const ReadTag& tag, Time t) {
  if (tag.generation != generation_[tag.queue]) return;
  port_.fault(
      std::string(direction_.purpose) + " of queue " + std::to_string(tag.queue) + " refused by the host", t);
}

template <class Ring>
void FetchArbiter<Ring>::store(Time t, std::uint32_t) {
  const unsigned q = arrived_.queue;
  const bool current = arrived_.generation == generation_[q];
  if (current) {
    rings_[q].fetched({data_.data(), count_}, t);
    if (rings_[q].wants_fetch(t)) wanted_ |= 1u << q;
  }
  if (wanted_ != 0) schedule(t);
  port_.descriptors_arrived(rings_[q], q, arrived_.slot, current ? count_ : 0, t);
}

template class FetchArbiter<RxRingUnit>;
template class FetchArbiter<TxRingUnit>;

void I350Function::descriptors_arrived(RxRingUnit&, unsigned, unsigned, unsigned count, Time t) {
  rx_retry(count != 0 ? t + kDeviceClock : t);
}

void I350Function::descriptors_refused(RxRingUnit& queue, unsigned q, Time t) {
  queue.set_enabled(false, t);
  csr_[reg::RXDCTL(q)] &= ~reg::rxdctl::ENABLE;
  rx_fetches_.forget(q);
}

void I350Function::descriptors_refused(TxRingUnit&, unsigned q, Time t) {
  csr_[reg::TXDCTL(q)] &= ~reg::txdctl::ENABLE;
  tx_switch_off(q, t);
}

void I350Function::descriptors_arrived(TxRingUnit& queue, unsigned q, unsigned first, unsigned count,
                                       Time t) {
  if (count == 0) return;
  tx_journeys_fetched(q, first, count, t);
  if (queue.enabled()) tx_available_ |= 1u << q;  // it may have been stopped since it asked
  tx_kick(t + kDeviceClock);
}

void I350Function::read_over(const ReadTag& tag, std::span<const std::byte> data, Time t) {
  switch (tag.kind) {
    case ReadKind::rx_descriptors: rx_fetches_.answered(tag, data, t); break;
    case ReadKind::tx_descriptors: tx_fetches_.answered(tag, data, t); break;
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
