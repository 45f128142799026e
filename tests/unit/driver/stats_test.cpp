// Statistics (path-map A-27, E-47, X11; fact base 2.12).
#include "tests/unit/driver/fixture.hpp"

namespace niclab::igb::test {
namespace {

std::uint64_t value(IgbAdapter& a, std::string_view name) {
  for (const auto& [key, v] : a.ethtool_stats())
    if (key == name) return v;
  ADD_FAILURE() << "no " << name;
  return 0;
}

TEST_F(DriverTest, E_47_NamesInTheOrderOf313) {
  open({.queues = 2});
  std::vector<std::string> names;
  for (const auto& [key, v] : adapter->ethtool_stats()) names.push_back(key);
  const std::vector<std::string> expected{"rx_packets",
                                          "tx_packets",
                                          "rx_bytes",
                                          "tx_bytes",
                                          "rx_broadcast",
                                          "tx_broadcast",
                                          "rx_multicast",
                                          "tx_multicast",
                                          "multicast",
                                          "collisions",
                                          "rx_crc_errors",
                                          "rx_no_buffer_count",
                                          "rx_missed_errors",
                                          "tx_aborted_errors",
                                          "tx_carrier_errors",
                                          "tx_window_errors",
                                          "tx_abort_late_coll",
                                          "tx_deferred_ok",
                                          "tx_single_coll_ok",
                                          "tx_multi_coll_ok",
                                          "tx_timeout_count",
                                          "rx_long_length_errors",
                                          "rx_short_length_errors",
                                          "rx_align_errors",
                                          "tx_tcp_seg_good",
                                          "tx_tcp_seg_failed",
                                          "rx_flow_control_xon",
                                          "rx_flow_control_xoff",
                                          "tx_flow_control_xon",
                                          "tx_flow_control_xoff",
                                          "rx_long_byte_count",
                                          "tx_dma_out_of_sync",
                                          "tx_smbus",
                                          "rx_smbus",
                                          "dropped_smbus",
                                          "os2bmc_rx_by_bmc",
                                          "os2bmc_tx_by_bmc",
                                          "os2bmc_tx_by_host",
                                          "os2bmc_rx_by_host",
                                          "tx_hwtstamp_timeouts",
                                          "rx_hwtstamp_cleared",
                                          "rx_errors",
                                          "tx_errors",
                                          "tx_dropped",
                                          "rx_length_errors",
                                          "rx_over_errors",
                                          "rx_frame_errors",
                                          "rx_fifo_errors",
                                          "tx_fifo_errors",
                                          "tx_heartbeat_errors",
                                          "tx_queue_0_packets",
                                          "tx_queue_0_bytes",
                                          "tx_queue_0_restart",
                                          "tx_queue_1_packets",
                                          "tx_queue_1_bytes",
                                          "tx_queue_1_restart",
                                          "rx_queue_0_packets",
                                          "rx_queue_0_bytes",
                                          "rx_queue_0_drops",
                                          "rx_queue_0_csum_err",
                                          "rx_queue_0_alloc_failed",
                                          "rx_queue_1_packets",
                                          "rx_queue_1_bytes",
                                          "rx_queue_1_drops",
                                          "rx_queue_1_csum_err",
                                          "rx_queue_1_alloc_failed"};
  EXPECT_EQ(names, expected);
}

TEST_F(DriverTest, E_47_RegistersAddUpOverReads) {
  open({.queues = 1});
  for (unsigned round = 0; round < 2; ++round) {
    pci.at(reg::GPRC) = 10;
    pci.at(reg::GORCL) = 0xFFFFFFFF;
    pci.at(reg::GORCH) = 1;
    pci.at(reg::CRCERRS) = 3;
    pci.at(reg::MPC) = 2;
    pci.at(reg::RUC) = 1;
    const std::size_t from = pci.log.size();
    adapter->ndo_get_stats64();
    // The read of the high half clears the pair (fact base 2.12.1).
    for (const auto& [low, high] : {std::pair(reg::GORCL, reg::GORCH), std::pair(reg::GOTCL, reg::GOTCH)})
      EXPECT_LT(pci.find(false, low, from), pci.find(false, high, from));
  }
  EXPECT_EQ(value(*adapter, "rx_packets"), 20u);
  EXPECT_EQ(value(*adapter, "rx_bytes"), 2 * 0x1FFFFFFFFull);
  EXPECT_EQ(value(*adapter, "rx_crc_errors"), 6u);
  EXPECT_EQ(value(*adapter, "rx_missed_errors"), 4u);
  EXPECT_EQ(value(*adapter, "rx_short_length_errors"), 2u);
  EXPECT_EQ(value(*adapter, "rx_errors"), 8u);
}

TEST_F(DriverTest, A_27_QueueDropsAreRqdpcMaskedToTwelveBits) {
  open({.queues = 2});
  pci.at(reg::RQDPC(1)) = 0xF005;
  const stack::DeviceStats s = adapter->ndo_get_stats64();
  EXPECT_EQ(s.rx_fifo_errors, 5u);
  EXPECT_EQ(value(*adapter, "rx_queue_1_drops"), 5u);
  EXPECT_EQ(value(*adapter, "rx_queue_0_drops"), 0u);
}

TEST_F(DriverTest, SoftwareCountersAreTheRings) {
  open({.queues = 1});
  receive(0, 0, 60);
  poll(rx_vector(0));
  const stack::DeviceStats s = adapter->ndo_get_stats64();
  EXPECT_EQ(s.rx_packets, 1u);
  EXPECT_EQ(s.rx_bytes, 60u);
}

TEST_F(DriverTest, CountersSurviveAResetAndForgetWhatItCounted) {
  open({.queues = 1});
  pci.at(reg::GPRC) = 7;
  ASSERT_EQ(adapter->ndo_change_mtu(1400), 0);
  EXPECT_EQ(value(*adapter, "rx_packets"), 7u);
}

TEST_F(DriverTest, E_47_AnObserverSeesWhatAReadWouldAndChangesNothing) {
  open({.queues = 2});
  pci.at(reg::GPRC) = 10;
  adapter->ndo_get_stats64();
  pci.at(reg::GPRC) = 7;
  pci.at(reg::GORCL) = 5;
  pci.at(reg::GORCH) = 2;
  pci.at(reg::MPC) = 2;
  pci.at(reg::RQDPC(1)) = 0xF005;
  pci.log.clear();
  const auto peek = [this](reg::Offset offset) { return pci.at(offset); };
  const StatsSnapshot seen = adapter->observe_stats(peek);
  const auto names_seen = adapter->ethtool_stats(seen);
  EXPECT_TRUE(pci.log.empty());
  EXPECT_EQ(value(*adapter, "rx_packets"), 10u);
  const stack::DeviceStats read = adapter->ndo_get_stats64();
  EXPECT_EQ(names_seen, adapter->ethtool_stats());
  EXPECT_EQ(seen.net.rx_missed_errors, read.rx_missed_errors);
  EXPECT_EQ(seen.net.rx_fifo_errors, 5u);
  EXPECT_EQ(read.rx_fifo_errors, 5u);
}

}  // namespace
}  // namespace niclab::igb::test
