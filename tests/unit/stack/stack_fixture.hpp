// One host with one fake Ethernet device: frames in by inject(), frames out in device.sent.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <vector>

#include "stack/net_stack.hpp"
#include "tests/support/fake_kernel.hpp"
#include "tests/unit/stack/frames.hpp"

namespace niclab::stack {

class FakeDevice final : public NetDevice {
 public:
  FakeDevice() {
    name = "eth0";
    driver_name = "fake";
    dev_addr = kHostMac;
  }
  int ndo_open() override {
    for (NetdevQueue& q : tx_queues) q.stopped = false;
    return 0;
  }
  int ndo_stop() override { return 0; }
  NetdevTx ndo_start_xmit(SkbPtr& skb) override {
    if (busy_times > 0) {
      --busy_times;
      return NetdevTx::busy;
    }
    Bytes frame(skb->total_len());
    skb_copy_bits(*skb, 0, frame);
    sent.push_back(std::move(frame));
    summed.push_back(skb->ip_summed);
    queues.push_back(skb->queue_mapping);
    if (stop_after > 0 && --stop_after == 0) tx_queues[skb->queue_mapping].stopped = true;
    if (hold)
      held.push_back(std::move(skb));
    else
      skb.reset();
    return NetdevTx::ok;
  }
  void ndo_set_rx_mode() override { ++rx_mode_calls; }
  void ndo_tx_timeout() override { ++timeouts; }
  int ndo_change_mtu(std::uint32_t m) override { return m <= 9216 ? 0 : -22; }
  DeviceStats ndo_get_stats64() override { return {}; }

  std::vector<Bytes> sent;
  std::vector<IpSummed> summed;
  std::vector<unsigned> queues;
  std::deque<SkbPtr> held;
  bool hold = false;
  int busy_times = 0, stop_after = 0;
  unsigned rx_mode_calls = 0, timeouts = 0;
};

/// A receive queue of the fake device.
class FakeNapi final : public Napi {
 public:
  FakeNapi(NetStack& s, NetDevice& d) : stack_(s) { dev = &d; }
  int poll(int budget) override {
    ++polls;
    int work = 0;
    while (work < budget && !frames.empty()) {
      Bytes f = std::move(frames.front());
      frames.pop_front();
      SkbPtr skb = stack_.skb_pool().alloc(static_cast<std::uint32_t>(f.size()) + 64);
      skb->reserve(64);
      std::memcpy(skb->put(static_cast<std::uint32_t>(f.size())), f.data(), f.size());
      skb->ip_summed = summed;
      skb->hwtstamp = hwtstamp;
      eth_type_trans(*skb, *dev);
      stack_.napi_gro_receive(*this, std::move(skb));
      ++work;
    }
    if (work < budget) stack_.napi_complete(*this);
    return work;
  }
  std::deque<Bytes> frames;
  IpSummed summed = IpSummed::none;
  std::uint64_t hwtstamp = 0;
  unsigned polls = 0;

 private:
  NetStack& stack_;
};

class StackTest : public testing::Test {
 protected:
  explicit StackTest(KernelProfile profile = {}, unsigned tx_queues = 1) : kernel(profile) {
    device.real_num_tx_queues = tx_queues;
    stack.register_netdev(device);
    stack.napi_enable(napi);
    stack.add_address(device, {kHost, 24});
    stack.dev_open(device);
    stack.netif_carrier_on(device);
  }
  ~StackTest() override { device.held.clear(); }

  void know_peer() { stack.add_neighbour(device, kPeer, kPeerMac); }
  void inject(std::vector<Bytes> frames) {
    for (Bytes& f : frames) napi.frames.push_back(std::move(f));
    kernel.hardirq([this] { stack.napi_schedule(napi); });
    kernel.run();
  }
  void inject(Bytes frame) { inject(std::vector<Bytes>{std::move(frame)}); }
  UdpSocket& bound(std::uint16_t port, Ipv4Address address = {}) {
    UdpSocket& s = stack.socket();
    EXPECT_EQ(s.bind({address, port}), 0);
    return s;
  }
  /// Receives without waiting; nullopt-like: the errno in `error`.
  Bytes receive(UdpSocket& s, int* error = nullptr, Endpoint* from = nullptr,
                unsigned flags = msg::kDontwait) {
    Bytes b(70000);
    const int n = s.recvfrom(b, from, flags);
    if (error != nullptr) *error = n < 0 ? n : 0;
    b.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return b;
  }

  FakeKernel kernel;
  FakeDevice device;
  NetStack stack{kernel};
  FakeNapi napi{stack, device};
};

class StackTest40 : public StackTest {
 protected:
  StackTest40() : StackTest({KernelVersion::v4_0, 250}) {}
};

}  // namespace niclab::stack
