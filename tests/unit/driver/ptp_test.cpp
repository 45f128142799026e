// The PTP hardware clock and time stamps of packets (fact base 2.11, 5.1 row 22, 5.2 row 11).
#include <cerrno>

#include "base/bytes.hpp"
#include "tests/unit/driver/fixture.hpp"

namespace niclab::igb::test {
namespace {

using stack::HwtstampFilter;
using testing::ElementsAre;

TEST(TimeCounter, ExtendsFortyBits) {
  constexpr std::uint64_t wrap = std::uint64_t{1} << 40;
  TimeCounter tc;
  tc.init(wrap - 100, 5'000);
  EXPECT_EQ(tc.cyc2time(wrap - 1), 5'099u);
  EXPECT_EQ(tc.cyc2time(50), 5'150u);
  EXPECT_EQ(tc.cyc2time(wrap - 150), 4'950u) << "before the last look";
  EXPECT_EQ(tc.read(50), 5'150u);
  EXPECT_EQ(tc.cyc2time(wrap - 10), 5'090u);
  tc.adjust(-1'000);
  EXPECT_EQ(tc.read(60), 4'160u);
}

class PtpTest : public DriverTest {
 protected:
  void SetUp() override { open({.queues = 1}); }
  void systim(std::uint64_t cycles) {
    pci.at(reg::SYSTIML) = static_cast<std::uint32_t>(cycles);
    pci.at(reg::SYSTIMH) = static_cast<std::uint32_t>(cycles >> 32);
  }
  stack::PtpClock& clock() { return *adapter->ptp_clock(); }
  int configure(bool tx, HwtstampFilter rx, stack::HwtstampConfig* done = nullptr) {
    stack::HwtstampConfig c{tx, rx};
    const int result = adapter->ndo_hwtstamp_set(c);
    if (done != nullptr) *done = c;
    return result;
  }
  stack::SkbPtr asking() {
    stack::SkbPtr skb = frame(100);
    skb->tx_flags = stack::kSkbTxHwTstamp;
    return skb;
  }
  bool asks(unsigned i) { return tx_desc(0, i).as<hw::AdvTxData>().tstamp(); }
};

TEST_F(DriverTest, ProbeStartsTheClock_FactBase_5_1_Row22) {
  probe();
  EXPECT_EQ(pci.writes(reg::TSAUXC).back(), 0u);
  EXPECT_EQ(pci.writes(reg::TSIM).back(), reg::tsicr::TXTS);
  EXPECT_NE(pci.at(reg::IMS) & reg::icr::TIME_SYNC, 0u);
  EXPECT_EQ(adapter->phc_index(), 0);
  const std::size_t init = pci.find(true, reg::TSAUXC);
  EXPECT_GT(init, pci.find(true, reg::VET)) << "not before probe's own reset";
}

TEST_F(PtpTest, ResetStartsItAnewAndKeepsWhatIsStamped_FactBase_5_2_Row11) {
  ASSERT_EQ(configure(true, HwtstampFilter::all), 0);
  clock().settime64(123);
  pci.log.clear();
  adapter->ndo_change_mtu(1400);
  EXPECT_THAT(pci.writes(reg::TSAUXC), ElementsAre(0u));
  EXPECT_EQ(pci.at(reg::TSYNCTXCTL), reg::tsynctxctl::EN);
  EXPECT_EQ(pci.at(reg::TSYNCRXCTL), 0x18u);
  EXPECT_NE(pci.at(reg::IMS) & reg::icr::TIME_SYNC, 0u);
  EXPECT_GT(clock().gettime64(), 1'000'000'000u) << "the host's time";
}

TEST_F(PtpTest, ClockReadsTheLatchedCounterAndIsMoved) {
  systim(1'000);
  clock().settime64(5'000'000'000);
  systim(3'000);
  pci.log.clear();
  EXPECT_EQ(clock().gettime64(), 5'000'002'000u);
  ASSERT_EQ(pci.log.size(), 3u);
  EXPECT_EQ(pci.log[0].offset, reg::SYSTIMR);
  EXPECT_EQ(pci.log[1].offset, reg::SYSTIML);
  EXPECT_EQ(pci.log[2].offset, reg::SYSTIMH);
  clock().adjtime(-2'000'000'000);
  EXPECT_EQ(clock().gettime64(), 3'000'002'000u);
  EXPECT_EQ(clock().time_of(4'000), 3'000'003'000u);
}

TEST_F(PtpTest, FrequencyBecomesTiminca) {
  for (const std::int64_t ppb : {0ll, 1ll, 100'000ll, 62'499'999ll}) {
    // 8 ns * 2^32 * ppb / 10^9 in 2^-32 ns
    const auto parts = static_cast<std::uint32_t>((__extension__ __int128{ppb} << 35) / 1'000'000'000);
    EXPECT_EQ(clock().adjfreq(ppb), 0);
    EXPECT_EQ(pci.at(reg::TIMINCA), parts);
    EXPECT_EQ(clock().adjfreq(-ppb), 0);
    EXPECT_EQ(pci.at(reg::TIMINCA), ppb == 0 ? 0 : 0x80000000u | parts);
  }
  EXPECT_EQ(clock().adjfreq(62'500'000), -ERANGE);
  EXPECT_EQ(clock().adjfreq(-62'500'000), -ERANGE);
}

TEST_F(PtpTest, NoWrapOfTheCounterIsMissed) {
  systim(0);
  clock().settime64(0);
  const std::uint64_t eight_minutes = 480'000'000'000;
  for (unsigned i = 1; i <= 5; ++i) {
    systim((i * eight_minutes) & 0xFF'FFFF'FFFF);
    kernel.advance(541_s);
  }
  EXPECT_EQ(clock().gettime64(), 5 * eight_minutes);
}

TEST_F(PtpTest, EveryFilterStampsAllPackets_FactBase_2_6_8) {
  stack::HwtstampConfig done;
  EXPECT_EQ(configure(false, HwtstampFilter::ptp_v2_l4_sync, &done), 0);
  EXPECT_EQ(done.rx_filter, HwtstampFilter::all);
  EXPECT_EQ(pci.at(reg::TSYNCRXCTL), 0x18u);
  EXPECT_EQ(pci.at(reg::TSYNCTXCTL), 0u);
  EXPECT_EQ(pci.at(reg::ETQF(3)), 0x440088F7u);
  EXPECT_EQ(pci.at(reg::IMIR(3)), 0x00003F01u);
  EXPECT_EQ(pci.at(reg::IMIREXT(3)), 0x00081000u);
  EXPECT_EQ(pci.at(reg::FTQF(3)), 0xE8008011u);
  EXPECT_EQ(configure(true, HwtstampFilter::none), 0);
  EXPECT_EQ(pci.at(reg::TSYNCRXCTL), 0u);
  EXPECT_EQ(pci.at(reg::TSYNCTXCTL), 0x10u);
  EXPECT_EQ(pci.at(reg::ETQF(3)), 0u);
  EXPECT_EQ(pci.at(reg::FTQF(3)), 0xF0000000u);
  EXPECT_EQ(configure(true, HwtstampFilter::some), -ERANGE);
  EXPECT_EQ(pci.at(reg::TSYNCRXCTL), 0u);
}

TEST_F(PtpTest, OnePacketAtATimeIsStampedOnTransmit) {
  EXPECT_EQ(xmit(asking()), stack::NetdevTx::ok);
  EXPECT_FALSE(asks(0)) << "not switched on";
  configure(true, HwtstampFilter::none);
  xmit(frame(100));
  EXPECT_FALSE(asks(1));
  xmit(asking());
  EXPECT_TRUE(asks(2));
  xmit(asking());
  EXPECT_FALSE(asks(3)) << "one is waited for";
  systim(0);
  clock().settime64(7'000'000'000);
  pci.at(reg::TXSTMPL) = 500;
  pci.at(reg::TXSTMPH) = 0;
  pci.at(reg::TSYNCTXCTL) |= reg::tsynctxctl::VALID;
  pci.at(reg::ICR) = reg::icr::TIME_SYNC;
  pci.at(reg::TSICR) = reg::tsicr::TXTS;
  kernel.hardirq([this] { pci.irqs.at(0).handler(); });
  kernel.run();
  ASSERT_EQ(core.stamped.size(), 1u);
  EXPECT_EQ(core.stamped[0].second, 7'000'000'500u);
  EXPECT_EQ(core.stamped[0].first->len, 100u);
  xmit(asking());
  EXPECT_TRUE(asks(4));
  core.stamped.clear();
}

TEST_F(PtpTest, AStampThatDoesNotComeIsGivenUp) {
  configure(true, HwtstampFilter::none);
  xmit(asking());
  complete(0, 0);
  poll(tx_vector(0));
  kernel.advance(14_s);
  xmit(asking());
  EXPECT_FALSE(asks(1));
  complete(0, 1);
  poll(tx_vector(0));
  kernel.advance(4_s);
  xmit(asking());
  EXPECT_TRUE(asks(2));
  const auto stats = adapter->ethtool_stats();
  EXPECT_THAT(stats, testing::Contains(std::pair(std::string("tx_hwtstamp_timeouts"), std::uint64_t{1})));
}

TEST_F(PtpTest, StampOfAReceivedPacket) {
  systim(0);
  clock().settime64(1'000'000'000);
  receive(0, 0, 116, hw::rxd::TSIP);
  auto* const posted = reinterpret_cast<std::byte*>(adapter->rx_ring(0).buffers[0].page->base);
  store_le(posted + 8, std::uint64_t{70'000});
  posted[16 + 12] = std::byte{0x08}, posted[16 + 13] = std::byte{0};
  receive(0, 1, 100, hw::rxd::TS);
  pci.at(reg::TSYNCRXCTL) |= reg::tsyncrxctl::VALID;
  pci.at(reg::RXSTMPL) = 80'000;
  receive(0, 2, 100);
  poll(rx_vector(0));
  ASSERT_EQ(core.received.size(), 3u);
  EXPECT_EQ(core.received[0]->hwtstamp, 1'000'070'000u);
  EXPECT_EQ(core.received[0]->total_len(), 86u) << "without the header in front";
  EXPECT_EQ(core.received[1]->hwtstamp, 1'000'080'000u);
  EXPECT_EQ(core.received[2]->hwtstamp, 0u);
}

}  // namespace
}  // namespace niclab::igb::test
