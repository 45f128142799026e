// PCIe by closed form (fact base 6.1, 6.2): splitting and order. One link alone:
// tests/unit/tlm/pcie_link_test.cpp.
#include <gtest/gtest.h>

#include "bench.hpp"

namespace niclab::sim {
namespace {

using hw::Descriptor;

// --- order ---------------------------------------------------------------------------------------

/// Notes when each access is said to take effect.
struct Witness : sc_core::sc_module {
  explicit Witness(sc_core::sc_module_name name) : sc_module(name), in("in"), out("out") {
    in.register_nb_transport_fw(this, &Witness::forward);
  }
  ::tlm::tlm_sync_enum forward(Payload& p, ::tlm::tlm_phase&, sc_core::sc_time& delay) {
    seen.push_back({p.get_address(), instant(delay)});
    p.set_response_status(::tlm::TLM_OK_RESPONSE);
    return ::tlm::TLM_COMPLETED;
  }
  struct Seen {
    std::uint64_t address;
    Time at;
  };
  tlm_utils::simple_target_socket<Witness> in;
  tlm_utils::simple_initiator_socket<Witness> out;
  std::vector<Seen> seen;
};

/// A master that asks without waiting.
struct Master : sc_core::sc_module {
  explicit Master(sc_core::sc_module_name name) : sc_module(name), out("out"), in("in") {
    out.register_nb_transport_bw(this, &Master::backward);
    in.register_nb_transport_fw(this, &Master::forward);
  }
  ::tlm::tlm_sync_enum backward(Payload&, ::tlm::tlm_phase& phase, sc_core::sc_time&) {
    phase = ::tlm::END_RESP;
    return ::tlm::TLM_COMPLETED;
  }
  ::tlm::tlm_sync_enum forward(Payload&, ::tlm::tlm_phase&, sc_core::sc_time&) {
    return ::tlm::TLM_COMPLETED;
  }
  void request(TlpType type, std::uint64_t address, Time arrival) {
    Payload& p = pool.get(type, address, nullptr, 64);
    TlpPool::extension(p).function = 0;
    ::tlm::tlm_phase phase = ::tlm::BEGIN_REQ;
    sc_core::sc_time delay = delay_to(arrival);
    out->nb_transport_fw(p, phase, delay);
    credits.push_back(TlpPool::extension(p).credit_returned);
    p.release();
  }
  tlm_utils::simple_initiator_socket<Master> out;
  tlm_utils::simple_target_socket<Master> in;
  TlpPool pool;
  std::vector<Time> credits;  ///< when the buffer of each request is free
};

// PCI Express Base, ordering rules: neither a posted write nor a read passes a posted write.
TEST(RootComplex, WritesAndReadsStayBehindAWriteThatWaitsForItsTranslation) {
  Base b;
  const PcieConfig c;
  HostMemory dram(b.engine, 0, 1 << 20);
  Iommu iommu(dram, c);
  RootComplex rc("root_complex", b.engine, b.scheduler, b.trace, c, &iommu, 0, 0);
  Master card("card"), cpu("cpu");
  Witness memory("memory");
  card.out.bind(rc.from_device);
  rc.to_device.bind(card.in);
  rc.to_host.bind(memory.in);
  memory.out.bind(cpu.in);
  cpu.out.bind(rc.from_host);
  struct Script {
    void run(Time t, std::uint32_t) {
      card->request(TlpType::MWr, 0x1000, t);          // page walk
      card->request(TlpType::MWr, 0x1040, t + 10_ns);  // translation known by now
      card->request(TlpType::MRd, 0x1000, t + 20_ns);
    }
    Master* card;
  } script{&card};
  b.engine.at<&Script::run>(Time{} + 1_us, Kind::device, 0, script);
  b.run(10_us);
  const Time walked = Time{} + 1_us + c.root_complex_latency + c.iommu_miss;
  ASSERT_EQ(memory.seen.size(), 3u);
  EXPECT_EQ(memory.seen[0].at, walked);
  EXPECT_EQ(memory.seen[1].address, 0x1040u);
  EXPECT_EQ(memory.seen[1].at, walked);  // alone it would have been visible 310 ns earlier
  EXPECT_EQ(memory.seen[2].address, 0x1000u);
  EXPECT_EQ(memory.seen[2].at, walked);
  for (const Time free : card.credits) EXPECT_EQ(free, walked + c.device_latency) << "not before it has gone";
}

// --- a frame received ----------------------------------------------------------------------------

struct ReceiveCase {
  unsigned mps;
  std::uint32_t page_offset;         // of the buffer
  std::vector<std::uint32_t> sizes;  // of the TLPs
};
class ReceiveTlps : public testing::TestWithParam<ReceiveCase> {};
// 1500 bytes of IP are 1514 without FCS. The last line begins 114 B before a page's end.
INSTANTIATE_TEST_SUITE_P(
    MaxPayload, ReceiveTlps,
    testing::Values(ReceiveCase{128, 0, {128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 106}},
                    ReceiveCase{256, 0, {256, 256, 256, 256, 256, 234}}, ReceiveCase{512, 0, {512, 512, 490}},
                    ReceiveCase{512, 2048, {512, 512, 490}},
                    ReceiveCase{256, 3982, {114, 256, 256, 256, 256, 256, 120}},
                    ReceiveCase{512, 3982, {114, 512, 512, 376}}));

TEST_P(ReceiveTlps, OfA1500ByteDatagram) {
  PcieConfig c;
  c.mps = GetParam().mps;
  CardBench b(c);
  CardBench::Buffer packet{};
  b.task([&] {
    b.bring_up();
    packet = b.buffer(8192, GetParam().page_offset);
    b.receive_ring(8, packet, 0);
    b.far.add_source(
        std::make_unique<UdpSource>(CardBench::to_station(1518, 1, b.host.kernel().now() + 20_us)));
  });
  b.run(1_ms);
  std::vector<std::uint32_t> sizes;
  std::uint64_t next = packet.bus;
  for (const TlpEvent& e : b.recorder.select(true, TlpType::MWr)) {
    if (e.address - packet.bus >= 1514) continue;  // write-backs
    EXPECT_EQ(e.address, next);
    EXPECT_LE(e.address % 4096 + e.length, 4096u);
    next = e.address + e.length;
    sizes.push_back(e.length);
  }
  EXPECT_EQ(sizes, GetParam().sizes);
  EXPECT_TRUE(b.host.dma_faults().empty());
  const auto& up = b.nic.counters(0).up;
  std::uint64_t wire = 0;
  for (const TlpEvent& e : b.recorder.tlps) {
    const bool data = e.type == TlpType::MWr || e.type == TlpType::CplD;
    if (e.up) wire += tlp_wire_bytes(e.type, e.address, data ? e.length : 0);
  }
  EXPECT_EQ(up.wire_bytes(), wire);
}

// --- a frame sent --------------------------------------------------------------------------------

struct ReadCase {
  unsigned mrrs, rcb, completion;
  std::uint32_t page_offset;
  std::vector<std::uint32_t> requests;     // MRd lengths for 1514 bytes
  std::vector<std::uint32_t> completions;  // first and last of the first request
};
class ReadTlps : public testing::TestWithParam<ReadCase> {};
INSTANTIATE_TEST_SUITE_P(
    MaxReadRequest, ReadTlps,
    testing::Values(
        ReadCase{512, 64, 64, 0, {512, 512, 490}, {64, 64}}, ReadCase{2048, 64, 256, 0, {1514}, {256, 234}},
        ReadCase{128, 64, 64, 0, {128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 106}, {64, 64}},
        ReadCase{512, 64, 64, 40, {512, 512, 490}, {24, 40}},
        ReadCase{512, 128, 128, 200, {512, 512, 490}, {56, 72}},
        ReadCase{512, 64, 64, 4000, {96, 512, 512, 394}, {32, 64}}));

TEST_P(ReadTlps, SplitByReadRequestSizeAndCompletionBoundary) {
  PcieConfig c;
  c.mrrs = GetParam().mrrs;
  c.rcb = GetParam().rcb;
  c.completion = GetParam().completion;
  CardBench b(c);
  CardBench::Buffer packet{};
  b.task([&] {
    b.bring_up();
    packet = b.buffer(8192, GetParam().page_offset);
    const std::uint16_t length = 1514;
    b.transmit_ring(1, {&packet, 1}, {&length, 1});
    b.wr(hw::reg::TDT(0), 1);
  });
  b.run(1_ms);
  std::vector<std::uint32_t> requests;
  std::uint64_t next = packet.bus;
  for (const TlpEvent& e : b.recorder.select(true, TlpType::MRd)) {
    if (e.address - packet.bus >= 1514) continue;  // descriptors
    EXPECT_EQ(e.address, next);
    EXPECT_LE(e.address % 4096 + e.length, 4096u);
    next += e.length;
    requests.push_back(e.length);
  }
  EXPECT_EQ(requests, GetParam().requests);

  // Each request's data come in order, cut at Read Completion Boundaries; different requests may pass each
  // other.
  std::vector<std::uint32_t> first;
  std::uint64_t total = 0, begin = packet.bus;
  for (const std::uint32_t asked : requests) {
    next = begin;
    for (const TlpEvent& e : b.recorder.select(false, TlpType::CplD)) {
      if (e.address - begin >= asked) continue;
      EXPECT_EQ(e.address, next);
      EXPECT_LE(e.length, c.completion);
      next += e.length;
      if (next != begin + asked) {
        EXPECT_EQ(next % c.rcb, 0u);
      }
      if (begin == packet.bus) first.push_back(e.length);
      total += e.length;
    }
    EXPECT_EQ(next, begin + asked);
    begin += asked;
  }
  EXPECT_EQ(total, 1514u);
  EXPECT_EQ(first.front(), GetParam().completions[0]);
  EXPECT_EQ(first.back(), GetParam().completions[1]);
}

TEST(Iova, Above4GiBMakesHeadersOfFourWords) {
  for (const unsigned bits : {32u, 64u}) {
    PcieConfig c;
    c.iova_bits = bits;
    Engine engine(false);
    HostMemory dram(engine, 0, 1 << 16);
    Iommu iommu(dram, c);
    std::byte* p = dram.allocate(64, 64);
    const auto bus = iommu.map({p, 64}, DmaDirection::to_device, std::source_location::current());
    EXPECT_EQ(tlp_wire_bytes(TlpType::MWr, bus.value, 64), bits == 64 ? 88u : 84u);
  }
}

}  // namespace
}  // namespace niclab::sim
