// A driver on a fake device under a fake stack.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "driver/igb.hpp"
#include "hw/descriptors.hpp"
#include "stack/skbuff.hpp"
#include "tests/support/fake_kernel.hpp"
#include "tests/unit/driver/fake_pci_device.hpp"

namespace niclab::igb::test {

class FakeNetdevCore final : public stack::NetdevCore {
 public:
  explicit FakeNetdevCore(Kernel& k) : kernel_(k), pool_(k) {}
  Kernel& kernel() override { return kernel_; }
  stack::SkbPool& skb_pool() override { return pool_; }
  void register_netdev(stack::NetDevice& dev) override { registered.push_back(&dev); }
  void unregister_netdev(stack::NetDevice& dev) override { std::erase(registered, &dev); }
  void netif_carrier_on(stack::NetDevice& dev) override { dev.carrier = true; }
  void netif_carrier_off(stack::NetDevice& dev) override { dev.carrier = false; }
  void netif_device_detach(stack::NetDevice& dev) override {
    if (!std::exchange(dev.present, false)) return;
    for (stack::NetdevQueue& q : dev.tx_queues) q.stopped = true;
  }
  void netif_device_attach(stack::NetDevice& dev) override { dev.present = true; }
  int dev_open(stack::NetDevice& dev) override { return dev.ndo_open(); }
  int dev_close(stack::NetDevice& dev) override { return dev.ndo_stop(); }
  void napi_enable(stack::Napi& n) override { enabled.push_back(&n); }
  void napi_disable(stack::Napi& n) override { std::erase(enabled, &n); }
  void napi_schedule(stack::Napi& n) override { scheduled.push_back(&n); }
  void napi_complete(stack::Napi& n) override { completed.push_back(&n); }
  void napi_gro_receive(stack::Napi&, stack::SkbPtr skb) override { received.push_back(std::move(skb)); }
  void skb_tstamp_tx(stack::SkbPtr skb, std::uint64_t hwtstamp) override {
    stamped.emplace_back(std::move(skb), hwtstamp);
  }
  void netif_tx_wake_queue(stack::NetdevQueue& queue) override {
    queue.stopped = false;
    ++wakes;
  }

  std::vector<stack::NetDevice*> registered;
  std::vector<stack::Napi*> enabled, scheduled, completed;
  std::vector<stack::SkbPtr> received;
  std::vector<std::pair<stack::SkbPtr, std::uint64_t>> stamped;
  unsigned wakes = 0;

 private:
  Kernel& kernel_;
  stack::SkbPool pool_;
};

class DriverTest : public testing::Test {
 protected:
  void TearDown() override { core.received.clear(); }  // before the pages they lie in

  /// Probes; opens and lets the watchdog see the link.
  void probe(IgbConfig config = {}) {
    ProbeResult result = igb_probe(pci, core, "eth0", config);
    error = result.error;
    reason = result.reason;
    adapter = std::move(result.adapter);
  }
  void open(IgbConfig config = {}) {
    probe(config);
    ASSERT_EQ(error, 0);
    ASSERT_EQ(adapter->ndo_open(), 0);
    pci.link_up();
    kernel.run();
    ASSERT_TRUE(adapter->carrier);
    pci.log.clear();
  }
  stack::SkbPtr frame(std::uint32_t bytes, std::uint8_t fill = 0x5A) {
    stack::SkbPtr skb = core.skb_pool().alloc(bytes + 64);
    skb->reserve(32);
    std::memset(skb->put(bytes), fill, bytes);
    return skb;
  }
  stack::NetdevTx xmit(stack::SkbPtr& skb) {
    BhGuard bh(kernel);
    return adapter->ndo_start_xmit(skb);
  }
  stack::NetdevTx xmit(stack::SkbPtr&& skb) {
    stack::SkbPtr kept = std::move(skb);
    return xmit(kept);
  }
  hw::Descriptor tx_desc(unsigned queue, unsigned i) { return adapter->tx_ring(queue).desc.load(kernel, i); }
  /// The device reports the descriptor done.
  void complete(unsigned queue, unsigned i) {
    auto ring = adapter->tx_ring(queue).desc;
    ring.store(kernel, i, hw::Descriptor::of(hw::AdvTxData::writeback()));
  }
  /// The device fills the posted buffer of descriptor i; EOP unless told otherwise.
  void receive(unsigned queue, unsigned i, std::uint16_t length, std::uint32_t status = 0, bool eop = true) {
    auto ring = adapter->rx_ring(queue).desc;
    const auto posted = ring.load(kernel, i).as<hw::AdvRxRead>();
    auto* data = reinterpret_cast<std::byte*>(posted.packet_buffer().value);
    for (unsigned b = 0; b < length; ++b) data[b] = static_cast<std::byte>(b < 12 ? 0xFF : b);
    if (length >= 14) data[12] = std::byte{0x08}, data[13] = std::byte{0x00};
    ring.store(kernel, i,
               hw::Descriptor::of(hw::AdvRxWriteback::make(hw::rxd::PTYPE_IPV4, hw::RssType::ipv4, 0xDEADBEEF,
                                                           status | hw::rxd::DD | (eop ? hw::rxd::EOP : 0),
                                                           length)));
  }
  QVector& rx_vector(unsigned queue) {
    for (const auto& q : adapter->q_vectors())
      if (q->rx_ring != nullptr && q->rx_ring->queue_index == queue) return *q;
    throw std::out_of_range("no such queue");
  }
  QVector& tx_vector(unsigned queue) {
    for (const auto& q : adapter->q_vectors())
      if (q->tx_ring != nullptr && q->tx_ring->queue_index == queue) return *q;
    throw std::out_of_range("no such queue");
  }
  int poll(QVector& q) {
    BhGuard bh(kernel);
    return q.poll(64);
  }

  FakeKernel kernel{{}, 4};
  FakePciDevice pci{kernel};
  FakeNetdevCore core{kernel};
  std::unique_ptr<IgbAdapter> adapter;
  int error = 0;
  std::string reason;
};

}  // namespace niclab::igb::test
