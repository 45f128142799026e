// The neighbour cache: unreachability states, resolve queue, probes (path-map B-55 to B-65).
#pragma once

#include <array>
#include <cstdint>
#include <deque>

#include "base/addresses.hpp"
#include "base/kernel.hpp"
#include "stack/net_device.hpp"
#include "stack/random.hpp"
#include "stack/skbuff.hpp"

namespace niclab::stack {

class NetStack;
class NeighbourTable;

/// NUD_*; a set of bits as in Linux.
enum Nud : std::uint8_t {
  kNudNone = 0,
  kNudIncomplete = 0x01,
  kNudReachable = 0x02,
  kNudStale = 0x04,
  kNudDelay = 0x08,
  kNudProbe = 0x10,
  kNudFailed = 0x20,
  kNudPermanent = 0x80,
};
inline constexpr unsigned kNudConnected = kNudReachable | kNudPermanent;
inline constexpr unsigned kNudValid = kNudConnected | kNudStale | kNudDelay | kNudProbe;
inline constexpr unsigned kNudInTimer = kNudIncomplete | kNudReachable | kNudDelay | kNudProbe;

struct Neighbour {
  Neighbour* next = nullptr;  // hash chain
  NeighbourTable* table = nullptr;
  NetDevice* dev = nullptr;
  Ipv4Address address{};
  MacAddress ha{};
  std::uint8_t state = kNudNone;
  unsigned probes = 0;
  std::uint64_t confirmed = 0, updated = 0, used = 0;  ///< jiffies
  SkbQueue queue;                                      ///< waiting for an answer (B-65)
  std::uint32_t queue_bytes = 0;
  Timer timer;
  bool in_use = false;
  void expired();
};

/// net.ipv4.neigh.default.* (path-map F-20); times in jiffies unless named.
struct NeighbourParameters {
  unsigned ucast_solicit = 3, mcast_solicit = 3;
  unsigned retrans_seconds = 1, delay_first_probe_seconds = 5, base_reachable_seconds = 30,
           locktime_seconds = 1;
  std::uint32_t unres_qlen_bytes = 65536;
  unsigned gc_thresh3 = 1024;  ///< entries at most
};

class NeighbourTable {
 public:
  NeighbourTable(NetStack& stack, Kernel& kernel);

  /// Finds the entry of (dev, address), nullptr when there is none. Synchronises.
  Neighbour* lookup(const NetDevice& dev, Ipv4Address address);
  /// As lookup, creating the entry; nullptr when the table is full of busy entries.
  Neighbour* lookup_or_create(NetDevice& dev, Ipv4Address address);
  /// Sends `skb` (data at the IP header) to the neighbour: adds the Ethernet header, or queues it until the
  /// address is known (neigh_hh_output, neigh_resolve_output). 0, a net_xmit code or a negative errno.
  int output(Neighbour& n, SkbPtr skb);
  /// neigh_update.
  void update(Neighbour& n, MacAddress ha, std::uint8_t state, bool override_address);
  /// `ip neigh add … nud permanent`.
  void add_static(NetDevice& dev, Ipv4Address address, MacAddress ha);
  /// dst_confirm: the peer has shown that it receives us.
  void confirm(Neighbour& n);
  /// Forgets what was learnt through an interface that went down.
  void device_down(NetDevice& dev);
  void release_packets() {
    for (Neighbour& n : pool_) n.queue.clear();
  }
  unsigned entries() const { return entries_; }

  NeighbourParameters parameters;

 private:
  friend struct Neighbour;
  static constexpr unsigned kBuckets = 256;
  static unsigned bucket(Ipv4Address a) { return (a.value * 0x9e3779b1u) >> 24; }
  /// neigh_event_send: true when the packet may go now, false when it was queued or dropped.
  bool event_send(Neighbour& n, SkbPtr& skb);
  void timer_expired(Neighbour& n);
  void invalidate(Neighbour& n);
  void solicit(Neighbour& n);
  void flush_queue(Neighbour& n);
  void arm(Neighbour& n, std::uint64_t at);
  bool make_room();
  std::uint64_t hz(unsigned seconds) const { return std::uint64_t{seconds} * kernel_.profile.hz; }

  NetStack& stack_;
  Kernel& kernel_;
  std::uint64_t reachable_time_;  ///< jiffies, random between half and one and a half of the base
  std::array<Neighbour*, kBuckets> hash_{};
  std::deque<Neighbour> pool_;
  unsigned entries_ = 0;
};

/// eth_header and the hand-over to the device: pushes 14 bytes and sends. Synchronises.
int dev_hard_header_and_xmit(NetStack& stack, SkbPtr skb, NetDevice& dev, MacAddress to);

}  // namespace niclab::stack
