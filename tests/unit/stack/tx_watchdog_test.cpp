// dev_watchdog, netif_device_detach and netif_device_attach (fact base 4.11, second row; path-map B-126).
#include <gmock/gmock.h>

#include "tests/unit/stack/stack_fixture.hpp"

namespace niclab::stack {
namespace {

class TxWatchdogTest : public StackTest {
 protected:
  TxWatchdogTest() : StackTest({}, 2) { know_peer(); }
  long warnings() const {
    return std::count(kernel.log_lines().begin(), kernel.log_lines().end(),
                      "NETDEV WATCHDOG: eth0 (fake): transmit queue 1 timed out");
  }
};

// B-126: the stack, not the driver's own check, brings the reset, at least 5 s after the last transmit.
TEST_F(TxWatchdogTest, B_126_StoppedQueueIsReportedAfterFiveSeconds) {
  kernel.advance(Duration::from_s(7));
  device.tx_queues[1].trans_start = kernel.jiffies();
  device.tx_queues[1].stopped = true;
  kernel.advance(Duration::from_ms(4990));
  EXPECT_EQ(device.timeouts, 0u);
  kernel.advance(Duration::from_s(5));
  EXPECT_EQ(device.timeouts, 1u);
  EXPECT_EQ(device.tx_queues[1].trans_timeout, 1u);
  kernel.advance(Duration::from_s(10));
  EXPECT_EQ(device.timeouts, 3u);
  EXPECT_EQ(warnings(), 1);  // WARN_ONCE
}

TEST_F(TxWatchdogTest, QueuesThatMoveOrRestAreLeftAlone) {
  for (int second = 0; second < 20; ++second) {
    device.tx_queues[1].trans_start = kernel.jiffies();
    device.tx_queues[1].stopped = second % 2 == 0;
    kernel.advance(Duration::from_s(1));
  }
  device.tx_queues[1].stopped = false;
  kernel.advance(Duration::from_s(20));
  EXPECT_EQ(device.timeouts, 0u);
}

TEST_F(TxWatchdogTest, NobodyLooksWhileThereIsNoCarrierOrNoInterface) {
  device.tx_queues[1].stopped = true;
  stack.netif_carrier_off(device);
  const std::size_t others = kernel.pending_timers();
  kernel.advance(Duration::from_s(20));
  EXPECT_EQ(device.timeouts, 0u);
  stack.netif_carrier_on(device);
  EXPECT_EQ(kernel.pending_timers(), others + 1);
  stack.dev_close(device);
  EXPECT_EQ(kernel.pending_timers(), others);
}

TEST_F(TxWatchdogTest, DetachedDeviceIsOnlyGoodForClosing) {
  stack.netif_device_detach(device);
  EXPECT_TRUE(device.tx_queues[0].stopped && device.tx_queues[1].stopped);
  kernel.advance(Duration::from_s(20));
  EXPECT_EQ(device.timeouts, 0u);
  EXPECT_EQ(stack.dev_set_mtu(device, 1400), -19);  // ENODEV
  const unsigned calls = device.rx_mode_calls;
  stack.dev().dev_mc_add(device, MacAddress{{1, 0, 0x5E, 1, 2, 3}});
  EXPECT_EQ(device.rx_mode_calls, calls);
  EXPECT_EQ(stack.dev_close(device), 0);
  EXPECT_EQ(stack.dev_open(device), -19);
  stack.netif_device_attach(device);
  EXPECT_EQ(stack.dev_open(device), 0);
}

TEST_F(TxWatchdogTest, AttachedDeviceSendsWhatWaitedAndIsWatchedAgain) {
  stack.netif_device_detach(device);
  UdpSocket& s = bound(4000);
  const Endpoint peer{kPeer, 9};
  ASSERT_GT(s.sendto(pattern(10), &peer), 0);
  kernel.run();
  EXPECT_TRUE(device.sent.empty());
  stack.netif_device_attach(device);
  kernel.run();
  EXPECT_EQ(device.sent.size(), 1u);
  device.tx_queues[0].stopped = true;
  kernel.advance(Duration::from_s(12));
  EXPECT_GE(device.timeouts, 1u);
}

}  // namespace
}  // namespace niclab::stack
