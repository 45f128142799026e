// What random histories once found, each by itself (tests/unit/i350/property_test.cpp), and what they cannot
// judge.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "quiet_port.hpp"

namespace niclab::test {
namespace {

using namespace hw;

/// A port that may master the bus, with MSI-X and one receive queue on vector 1; notes what it writes and
/// reads, in order.
class NotingPort final : private DmaLaw {
 public:
  static constexpr std::uint64_t kRing = 0x10000, kBuffers = 0x11000, kMessage = 0xFEE01000;
  static constexpr unsigned kVector = 1;

  explicit NotingPort(std::uint32_t wthresh)
      : eeprom_(Nvm::make_default(QuietPort::kMac)),
        bus_(engine_, *this, 1),
        function_(engine_, bus_, frames_, eeprom_, semaphores_, 0, 0, config()) {
    bus_.attach(function_);
    function_.power_on(now_);
    function_.write_config(0x04, 0x0006, 0x3, now_);
    function_.write_config(PciConfigSpace::kMsix, 0x8000'0000, 0xC, now_);
    function_.write_msix(16 * kVector, static_cast<std::uint32_t>(kMessage), 0xF, now_);
    function_.write_msix(16 * kVector + 12, 0, 0xF, now_);
    write(reg::CTRL, function_.read_csr(reg::CTRL, now_) | reg::ctrl::SLU);
    pass(2_us);
    for (unsigned i = 0; i < 64; ++i)
      Descriptor::of(AdvRxRead::make({kBuffers})).store(&memory_[i * kDescriptorBytes]);
    write(reg::RDBAL(0), kRing);
    write(reg::RDLEN(0), 64 * kDescriptorBytes);
    write(reg::RXDCTL(0), reg::rxdctl::ENABLE | reg::rxdctl::WTHRESH.put(wthresh));
    write(reg::RDT(0), 63);
    write(reg::IVAR(0), reg::ivar::VALID | kVector);
    write(reg::GPIE, reg::gpie::Multiple_MSIX | reg::gpie::EIAME);
    write(reg::EIAC, reg::bit(kVector));
    write(reg::EIMS, reg::bit(kVector));
    write(reg::RCTL, reg::rctl::RXEN | reg::rctl::UPE | reg::rctl::SECRC);
    pass(10_us);
  }
  void write(reg::Offset offset, std::uint32_t value) {
    pass(kDeviceClock);
    function_.write_csr(offset, value, now_);
  }
  void pass(Duration d) {
    now_ += d;
    engine_.run(now_);
  }
  /// One frame, and all that it does.
  void receive() {
    sim::Frame* f = frames_.get(60);
    std::fill_n(f->data, 60, std::byte{8});  // EtherType 0x0808
    function_.receive_frame(now_, f);
    pass(5_us);
  }
  /// Puts a packet of 60 bytes at `buffer` into the first descriptor of the ring at `ring`.
  void give(std::uint64_t ring, std::uint64_t buffer) {
    Descriptor::of(AdvTxData::make({buffer}, 60, txd::IFCS | txd::EOP | txd::RS, 60))
        .store(&memory_.at(ring - kRing));
  }
  /// Where packets were read from.
  const std::vector<std::uint64_t>& payloads() const { return payloads_; }
  /// What was written since the last call: 'f'rames, 'd'escriptors, 'm'essages.
  std::string written_since() { return std::exchange(writes_, {}); }

 private:
  static sim::I350FunctionConfig config() {
    sim::I350FunctionConfig c;
    c.mac = QuietPort::kMac;
    c.negotiation = 1_us;
    c.name = "port";
    return c;
  }
  std::byte* readable(std::uint64_t address, std::uint32_t, sim::ReadTag tag) override {
    // Asked when the read is sent and when it is answered.
    const bool again = !payloads_.empty() && payloads_.back() == address;
    if (tag.kind == sim::ReadKind::tx_payload && !again) payloads_.push_back(address);
    return &memory_.at(address - kRing);
  }
  std::byte* writable(std::uint64_t address, std::uint32_t, bool frame) override {
    writes_ += frame ? 'f' : address == kMessage ? 'm' : 'd';
    return address == kMessage ? message_.data() : &memory_.at(address - kRing);
  }
  void written(std::uint64_t, std::uint32_t) override {}

  Time now_{};
  sim::Engine engine_{false};
  sim::FramePool frames_;
  SpiEeprom eeprom_;
  Semaphores semaphores_;
  PortBus bus_;
  sim::I350Function function_;
  std::array<std::byte, 0x2000> memory_{};
  std::array<std::byte, 4> message_{};
  std::string writes_;
  std::vector<std::uint64_t> payloads_;
};

// A message announces descriptors: those that wait for more of their kind go out before it, whoever asked for
// it.
TEST(Port, WaitingWriteBacksGoBeforeTheMessage_FactBase_3_4) {
  NotingPort port(4);
  port.write(reg::EITR(1), 1000 << 2);
  port.receive();
  EXPECT_EQ(port.written_since(), "fdm") << "an idle vector: at once";
  port.receive();
  EXPECT_EQ(port.written_since(), "f") << "one of four, and the countdown runs";
  port.write(reg::EIMS, reg::bit(NotingPort::kVector));
  port.write(reg::EITR(1), 0);
  port.write(reg::EICS, reg::bit(NotingPort::kVector));
  port.pass(1_us);
  EXPECT_EQ(port.written_since(), "dm");
}

// What was asked for before the queue was switched off arrives in its next life and is nobody's.
TEST(Port, DescriptorsOfAnEarlierLifeAreForgotten_FactBase_3_1) {
  constexpr std::uint64_t kFirst = 0x10400, kSecond = 0x10800, kOld = 0x11400, kNew = 0x11800;
  NotingPort port(0);
  port.give(kFirst, kOld);
  port.give(kSecond, kNew);
  port.write(reg::TCTL, reg::tctl::EN | reg::tctl::PSP);
  port.write(reg::TDBAL(0), kFirst);
  port.write(reg::TDLEN(0), 8 * kDescriptorBytes);
  port.write(reg::TXDCTL(0), reg::txdctl::ENABLE);
  port.write(reg::TDT(0), 1);
  port.pass(80_ns);  // the read is on its way
  port.write(reg::TXDCTL(0), 0);
  port.write(reg::TDBAL(0), kSecond);
  port.write(reg::TXDCTL(0), reg::txdctl::ENABLE);
  port.pass(50_us);
  EXPECT_EQ(port.payloads(), (std::vector<std::uint64_t>{kNew}));
}

// RDT written while a queue is off reads back (the register test of Linux' igb expects it of an I350) and
// does nothing; the head starts at 0: a tail of its last life would give the card descriptors that nobody has
// posted.
TEST(Port, EnablingAReceiveQueueForgetsItsTail_FactBase_3_1) {
  QuietPort port;
  port.write(reg::RDLEN(2), 1024);
  port.write(reg::RXDCTL(2), reg::rxdctl::ENABLE);
  port.write(reg::RDT(2), 5);
  EXPECT_EQ(port.read(reg::RDT(2)), 5u);
  port.write(reg::RXDCTL(2), 0);
  port.write(reg::RDT(2), 7);
  EXPECT_EQ(port.read(reg::RDT(2)), 7u);
  port.write(reg::RXDCTL(2), reg::rxdctl::ENABLE);
  EXPECT_EQ(port.read(reg::RDT(2)), 0u);
  EXPECT_EQ(port.read(reg::RDH(2)), 0u);
}

TEST(Port, IPv6ChecksumDisableIsABit_FactBase_2_7_7) {
  QuietPort port;
  port.write(reg::RFCTL, reg::rfctl::IPV6_XSUM_DIS);
  EXPECT_EQ(port.read(reg::RFCTL), reg::rfctl::IPV6_XSUM_DIS);
}

TEST(Port, ReloadFromTheNvmIsACommand_FactBase_2_3_3) {
  QuietPort port;
  port.write(reg::CTRL_EXT, reg::bit(13) | reg::bit(28));
  EXPECT_EQ(port.read(reg::CTRL_EXT), reg::bit(28));
}

// --- configuration space (fact base 1.3, 1.4, 4.9) -----------------------------------------------

constexpr std::uint16_t kCommand = 0x04, kPmcsr = 0x44, kMsix = 0x70, kDevCtl = 0xA8;
constexpr std::uint32_t kMaster = 0x6, kInitiateFlr = 0x8000 | 0x2810, kPending = 1u << 21;

/// A descriptor of queue 0 to be fetched, and bus mastering; host memory is all zero.
void announce_descriptors(QuietPort& port) {
  port.memory.resize(0x10000);
  port.write_config(kCommand, kMaster);
  port.write(reg::TDBAL(0), 0x1000);
  port.write(reg::TDLEN(0), 1024);
  port.write(reg::TXDCTL(0), reg::txdctl::ENABLE);
  port.write(reg::TCTL, reg::tctl::EN);
  port.write(reg::TDT(0), 8);
}

TEST(Port, FunctionLevelResetTakesItsTime_FactBase_1_4_4_4_9) {
  QuietPort port;
  port.write_config(kCommand, 0x547);
  port.write_config(kMsix, 0x80000000, 0xC);
  port.function.write_msix(0x0, 0xFEE00000, 0xF, port.now);
  port.function.write_msix(0xC, 0, 0xF, port.now);
  port.write(reg::RDBAL(1), 0x12340000);
  port.function.write_io(0, reg::RDBAL(1), port.now);
  port.write_config(kDevCtl, kInitiateFlr, 0x3);
  EXPECT_FALSE(port.function.config_ready(port.now));
  port.pass(1_ms - kDeviceClock);
  EXPECT_FALSE(port.function.config_ready(port.now));
  port.pass(kDeviceClock);
  EXPECT_TRUE(port.function.config_ready(port.now));
  EXPECT_EQ(port.read_config(kCommand) & 0xFFFF, 0u);
  EXPECT_EQ(port.read_config(kMsix) >> 30, 0u);
  EXPECT_EQ(port.function.read_msix(0x0), 0u);
  EXPECT_EQ(port.function.read_msix(0xC), 1u) << "masked";
  EXPECT_EQ(port.read(reg::RDBAL(1)), 0u);
  EXPECT_EQ(port.function.read_io(0, port.now), 0u);
  EXPECT_EQ(port.read(reg::RAL(0)), MacFilter::ral_of(QuietPort::kMac)) << "from the NVM again";

  QuietPort quick([] {
    sim::I350Quirks q;
    q.flr_us = 0;
    return q;
  }());
  quick.write_config(kDevCtl, kInitiateFlr, 0x3);
  EXPECT_TRUE(quick.function.config_ready(quick.now));
}

TEST(Port, FunctionLevelResetDropsReadsInFlight_FactBase_4_9) {
  QuietPort port;
  announce_descriptors(port);
  port.pass(kDeviceClock * 4);
  ASSERT_EQ(port.read_config(kDevCtl) & kPending, kPending);
  port.write_config(kDevCtl, kInitiateFlr, 0x3);
  EXPECT_EQ(port.read_config(kDevCtl) & kPending, kPending) << "their answers are still to come";
  port.pass(100_us);
  EXPECT_EQ(port.read_config(kDevCtl) & kPending, 0u);
  EXPECT_TRUE(port.function.idle());
  EXPECT_EQ(port.read(reg::TDH(0)), 0u);
  EXPECT_TRUE(port.function.faults().empty()) << port.function.faults().front();
}

TEST(Port, FunctionLevelResetLetsGoOfThePin_FactBase_1_6) {
  QuietPort port;
  port.write(reg::IMS, reg::icr::LSC);
  port.write(reg::ICS, reg::icr::LSC);
  port.pass(1_us);
  ASSERT_EQ(port.read_config(kCommand) & 1u << 19, 1u << 19);
  port.write_config(kDevCtl, kInitiateFlr, 0x3);
  EXPECT_EQ(port.read_config(kCommand) & 1u << 19, 0u);
  EXPECT_FALSE(port.asserts_intx());
}

TEST(Port, NoDmaAndNoInterruptInD3hot_FactBase_1_4_1) {
  QuietPort port;
  port.write_config(kPmcsr, 3, 0x1);
  announce_descriptors(port);
  port.write(reg::IMS, reg::icr::LSC);
  port.write(reg::ICS, reg::icr::LSC);
  port.pass(100_us);
  EXPECT_EQ(port.read_config(kDevCtl) & kPending, 0u);
  EXPECT_EQ(port.read_config(kCommand) & 1u << 19, 1u << 19) << "the cause is there";
  EXPECT_FALSE(port.asserts_intx());
  EXPECT_TRUE(port.function.faults().empty()) << port.function.faults().front();
  port.write_config(kPmcsr, 0, 0x1);
  EXPECT_TRUE(port.asserts_intx());
  EXPECT_EQ(port.read(reg::TDT(0)), 8u) << "the context is kept";
  port.pass(kDeviceClock * 4);
  EXPECT_EQ(port.read_config(kDevCtl) & kPending, kPending);
  port.pass(100_us);
}

TEST(Port, DeviceResetReadsConfigurationFromTheNvmAgain_FactBase_4_9) {
  sim::I350CardConfig card;
  card.nvm = Nvm::make_default(QuietPort::kMac);
  set(*card.nvm, nvm_field("bar0_size"), std::uint16_t{2});
  QuietPort port({}, 0, card);
  port.write_config(kCommand, kMaster);
  EXPECT_EQ(port.read(reg::BARCTRL), 0x2200u) << "CSR size, and flash size by the size of BAR 0 (1.3)";
  set(port.eeprom.image(), nvm_field("bar0_size"), std::uint16_t{0});
  set(port.eeprom.image(), nvm_field("subsystem_id"), std::uint16_t{0x1234});
  port.write(reg::CTRL, reg::ctrl::RST);
  EXPECT_EQ(port.read_config(0x2C), 0x00A18086u) << "a port reset does not";
  port.write(reg::CTRL, reg::ctrl::DEV_RST);
  EXPECT_EQ(port.read_config(0x2C), 0x12348086u);
  EXPECT_EQ(port.read(reg::BARCTRL), 0x2000u);
  EXPECT_EQ(port.read_config(kCommand) & 0xFFFF, kMaster) << "what software wrote stays";
}

TEST(Port, RegistersThroughTheIoBar_FactBase_1_3) {
  QuietPort port;
  port.function.write_io(0, reg::RDBAL(2) + 3, port.now);
  EXPECT_EQ(port.function.read_io(0, port.now), reg::RDBAL(2) + 3) << "IOADDR holds what was written";
  port.function.write_io(4, 0x5678F000, port.now);
  EXPECT_EQ(port.read(reg::RDBAL(2)), 0x5678F000u);
  EXPECT_EQ(port.function.read_io(4, port.now), 0x5678F000u);
  port.function.write_io(0, 0x20000, port.now);
  port.function.write_io(4, 1, port.now);
  EXPECT_EQ(port.function.read_io(4, port.now), 0u) << "beyond the registers";
  EXPECT_EQ(port.function.read_io(8, port.now), 0u);
}

TEST(Port, ConfigurationWaitsForTheNvm_FactBase_1_3) {
  sim::I350Quirks late;
  late.registers.late_nvm = true;
  QuietPort port(late);
  EXPECT_FALSE(port.function.config_ready(port.now));
  port.pass(1_ms);
  EXPECT_TRUE(port.function.config_ready(port.now));
  port.write(reg::CTRL, reg::ctrl::RST);
  EXPECT_TRUE(port.function.config_ready(port.now)) << "a port reset does not touch configuration space";
  port.write(reg::CTRL, reg::ctrl::DEV_RST);
  EXPECT_FALSE(port.function.config_ready(port.now));
}

}  // namespace
}  // namespace niclab::test
