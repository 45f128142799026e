// INTx, MSI and what pends, the TCP timer and the device reset, as a driver meets them on the bus (fact base
// 1.4.2, 1.4.3, 1.6, 2.6, 4.9).
#include <gtest/gtest.h>

#include "bench.hpp"

namespace niclab::sim {
namespace {

using namespace hw;
using reg::bit;

constexpr std::uint32_t kCauses = 0x4000009D;  // igb's outside MSI-X mode (2.6.4)
constexpr std::uint16_t kIntxPending = 0x0008;

/// Counts its calls and lets `serve` do the rest.
struct Handler {
  void run() {
    ++calls;
    if (serve) serve();
  }
  Callback callback() { return Callback::to<&Handler::run>(*this); }
  unsigned calls = 0;
  std::function<void()> serve;
};

struct InterruptBench : CardBench {
  /// One vector, by the pin or by MSI; igb's masks. The handler reads ICR and enables again.
  void up(bool msi) {
    bring_up();
    if (msi) {
      EXPECT_EQ(pci.enable_msi(), 0);
    }
    rd(reg::ICR);
    handler.serve = [this] {
      causes = rd(reg::ICR);
      enable();
    };
    EXPECT_EQ(pci.request_irq(0, handler.callback(), "eth0"), 0);
    enable();
  }
  void enable() {
    wr(reg::IMS, kCauses);
    wr(reg::IAM, kCauses);
  }
  bool status_pending() { return (pci.config_read16(0x06) & kIntxPending) != 0; }
  std::vector<TlpEvent> messages() const { return recorder.select(true, TlpType::Msg); }

  Handler handler;
  std::uint32_t causes = 0;
};

constexpr std::uint64_t kAssertA = 0x20, kDeassertA = 0x24;

TEST(Intx, FactBase_1_6_AssertFollowsTheWriteBackDeassertTheReadOfIcr) {
  InterruptBench b;
  b.far.add_source(std::make_unique<UdpSource>(CardBench::to_station(128, 3, Time{} + 60_us)));
  b.task([&] {
    b.up(false);
    b.receive_ring(32, b.buffer(32 * 2048), 2048);
    b.wr(reg::IVAR(0), 0x8080);
    b.wait(400_us);
    EXPECT_FALSE(b.status_pending());
  });
  b.run(1_ms);
  EXPECT_EQ(b.causes, reg::icr::RXDW | reg::icr::INTA);
  const auto messages = b.messages();
  ASSERT_GE(messages.size(), 2u);
  ASSERT_EQ(messages.size(), 2 * b.handler.calls);
  EXPECT_EQ(b.recorder.interrupts.size(), b.handler.calls);
  const auto writes = b.recorder.select(true, TlpType::MWr);
  const auto answers = b.recorder.select(true, TlpType::CplD);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const TlpEvent& m = messages[i];
    EXPECT_EQ(m.content, i % 2 == 0 ? kAssertA : kDeassertA);
    EXPECT_EQ(m.length, 0u);
    EXPECT_EQ((m.end - m.start).ps(), 24 * 500u) << "24 B at 2 GB/s";
    if (i % 2 == 0) {  // the frame, then its descriptor, then the message
      const auto before =
          std::count_if(writes.begin(), writes.end(), [&](const auto& w) { return w.end <= m.start; });
      EXPECT_GE(before, 2);
      EXPECT_EQ(writes[static_cast<std::size_t>(before) - 1].length, 16u);
      EXPECT_LT(m.start - writes[static_cast<std::size_t>(before) - 1].end, 50_ns);
    } else {  // and the answer to the read that cleared it is behind it
      EXPECT_TRUE(std::any_of(answers.begin(), answers.end(),
                              [&](const auto& c) { return c.start >= m.end && c.start < m.end + 40_ns; }));
    }
  }
  EXPECT_EQ(b.nic.counters(0).up.tlps_of[static_cast<unsigned>(TlpType::Msg)], messages.size());
}

TEST(Intx, FactBase_1_6_HandlerThatDoesNotClearIsCalledAgainAndDisableSilencesThePin) {
  InterruptBench b;
  b.task([&] {
    b.up(false);
    b.handler.serve = [&] {
      if (b.handler.calls == 3) b.rd(reg::ICR);
    };
    b.wr(reg::ICS, reg::icr::LSC);
    b.wait(50_us);
    EXPECT_EQ(b.handler.calls, 3u);
    EXPECT_EQ(b.messages().size(), 2u) << "one level, however often it was served";
    b.pci.config_write16(0x04, 0x0406);
    b.enable();
    b.wr(reg::ICS, reg::icr::LSC);
    b.wait(20_us);
    EXPECT_EQ(b.handler.calls, 3u);
    EXPECT_TRUE(b.status_pending());
    b.pci.config_write16(0x04, 0x0006);
    b.handler.serve = [&] {
      b.wr(reg::IMC, ~0u);
      b.rd(reg::STATUS);  // until that has arrived the level is still there
    };
    b.wait(20_us);
    EXPECT_EQ(b.handler.calls, 4u);
    EXPECT_FALSE(b.status_pending());
  });
  b.run(1_ms);
  EXPECT_EQ(b.messages().size(), 4u);
}

TEST(Intx, FactBase_2_6_6_AssertionsAreModeratedDeassertionsAreNot) {
  InterruptBench b;
  b.task([&] {
    b.up(false);
    b.wr(reg::EITR(0), 100 << 2);
    for (unsigned i = 0; i < 40; ++i) {
      b.wr(reg::ICS, reg::icr::TXDW);
      b.wait(10_us);
    }
  });
  b.run(1_ms);
  const auto messages = b.messages();
  ASSERT_GE(messages.size(), 6u);
  for (std::size_t i = 2; i < messages.size(); i += 2)
    EXPECT_EQ(messages[i].start, messages[i - 2].start + 100_us);
  for (std::size_t i = 1; i < messages.size(); i += 2)
    EXPECT_LT(messages[i].start - messages[i - 1].start, 5_us);
}

TEST(Msi, FactBase_1_4_2_MaskHoldsAndBusMasteringHoldsAndUnmaskingSendsOne) {
  InterruptBench b;
  b.task([&] {
    b.up(true);
    b.wr(reg::ICS, reg::icr::LSC);
    b.wait(10_us);
    EXPECT_EQ(b.handler.calls, 1u);
    EXPECT_EQ(b.causes, reg::icr::LSC | reg::icr::INTA);
    b.pci.config_write32(0x60, 1);
    b.wr(reg::ICS, reg::icr::LSC);
    b.wait(10_us);
    EXPECT_EQ(b.handler.calls, 1u);
    EXPECT_EQ(b.pci.config_read32(0x64), 1u);
    b.pci.config_write32(0x60, 0);
    b.wait(10_us);
    EXPECT_EQ(b.handler.calls, 2u);
    EXPECT_EQ(b.pci.config_read32(0x64), 0u);
    b.pci.config_write16(0x04, 0x0402);
    b.wr(reg::ICS, reg::icr::LSC);
    b.wait(10_us);
    EXPECT_EQ(b.handler.calls, 2u);
    EXPECT_EQ(b.pci.config_read32(0x64), 1u);
    b.pci.config_write16(0x04, 0x0406);
    b.wait(10_us);
    EXPECT_EQ(b.handler.calls, 3u);
    EXPECT_FALSE(b.status_pending());
  });
  b.run(1_ms);
  EXPECT_TRUE(b.messages().empty()) << "MSI overrides INTx";
}

// Rule 4, and rule 5: auto-clear goes on although the OS has the vector masked.
TEST(Msix, FactBase_1_4_3_ClearingTheCauseTakesBackThePendingMessageWithoutAutoClear) {
  CardBench b;
  Handler handler;
  b.task([&] {
    b.bring_up();
    EXPECT_EQ(b.pci.enable_msix(2), 0);
    EXPECT_EQ(b.pci.request_irq(1, handler.callback(), "test"), 0);
    b.wr(reg::EIMS, 2);
    const auto pending_after_clear = [&](std::uint32_t gpie, std::uint32_t eiac) {
      b.wr(reg::GPIE, reg::gpie::Multiple_MSIX | gpie);
      b.wr(reg::EIAC, eiac);
      b.pci.mmio_write32(3, 16 + 12, 1);
      b.wr(reg::EICS, 2);
      EXPECT_EQ(b.rd(reg::EICR) & 2, eiac != 0 ? 0u : 2u);
      EXPECT_EQ(b.pci.mmio_read32(3, Msix::kPbaOffset), 2u);
      b.wr(reg::EICR, 2);
      const auto pending = b.pci.mmio_read32(3, Msix::kPbaOffset);
      b.wr(reg::PBACL, 2);
      b.pci.mmio_write32(3, 16 + 12, 0);
      return pending;
    };
    EXPECT_EQ(pending_after_clear(reg::gpie::PBA_support, 0), 0u);
    EXPECT_EQ(pending_after_clear(reg::gpie::PBA_support, 2), 2u);
    EXPECT_EQ(pending_after_clear(0, 0), 2u);
    b.wait(10_us);
    EXPECT_EQ(handler.calls, 0u);
    // MSI-X with one vector: everything goes to entry 0 (2.6.4).
    Handler zero;
    EXPECT_EQ(b.pci.request_irq(0, zero.callback(), "zero"), 0);
    b.wr(reg::GPIE, 0);
    b.wr(reg::IMS, reg::icr::LSC);
    b.wr(reg::ICS, reg::icr::LSC);
    b.wait(10_us);
    EXPECT_EQ(zero.calls, 1u);
    b.pci.free_irq(0);
  });
  b.run(1_ms);
}

TEST(TcpTimer, FactBase_2_6_9_FiresAtExactMilliseconds) {
  InterruptBench b;
  using namespace reg::tcptimer;
  b.task([&] {
    b.up(false);
    b.wr(reg::IMS, reg::icr::TCP_TIMER);
    b.wr(reg::IAM, 0);
    b.handler.serve = [&] { b.causes |= b.rd(reg::ICR); };
    b.wr(reg::TCPTIMER, 2 | KickStart | CountEnable | Loop);
    b.wait(7_ms);
    b.wr(reg::TCPTIMER, 2 | CountEnable);
    b.wait(3_ms);
    EXPECT_EQ(b.handler.calls, 4u);
    EXPECT_EQ(b.rd(reg::EICR) & reg::eicr::TCP_TIMER, reg::eicr::TCP_TIMER);
    // In MSI-X mode it has a vector of its own and none of the other causes'.
    b.pci.free_irq(0);
    EXPECT_EQ(b.pci.enable_msix(4), 0);
    EXPECT_EQ(b.pci.request_irq(3, b.handler.callback(), "timer"), 0);
    b.wr(reg::GPIE, reg::gpie::Multiple_MSIX | reg::gpie::NSICR);
    b.wr(reg::IVAR_MISC, 0x8083);
    b.wr(reg::EIAC, 0xF);
    b.wr(reg::EIMS, 0xF);
    b.wr(reg::TCPTIMER, 1 | KickStart | CountEnable);
    b.wait(2_ms);
  });
  b.run(20_ms);
  const auto messages = b.messages();
  ASSERT_EQ(messages.size(), 8u);
  for (std::size_t i = 2; i < messages.size(); i += 2)
    EXPECT_EQ(messages[i].start, messages[i - 2].start + 2_ms);
  EXPECT_EQ(b.causes, reg::icr::TCP_TIMER | reg::icr::INTA);
  ASSERT_EQ(b.recorder.interrupts.size(), 5u);
  EXPECT_EQ(b.recorder.interrupts.back().vector, 3u);
}

/// Two ports of one card.
struct TwoPorts : HostSide {
  static std::vector<I350FunctionConfig> functions(RtlWorld& rtl) {
    auto c = one_port(rtl);
    c.push_back(c[0]);
    c[1].mac = {{2, 0, 0, 0, 0, 9}};
    return c;
  }
  TwoPorts()
      : nic("i350", engine, scheduler, trace, frames, pcie, functions(rtl), 0),
        pci{HostPci(host, 0, {1, 0, 0}), HostPci(host, 1, {1, 0, 1})},
        wire0("wire0", 50_ns),
        wire1("wire1", 50_ns),
        far0("far0", engine, scheduler, frames, 0),
        far1("far1", engine, scheduler, frames, 1) {
    nic.pcie_out.bind(rc.from_device);
    rc.to_device.bind(nic.pcie_in);
    plug(0, wire0, far0);
    plug(1, wire1, far1);
    for (unsigned f = 0; f < 2; ++f) {
      auto& space = nic.function(f).config_space();
      space.write(PciConfigSpace::kBar0, HostPci::bar_base(f, 0));
      space.write(PciConfigSpace::kBar0 + 12, HostPci::bar_base(f, 3));
    }
  }
  void plug(unsigned f, Wire& wire, FarEnd& far) {
    nic.wire_out(f).bind(wire.from_a);
    wire.to_a.bind(nic.wire_in(f));
    far.out.bind(wire.from_b);
    wire.to_b.bind(far.in);
  }
  void wr(unsigned f, reg::Offset o, std::uint32_t v) { device(f).mmio_write32(0, o, v); }
  std::uint32_t rd(unsigned f, reg::Offset o) { return device(f).mmio_read32(0, o); }
  PciDevice& device(unsigned f) { return pci[f]; }

  RtlWorld rtl{false};
  I350 nic;
  HostPci pci[2];
  Wire wire0, wire1;
  FarEnd far0, far1;
};

TEST(TwoFunctions, FactBase_4_9_DeviceResetTellsTheOtherPortAndEachHasItsPin) {
  TwoPorts b;
  Handler handler[2];
  std::uint32_t causes[2]{};
  b.host.kernel().spawn("test", 0, [&] {
    const auto wait = [&](Duration d) { b.host.kernel().sleep_until(b.host.kernel().now() + d); };
    for (unsigned f = 0; f < 2; ++f) {
      b.device(f).config_write16(0x04, 0x0006);
      handler[f].serve = [&, f] { causes[f] |= b.rd(f, reg::ICR); };
      EXPECT_EQ(b.device(f).request_irq(0, handler[f].callback(), "eth"), 0);
      b.wr(f, reg::IMS, kCauses);
      b.wr(f, reg::ICS, reg::icr::LSC);
    }
    wait(20_us);
    for (unsigned f = 0; f < 2; ++f) {
      EXPECT_EQ(handler[f].calls, 1u);
      EXPECT_EQ(causes[f], reg::icr::LSC | reg::icr::INTA);
      EXPECT_EQ(b.device(f).config_read8(0x3D), f + 1);
    }
    // A cause held back by the throttle is told at once (2.6.6); masks and interval of the other port stay.
    b.wr(1, reg::EITR(0), 5000 << 2);
    b.wr(1, reg::ICS, reg::icr::TXDW);
    wait(5_us);
    b.wr(1, reg::ICS, reg::icr::TXDW);
    b.wr(1, reg::RXPBS, 3);
    b.wr(1, reg::RCTL, reg::rctl::RXEN);
    EXPECT_EQ(handler[1].calls, 2u);
    b.wr(0, reg::CTRL, reg::ctrl::DEV_RST);
    wait(20_us);
    EXPECT_EQ(handler[0].calls, 1u) << "its own masks are reset";
    EXPECT_EQ(b.rd(0, reg::ICR), reg::icr::DRSTA);
    EXPECT_EQ(handler[1].calls, 3u);
    EXPECT_EQ(causes[1], reg::icr::LSC | reg::icr::INTA | reg::icr::TXDW | reg::icr::DRSTA);
    EXPECT_EQ(b.rd(1, reg::RCTL), 0u);
    EXPECT_EQ(b.rd(1, reg::IMS), kCauses);
    EXPECT_EQ(b.rd(1, reg::EITR(0)) & 0x7FFC, 5000u << 2 & 0x7FFC);
    for (unsigned f = 0; f < 2; ++f) EXPECT_NE(b.rd(f, reg::STATUS) & reg::status::DEV_RST_SET, 0u);
  });
  b.run(1_ms);
  const auto messages = b.recorder.select(true, TlpType::Msg);
  EXPECT_TRUE(
      std::any_of(messages.begin(), messages.end(), [](const auto& m) { return m.content == kAssertA + 1; }));
  for (const TlpEvent& m : messages) EXPECT_EQ(m.content & 3, m.port);
  EXPECT_EQ(b.host.kernel().live_tasks(), 0u);
}

}  // namespace
}  // namespace niclab::sim
