// What a port of the card measures about itself, for studies.
#pragma once

#include <array>
#include <cstdint>

#include "base/meters.hpp"

namespace niclab::sim {

/// Reads by sim::ReadKind, and write-backs of descriptors, since power-on. Bytes are those asked for.
struct DmaCounts {
  struct Reads {
    std::uint64_t count = 0, bytes = 0;
  };
  std::array<Reads, 3> reads{};
  struct Writebacks {
    std::uint64_t writes = 0, descriptors = 0;
  };
  Writebacks rx, tx;
};

/// Only with somebody who wants to know: telling costs time.
struct PortMeters {
  // Buffers: frames and bytes of the packet buffer, of the transmit buffer; reads in flight.
  BufferMeter rx_frames, rx_bytes, tx_frames, tx_bytes, reads;

  // Why the device did not go on though it had something to do.
  StallMeter no_tag;         ///< transmit: all payload reads are in flight
  StallMeter no_room;        ///< transmit: the buffer cannot take the next packet
  StallMeter no_descriptor;  ///< receive: none in the cache, or DMA is off
  StallMeter no_window;      ///< receive: too many descriptors wait for their write-back

  /// The time in which TLPs of this port waited for the link upstream, and then for credits. Several that
  /// wait together count once.
  Duration link_busy{}, no_credit{};
  Time link_start{};  ///< when the TLP before started

  void begin(Time t) {
    for (BufferMeter* m : {&rx_frames, &rx_bytes, &tx_frames, &tx_bytes, &reads}) m->begin(t);
    for (StallMeter* m : {&no_tag, &no_room, &no_descriptor, &no_window}) m->begin(t);
    link_busy = no_credit = {};
  }
  /// Everything starts anew.
  void reset(Time t) {
    for (StallMeter* m : {&no_tag, &no_room, &no_descriptor, &no_window}) m->goes_on(t);
  }
  /// A TLP was asked for at `t`, found the link free at `free`, and started at `start`.
  void sent(Time t, Time free, Time start) {
    const Time from = max(t, link_start);
    if (from < free) link_busy += free - from;
    const Time credit_from = max(from, free);
    if (credit_from < start) no_credit += start - credit_from;
    link_start = start;
  }
};

}  // namespace niclab::sim
