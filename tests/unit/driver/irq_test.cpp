// Interrupt handlers and the poll (path-map B-129, C-05, C-06, C-24).
#include "tests/unit/driver/fixture.hpp"

namespace niclab::igb::test {
namespace {

TEST_F(DriverTest, C_06_RingInterruptWritesItrOnceAndSchedules) {
  open({.queues = 2});
  QVector& q = rx_vector(1);
  ASSERT_EQ(q.msix_vector, 2u);
  kernel.hardirq([&] { pci.irqs.at(2).handler(); });
  EXPECT_THAT(core.scheduled, testing::ElementsAre(&q));
  EXPECT_THAT(pci.log, testing::ElementsAre(Access{true, reg::EITR(2), 0x80000000u | 648}));
  pci.log.clear();
  kernel.hardirq([&] { pci.irqs.at(2).handler(); });
  EXPECT_TRUE(pci.log.empty());
}

TEST_F(DriverTest, C_24_IdlePollUnmasksItsOwnVector) {
  open({.queues = 2});
  EXPECT_EQ(poll(rx_vector(1)), 0);
  EXPECT_EQ(core.completed.size(), 1u);
  EXPECT_THAT(pci.writes(reg::EIMS), testing::ElementsAre(1u << 2));
}

TEST_F(DriverTest, C_05_PollAdaptsEitrAndTheNextInterruptWritesIt) {
  open({.queues = 2});
  for (unsigned i = 0; i < 10; ++i) receive(0, i, 60);
  poll(rx_vector(0));
  EXPECT_EQ(rx_vector(0).itr.itr_val, kItr20k);
  EXPECT_TRUE(pci.writes(reg::EITR(1)).empty());
  kernel.hardirq([&] { pci.irqs.at(1).handler(); });
  EXPECT_THAT(pci.writes(reg::EITR(1)), testing::ElementsAre(0x80000000u | 196));
}

// Fact base 4.5. One pair of rings has one vector without MSI-X only: with it, receive and transmit have one
// each.
TEST_F(DriverTest, C_05_OneVectorIsAdaptedByLatencyClassesAndSeveralByPacketSize) {
  struct Row {
    unsigned msix_entries, rx_usecs;
    std::uint16_t expected;
  };
  for (const Row& r : {Row{1, 1, kItr70k}, Row{1, 3, kItr20k}, Row{10, 1, 42}, Row{10, 3, kItr20k}}) {
    pci.msix_entries = r.msix_entries;
    open({.queues = 1, .rx_usecs = r.rx_usecs});
    EXPECT_EQ(adapter->q_vectors().size(), r.msix_entries == 1 ? 1u : 2u);
    for (unsigned i = 0; i < 10; ++i) receive(0, i, 60);
    poll(rx_vector(0));
    EXPECT_EQ(rx_vector(0).itr.itr_val, r.expected) << r.msix_entries << " entries, rx-usecs " << r.rx_usecs;
    adapter->igb_remove();
  }
}

TEST_F(DriverTest, C_05_FixedSettingIsNotAdapted) {
  open({.queues = 1, .rx_usecs = 125});
  for (unsigned i = 0; i < 10; ++i) receive(0, i, 60);
  poll(rx_vector(0));
  kernel.hardirq([&] { pci.irqs.at(1).handler(); });
  EXPECT_THAT(pci.writes(reg::EITR(1)), testing::ElementsAre(0x80000000u | 500));
}

TEST_F(DriverTest, OtherVectorHandlesLinkChangeAndUnmasksItself) {  // fact base 5.5
  open();
  pci.link_down();
  pci.at(reg::ICR) = reg::icr::LSC;
  kernel.hardirq([&] { pci.irqs.at(0).handler(); });
  EXPECT_THAT(pci.writes(reg::EIMS), testing::ElementsAre(1u));
  EXPECT_TRUE(adapter->carrier);  // until the watchdog has asked the PHY
  kernel.advance(kernel.jiffy() * 2);
  EXPECT_FALSE(adapter->carrier);
}

TEST_F(DriverTest, DeviceResetAssertedResetsThePort) {
  open({.queues = 1});
  pci.at(reg::ICR) = reg::icr::DRSTA;
  kernel.hardirq([&] { pci.irqs.at(0).handler(); });
  kernel.run();
  kernel.advance(Duration::from_ms(100));
  EXPECT_EQ(pci.at(reg::RXDCTL(0)), 0x02040808u);
  const auto ctrl = pci.writes(reg::CTRL);
  EXPECT_TRUE(
      std::any_of(ctrl.begin(), ctrl.end(), [](std::uint32_t v) { return (v & reg::ctrl::RST) != 0; }));
}

TEST_F(DriverTest, A_19_SingleVectorReadsIcrAndUnmasksImsAndIam) {
  pci.msix_entries = 1;
  open();
  pci.at(reg::ICR) = reg::icr::RXDW;
  kernel.hardirq([&] { pci.irqs.at(0).handler(); });
  EXPECT_THAT(pci.log, testing::ElementsAre(Access{false, reg::ICR, reg::icr::RXDW},
                                            Access{true, reg::EITR(0), 0x80000000u | 648}));
  ASSERT_EQ(core.scheduled.size(), 1u);
  pci.log.clear();
  receive(0, 0, 60);
  poll(adapter->q_vector(0));
  EXPECT_EQ(core.received.size(), 1u);
  EXPECT_THAT(pci.writes(reg::IMS), testing::ElementsAre(0x4000009Du));
  EXPECT_THAT(pci.writes(reg::IAM), testing::ElementsAre(0x4000009Du));
}

TEST_F(DriverTest, A_19_InterruptsAreMsixElseMsiElseThePin) {
  probe({.queues = 2});
  EXPECT_FALSE(pci.msi);
  EXPECT_THAT(kernel.log_lines(),
              testing::Contains(testing::HasSubstr("Using MSI-X interrupts. 2 rx queue(s), 2 tx queue(s)")));
}

TEST_F(DriverTest, A_19_MsiHasOneVectorNamedAfterTheInterface) {
  pci.msix_entries = 1;
  open({.queues = 4});
  EXPECT_TRUE(pci.msi);
  EXPECT_THAT(kernel.log_lines(),
              testing::Contains(testing::HasSubstr("Using MSI interrupts. 1 rx queue(s), 1 tx queue(s)")));
  ASSERT_EQ(pci.irqs.size(), 1u);
  EXPECT_EQ(pci.irqs.at(0).name, "eth0");
  EXPECT_EQ(pci.at(reg::IVAR(0)), 0x00008080u);
  EXPECT_EQ(adapter->num_queues(), 1u);
  adapter->igb_remove();
  EXPECT_FALSE(pci.msi);
}

// Fact base 5.5: a handler on a shared line must see INTA, and otherwise leaves everything alone.
TEST_F(DriverTest, A_19_HandlerOfThePinClaimsOnlyItsOwnInterrupt) {
  pci.msix_entries = 1;
  pci.offers_msi = false;
  open();
  EXPECT_THAT(kernel.log_lines(),
              testing::Contains(testing::HasSubstr("Using legacy interrupts. 1 rx queue(s), 1 tx queue(s)")));
  pci.at(reg::ICR) = reg::icr::LSC;
  kernel.hardirq([&] { pci.irqs.at(0).handler(); });
  EXPECT_TRUE(core.scheduled.empty());
  EXPECT_TRUE(pci.writes(reg::EITR(0)).empty());
  pci.at(reg::ICR) = reg::icr::RXDW | reg::icr::INTA;
  kernel.hardirq([&] { pci.irqs.at(0).handler(); });
  EXPECT_EQ(core.scheduled.size(), 1u);
  EXPECT_THAT(pci.writes(reg::EITR(0)), testing::ElementsAre(0x80000000u | 648));
}

// One vector and no VFs: the classes of igb_update_itr, not the size of the frames (fact base 4.5).
TEST_F(DriverTest, C_24_SingleVectorModeratesByClasses) {
  pci.msix_entries = 1;
  open();
  for (unsigned i = 0; i < 3; ++i) receive(0, i, 60);
  poll(adapter->q_vector(0));
  kernel.hardirq([&] { pci.irqs.at(0).handler(); });
  ASSERT_EQ(pci.writes(reg::EITR(0)).size(), 1u);
  EXPECT_EQ(pci.writes(reg::EITR(0))[0], 0x80000000u | kItr20k);
  EXPECT_EQ(pci.writes(reg::EIMS).size(), 0u);
}

TEST_F(DriverTest, B_122_B_129_PairedVectorCleansBothDirections) {
  open({.queues = 8});
  stack::SkbPtr skb = frame(60);
  skb->queue_mapping = 7;
  xmit(skb);
  complete(7, 0);
  receive(7, 0, 60);
  EXPECT_EQ(poll(adapter->q_vector(7)), 0);
  EXPECT_EQ(adapter->tx_ring(7).stats.packets, 1u);
  EXPECT_EQ(adapter->rx_ring(7).stats.packets, 1u);
  EXPECT_EQ(core.received.at(0)->queue_mapping, 7u);
}

}  // namespace
}  // namespace niclab::igb::test
