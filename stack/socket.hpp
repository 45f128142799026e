// UDP sockets: what applications call, and the struct sock behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/addresses.hpp"
#include "base/kernel.hpp"
#include "base/meters.hpp"
#include "stack/ip.hpp"
#include "stack/net_device.hpp"
#include "stack/skbuff.hpp"

namespace niclab::stack {

class NetStack;

/// struct sockaddr_in
struct Endpoint {
  Ipv4Address address{};
  std::uint16_t port = 0;
  constexpr bool operator==(const Endpoint&) const = default;
};

/// Flags of send and receive calls, Linux's values.
namespace msg {
inline constexpr unsigned kOob = 0x1, kPeek = 0x2, kDontroute = 0x4, kProbe = 0x10, kTrunc = 0x20,
                          kDontwait = 0x40, kConfirm = 0x800, kErrqueue = 0x2000, kMore = 0x8000;
}

/// SOF_TIMESTAMPING_*, the value of SO_TIMESTAMPING: stamps of the device's clock. Those of the host's are
/// not offered.
namespace so_timestamping {
inline constexpr int kTxHardware = 1 << 0, kRxHardware = 1 << 2, kRawHardware = 1 << 6;
}

enum class SocketOption : std::uint8_t {
  so_rcvbuf,
  so_rcvbufforce,
  so_sndbuf,
  so_sndbufforce,
  so_broadcast,
  so_reuseaddr,
  so_priority,
  so_no_check,
  so_dontroute,
  so_error,
  so_incoming_cpu,
  so_timestamping,  ///< an OR of so_timestamping::k*
  so_rcvtimeo_us,   ///< microseconds, 0: for ever
  so_sndtimeo_us,
  ip_ttl,
  ip_tos,
  ip_multicast_ttl,
  ip_multicast_loop,
  ip_multicast_all,
  ip_mtu_discover,
  ip_mtu,
  ip_recverr,
  udp_cork,
};

/// Control data of one sendmsg (path-map B-16 to B-18).
struct SendControl {
  Ipv4Address source{};         ///< IP_PKTINFO; any: not given
  NetDevice* device = nullptr;  ///< IP_PKTINFO; nullptr: not given
  int ttl = 0;                  ///< 1..255; 0: not given
  int tos = -1;                 ///< 0..255; -1: not given
};

/// Control data of one recvmsg.
struct ReceiveControl {
  std::uint64_t hwtstamp = 0;  ///< SCM_TIMESTAMPING, the device's clock, nanoseconds; 0: none
};

/// SOCK_MIN_RCVBUF and SOCK_MIN_SNDBUF of 3.13, bytes: no buffer is smaller.
inline constexpr std::uint32_t kMinRcvbuf = 2304, kMinSndbuf = 4608;

class UdpSocket {
 public:
  UdpSocket(NetStack& stack, unsigned index);
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;
  ~UdpSocket() { release_packets(); }
  void release_packets();  ///< at the end of a run

  // --- system calls: 0 or a count, or a negative errno. Task context. ----------------------------
  /// Address any or one of ours, a group or a broadcast address; port 0 picks one (32768..61000).
  int bind(Endpoint local);
  int connect(Endpoint peer);
  /// connect(AF_UNSPEC)
  int disconnect();
  /// Sends one datagram, blocking while the send buffer is full; `to` nullptr: to the connected peer.
  int sendto(std::span<const std::byte> payload, const Endpoint* to, unsigned flags = 0,
             const SendControl* control = nullptr);
  int send(std::span<const std::byte> payload, unsigned flags = 0) { return sendto(payload, nullptr, flags); }
  /// Waits for a datagram until `deadline` (and SO_RCVTIMEO); returns the bytes copied, with MSG_TRUNC the
  /// datagram's length. -EAGAIN: none came. With MSG_ERRQUEUE: a packet sent with a stamp, from its Ethernet
  /// header on; that waits until `deadline` too, as poll() before it would.
  int recvfrom(std::span<std::byte> buffer, Endpoint* from = nullptr, unsigned flags = 0,
               Time deadline = Time::never(), ReceiveControl* control = nullptr);
  int setsockopt(SocketOption option, int value);
  int getsockopt(SocketOption option, int& value);
  /// SO_BINDTODEVICE; nullptr removes the binding.
  int bind_to_device(NetDevice* dev);
  /// IP_MULTICAST_IF: the interface with this address; any: no choice.
  int set_multicast_if(Ipv4Address address);
  /// IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP on the interface with this address; any: the route's interface.
  int join_group(Ipv4Address group, Ipv4Address interface = {});
  int leave_group(Ipv4Address group, Ipv4Address interface = {});
  int close();

  // --- for summaries and /proc/net/udp -----------------------------------------------------------
  unsigned index() const { return index_; }  ///< creation order
  Endpoint local() const { return {rcv_saddr_, port_}; }
  Endpoint peer() const { return peer_; }
  bool connected() const { return connected_; }
  bool closed() const { return closed_; }
  std::uint64_t rx_datagrams() const { return rx_datagrams_; }  ///< returned to the application
  std::uint64_t rx_bytes() const { return rx_bytes_; }          ///< payload returned to the application
  std::uint64_t tx_datagrams() const { return tx_datagrams_; }  ///< accepted by sendto
  std::uint64_t drops() const { return drops_; }                ///< sk_drops
  std::uint32_t rx_queue() const { return rmem_alloc_; }        ///< truesize bytes (path-map E-27)
  /// Of the datagrams in the receive queue; nullptr: nobody measures.
  BufferMeter* queue_meter() { return queue_meter_.get(); }
  void measure() { queue_meter_ = std::make_unique<BufferMeter>(); }
  std::uint32_t tx_queue() const { return wmem_alloc_; }

  // --- for the layers below ----------------------------------------------------------------------
  /// The socket an outgoing packet is charged to; nullptr when there is none.
  static UdpSocket* of(const SkBuff& skb) {
    return skb.destructor == &sock_wfree ? static_cast<UdpSocket*>(skb.owner) : nullptr;
  }
  void set_owner_w(SkBuff& skb);
  /// sock_alloc_send_skb's wait: 0 when the first piece of a datagram may be charged (path-map B-35).
  int wait_for_wmem(bool dontwait, Time deadline);
  /// sock_wmalloc for follow-up pieces: -ENOBUFS above twice the send buffer.
  int check_wmem_follow_up() const { return wmem_alloc_ <= 2 * sndbuf_ ? 0 : -105; }
  /// sock_queue_err_skb: for readers of the error queue. Task context.
  void queue_err_skb(SkbPtr skb);
  std::uint32_t hash() const { return hash_value_; }
  int tx_queue_mapping() const { return tx_queue_mapping_; }
  void set_tx_queue_mapping(int queue) { tx_queue_mapping_ = queue; }
  bool has_cached_route() const { return cached_route_ != nullptr; }
  bool multicast_loop() const { return mc_loop_; }

 private:
  friend class Udp;
  struct Membership {
    Ipv4Address group;
    InDevice* in_dev;
  };

  static void sock_wfree(SkBuff& skb);
  static void sock_rfree(SkBuff& skb);
  void enter(unsigned instructions);  ///< a system call begins
  int leave(int result);              ///< and ends
  int recv_error(std::span<std::byte> buffer, unsigned flags, Time deadline, ReceiveControl* control);
  /// lock_sock / release_sock: softirqs put packets on the backlog meanwhile (path-map C-71).
  void lock_sock();
  void release_sock();
  int set_buffer(std::uint32_t& buffer, int value, bool force, std::uint32_t maximum, std::uint32_t minimum);
  InDevice* find_in_dev(Ipv4Address interface, Ipv4Address group) const;

  NetStack& stack_;
  Kernel& kernel_;
  const unsigned index_;
  // --- addresses ---------------------------------------------------------------------------------
  Ipv4Address rcv_saddr_{};  ///< inet_rcv_saddr: what it is bound to
  Ipv4Address saddr_{};      ///< inet_saddr: what it sends from
  std::uint16_t port_ = 0;
  Endpoint peer_{};
  bool connected_ = false;
  bool address_bound_ = false;  ///< SOCK_BINDADDR_LOCK
  bool port_bound_ = false;     ///< SOCK_BINDPORT_LOCK
  bool closed_ = false;
  NetDevice* bound_dev_ = nullptr;
  UdpSocket* hash_next_ = nullptr;
  bool hashed_ = false;
  std::uint32_t hash_value_ = 0;  ///< sk_hash
  // --- receive -----------------------------------------------------------------------------------
  SkbQueue receive_queue_, backlog_;
  std::unique_ptr<BufferMeter> queue_meter_;
  std::uint32_t rmem_alloc_ = 0, backlog_len_ = 0, rcvbuf_;
  WaitQueue readers_;
  SkbQueue error_queue_;
  WaitQueue error_readers_;
  int timestamping_ = 0;  ///< sk_tsflags
  int err_ = 0;           ///< sk_err, positive
  std::uint64_t drops_ = 0, rx_datagrams_ = 0, rx_bytes_ = 0, tx_datagrams_ = 0;
  int incoming_cpu_ = -1;
  // --- send --------------------------------------------------------------------------------------
  std::uint32_t wmem_alloc_ = 0, sndbuf_;
  WaitQueue writers_;
  bool nospace_ = false;  ///< SOCK_NOSPACE
  const Route* cached_route_ = nullptr;
  Ipv4Address cached_saddr_{};
  unsigned cached_generation_ = 0;
  int tx_queue_mapping_ = -1;
  bool pending_ = false;  ///< a corked datagram is under construction
  IpCork cork_;
  std::uint16_t cork_dport_ = 0;
  std::uint32_t cork_len_ = 0;  ///< up->len
  SkbQueue write_queue_;
  // --- lock --------------------------------------------------------------------------------------
  SpinLock slock_;
  bool owned_ = false;
  WaitQueue lock_waiters_;
  // --- options -----------------------------------------------------------------------------------
  bool broadcast_ = false, reuse_ = false, no_check_ = false, dontroute_ = false, corkflag_ = false,
       recverr_ = false;
  bool mc_loop_ = true, mc_all_ = true;
  std::uint8_t ttl_ = kDefaultTtl, tos_ = 0, mc_ttl_ = 1, priority_ = 0;
  PmtuDiscovery pmtu_ = PmtuDiscovery::want;
  NetDevice* mc_dev_ = nullptr;
  Ipv4Address mc_addr_{};
  Duration rcvtimeo_{}, sndtimeo_{};
  std::vector<Membership> memberships_;
};

}  // namespace niclab::stack
