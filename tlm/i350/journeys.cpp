// Measurement: whose descriptors the card is told of, and whose it has read.
#include "tlm/i350/function.hpp"

namespace niclab::sim {

void I350Function::tx_journeys_announced(unsigned q, unsigned from, unsigned to, Time t) {
  if (tx_stamps_ == nullptr || !tx_stamps_->followed()) return;
  const unsigned length = tx_queues_[q].length();
  if (from >= length || to >= length) return;
  for (unsigned i = from; i != to; i = i + 1 == length ? 0 : i + 1) {
    const JourneyId id = tx_stamps_->journey(q, i);
    if (id == JourneyId::none) continue;
    bus_.journeys()->carried(id, bus_.port(), false, "MWr", write_posted_.start, write_posted_.end);
    journey_begins(id, Stage::tx_doorbell, write_posted_.at);
    journey_ends(id, Stage::tx_doorbell, t);
    journey_begins(id, Stage::tx_descriptor_fetch, t);
  }
}

void I350Function::tx_journeys_fetched(unsigned q, unsigned first, unsigned count, Time t) {
  if (tx_stamps_ == nullptr || !tx_stamps_->followed()) return;
  for (unsigned i = 0; i < count; ++i) {
    const JourneyId id = tx_stamps_->journey(q, first + i);
    t += kDeviceClock;
    journey_ends(id, Stage::tx_descriptor_fetch, t);
    journey_begins(id, Stage::tx_descriptor_wait, t);
  }
}

void I350Function::tx_journey_taken(unsigned q, unsigned index, Time t) {
  if (tx_stamps_ == nullptr) return;
  const JourneyId id = tx_stamps_->journey(q, index);
  journey_ends(id, Stage::tx_descriptor_wait, t);
  journey_begins(id, Stage::tx_payload_fetch, t);
}

JourneyId I350Function::tx_journey_complete(const TxPacket& p, Time t) {
  // A packet from before a reset of its queue may find another's journey there.
  if (tx_stamps_ == nullptr || p.generation != tx_fetches_.generation(p.queue)) return JourneyId::none;
  const JourneyId id = tx_stamps_->take_journey(p.queue, p.eop_index);
  journey_ends(id, Stage::tx_payload_fetch, t);
  journey_begins(id, Stage::tx_pipeline, t);
  return id;
}

}  // namespace niclab::sim
