// Open: the values of fact base 5.3.
#include "tests/unit/driver/fixture.hpp"

namespace niclab::igb::test {
namespace {

class OpenTest : public DriverTest {
 protected:
  void open_and_keep_log(IgbConfig config) {
    probe(config);
    ASSERT_EQ(error, 0);
    pci.log.clear();
    ASSERT_EQ(adapter->ndo_open(), 0);
  }
};

TEST_F(OpenTest, A_24_QueueRegistersHaveTheDocumentedValues) {
  open_and_keep_log({.queues = 8});
  for (unsigned n = 0; n < 8; ++n) {
    EXPECT_EQ(pci.at(reg::TXDCTL(n)), 0x02100108u);
    EXPECT_EQ(pci.at(reg::RXDCTL(n)), 0x02040808u);
    EXPECT_EQ(pci.at(reg::SRRCTL(n)), 0xC2000402u);
    EXPECT_EQ(pci.at(reg::RDLEN(n)), 4096u);
    EXPECT_EQ(pci.at(reg::TDLEN(n)), 4096u);
    EXPECT_EQ(pci.at(reg::RDT(n)), 255u);
    EXPECT_THAT(pci.writes(reg::TDH(n)), testing::ElementsAre(0u));
    EXPECT_EQ(pci.at(reg::TDT(n)), 0u);
    EXPECT_EQ(pci.at(reg::RDBAL(n)) | std::uint64_t{pci.at(reg::RDBAH(n))} << 32,
              adapter->rx_ring(n).desc.bus_address().value);
    EXPECT_EQ(pci.at(reg::TDBAL(n)) | std::uint64_t{pci.at(reg::TDBAH(n))} << 32,
              adapter->tx_ring(n).desc.bus_address().value);
    EXPECT_EQ(pci.at(reg::VMOLR(n)) & 0x09010000, 0x09010000u);
  }
}

TEST_F(OpenTest, PortRegistersHaveTheDocumentedValues) {
  open_and_keep_log({.queues = 8});
  EXPECT_EQ(pci.at(reg::RCTL), 0x04048022u);
  EXPECT_EQ(pci.at(reg::TCTL), 0xA50400FAu);
  EXPECT_EQ(pci.at(reg::RXCSUM), 0x00002B00u);
  EXPECT_EQ(pci.at(reg::MRQC), 0x00370002u);
  EXPECT_EQ(pci.at(reg::RLPML), 1522u);
  EXPECT_EQ(pci.at(reg::RSSRK(0)), 0xDA565A6Du);
  EXPECT_EQ(pci.at(reg::RSSRK(9)), 0xFA01ACBEu);
  EXPECT_EQ(pci.at(reg::RETA(3)), 0u);
  EXPECT_EQ(pci.at(reg::RETA(4)), 0x01010101u);
  EXPECT_EQ(pci.at(reg::RETA(31)), 0x07070707u);
  EXPECT_NE(pci.at(reg::CTRL_EXT) & reg::ctrl_ext::DRV_LOAD, 0u);
  EXPECT_NE(pci.at(reg::RFCTL) & reg::rfctl::IPV6_EX_DIS, 0u);
  EXPECT_EQ(pci.at(reg::FCTTV), 0xFFFFu);
  EXPECT_EQ(pci.at(reg::FCRTH), 0x6400u);
  EXPECT_EQ(pci.at(reg::FCRTL), 0x63F0u | reg::fcrtl::XONE);
}

TEST_F(OpenTest, A_33_InterruptRegistersOfEightPairs) {
  open_and_keep_log({.queues = 8});
  EXPECT_EQ(pci.at(reg::GPIE), 0xC0000011u);
  EXPECT_EQ(pci.at(reg::IVAR_MISC), 0x00008000u);
  EXPECT_EQ(pci.at(reg::IVAR(0)), 0x82828181u);
  EXPECT_EQ(pci.at(reg::IVAR(3)), 0x88888787u);
  EXPECT_EQ(pci.at(reg::EIAC), 0x1FFu);
  EXPECT_EQ(pci.at(reg::EIAM), 0x1FFu);
  EXPECT_EQ(pci.at(reg::EIMS) & 0x1FF, 0x1FFu);
  EXPECT_EQ(pci.at(reg::IMS), 0x50000004u | reg::icr::TIME_SYNC) << "the clock's is from probe";
  EXPECT_TRUE(pci.writes(reg::EITR(1)).empty());  // written by the first interrupt
}

TEST_F(OpenTest, A_21_UnpairedVectorsMapReceiveFirst) {
  open_and_keep_log({.queues = 4});
  EXPECT_EQ(pci.at(reg::IVAR(0)), 0x86828581u);  // tx1=6 rx1=2 tx0=5 rx0=1
  EXPECT_EQ(pci.at(reg::IVAR(1)), 0x88848783u);
}

TEST_F(OpenTest, A_32_IrqNames) {
  open_and_keep_log({.queues = 2});
  std::vector<std::string> names;
  for (const auto& [vector, irq] : pci.irqs) names.push_back(irq.name);
  EXPECT_THAT(names, testing::ElementsAre("eth0", "eth0-rx-0", "eth0-rx-1", "eth0-tx-0", "eth0-tx-1"));
}

TEST_F(OpenTest, OrderOfOpen) {  // fact base 5.3: rings before buffers before GPIE before EIMS
  open_and_keep_log({.queues = 1});
  const std::size_t rctl = pci.find(true, reg::RCTL), txdctl = pci.find(true, reg::TDLEN(0), rctl),
                    rdlen = pci.find(true, reg::RDLEN(0), txdctl),
                    enable = pci.find(true, reg::RXDCTL(0), rdlen),
                    post = pci.find(true, reg::RDT(0), enable), gpie = pci.find(true, reg::GPIE, post),
                    icr = pci.find(false, reg::ICR, gpie), eims = pci.find(true, reg::EIMS, icr),
                    ims = pci.find(true, reg::IMS, eims);
  EXPECT_LT(ims, pci.log.size());
}

TEST_F(OpenTest, A_27_OneQueueHoldsFramesInsteadOfDropping) {
  open_and_keep_log({.queues = 1});
  EXPECT_EQ(pci.at(reg::SRRCTL(0)), 0x42000402u);
}

TEST_F(OpenTest, A_32_FailedMsixRequestWalksTheLadder) {
  probe({.queues = 2});
  pci.irqs_until_failure = 2;
  ASSERT_EQ(adapter->ndo_open(), -16);  // MSI and INTx fail too
  EXPECT_FALSE(adapter->msix_enabled());
  EXPECT_FALSE(pci.msi);
  EXPECT_TRUE(pci.irqs.empty());
  EXPECT_TRUE(pci.mappings.empty());
  pci.irqs_until_failure = -1;
  ASSERT_EQ(adapter->ndo_open(), 0);
  EXPECT_EQ(adapter->num_queues(), 1u);
  EXPECT_FALSE(pci.msi) << "given up for good: what is left is INTx";
  EXPECT_EQ(pci.at(reg::IVAR(0)), 0x00008080u);
  EXPECT_EQ(pci.at(reg::IMS), 0x4000009Du | reg::icr::TIME_SYNC);
  EXPECT_EQ(pci.at(reg::IAM), 0x4000009Du);
}

TEST_F(OpenTest, A_31_NapiAndTransmitQueuesAreOn) {
  open_and_keep_log({.queues = 2});
  EXPECT_EQ(core.enabled.size(), 4u);
  EXPECT_FALSE(adapter->tx_queues[0].stopped);
  EXPECT_FALSE(adapter->tx_queues[1].stopped);
  EXPECT_TRUE(adapter->tx_queues[2].stopped);
}

TEST_F(OpenTest, PlantedRingAddressIsWrong) {
  open_and_keep_log({.queues = 1, .bugs = {.wrong_ring_address = true}});
  EXPECT_NE(pci.at(reg::RDBAL(0)), static_cast<std::uint32_t>(adapter->rx_ring(0).desc.bus_address().value));
}

TEST_F(OpenTest, MulticastListSetsTheHashFilter) {  // fact base 2.7.11
  open_and_keep_log({.queues = 1});
  adapter->dev_mc_list[MacAddress{{0x01, 0x00, 0x5E, 0x01, 0x02, 0x03}}] = 1;
  adapter->ndo_set_rx_mode();
  const unsigned hash = (0x03 << 8 | 0x02) >> 4;
  EXPECT_EQ(pci.at(reg::MTA(hash >> 5)), 1u << (hash & 31));
  EXPECT_EQ(pci.at(reg::MTA((hash >> 5) + 1)), 0u);
  adapter->dev_mc_list.clear();
  adapter->ndo_set_rx_mode();
  EXPECT_EQ(pci.at(reg::MTA(hash >> 5)), 0u);
}

TEST_F(OpenTest, KernelFourDrawsItsRssKey) {
  FakeKernel four{{.version = KernelVersion::v4_0}, 1, 7};
  FakePciDevice device(four);
  FakeNetdevCore stack(four);
  auto result = igb_probe(device, stack, "eth0");
  ASSERT_EQ(result.error, 0);
  ASSERT_EQ(result.adapter->ndo_open(), 0);
  EXPECT_NE(device.at(reg::RSSRK(0)), 0xDA565A6Du);
  EXPECT_NE(device.at(reg::RSSRK(0)), device.at(reg::RSSRK(1)));
}

}  // namespace
}  // namespace niclab::igb::test
