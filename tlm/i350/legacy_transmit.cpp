// Packets of legacy descriptors (fact base 3.2.2): nobody says beforehand how long they are, and a finished
// descriptor keeps its content but for the status byte.
#include <bit>

#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

/// The buffer needs room for each descriptor as it comes; a packet alone in it always has.
bool I350Function::tx_room_for_legacy(const LegacyTx& d) const {
  if (!tx_building_) return tx_room_for(d.length());
  if (!tx_built_.legacy || tx_built_.failed) return true;
  return tx_buffer_bytes_ == tx_slots_[tx_newest_slot()].frame->length ||
         tx_buffer_bytes_ + d.length() <= kTransmitBufferBytes;
}

bool I350Function::tx_take_legacy(unsigned q, const TakenDescriptor& taken, Time t) {
  const auto d = taken.descriptor.as<LegacyTx>();
  if (tx_legacy_[q].empty()) tx_legacy_[q].resize(std::size_t{1} << 16);
  tx_legacy_[q][taken.index] = true;
  if (d.length() == 0 && !d.eop())
    return tx_stop_queue(q, taken.index, "a legacy descriptor of no bytes that ends no packet", t);
  const bool first = !tx_building_;
  if (first) {
    tx_start_legacy(q, d);
  } else if (!tx_built_.legacy) {
    return tx_stop_queue(q, taken.index, "legacy in a packet of advanced descriptors", t);
  }
  if (config_.quirks.legacy_command_in_last ? d.eop() : first) tx_command_legacy(d);
  tx_extend_legacy(d, taken.index, t);
  return tx_take_buffer(taken.index, d.buffer(), d.length(), d.eop(), t);
}

void I350Function::tx_start_legacy(unsigned q, const LegacyTx& d) {
  tx_begin(q);
  tx_built_.legacy = tx_built_.open = true;
  tx_new_slot(q, 0, d.eop() ? std::min<std::uint32_t>(d.length(), kLongestFrame) : kLongestFrame);
}

/// What is to be done with the packet being built.
void I350Function::tx_command_legacy(const LegacyTx& d) {
  TxPacket& p = tx_newest();
  p.extras = tx_extras(d.vle(), d.ifcs());
  if (d.ic()) p.extras |= TxPacket::kLegacyChecksum;
  p.tag = d.vlan();
  p.css = static_cast<std::uint8_t>(d.css());
  p.cso = static_cast<std::uint8_t>(d.cso());
}

/// So many bytes more are promised.
void I350Function::tx_extend_legacy(const LegacyTx& d, unsigned index, Time t) {
  if (tx_built_.failed) return;
  Frame& frame = *tx_newest().frame;
  const std::uint32_t total = frame.length + d.length();
  const bool too_short = d.eop() && total != 0 && total < kEthernetHeader;
  if (too_short || total > tx_longest()) return tx_refuse_length(index, total, t);
  frame.length = total;
  tx_buffer_bytes_ += d.length();
  if (meters_) tx_grew(frame, total - d.length(), d.length(), t);
  tx_built_.left = d.length();
}

/// Writes back the legacy descriptors of a burst, the status byte of each; the others of its mask.
std::uint64_t I350Function::tx_write_legacy(unsigned n, const TxWriteback& burst, Time t) {
  constexpr std::byte done{txd::DD};
  constexpr unsigned status = 12;  // byte of the descriptor
  TxRingUnit& queue = tx_queues_[n];
  std::uint64_t others = burst.mask;
  for (std::uint64_t left = burst.mask; left != 0; left &= left - 1) {
    const auto entry = static_cast<unsigned>(std::countr_zero(left));
    unsigned index = burst.index + entry;
    if (index >= queue.length()) index -= queue.length();
    if (!tx_legacy_[n][index]) continue;
    others &= ~(std::uint64_t{1} << entry);
    bus_.write(t, queue.address_of(index).value + status, std::span(&done, 1));
  }
  return others;
}

}  // namespace niclab::sim
