// PCIe bytes by closed form: what docs/pcie-bytes.md derives by hand, TLP by TLP, is what the bus carries.
#include <gtest/gtest.h>

#include <map>

#include "bench.hpp"
#include "tests/support/pcie_rows.hpp"

namespace niclab::sim {
namespace {

using namespace hw;

using Row = test::PcieRow;
using Traffic = test::PcieTraffic;

/// One card for all rows, each on a queue of its own life.
struct Bytes : CardBench {
  Bytes() : CardBench() {}

  void set_limits(unsigned mps, unsigned mrrs) {
    const auto code = [](unsigned bytes) { return static_cast<unsigned>(__builtin_ctz(bytes / 128)); };
    const unsigned control = pci.config_read16(0xA8) & ~0x70E0u;
    pci.config_write16(0xA8, static_cast<std::uint16_t>(control | code(mps) << 5 | code(mrrs) << 12));
  }
  /// With WTHRESH a vector's countdown holds write-backs back; without it each goes at once. MSI and MSI-X
  /// are off: the grant is a message of INTx.
  void moderate(bool on) {
    wr(reg::GPIE, reg::gpie::Multiple_MSIX);
    wr(reg::IVAR(0), on ? 0x8080 : 0);
    wr(reg::EITR(0), 0);
    wr(reg::EICR, ~0u);
    wr(reg::EITR(0), on ? 8000u << 2 : 0);
    wr(reg::EIMS, 1);
  }
  std::map<std::pair<bool, TlpType>, Traffic> seen_since_mark() const {
    std::map<std::pair<bool, TlpType>, Traffic> sums;
    for (std::size_t i = mark; i < recorder.tlps.size(); ++i) {
      const TlpEvent& e = recorder.tlps[i];
      Traffic& t = sums[{e.up, e.type}];
      ++t.tlps;
      t.bytes += tlp_wire_bytes(e.type, e.address, e.type == TlpType::MRd ? 0 : e.length);
    }
    return sums;
  }

  void transmit(const Row& row, Buffer packet) {
    const std::uint16_t length[] = {static_cast<std::uint16_t>(row.bytes)};
    wr(reg::TXDCTL(0), 0);
    wr(reg::TDH(0), 0);
    wr(reg::TDT(0), 0);
    transmit_ring(row.packets, std::span(&packet, 1), length);
    wr(reg::TXDCTL(0), reg::txdctl::ENABLE | reg::txdctl::WTHRESH.put(row.wthresh));
    rd(reg::STATUS);
    mark = recorder.tlps.size();
    wr(reg::TDT(0), row.packets);
    wait(500_us);
  }
  void receive(const Row& row, Buffer packets) {
    wr(reg::RXDCTL(0), 0);
    wait(10_us);
    receive_ring(0, packets, 2048);
    wr(reg::RXDCTL(0), reg::rxdctl::ENABLE | reg::rxdctl::WTHRESH.put(row.wthresh));
    wr(reg::RCTL, reg::rctl::RXEN | reg::rctl::UPE | reg::rctl::LPE | reg::rctl::SECRC);
    rd(reg::STATUS);
    mark = recorder.tlps.size();
    const unsigned pieces = (row.bytes + 2047) / 2048;
    wr(reg::RDT(0), row.packets * pieces);
    far.add_source(
        std::make_unique<UdpSource>(to_station(row.bytes + 4, row.packets, host.kernel().now() + 5_us)));
    wait(500_us);
  }
  std::size_t mark = 0;
};

TEST(PcieBytes, AreThoseOfTheTable_FactBase_6_1_6_4) {
  Bytes b;
  b.task([&] {
    b.bring_up();
    const auto packets = b.buffer(256 * 2048);
    for (const Row& row : test::kPcieRows) {
      SCOPED_TRACE(row.name);
      b.set_limits(row.mps, row.mrrs);
      b.moderate(row.wthresh != 0);
      row.transmit ? b.transmit(row, packets) : b.receive(row, packets);
      auto seen = b.seen_since_mark();
      const auto expect = [&](const char* what, bool up, TlpType type, const Traffic& expected) {
        const Traffic t = seen[{up, type}];
        EXPECT_EQ(t.tlps, expected.tlps) << what;
        EXPECT_EQ(t.bytes, expected.bytes) << what;
        seen.erase({up, type});
      };
      expect("MRd up", true, TlpType::MRd, row.up_read);
      expect("MWr up", true, TlpType::MWr, row.up_write);
      expect("Msg up", true, TlpType::Msg, row.up_message);
      expect("MWr down", false, TlpType::MWr, row.down_write);
      expect("CplD down", false, TlpType::CplD, row.down_data);
      for (const auto& [key, t] : seen)
        ADD_FAILURE() << t.tlps << " " << kTlpNames[static_cast<unsigned>(key.second)] << " nobody expects";
      b.wait(10_ms);  // a countdown of this row is over
    }
  });
  b.run(1_s);
  // The counters of summary.json are sums of the same TLPs.
  std::uint64_t up = 0, up_bytes = 0;
  for (const TlpEvent& e : b.recorder.tlps) up += e.up;
  for (const TlpEvent& e : b.recorder.tlps)
    if (e.up) up_bytes += tlp_wire_bytes(e.type, e.address, e.type == TlpType::MRd ? 0 : e.length);
  EXPECT_EQ(b.nic.counters(0).up.tlps(), up);
  EXPECT_EQ(b.nic.counters(0).up.wire_bytes(), up_bytes);
}

}  // namespace
}  // namespace niclab::sim
