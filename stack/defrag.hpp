// Reassembly of IPv4 fragments (path-map C-60, E-13; RFC 815 in spirit, 3.13's overlap rules).
#pragma once

#include <cstdint>
#include <deque>

#include "base/addresses.hpp"
#include "base/kernel.hpp"
#include "stack/skbuff.hpp"

namespace niclab::stack {

class NetStack;
class IpFrags;

/// struct ipq: one datagram of which some fragments have come.
struct FragQueue {
  FragQueue* next = nullptr;   // hash chain, or free list
  FragQueue* older = nullptr;  // LRU list, oldest first
  FragQueue* newer = nullptr;
  IpFrags* owner = nullptr;
  Ipv4Address saddr{}, daddr{};
  std::uint16_t id = 0;
  std::uint8_t protocol = 0;
  bool live = false;  ///< in the table
  bool first_in = false, last_in = false;
  std::uint64_t deadline = 0;   ///< jiffies; a timer that fires earlier is a dead datagram's
  std::uint32_t length = 0;     ///< payload bytes as far as known
  std::uint32_t meat = 0;       ///< payload bytes here
  std::uint32_t memory = 0;     ///< truesize of what is queued
  SkBuff* fragments = nullptr;  ///< by offset, linked by next, owned
  Timer timer;
  void expired();
};

class IpFrags {
 public:
  IpFrags(NetStack& stack, Kernel& kernel) : stack_(stack), kernel_(kernel) {}
  ~IpFrags() { release_packets(); }
  /// ip_defrag: takes a fragment (data at the IP header), returns the datagram when it is complete, else
  /// null.
  SkbPtr defrag(SkbPtr skb);
  void release_packets();
  std::uint32_t memory() const { return memory_; }
  unsigned queues() const { return count_; }

  // --- net.ipv4.ipfrag_* -------------------------------------------------------------------------
  std::uint32_t high_thresh = 4 * 1024 * 1024, low_thresh = 3 * 1024 * 1024;
  unsigned timeout_seconds = 30;

 private:
  friend struct FragQueue;
  static constexpr unsigned kBuckets = 64;
  FragQueue& find(const SkBuff& skb);
  unsigned bucket(Ipv4Address saddr, Ipv4Address daddr, std::uint16_t id, std::uint8_t protocol) const;
  SkbPtr queue(FragQueue& q, SkbPtr skb, SkbQueue& garbage);
  SkbPtr reassemble(FragQueue& q, SkbQueue& garbage);
  void kill(FragQueue& q, SkbQueue& garbage);
  void evict(SkbQueue& garbage);
  void expire(FragQueue& q);
  void lru_remove(FragQueue& q);
  void lru_append(FragQueue& q);

  NetStack& stack_;
  Kernel& kernel_;
  SpinLock lock_;  ///< guards all below; softirq context only
  FragQueue* hash_[kBuckets] = {};
  FragQueue* oldest_ = nullptr;
  FragQueue* newest_ = nullptr;
  FragQueue* free_ = nullptr;
  std::deque<FragQueue> pool_;
  std::uint32_t memory_ = 0;
  unsigned count_ = 0;
};

}  // namespace niclab::stack
