// A client of QEMU's qtest protocol, and a PCI function behind it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <filesystem>

#include "bridge/qtest/qtest_pci.hpp"
#include "tests/unit/bridge/fake_qemu.hpp"

namespace niclab::bridge::qtest {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

constexpr PciAddress kFunction{0, 4, 0};

/// What QEMU will say lies in the socket before it is asked.
class ClientTest : public ::testing::Test {
 protected:
  ClientTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    ours_ = UniqueFd(ends[0]);
    qemu_ = UniqueFd(ends[1]);
  }
  void says(std::string_view text) {
    EXPECT_EQ(send(qemu_.get(), text.data(), text.size(), 0), ssize_t(text.size()));
  }
  Client client() {
    says("OK little\n");
    return Client(std::move(ours_), 20);
  }
  std::string asked() {
    std::array<char, 1024> some;
    const ssize_t n = recv(qemu_.get(), some.data(), some.size(), MSG_DONTWAIT);
    return {some.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0))};
  }
  UniqueFd ours_, qemu_;
};

TEST_F(ClientTest, CommandsAreLinesAndValuesCNotation) {
  Client c = client();
  EXPECT_EQ(asked(), "endianness\n");
  says("OK 0x12\nOK\nOK 0xff\nOK\nOK 500\n");
  const std::array commands{read_memory(0xE0000008, 4), write_memory(0xE0003818, 4, 7), read_port(0xCFC, 2),
                            write_port(0xCF8, 4, 0x80000000), clock_step(250)};
  EXPECT_EQ(c.run(commands), 500u);
  EXPECT_EQ(asked(),
            "readl 0xe0000008\nwritel 0xe0003818 0x7\ninw 0xcfc\noutl 0xcf8 0x80000000\nclock_step 250\n");
  says("OK 0x2a\n");
  EXPECT_EQ(c.run(read_memory(0, 1)), 42u);
}

TEST_F(ClientTest, InterruptLinesComeBeforeReplies) {
  Client c = client();
  says("IRQ raise 20\nIRQ lower 3\nOK 0x1\nOK\n");
  c.run(std::array{read_memory(0, 4), write_memory(0, 4, 0)});
  const auto events = c.take_line_events();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_TRUE(events[0].line == 20 && events[0].high);
  EXPECT_TRUE(events[1].line == 3 && !events[1].high);
  EXPECT_TRUE(c.take_line_events().empty());
}

struct Malformed {
  const char* said;
  const char* complaint;
};
class MalformedReply : public ClientTest, public ::testing::WithParamInterface<Malformed> {};

TEST_P(MalformedReply, IsRefusedInOneLine) {
  Client c = client();
  says(GetParam().said);
  EXPECT_THAT([&] { c.run(read_memory(0x10, 4)); },
              ThrowsMessage<Error>(AllOf(HasSubstr("qtest: 'readl 0x10': "), HasSubstr(GetParam().complaint),
                                         HasSubstr(", expected "), Not(HasSubstr("\n")))));
}
INSTANTIATE_TEST_SUITE_P(
    Qtest, MalformedReply,
    ::testing::Values(Malformed{"FAIL Unknown command 'readl'\n", "FAIL Unknown command"},
                      Malformed{"ERR\n", "'ERR'"}, Malformed{"ok 0x1\n", "'ok 0x1'"},
                      Malformed{"OK\n", "a number"}, Malformed{"OK \n", "a number"},
                      Malformed{"OK 0x\n", "a number"}, Malformed{"OK 0xg\n", "a number"},
                      Malformed{"OK 12x\n", "a number"}, Malformed{"OK 0x1 0x2\n", "a number"},
                      Malformed{"OK -1\n", "a number"}, Malformed{"OK 0x10000000000000000\n", "a number"},
                      Malformed{"\n", "'' came"}, Malformed{"IRQ\nOK 0x1\n", "'IRQ'"},
                      Malformed{"IRQ raise\nOK 0x1\n", "IRQ raise or lower"},
                      Malformed{"IRQ sink 3\nOK 0x1\n", "IRQ raise or lower"},
                      Malformed{"IRQ raise 4294967296\nOK 0x1\n", "IRQ raise or lower"},
                      Malformed{"OK 0x1", "no answer in 20 ms"}, Malformed{"", "no answer in 20 ms"}));

TEST_F(ClientTest, AValueNobodyAskedForIsRefused) {
  Client c = client();
  says("OK 0x1\n");
  EXPECT_THAT([&] { c.run(write_memory(0, 4, 1)); },
              ThrowsMessage<Error>(HasSubstr("'OK 0x1' came, expected OK")));
}

TEST_F(ClientTest, ALineWithoutEndIsRefused) {
  Client c = client();
  says(std::string(Client::kLongestLine + 1, 'O'));
  EXPECT_THAT([&] { c.run(read_memory(0, 4)); }, ThrowsMessage<Error>(HasSubstr("a line without end")));
}

TEST_F(ClientTest, QemuGoesAway) {
  Client c = client();
  says("OK 0x");
  shutdown(qemu_.get(), SHUT_WR);
  EXPECT_THAT([&] { c.run(read_memory(0, 4)); },
              ThrowsMessage<Error>(HasSubstr("QEMU closed the connection")));
  qemu_ = {};
  EXPECT_THAT([&] { c.run(read_memory(0, 4)); }, ThrowsMessage<Error>(HasSubstr("does not listen any more")));
}

TEST_F(ClientTest, ABigEndianMachineIsRefused) {
  says("OK big\n");
  EXPECT_THAT([&] { Client(std::move(ours_), 20); },
              ThrowsMessage<Error>(HasSubstr("'big' came, expected little")));
}

TEST(WaitForQemu, GivesUpAndLeavesNothingBehind) {
  const std::string path = ::testing::TempDir() + "niclab-qtest-" + std::to_string(getpid());
  EXPECT_THAT([&] { wait_for_qemu(path, 10); }, ThrowsMessage<Error>(HasSubstr("nobody connected")));
  EXPECT_FALSE(std::filesystem::exists(path));
}

// --- configuration space -------------------------------------------------------------------------

TEST(ConfigSpace, BarsAreSizedAndPlaced) {
  FakeQemu qemu;
  qemu.bar_masks[4] = 0;
  Client client(qemu.connect());
  const auto bars = place_bars(client, kFunction);
  EXPECT_TRUE(bars[0].kind == Bar::Kind::memory && bars[0].base == 0xE0000000 && bars[0].size == 0x1000);
  EXPECT_TRUE(bars[1].kind == Bar::Kind::io && bars[1].base == 0xC000 && bars[1].size == 0x20);
  EXPECT_EQ(bars[2].kind, Bar::Kind::absent);
  EXPECT_TRUE(bars[3].kind == Bar::Kind::memory && bars[3].base == 0xE0004000 && bars[3].size == 0x4000);
  EXPECT_EQ(bars[4].kind, Bar::Kind::absent);  // the upper half of BAR 3
  EXPECT_EQ(config_read(client, kFunction, 0x04, 2) & 3, 3u);
  EXPECT_EQ(find_capability(client, kFunction, 0x11), 0x70);
  EXPECT_EQ(find_capability(client, kFunction, 0x05), 0);
  EXPECT_EQ(config_read(client, kFunction, 0x100, 4), ~0u);
}

TEST(ConfigSpace, WhatCannotBeIsRefused) {
  FakeQemu qemu;
  qemu.put(0xA0, 0x00007010);  // back to the first
  qemu.bar_masks[0] = 0xFFFF3000;
  Client client(qemu.connect());
  EXPECT_THAT(
      [&] {
        place_bars(client, {0, 5, 0});
      },
      ThrowsMessage<Error>(HasSubstr("0000:00:05.0: nobody answers")));
  EXPECT_THAT([&] { place_bars(client, kFunction); },
              ThrowsMessage<Error>(HasSubstr("BAR 0 of 53248 bytes")));
  EXPECT_THAT([&] { find_capability(client, kFunction, 0x05); },
              ThrowsMessage<Error>(HasSubstr("has no end")));
}

// --- the function as its driver sees it ----------------------------------------------------------

class QtestPciTest : public ::testing::Test {
 public:
  void handle() { ++handled_; }
  void handle_and_lower() {
    ++handled_;
    pci_.mmio_write32(0, 0x80, 0);
  }

 protected:
  explicit QtestPciTest(Offer offer = Offer::msix) : pci_(machine_, client_, kFunction, offer, 20) {
    kernel_.start(Time{});
  }
  ~QtestPciTest() override { engine_.freeze(); }
  /// In a task, and then some time for interrupts.
  void run(std::function<void()> body) {
    bool done = false;
    kernel_.spawn("test", 0, [&] {
      body();
      kernel_.sleep_until(kernel_.now() + 100_us);
      done = true;
    });
    for (Time t = engine_.now(); !done; t += 1_ms) engine_.run_until(t);
  }
  sim::HostConfig config() {
    sim::HostConfig c;
    c.cpus = 2;
    c.memory_bytes = FakeQemu::kRamSize;
    c.memory = {qemu_.ram_fd(), FakeQemu::kRam};
    return c;
  }
  FakeQemu qemu_;
  Client client_{qemu_.connect()};
  sim::Engine engine_{false};
  const CostModel cost_;
  sim::HostKernel kernel_{engine_, cost_, config()};
  Machine machine_{kernel_, client_, FakeQemu::kRam};
  QtestPci pci_;
  unsigned handled_ = 0;
};

TEST_F(QtestPciTest, QemusClockFollowsSimulatedTime) {
  run([&] {
    kernel_.sleep_until(Time{} + 3_ms);
    pci_.mmio_write32(0, 0x40, 0x1234);
    const Time before = kernel_.now();
    EXPECT_EQ(pci_.mmio_read32(0, 0x40), 0x1234u);
    EXPECT_GE(kernel_.now() - before, 1_us);
    const Time later = kernel_.now();
    EXPECT_EQ(pci_.mmio_read32(0, 0x90), 1001 + later.ns());  // the first step was our time zero
  });
}

TEST_F(QtestPciTest, MessagesAreWordsInMemory) {
  run([&] {
    EXPECT_EQ(pci_.enable_msix(5), -ENOSPC);
    ASSERT_EQ(pci_.enable_msix(4), 0);
    pci_.mmio_write32(0, 0x18, 1);  // masked: nothing comes
    ASSERT_EQ(pci_.request_irq(2, Callback::to<&QtestPciTest::handle>(*this), "eth0"), 0);
    EXPECT_EQ(pci_.request_irq(2, {}, "twice"), -EINVAL);
    for (int i = 0; i < 3; ++i) {
      pci_.mmio_write32(0, 0x18, 1);
      kernel_.sleep_until(kernel_.now() + 10_us);
    }
    pci_.free_irq(2);
    pci_.mmio_write32(0, 0x18, 1);
  });
  EXPECT_EQ(handled_, 3u);
  EXPECT_EQ(pci_.interrupts(2), 3u);
  EXPECT_EQ(kernel_.irqs().front()->count, (std::vector<std::uint64_t>{3, 0}));
}

TEST_F(QtestPciTest, EveryMappingIsUndoneOnceAsItWasMade) {
  run([&] {
    std::byte* page = kernel_.alloc_host_memory(4096, 4096);
    const std::source_location here = std::source_location::current();
    const DmaAddress a = pci_.dma_map_single({page, 100}, DmaDirection::to_device, here);
    EXPECT_EQ(a.value, FakeQemu::kRam + kernel_.memory().physical(page).value);
    pci_.dma_unmap_single(a, 101, DmaDirection::to_device, here);
    pci_.dma_unmap_single(a, 100, DmaDirection::from_device, here);
    EXPECT_EQ(pci_.dma_faults(), 2u);
    pci_.dma_unmap_single(a, 100, DmaDirection::to_device, here);
    EXPECT_EQ(pci_.mappings(), 0u);
    std::array<std::byte, 8> stack;
    EXPECT_EQ(pci_.dma_map_single(stack, DmaDirection::to_device, here), kDmaMappingError);
    EXPECT_EQ(pci_.dma_faults(), 3u);
    EXPECT_EQ(pci_.dma_set_mask_and_coherent(32), 0);
    EXPECT_EQ(pci_.dma_set_mask_and_coherent(16), -EIO);
  });
}

class QtestLineTest : public QtestPciTest {
 protected:
  QtestLineTest() : QtestPciTest(Offer::intx) {}
};

TEST_F(QtestLineTest, ALineInterruptsUntilTheDeviceLetsGo) {
  run([&] {
    EXPECT_EQ(pci_.enable_msix(1), -ENODEV);
    EXPECT_EQ(pci_.enable_msi(), -ENODEV);
    EXPECT_EQ(pci_.request_irq(1, {}, "no such"), -EINVAL);
    ASSERT_EQ(pci_.request_irq(0, Callback::to<&QtestPciTest::handle_and_lower>(*this), "eth0"), 0);
    pci_.mmio_write32(0, 0x80, 1);
    kernel_.sleep_until(kernel_.now() + 50_us);
    EXPECT_EQ(handled_, 1u);
    pci_.free_irq(0);
    ASSERT_EQ(pci_.request_irq(0, Callback::to<&QtestPciTest::handle>(*this), "eth0"), 0);
    pci_.irq_set_affinity(0, 1);  // a CPU of its own: it will have no time for anything else
    pci_.mmio_write32(0, 0x80, 1);
    kernel_.sleep_until(kernel_.now() + 50_us);
    EXPECT_GT(handled_, 10u);
    pci_.mmio_write32(0, 0x80, 0);
  });
}

}  // namespace
}  // namespace niclab::bridge::qtest
