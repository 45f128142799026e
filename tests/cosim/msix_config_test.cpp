// Interrupt messages and configuration space as a driver meets them, through the bus (fact base 1.2
// to 1.5, 2.6).
#include <gtest/gtest.h>

#include "bench.hpp"

namespace niclab::sim {
namespace {

using namespace hw;

constexpr unsigned kBar3 = 3, kVector = 2;
constexpr std::uint32_t kControl = kVector * 16 + 12;  // vector control of the table's entry

struct Handler {
  void run() { ++count; }
  unsigned count = 0;
};

struct MsixBench : CardBench {
  /// MSI-X with one handler on vector 2, its throttle off.
  void msix_up() {
    bring_up();
    wr(reg::GPIE, reg::gpie::NSICR | reg::gpie::Multiple_MSIX | reg::gpie::EIAME | reg::gpie::PBA_support);
    EXPECT_EQ(pci.enable_msix(5), 0);
    EXPECT_EQ(pci.request_irq(kVector, Callback::to<&Handler::run>(handler), "test"), 0);
    wr(reg::EIAC, 1u << kVector);
    wr(reg::EIMS, 1u << kVector);
  }
  void cause() {
    wr(reg::EICS, 1u << kVector);
    wait(5_us);
  }
  std::uint32_t pending() { return pci.mmio_read32(kBar3, Msix::kPbaOffset); }
  Handler handler;
};

TEST(MsixOnTheBus, FactBase_1_4_3_OneCauseOneMessage) {
  MsixBench b;
  b.task([&] {
    b.msix_up();
    for (unsigned i = 1; i <= 3; ++i) {
      b.cause();
      EXPECT_EQ(b.handler.count, i);
    }
  });
  b.run(1_ms);
  ASSERT_EQ(b.recorder.interrupts.size(), 3u);
  EXPECT_EQ(b.recorder.interrupts[0].vector, kVector);
  EXPECT_EQ(b.recorder.interrupts[0].cpu, kVector % 2);
}

TEST(MsixOnTheBus, FactBase_1_4_3_MaskedEntryHoldsItsMessageUntilUnmasked) {
  MsixBench b;
  b.task([&] {
    b.msix_up();
    b.pci.mmio_write32(kBar3, kControl, 1);
    EXPECT_EQ(b.pending(), 0u);
    b.cause();
    b.cause();  // twice set, once pending
    EXPECT_EQ(b.handler.count, 0u);
    EXPECT_EQ(b.pending(), 1u << kVector);
    b.pci.mmio_write32(kBar3, kControl, 0);
    b.wait(5_us);
    EXPECT_EQ(b.handler.count, 1u);
    EXPECT_EQ(b.pending(), 0u);
  });
  b.run(1_ms);
  EXPECT_EQ(b.recorder.interrupts.size(), 1u);
}

TEST(MsixOnTheBus, FactBase_1_4_3_FunctionMaskHoldsEveryMessage) {
  MsixBench b;
  b.task([&] {
    b.msix_up();
    const auto control = b.pci.config_read16(0x72);
    b.pci.config_write16(0x72, static_cast<std::uint16_t>(control | 0x4000));
    b.cause();
    EXPECT_EQ(b.handler.count, 0u);
    EXPECT_EQ(b.pending(), 1u << kVector);
    b.pci.config_write16(0x72, control);
    b.wait(5_us);
    EXPECT_EQ(b.handler.count, 1u);
  });
  b.run(1_ms);
}

TEST(MsixOnTheBus, ClearedPendingMessageIsNeverSent) {
  MsixBench b;
  b.task([&] {
    b.msix_up();
    b.pci.mmio_write32(kBar3, kControl, 1);
    b.cause();
    b.wr(reg::PBACL, 1u << kVector);
    EXPECT_EQ(b.pending(), 0u);
    b.pci.mmio_write32(kBar3, kControl, 0);
    b.wait(5_us);
    EXPECT_EQ(b.handler.count, 0u);
  });
  b.run(1_ms);
  EXPECT_TRUE(b.recorder.interrupts.empty());
}

TEST(MsixOnTheBus, MessageFollowsItsAffinity) {
  MsixBench b;
  b.task([&] {
    b.msix_up();
    b.pci.irq_set_affinity(kVector, 1);
    b.cause();
    b.pci.irq_set_affinity(kVector, 0);
    b.cause();
  });
  b.run(1_ms);
  ASSERT_EQ(b.recorder.interrupts.size(), 2u);
  EXPECT_EQ(b.recorder.interrupts[0].cpu, 1u);
  EXPECT_EQ(b.recorder.interrupts[1].cpu, 0u);
}

/// Remembers when its first instruction ran.
struct TimedHandler {
  void run() { at = kernel->now(); }
  Kernel* kernel;
  Time at{};
};

// A load cannot be interrupted, but what arrived meanwhile is served before the next instruction.
TEST(MsixOnTheBus, InterruptDuringALoadIsServedBeforeTheNextLoad) {
  MsixBench b;
  TimedHandler timed{&b.host.kernel()};
  b.task([&] {
    b.msix_up();
    b.pci.free_irq(kVector);
    EXPECT_EQ(b.pci.request_irq(kVector, Callback::to<&TimedHandler::run>(timed), "timed"), 0);
    b.pci.irq_set_affinity(kVector, 0);  // the CPU that loads
    b.wr(reg::EICS, 1u << kVector);
    for (unsigned i = 0; i < 8; ++i) b.rd(reg::STATUS);
  });
  b.run(1_ms);
  ASSERT_EQ(b.recorder.interrupts.size(), 1u);
  const Time arrived = b.recorder.interrupts[0].time;
  unsigned before = 0, between = 0;
  for (const TlpEvent& e : b.recorder.select(false, TlpType::MRd)) {
    before += e.start < arrived && e.start + 400_ns > arrived;
    between += e.start > arrived && e.start < timed.at;
  }
  EXPECT_EQ(before, 1u);  // it did arrive during a load
  EXPECT_EQ(between, 0u);
}

TEST(MsixOnTheBus, FreedVectorStaysSilent) {
  MsixBench b;
  b.task([&] {
    b.msix_up();
    b.pci.free_irq(kVector);
    b.cause();
    EXPECT_EQ(b.handler.count, 0u);
  });
  b.run(1_ms);
}

TEST(ConfigSpaceOnTheBus, FactBase_1_2_IdentityAndBars) {
  CardBench b;
  bool done = false;
  b.task([&] {
    EXPECT_EQ(b.pci.config_read32(0x00), 0x1521'8086u);
    EXPECT_EQ(b.pci.config_read16(0x02), 0x1521u);
    EXPECT_EQ(b.pci.config_read8(0x0B), 0x02u);  // network controller
    EXPECT_EQ(b.pci.config_read8(0x0A), 0x00u);  // Ethernet
    const auto size_of = [&](std::uint16_t bar) {
      const auto before = b.pci.config_read32(bar);
      b.pci.config_write32(bar, ~0u);
      const auto size = ~(b.pci.config_read32(bar) & ~0xFu) + 1;
      b.pci.config_write32(bar, before);
      return size;
    };
    EXPECT_EQ(size_of(0x10), PciConfigSpace::kBar0Size);
    EXPECT_EQ(size_of(0x1C), PciConfigSpace::kBar3Size);
    EXPECT_EQ(b.pci.config_read32(0x10) & ~0xFu, HostPci::bar_base(0, 0));
    // Narrow writes change only their bytes.
    b.pci.config_write16(0x04, 0x0006);
    EXPECT_EQ(b.pci.config_read16(0x04), 0x0006u);
    EXPECT_EQ(b.pci.config_read32(0x04) & 0xFFFF, 0x0006u);
    done = true;
  });
  b.run(1_ms);
  EXPECT_TRUE(done);
}

TEST(ConfigSpaceOnTheBus, FactBase_1_4_CapabilitiesInTheirChains) {
  CardBench b;
  std::vector<std::pair<unsigned, unsigned>> capabilities, extended;
  b.task([&] {
    EXPECT_NE(b.pci.config_read16(0x06) & 0x10, 0);  // there is a list
    for (unsigned at = b.pci.config_read8(0x34); at != 0 && capabilities.size() < 20;
         at = b.pci.config_read8(static_cast<std::uint16_t>(at + 1)))
      capabilities.emplace_back(at, b.pci.config_read8(static_cast<std::uint16_t>(at)));
    for (unsigned at = 0x100; at != 0 && extended.size() < 20;) {
      const auto header = b.pci.config_read32(static_cast<std::uint16_t>(at));
      extended.emplace_back(at, header & 0xFFFF);
      at = header >> 20;
    }
  });
  b.run(1_ms);
  using Chain = std::vector<std::pair<unsigned, unsigned>>;
  // Power management, MSI, MSI-X, PCI Express.
  ASSERT_GE(capabilities.size(), 4u);
  EXPECT_EQ(Chain(capabilities.begin(), capabilities.begin() + 4),
            (Chain{{0x40, 1}, {0x50, 5}, {0x70, 0x11}, {0xA0, 0x10}}));
  ASSERT_GE(extended.size(), 2u);
  EXPECT_EQ(extended[0], (std::pair{0x100u, 1u}));  // advanced error reporting
  EXPECT_EQ(extended[1], (std::pair{0x140u, 3u}));  // device serial number
}

TEST(ConfigSpaceOnTheBus, FactBase_1_3_RetriedUntilTheNvmIsReadThenRegistersThroughIo) {
  I350Quirks late;
  late.registers.late_nvm = true;
  CardBench b({}, 2, Plug::far_end, late);
  bool done = false;
  b.task([&] {
    EXPECT_EQ(b.pci.config_read32(0x00), 0x1521'8086u);
    const Time ready = b.host.kernel().now();
    EXPECT_GT(ready, Time{} + 1_ms);
    EXPECT_LT(ready, Time{} + 2_ms);
    const auto requests = b.recorder.select(false, TlpType::CfgRd).size();
    EXPECT_GT(requests, 5u) << "asked again and again";

    b.function.set_bar(2, 0xE000);
    b.pci.config_write32(0x18, 0xE000);
    EXPECT_EQ(b.pci.io_read32(0), ~0u) << "I/O is not enabled";
    b.pci.config_write16(0x04, 0x0005);
    b.pci.io_write32(0, reg::RDBAL(1));
    b.pci.io_write32(4, 0x1234'5680);
    EXPECT_EQ(b.pci.io_read32(0), reg::RDBAL(1));
    EXPECT_EQ(b.pci.io_read32(4), 0x1234'5680u);
    EXPECT_EQ(b.rd(reg::RDBAL(1)), ~0u) << "memory is not enabled";
    const auto writes = b.recorder.select(false, TlpType::IOWr);
    ASSERT_EQ(writes.size(), 2u);
    EXPECT_EQ(writes[1].address, 0xE004u);

    b.pci.config_write16(0xA8, 0xA810);  // function-level reset
    const Time reset = b.host.kernel().now();
    EXPECT_EQ(b.pci.config_read16(0x04), 0u);
    EXPECT_GT(b.host.kernel().now(), reset + 900_us);
    EXPECT_EQ(b.pci.io_read32(0), ~0u);
    done = true;
  });
  b.run(5_ms);
  EXPECT_TRUE(done);
}

TEST(ConfigSpaceOnTheBus, AbsentFunctionAndRegisterBeyondTheBarReadAllOnes) {
  CardBench b;
  HostPci absent(b.host, 2, PciAddress{1, 0, 2});
  bool done = false;
  b.task([&] {
    EXPECT_EQ(absent.config_read32(0), ~0u);
    EXPECT_EQ(b.rd(reg::STATUS), ~0u);  // memory decoding is still off
    b.bring_up();
    EXPECT_NE(b.rd(reg::STATUS), ~0u);
    EXPECT_EQ(b.rd(PciConfigSpace::kBar0Size + 8), ~0u);
    done = true;
  });
  b.run(1_ms);
  EXPECT_TRUE(done);
}

TEST(ConfigSpaceOnTheBus, MaximumPayloadAndReadRequestAreWhatFirmwareSet) {
  PcieConfig c;
  c.mps = 512;
  c.mrrs = 4096;
  CardBench b(c);
  b.task([&] {
    const auto control = b.pci.config_read16(0xA8);
    EXPECT_EQ(control >> 5 & 7, 2);
    EXPECT_EQ(control >> 12 & 7, 5);
  });
  b.run(1_ms);
}

}  // namespace
}  // namespace niclab::sim
