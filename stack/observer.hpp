// Who wants to know about datagrams that reach their application: digests, latency.
#pragma once

#include <cstddef>
#include <span>

#include "base/time.hpp"

namespace niclab::stack {

/// Must not allocate, block or touch the stack; part of the measurement, not of the simulated state.
class DeliveryObserver {
 public:
  virtual ~DeliveryObserver() = default;
  /// recvfrom of socket number `socket_index` (creation order) returns `payload` at `at`. `stamp` is when the
  /// frame, or the last fragment of the datagram, was on the wire (SkBuff::stamp); zero when nobody stamped
  /// it.
  virtual void delivered(unsigned socket_index, Time at, std::span<const std::byte> payload, Time stamp) = 0;
};

}  // namespace niclab::stack
