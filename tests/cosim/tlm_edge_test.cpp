// Any TLM-2.0 model may take the place of card, host memory or bus master (docs/architecture.md, "The bus"):
// here are some that know nothing of us, implement only b_transport, and wait().
#include <gtest/gtest.h>

#include <map>

#include "bench.hpp"

namespace niclab::sim {
namespace {

using hw::reg::EITR;

/// A bus master of somebody else's: a thread of blocking transactions, no extension, no memory manager.
struct ForeignInitiator : sc_core::sc_module {
  ForeignInitiator(sc_core::sc_module_name name, std::function<void(ForeignInitiator&)> script)
      : sc_module(name), socket("socket"), script_(std::move(script)) {
    SC_HAS_PROCESS(ForeignInitiator);
    SC_THREAD(thread);
  }
  /// `enables`: a byte for each of data, 0 or TLM_BYTE_ENABLED; nullptr: all.
  ::tlm::tlm_response_status transfer(::tlm::tlm_command command, std::uint64_t address, void* data,
                                      unsigned n, unsigned char* enables = nullptr) {
    ::tlm::tlm_generic_payload p;
    p.set_command(command);
    p.set_address(address);
    p.set_data_ptr(static_cast<unsigned char*>(data));
    p.set_data_length(n);
    p.set_streaming_width(n);
    p.set_byte_enable_ptr(enables);
    p.set_byte_enable_length(enables != nullptr ? n : 0);
    p.set_response_status(::tlm::TLM_INCOMPLETE_RESPONSE);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket->b_transport(p, delay);
    sc_core::wait(delay);
    return p.get_response_status();
  }
  auto write(std::uint64_t a, const void* data, unsigned n) {
    return transfer(::tlm::TLM_WRITE_COMMAND, a, const_cast<void*>(data), n);
  }
  auto read(std::uint64_t a, void* data, unsigned n) { return transfer(::tlm::TLM_READ_COMMAND, a, data, n); }
  auto write32(std::uint64_t a, std::uint32_t v) { return write(a, &v, 4); }
  std::uint32_t read32(std::uint64_t a) {
    std::uint32_t v = 0;
    return read(a, &v, 4) == ::tlm::TLM_OK_RESPONSE ? v : ~0u;
  }

  tlm_utils::simple_initiator_socket<ForeignInitiator> socket;
  bool finished = false;

 private:
  void thread() {
    script_(*this);
    finished = true;
  }
  std::function<void(ForeignInitiator&)> script_;
};

/// One with registers, which take anything.
struct ForeignCard : ForeignInitiator {
  ForeignCard(sc_core::sc_module_name name, std::function<void(ForeignInitiator&)> script)
      : ForeignInitiator(name, std::move(script)), in("in") {
    in.register_b_transport(this, &ForeignCard::b_transport);
  }
  void b_transport(::tlm::tlm_generic_payload& p, sc_core::sc_time&) {
    p.set_response_status(::tlm::TLM_OK_RESPONSE);
  }
  tlm_utils::simple_target_socket<ForeignCard> in;
};

/// A memory of somebody else's: b_transport only, and slow.
struct ForeignMemory : sc_core::sc_module {
  ForeignMemory(sc_core::sc_module_name name, sc_core::sc_time latency)
      : sc_module(name), socket("socket"), bytes(1 << 16), latency_(latency) {
    socket.register_b_transport(this, &ForeignMemory::b_transport);
  }
  void b_transport(::tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    sc_core::wait(delay + latency_);
    delay = sc_core::SC_ZERO_TIME;
    const auto a = static_cast<std::size_t>(p.get_address());
    if (a + p.get_data_length() > bytes.size()) {
      p.set_response_status(::tlm::TLM_ADDRESS_ERROR_RESPONSE);
      return;
    }
    if (p.is_read()) {
      ++reads;
      std::memcpy(p.get_data_ptr(), &bytes[a], p.get_data_length());
    } else {
      ++writes;
      std::memcpy(&bytes[a], p.get_data_ptr(), p.get_data_length());
    }
    p.set_response_status(::tlm::TLM_OK_RESPONSE);
  }
  tlm_utils::simple_target_socket<ForeignMemory> socket;
  std::vector<std::byte> bytes;
  unsigned reads = 0, writes = 0;

 private:
  sc_core::sc_time latency_;
};

/// Takes frames off a wire, one at a time, in its own time; sends none.
struct ForeignListener : sc_core::sc_module {
  explicit ForeignListener(sc_core::sc_module_name name) : sc_module(name), in("in"), out("out") {
    in.register_b_transport(this, &ForeignListener::b_transport);
  }
  void b_transport(::tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    sc_core::wait(delay + sc_core::sc_time(3, sc_core::SC_US));
    delay = sc_core::SC_ZERO_TIME;
    const auto* b = reinterpret_cast<const std::byte*>(p.get_data_ptr());
    heard.emplace_back(b, b + p.get_data_length());
    p.set_response_status(::tlm::TLM_OK_RESPONSE);
  }
  tlm_utils::simple_target_socket<ForeignListener> in;
  tlm_utils::simple_initiator_socket<ForeignListener> out;
  std::vector<std::vector<std::byte>> heard;
};

// --- a foreign initiator in the card's place -----------------------------------------------------

TEST(ForeignInitiator, ReadsAndWritesHostMemoryThatIsMapped) {
  HostSide h;
  std::byte* memory = h.host.kernel().alloc_host_memory(4096, 4096);
  memory[100] = std::byte{0x5A};
  const auto bus =
      h.host.iommu().map({memory, 4096}, DmaDirection::bidirectional, std::source_location::current());
  std::byte seen[128]{};
  Time begin{}, end{};
  ForeignCard card("card", [&](ForeignInitiator& i) {
    sc_core::wait(7, sc_core::SC_US);
    begin = kernel_now();
    EXPECT_EQ(i.read(bus.value + 100, seen, 1), ::tlm::TLM_OK_RESPONSE);
    end = kernel_now();
    const std::byte text[4] = {std::byte{'a'}, std::byte{'b'}, std::byte{'c'}, std::byte{'d'}};
    EXPECT_EQ(i.write(bus.value + 200, text, 4), ::tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(i.read(bus.value + 200, seen + 4, 4), ::tlm::TLM_OK_RESPONSE);
  });
  card.socket.bind(h.rc.from_device);
  h.rc.to_device.bind(card.in);
  bool host_saw = false;
  h.host.kernel().spawn("reader", 0, [&] {
    h.host.kernel().sleep_until(Time{} + 30_us);
    h.host.kernel().dma_sync();
    host_saw = memory[203] == std::byte{'d'};
  });
  h.run(50_us);
  EXPECT_TRUE(card.finished);
  EXPECT_EQ(seen[0], std::byte{0x5A});
  EXPECT_EQ(seen[7], std::byte{'d'});
  EXPECT_TRUE(host_saw);
  EXPECT_TRUE(h.host.dma_faults().empty());
  // Traces, page walk, root complex and memory, then a completion of 21 B (24 with padding) down a gen 2 x4
  // link.
  const Duration expected = h.pcie.propagation + h.pcie.root_complex_latency + h.pcie.memory_latency +
                            h.pcie.iommu_miss + 12_ns + h.pcie.propagation;
  EXPECT_EQ((end - begin).ps(), expected.ps());
}

TEST(ForeignInitiator, IsRefusedWhereNothingIsMapped) {
  HostSide h;
  std::byte* memory = h.host.kernel().alloc_host_memory(4096, 4096);
  const auto bus = h.host.iommu().map({memory, 64}, DmaDirection::to_device, std::source_location::current());
  ForeignCard card("card", [&](ForeignInitiator& i) {
    std::uint32_t v = 0;
    EXPECT_EQ(i.read(0x10, &v, 4), ::tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(i.read(bus.value + 62, &v, 4), ::tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(i.write(bus.value, &v, 4), ::tlm::TLM_OK_RESPONSE);  // posted: nobody can tell
    EXPECT_EQ(i.read(bus.value, &v, 4), ::tlm::TLM_OK_RESPONSE);
  });
  card.socket.bind(h.rc.from_device);
  h.rc.to_device.bind(card.in);
  h.run(50_us);
  EXPECT_TRUE(card.finished);
  const auto& faults = h.host.dma_faults();
  ASSERT_EQ(faults.size(), 3u);
  EXPECT_EQ(faults[0].reason, "never mapped");
  EXPECT_NE(faults[1].reason.find("outside the 64 B mapped at tlm_edge_test.cpp"), std::string::npos);
  EXPECT_TRUE(faults[2].write);
  EXPECT_NE(faults[2].reason.find("wrong direction, mapped to_device"), std::string::npos);
}

TEST(ForeignInitiator, TransactionThatIsNoTlpIsRefused) {
  HostSide h;
  std::byte* memory = h.host.kernel().alloc_host_memory(8192, 4096);
  const auto bus =
      h.host.iommu().map({memory, 8192}, DmaDirection::bidirectional, std::source_location::current());
  std::vector<std::byte> data(4096);
  ForeignCard card("card", [&](ForeignInitiator& i) {
    EXPECT_EQ(i.write(bus.value, data.data(), h.pcie.mps + 4), ::tlm::TLM_BURST_ERROR_RESPONSE);
    EXPECT_EQ(i.read(bus.value, data.data(), h.pcie.mrrs + 4), ::tlm::TLM_BURST_ERROR_RESPONSE);
    EXPECT_EQ(i.write(bus.value, data.data(), h.pcie.mps), ::tlm::TLM_OK_RESPONSE);
  });
  card.socket.bind(h.rc.from_device);
  h.rc.to_device.bind(card.in);
  h.run(50_us);
  EXPECT_TRUE(card.finished);
}

TEST(ForeignInitiator, AndForeignMemoryMeetThroughOurRootComplex) {
  Base b;
  RootComplex rc("root_complex", b.engine, b.scheduler, b.trace, {}, nullptr, 0, 0);
  ForeignMemory memory("memory", sc_core::sc_time(400, sc_core::SC_NS));
  ForeignCard card("card", [&](ForeignInitiator& i) {
    EXPECT_EQ(i.write32(0x1000, 0xCAFE), ::tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(i.read32(0x1000), 0xCAFEu);
    EXPECT_EQ(i.read32(0x10'0000), ~0u);
  });
  ForeignInitiator cpu("cpu", [](ForeignInitiator&) {});
  card.socket.bind(rc.from_device);
  rc.to_device.bind(card.in);
  rc.to_host.bind(memory.socket);
  cpu.socket.bind(rc.from_host);
  b.run(50_us);
  EXPECT_TRUE(card.finished);
}

// --- a foreign target in the memory's place ------------------------------------------------------

TEST(ForeignMemory, AnswersTheCardsDescriptorFetchesInItsOwnTime) {
  Base b;
  RootComplex rc("root_complex", b.engine, b.scheduler, b.trace, {}, nullptr, 0, 0);
  ForeignMemory memory("memory", sc_core::sc_time(2, sc_core::SC_US));
  ForeignInitiator cpu("cpu", [](ForeignInitiator&) {});
  RtlWorld rtl(false);
  I350 nic("i350", b.engine, b.scheduler, b.trace, b.frames, {}, one_port(rtl), 0);
  Wire wire("wire", 50_ns);
  ForeignListener listener("listener");
  nic.pcie_out.bind(rc.from_device);
  rc.to_device.bind(nic.pcie_in);
  rc.to_host.bind(memory.socket);
  cpu.socket.bind(rc.from_host);
  nic.wire_out(0).bind(wire.from_a);
  wire.to_a.bind(nic.wire_in(0));
  listener.out.bind(wire.from_b);
  wire.to_b.bind(listener.in);

  constexpr unsigned kFrames = 24;  // many write-backs are in flight at once
  for (unsigned i = 0; i < kFrames; ++i) {
    const std::uint64_t buffer = 0x2000 + 0x100 * i;
    hw::Descriptor::of(hw::AdvTxData::make({buffer}, 80, hw::txd::EOP | hw::txd::IFCS | hw::txd::RS, 80))
        .store(&memory.bytes[0x1000 + 16 * i]);
    std::fill_n(&memory.bytes[buffer], 80, static_cast<std::byte>(0x40 + i));
  }
  auto& port = nic.function(0);
  port.config_space().write(hw::PciConfigSpace::kCommand, 6);
  const auto wr = [&](hw::reg::Offset o, std::uint32_t v) { port.write_csr(o, v, Time{}); };
  wr(hw::reg::CTRL, hw::reg::ctrl::SLU);
  wr(hw::reg::TDBAL(0), 0x1000);
  wr(hw::reg::TDLEN(0), 512);
  wr(hw::reg::TXDCTL(0), hw::reg::txdctl::ENABLE);
  wr(hw::reg::TCTL, hw::reg::tctl::EN);
  wr(hw::reg::TDT(0), kFrames);
  b.run(300_us);

  EXPECT_GE(memory.reads, kFrames + 1);  // payloads, and descriptors
  EXPECT_GE(memory.writes, kFrames);     // write-backs
  for (unsigned i = 0; i < kFrames; ++i)
    EXPECT_TRUE(hw::Descriptor::load(&memory.bytes[0x1000 + 16 * i]).as<hw::AdvTxData>().dd()) << i;
  ASSERT_EQ(listener.heard.size(), kFrames);
  for (unsigned i = 0; i < kFrames; ++i) {
    EXPECT_EQ(listener.heard[i].size(), 80u);
    EXPECT_EQ(listener.heard[i][40], static_cast<std::byte>(0x40 + i));
  }
  // Two reads of 2 us after another, descriptors then payload, lie before the first frame.
  ASSERT_EQ(b.recorder.frames.size(), kFrames);
  EXPECT_GT(b.recorder.frames[0].end, Time{} + 4_us);
  EXPECT_TRUE(port.faults().empty());
}

// --- a foreign initiator in the host's place -----------------------------------------------------

/// The card among foreign modules; whoever takes the host's place binds to `nic.pcie_in`.
struct ForeignBench : Base {
  ForeignBench() {
    nic.pcie_out.bind(memory.socket);
    nic.wire_out(0).bind(wire.from_a);
    wire.to_a.bind(nic.wire_in(0));
    listener.out.bind(wire.from_b);
    wire.to_b.bind(listener.in);
  }
  RtlWorld rtl{false};
  I350 nic{"i350", engine, scheduler, trace, frames, {}, one_port(rtl), 0};
  ForeignMemory memory{"memory", sc_core::SC_ZERO_TIME};
  Wire wire{"wire", 50_ns};
  ForeignListener listener{"listener"};
};

TEST(ForeignHost, ReadsAndWritesRegistersOfTheCard) {
  ForeignBench b;
  I350& nic = b.nic;
  constexpr std::uint64_t kBar = 0xE000'0000;
  auto& space = nic.function(0).config_space();
  space.write(hw::PciConfigSpace::kBar0, kBar);
  space.write(hw::PciConfigSpace::kCommand, 6);
  ForeignInitiator host("host", [&](ForeignInitiator& i) {
    using namespace hw;
    EXPECT_EQ(i.read32(kBar + reg::STATUS) & (reg::status::LU | reg::status::PHYRA), reg::status::PHYRA);
    const std::uint32_t interval = reg::eitr::INTERVAL.put(125);
    EXPECT_EQ(i.write32(kBar + EITR(3), interval | reg::eitr::CNT_INGR), ::tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(i.read32(kBar + EITR(3)) & 0x7FFC, interval);
    sc_core::wait(11, sc_core::SC_US);
    i.write32(kBar + reg::IMS, reg::icr::LSC | reg::icr::RXO);
    EXPECT_EQ(i.read32(kBar + reg::IMS), reg::icr::LSC | reg::icr::RXO);
    i.write32(kBar + reg::IMC, reg::icr::RXO);
    EXPECT_EQ(i.read32(kBar + reg::IMS), reg::icr::LSC);
    i.write32(kBar + reg::CTRL, reg::ctrl::SLU);
    sc_core::wait(11, sc_core::SC_US);
    EXPECT_NE(i.read32(kBar + reg::STATUS) & reg::status::LU, 0u);
    const Time begin = kernel_now();
    i.read32(kBar + reg::STATUS);
    // 120 ns into the device, 32 ns inside, a completion of 24 B at gen 2 x4; the first edge of the clock
    // costs up to 8.
    const auto round = (kernel_now() - begin).ps();
    EXPECT_GE(round, (120_ns + 32_ns + 12_ns + 5_ns).ps());
    EXPECT_LT(round, (120_ns + 32_ns + 12_ns + 5_ns + 8_ns).ps());
    EXPECT_EQ(i.read32(kBar + hw::PciConfigSpace::kBar0Size), ~0u);  // nobody there
  });
  host.socket.bind(nic.pcie_in);
  b.run(1_ms);
  EXPECT_TRUE(host.finished);
}

// What a real root complex can also send: other lengths, and byte enables.
TEST(ForeignHost, FactBase_1_3_CsrAccessRules) {
  ForeignBench b;
  I350& nic = b.nic;
  constexpr std::uint64_t kBar = 0xE000'0000, kBar3 = 0xE008'0000;
  auto& space = nic.function(0).config_space();
  space.write(hw::PciConfigSpace::kBar0, kBar);
  space.write(hw::PciConfigSpace::kBar0 + 12, kBar3);
  space.write(hw::PciConfigSpace::kCommand, 2);
  ForeignInitiator host("host", [&](ForeignInitiator& i) {
    using namespace hw;
    constexpr std::uint64_t kRdbal = kBar + 0xC000;
    const std::uint32_t two[2] = {0x1234'5680, 0xABCD};
    EXPECT_EQ(i.write(kRdbal, two, 8), ::tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(i.read32(kRdbal), two[0]);
    EXPECT_EQ(i.read32(kRdbal + 4), two[1]);
    std::uint32_t seen[4] = {};
    EXPECT_EQ(i.read(kRdbal, seen, 8), ::tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(seen[1], two[1]);
    // Longer than two DWORDs: an Unsupported Request, also for a register beyond the second.
    const std::uint32_t three[3] = {1 << 7, 2, 3};
    EXPECT_NE(i.read(kRdbal, seen, 12), ::tlm::TLM_OK_RESPONSE);
    i.write(kRdbal, three, 12);
    EXPECT_EQ(i.read32(kRdbal), two[0]);
    EXPECT_EQ(space.read16(0xAA) & 0xF, 0xB)
        << "Unsupported Request: advisory for the read, nonfatal for the write";
    EXPECT_EQ(space.read(0x104), 1u << 20) << "and the write is logged";
    // Partial writes are dropped, one or two DWORDs ...
    const std::uint32_t ones = ~0u;
    i.write(kRdbal, &ones, 2);
    i.write(kRdbal + 3, &ones, 1);
    unsigned char last[8] = {
        0, 0, 0, 0, TLM_BYTE_ENABLED, TLM_BYTE_ENABLED, TLM_BYTE_ENABLED, TLM_BYTE_ENABLED};
    std::uint32_t pair[2] = {~0u, 77};
    EXPECT_EQ(i.transfer(::tlm::TLM_WRITE_COMMAND, kRdbal, pair, 8, last), ::tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(i.read32(kRdbal), two[0]);
    EXPECT_EQ(i.read32(kRdbal + 4), 77u);
    // ... except into the MSI-X table.
    const std::uint8_t byte = 0x5A;
    i.write(kBar3 + 0x21, &byte, 1);
    EXPECT_EQ(i.read32(kBar3 + 0x20), 0x5A00u);
    // A partial read reads it all: ICR is cleared. One of no bytes does not touch it.
    i.write32(kBar + reg::ICS, reg::icr::LSC | reg::icr::THS);
    unsigned char none[4] = {};
    EXPECT_EQ(i.transfer(::tlm::TLM_READ_COMMAND, kBar + reg::ICR, seen, 4, none), ::tlm::TLM_OK_RESPONSE);
    std::uint8_t low = 0;
    EXPECT_EQ(i.read(kBar + reg::ICR, &low, 1), ::tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(low, reg::icr::LSC);
    EXPECT_EQ(i.read32(kBar + reg::ICR), 0u);
  });
  host.socket.bind(nic.pcie_in);
  b.run(1_ms);
  EXPECT_TRUE(host.finished);
}

}  // namespace
}  // namespace niclab::sim
