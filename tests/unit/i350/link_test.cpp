// The link as software sees it: LSC, MDIC, forced modes, loopback (fact base 2.3, 2.5, 2.7.1, 2.14, 4.8).
#include <gtest/gtest.h>

#include <cstring>

#include "base/bytes.hpp"
#include "hw/mac_timing.hpp"
#include "quiet_port.hpp"

namespace niclab::test {
namespace {

using namespace hw;

constexpr std::uint32_t kForceMac = reg::ctrl::SLU | reg::ctrl::FRCSPD | reg::ctrl::FRCDPX | reg::ctrl::FD;

/// A port with a little memory, a ring of each kind in it, and its PHY at hand. Negotiation takes 1 us.
class LinkPort final : public QuietPort {
 public:
  using QuietPort::QuietPort;

  void write_phy(unsigned phy_register, std::uint16_t value) {
    write(reg::MDIC, reg::mdic::OP_WRITE | command(phy_register) | value);
  }
  std::uint16_t read_phy(unsigned phy_register) {
    write(reg::MDIC, reg::mdic::OP_READ | command(phy_register));
    return static_cast<std::uint16_t>(read(reg::MDIC));
  }
  static std::uint32_t command(unsigned phy_register, unsigned address = 1) {
    return reg::mdic::PHYADD.put(address) | reg::mdic::REGADD.put(phy_register);
  }
  void link_comes_up() {
    write(reg::CTRL, read(reg::CTRL) | reg::ctrl::SLU);
    pass(2_us);
    read(reg::ICR);
  }
  bool lsc() { return (read(reg::ICR) & reg::icr::LSC) != 0; }
  bool up() { return (read(reg::STATUS) & reg::status::LU) != 0; }

  /// Rings of eight descriptors; one broadcast frame of 60 bytes is handed over.
  void send_one() {
    pci_master();
    write(reg::RDBAL(0), kRxRing);
    write(reg::RDLEN(0), 128);
    write(reg::RXDCTL(0), reg::rxdctl::ENABLE);
    for (unsigned i = 0; i < 8; ++i) store_le<std::uint64_t>(&memory_[kRxRing + 16 * i], kRxBuffer);
    write(reg::RDT(0), 7);
    write(reg::RCTL, (read(reg::RCTL) & reg::rctl::LBM.mask()) | reg::rctl::RXEN | reg::rctl::BAM);
    write(reg::TDBAL(0), kTxRing);
    write(reg::TDLEN(0), 128);
    write(reg::TXDCTL(0), reg::txdctl::ENABLE);
    write(reg::TCTL, reg::tctl::EN | reg::tctl::PSP);
    std::memset(&memory_[kTxBuffer], 0xFF, 60);
    store_le<std::uint64_t>(&memory_[kTxRing], kTxBuffer);
    store_le<std::uint64_t>(&memory_[kTxRing + 8], 60 | 0x0B000000u);  // EOP, IFCS, RS
    write(reg::TDT(0), 1);
  }
  std::uint64_t count(reg::Offset counter) { return function.statistics().snapshot(counter); }
  /// From the first bit of the frame's preamble to its arrival.
  Duration round_trip() {
    while (count(reg::GPTC) == 0) pass(kDeviceClock);
    const Time start = now;
    for (unsigned i = 0; i < 20'000 && count(reg::GPRC) == 0; ++i) pass(kDeviceClock);
    return now - start;
  }
  const std::byte* received() const { return &memory_[kRxBuffer]; }

 private:
  static constexpr std::uint32_t kRxRing = 0x000, kTxRing = 0x100, kRxBuffer = 0x1000, kTxBuffer = 0x2000;

  void pci_master() { function.write_config(0x04, 0x0006, 0x3, now); }
  std::byte* readable(std::uint64_t address, std::uint32_t, sim::ReadTag) override {
    return &memory_[address];
  }
  std::byte* writable(std::uint64_t address, std::uint32_t, bool) override { return &memory_[address]; }

  std::array<std::byte, 0x3000> memory_{};
};

TEST(Link, LscComesWithAChangeOnly_FactBase_4_8) {
  LinkPort port;
  port.pass(5_us);
  EXPECT_FALSE(port.up()) << "SLU is clear";
  EXPECT_FALSE(port.lsc());
  port.write(reg::CTRL, port.read(reg::CTRL) | reg::ctrl::SLU);
  EXPECT_TRUE(port.up());
  EXPECT_TRUE(port.lsc());
  EXPECT_FALSE(port.lsc()) << "reading cleared it, and nothing changed";
  port.write_phy(mii::BMCR, 0x1340);
  EXPECT_FALSE(port.up());
  EXPECT_TRUE(port.lsc());
  for (unsigned i = 0; i < 5; ++i) {
    port.pass(500_ns);
    port.write_phy(mii::BMCR, 0x1340);
    EXPECT_FALSE(port.lsc()) << "restarted while down";
  }
  port.pass(990_ns);
  EXPECT_TRUE(port.up());
  EXPECT_TRUE(port.lsc());
  port.write(reg::CTRL, port.read(reg::CTRL) & ~reg::ctrl::SLU);
  EXPECT_FALSE(port.up());
  EXPECT_TRUE(port.lsc());
}

TEST(Link, AResetOfThePhyIsOnceDownAndOnceUp_FactBase_4_9) {
  LinkPort port;
  port.link_comes_up();
  const std::uint32_t ctrl = port.read(reg::CTRL);
  unsigned changes = 0;
  const auto look = [&](Duration d) {
    for (Duration passed{}; passed < d; passed += 80_ns) {
      port.pass(72_ns);
      changes += port.lsc();
    }
  };
  port.write(reg::CTRL, ctrl | reg::ctrl::PHY_RST);
  look(100_us);
  EXPECT_EQ(changes, 1u);
  EXPECT_FALSE(port.up());
  port.write(reg::MDIC, reg::mdic::OP_READ | LinkPort::command(mii::PHYID1));
  EXPECT_TRUE(port.read(reg::MDIC) & reg::mdic::ERROR) << "nobody answers";
  port.write(reg::CTRL, ctrl);
  look(10_us);
  EXPECT_EQ(changes, 2u);
  EXPECT_TRUE(port.up());
  EXPECT_TRUE(port.read(reg::STATUS) & reg::status::PHYRA);
}

TEST(Link, SpeedAndDuplexArePhysOrForced_FactBase_2_3_2) {
  LinkPort port;
  port.link_comes_up();
  const auto seen = [&] {
    const std::uint32_t s = port.read(reg::STATUS);
    return std::pair(reg::status::SPEED.get(s), (s & reg::status::FD) != 0);
  };
  EXPECT_EQ(seen(), std::pair(2u, true));
  port.write_phy(mii::BMCR, mii::BMCR_SPEED_LSB);
  port.pass(2_us);
  EXPECT_EQ(seen(), std::pair(1u, false));
  EXPECT_EQ(port.read_phy(mii::PHY_STATUS_2), 0x0100);
  const std::uint32_t ctrl = (port.read(reg::CTRL) & ~reg::ctrl::SPEED.mask()) | kForceMac;
  port.write(reg::CTRL, ctrl | reg::ctrl::SPEED.put(0));
  EXPECT_EQ(seen(), std::pair(0u, true)) << "the MAC was told otherwise";
  port.write(reg::CTRL, ctrl & ~(reg::ctrl::FRCSPD | reg::ctrl::FRCDPX));
  EXPECT_EQ(seen(), std::pair(1u, false));
}

TEST(Mdic, AnswersAtOnceOrAfterAFrame_FactBase_2_5_1) {
  sim::I350Quirks slow;
  slow.registers.mdio_frames = true;
  for (const sim::I350Quirks& quirks : {sim::I350Quirks{}, slow}) {
    LinkPort port(quirks);
    const bool late = quirks.registers.mdio_frames;
    const std::uint32_t question = reg::mdic::OP_READ | reg::mdic::INT_EN | LinkPort::command(mii::PHYID1);
    port.write(reg::MDIC, question);
    const Time asked = port.now;
    EXPECT_EQ((port.read(reg::MDIC) & reg::mdic::READY) == 0, late);
    EXPECT_EQ((port.read(reg::ICR) & reg::icr::MDAC) == 0, late);
    port.pass(asked + 25'600_ns - port.now - kDeviceClock * 2);
    EXPECT_EQ((port.read(reg::MDIC) & reg::mdic::READY) == 0, late);
    EXPECT_EQ(port.read(reg::MDIC), question | reg::mdic::READY | 0x0154) << "64 bits at 2.5 MHz";
    EXPECT_EQ((port.read(reg::ICR) & reg::icr::MDAC) != 0, late);
    port.write(reg::MDIC, reg::mdic::OP_READ | LinkPort::command(mii::PHYID1, 7));
    port.pass(30_us);
    EXPECT_TRUE(port.read(reg::MDIC) & reg::mdic::ERROR);
    EXPECT_EQ(reg::mdic::REGADD.get(port.read(reg::MDIC)), mii::PHYID1);
    EXPECT_FALSE(port.read(reg::ICR) & reg::icr::MDAC) << "nobody asked for it";
  }
}

// As igb's self-test sets it up: register 19, BMCR, and the MAC at the same speed.
TEST(Loopback, PhysFramesComeBackAtWireTime_FactBase_2_5_4) {
  for (const auto& [bmcr, speed] :
       {std::pair(0x4140, LinkSpeed::mbps1000), std::pair(0x6100, LinkSpeed::mbps100)}) {
    LinkPort port;
    port.link_comes_up();
    port.write_phy(mii::LOOPBACK, 0x8041);
    port.write_phy(mii::BMCR, static_cast<std::uint16_t>(bmcr));
    port.write(reg::CTRL, (port.read(reg::CTRL) & ~reg::ctrl::SPEED.mask()) | kForceMac |
                              reg::ctrl::SPEED.put(static_cast<std::uint32_t>(speed)));
    EXPECT_TRUE(port.up());
    port.send_one();
    EXPECT_EQ(port.round_trip(), frame_time(speed, 60)) << bmcr;
    // What the cable brings meanwhile is nobody's.
    port.receive(port.now + 1_us, port.frames().get(60));
    port.pass(20_us);
    EXPECT_EQ(port.received()[59], std::byte{0xFF});
    EXPECT_EQ(port.transmitted(), 0u);
    const sim::PortAccount a = port.function.account();
    EXPECT_EQ(a.on_the_wire, 1u);
    EXPECT_EQ(a.injected, 2u);
    EXPECT_EQ(a.delivered, 1u);
    EXPECT_EQ(a.filtered, 1u);
    port.read(reg::ICR);
    port.write_phy(mii::BMCR, 0x1140);
    EXPECT_TRUE(port.lsc()) << "the cable has no link yet";
  }
}

TEST(Loopback, TheMacsNeedsNoPhy_FactBase_2_7_1) {
  LinkPort port;
  port.write_phy(mii::BMCR, 0x1140 | mii::BMCR_POWER_DOWN);
  port.write(reg::CTRL,
             (port.read(reg::CTRL) & ~reg::ctrl::SPEED.mask()) | kForceMac | reg::ctrl::SPEED.put(2));
  EXPECT_FALSE(port.up());
  port.write(reg::RCTL, reg::rctl::LBM.put(1));
  EXPECT_TRUE(port.up());
  EXPECT_TRUE(port.lsc());
  port.send_one();
  EXPECT_EQ(port.round_trip(), frame_time(LinkSpeed::mbps1000, 60));
  port.pass(20_us);
  EXPECT_EQ(port.function.account().delivered, 1u);
  EXPECT_EQ(port.transmitted(), 0u);
  port.write(reg::RCTL, 0);
  EXPECT_FALSE(port.up());
}

TEST(Eee, NegotiatedIfBothOfferIt_FactBase_2_14) {
  LinkPort port;
  LinkSignal partner = LinkSignal::everything();
  partner.eee_page = mii::EEE_100 | mii::EEE_1000;
  port.function.partner_will_say(partner, port.now + 1_us);
  port.link_comes_up();
  port.pass(5_us);
  EXPECT_EQ(port.function.link_signal().eee_page, mii::EEE_100 | mii::EEE_1000) << "IPCNFG's reset value";
  EXPECT_EQ(port.read(reg::EEER), reg::eeer::EEE_NEG);
  port.write(reg::EEER, ~0u);
  EXPECT_EQ(port.read(reg::EEER), 0x3FFFFFFFu) << "nobody sleeps: RX_LPI and TX_LPI stay 0";
  port.write(reg::IPCNFG, reg::ipcnfg::EEE_100M_AN);
  port.write_phy(mii::BMCR, 0x1340);
  port.pass(5_us);
  EXPECT_EQ(port.read(reg::EEER) & reg::eeer::EEE_NEG, 0u);
  EXPECT_EQ(port.function.link_signal().eee_page, mii::EEE_100);
}

}  // namespace
}  // namespace niclab::test
