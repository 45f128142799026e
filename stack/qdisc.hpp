// pfifo_fast: the default queueing discipline, one per transmit queue (path-map B-75 to B-77).
#pragma once

#include <array>
#include <cstdint>

#include "base/kernel.hpp"
#include "stack/net_device.hpp"
#include "stack/skbuff.hpp"

namespace niclab::stack {

/// What dev_queue_xmit returns when it is not a negative errno.
namespace net_xmit {
inline constexpr int kSuccess = 0, kDrop = 1, kCn = 2;
}

/// The line of `tc -s qdisc` (path-map E-46).
struct QdiscStats {
  std::uint64_t bytes = 0, packets = 0, drops = 0, overlimits = 0, requeues = 0;
  std::uint64_t backlog_bytes = 0, qlen = 0;
};

/// A qdisc and the state bits the core keeps in it. Everything below root_lock is protected by it, but
/// `running`, which is also read without it (B-82).
class Qdisc {
 public:
  explicit Qdisc(NetdevQueue& queue) : txq(queue) {}

  NetdevQueue& txq;
  SpinLock root_lock, busylock;
  bool active = false;     ///< attached: carrier on and interface up; otherwise noop (drops)
  bool running = false;    ///< __QDISC___STATE_RUNNING
  bool scheduled = false;  ///< __QDISC_STATE_SCHED
  Qdisc* next_output = nullptr;
  SkbPtr gso_skb;  ///< requeued by a busy driver, first to leave
  QdiscStats stats;
  std::uint32_t qlen = 0;  ///< packets, with gso_skb

  /// Takes the packet, or frees it and returns net_xmit::kDrop when tx_queue_len packets wait.
  int enqueue(SkbPtr skb);
  /// The next packet, highest band first; null when empty. Counts it as sent.
  SkbPtr dequeue();
  /// Frees everything (dev_deactivate).
  void reset();
  /// Calls f with each waiting packet.
  template <class F>
  void each(F&& f) {
    if (gso_skb) f(*gso_skb);
    for (SkbQueue& band : bands_)
      for (SkBuff* skb = band.front(); skb != nullptr; skb = skb->next) f(*skb);
  }
  /// Statistics with the present backlog.
  QdiscStats snapshot() const;

 private:
  std::array<SkbQueue, 3> bands_;
  std::uint64_t backlog_bytes_ = 0;
};

}  // namespace niclab::stack
