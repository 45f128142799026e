// ICMP: echo, timestamps, error messages and their rate limit.
#pragma once

#include <array>
#include <cstdint>

#include "base/addresses.hpp"
#include "base/kernel.hpp"
#include "stack/ip.hpp"
#include "stack/skbuff.hpp"

namespace niclab::stack {

class NetStack;
class PingSocket;

class Icmp {
 public:
  Icmp(NetStack& stack, Kernel& kernel) : stack_(stack), kernel_(kernel) {}
  /// icmp_rcv: data at the ICMP header, network_header at the IP header.
  void rcv(SkbPtr skb);
  /// icmp_send: an error message about `about` to its sender, unless the rules or the rate limit forbid it.
  /// `info` is the second word (next-hop MTU of frag needed).
  void send_error(SkBuff& about, std::uint8_t type, std::uint8_t code, std::uint32_t info);
  /// An echo request (ping). 0 or a negative errno.
  int send_echo(Ipv4Address to, std::uint16_t id, std::uint16_t sequence, const PayloadSource& payload,
                std::uint32_t length, Time stamp);

  unsigned ratelimit_ms = 1000;  ///< net.ipv4.icmp_ratelimit
  PingSocket* ping_sockets = nullptr;

 private:
  struct Message {
    std::uint8_t type, code;
    std::uint32_t rest;  ///< second word, host order
    PayloadSource payload;
    std::uint32_t length;  ///< of the payload
  };
  void echo(SkBuff& skb, std::uint8_t reply_type);
  void timestamp(SkBuff& skb);
  /// A destination unreachable and the like: tells the socket it is about. False when malformed.
  bool error_about_us(SkbPtr& skb);
  int push(const Message& m, IpCork& cork);
  bool xrlim_allow(Ipv4Address peer, std::uint8_t type);
  void count_in(std::uint8_t type);
  void count_out(std::uint8_t type);

  /// inet_peer's token bucket of one destination.
  struct Bucket {
    Ipv4Address peer{};
    bool used = false;
    std::uint64_t tokens = 0, last = 0;  // jiffies
  };
  NetStack& stack_;
  Kernel& kernel_;
  std::array<Bucket, 256> buckets_;
  unsigned next_victim_ = 0;
};

}  // namespace niclab::stack
