// The statistics block: 32-bit read-to-clear counters and 64-bit octet pairs (fact base 2.12.1).
//
// Every counter exists twice: as the register, which a read clears and which saturates, and as a lifetime
// total for the account of the run, which nothing clears.
#pragma once

#include <array>
#include <cstdint>

#include "hw/mac_filter.hpp"
#include "hw/register_offsets.hpp"

namespace niclab::hw {

class Statistics {
 public:
  // --- events; lengths in bytes including FCS ----------------------------------------------------
  /// Any frame off the wire: good, bad, filtered or missed alike (TPR, TOR).
  void count_rx_arrival(unsigned length) { count(reg::TPR), count_octets(reg::TORL, length); }
  /// A good frame that passed the filters and got into the packet buffer.
  void count_rx_good(unsigned length, DestinationKind kind) {
    count(reg::GPRC);
    count_octets(reg::GORCL, length);
    count(size_bin(reg::PRC64, length));
    if (kind == DestinationKind::broadcast) count(reg::BPRC);
    if (kind == DestinationKind::multicast) count(reg::MPRC);
  }
  /// A frame delivered to host memory through `queue`.
  void count_rx_host(unsigned length, DestinationKind kind, unsigned queue) {
    count(reg::RPTHC);
    count_octets(reg::HGORCL, length);
    QueueCounters& q = queues_[queue];
    ++q.rx_packets;
    q.rx_octets += length;
    q.rx_multicast += kind == DestinationKind::multicast;
  }
  /// A good frame put on the wire by `queue`.
  void count_tx_good(unsigned length, DestinationKind kind, unsigned queue) {
    count_tx_mac(length);
    count(reg::GPTC);
    count_octets(reg::GOTCL, length);
    if (kind == DestinationKind::broadcast) count(reg::BPTC);
    if (kind == DestinationKind::multicast) count(reg::MPTC);
    count(reg::HGPTC);
    count_octets(reg::HGOTCL, length);
    ++queues_[queue].tx_packets;
    queues_[queue].tx_octets += length;
  }
  /// Any frame on the wire. Those the MAC itself sends (PAUSE) are in the totals and not among the good,
  /// host's or multicast ones.
  void count_tx_mac(unsigned length) {
    count(reg::TPT);
    count_octets(reg::TOTL, length);
    count(size_bin(reg::PTC64, length));
  }
  /// RQDPC: dropped for lack of a descriptor, DROP_EN set.
  void count_queue_drop(unsigned queue) {
    saturate(rqdpc_[queue], 1);
    ++rqdpc_total_[queue];
  }
  /// Any other 32-bit counter of the block, by its offset: MPC, RNBC, CRCERRS, XOFFRXC, IAC ...
  void count(reg::Offset counter, std::uint32_t n = 1) {
    saturate(values_[index(counter)], n);
    totals_[index(counter)] += n;
  }

  // --- what software reads; `offset` canonical ---------------------------------------------------
  /// The register, cleared by this read. Of a pair the low half keeps its value and the high half clears
  /// both.
  std::uint32_t read(reg::Offset offset);
  std::uint32_t read_rqdpc(unsigned queue) {
    const std::uint32_t value = rqdpc_[queue];
    rqdpc_[queue] = 0;
    return value;
  }
  /// Whether read() answers this offset.
  static constexpr bool owns(reg::Offset offset) {
    return offset >= reg::kStatisticsFirst && offset <= reg::kStatisticsLast;
  }
  /// Free-running per-queue counters, never cleared, wrapping at 2^32.
  struct QueueCounters {
    std::uint32_t rx_packets = 0, tx_packets = 0, rx_octets = 0, tx_octets = 0, rx_multicast = 0;
  };
  const QueueCounters& queue(unsigned n) const { return queues_[n]; }

  // --- what the run's account reads --------------------------------------------------------------
  /// The register without the read's side effect; for the low half of a pair, its low 32 bits.
  std::uint32_t snapshot(reg::Offset offset) const;
  std::uint32_t snapshot_rqdpc(unsigned queue) const { return rqdpc_[queue]; }
  /// Everything counted since power-on. For an octet pair give the low half; the total is 64 bits wide.
  std::uint64_t lifetime(reg::Offset offset) const { return totals_[index(offset)]; }
  std::uint64_t lifetime_rqdpc(unsigned queue) const { return rqdpc_total_[queue]; }

  /// CTRL.RST clears the registers; lifetime totals stay.
  void reset();

 private:
  static constexpr unsigned kWords = (reg::kStatisticsLast - reg::kStatisticsFirst) / 4 + 1;
  static constexpr unsigned index(reg::Offset offset) { return (offset - reg::kStatisticsFirst) / 4; }
  static void saturate(std::uint32_t& counter, std::uint32_t n) {
    counter = n > ~counter ? ~std::uint32_t{0} : counter + n;
  }
  /// Adds to the pair whose low half is `low`.
  void count_octets(reg::Offset low, unsigned n) {
    std::uint32_t& l = values_[index(low)];
    std::uint32_t& h = values_[index(low) + 1];
    l += n;
    if (l < n && ++h == 0) l = h = ~std::uint32_t{0};
    totals_[index(low)] += n;
  }
  /// The size counter of a frame: six consecutive registers from `first`.
  static constexpr reg::Offset size_bin(reg::Offset first, unsigned length) {
    const unsigned bin = length <= 64    ? 0
                         : length < 128  ? 1
                         : length < 256  ? 2
                         : length < 512  ? 3
                         : length < 1024 ? 4
                                         : 5;
    return first + 4 * bin;
  }
  /// The low half of the pair whose high half is `offset`; 0 for anything else.
  static constexpr reg::Offset low_half(reg::Offset offset) {
    switch (offset) {
      case reg::GORCH:
      case reg::GOTCH:
      case reg::TORH:
      case reg::TOTH:
      case reg::HGORCH:
      case reg::HGOTCH: return offset - 4;
      default: return 0;
    }
  }
  static constexpr bool is_low_half(reg::Offset offset) { return low_half(offset + 4) != 0; }

  std::array<std::uint32_t, kWords> values_{};
  std::array<std::uint64_t, kWords> totals_{};
  std::array<std::uint32_t, reg::kQueues> rqdpc_{};
  std::array<std::uint64_t, reg::kQueues> rqdpc_total_{};
  std::array<QueueCounters, reg::kQueues> queues_{};
};

}  // namespace niclab::hw
