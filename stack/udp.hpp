// UDP: the port table, receive and transmit (path-map B-10 to B-44, C-63 to C-80).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/addresses.hpp"
#include "base/kernel.hpp"
#include "stack/random.hpp"
#include "stack/socket.hpp"

namespace niclab::stack {

class NetStack;

class Udp {
 public:
  Udp(NetStack& stack, Kernel& kernel);

  // --- port table --------------------------------------------------------------------------------
  /// udp_v4_get_port: binds to `port`, 0 picks a free one. 0 or -EADDRINUSE.
  int get_port(UdpSocket& sk, std::uint16_t port);
  void unhash(UdpSocket& sk);
  /// The local address changed.
  void rehash(UdpSocket& sk);
  /// __udp4_lib_lookup: the best socket for a datagram, nullptr when there is none.
  UdpSocket* lookup(Ipv4Address saddr, std::uint16_t sport, Ipv4Address daddr, std::uint16_t dport,
                    const NetDevice* dev);

  // --- receive -----------------------------------------------------------------------------------
  /// udp_rcv: data at the UDP header, network_header at the IP header.
  void rcv(SkbPtr skb);
  /// udp_err: an ICMP error about a datagram sent from (saddr, sport).
  void err(Ipv4Address saddr, std::uint16_t sport, Ipv4Address daddr, std::uint16_t dport, int error,
           bool fatal);
  /// A poll on this CPU begins, or ends. Between the two a datagram reaches its socket when its processing is
  /// paid, which is when the poll looks for the next packet: one synchronisation serves both.
  void poll_begins() { polls_[kernel_.smp_processor_id()].running = true; }
  void poll_ends() {
    deliver_pending();
    polls_[kernel_.smp_processor_id()].running = false;
  }
  /// The datagram of the packet before goes to its socket now.
  void deliver_pending();
  /// __udp_queue_rcv_skb: the socket is locked or owned by the caller. 0 or -1.
  int queue_rcv_skb_locked(UdpSocket& sk, SkbPtr skb);
  /// The first datagram of the receive queue, or null. At a synchronised instant.
  SkbPtr take_datagram(UdpSocket& sk);
  /// The run is over: what is in the receive queue has waited until `end`.
  static void settle_meter(UdpSocket& sk, Time end);
  int recvmsg(UdpSocket& sk, std::span<std::byte> buffer, Endpoint* from, unsigned flags, Time deadline,
              ReceiveControl* control = nullptr);

  // --- send --------------------------------------------------------------------------------------
  int sendmsg(UdpSocket& sk, std::span<const std::byte> payload, const Endpoint* to, unsigned flags,
              const SendControl* control, SendTimes times);
  /// udp_push_pending_frames: sends what is corked; the socket is owned. 0 or a negative errno.
  int push_pending_frames(UdpSocket& sk);

  // --- net.ipv4.ip_local_port_range --------------------------------------------------------------
  std::uint16_t local_port_low = 32768, local_port_high = 61000;

 private:
  static constexpr unsigned kBuckets = 256;
  UdpSocket*& bucket(std::uint16_t port) { return hash_[port % kBuckets]; }
  bool conflict(const UdpSocket& sk, std::uint16_t port) const;
  static int score(const UdpSocket& sk, Ipv4Address saddr, std::uint16_t sport, Ipv4Address daddr,
                   std::uint16_t dport, const NetDevice* dev);
  static bool mcast_match(const UdpSocket& sk, Ipv4Address saddr, std::uint16_t sport, Ipv4Address daddr,
                          std::uint16_t dport, const NetDevice* dev);
  bool checksum_complete(const SkBuff& skb);
  Duration checksum_cost(const SkBuff& skb) const;
  void hand_over(UdpSocket& sk, SkbPtr skb);
  int queue_rcv_skb(UdpSocket& sk, SkbPtr skb);
  void mcast_deliver(SkbPtr skb);
  void flush_stack(std::span<UdpSocket* const> sockets, SkbPtr& skb, bool final);
  void bad_checksum();
  /// Measurement: the border between stack and socket.
  void enters_queue(SkBuff& skb);

  /// 0 when a datagram is at the front of the queue, else a negative errno.
  int wait_for_datagram(UdpSocket& sk, unsigned flags, Time deadline);
  struct Flow;
  int route(UdpSocket& sk, Flow& flow);
  int append(UdpSocket& sk, std::span<const std::byte> payload, std::uint32_t ulen, bool corkreq,
             unsigned flags, Time deadline);
  int send_uncorked(UdpSocket& sk, std::span<const std::byte> payload, const Flow& flow, unsigned flags,
                    const SendTimes& times, Time deadline);
  int ip_make_skb(UdpSocket& sk, std::span<const std::byte> payload, const Flow& flow, unsigned flags,
                  const SendTimes& times, Time deadline, SkbPtr& skb);
  int send_skb(UdpSocket& sk, SkbPtr skb, std::uint16_t dport);

  /// One CPU's running poll and the datagram it has processed but not yet handed over.
  struct Poll {
    bool running = false;
    UdpSocket* sk = nullptr;
    SkbPtr skb;
    Time paid{};  ///< when its processing is over
  };

  NetStack& stack_;
  Kernel& kernel_;
  std::vector<Poll> polls_;
  Random random_;
  std::uint32_t hash_secret_;
  std::array<UdpSocket*, kBuckets> hash_{};
};

}  // namespace niclab::stack
