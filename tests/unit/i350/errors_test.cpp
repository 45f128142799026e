// What the port does when something outside breaks (docs/i350.md, "Errors and resets").
#include <gtest/gtest.h>

#include "hw/descriptors.hpp"
#include "quiet_port.hpp"

namespace niclab::test {
namespace {

using namespace hw;
using Failure = PortBus::Failure;

constexpr std::uint16_t kStatus = 0x06, kDeviceStatus = 0xAA, kUeStatus = 0x104, kCeStatus = 0x110,
                        kHeaderLog = 0x11C;
constexpr std::uint8_t kErrCor = 0x30, kErrNonfatal = 0x31;

/// A port with its link up and bus mastering on; rings of 64 at 0x1000 (transmit) and 0x2000 (receive),
/// buffers from 0x4000 on.
struct BusyPort : QuietPort {
  static constexpr std::uint32_t kTxRing = 0x1000, kRxRing = 0x2000, kBuffers = 0x4000;

  BusyPort() {
    memory.resize(0x20000);
    write_config(0x04, 0x0006);
    write_config(0xA8, 0x000F, 0x1);  // all errors are reported; MPS 128 B
    write(reg::CTRL, read(reg::CTRL) | reg::ctrl::SLU);
    pass(10_us);
  }
  std::uint16_t config16(std::uint16_t at) {
    return static_cast<std::uint16_t>(read_config(at & ~3) >> 8 * (at & 2));
  }
  void receive_on(std::uint32_t tail = 32) {
    for (std::uint32_t i = 0; i < 64; ++i)
      Descriptor::of(AdvRxRead::make({kBuffers + 2048 * (i % 16)}, {0}))
          .store(memory.data() + kRxRing + 16 * i);
    write(reg::RDBAL(0), kRxRing);
    write(reg::RDLEN(0), 64 * 16);
    write(reg::SRRCTL(0), reg::srrctl::BSIZEPACKET.put(2) | reg::srrctl::DESCTYPE.put(1));
    write(reg::RXDCTL(0), reg::rxdctl::ENABLE);
    write(reg::RDT(0), tail);
    write(reg::RCTL, reg::rctl::RXEN | reg::rctl::UPE | reg::rctl::BAM);
  }
  void transmit_on() {
    write(reg::TDBAL(0), kTxRing);
    write(reg::TDLEN(0), 64 * 16);
    write(reg::TXDCTL(0), reg::txdctl::ENABLE);
    write(reg::TCTL, reg::tctl::EN | reg::tctl::PSP);
  }
  /// Packets of `bytes` from ring index `first` on, each one descriptor; rings the doorbell.
  void post(unsigned first, unsigned count, std::uint16_t bytes = 1000) {
    for (unsigned i = first; i < first + count; ++i)
      Descriptor::of(AdvTxData::make({kBuffers}, bytes, txd::IFCS | txd::EOP | txd::RS, bytes))
          .store(memory.data() + kTxRing + 16 * i);
    write(reg::TDT(0), first + count);
  }
  bool done(unsigned i) { return Descriptor::load(memory.data() + kTxRing + 16 * i).as<AdvTxData>().dd(); }
  void arrive(unsigned count = 1) {
    for (unsigned i = 0; i < count; ++i) {
      sim::Frame* f = frames().get(60);
      std::memset(f->data, 0, 60);
      kMac.store(f->data);
      f->length = 60;
      receive(now + 1_us, f);
      pass(1_us);
    }
  }
  bool receiving() { return (read(reg::RXDCTL(0)) & reg::rxdctl::ENABLE) != 0; }
  bool sending() { return (read(reg::TXDCTL(0)) & reg::txdctl::ENABLE) != 0; }
  bool exception() { return (read(reg::ICR) & reg::icr::PCI_EX) != 0; }
  std::uint64_t found(PciError e) const { return function.errors().found[static_cast<unsigned>(e)]; }
  void expect_account() {
    const sim::PortAccount a = function.account();
    EXPECT_EQ(a.injected, a.delivered + a.filtered + a.missed + a.queue_drops + a.error_drops + a.rx_inside);
    EXPECT_EQ(a.handed_to_device, a.on_the_wire + a.tx_errors + a.tx_inside);
  }
};

// Received Master Abort, Received Target Abort, Detected Parity Error.
TEST(Errors, AFailedDescriptorFetchStopsItsQueueAndSoftwareCanSeeIt_FactBase_6_4) {
  struct Row {
    Failure way;
    unsigned status;
    std::size_t messages;
    std::size_t faults;
  };
  for (const Row& r : {Row{Failure::refused, 0x2000, 0, 1},
                       {Failure::aborted, 0x1000, 0, 0},
                       {Failure::poisoned, 0x8000, 1, 0}}) {
    SCOPED_TRACE(static_cast<unsigned>(r.way));
    BusyPort p;
    p.bus().fail_next(r.way);
    p.receive_on();
    p.pass(20_us);
    EXPECT_FALSE(p.receiving());
    EXPECT_TRUE(p.exception());
    EXPECT_EQ(p.config16(kStatus) & 0xF900, r.status);
    EXPECT_EQ(p.bus().errors().size(), r.messages);
    EXPECT_EQ(p.function.faults().size(), r.faults) << "only an address that is not allowed is a mistake";
    EXPECT_EQ(p.read_config(kUeStatus), r.way == Failure::poisoned ? 1u << 12 : 0u);
    // Others go on, and so does this one when it is set up again.
    p.transmit_on();
    p.post(0, 1);
    p.receive_on();
    p.arrive();
    p.pass(50_us);
    EXPECT_TRUE(p.done(0));
    EXPECT_EQ(p.function.account().delivered, 1u);
    p.expect_account();
  }
}

TEST(Errors, AFailedPayloadReadCostsItsPacketOnly_FactBase_6_4) {
  for (const Failure way : {Failure::refused, Failure::aborted, Failure::poisoned, Failure::lost}) {
    SCOPED_TRACE(static_cast<unsigned>(way));
    BusyPort p;
    p.transmit_on();
    p.post(0, 3);
    while (p.bus().reads() == 0) p.pass(kDeviceClock);
    p.bus().fail_next(way);
    p.pass(50_ms);
    EXPECT_TRUE(p.sending());
    EXPECT_TRUE(p.done(0) && p.done(1) && p.done(2));
    EXPECT_EQ(p.function.account().on_the_wire, 2u);
    EXPECT_EQ(p.function.account().tx_errors, 1u);
    p.expect_account();
  }
}

TEST(Errors, AReadNobodyAnswersTimesOut_FactBase_1_4_4) {
  BusyPort p;
  p.bus().fail_next(Failure::lost);
  p.receive_on();
  p.write(reg::CTRL, p.read(reg::CTRL) | reg::ctrl::GIO_MASTER_DISABLE);
  p.pass(31_ms);
  EXPECT_TRUE(p.receiving());
  EXPECT_TRUE(p.read(reg::STATUS) & reg::status::GIO_MASTER_ENABLE) << "a read is outstanding (1.6)";
  EXPECT_TRUE(p.config16(kDeviceStatus) & 0x20) << "transactions pending";
  p.pass(2_ms);
  EXPECT_FALSE(p.receiving());
  EXPECT_FALSE(p.read(reg::STATUS) & reg::status::GIO_MASTER_ENABLE);
  EXPECT_FALSE(p.config16(kDeviceStatus) & 0x20);
  EXPECT_EQ(p.read_config(kUeStatus), 1u << 14);
  EXPECT_EQ(p.bus().errors(), std::vector<std::uint8_t>{kErrNonfatal});
  EXPECT_TRUE(p.exception());
  EXPECT_TRUE(p.function.faults().empty());
}

TEST(Errors, TheTimeIsWhatDeviceControlOrGcrSays_FactBase_2_16) {
  struct Row {
    std::uint32_t control2, gcr;
    Duration before, after;
  };
  for (const Row& r : {Row{1, 0, 90_us, 20_us},
                       {2, 0, 1900_us, 200_us},
                       {0, reg::gcr::CMPL_TMOUT.put(1), 90_us, 20_us},
                       {0x11, 0, 1_s, Duration{}}}) {
    SCOPED_TRACE(r.control2 << 16 | r.gcr);
    BusyPort p;
    p.write_config(0xC8, r.control2, 0x3);
    p.write(reg::GCR, r.gcr);
    p.bus().fail_next(Failure::lost);
    p.receive_on();
    p.pass(r.before);
    EXPECT_EQ(p.found(PciError::completion_timeout), 0u);
    p.pass(r.after);
    EXPECT_EQ(p.found(PciError::completion_timeout), r.after == Duration{} ? 0u : 1u);
  }
}

TEST(Errors, GcrResendsAndOnlyTheLastTimeoutCounts_FactBase_2_16_6_4) {
  BusyPort p;
  p.write_config(0xC8, 1, 0x3);
  p.write_config(0x114, 0);  // advisory errors are reported
  p.write(reg::GCR, reg::gcr::CMPL_TMOUT_RESEND | reg::gcr::RESENDS.put(2));
  p.bus().fail_next(Failure::lost);
  p.receive_on();
  p.arrive();
  p.pass(150_us);
  EXPECT_TRUE(p.receiving());
  EXPECT_FALSE(p.exception());
  EXPECT_EQ(p.bus().errors(), std::vector<std::uint8_t>{kErrCor});
  EXPECT_EQ(p.read_config(kCeStatus), 1u << 13);
  EXPECT_EQ(p.function.account().delivered, 1u);

  BusyPort q;
  q.write_config(0xC8, 1, 0x3);
  q.write(reg::GCR, reg::gcr::CMPL_TMOUT_RESEND | reg::gcr::RESENDS.put(2));
  for (unsigned i = 0; i < 3; ++i) {
    q.bus().fail_next(Failure::lost);
    if (i == 0) q.receive_on();
    while (q.bus().reads() <= i) q.pass(kDeviceClock);
  }
  q.pass(150_us);
  EXPECT_FALSE(q.receiving());
  EXPECT_EQ(q.found(PciError::completion_timeout), 3u);
  EXPECT_EQ(q.function.errors().nonfatal, 1u);
}

TEST(Errors, AnAnswerThatComesTooLateIsUnexpected_FactBase_1_5) {
  BusyPort p;
  p.write_config(0xC8, 1, 0x3);
  p.write_config(0x114, 0);
  p.bus().fail_next(Failure::late);
  p.receive_on();
  p.pass(150_us);
  EXPECT_EQ(p.found(PciError::completion_timeout), 1u);
  EXPECT_EQ(p.found(PciError::unexpected_completion), 0u);
  p.pass(100_us);
  EXPECT_EQ(p.found(PciError::unexpected_completion), 1u);
  EXPECT_EQ(p.bus().errors(), (std::vector<std::uint8_t>{kErrNonfatal, kErrCor}));
  EXPECT_EQ(p.read_config(kUeStatus), 1u << 14 | 1u << 16);
  EXPECT_EQ(p.read_config(kHeaderLog), 0x00000040u) << "the read of 16 descriptors that expired first";
}

TEST(Errors, ABrokenMemoryStopsAllDmaUntilAReset_FactBase_2_6_1) {
  BusyPort p;
  p.receive_on();
  p.transmit_on();
  p.function.break_memory(p.now);
  p.post(0, 4);
  p.arrive(4);
  p.pass(1_ms);
  EXPECT_TRUE(p.read(reg::ICR) & reg::icr::FER);
  EXPECT_FALSE(p.done(0));
  EXPECT_EQ(p.function.account().delivered, 0u);
  p.write(reg::CTRL, p.read(reg::CTRL) | reg::ctrl::RST);
  p.write(reg::CTRL, p.read(reg::CTRL) | reg::ctrl::SLU);
  p.receive_on();
  p.transmit_on();
  p.post(0, 4);
  p.arrive(4);
  p.pass(1_ms);
  EXPECT_TRUE(p.done(3));
  EXPECT_EQ(p.function.account().delivered, 4u);
  p.expect_account();
}

// 4.11: the DMA engine waits for the rest of a packet, for all queues: the driver sees a transmitter that
// hangs. The rest, or the queue switched off, lets it go on; what was begun is counted, and nothing else is
// lost.
TEST(Errors, APacketWithoutItsEndHoldsTheTransmitterUntilItsQueueIsSwitchedOff_FactBase_4_11) {
  for (const bool completed : {false, true}) {
    SCOPED_TRACE(completed);
    BusyPort p;
    p.transmit_on();
    constexpr std::uint32_t kOther = 0x3000;
    p.write(reg::TDBAL(1), kOther);
    p.write(reg::TDLEN(1), 64 * 16);
    p.write(reg::TXDCTL(1), reg::txdctl::ENABLE);
    const auto put = [&](std::uint32_t ring, unsigned i, std::uint32_t command, std::uint32_t paylen) {
      Descriptor::of(AdvTxData::make({BusyPort::kBuffers}, 100, txd::IFCS | txd::RS | command, paylen))
          .store(p.memory.data() + ring + 16 * i);
    };
    put(BusyPort::kTxRing, 0, 0, 200);
    p.write(reg::TDT(0), 1);
    p.pass(20_us);
    put(kOther, 0, txd::EOP, 100);
    p.write(reg::TDT(1), 1);
    p.pass(1_ms);
    const auto other_done = [&] { return Descriptor::load(p.memory.data() + kOther).as<AdvTxData>().dd(); };
    EXPECT_EQ(p.transmitted(), 0u);
    EXPECT_FALSE(p.done(0));
    EXPECT_FALSE(other_done());
    EXPECT_EQ(p.read(reg::TDH(0)), 1u) << "taken, and not done";
    EXPECT_EQ(p.read(reg::TDH(1)), 0u);
    EXPECT_FALSE(p.read(reg::STATUS) & reg::status::TXOFF) << "so that igb calls it a hang";
    p.expect_account();
    if (completed) {
      put(BusyPort::kTxRing, 1, txd::EOP, 0);
      p.write(reg::TDT(0), 2);
    } else {
      p.write(reg::TXDCTL(0), 0);
    }
    p.pass(20_us);
    EXPECT_TRUE(other_done());
    EXPECT_EQ(p.done(0), completed);
    EXPECT_EQ(p.transmitted(), completed ? 2u : 1u);
    EXPECT_EQ(p.function.account().tx_errors, completed ? 0u : 1u);
    p.expect_account();
  }
}

TEST(Errors, AStalledTransmitterGoesOnAfterwards_FactBase_4_11) {
  BusyPort p;
  p.receive_on();
  p.transmit_on();
  p.function.stall_transmit(p.now, 2_ms);
  p.post(0, 4);
  p.arrive(2);
  p.pass(1_ms);
  EXPECT_FALSE(p.done(0));
  EXPECT_EQ(p.function.account().delivered, 2u) << "the receiver does not mind";
  p.pass(2_ms);
  EXPECT_TRUE(p.done(3));
  EXPECT_EQ(p.function.account().on_the_wire, 4u);
}

TEST(Errors, AResetCutsTheFrameOnTheWire_FactBase_4_9) {
  for (const bool during : {true, false}) {
    BusyPort p;
    p.transmit_on();
    p.post(0, 1, 1500);
    while (p.bus().transmitted() == 0) p.pass(kDeviceClock);
    p.pass(during ? 6_us : 13_us);  // 12.2 us on the wire
    p.write(reg::CTRL, p.read(reg::CTRL) | reg::ctrl::RST);
    EXPECT_EQ(p.bus().truncated(), during ? 1u : 0u);
  }
}

TEST(Errors, AFrameWithoutItsEndHasAWrongFcs_FactBase_4_9_4_10) {
  BusyPort p;
  p.receive_on();
  sim::Frame* f = p.frames().get(60);
  f->length = 60;
  p.receive(p.now + 1_us, f);
  p.function.frame_truncated();
  p.function.damage_frames(1);
  p.pass(2_us);
  p.arrive(2);
  p.pass(50_us);
  EXPECT_EQ(p.read(reg::CRCERRS), 2u) << "one truncated, one damaged";
  EXPECT_EQ(p.function.account().delivered, 1u);
  EXPECT_EQ(p.function.account().error_drops, 2u);
}

TEST(Errors, APulledCableCutsAFrameAndTheLinkComesBack_FactBase_4_8) {
  BusyPort p;
  p.receive_on();
  p.read(reg::ICR);
  sim::Frame* f = p.frames().get(1000);
  f->length = 1000;
  p.receive(p.now + 4_us, f);
  p.function.partner_will_say(LinkSignal::nothing(), p.now + 8_ns);
  p.pass(10_us);
  EXPECT_FALSE(p.read(reg::STATUS) & reg::status::LU);
  EXPECT_TRUE(p.read(reg::ICR) & reg::icr::LSC);
  EXPECT_EQ(p.function.account().filtered, 1u);
  p.function.partner_will_say(LinkSignal::everything(), p.now + 8_ns);
  p.pass(30_us);
  EXPECT_TRUE(p.read(reg::STATUS) & reg::status::LU);
  EXPECT_TRUE(p.read(reg::ICR) & reg::icr::LSC);
  p.arrive();
  p.pass(20_us);
  EXPECT_EQ(p.function.account().delivered, 1u);
}

TEST(Errors, MasterDisableHoldsWorkAndLettingGoResumesIt_FactBase_1_6) {
  BusyPort p;
  p.receive_on();
  p.transmit_on();
  p.post(0, 16, 1500);
  p.arrive(2);
  const std::uint32_t ctrl = p.read(reg::CTRL);
  p.write(reg::CTRL, ctrl | reg::ctrl::GIO_MASTER_DISABLE);
  p.pass(50_us);
  EXPECT_FALSE(p.read(reg::STATUS) & reg::status::GIO_MASTER_ENABLE);
  const std::uint64_t reads = p.bus().reads();
  p.arrive(3);
  p.pass(100_us);
  EXPECT_EQ(p.bus().reads(), reads);
  EXPECT_FALSE(p.done(15));
  p.write(reg::CTRL, ctrl);
  p.pass(500_us);
  EXPECT_EQ(p.function.account().on_the_wire, 16u);
  for (unsigned i = 0; i < 16; ++i) EXPECT_TRUE(p.done(i)) << i;
  EXPECT_EQ(p.function.account().delivered, 5u);
  p.expect_account();
}

// With reads in flight, packets half fetched, frames in both buffers.
TEST(Errors, EveryResetInTheMiddleOfTrafficAndASecondSetUp_FactBase_4_9) {
  for (unsigned kind = 0; kind < 6; ++kind)
    for (unsigned step = 0; step < 12; ++step) {
      SCOPED_TRACE(kind * 100 + step);
      BusyPort p;
      p.receive_on();
      p.transmit_on();
      p.post(0, 16, 1500);
      p.arrive(3);
      p.pass(700_ns * step);
      switch (kind) {
        case 0: p.write(reg::CTRL, p.read(reg::CTRL) | reg::ctrl::RST); break;
        case 1: p.write(reg::CTRL, p.read(reg::CTRL) | reg::ctrl::DEV_RST); break;
        case 2: p.write_config(0xA8, 0x8000, 0x3); break;
        case 3: p.function.fundamental_reset(p.now); break;
        case 4: p.function.surprise_reset(p.now); break;
        default: p.write(reg::CTRL_EXT, p.read(reg::CTRL_EXT) | reg::bit(13)); break;
      }
      p.pass(30_us);
      p.expect_account();
      p.write_config(0x04, 0x0006);
      p.write(reg::CTRL, p.read(reg::CTRL) | reg::ctrl::SLU);
      p.write(reg::TXDCTL(0), 0);
      p.write(reg::RXDCTL(0), 0);
      p.pass(100_us);
      const std::uint64_t delivered = p.function.account().delivered;
      p.receive_on();
      p.write(reg::TDT(0), 0);
      p.write(reg::TDH(0), 0);
      p.transmit_on();
      p.post(0, 8, 200);
      p.arrive(3);
      p.pass(400_us);
      EXPECT_TRUE(p.done(7));
      EXPECT_EQ(p.function.account().delivered, delivered + 3);
      EXPECT_TRUE(p.function.idle());
      EXPECT_TRUE(p.function.faults().empty());
      p.expect_account();
    }
}

}  // namespace
}  // namespace niclab::test
