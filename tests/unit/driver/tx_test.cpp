// Transmit and completion (path-map B-105 to B-129, fact base 3.2).
#include "base/bytes.hpp"
#include "tests/unit/driver/fixture.hpp"

namespace niclab::igb::test {
namespace {

class TxTest : public DriverTest {
 protected:
  void SetUp() override { open({.queues = 1, .tx_ring = 80}); }

  stack::SkbPtr udp_frame(std::uint8_t protocol) {
    stack::SkbPtr skb = frame(14 + 20 + 20 + 30, 0);
    skb->protocol = stack::kEthPIp;
    skb->network_header = static_cast<std::uint16_t>(skb->offset() + 14);
    skb->transport_header = skb->csum_start = static_cast<std::uint16_t>(skb->offset() + 34);
    skb->csum_offset = 6;
    skb->ip_summed = stack::IpSummed::partial;
    skb->at(skb->network_header)[9] = static_cast<std::byte>(protocol);
    skb->at(skb->csum_start)[12] = std::byte{0x80};  // TCP: 32 bytes of header
    return skb;
  }
  stack::SkbPtr with_fragment(std::uint32_t head, std::uint32_t fragment) {
    stack::SkbPtr skb = frame(head);
    skb->frag_list = frame(fragment).release();
    skb->data_len = fragment;
    return skb;
  }
  const TxRing& ring() { return adapter->tx_ring(0); }
};

TEST_F(TxTest, B_113_B_114_SingleBufferDescriptor) {
  stack::SkbPtr skb = frame(100);
  const auto address = reinterpret_cast<std::uint64_t>(skb->data);
  EXPECT_EQ(xmit(skb), stack::NetdevTx::ok);
  EXPECT_EQ(skb, nullptr);
  const hw::Descriptor d = tx_desc(0, 0);
  EXPECT_EQ(d.low(), address);
  EXPECT_EQ(d.dw[2], 0x2B300000u | 100);
  EXPECT_EQ(d.dw[3], 100u << 14);
  EXPECT_THAT(pci.writes(reg::TDT(0)), testing::ElementsAre(1u));
  ASSERT_TRUE(pci.mappings.contains(address));
  EXPECT_EQ(pci.mappings.at(address).size, 100u);
  EXPECT_EQ(pci.mappings.at(address).direction, DmaDirection::to_device);
}

TEST_F(TxTest, B_111_UdpChecksumUsesAContextDescriptor) {
  EXPECT_EQ(xmit(udp_frame(17)), stack::NetdevTx::ok);
  const hw::Descriptor c = tx_desc(0, 0), d = tx_desc(0, 1);
  EXPECT_EQ(c.dw[0], 14u << 9 | 20);
  EXPECT_EQ(c.dw[1], 0u);
  EXPECT_EQ(c.dw[2], 0x20200400u);
  EXPECT_EQ(c.dw[3], 8u << 8);
  EXPECT_EQ(d.dw[2], 0x2B300000u | 84);
  EXPECT_EQ(d.dw[3], 84u << 14 | 0x200);
  EXPECT_THAT(pci.writes(reg::TDT(0)), testing::ElementsAre(2u));
}

TEST_F(TxTest, B_111_TcpChecksumContext) {
  xmit(udp_frame(6));
  EXPECT_EQ(tx_desc(0, 0).dw[2], 0x20200C00u);
  EXPECT_EQ(tx_desc(0, 0).dw[3], 32u << 8);
}

TEST_F(TxTest, B_113_FragmentsHaveTheirOwnDescriptors) {
  EXPECT_EQ(xmit(with_fragment(200, 300)), stack::NetdevTx::ok);
  EXPECT_EQ(tx_desc(0, 0).dw[2], 0x22300000u | 200);  // neither EOP nor RS
  EXPECT_EQ(tx_desc(0, 0).dw[3], 500u << 14);
  EXPECT_EQ(tx_desc(0, 1).dw[2], 0x2B300000u | 300);
  EXPECT_EQ(tx_desc(0, 1).dw[3], 0u);
  EXPECT_THAT(pci.writes(reg::TDT(0)), testing::ElementsAre(2u));
}

TEST_F(TxTest, B_106_ShortPacketsArePaddedToSeventeen) {
  xmit(frame(10));
  EXPECT_EQ(tx_desc(0, 0).dw[2] & 0xFFFF, 17u);
  EXPECT_EQ(tx_desc(0, 0).dw[3], 17u << 14);
}

TEST_F(TxTest, B_116_StampIsAtTheLastDescriptor) {
  stack::SkbPtr skb = with_fragment(200, 300);
  skb->stamp = Time::from_ps(4711);
  xmit(skb);
  EXPECT_EQ(pci.tx_stamps().at(0, 1), Time::from_ps(4711));
}

TEST_F(TxTest, B_107_B_118_QueueStopsAndRefuses) {
  unsigned sent = 0;
  while (!adapter->tx_queues[0].stopped) {
    ASSERT_EQ(xmit(frame(100)), stack::NetdevTx::ok);
    ASSERT_LT(++sent, 80u);
  }
  EXPECT_EQ(80 - 1 - sent, 20u);  // first count below DESC_NEEDED (21)
  for (; ring().unused() >= 4; ++sent) ASSERT_EQ(xmit(frame(100)), stack::NetdevTx::ok);
  stack::SkbPtr skb = frame(100);
  EXPECT_EQ(xmit(skb), stack::NetdevTx::busy);
  EXPECT_NE(skb, nullptr);
  EXPECT_EQ(core.wakes, 0u);
  EXPECT_EQ(ring().next_to_use, sent);
}

TEST_F(TxTest, B_117_MappingFailureUndoesContextAndPieces) {
  stack::SkbPtr skb = udp_frame(17);
  skb->frag_list = frame(300).release();
  skb->data_len = 300;
  const std::size_t before = pci.mappings.size();
  pci.maps_until_failure = 1;  // the fragment's fails
  EXPECT_EQ(xmit(skb), stack::NetdevTx::ok);
  EXPECT_EQ(skb, nullptr);
  EXPECT_EQ(ring().next_to_use, 0u);
  EXPECT_EQ(pci.mappings.size(), before);
  EXPECT_EQ(pci.dma_errors, 0u);
  EXPECT_TRUE(pci.writes(reg::TDT(0)).empty());
  EXPECT_THAT(kernel.log_lines(), testing::Contains(testing::HasSubstr("TX DMA map failed")));
  pci.maps_until_failure = -1;
  EXPECT_EQ(xmit(frame(60)), stack::NetdevTx::ok);
  EXPECT_THAT(pci.writes(reg::TDT(0)), testing::ElementsAre(1u));
}

TEST_F(TxTest, B_124_B_125_CleanFreesAndCounts) {
  const std::size_t before = pci.mappings.size();
  static unsigned freed;
  freed = 0;
  stack::SkbPtr skb = udp_frame(17);
  skb->destructor = [](stack::SkBuff&) { ++freed; };
  xmit(skb);
  xmit(with_fragment(200, 300));
  complete(0, 1);
  poll(tx_vector(0));
  EXPECT_EQ(freed, 1u);
  EXPECT_EQ(ring().next_to_clean, 2u);
  EXPECT_EQ(ring().stats.packets, 1u);
  EXPECT_EQ(ring().stats.bytes, 84u);
  complete(0, 3);  // only the last descriptor of a packet is looked at
  poll(tx_vector(0));
  EXPECT_EQ(ring().next_to_clean, 4u);
  EXPECT_EQ(ring().stats.packets, 2u);
  EXPECT_EQ(pci.mappings.size(), before);
  EXPECT_EQ(pci.dma_errors, 0u);
}

TEST_F(TxTest, B_124_WithoutDdNothingIsCleaned) {
  xmit(with_fragment(200, 300));
  complete(0, 0);
  poll(tx_vector(0));
  EXPECT_EQ(ring().next_to_clean, 0u);
}

TEST_F(TxTest, B_127_WakesAtFortyTwoFree) {
  for (unsigned i = 0; i < 75; ++i) xmit(frame(60));
  ASSERT_TRUE(adapter->tx_queues[0].stopped);
  ASSERT_EQ(ring().unused(), 4u);
  for (unsigned i = 0; i < 37; ++i) complete(0, i);
  poll(tx_vector(0));
  EXPECT_TRUE(adapter->tx_queues[0].stopped);  // 41 free
  complete(0, 37);
  poll(tx_vector(0));
  EXPECT_FALSE(adapter->tx_queues[0].stopped);
  EXPECT_EQ(core.wakes, 1u);
  EXPECT_EQ(ring().stats.restart_queue, 1u);
}

TEST_F(TxTest, B_113_RingWraps) {
  for (unsigned round = 0; round < 50; ++round) {
    const unsigned first = ring().next_to_use;
    ASSERT_EQ(xmit(with_fragment(100, 100)), stack::NetdevTx::ok);
    complete(0, (first + 1) % 80);
    poll(tx_vector(0));
    ASSERT_EQ(ring().next_to_clean, ring().next_to_use);
  }
  EXPECT_EQ(ring().stats.packets, 50u);
  EXPECT_EQ(pci.at(reg::TDT(0)), 100u % 80);
  EXPECT_EQ(pci.dma_errors, 0u);
}

TEST_F(TxTest, B_123_B_128_WorkLimitEndsThePass) {
  adapter.reset();
  open({.queues = 1, .tx_work_limit = 4});
  for (unsigned i = 0; i < 6; ++i) {
    xmit(frame(60));
    complete(0, i);
  }
  EXPECT_EQ(poll(tx_vector(0)), 64);  // not all cleaned: full budget (B-129)
  EXPECT_EQ(ring().next_to_clean, 4u);
  EXPECT_TRUE(core.completed.empty());
  EXPECT_EQ(poll(tx_vector(0)), 0);
  EXPECT_EQ(core.completed.size(), 1u);
}

TEST_F(TxTest, B_116_PlantedDoorbellComesFirst) {
  adapter.reset();
  open({.queues = 1, .bugs = {.doorbell_before_descriptor = true}});
  const std::uint64_t before = kernel.time().ps();
  xmit(frame(100));
  EXPECT_THAT(pci.writes(reg::TDT(0)), testing::ElementsAre(1u));
  EXPECT_EQ(tx_desc(0, 0).dw[2], 0x2B300000u | 100);
  EXPECT_GE(kernel.time().ps() - before, Duration::from_us(5).ps());
}

TEST_F(TxTest, PlantedEarlyUnmap) {
  adapter.reset();
  open({.queues = 1, .bugs = {.unmap_tx_early = true}});
  const std::size_t before = pci.mappings.size();
  xmit(frame(100));
  EXPECT_EQ(pci.mappings.size(), before);
  complete(0, 0);
  poll(tx_vector(0));
  EXPECT_EQ(pci.dma_errors, 0u);  // not unmapped twice
}

}  // namespace
}  // namespace niclab::igb::test
