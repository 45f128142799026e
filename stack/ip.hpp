// IPv4: receive, build, send, fragment (path-map B-45 to B-54, C-54 to C-61).
#pragma once

#include <array>
#include <cstdint>

#include "base/addresses.hpp"
#include "base/kernel.hpp"
#include "stack/inet_device.hpp"
#include "stack/random.hpp"
#include "stack/skb_ops.hpp"
#include "stack/skbuff.hpp"
#include "stack/wire.hpp"

namespace niclab::stack {

class NetStack;
class UdpSocket;

/// IP_MTU_DISCOVER values.
enum class PmtuDiscovery : std::uint8_t { dont, want, always, probe };

/// rt_tos2priority: the packet priority of a type of service (path-map B-18).
constexpr std::uint8_t tos_to_priority(int tos) {
  constexpr std::array<std::uint8_t, 16> kPriority{0, 0, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4};
  return kPriority[static_cast<unsigned>(tos & 0x1e) / 2];
}

/// Where the bytes of a datagram come from: user memory or another packet.
struct PayloadSource {
  void (*copy)(const void* from, std::uint32_t offset, std::byte* to, std::uint32_t length) = nullptr;
  const void* from = nullptr;
};

/// Measurement: when a datagram left its application. The last three are zero unless journeys are recorded.
struct SendTimes {
  Time stamp{};        ///< sendto begins, as `app_to_wire` counts it
  Time called{};       ///< sendto begins
  Time socket_done{};  ///< sendto calls the protocol
  Time protocol{};     ///< udp_sendmsg begins
};

/// inet_cork: a datagram under construction and how it is to be sent.
struct IpCork {
  const Route* route = nullptr;
  Ipv4Address saddr{}, daddr{};
  std::uint8_t protocol = 0, tos = 0, ttl = kDefaultTtl, priority = 0;
  PmtuDiscovery pmtu = PmtuDiscovery::want;
  bool want_hw_csum = false;   ///< UDP: leave the checksum to the device if one packet carries it all
  std::uint8_t tx_flags = 0;   ///< SkBuff::tx_flags
  std::uint32_t fragsize = 0;  ///< MTU at the time of ip_setup_cork
  std::uint32_t length = 0;    ///< bytes appended so far, transport header included
  SendTimes times{};           ///< stamp goes to SkBuff::stamp
};

class Ip {
 public:
  Ip(NetStack& stack, Kernel& kernel);

  // --- receive -----------------------------------------------------------------------------------
  void rcv(SkbPtr skb);

  // --- send --------------------------------------------------------------------------------------
  /// ip_append_data: adds `length` bytes (the first `transport_header` of them left to the caller) to the
  /// datagram in `queue`. Memory is charged to `sk` when there is one; `flags` are MSG_*. 0 or a negative
  /// errno; errors but the size check count OutDiscards (B-36).
  int append_data(SkbQueue& queue, IpCork& cork, const PayloadSource& source, std::uint32_t length,
                  std::uint32_t transport_header, unsigned flags, UdpSocket* sk, Time deadline);
  /// __ip_make_skb: takes the pieces, builds the IP header of the first. Null when the queue is empty.
  SkbPtr make_skb(SkbQueue& queue, const IpCork& cork);
  /// ip_send_skb: 0 or a negative errno, which counts OutDiscards.
  int send_skb(SkbPtr skb);
  /// ip_local_out: 0, a net_xmit code or a negative errno. dst, saddr and daddr are set.
  int local_out(SkbPtr skb);
  /// ip_select_ident: the next identification towards `daddr`.
  std::uint16_t select_ident(Ipv4Address daddr);

 private:
  // receive
  bool rcv_options(SkBuff& skb);
  void rcv_finish(SkbPtr skb);
  void local_deliver(SkbPtr skb);
  void local_deliver_finish(SkbPtr skb);
  // send
  int output(SkbPtr skb);
  int finish_output(SkbPtr skb);
  int finish_output2(SkbPtr skb);
  int fragment(SkbPtr skb);
  bool pieces_are_fragments(const SkBuff& skb, std::uint32_t header, std::uint32_t payload_mtu) const;
  int fragment_fast(SkbPtr skb);
  int fragment_slow(SkbPtr skb);
  int finish_fragments(int error);
  void loop_back(const SkBuff& skb);
  void start_journey(SkBuff& skb, const SendTimes& times);

  NetStack& stack_;
  Kernel& kernel_;
  std::uint32_t ident_secret_;
  std::array<std::uint16_t, 1024> ident_;
};

}  // namespace niclab::stack
