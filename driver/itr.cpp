#include "driver/itr.hpp"

#include <algorithm>

#include "hw/registers.hpp"

namespace niclab::igb {
namespace {

constexpr std::uint32_t kFramingBytes = 24;       // CRC, preamble and gap
constexpr std::uint32_t kLargestWireSize = 3000;  // keeps jumbo frames from starving

void clear_counts(ItrState& s) {
  s.rx.total_bytes = s.rx.total_packets = 0;
  s.tx.total_bytes = s.tx.total_packets = 0;
}

std::uint32_t average_size(const RingContainer& r) {
  return r.total_packets == 0 ? 0 : r.total_bytes / r.total_packets;
}

}  // namespace

void igb_update_ring_itr(ItrState& s, std::uint32_t setting, unsigned link_speed) {
  std::uint32_t value = s.itr_val;
  if (link_speed != 1000) {
    value = kItr4k;
  } else {
    const std::uint32_t average = std::max(average_size(s.rx), average_size(s.tx));
    if (average == 0) {  // no work was done: nothing learned
      clear_counts(s);
      return;
    }
    const std::uint32_t wire = std::min(average + kFramingBytes, kLargestWireSize);
    value = wire > 300 && wire < 1200 ? wire / 3 : wire / 2;
    if (setting == 3) value = std::max<std::uint32_t>(value, kItr20k);
  }
  if (value != s.itr_val) {
    s.itr_val = static_cast<std::uint16_t>(value);
    s.set_itr = true;
  }
  clear_counts(s);
}

void igb_update_itr(RingContainer& r) {
  const std::uint32_t packets = r.total_packets, bytes = r.total_bytes;
  if (packets == 0) return;
  const std::uint32_t size = bytes / packets;
  switch (r.itr) {
    case LatencyRange::lowest_latency:
      if (size > 8000)
        r.itr = LatencyRange::bulk_latency;
      else if (packets < 5 && bytes > 512)
        r.itr = LatencyRange::low_latency;
      break;
    case LatencyRange::low_latency:
      if (bytes > 10'000) {
        if (size > 8000 || packets < 10 || size > 1200)
          r.itr = LatencyRange::bulk_latency;
        else if (packets > 35)
          r.itr = LatencyRange::lowest_latency;
      } else if (size > 2000) {
        r.itr = LatencyRange::bulk_latency;
      } else if (packets <= 2 && bytes < 512) {
        r.itr = LatencyRange::lowest_latency;
      }
      break;
    case LatencyRange::bulk_latency:
      if (bytes > 25'000) {
        if (packets > 35) r.itr = LatencyRange::low_latency;
      } else if (bytes < 1500) {
        r.itr = LatencyRange::low_latency;
      }
      break;
  }
  r.total_bytes = r.total_packets = 0;
}

void igb_set_itr(ItrState& s, std::uint32_t setting, unsigned link_speed) {
  std::uint32_t value = kItr4k;
  if (link_speed == 1000) {
    igb_update_itr(s.tx);
    igb_update_itr(s.rx);
    LatencyRange range = std::max(s.rx.itr, s.tx.itr);
    // Conservative mode knows no lowest_latency.
    if (range == LatencyRange::lowest_latency && setting == 3) range = LatencyRange::low_latency;
    value = range == LatencyRange::lowest_latency ? kItr70k
            : range == LatencyRange::low_latency  ? kItr20k
                                                  : kItr4k;
  }
  if (value == s.itr_val) return;
  // Longer intervals are approached, shorter ones taken at once; igb's expression never yields less than
  // `value`.
  if (value > s.itr_val) value = std::max(value * s.itr_val / (value + (s.itr_val >> 2)), value);
  s.itr_val = static_cast<std::uint16_t>(value);
  s.set_itr = true;
}

std::optional<std::uint32_t> igb_write_itr(ItrState& s) {
  if (!s.set_itr) return std::nullopt;
  s.set_itr = false;
  std::uint32_t interval = s.itr_val & kItrMask;
  if (interval == 0) interval = 4;
  return interval | hw::reg::eitr::CNT_INGR;
}

}  // namespace niclab::igb
