// The stack on the real engine: blocking sockets, two CPUs, interrupts at any instant; and the proof that the
// lazy way of time gives the same history as the eager one (every charge a wait), which fails when the stack
// looks at shared state without synchronising.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <sstream>

#include "stack/net_stack.hpp"
#include "tests/unit/stack/frames.hpp"
#include "tlm/core/host_kernel.hpp"

namespace niclab::stack {
namespace {

using sim::Engine;
using sim::HostConfig;
using sim::HostKernel;
using sim::IrqAction;
using sim::Kind;

/// A device whose frames arrive at given instants, one receive queue and interrupt per CPU; sent frames are
/// freed by an interrupt later, as transmit completions are.
class TimedDevice final : public NetDevice {
 public:
  struct Queue final : Napi {
    int poll(int budget) override {
      int work = 0;
      while (work < budget) {
        device->kernel.sync();
        if (frames.empty()) break;
        const Bytes f = std::move(frames.front());
        frames.pop_front();
        SkbPtr skb = device->stack.skb_pool().alloc(static_cast<std::uint32_t>(f.size()) + 64);
        skb->reserve(64);
        std::memcpy(skb->put(static_cast<std::uint32_t>(f.size())), f.data(), f.size());
        eth_type_trans(*skb, *device);
        device->stack.napi_gro_receive(*this, std::move(skb));
        ++work;
      }
      device->free_sent();
      if (work < budget) {
        device->stack.napi_complete(*this);
        device->kernel.sync();
        if (!frames.empty()) device->stack.napi_schedule(*this);
      }
      return work;
    }
    void interrupt() { device->stack.napi_schedule(*this); }
    TimedDevice* device = nullptr;
    std::deque<Bytes> frames;
    IrqAction* irq = nullptr;
    unsigned cpu = 0;
  };

  TimedDevice(Engine& e, HostKernel& k, NetStack& s, std::ostream& t)
      : engine(e), kernel(k), stack(s), trace(t), queues(k.num_online_cpus()) {
    name = "eth0";
    dev_addr = kHostMac;
    real_num_tx_queues = static_cast<unsigned>(queues.size());
    for (unsigned i = 0; i < queues.size(); ++i) {
      queues[i].device = this;
      queues[i].dev = this;
      queues[i].cpu = i;
      queues[i].irq =
          &k.add_irq("eth0-" + std::to_string(i), Callback::to<&Queue::interrupt>(queues[i]), false);
    }
  }
  int ndo_open() override {
    for (NetdevQueue& q : tx_queues) q.stopped = false;
    for (Queue& q : queues) stack.napi_enable(q);
    return 0;
  }
  int ndo_stop() override { return 0; }
  NetdevTx ndo_start_xmit(SkbPtr& skb) override {
    kernel.charge(300_ns);
    kernel.sync();
    if (in_flight.size() >= 4) {
      tx_queues[skb->queue_mapping].stopped = true;
      return NetdevTx::busy;
    }
    trace << kernel.now().ps() << " tx " << kernel.smp_processor_id() << ' ' << skb->total_len() << ' '
          << load_be16(skb->at(skb->network_header) + 4) << '\n';
    in_flight.push_back(std::move(skb));
    return NetdevTx::ok;
  }
  void free_sent() {
    kernel.sync();
    while (!in_flight.empty()) {
      SkbPtr done = std::move(in_flight.front());
      in_flight.pop_front();
      kernel.charge(50_ns);
      done.reset();
      kernel.sync();
    }
    for (unsigned i = 0; i < real_num_tx_queues; ++i) stack.netif_tx_wake_queue(tx_queues[i]);
  }
  void ndo_set_rx_mode() override {}
  DeviceStats ndo_get_stats64() override { return {}; }

  void arrival(Time t, std::uint32_t i) {
    Arrival& a = arrivals[i];
    Queue& q = queues[a.queue];
    if (!a.frame.empty()) q.frames.push_back(a.frame);
    kernel.cpu(q.cpu).irq_arrives(t, *q.irq);
  }
  struct Arrival {
    Bytes frame;
    unsigned queue;
  };
  void arrive(Time t, Bytes frame, unsigned queue) {
    arrivals.push_back({std::move(frame), queue});
    engine.at<&TimedDevice::arrival>(t, Kind::irq, queue, *this,
                                     static_cast<std::uint32_t>(arrivals.size() - 1));
  }

  Engine& engine;
  HostKernel& kernel;
  NetStack& stack;
  std::ostream& trace;
  std::deque<Queue> queues;
  std::deque<SkbPtr> in_flight;
  std::deque<Arrival> arrivals;
};

struct Tracer final : DeliveryObserver {
  explicit Tracer(std::ostream& t) : trace(t) {}
  void delivered(unsigned socket, Time at, std::span<const std::byte> payload, Time) override {
    trace << at.ps() << " rx " << socket << ' ' << payload.size() << '\n';
  }
  std::ostream& trace;
};

/// An echo server, a sink, a corking sender and a group listener under random traffic; returns the history.
std::string history(bool eager, unsigned seed, unsigned cpus) {
  CostModel cost;
  Engine engine(eager);
  HostConfig config;
  config.cpus = cpus;
  config.memory_bytes = 64 << 20;
  HostKernel kernel(engine, cost, config);
  kernel.start(Time{});
  std::ostringstream trace;
  std::string result;
  {
    NetStack stack(kernel);
    TimedDevice device(engine, kernel, stack, trace);
    Tracer tracer(trace);
    stack.observer = &tracer;
    stack.register_netdev(device);
    stack.add_address(device, {kHost, 24});
    kernel.spawn("init", 0, [&] {
      stack.dev_open(device);
      stack.netif_carrier_on(device);
      kernel.spawn("echo", 0, [&] {
        UdpSocket& s = stack.socket();
        s.bind({{}, 7});
        Bytes b(9000);
        Endpoint from;
        while (true) {
          const int n = s.recvfrom(b, &from);
          if (n >= 0) s.sendto(std::span(b).first(static_cast<std::size_t>(n)), &from);
        }
      });
      kernel.spawn("sink", cpus - 1, [&] {
        UdpSocket& s = stack.socket();
        s.bind({{}, 9000});
        s.setsockopt(SocketOption::so_rcvbuf, 2000);
        s.join_group(kGroup, kHost);
        Bytes b(9000);
        while (true) s.recvfrom(b);
      });
      kernel.spawn("send", cpus - 1, [&] {
        UdpSocket& s = stack.socket();
        s.setsockopt(SocketOption::so_sndbuf, 0);
        const Endpoint peer{kPeer, 9};
        for (unsigned i = 0; i < 60; ++i) {
          s.sendto(pattern(20 + i * 60), &peer, i % 4 == 0 ? msg::kMore : 0u);
          if (i % 7 == 0) kernel.sleep_until(kernel.now() + 30_us);
        }
      });
    });
    std::mt19937 random(seed);
    Time t = Time{} + 100_us;
    for (unsigned i = 0; i < 400; ++i) {
      t += Duration::from_ps(random() % (random() % 10 == 0 ? 30'000'000 : 1'500'000));
      const unsigned queue = random() % cpus;
      const auto id = static_cast<std::uint16_t>(i);
      const std::uint16_t port = random() % 2 != 0 ? 7 : 9000;
      switch (random() % 10) {
        case 0: device.arrive(t, arp_frame(2, kPeerMac, kPeer, kHost, kHostMac, kHostMac), queue); break;
        case 1: device.arrive(t, arp_frame(1, kPeerMac, kPeer, kHost), queue); break;
        case 2: device.arrive(t, udp_frame(9000, pattern(40), kGroup), queue); break;
        case 3:
          for (Bytes& f : fragments({.id = id, .options = {}},
                                    udp_datagram(kPeer, 4000, kHost, port, pattern(3000)), 1480))
            device.arrive(t, std::move(f), random() % cpus);
          break;
        case 4:
          device.arrive(
              t, ip_frame({.protocol = kIpProtoIcmp, .options = {}}, icmp_message(8, 0, i, pattern(100))),
              queue);
          break;
        case 5: device.arrive(t, udp_frame(5999, pattern(10)), queue); break;
        default: device.arrive(t, udp_frame(port, pattern(random() % 1400)), queue);
      }
    }
    for (unsigned i = 0; i < 3000; ++i)
      device.arrive(Time{} + 100_us + 1_us * i, {}, i % cpus);  // completions
    engine.run(Time{} + 20_ms);
    engine.freeze();
    for (const auto& c : ip_columns()) trace << c.name << '=' << stack.mib.ip.*c.member << ' ';
    for (const auto& c : udp_columns()) trace << c.name << '=' << stack.mib.udp.*c.member << ' ';
    for (const auto& c : icmp_columns()) trace << c.name << '=' << stack.mib.icmp.*c.member << ' ';
    for (const auto& s : stack.sockets())
      trace << s->rx_datagrams() << '/' << s->drops() << '/' << s->tx_queue() << ' ';
    stack.release_packets();
    device.in_flight.clear();
    result = trace.str();
  }
  return result;
}

class StackOnEngine : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Seeds, StackOnEngine, testing::Range(1u, 7u));

TEST_P(StackOnEngine, LazyAndEagerHistoriesAreEqualOnOneCpu) {
  const std::string lazy = history(false, GetParam(), 1), eager = history(true, GetParam(), 1);
  EXPECT_EQ(lazy, eager);
  EXPECT_GT(std::count(lazy.begin(), lazy.end(), '\n'), 200);
}

TEST_P(StackOnEngine, LazyAndEagerHistoriesAreEqualOnTwoCpus) {
  const std::string lazy = history(false, GetParam(), 2), eager = history(true, GetParam(), 2);
  EXPECT_EQ(lazy, eager);
  EXPECT_GT(std::count(lazy.begin(), lazy.end(), '\n'), 200);
}

TEST(StackOnEngine1, SameSeedSameHistory) { EXPECT_EQ(history(false, 3, 2), history(false, 3, 2)); }

}  // namespace
}  // namespace niclab::stack
