// Receive (path-map C-26 to C-31, fact base 3.3).
#include "tests/unit/driver/fixture.hpp"

namespace niclab::igb::test {
namespace {

namespace rxd = hw::rxd;

class RxTest : public DriverTest {
 protected:
  void SetUp() override { open({.queues = 1}); }
  const RxRing& ring() { return adapter->rx_ring(0); }
  std::uint64_t posted(unsigned i) { return ring().desc.load(kernel, i).low(); }
  std::span<const std::uint32_t> doorbells() {
    kept_ = pci.writes(reg::RDT(0));
    return kept_;
  }

 private:
  std::vector<std::uint32_t> kept_;
};

TEST_F(RxTest, C_29_C_31_SmallFrameIsCopiedAndDescribed) {
  const std::uint64_t address = posted(0);
  receive(0, 0, 60, rxd::IPCS | rxd::L4CS | rxd::UDPCS);
  pci.rx_stamps().at(0, 0) = Time::from_ps(99);
  EXPECT_EQ(poll(rx_vector(0)), 0);
  ASSERT_EQ(core.received.size(), 1u);
  const stack::SkBuff& skb = *core.received[0];
  EXPECT_EQ(skb.len, 46u);  // Ethernet header pulled
  EXPECT_EQ(skb.protocol, stack::kEthPIp);
  EXPECT_EQ(skb.pkt_type, stack::PacketType::broadcast);
  EXPECT_EQ(skb.data[0], std::byte{14});
  EXPECT_EQ(skb.ip_summed, stack::IpSummed::unnecessary);
  EXPECT_EQ(skb.rxhash, 0xDEADBEEFu);
  EXPECT_TRUE(skb.rx_queue_recorded);
  EXPECT_EQ(skb.queue_mapping, 0u);
  EXPECT_EQ(skb.stamp, Time::from_ps(99));
  EXPECT_EQ(ring().stats.packets, 1u);
  EXPECT_EQ(ring().stats.bytes, 60u);
  EXPECT_EQ(ring().next_to_clean, 1u);
  EXPECT_EQ(ring().buffers[255].page_offset, 0u);  // the same half page, posted again
  EXPECT_EQ(posted(255), address);
}

TEST_F(RxTest, C_26_DoorbellEverySixteenAndAtTheEnd) {
  for (unsigned i = 0; i < 40; ++i) receive(0, i, 60);
  poll(rx_vector(0));
  EXPECT_EQ(core.received.size(), 40u);
  EXPECT_THAT(doorbells(), testing::ElementsAre(15u, 31u, 39u));
  EXPECT_EQ(ring().unused(), 0u);
}

TEST_F(RxTest, C_26_RefilledAndFreeSlotsDoNotLookFinished) {
  for (unsigned i = 0; i < 16; ++i) receive(0, i, 60);
  poll(rx_vector(0));
  for (unsigned i = 0; i < 256; ++i)
    ASSERT_EQ(ring().desc.load(kernel, i).as<hw::AdvRxWriteback>().length(), 0u) << i;
}

TEST_F(RxTest, C_31_C_24_BudgetLimitsAPoll) {
  for (unsigned i = 0; i < 70; ++i) receive(0, i, 60);
  EXPECT_EQ(poll(rx_vector(0)), 64);
  EXPECT_EQ(core.received.size(), 64u);
  EXPECT_TRUE(core.completed.empty());
  EXPECT_EQ(poll(rx_vector(0)), 0);
  EXPECT_EQ(core.received.size(), 70u);
  EXPECT_EQ(core.completed.size(), 1u);
}

TEST_F(RxTest, C_26_BuffersAreWholePagesTheDeviceMayWrite) {
  for (unsigned i = 0; i < 255; ++i) {
    ASSERT_TRUE(pci.mappings.contains(posted(i)));
    EXPECT_EQ(pci.mappings.at(posted(i)).size, 4096u);
    EXPECT_EQ(pci.mappings.at(posted(i)).direction, DmaDirection::from_device);
  }
}

TEST_F(RxTest, LargeFrameStaysInItsPageAndThePageFlips) {
  const std::uint64_t first = posted(0);
  receive(0, 0, 1514);
  poll(rx_vector(0));
  ASSERT_EQ(core.received.size(), 1u);
  EXPECT_EQ(reinterpret_cast<std::uint64_t>(core.received[0]->data), first + 14);
  EXPECT_EQ(core.received[0]->total_len(), 1500u);
  EXPECT_EQ(posted(255), first + 2048);  // the other half went to the next slot
  EXPECT_EQ(pci.dma_errors, 0u);
}

TEST_F(RxTest, PageStillInUseIsReplaced) {
  const std::uint64_t page = posted(0);
  receive(0, 0, 1514);
  poll(rx_vector(0));  // the stack keeps the first half; the second is in slot 255
  ASSERT_EQ(posted(255), page + 2048);
  for (unsigned i = 1; i < 255; ++i) {
    receive(0, i, 60);
    poll(rx_vector(0));
  }
  const std::size_t mapped = pci.mappings.size();
  ASSERT_TRUE(pci.mappings.contains(page));
  receive(0, 255, 1514);
  poll(rx_vector(0));
  EXPECT_FALSE(pci.mappings.contains(page));  // both halves belong to the stack now
  EXPECT_EQ(pci.mappings.size(), mapped);     // and a new page took its place
  EXPECT_EQ(core.received.front()->data[100], std::byte{114});
  EXPECT_EQ(ring().unused(), 0u);
  EXPECT_EQ(pci.dma_errors, 0u);
}

TEST_F(RxTest, PagesRecycleForeverWhenTheStackFreesThem) {
  const auto before = pci.mappings.size();
  for (unsigned i = 0; i < 2000; ++i) {
    receive(0, ring().next_to_clean, 1514);
    poll(rx_vector(0));
    ASSERT_EQ(core.received.size(), 1u);
    core.received.clear();
  }
  EXPECT_EQ(pci.mappings.size(), before);
  EXPECT_EQ(ring().stats.packets, 2000u);
  EXPECT_EQ(ring().stats.alloc_failed, 0u);
}

TEST_F(RxTest, C_27_FrameOfSeveralDescriptors) {
  receive(0, 0, 2048, 0, false);
  EXPECT_EQ(poll(rx_vector(0)), 0);
  EXPECT_TRUE(core.received.empty());  // kept across polls
  receive(0, 1, 2048, 0, false);
  receive(0, 2, 100, 0, true);
  poll(rx_vector(0));
  ASSERT_EQ(core.received.size(), 1u);
  const stack::SkBuff& skb = *core.received[0];
  EXPECT_EQ(skb.len, 2048u - 14);
  EXPECT_EQ(skb.data_len, 2148u);
  ASSERT_NE(skb.frag_list, nullptr);
  EXPECT_EQ(skb.frag_list->len, 2048u);
  ASSERT_NE(skb.frag_list->next, nullptr);
  EXPECT_EQ(skb.frag_list->next->len, 100u);
  EXPECT_EQ(skb.frag_list->next->next, nullptr);
  EXPECT_EQ(ring().stats.packets, 1u);
  EXPECT_EQ(ring().stats.bytes, 4196u);
}

TEST_F(RxTest, C_30_BadChecksumGoesUpCounted) {
  receive(0, 0, 60, rxd::IPCS | rxd::L4CS | rxd::L4E);
  receive(0, 1, 60, rxd::IPCS | rxd::IPE);
  receive(0, 2, 60, 0);
  poll(rx_vector(0));
  ASSERT_EQ(core.received.size(), 3u);
  for (const auto& skb : core.received) EXPECT_EQ(skb->ip_summed, stack::IpSummed::none);
  EXPECT_EQ(ring().stats.csum_err, 2u);
}

TEST_F(RxTest, C_28_DamagedFramesVanishUncounted) {
  receive(0, 0, 60, rxd::RXE);
  receive(0, 1, 60);
  poll(rx_vector(0));
  EXPECT_EQ(core.received.size(), 1u);
  EXPECT_EQ(ring().stats.packets, 1u);
}

TEST_F(RxTest, C_26_ExhaustedMappingsAreCounted) {
  receive(0, 0, 1514);
  poll(rx_vector(0));
  for (unsigned i = 1; i < 255; ++i) receive(0, i, 60), poll(rx_vector(0));
  receive(0, 255, 1514);  // the same page: it cannot be reused
  pci.maps_until_failure = 0;
  poll(rx_vector(0));
  EXPECT_EQ(ring().stats.alloc_failed, 1u);
  EXPECT_EQ(ring().unused(), 1u);
  pci.maps_until_failure = -1;
  poll(rx_vector(0));
  EXPECT_EQ(ring().unused(), 0u);
}

}  // namespace
}  // namespace niclab::igb::test
