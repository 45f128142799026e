// Transmit: from sk_buff to doorbell, and from write-back to freed sk_buff (path-map B-105 to B-129).
#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/bytes.hpp"
#include "base/function_trace.hpp"
#include "driver/igb.hpp"
#include "driver/path_cost.hpp"

namespace niclab::igb {
namespace {

namespace txd = hw::txd;

constexpr std::uint32_t kMaxDataPerDescriptor = 32768;  // IGB_MAX_TXD_PWR 15 (B-106)
constexpr unsigned kMaxSkbFragments = 17;
constexpr unsigned kDescNeeded = kMaxSkbFragments + 4;  // 21 (B-118)
constexpr unsigned kTxWakeThreshold = 2 * kDescNeeded;  // 42 (B-127)
constexpr unsigned kContextAndGap = 3;                  // a context descriptor, and tail never touches head
constexpr std::uint32_t kMinLength = 17;                // hardware wants at least this (fact base 3.6)
constexpr std::uint8_t kIpProtoTcp = 6, kIpProtoUdp = 17, kIpProtoSctp = 132;
constexpr unsigned kUdpHeaderLength = 8, kSctpHeaderLength = 12;

constexpr unsigned descriptors_for(std::uint32_t bytes) {
  return (bytes + kMaxDataPerDescriptor - 1) / kMaxDataPerDescriptor;
}

unsigned descriptor_count(const stack::SkBuff& skb) {
  unsigned count = descriptors_for(skb.len);
  for (const stack::SkBuff* f = skb.frag_list; f != nullptr; f = f->next) count += descriptors_for(f->len);
  return count;
}

bool crosses_line(unsigned index) { return (index & 3) == 0; }  // four descriptors a cache line

bool pad_to_minimum(stack::SkBuff& skb) {
  if (skb.total_len() >= kMinLength) return true;
  const std::uint32_t missing = kMinLength - skb.total_len();
  if (skb.data_len != 0 || missing > skb.tailroom()) return false;
  std::memset(skb.put(missing), 0, missing);
  return true;
}

}  // namespace

// --- transmit ------------------------------------------------------------------------------------

stack::NetdevTx IgbAdapter::ndo_start_xmit(stack::SkbPtr& skb) {
  const FunctionSpan span(kernel_, "igb_xmit_frame", skb->journey);
  stack::journey_begins(kernel_, *skb, Stage::tx_driver);
  spend(path::igb_xmit_frame);
  kernel_.sync();
  if (down_ || skb->total_len() == 0 || !pad_to_minimum(*skb)) {  // B-106: uncounted
    skb.reset();
    return stack::NetdevTx::ok;
  }
  const unsigned queue = skb->queue_mapping;
  return igb_xmit_frame_ring(skb, *tx_rings_[queue < tx_rings_.size() ? queue : queue % tx_rings_.size()]);
}

stack::NetdevTx IgbAdapter::igb_xmit_frame_ring(stack::SkbPtr& skb, TxRing& ring) {
  const FunctionSpan span(kernel_, "igb_xmit_frame_ring");
  spend(path::igb_xmit_frame_ring);
  if (igb_maybe_stop_tx(ring, descriptor_count(*skb) + kContextAndGap)) return stack::NetdevTx::busy;

  const unsigned first = ring.next_to_use;
  TxBuffer& info = ring.buffers[first];
  info.bytecount = skb->total_len();
  info.gso_segs = 1;
  info.skb = std::move(skb);
  const std::uint32_t popts = igb_tx_csum(ring, *info.skb);
  const bool stamped = (info.skb->tx_flags & stack::kSkbTxHwTstamp) != 0 && ptp_.tx_start(*info.skb);
  if (!igb_tx_map(ring, first, popts, stamped ? txd::MAC_TSTAMP : 0)) {  // B-117: dropped, uncounted
    if (stamped) ptp_.tx_cancel();
    return stack::NetdevTx::ok;
  }
  if (kernel_.profile.version == KernelVersion::v3_13) igb_maybe_stop_tx(ring, kDescNeeded);
  return stack::NetdevTx::ok;
}

// True: no room, queue stopped. Between two syncs nothing else runs, so stopping and testing cannot race.
bool IgbAdapter::igb_maybe_stop_tx(TxRing& ring, unsigned wanted) {
  spend(path::igb_maybe_stop_tx);
  kernel_.sync();
  if (ring.unused() >= wanted) [[likely]]
    return false;
  ring.queue->stopped = true;
  kernel_.charge(kernel_.cost.lock);  // smp_mb
  kernel_.sync();
  if (ring.unused() < wanted) return true;
  core_.netif_tx_wake_queue(*ring.queue);  // a completion made room meanwhile (B-107)
  ++ring.stats.restart_queue;
  return false;
}

// Places a context descriptor when the stack left the checksum to the device; returns POPTS of the data
// descriptor.
std::uint32_t IgbAdapter::igb_tx_csum(TxRing& ring, const stack::SkBuff& skb) {
  if (skb.ip_summed != stack::IpSummed::partial) return 0;
  const FunctionSpan span(kernel_, "igb_tx_csum");
  spend(path::igb_tx_csum);
  const unsigned maclen = skb.network_header - skb.offset();
  const unsigned iplen = skb.csum_start - skb.network_header;
  std::uint32_t tucmd = 0;
  unsigned l4len = 0;
  if (skb.protocol == stack::kEthPIp) {
    tucmd |= txd::IPV4;
    switch (load_u8(skb.at(skb.network_header) + 9)) {
      case kIpProtoTcp:
        tucmd |= txd::L4T_TCP;
        l4len = (load_u8(skb.at(skb.csum_start) + 12) >> 4) * 4u;
        break;
      case kIpProtoUdp: l4len = kUdpHeaderLength; break;
      case kIpProtoSctp:
        tucmd |= txd::L4T_SCTP;
        l4len = kSctpHeaderLength;
        break;
      default: break;
    }
  }
  hw::AdvTxContext context;
  context.set_lengths(maclen, iplen, l4len).set_tucmd(tucmd);
  ring.desc.store(kernel_, ring.next_to_use, hw::Descriptor::of(context));
  ring.next_to_use = ring.next(ring.next_to_use);
  return txd::TXSM;
}

// Maps linear data and fragments, one descriptor each, and rings the doorbell (B-113 to B-116). The mapping
// of the linear data is remembered in the packet's first entry, which may be the context descriptor's.
bool IgbAdapter::igb_tx_map(TxRing& ring, unsigned first, std::uint32_t popts, std::uint32_t tstamp) {
  const FunctionSpan span(kernel_, "igb_tx_map");
  spend(path::igb_tx_map);
  stack::SkBuff* const skb = ring.buffers[first].skb.get();
  const std::uint32_t paylen = skb->total_len();
  std::uint32_t unsent = paylen;
  unsigned i = ring.next_to_use, last = i;
  if (config_.bugs.doorbell_before_descriptor) {
    hw_.wr32(reg::TDT(ring.queue_index), (i + descriptor_count(*skb)) % ring.count);
    kernel_.charge(Duration::from_us(5));
  }
  for (stack::SkBuff* piece = skb; piece != nullptr; piece = piece == skb ? skb->frag_list : piece->next) {
    if (piece->len == 0) continue;  // nothing linear: data are all in fragments
    spend(path::igb_tx_map_piece);
    DmaAddress dma = pdev_.dma_map_single(piece->bytes(), DmaDirection::to_device);
    if (dma == kDmaMappingError) {
      igb_tx_unwind(ring, first, i);
      return false;
    }
    TxBuffer& buffer = ring.buffers[piece == skb ? first : i];
    buffer.dma = dma;
    buffer.length = piece->len;
    if (config_.bugs.unmap_tx_early) igb_unmap_tx(buffer);
    for (std::uint32_t left = piece->len; left != 0;) {
      const std::uint32_t size = std::min(left, kMaxDataPerDescriptor);
      left -= size;
      unsent -= size;
      const std::uint32_t cmd = txd::IFCS | tstamp | (unsent == 0 ? txd::EOP | txd::RS : 0);
      const bool first_data = i == ring.next_to_use;  // olinfo_status is 0 on follow-ups (B-113)
      const auto data = hw::AdvTxData::make(dma, static_cast<std::uint16_t>(size), cmd,
                                            first_data ? paylen : 0, first_data ? popts : 0);
      ring.desc.store(kernel_, i, hw::Descriptor::of(data));
      last = i;
      i = ring.next(i);
      dma = dma + size;
    }
  }
  igb_tx_publish(ring, first, last);
  return true;
}

// Path-map B-117: everything up to `end` is undone, the context descriptor too.
void IgbAdapter::igb_tx_unwind(TxRing& ring, unsigned first, unsigned end) {
  log(pdev_.address().to_string() + ": TX DMA map failed");
  igb_unmap_tx(ring.buffers[first]);
  for (unsigned i = first; i != end; i = ring.next(i)) igb_unmap_tx(ring.buffers[i]);
  ring.buffers[first].skb.reset();
  kernel_.sync();
  ring.next_to_use = first;
}

void IgbAdapter::igb_tx_publish(TxRing& ring, unsigned first, unsigned last) {
  const unsigned tail = ring.next(last);
  pdev_.tx_stamps().at(ring.queue_index, last) = ring.buffers[first].skb->stamp;
  const JourneyId journey = std::exchange(ring.buffers[first].skb->journey, JourneyId::none);
  pdev_.tx_stamps().put_journey(ring.queue_index, last, journey);
  if (journey != JourneyId::none) kernel_.journeys()->in_queue(journey, ring.queue_index);
  // wmb: descriptors are stored before the completion side and the device may look
  ring.buffers[first].time_stamp = kernel_.now();
  ring.buffers[first].next_to_watch = static_cast<int>(last);
  ring.next_to_use = tail;
  if (tx_meter_) [[unlikely]]
    tx_ring_published(ring, first, tail);
  if (kernel_.profile.version == KernelVersion::v4_0) igb_maybe_stop_tx(ring, kDescNeeded);
  if (!config_.bugs.doorbell_before_descriptor) hw_.wr32(reg::TDT(ring.queue_index), tail);
  if (journey != JourneyId::none) kernel_.journeys()->ends(journey, Stage::tx_driver, kernel_.moment());
}

// --- completion ----------------------------------------------------------------------------------

void IgbAdapter::igb_unmap_tx(TxBuffer& buffer) {
  if (buffer.length == 0) return;
  pdev_.dma_unmap_single(buffer.dma, buffer.length, DmaDirection::to_device);
  buffer.length = 0;
}

// True when budget is left, that is, everything done has been cleaned (B-128).
bool IgbAdapter::igb_clean_tx_irq(QVector& q) {
  const FunctionSpan span(kernel_, "igb_clean_tx_irq");
  TxRing& ring = *q.tx_ring;
  spend(path::igb_clean_tx_irq);
  kernel_.sync();
  if (down_) return true;
  std::uint32_t packets = 0, bytes = 0;
  unsigned i = ring.next_to_clean, budget = q.itr.tx.work_limit;
  for (; budget != 0; --budget) {
    // A cache line of descriptors is looked at once; what cleaning its packets costs is spent before the
    // next.
    if (packets == 0 || crosses_line(i)) kernel_.settle();
    kernel_.begin_instant();
    TxBuffer& head = ring.buffers[i];
    if (head.next_to_watch == TxBuffer::kNothing) break;
    const unsigned eop = static_cast<unsigned>(head.next_to_watch);
    if (packets == 0 || crosses_line(eop)) kernel_.charge(kernel_.cost.l3_hit);
    if (!ring.desc.load(kernel_, eop).as<hw::AdvTxData>().dd()) break;
    spend(path::igb_clean_tx_packet);
    head.next_to_watch = TxBuffer::kNothing;
    bytes += head.bytecount;
    packets += head.gso_segs;
    head.skb.reset();
    igb_unmap_tx(head);
    while (i != eop) {
      i = ring.next(i);
      spend(path::igb_clean_tx_piece);
      igb_unmap_tx(ring.buffers[i]);
    }
    i = ring.next(i);
  }
  kernel_.settle();
  if (tx_meter_) [[unlikely]]
    tx_ring_cleaned(ring, i, kernel_.now());
  ring.next_to_clean = i;
  ring.stats.packets += packets;
  ring.stats.bytes += bytes;
  q.itr.tx.total_packets += packets;
  q.itr.tx.total_bytes += bytes;

  if (ring.detect_hang && igb_tx_hang(ring)) return true;  // a reset is coming
  if (packets != 0 && carrier && ring.unused() >= kTxWakeThreshold) {
    kernel_.charge(kernel_.cost.lock);  // smp_mb
    kernel_.sync();
    if (ring.queue->stopped && !down_) {
      core_.netif_tx_wake_queue(*ring.queue);
      ++ring.stats.restart_queue;
    }
  }
  return budget != 0;
}

// --- measurement: how full the rings are -----------------------------------------------------------

// The device may look at the descriptors from `first` up to `tail`.
void IgbAdapter::tx_ring_published(TxRing& ring, unsigned first, unsigned tail) {
  const Time now = ring.buffers[first].time_stamp;
  unsigned count = 0;
  for (unsigned i = first; i != tail; i = ring.next(i), ++count) ring.buffers[i].time_stamp = now;
  ring.published += count;
  tx_meter_->enter(count, tx_published_ += count, now);
}

// Those before `end`, which may be counted past the ring's, are free again.
void IgbAdapter::tx_ring_cleaned(TxRing& ring, unsigned end, Time now) {
  for (unsigned i = ring.next_to_clean; i != end % ring.count; i = ring.next(i)) {
    --ring.published;
    tx_meter_->leave(1, ring.buffers[i].time_stamp, --tx_published_, now);
  }
}

void IgbAdapter::settle_meters(Time end) {
  if (!tx_meter_) return;
  for (const auto& ring : tx_rings_)
    for (unsigned i = ring->next_to_clean, left = ring->published; left != 0; i = ring->next(i), --left)
      tx_meter_->stayed(1, ring->buffers[i].time_stamp, end);
}

// Path-map E-61.
void IgbAdapter::igb_report_hang(const TxRing& ring, std::uint64_t since, std::uint64_t jiffies) {
  const auto watch = static_cast<unsigned>(ring.buffers[ring.next_to_clean].next_to_watch);
  const std::uint64_t address = ring.desc.bus_address().value + watch * hw::kDescriptorBytes;
  const std::uint32_t head = hw_.rd32(reg::TDH(ring.queue_index)),
                      tail = hw_.rd32(reg::TDT(ring.queue_index));
  const std::uint32_t status = ring.desc.load(kernel_, watch).dw[3];
  const auto line = [this](const char* format, auto value) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), format, value);
    kernel_.log(text.data());
  };
  log(pdev_.address().to_string() + ": Detected Tx Unit Hang");
  line("  Tx Queue             <%u>", ring.queue_index);
  line("  TDH                  <%x>", head);
  line("  TDT                  <%x>", tail);
  line("  next_to_use          <%x>", ring.next_to_use);
  line("  next_to_clean        <%x>", ring.next_to_clean);
  kernel_.log("buffer_info[next_to_clean]");
  line("  time_stamp           <%" PRIx64 ">", since);
  line("  next_to_watch        <%016" PRIx64 ">", address);
  line("  jiffies              <%" PRIx64 ">", jiffies);
  line("  desc.status          <%x>", status);
}

// Path-map B-126. A link paused by flow control is no hang.
bool IgbAdapter::igb_tx_hang(TxRing& ring) {
  ring.detect_hang = false;
  const TxBuffer& head = ring.buffers[ring.next_to_clean];
  if (head.next_to_watch == TxBuffer::kNothing) return false;
  const std::uint64_t jiffies = kernel_.jiffies(), since = head.time_stamp.ps() / kernel_.jiffy().ps();
  if (jiffies <= since + std::uint64_t{tx_timeout_factor_} * kernel_.profile.hz) return false;
  if ((hw_.rd32(reg::STATUS) & reg::status::TXOFF) != 0) return false;
  igb_report_hang(ring, since, jiffies);
  kernel_.sync();
  ring.queue->stopped = true;
  return true;
}

}  // namespace niclab::igb
