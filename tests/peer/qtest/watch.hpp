// A NetStack behind somebody who looks at what the driver hands up.
#pragma once

#include <array>

#include "stack/net_stack.hpp"

namespace niclab::peer {

class Watch final : public stack::NetdevCore {
 public:
  explicit Watch(stack::NetStack& stack) : stack_(stack) {}

  /// Frames by what the driver said of their checksum (stack::IpSummed), and by receive queue, since clear().
  std::array<unsigned, 3> summed{};
  std::array<unsigned, 8> by_queue{};
  void clear() { summed = {}, by_queue = {}; }

  Kernel& kernel() override { return stack_.kernel(); }
  stack::SkbPool& skb_pool() override { return stack_.skb_pool(); }
  void register_netdev(stack::NetDevice& dev) override { stack_.register_netdev(dev); }
  void unregister_netdev(stack::NetDevice& dev) override { stack_.unregister_netdev(dev); }
  void netif_carrier_on(stack::NetDevice& dev) override { stack_.netif_carrier_on(dev); }
  void netif_carrier_off(stack::NetDevice& dev) override { stack_.netif_carrier_off(dev); }
  void netif_device_detach(stack::NetDevice& dev) override { stack_.netif_device_detach(dev); }
  void netif_device_attach(stack::NetDevice& dev) override { stack_.netif_device_attach(dev); }
  int dev_open(stack::NetDevice& dev) override { return stack_.dev_open(dev); }
  int dev_close(stack::NetDevice& dev) override { return stack_.dev_close(dev); }
  void napi_enable(stack::Napi& napi) override { stack_.napi_enable(napi); }
  void napi_disable(stack::Napi& napi) override { stack_.napi_disable(napi); }
  void napi_schedule(stack::Napi& napi) override { stack_.napi_schedule(napi); }
  void napi_complete(stack::Napi& napi) override { stack_.napi_complete(napi); }
  void napi_gro_receive(stack::Napi& napi, stack::SkbPtr skb) override {
    ++summed.at(static_cast<unsigned>(skb->ip_summed));
    ++by_queue.at(skb->queue_mapping);
    stack_.napi_gro_receive(napi, std::move(skb));
  }
  void netif_tx_wake_queue(stack::NetdevQueue& queue) override { stack_.netif_tx_wake_queue(queue); }

 private:
  stack::NetStack& stack_;
};

}  // namespace niclab::peer
