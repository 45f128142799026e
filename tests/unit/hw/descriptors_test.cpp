// Descriptor layouts (fact base 3.2, 3.3).
#include "hw/descriptors.hpp"

#include <gtest/gtest.h>

namespace niclab::hw {
namespace {

// 3.2.4: a single-buffer packet with RS is 0x2B300000 plus length; olinfo = PAYLEN<<14 | TXSM | IXSM.
TEST(Descriptors, AdvancedTransmitDataWordsOfTheDriver) {
  const auto d =
      AdvTxData::make({0x123456789A}, 60, txd::IFCS | txd::EOP | txd::RS, 60, txd::TXSM | txd::IXSM);
  EXPECT_EQ(d.dw[0], 0x3456789Au);
  EXPECT_EQ(d.dw[1], 0x12u);
  EXPECT_EQ(d.dw[2], 0x2B300000u + 60);
  EXPECT_EQ(d.dw[3], 60u << 14 | 0x300);
  EXPECT_EQ(d.buffer().value, 0x123456789Au);
  EXPECT_EQ(d.dtalen(), 60u);
  EXPECT_EQ(d.paylen(), 60u);
  EXPECT_TRUE(d.eop() && d.rs() && d.ifcs() && d.ixsm() && d.txsm() && !d.tse() && !d.vle() && !d.dd());
  EXPECT_EQ(tx_type(Descriptor::of(d)), TxDescriptorType::data);
  EXPECT_TRUE(AdvTxData::writeback().dd());
}

TEST(Descriptors, ContextWordsOfTheDriver) {
  auto c = AdvTxContext{}
               .set_lengths(14, 20, 8)
               .set_tucmd(txd::IPV4 | txd::L4T_TCP)
               .set_vlan(0x0ABC)
               .set_mss(1448);
  EXPECT_EQ(c.dw[0], 0x0ABCu << 16 | 14u << 9 | 20);
  EXPECT_EQ(c.dw[2], 0x20200000u | 0x400 | 0x800);
  EXPECT_EQ(c.dw[3], 1448u << 16 | 8u << 8);
  EXPECT_EQ(c.maclen(), 14u);
  EXPECT_EQ(c.iplen(), 20u);
  EXPECT_EQ(c.l4len(), 8u);
  EXPECT_EQ(c.mss(), 1448u);
  EXPECT_EQ(c.vlan(), 0x0ABC);
  EXPECT_EQ(c.l4t(), txd::L4T_TCP);
  EXPECT_TRUE(c.ipv4());
  EXPECT_EQ(tx_type(Descriptor::of(c)), TxDescriptorType::context);
}

TEST(Descriptors, TypesAreTold) {
  EXPECT_EQ(tx_type(Descriptor::of(LegacyTx::make({0x1000}, 64, txd::EOP | txd::RS))),
            TxDescriptorType::legacy);
  Descriptor d;
  d.dw[2] = txd::DEXT | 0x00100000;
  EXPECT_EQ(tx_type(d), TxDescriptorType::unsupported);
}

// 3.3.4.
TEST(Descriptors, ReceiveWritebackExample) {
  const auto w = AdvRxWriteback::make(rxd::PTYPE_IPV4 | rxd::PTYPE_TCP, RssType::ipv4_tcp, 0x51CCC178,
                                      rxd::DD | rxd::EOP | rxd::VP | rxd::L4CS | rxd::IPCS, 1514, 100);
  EXPECT_EQ(w.dw[0], 0x00000111u);
  EXPECT_EQ(w.dw[1], 0x51CCC178u);
  EXPECT_EQ(w.dw[2], 0x0000006Bu);
  EXPECT_EQ(w.dw[3], (100u << 16) + 1514);
  EXPECT_TRUE(w.dd() && w.eop());
  EXPECT_EQ(w.rss_type(), RssType::ipv4_tcp);
  EXPECT_EQ(w.length(), 1514);
  EXPECT_EQ(w.vlan(), 100);
}

TEST(Descriptors, BytesInMemoryAreLittleEndian) {
  std::byte memory[16];
  Descriptor::of(AdvRxRead::make({0x0102030405060708})).store(memory);
  EXPECT_EQ(memory[0], std::byte{0x08});
  EXPECT_EQ(memory[7], std::byte{0x01});
  EXPECT_EQ(Descriptor::load(memory).as<AdvRxRead>().packet_buffer().value, 0x0102030405060708u);
}

}  // namespace
}  // namespace niclab::hw
