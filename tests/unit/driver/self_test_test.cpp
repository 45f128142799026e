// ethtool -t: each part passes on a good device and fails, with igb's code, on a planted fault (fact
// base 2.2, 2.4.3, 2.6.1).
#include "tests/unit/driver/fixture.hpp"

namespace niclab::igb::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint32_t kCauses = 0x77DCFED5;

class SelfTestTest : public DriverTest {
 protected:
  SelfTestTest() {
    pci.obeys_masks = true;
    pci.after_write = [this](reg::Offset offset, std::uint32_t value) { react(offset, value); };
  }
  SelfTest run(bool offline = true) {
    const SelfTest result = adapter->diag_test(offline);
    kernel.run();
    return result;
  }
  std::array<std::uint64_t, 5> offline_of_a_closed_port() {
    probe({.queues = 1});
    pci.link_up();
    return run().data;
  }
  /// Interrupts and PHY loopback.
  void react(reg::Offset offset, std::uint32_t value) {
    if (offset == reg::ICS) pci.at(reg::ICR) |= value & kCauses & ~never_set;
    if (offset == reg::ICS || offset == reg::IMS) interrupt();
    if (offset == reg::TDH(0)) tx_head = value;
    if (offset == reg::RDBAL(0)) rx_head = 0;
    if (offset == reg::TDT(0) && (pci.phy_[0] & 0x4000) != 0) send_back();
  }
  void interrupt() {
    const std::uint32_t active = pci.at(reg::ICR) & (pci.at(reg::IMS) | never_masked);
    if (active != 0 && pci.irqs.contains(0)) kernel.hardirq([this] { pci.irqs.at(0).handler(); });
  }
  template <class T>
  T* ring(reg::Offset low, reg::Offset high) {
    return reinterpret_cast<T*>(std::uint64_t{pci.at(high)} << 32 | pci.at(low));
  }
  void send_back() {
    auto* tx = ring<hw::Descriptor>(reg::TDBAL(0), reg::TDBAH(0));
    auto* rx = ring<hw::Descriptor>(reg::RDBAL(0), reg::RDBAH(0));
    for (; tx_head != pci.at(reg::TDT(0)); tx_head = (tx_head + 1) % 256) {
      const auto sent = tx[tx_head].as<hw::AdvTxData>();
      auto* to = reinterpret_cast<std::byte*>(rx[rx_head].as<hw::AdvRxRead>().packet_buffer().value);
      std::memcpy(to, reinterpret_cast<const std::byte*>(sent.buffer().value), 256);
      ++frames;
      if (frames == damaged_frame) to[128 + 10] ^= std::byte{1};
      rx[rx_head] = hw::Descriptor::of(
          hw::AdvRxWriteback::make(0, hw::RssType::none, 0, hw::rxd::DD | hw::rxd::EOP, 256));
      rx_head = (rx_head + 1) % 256;
      tx[tx_head] = hw::Descriptor::of(hw::AdvTxData::writeback());
    }
  }

  std::uint32_t never_set = 0, never_masked = 0;
  unsigned tx_head = 0, rx_head = 0, frames = 0, damaged_frame = 0;
};

TEST_F(SelfTestTest, FactBase_2_2_GoodPortPassesAndIsOpenAgain) {
  open({.queues = 4});
  const Time before = kernel.time();
  EXPECT_THAT(run().data, ElementsAre(0, 0, 0, 0, 0));
  EXPECT_EQ(frames, 640u);
  pci.link_up();
  kernel.run();
  EXPECT_TRUE(adapter->carrier);
  EXPECT_EQ(pci.irqs.size(), 9u);
  EXPECT_EQ(pci.dma_errors, 0u);
  EXPECT_EQ(pci.at(reg::RAL(0)), 0x119F36A0u);
  EXPECT_EQ(pci.at(reg::MRQC), 0x00370002u);
  EXPECT_EQ(pci.phy_[0] & 0x4000, 0);
  EXPECT_GT(kernel.time() - before, Duration::from_s(9));  // igb waits for 5 s and for 4 s
  EXPECT_THAT(kernel.log_lines(), Contains(HasSubstr("offline testing starting")));
  EXPECT_THAT(kernel.log_lines(), Contains(HasSubstr("testing unshared interrupt")));
}

TEST_F(SelfTestTest, FactBase_2_2_RegisterThatLosesABitIsNamed) {
  probe({.queues = 1});
  pci.link_up();
  for (const auto& [stuck, bits, code] : {std::tuple{reg::FCAL, 1u, std::uint64_t{reg::FCAL}},
                                          {reg::RDBAH(2), 1u << 31, 0x02A04},
                                          {reg::RDT(5), 1u << 15, reg::RDT(5)},
                                          {reg::TDLEN(7), 1u << 7, reg::TDLEN(7)},
                                          {reg::RAH(31), 1u << 31, reg::RAH(31)},
                                          {reg::MTA(127), 1u << 8, reg::MTA(127)},
                                          {reg::RCTL, 1u << 26, reg::RCTL}}) {
    pci.stuck_at_zero = {{stuck, bits}};
    SCOPED_TRACE(code);
    const SelfTest result = run();
    EXPECT_EQ(result.data[SelfTest::registers], code);
    EXPECT_TRUE(result.failed());
  }
  EXPECT_THAT(
      kernel.log_lines(),
      Contains(HasSubstr("pattern test reg 0028 failed: got 0x5A5A5A5A expected 0x5A5A5A5A")).Times(0));
  EXPECT_THAT(kernel.log_lines(),
              Contains(HasSubstr("pattern test reg 0028 failed: got 0xA5A5A5A4 expected 0xA5A5A5A5")));
  EXPECT_THAT(kernel.log_lines(), Contains(HasSubstr("set/check reg 0100 test failed: ")));
}

TEST_F(SelfTestTest, FactBase_2_4_3_WrongSumOfTheNvmIsTwo) {
  probe({.queues = 1});
  pci.link_up();
  pci.nvm(0xC5) ^= 1;
  EXPECT_THAT(run().data, ElementsAre(0, 2, 0, 0, 0));
}

TEST_F(SelfTestTest, FactBase_2_6_1_CauseThatDoesNotInterruptIsFour) {
  never_set = 1u << 30;
  EXPECT_THAT(offline_of_a_closed_port(), ElementsAre(0, 0, 4, 0, 0));
}

TEST_F(SelfTestTest, FactBase_2_6_1_CauseThatCannotBeMaskedIsThree) {
  never_masked = 1u << 18;
  EXPECT_THAT(offline_of_a_closed_port(), ElementsAre(0, 0, 3, 0, 0));
}

TEST_F(SelfTestTest, InterruptThatCannotBeRequestedIsOne) {
  probe({.queues = 1});
  pci.link_up();
  pci.irqs_until_failure = 0;
  EXPECT_THAT(run().data, ElementsAre(0, 0, 1, 0, 0));
}

TEST_F(SelfTestTest, LoopbackFindsOneDamagedFrame) {
  damaged_frame = 300;
  EXPECT_THAT(offline_of_a_closed_port(), ElementsAre(0, 0, 0, 13, 0));
  EXPECT_EQ(frames, 320u);  // it stops with the fifth loop
  EXPECT_TRUE(pci.mappings.empty());
}

TEST_F(SelfTestTest, LostLinkIsOneAndOnlineTestsNothingElse) {
  open({.queues = 1});
  pci.log.clear();
  EXPECT_THAT(run(false).data, ElementsAre(0, 0, 0, 0, 0));
  EXPECT_TRUE(pci.writes(reg::CTRL).empty());
  pci.link_down();
  EXPECT_THAT(run(false).data, ElementsAre(0, 0, 0, 0, 1));
  ASSERT_EQ(adapter->ndo_stop(), 0);
  EXPECT_THAT(run(false).data, ElementsAre(0, 0, 0, 0, 0));  // closed: the PHY sleeps anyway
}

TEST_F(SelfTestTest, WhileItRunsNobodyOpensTheInterface) {
  probe({.queues = 1});
  pci.link_up();
  int opened = 0;
  kernel.spawn("ifconfig", 0, [&] {
    kernel.sleep_until(kernel.now() + Duration::from_s(1));
    opened = adapter->ndo_open();
  });
  run();
  EXPECT_EQ(opened, -16);
  EXPECT_EQ(adapter->ndo_open(), 0);
}

// MSI and the pin: the same test through vector 0.
TEST_F(SelfTestTest, A_19_InterruptTestGoesTheWayThatWasChosen) {
  for (const bool msi : {true, false}) {
    pci.msix_entries = 1;
    pci.offers_msi = msi;
    EXPECT_THAT(offline_of_a_closed_port(), ElementsAre(0, 0, 0, 0, 0));
    adapter->igb_remove();
    kernel.run();
  }
}

}  // namespace
}  // namespace niclab::igb::test
