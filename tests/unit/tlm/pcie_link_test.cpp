// One direction of a PCIe link by closed form (fact base 6.1, 6.2): sizes and times of TLPs, credits.
#include "tlm/pcie_link.hpp"

#include <gtest/gtest.h>

#include "tlm/i350/port_meters.hpp"

namespace niclab::sim {
namespace {

// --- one TLP -------------------------------------------------------------------------------------

TEST(Tlp, FactBase_6_1_SizeOnTheWire) {
  constexpr std::uint64_t kLow = 0xFFFF'FFC0, kHigh = 0x1'0000'0000;
  EXPECT_EQ(tlp_wire_bytes(TlpType::MWr, kLow, 64), 84u);   // 8 framing + 3 DW header + payload
  EXPECT_EQ(tlp_wire_bytes(TlpType::MWr, kHigh, 64), 88u);  // 4 DW header
  EXPECT_EQ(tlp_wire_bytes(TlpType::MRd, kLow, 0), 20u);
  EXPECT_EQ(tlp_wire_bytes(TlpType::MRd, kHigh, 0), 24u);
  EXPECT_EQ(tlp_wire_bytes(TlpType::CplD, kHigh, 64), 84u);  // completions carry no address of memory
  EXPECT_EQ(tlp_wire_bytes(TlpType::Cpl, 0, 0), 20u);
  EXPECT_EQ(tlp_wire_bytes(TlpType::CfgRd, 0, 0), 20u);
  EXPECT_EQ(tlp_wire_bytes(TlpType::MWr, kLow, 1), 24u);  // whole double words
}

struct LinkCase {
  unsigned gen, lanes;
  std::uint64_t ps_per_byte;
};
// 8b/10b: ten bits a byte at 2.5 or 5 Gb/s a lane.
TEST(LinkTime, FactBase_6_2_OfA64ByteWrite) {
  for (const LinkCase w : {LinkCase{1, 1, 4000}, LinkCase{1, 4, 1000}, LinkCase{2, 1, 2000},
                           LinkCase{2, 2, 1000}, LinkCase{2, 4, 500}}) {
    PcieConfig c;
    c.gen = w.gen;
    c.lanes = w.lanes;
    LinkTransmitter link(c);
    const Time t = Time{} + 1_us;
    const auto first = link.send(t, TlpType::MWr, 84, 64);
    EXPECT_EQ(first.start, t);
    EXPECT_EQ((first.end - first.start).ps(), 84 * w.ps_per_byte);
    EXPECT_EQ(first.arrival, first.end + c.propagation);
    const auto second = link.send(t, TlpType::MWr, 88, 64);  // serial: it waits for the first
    EXPECT_EQ(second.start, first.end);
    EXPECT_EQ((second.end - second.start).ps(), 88 * w.ps_per_byte);
  }
}

// --- credits and order ---------------------------------------------------------------------------

TEST(Link, PostedHeaderCreditsStallTheTransmitter) {
  PcieConfig c;
  LinkTransmitter link(c);
  const Time back = Time{} + 10_us;
  for (unsigned i = 0; i < 64; ++i) {
    EXPECT_LT(link.send(Time{}, TlpType::MWr, 24, 4).end, back);
    link.credit(TlpType::MWr, 4, back + Duration::from_ns(100 * i));
  }
  EXPECT_EQ(link.send(Time{}, TlpType::MWr, 24, 4).start, back);  // the 65th waits for the first header
  link.credit(TlpType::MWr, 4, back + 100_us);
  EXPECT_EQ(link.send(Time{}, TlpType::MWr, 24, 4).start, back + 100_ns);
}

TEST(Link, PostedDataCreditsStallTheTransmitterAndReadsPassNothing) {
  PcieConfig c;
  LinkTransmitter link(c);
  const Time back = Time{} + 50_us;
  for (unsigned i = 0; i < 32; ++i) {  // 32 x 512 B are the receiver's 16 KB
    EXPECT_LT(link.send(Time{}, TlpType::MWr, 532, 512).end, back);
    link.credit(TlpType::MWr, 512, back);
  }
  const auto completion = link.send(Time{}, TlpType::CplD, 84, 64);  // infinite credits
  EXPECT_LT(completion.start, back);
  EXPECT_EQ(link.send(Time{}, TlpType::MWr, 24, 4).start, back);
}

TEST(PortMeters, WaitsForTheLinkAndForCreditsCountOnceForAllThatWait) {
  PortMeters m;
  const auto ns = [](std::uint64_t n) { return Time{} + Duration::from_ns(n); };
  m.sent(ns(10), ns(0), ns(10));   // at once
  m.sent(ns(12), ns(20), ns(20));  // 8 for the link
  m.sent(ns(15), ns(30), ns(35));  // both waited from 15 to 20; 10 more for the link, 5 for credits
  m.sent(ns(50), ns(40), ns(57));  // the link was free
  EXPECT_EQ(m.link_busy, 18_ns);
  EXPECT_EQ(m.no_credit, 12_ns);
}

TEST(Link, RequestOutOfTimeOrderAbortsTheRun) {
  LinkTransmitter link{PcieConfig{}};
  link.send(Time{} + 100_ns, TlpType::MRd, 20, 0);
  EXPECT_NO_THROW(link.send(Time{} + 100_ns, TlpType::MRd, 20, 0));
  EXPECT_THROW(link.send(Time{} + 99_ns, TlpType::MRd, 20, 0), SimulationError);
}

TEST(Link, EventInThePastAbortsTheRun) {
  struct Late {
    void first(Time t, std::uint32_t) { engine->at<&Late::second>(t - 1_ps, Kind::device, 0, *this); }
    void second(Time, std::uint32_t) {}
    Engine* engine;
  };
  Engine engine(false);
  Late late{&engine};
  engine.at<&Late::first>(Time{} + 1_us, Kind::device, 0, late);
  EXPECT_THROW(engine.run(Time{} + 2_us), SimulationError);
}

}  // namespace
}  // namespace niclab::sim
