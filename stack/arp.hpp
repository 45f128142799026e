// ARP over Ethernet: requests, replies, and what is learnt from them.
#pragma once

#include "base/addresses.hpp"
#include "base/kernel.hpp"
#include "stack/skbuff.hpp"

namespace niclab::stack {

class NetStack;

class Arp {
 public:
  Arp(NetStack& stack, Kernel& kernel) : stack_(stack), kernel_(kernel) {}
  /// arp_rcv: a frame of EtherType 0806, data at the ARP header.
  void rcv(SkbPtr skb);
  /// Broadcasts or, for a known neighbour, unicasts a request for `target`.
  void send_request(NetDevice& dev, Ipv4Address target, MacAddress to);

 private:
  void process(SkBuff& skb);
  void send(NetDevice& dev, std::uint16_t operation, MacAddress to, MacAddress target_ha, Ipv4Address source,
            Ipv4Address target);
  NetStack& stack_;
  Kernel& kernel_;
};

}  // namespace niclab::stack
