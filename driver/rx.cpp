// Receive: buffers for the device, frames for the stack (path-map C-26 to C-31).
#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>
#include <utility>

#include "base/function_trace.hpp"
#include "driver/igb.hpp"
#include "driver/path_cost.hpp"

namespace niclab::igb {
namespace {

namespace rxd = hw::rxd;

constexpr std::uint32_t kSkbPad = 64 + 2;       // NET_SKB_PAD + NET_IP_ALIGN
constexpr std::uint32_t kTimestampHeader = 16;  // in front of the frame when TSIP is set (fact base 2.11)
constexpr std::uint32_t kMinFrame = 60;         // Ethernet minimum without FCS
constexpr std::uint32_t kFrameErrors = rxd::CE | rxd::SE | rxd::SEQ | rxd::CXE | rxd::RXE;

bool crosses_line(unsigned index) { return (index & 3) == 0; }  // four descriptors a cache line

}  // namespace

// --- buffers -------------------------------------------------------------------------------------

bool IgbAdapter::igb_alloc_mapped_page(RxRing& ring, RxBuffer& buffer) {
  if (buffer.page != nullptr) [[likely]]
    return true;
  kernel_.charge(kernel_.cost.slab_alloc);
  try {
    buffer.page = pages_.get();
  } catch (const std::bad_alloc&) {
    ++ring.stats.alloc_failed;
    return false;
  }
  buffer.dma = pdev_.dma_map_single({buffer.page->base, kRxPageSize}, DmaDirection::from_device);
  buffer.page_offset = 0;
  if (buffer.dma != kDmaMappingError) return true;
  stack::BufferPool::unref(buffer.page);
  buffer = {};
  ++ring.stats.alloc_failed;
  return false;
}

void IgbAdapter::igb_alloc_rx_buffers(RxRing& ring, unsigned cleaned_count) {
  Instant instant(kernel_);
  spend(path::igb_alloc_rx_buffers);
  unsigned i = ring.next_to_use;
  for (; cleaned_count != 0; --cleaned_count) {
    RxBuffer& buffer = ring.buffers[i];
    if (!igb_alloc_mapped_page(ring, buffer)) break;
    spend(path::igb_alloc_rx_buffer);
    // The header address stays 0: that clears the length of the write-back which lay here (fact base 3.1).
    ring.desc.store(kernel_, i, hw::Descriptor::of(hw::AdvRxRead::make(buffer.dma + buffer.page_offset)));
    i = ring.next(i);
  }
  if (i == ring.next_to_use) return;
  ring.desc.store(kernel_, i, {});  // the slot left free must not look finished either
  ring.next_to_use = i;
  ring.next_to_alloc = i;
  hw_.wr32(reg::RDT(ring.queue_index), i);
}

// The page goes, flipped to its other half, to the next slot that wants one.
void IgbAdapter::igb_reuse_rx_page(RxRing& ring, RxBuffer& buffer) {
  spend(path::igb_reuse_rx_page);
  RxBuffer& slot = ring.buffers[ring.next_to_alloc];
  ring.next_to_alloc = ring.next(ring.next_to_alloc);
  const RxBuffer moved = buffer;
  buffer = {};
  slot = moved;
}

// Larger frames stay where the device put them. A page somebody else still reads is not reused.
stack::SkbPtr IgbAdapter::igb_wrap_rx_buffer(RxRing& ring, RxBuffer& buffer, std::byte* data,
                                             std::uint32_t size) {
  spend(path::igb_pull_tail);
  kernel_.sync();
  const bool sole_owner = buffer.page->refs == 1;
  stack::SkbPtr skb = core_.skb_pool().wrap(buffer.page, data, size);
  if (sole_owner) {
    buffer.page_offset ^= kRxBufferSize;
    igb_reuse_rx_page(ring, buffer);
    return skb;
  }
  pdev_.dma_unmap_single(buffer.dma, kRxPageSize, DmaDirection::from_device);
  stack::BufferPool::unref(buffer.page);
  buffer = {};
  return skb;
}

// Adds the buffer at next_to_clean to the frame in ring.skb.
void IgbAdapter::igb_fetch_rx_buffer(RxRing& ring, const hw::AdvRxWriteback& wb, JourneyId journey) {
  const FunctionSpan span(kernel_, "igb_fetch_rx_buffer", journey);
  spend(path::igb_fetch_rx_buffer);
  RxBuffer& buffer = ring.buffers[ring.next_to_clean];
  std::byte* data = buffer.page->base + buffer.page_offset;
  std::uint32_t size = std::min<std::uint32_t>(wb.length(), kRxBufferSize);
  if ((wb.status_errors() & rxd::TSIP) != 0 && size > kTimestampHeader) [[unlikely]] {
    ring.hwtstamp = ptp_.rx_pktstamp(data);
    data += kTimestampHeader;
    size -= kTimestampHeader;
  }
  if (ring.skb == nullptr && size <= kRxHeaderLength) {  // copied whole; the same half page is posted again
    ring.skb = core_.skb_pool().alloc(kSkbPad + kRxHeaderLength);
    ring.skb->reserve(kSkbPad);
    kernel_.charge(kernel_.cost.copy(size));
    std::memcpy(ring.skb->put(size), data, size);
    ring.skb_tail = nullptr;
    igb_reuse_rx_page(ring, buffer);
    return;
  }
  stack::SkbPtr piece = igb_wrap_rx_buffer(ring, buffer, data, size);
  if (ring.skb == nullptr) {
    ring.skb = std::move(piece);
    ring.skb_tail = nullptr;
    return;
  }
  ring.skb->data_len += size;
  ring.skb->truesize += piece->truesize;
  stack::SkBuff* const raw = piece.release();
  (ring.skb_tail == nullptr ? ring.skb->frag_list : ring.skb_tail->next) = raw;
  ring.skb_tail = raw;
}

// --- frames --------------------------------------------------------------------------------------

// False: a damaged frame, dropped uncounted (C-28).
bool IgbAdapter::igb_cleanup_headers(stack::SkBuff& skb, const hw::AdvRxWriteback& wb) {
  if ((wb.status_errors() & kFrameErrors) != 0) return false;
  if (skb.total_len() < kMinFrame) {
    const std::uint32_t missing = kMinFrame - skb.total_len();
    if (missing > skb.tailroom()) return false;
    std::memset(skb.put(missing), 0, missing);
  }
  return true;
}

void IgbAdapter::igb_rx_checksum(RxRing& ring, stack::SkBuff& skb, const hw::AdvRxWriteback& wb) {
  skb.ip_summed = stack::IpSummed::none;
  const std::uint32_t status = wb.status_errors();
  if ((status & (rxd::L4E | rxd::IPE)) != 0)
    ++ring.stats.csum_err;  // goes up all the same, the stack decides (C-30)
  else if ((status & (rxd::L4CS | rxd::UDPCS)) != 0)
    skb.ip_summed = stack::IpSummed::unnecessary;
}

// What came in front of the packet, or else what the port's latch holds.
void IgbAdapter::igb_rx_hwtstamp(RxRing& ring, stack::SkBuff& skb) {
  skb.hwtstamp = ring.hwtstamp != 0 ? std::exchange(ring.hwtstamp, 0) : ptp_.rx_rgtstamp();
}

void IgbAdapter::igb_process_skb_fields(RxRing& ring, stack::SkBuff& skb, const hw::AdvRxWriteback& wb,
                                        unsigned index) {
  spend(path::igb_process_skb_fields);
  skb.rxhash = wb.rss_hash();
  igb_rx_checksum(ring, skb, wb);
  if (ring.hwtstamp != 0 || (wb.status_errors() & rxd::TS) != 0) [[unlikely]]
    igb_rx_hwtstamp(ring, skb);
  skb.rx_queue_recorded = true;
  skb.queue_mapping = static_cast<std::uint16_t>(ring.queue_index);
  skb.stamp = pdev_.rx_stamps().at(ring.queue_index, index);
  skb.dev = this;
  stack::eth_type_trans(skb, *this);
}

// Measurement: the driver looks at a descriptor for the first time.
JourneyId IgbAdapter::take_journey(QVector& q, unsigned index) {
  DescriptorStamps& stamps = pdev_.rx_stamps();
  if (!stamps.followed()) [[likely]]
    return JourneyId::none;
  kernel_.dma_sync();  // what became visible before is told before
  stamps.emptied(q.rx_ring->queue_index, index, kernel_.now());
  const JourneyId id = stamps.take_journey(q.rx_ring->queue_index, index);
  if (id != JourneyId::none) {
    kernel_.journeys()->polled(id, q.stamps, kernel_.now());
    kernel_.journeys()->begins(id, Stage::rx_driver, kernel_.moment());
  }
  return id;
}

// True when everything that arrived has been handed up (C-24).
bool IgbAdapter::igb_clean_rx_irq(QVector& q, int budget) {
  const FunctionSpan span(kernel_, "igb_clean_rx_irq");
  RxRing& ring = *q.rx_ring;
  spend(path::igb_clean_rx_irq);
  std::uint32_t packets = 0, bytes = 0;
  const std::uint32_t limit = static_cast<std::uint32_t>(budget);
  unsigned cleaned_count = ring.unused();
  bool line_is_warm = false;
  while (packets < limit) {
    if (cleaned_count >= kRxBufferWrite) {
      igb_alloc_rx_buffers(ring, cleaned_count);
      cleaned_count = 0;
    }
    const unsigned index = ring.next_to_clean;
    if (!line_is_warm || crosses_line(index)) kernel_.charge(kernel_.cost.l3_hit);
    line_is_warm = true;
    const auto wb = ring.desc.load(kernel_, index).as<hw::AdvRxWriteback>();
    if (wb.length() == 0) break;
    // Seen now; what the stack does with it up to the socket is spent in one piece.
    Instant instant(kernel_);
    const JourneyId journey = take_journey(q, index);
    igb_fetch_rx_buffer(ring, wb, journey);
    ++cleaned_count;
    ring.next_to_clean = ring.next(index);
    if ((wb.status_errors() & rxd::EOP) == 0) continue;
    stack::SkbPtr skb = std::move(ring.skb);
    skb->journey = journey;
    ring.skb_tail = nullptr;
    if (!igb_cleanup_headers(*skb, wb)) {
      ring.hwtstamp = 0;
      continue;
    }
    bytes += skb->total_len();
    ++packets;
    igb_process_skb_fields(ring, *skb, wb, index);
    stack::journey_ends(kernel_, *skb, Stage::rx_driver);
    core_.napi_gro_receive(q, std::move(skb));
  }
  ring.stats.packets += packets;
  ring.stats.bytes += bytes;
  q.itr.rx.total_packets += packets;
  q.itr.rx.total_bytes += bytes;
  if (cleaned_count != 0) igb_alloc_rx_buffers(ring, cleaned_count);
  return packets < limit;
}

}  // namespace niclab::igb
