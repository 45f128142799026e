// Parts of a machine put together by hand, so that a test can leave one out and put something else in its
// place.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

#include "hw/descriptors.hpp"
#include "hw/registers.hpp"
#include "tlm/far_end.hpp"
#include "tlm/host.hpp"
#include "tlm/host_pci.hpp"
#include "tlm/i350/i350.hpp"
#include "tlm/root_complex.hpp"
#include "tlm/wire.hpp"

namespace niclab::sim {

/// Keeps every event of a run.
struct Recorder final : TraceSink {
  struct SeenFrame {
    Time end;
    bool transmitted;
    std::size_t length;
  };
  void tlp(const TlpEvent& e) override { tlps.push_back(e); }
  void frame(const FrameEvent& e) override { frames.push_back({e.end, e.transmitted, e.bytes.size()}); }
  void interrupt(const InterruptEvent& e) override { interrupts.push_back(e); }
  std::vector<TlpEvent> select(bool up, TlpType type) const {
    std::vector<TlpEvent> v;
    std::copy_if(tlps.begin(), tlps.end(), std::back_inserter(v),
                 [&](const TlpEvent& e) { return e.up == up && e.type == type; });
    return v;
  }
  std::vector<TlpEvent> tlps;
  std::vector<SeenFrame> frames;
  std::vector<InterruptEvent> interrupts;
};

/// What every simulation has.
struct Base {
  explicit Base(bool eager = false) : engine(eager), scheduler("scheduler", engine), trace(4, 1) {
    trace.set_sink(&recorder);
  }
  void run(Duration d) {
    scheduler.set_end(Time{} + d);
    scheduler.start();
  }
  Engine engine;
  Scheduler scheduler;
  Trace trace;
  Recorder recorder;
  FramePool frames;
  CostModel cost;
};

/// A host and its root complex; whoever is the card binds to `rc.from_device` and `rc.to_device`.
struct HostSide : Base {
  explicit HostSide(const PcieConfig& p = {}, unsigned cpus = 2)
      : pcie(p),
        host("host", engine, scheduler, trace, cost, host_config(cpus), pcie, 0),
        rc("root_complex", engine, scheduler, trace, pcie, &host.iommu(), 0, 0) {
    host.to_bus.bind(rc.from_host);
    rc.to_host.bind(host.from_bus);
    host.kernel().start(Time{});
  }
  static HostConfig host_config(unsigned cpus) {
    HostConfig c;
    c.cpus = cpus;
    c.memory_bytes = std::size_t{16} << 20;
    return c;
  }
  const PcieConfig pcie;
  Host host;
  RootComplex rc;
};

inline constexpr MacAddress kStation{{2, 0, 0, 0, 0, 1}};

/// NICLAB_FIDELITY in the environment of a test: every suite is run with the blocks in RTL too.
inline Fidelity fidelity_of_test() {
  const char* name = std::getenv("NICLAB_FIDELITY");
  if (name == nullptr) return Fidelity::model;
  return std::string_view(name) == "rtl" ? Fidelity::rtl : Fidelity::lockstep;
}

inline std::vector<I350FunctionConfig> one_port(RtlWorld& rtl, const I350Quirks& quirks = {}) {
  I350FunctionConfig c;
  c.mac = kStation;
  c.negotiation = 1_us;
  c.name = "bench";
  const Fidelity f = fidelity_of_test();
  c.fidelity = {.tx_ring = f, .rx_ring = f, .tx_checksum = f, .intr_throttle = f};
  c.rtl = &rtl;
  c.quirks = quirks;
  return {c};
}

/// Where the card's wire ends.
enum class Plug { far_end, itself };

/// A whole machine with an I350, a wire and a far end, but no driver: tests program the card through `pci`,
/// in a task.
struct CardBench : HostSide {
  explicit CardBench(const PcieConfig& p = {}, unsigned cpus = 2, Plug end = Plug::far_end,
                     const I350Quirks& quirks = {})
      : HostSide(p, cpus),
        nic("i350", engine, scheduler, trace, frames, pcie, one_port(rtl, quirks), 0),
        function(host, 0, PciAddress{1, 0, 0}),
        wire("wire", 50_ns),
        far("far_end", engine, scheduler, frames, 0) {
    nic.pcie_out.bind(rc.from_device);
    rc.to_device.bind(nic.pcie_in);
    nic.wire_out(0).bind(wire.from_a);
    far.out.bind(wire.from_b);
    (end == Plug::itself ? wire.to_b : wire.to_a).bind(nic.wire_in(0));
    (end == Plug::itself ? wire.to_a : wire.to_b).bind(far.in);
    plug(nic.link_end(0), far.link_end(), 50_ns);
    auto& space = nic.function(0).config_space();
    space.write(hw::PciConfigSpace::kBar0, HostPci::bar_base(0, 0));
    space.write(hw::PciConfigSpace::kBar0 + 12, HostPci::bar_base(0, 3));
  }
  void wr(hw::reg::Offset o, std::uint32_t v) { pci.mmio_write32(0, o, v); }
  std::uint32_t rd(hw::reg::Offset o) { return pci.mmio_read32(0, o); }

  /// Memory and bus master on, link up. From a task.
  void bring_up() {
    pci.config_write16(0x04, 0x0006);
    wr(hw::reg::CTRL, hw::reg::ctrl::SLU | rd(hw::reg::CTRL));
    wait(5_us);
  }
  void wait(Duration d) { host.kernel().sleep_until(host.kernel().now() + d); }
  void task(std::function<void()> body) { host.kernel().spawn("test", 0, std::move(body)); }
  /// Every task has then come to its end.
  void run(Duration d) {
    Base::run(d);
    EXPECT_EQ(host.kernel().live_tasks(), 0u);
  }

  /// Memory the device may touch at a bus address with this offset into its page.
  struct Buffer {
    std::byte* data;
    std::uint64_t bus;
  };
  Buffer buffer(std::size_t bytes, std::size_t offset = 0) {
    DmaAddress bus;
    const auto memory = pci.dma_alloc_coherent(bytes + offset, bus);
    return {memory.data() + offset, bus.value + offset};
  }

  /// A transmit ring of 256 with `count` copies of one packet, each in `pieces`; the doorbell is the
  /// caller's.
  Buffer transmit_ring(unsigned count, std::span<const Buffer> pieces,
                       std::span<const std::uint16_t> lengths) {
    const Buffer ring = buffer(256 * 16);
    std::uint32_t paylen = 0;
    for (const auto n : lengths) paylen += n;
    unsigned i = 0;
    for (unsigned k = 0; k < count; ++k)
      for (std::size_t p = 0; p < pieces.size(); ++p, ++i) {
        const bool last = p + 1 == pieces.size();
        const std::uint32_t cmd = hw::txd::IFCS | (last ? hw::txd::EOP | hw::txd::RS : 0);
        hw::Descriptor::of(hw::AdvTxData::make({pieces[p].bus}, lengths[p], cmd, p == 0 ? paylen : 0))
            .store(ring.data + 16 * i);
      }
    wr(hw::reg::TDBAL(0), static_cast<std::uint32_t>(ring.bus));
    wr(hw::reg::TDBAH(0), static_cast<std::uint32_t>(ring.bus >> 32));
    wr(hw::reg::TDLEN(0), 256 * 16);
    wr(hw::reg::TXDCTL(0), hw::reg::txdctl::ENABLE);
    wr(hw::reg::TCTL, hw::reg::tctl::EN | hw::reg::tctl::PSP);
    return ring;
  }

  /// A receive ring of 256 whose descriptors all point to `packets + i * stride`; `tail` of them are given to
  /// the card.
  Buffer receive_ring(unsigned tail, Buffer packets, std::size_t stride, std::uint32_t srrctl = 0) {
    const Buffer ring = buffer(256 * 16);
    for (unsigned i = 0; i < 256; ++i) {
      const hw::Descriptor d{{static_cast<std::uint32_t>(packets.bus + i * stride),
                              static_cast<std::uint32_t>((packets.bus + i * stride) >> 32), 0, 0}};
      d.store(ring.data + 16 * i);
    }
    wr(hw::reg::RDBAL(0), static_cast<std::uint32_t>(ring.bus));
    wr(hw::reg::RDBAH(0), static_cast<std::uint32_t>(ring.bus >> 32));
    wr(hw::reg::RDLEN(0), 256 * 16);
    wr(hw::reg::SRRCTL(0), srrctl | hw::reg::srrctl::BSIZEPACKET.put(2) |
                               hw::reg::srrctl::DESCTYPE.put(hw::reg::srrctl::DESCTYPE_ADV_ONEBUF));
    wr(hw::reg::RXDCTL(0), hw::reg::rxdctl::ENABLE);
    wr(hw::reg::RDT(0), tail);
    wr(hw::reg::RCTL, hw::reg::rctl::RXEN | hw::reg::rctl::UPE | hw::reg::rctl::BAM | hw::reg::rctl::SECRC);
    return ring;
  }

  static UdpTraffic to_station(unsigned frame_bytes, std::uint64_t count, Time start) {
    UdpTraffic u;
    u.source_mac = {{2, 0, 0, 0, 0, 2}};
    u.destination_mac = kStation;
    u.source = {0x0A000002};
    u.destination = {0x0A000001};
    u.frame_bytes = frame_bytes;
    u.count = count;
    u.start = start;
    return u;
  }

  RtlWorld rtl{false};
  I350 nic;
  HostPci function;
  PciDevice& pci = function;  // with the interface's default arguments
  Wire wire;
  FarEnd far;
};

}  // namespace niclab::sim
