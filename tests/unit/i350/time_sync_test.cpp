// The clock of a port and its time stamps, by registers, rings and frames (fact base 2.11).
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

#include "base/bytes.hpp"
#include "hw/descriptors.hpp"
#include "hw/mac_timing.hpp"
#include "quiet_port.hpp"

namespace niclab::test {
namespace {

using namespace hw;

/// A port whose link is up, with one ring each way and memory behind them.
class StampedPort final : private DmaLaw {
 public:
  explicit StampedPort(const sim::I350Quirks& quirks = {}, std::int64_t ppb = 0)
      : eeprom_(Nvm::make_default(QuietPort::kMac)),
        bus_(engine_, *this, 1),
        function(engine_, bus_, frames_, eeprom_, semaphores_, 0, 0, config(quirks, ppb)) {
    bus_.attach(function);
    function.power_on(now);
    function.write_config(0x04, 0x6, 0x3, now);
    write(reg::CTRL, reg::ctrl::SLU);
    pass(2_us);
    write(reg::TSAUXC, 0);
  }
  std::uint32_t read(reg::Offset offset) {
    pass(kDeviceClock);
    return function.read_csr(offset, now);
  }
  void write(reg::Offset offset, std::uint32_t value) {
    pass(kDeviceClock);
    function.write_csr(offset, value, now);
  }
  void pass(Duration d) {
    now += d;
    engine_.run(now);
  }
  std::uint64_t pair(reg::Offset low, reg::Offset high) {
    const std::uint64_t l = read(low);
    return l | std::uint64_t{read(high)} << 32;
  }
  std::uint64_t systim_at(Time t) const { return function.system_time(t).ns; }

  // --- receive -----------------------------------------------------------------------------------
  void open_rx(std::uint32_t srrctl) {
    write(reg::RCTL, reg::rctl::RXEN | reg::rctl::UPE | reg::rctl::BAM | reg::rctl::LPE | reg::rctl::SECRC);
    write(reg::RXCSUM, reg::rxcsum::PCSD);
    write(reg::RDBAL(0), kRing);
    write(reg::RDLEN(0), kDescriptors * 16);
    write(reg::SRRCTL(0), srrctl);
    for (unsigned i = 0; i < kDescriptors; ++i) {
      const AdvRxRead d = AdvRxRead::make({kPackets + i * 0x800ull}, {kHeaders + i * 0x200ull});
      std::memcpy(at(kRing + i * 16), &d, 16);
    }
    write(reg::RXDCTL(0), reg::rxdctl::ENABLE);
    write(reg::RDT(0), kDescriptors - 1);
    pass(20_us);
  }
  /// The frame's last bit arrives `d` from now; returns that instant.
  Time arrives(const std::vector<std::byte>& bytes, Duration d) {
    sim::Frame* f = frames_.get(static_cast<std::uint32_t>(bytes.size()));
    std::memcpy(f->data, bytes.data(), bytes.size());
    const Time end = now + d;
    function.receive_frame(end, f);
    pass(d + 30_us);
    return end;
  }
  AdvRxWriteback result(unsigned i) {
    AdvRxWriteback wb;
    std::memcpy(&wb, at(kRing + i * 16), 16);
    return wb;
  }
  const std::byte* packet(unsigned i) { return at(kPackets + i * 0x800); }
  const std::byte* header(unsigned i) { return at(kHeaders + i * 0x200); }

  // --- transmit ----------------------------------------------------------------------------------
  void open_tx() {
    write(reg::TDBAL(0), kTxRing);
    write(reg::TDLEN(0), kDescriptors * 16);
    write(reg::TXDCTL(0), reg::txdctl::ENABLE);
    write(reg::TCTL, reg::tctl::EN | reg::tctl::PSP);
  }
  /// Sends a frame of 100 bytes; returns when its preamble began.
  Time send(bool stamped) {
    const AdvTxData d = AdvTxData::make(
        {kTxData}, 100, txd::EOP | txd::RS | txd::IFCS | (stamped ? txd::MAC_TSTAMP : 0), 100, 0);
    std::memcpy(at(kTxRing + tail_ * 16), &d, 16);
    write(reg::TDT(0), ++tail_);
    pass(30_us);
    return bus_.last_start();
  }

  Time now{};

 private:
  static constexpr std::uint64_t kRing = 0x1000, kTxRing = 0x2000, kTxData = 0x3000, kHeaders = 0x4000,
                                 kPackets = 0x8000, kMemory = 0x10000;
  static constexpr unsigned kDescriptors = 16;

  static sim::I350FunctionConfig config(const sim::I350Quirks& quirks, std::int64_t ppb) {
    sim::I350FunctionConfig c;
    c.mac = QuietPort::kMac;
    c.quirks = quirks;
    c.clock_ppb = ppb;
    c.negotiation = 1_us;
    c.name = "port";
    return c;
  }
  std::byte* at(std::uint64_t address) { return memory_.data() + address; }
  std::byte* readable(std::uint64_t address, std::uint32_t, sim::ReadTag) override { return at(address); }
  std::byte* writable(std::uint64_t address, std::uint32_t, bool) override { return at(address); }
  void written(std::uint64_t, std::uint32_t) override {}

  std::vector<std::byte> memory_{kMemory};
  sim::Engine engine_{false};
  sim::FramePool frames_;
  SpiEeprom eeprom_;
  Semaphores semaphores_;
  PortBus bus_;
  unsigned tail_ = 0;

 public:
  sim::I350Function function;
};

std::vector<std::byte> some_frame(std::size_t bytes, std::uint16_t ethertype = 0x88F7) {
  std::vector<std::byte> f(bytes);
  for (std::size_t i = 0; i < bytes; ++i) f[i] = static_cast<std::byte>(i);
  f[0] = std::byte{2};
  store_be16(f.data() + 12, ethertype);
  f[14] = std::byte{0x00};  // Sync ...
  f[15] = std::byte{0x02};  // ... of version 2
  return f;
}

constexpr std::uint32_t kOneBuffer =
    reg::srrctl::BSIZEPACKET.put(2) | reg::srrctl::DESCTYPE.put(reg::srrctl::DESCTYPE_ADV_ONEBUF);
constexpr std::uint32_t kAll = reg::tsyncrxctl::EN | reg::tsyncrxctl::TYPE.put(reg::tsyncrxctl::TYPE_ALL);

// --- the clock -----------------------------------------------------------------------------------

TEST(TimeSync, TheClockStandsUntilTsauxcStartsIt) {
  QuietPort port;
  EXPECT_EQ(port.read(reg::TSAUXC), 0x80000000u);
  port.pass(1_ms);
  EXPECT_EQ(port.function.system_time(port.now).ns, 0u);
  port.write(reg::TSAUXC, 0);
  const Time start = port.now;
  port.pass(1_ms);
  EXPECT_EQ(port.function.system_time(port.now).ns, (port.now - start).ns());
  port.write(reg::CTRL, reg::ctrl::RST);
  port.pass(1_ms);
  EXPECT_EQ(port.function.system_time(port.now).ns, 0u);
  EXPECT_EQ(port.read(reg::TSAUXC), 0x80000000u);
}

TEST(TimeSync, ReadingTheResidueLatchesTheOthers) {
  StampedPort port;
  port.write(reg::TIMINCA, 0x40000000);
  port.pass(10_us);
  const std::uint32_t residue = port.read(reg::SYSTIMR);
  const SystemTime::Value latched = port.function.system_time(port.now);
  EXPECT_EQ(residue, latched.fraction);
  port.pass(10_us);
  EXPECT_EQ(port.pair(reg::SYSTIML, reg::SYSTIMH), latched.ns);
  port.write(reg::SYSTIML, 5);
  EXPECT_EQ(port.read(reg::SYSTIML), static_cast<std::uint32_t>(latched.ns)) << "read-only";
}

TEST(TimeSync, AdjustmentsAddWithTheirSign) {
  StampedPort port;
  const auto gained = [&](std::uint32_t high, std::uint32_t low) {
    const std::uint64_t before = port.systim_at(port.now);
    const Time t = port.now;
    port.write(reg::TIMADJL, low);
    port.write(reg::TIMADJH, high);
    return (port.systim_at(port.now) - before - (port.now - t).ns()) & SystemTime::kNanoseconds;
  };
  EXPECT_EQ(gained(0x12, 0x34567890), 0x1234567890u);
  EXPECT_EQ(gained(0x80000000, 1'000), SystemTime::kNanoseconds + 1 - 1'000);
  EXPECT_EQ(port.read(reg::TIMADJL), 0u) << "write-only";
}

TEST(TimeSync, OtherReadings_FactBase_7) {
  sim::I350Quirks quirks;
  quirks.registers.systim_writable = quirks.registers.systiml_latches = true;
  StampedPort port(quirks);
  port.write(reg::SYSTIMH, 0x25);
  port.write(reg::SYSTIML, 1'000);
  const Time set = port.now;
  port.pass(1_us);
  const std::uint32_t low = port.read(reg::SYSTIML);
  EXPECT_EQ(low, 1'000 + (port.now - set).ns());
  EXPECT_EQ(port.read(reg::SYSTIMH), 0x25u);
}

TEST(TimeSync, TargetTimesAreHitAtTheirInstant) {
  for (const std::uint32_t inca : {0u, 0x7FFFFFFFu, 0x80300000u}) {
    StampedPort port;
    port.write(reg::TIMINCA, inca);
    port.write(reg::TSIM, reg::tsicr::TT(1));
    port.write(reg::IMS, reg::icr::TIME_SYNC);
    const std::uint64_t target = port.systim_at(port.now) + 100'000;
    port.write(reg::TRGTTIML(1), static_cast<std::uint32_t>(target));
    port.write(reg::TRGTTIMH(1), static_cast<std::uint32_t>(target >> 32));
    port.write(reg::TSAUXC, reg::tsauxc::EN_TT(1));
    // What is due at an instant happens before the next access.
    for (; port.systim_at(port.now) < target; port.pass(kDeviceClock))
      ASSERT_EQ(port.function.read_csr(reg::TSAUXC, port.now), reg::tsauxc::EN_TT(1));
    port.pass(kDeviceClock);
    EXPECT_EQ(port.function.read_csr(reg::TSAUXC, port.now), 0u) << "done";
    EXPECT_NE(port.read(reg::ICR) & reg::icr::TIME_SYNC, 0u);
    EXPECT_EQ(port.read(reg::TSICR), reg::tsicr::TT(1));
    EXPECT_EQ(port.read(reg::TSICR), 0u) << "reading clears";
  }
}

TEST(TimeSync, AMovedClockMovesItsTargets) {
  StampedPort port;
  port.write(reg::TRGTTIML(0), 1'000'000'000);
  port.write(reg::TSAUXC, reg::tsauxc::EN_TT(0));
  port.write(reg::TIMADJL, 999'900'000);
  port.write(reg::TIMADJH, 0);
  port.pass(90_us);
  EXPECT_EQ(port.read(reg::TSICR), 0u);
  port.pass(20_us);
  EXPECT_EQ(port.read(reg::TSICR), reg::tsicr::TT(0));
  EXPECT_EQ(port.read(reg::ICR) & reg::icr::TIME_SYNC, 0u) << "not in TSIM";
  port.write(reg::TSAUXC, reg::tsauxc::EN_TT(0));
  port.pass(kDeviceClock);
  EXPECT_EQ(port.read(reg::TSICR), reg::tsicr::TT(0)) << "left behind";
}

TEST(TimeSync, AMaskThatOpensOverACauseInterruptsOnce) {
  sim::I350Quirks quirks;
  quirks.registers.systim_writable = true;
  StampedPort port(quirks);
  port.write(reg::SYSTIMH, 0xFF);
  port.write(reg::SYSTIML, 0xFFFFFF00);
  port.pass(1_us);
  EXPECT_LT(port.systim_at(port.now), 1'000u);
  port.write(reg::IMS, reg::icr::TIME_SYNC);
  EXPECT_EQ(port.read(reg::ICR) & reg::icr::TIME_SYNC, 0u);
  port.write(reg::TSIM, reg::tsicr::SYS_WRAP);
  EXPECT_NE(port.read(reg::ICR) & reg::icr::TIME_SYNC, 0u);
  port.write(reg::TSIM, reg::tsicr::SYS_WRAP);
  EXPECT_EQ(port.read(reg::ICR) & reg::icr::TIME_SYNC, 0u);
  port.write(reg::TSICR, reg::tsicr::TXTS);
  port.write(reg::TSICR, reg::tsicr::SYS_WRAP);
  EXPECT_EQ(port.read(reg::TSICR), 0u) << "writing 1 clears";
}

TEST(TimeSync, AuxiliaryStampsBySoftwareAndByPins) {
  StampedPort port;
  port.write(reg::TSAUXC, reg::tsauxc::SAMP_AUT(1));
  const std::uint64_t taken = port.systim_at(port.now);
  EXPECT_EQ(port.read(reg::TSAUXC), reg::tsauxc::AUTT(1));
  EXPECT_EQ(port.read(reg::TSICR), reg::tsicr::AUTT(1));
  port.write(reg::TSAUXC, reg::tsauxc::SAMP_AUT(1));
  EXPECT_EQ(port.pair(reg::AUXSTMPL(1), reg::AUXSTMPH(1)), taken) << "kept until it is read";
  EXPECT_EQ(port.read(reg::TSAUXC), 0u);
  // Target time 0 toggles SDP1, whose edge is stamp 0.
  port.write(reg::TSSDP, reg::tssdp::SDP_EN(1) | reg::tssdp::SDP_SEL(1).put(0) | reg::tssdp::AUX_EN(0) |
                             reg::tssdp::AUX_SEL(0).put(1));
  const std::uint64_t target = (port.systim_at(port.now) + 50'000) & ~std::uint64_t{7};
  port.write(reg::TRGTTIML(0), static_cast<std::uint32_t>(target));
  port.write(reg::TSAUXC, reg::tsauxc::EN_TT(0) | reg::tsauxc::EN_TS(0));
  port.pass(60_us);
  EXPECT_EQ(port.read(reg::TSICR), reg::tsicr::TT(0) | reg::tsicr::AUTT(0));
  EXPECT_EQ(port.pair(reg::AUXSTMPL(0), reg::AUXSTMPH(0)), target);
  // An output of software's.
  port.write(reg::TSSDP, reg::tssdp::AUX_EN(0) | reg::tssdp::AUX_SEL(0).put(2));
  port.read(reg::AUXSTMPH(0));
  port.write(reg::CTRL_EXT, reg::bit(10));
  EXPECT_EQ(port.read(reg::TSICR), 0u);
  port.write(reg::CTRL_EXT, reg::bit(10) | reg::bit(6));
  EXPECT_EQ(port.read(reg::TSICR), reg::tsicr::AUTT(0));
}

// --- frames --------------------------------------------------------------------------------------

TEST(TimeSync, TransmitStampIsTheDelimiterOfAMarkedPacket) {
  StampedPort port({}, 30'000);
  port.open_tx();
  port.write(reg::TSIM, reg::tsicr::TXTS);
  port.write(reg::IMS, reg::icr::TIME_SYNC);
  port.send(true);
  EXPECT_EQ(port.read(reg::TSYNCTXCTL), 0u) << "not enabled";
  port.write(reg::TSYNCTXCTL, reg::tsynctxctl::EN);
  port.send(false);
  EXPECT_EQ(port.read(reg::TSYNCTXCTL), reg::tsynctxctl::EN) << "not asked for";
  const Time start = port.send(true);
  EXPECT_EQ(port.read(reg::TSYNCTXCTL), reg::tsynctxctl::EN | reg::tsynctxctl::VALID);
  EXPECT_EQ(port.read(reg::TSICR), reg::tsicr::TXTS);
  EXPECT_NE(port.read(reg::ICR) & reg::icr::TIME_SYNC, 0u);
  port.send(true);  // while VALID: not captured
  EXPECT_EQ(port.read(reg::TXSTMPL), static_cast<std::uint32_t>(port.systim_at(start + 56_ns)));
  EXPECT_NE(port.read(reg::TSYNCTXCTL) & reg::tsynctxctl::VALID, 0u);
  port.read(reg::TXSTMPH);
  EXPECT_EQ(port.read(reg::TSYNCTXCTL), reg::tsynctxctl::EN) << "TXSTMPH frees the latch";
}

TEST(TimeSync, ReceiveLatchHoldsUntilItsUpperHalfIsRead) {
  StampedPort port;
  port.open_rx(kOneBuffer);
  port.write(reg::TSYNCRXCTL, kAll);
  // 3 ns beside the grid: the tick at or before the delimiter counts.
  const Time end = port.arrives(some_frame(100), 10'003'000_ps);
  const std::uint64_t stamp = port.systim_at(end - byte_time(LinkSpeed::mbps1000) * 105);
  EXPECT_EQ(port.read(reg::TSYNCRXCTL), kAll | reg::tsyncrxctl::VALID);
  EXPECT_EQ(port.read(reg::TSICR), reg::tsicr::RXTS);
  EXPECT_NE(port.result(0).status_errors() & rxd::TS, 0u);
  EXPECT_EQ(port.result(0).status_errors() & rxd::TSIP, 0u);
  EXPECT_EQ(port.result(0).length(), 100u);
  port.arrives(some_frame(100), 10_us);
  EXPECT_EQ(port.result(1).status_errors() & rxd::TS, 0u) << "the latch is taken";
  EXPECT_EQ(port.read(reg::RXSATRL), 0x27262524u);
  EXPECT_EQ(port.read(reg::RXSATRH), 0x2D2C2928u);
  EXPECT_EQ(port.pair(reg::RXSTMPL, reg::RXSTMPH), stamp);
  EXPECT_EQ(port.read(reg::TSYNCRXCTL), kAll);
  port.arrives(some_frame(100), 10_us);
  EXPECT_NE(port.result(2).status_errors() & rxd::TS, 0u);
}

TEST(TimeSync, ReceiveLatchTakesWhatFiltersName_FactBase_2_6_8) {
  sim::I350Quirks quirks;
  quirks.registers.rxsatrh_clears = true;
  StampedPort port(quirks);
  port.open_rx(kOneBuffer);
  port.write(reg::TSYNCRXCTL,
             reg::tsyncrxctl::EN | reg::tsyncrxctl::TYPE.put(reg::tsyncrxctl::TYPE_EVENT_V2));
  port.arrives(some_frame(100), 10_us);
  EXPECT_EQ(port.result(0).status_errors() & rxd::TS, 0u) << "no filter";
  port.write(reg::ETQF(3), 0x88F7 | reg::etqf::FILTER_ENABLE | reg::etqf::TIMESTAMP);
  port.arrives(some_frame(100, 0x88F8), 10_us);
  EXPECT_EQ(port.result(1).status_errors() & rxd::TS, 0u) << "another type";
  port.arrives(some_frame(100), 10_us);
  EXPECT_NE(port.result(2).status_errors() & rxd::TS, 0u);
  port.read(reg::RXSTMPH);
  EXPECT_NE(port.read(reg::TSYNCRXCTL) & reg::tsyncrxctl::VALID, 0u) << "the other reading";
  port.read(reg::RXSATRH);
  EXPECT_EQ(port.read(reg::TSYNCRXCTL) & reg::tsyncrxctl::VALID, 0u);
}

TEST(TimeSync, StampInFrontOfThePacket) {
  StampedPort port;
  port.open_rx(kOneBuffer | reg::srrctl::TIMESTAMP);
  const auto frame = some_frame(100), jumbo = some_frame(3000);
  port.arrives(frame, 10_us);
  EXPECT_EQ(port.result(0).length(), 100u) << "TSYNCRXCTL.EN = 0: as if the bit of SRRCTL were not there";
  EXPECT_EQ(std::memcmp(port.packet(0), frame.data(), 100), 0);
  port.write(reg::TSYNCRXCTL, kAll);
  const Time end = port.arrives(frame, 10_us);
  EXPECT_EQ(port.result(1).length(), 116u);
  EXPECT_EQ(port.result(1).status_errors() & (rxd::TSIP | rxd::TS | rxd::EOP), rxd::TSIP | rxd::EOP);
  EXPECT_EQ(load_le<std::uint64_t>(port.packet(1)), 0u);
  EXPECT_EQ(load_le<std::uint64_t>(port.packet(1) + 8),
            port.systim_at(end - byte_time(LinkSpeed::mbps1000) * 105));
  EXPECT_EQ(std::memcmp(port.packet(1) + 16, frame.data(), 100), 0);
  EXPECT_EQ(port.read(reg::TSYNCRXCTL), kAll) << "the latch is not used";
  port.arrives(jumbo, 30_us);
  EXPECT_EQ(port.result(2).length(), 2048u);
  EXPECT_EQ(port.result(2).status_errors() & (rxd::TSIP | rxd::EOP), rxd::TSIP)
      << "with the stamp, not with the end";
  EXPECT_EQ(port.result(3).length(), 3000u + 16 - 2048);
  EXPECT_EQ(port.result(3).status_errors() & (rxd::TSIP | rxd::EOP), rxd::EOP);
  EXPECT_EQ(std::memcmp(port.packet(2) + 16, jumbo.data(), 2032), 0);
  EXPECT_EQ(std::memcmp(port.packet(3), jumbo.data() + 2032, 3000 - 2032), 0);
}

TEST(TimeSync, StampBeginsThePacketBufferOfASplitPacket) {
  StampedPort port;
  port.open_rx(reg::srrctl::BSIZEPACKET.put(2) | reg::srrctl::BSIZEHEADER.put(4) | reg::srrctl::TIMESTAMP |
               reg::srrctl::DESCTYPE.put(reg::srrctl::DESCTYPE_SPLIT));
  port.write(reg::PSRTYPE(0), reg::bit(0));  // behind the Ethernet header
  port.write(reg::TSYNCRXCTL, kAll);
  const auto frame = some_frame(100);
  port.arrives(frame, 10_us);
  EXPECT_EQ(std::memcmp(port.header(0), frame.data(), 14), 0);
  EXPECT_EQ(port.result(0).length(), 86u + 16);
  EXPECT_EQ(std::memcmp(port.packet(0) + 16, frame.data() + 14, 86), 0);
  EXPECT_NE(load_le<std::uint64_t>(port.packet(0) + 8), 0u);
}

}  // namespace
}  // namespace niclab::test
