// Super-packets: segments take their places in the transmit buffer one by one, as their bytes are asked for,
// and leave as packets do (fact base 4.4).
//
// The header is read once, into a place of its own; payload is read once, each read cut at the end of its
// segment. A segment begins when the buffer has room for all of it, so a super-packet may be longer than the
// buffer. The descriptors are done with the last segment.
#include "tlm/i350/function.hpp"

namespace niclab::sim {

using namespace hw;

/// One place is kept for the segment that never came (tx_missing_segment).
bool I350Function::tx_room_for_segment(std::uint32_t bytes) const {
  return tx_count_ + 1 < kTxSlots && tx_room_for(bytes);
}

/// Whether a super-packet may begin: its first segment has room.
bool I350Function::tx_room_for_segments(unsigned q, const AdvTxData& data) const {
  const AdvTxContext& c = tx_contexts_[q][data.idx() & 1];
  const std::uint32_t bytes =
      c.maclen() + c.iplen() + c.l4len() + std::min<std::uint32_t>(c.mss(), data.paylen());
  return tx_room_for_segment(bytes > tx_longest() ? 0 : bytes);
}

void I350Function::tx_start_segmentation(const AdvTxData& data, unsigned index, Time t) {
  const AdvTxContext& context = tx_contexts_[tx_built_.queue][data.idx() & 1];
  tx_segmentation_ = (tx_segmentation_ + 1) % kTxSegmentations;
  tx_built_.segmented = true;
  tx_built_.segmentation = static_cast<std::uint8_t>(tx_segmentation_);
  TxSegmentation& s = tx_segmentations_[tx_segmentation_];
  s = TxSegmentation{};
  const TxSegmentationResult r = TxSegmenter::check(context, data, tx_longest());
  if (r != TxSegmentationResult::ok) {
    s.failed = true;
    return tx_refuse(index, "segmentation: " + std::string(to_string(r)), t);
  }
  s.segmenter = TxSegmenter(context, data, TcpFlagMasks::of(csr_[reg::DTXTCPFLGL], csr_[reg::DTXTCPFLGH]));
  s.extras = static_cast<std::uint8_t>(TxPacket::kSegment | tx_extras(data.vle(), true) |
                                       (data.tstamp() ? TxPacket::kTimeStamp : 0));
  s.ixsm = data.ixsm();
  s.txsm = data.txsm();
  s.header = frames_.get(s.segmenter.header_bytes());
  s.header->number = tx_packets_ + 1;
  tx_built_.left = s.segmenter.header_bytes() + data.paylen();
  tx_open_segment();
}

/// The next segment takes its place; false when there is no room for it yet.
bool I350Function::tx_open_segment() {
  TxSegmentation& s = tx_segmentations_[tx_built_.segmentation];
  const std::uint32_t bytes = s.segmenter.header_bytes() + s.segmenter.peek().bytes;
  if (!tx_room_for_segment(bytes)) return false;
  TxPacket& p = tx_new_slot(tx_built_.queue, bytes);
  p.segment = s.segmenter.next();
  p.segmentation = tx_built_.segmentation;
  p.filled = s.segmenter.header_bytes();
  p.extras = s.extras;
  p.context = s.segmenter.context();
  p.tag = p.context.vlan();
  p.ixsm = s.ixsm;
  p.txsm = s.txsm;
  tx_built_.open = true;
  return true;
}

/// Stands for what was promised and never described; the super-packet's descriptors are done with it.
I350Function::TxPacket& I350Function::tx_missing_segment() {
  TxPacket& p = tx_new_slot(tx_built_.queue, 0);
  p.extras = TxPacket::kSegment;
  p.segmentation = tx_built_.segmentation;
  p.failed = true;
  return p;
}

/// As tx_issue_reads. A segment is complete when its bytes are asked for, the last one with the last
/// descriptor.
bool I350Function::tx_issue_segments(Time t) {
  TxSegmentation& s = tx_segmentations_[tx_built_.segmentation];
  while (tx_left_ != 0) {
    if (tx_reads_ >= tx_most_reads()) return tx_wait_for_read(t);
    if (!tx_built_.open) {
      const bool room = tx_open_segment();
      if (meters_) room ? meters_->no_room.goes_on(t) : meters_->no_room.stops(t);
      if (!room) return false;  // a frame that leaves brings us back
    }
    TxPacket& p = tx_newest();
    p.eop_index = tx_built_.last_index;
    if (const std::uint32_t missing = s.segmenter.header_bytes() - s.header_filled; missing != 0) {
      s.header_filled += tx_read(p, s.header, s.header_filled, missing, t);
      continue;
    }
    p.filled += tx_read(p, p.frame, p.filled, p.frame->length - p.filled, t);
    if (p.filled != p.frame->length || s.segmenter.done()) continue;
    p.issued = true;
    tx_built_.open = false;
  }
  tx_last_descriptor();
  return true;
}

/// All bytes of a segment are there, or will never be; those of the segments before it were first.
void I350Function::tx_finish_segment(TxPacket& p, Frame& frame) {
  TxSegmentation& s = tx_segmentations_[p.segmentation];
  if (s.failed) p.failed = true;
  if (p.failed) {
    s.failed = true;
  } else {
    s.segmenter.write_header(p.segment, s.header->bytes(), frame.bytes());
  }
  if (p.descriptors == 0) return;
  statistics_.count(s.failed ? reg::TSCTFC : reg::TSCTC);
  if (s.header != nullptr) FramePool::unref(s.header);
  s.header = nullptr;
}

}  // namespace niclab::sim
