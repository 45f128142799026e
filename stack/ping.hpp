// A ping socket: sends echo requests, waits for their replies.
#pragma once

#include <cstdint>
#include <span>

#include "base/addresses.hpp"
#include "base/kernel.hpp"
#include "stack/skbuff.hpp"

namespace niclab::stack {

class NetStack;

class PingSocket {
 public:
  /// `id` tells this socket's echoes from others'.
  PingSocket(NetStack& stack, std::uint16_t id);
  ~PingSocket();
  PingSocket(const PingSocket&) = delete;
  PingSocket& operator=(const PingSocket&) = delete;

  /// Sends one echo request. 0 or a negative errno. Task context.
  int send(Ipv4Address to, std::uint16_t sequence, std::span<const std::byte> payload);
  struct Reply {
    Ipv4Address from{};
    std::uint16_t sequence = 0;
    std::uint8_t ttl = 0;
    std::uint32_t length = 0;  ///< payload bytes, also when the buffer was shorter
  };
  /// Waits for a reply; 0, or -EAGAIN when `deadline` came first.
  int receive(std::span<std::byte> payload, Reply& reply, Time deadline);

  static void deliver(NetStack& stack, SkbPtr skb);

 private:
  NetStack& stack_;
  std::uint16_t id_;
  PingSocket* next_ = nullptr;
  SkbQueue queue_;
  WaitQueue waiters_;
};

}  // namespace niclab::stack
