// net_rx_action, NAPI, qdiscs: path-map B-75 to B-97, C-08 to C-22.
#include "tests/unit/stack/stack_fixture.hpp"

namespace niclab::stack {
namespace {

using SoftnetTest = StackTest;
using SoftnetTest40 = StackTest40;

TEST_F(SoftnetTest, C_08_SchedulingTwiceRunsOnce) {
  kernel.hardirq([&] {
    stack.napi_schedule(napi);
    stack.napi_schedule(napi);
  });
  EXPECT_EQ(napi.polls, 1u);
}

TEST_F(SoftnetTest, C_16_C_17_BudgetAllowsFivePollsOfSixtyFourThenSqueezes) {
  for (int i = 0; i < 1000; ++i) napi.frames.push_back(udp_frame(5999, pattern(1)));
  stack.icmp().ratelimit_ms = 1000;
  kernel.mutable_cost().instruction = Duration::from_ps(1);  // keep the two-jiffy limit out of it
  kernel.hardirq([&] { stack.napi_schedule(napi); });
  EXPECT_TRUE(napi.frames.empty());
  // 16 polls of work: runs of 5, 5, 5 polls squeeze, the last run ends by itself.
  EXPECT_EQ(stack.softnet().per_cpu()[0].time_squeeze, 3u);
  EXPECT_EQ(stack.softnet().per_cpu()[0].processed, 1000u);
}

TEST_F(SoftnetTest, C_17_TwoJiffiesEndTheRun) {
  kernel.mutable_cost().instruction = Duration::from_us(1);  // a poll of 64 takes far longer than a jiffy
  for (int i = 0; i < 192; ++i) napi.frames.push_back(udp_frame(5999, pattern(1)));
  kernel.hardirq([&] { stack.napi_schedule(napi); });
  EXPECT_EQ(stack.softnet().per_cpu()[0].time_squeeze, 3u);
}

TEST_F(SoftnetTest40, C_17_FullWeightInstanceWaitsForTheNextRunWithoutASqueeze) {
  for (int i = 0; i < 1000; ++i) napi.frames.push_back(udp_frame(5999, pattern(1)));
  kernel.mutable_cost().instruction = Duration::from_ps(1);
  kernel.hardirq([&] { stack.napi_schedule(napi); });
  EXPECT_TRUE(napi.frames.empty());
  EXPECT_EQ(stack.softnet().per_cpu()[0].time_squeeze, 0u);
}

/// Always busy for a number of polls.
class BusyNapi final : public Napi {
 public:
  explicit BusyNapi(NetStack& s) : stack(s) {}
  int poll(int budget) override {
    order->push_back(this);
    if (--left > 0) return budget;
    stack.napi_complete(*this);
    return 0;
  }
  NetStack& stack;
  int left = 3;
  std::vector<Napi*>* order = nullptr;
};

TEST_F(SoftnetTest, C_23_BusyInstancesTakeTurns) {
  std::vector<Napi*> order;
  BusyNapi a(stack), b(stack);
  a.order = b.order = &order;
  stack.napi_enable(a);
  stack.napi_enable(b);
  kernel.hardirq([&] {
    stack.napi_schedule(a);
    stack.napi_schedule(b);
  });
  EXPECT_EQ(order, (std::vector<Napi*>{&a, &b, &a, &b, &a, &b}));
}

TEST_F(SoftnetTest, NapiCannotBeScheduledWhileDisabled) {
  stack.napi_disable(napi);
  kernel.hardirq([&] { stack.napi_schedule(napi); });
  EXPECT_EQ(napi.polls, 0u);
  stack.napi_enable(napi);
  kernel.hardirq([&] { stack.napi_schedule(napi); });
  EXPECT_EQ(napi.polls, 1u);
}

// --- qdisc ---------------------------------------------------------------------------------------

class QdiscTest : public StackTest {
 protected:
  QdiscTest() { know_peer(); }
  UdpSocket& s = bound(7000);
  const Endpoint peer{kPeer, 9};
  const Qdisc& q() { return *stack.dev().qdiscs(device).at(0); }
};

TEST_F(QdiscTest, B_84_BypassCountsAndLeavesNoBacklog) {
  s.sendto(pattern(100), &peer);
  EXPECT_EQ(q().stats.packets, 1u);
  EXPECT_EQ(q().stats.bytes, 142u);
  EXPECT_EQ(q().snapshot().qlen, 0u);
}

TEST_F(QdiscTest, B_93_B_96_BusyDriverRequeuesAndNetTxRetries) {
  device.busy_times = 2;
  s.sendto(pattern(1), &peer);
  kernel.run();
  EXPECT_EQ(device.sent.size(), 1u);
  EXPECT_EQ(q().stats.requeues, 2u);
  EXPECT_EQ(q().stats.packets, 1u);  // E-46: counted once
}

TEST_F(QdiscTest, B_89_StoppedQueueHoldsPacketsInOrderUntilWoken) {
  device.stop_after = 1;
  for (unsigned i = 0; i < 5; ++i) s.sendto(pattern(10, i), &peer);
  EXPECT_EQ(device.sent.size(), 1u);
  EXPECT_EQ(q().snapshot().qlen, 4u);
  stack.netif_tx_wake_queue(device.tx_queues[0]);
  kernel.run();
  ASSERT_EQ(device.sent.size(), 5u);
  for (unsigned i = 0; i < 5; ++i) EXPECT_EQ(ip_payload(device.sent[i])[8], pattern(10, i)[0]);
  EXPECT_EQ(q().snapshot().backlog_bytes, 0u);
}

TEST_F(QdiscTest, B_77_BandsLeaveInPriorityOrderAndTheLimitIsShared) {
  device.tx_queue_len = 3;
  device.stop_after = 1;
  s.sendto(pattern(1), &peer);
  // The first tries to bypass and is requeued; then bands 1, 0, 0 hold three and the last does not fit.
  for (const int priority : {2, 0, 6, 6, 6}) {
    s.setsockopt(SocketOption::so_priority, priority);
    s.sendto(pattern(1, static_cast<unsigned>(priority)), &peer);
  }
  EXPECT_EQ(q().stats.drops, 1u);
  stack.netif_tx_wake_queue(device.tx_queues[0]);
  kernel.run();
  ASSERT_EQ(device.sent.size(), 5u);
  EXPECT_EQ(ip_payload(device.sent[1])[8], pattern(1, 2)[0]);
  EXPECT_EQ(ip_payload(device.sent[2])[8], pattern(1, 6)[0]);
  EXPECT_EQ(ip_payload(device.sent[3])[8], pattern(1, 6)[0]);
  EXPECT_EQ(ip_payload(device.sent[4])[8], pattern(1, 0)[0]);
}

TEST_F(QdiscTest, B_87_QuotaHandsTheRestToNetTx) {
  device.stop_after = 1;
  for (int i = 0; i < 201; ++i) s.sendto(pattern(1), &peer);
  const auto before = device.sent.size();
  stack.netif_tx_wake_queue(device.tx_queues[0]);
  kernel.run();
  EXPECT_EQ(before, 1u);
  EXPECT_EQ(device.sent.size(), 201u);
}

TEST_F(QdiscTest, WithoutCarrierPacketsVanishSilently) {
  stack.netif_carrier_off(device);
  EXPECT_EQ(s.sendto(pattern(1), &peer), 1);
  EXPECT_TRUE(device.sent.empty());
  EXPECT_EQ(stack.mib.ip.OutDiscards, 0u);  // noop: NET_XMIT_CN
  stack.netif_carrier_on(device);
  s.sendto(pattern(1), &peer);
  EXPECT_EQ(device.sent.size(), 1u);
}

TEST_F(QdiscTest, DownInterfaceHasNoRoutes) {
  EXPECT_EQ(stack.dev_close(device), 0);
  EXPECT_EQ(s.sendto(pattern(1), &peer), -101);
  EXPECT_TRUE(device.dev_mc_list.empty());
}

TEST_F(QdiscTest, MtuChangesBounds) {
  EXPECT_EQ(stack.dev_set_mtu(device, 67), -22);
  EXPECT_EQ(stack.dev_set_mtu(device, 10000), -22);
  EXPECT_EQ(stack.dev_set_mtu(device, 9000), 0);
  s.sendto(pattern(8972), &peer);
  EXPECT_EQ(device.sent.size(), 1u);
}

}  // namespace
}  // namespace niclab::stack
