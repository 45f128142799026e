// waves.fst of whole runs: it changes nothing, and what it shows is what the run says about itself.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "hw/register_offsets.hpp"
#include "runs.hpp"
#include "tests/support/fst_file.hpp"
#include "tlm/host_pci.hpp"

namespace niclab::lab {
namespace {

using niclab::test::FstFile;
using testing::ElementsAre;

class Waves : public testing::Test {
 protected:
  ~Waves() override { std::filesystem::remove_all(folder_); }

  static Scenario scenario(const std::vector<std::string>& sets = {}) {
    return load_scenario(NICLAB_SOURCE_DIR "/scenarios/waves.toml", sets);
  }
  std::filesystem::path out(const std::string& name) {
    std::filesystem::create_directories(folder_ / name);
    return folder_ / name;
  }
  /// A run in a child process.
  Fingerprint run(const Scenario& s, bool eager, const std::filesystem::path& out_dir, bool waves) {
    RunOptions options;
    options.eager = eager;
    options.out_dir = out_dir;
    options.waves = waves;
    return run_apart(s, options);
  }
  static std::string slurp(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::filesystem::path folder_ = testing::TempDir() + "niclab-waves-" + std::to_string(getpid());
};

TEST_F(Waves, ChangeNothingInAnyFidelity) {
  for (const char* fidelity : {"model", "rtl", "lockstep"}) {
    const Scenario s = scenario({std::string("fidelity.all=") + fidelity});
    const auto dir = out(fidelity);
    const Fingerprint without = run(s, false, dir, false);
    EXPECT_FALSE(std::filesystem::exists(dir / "waves.fst"));
    EXPECT_EQ(run(s, false, dir, true), without) << fidelity;
    EXPECT_EQ(without.faults, 0u);
    const std::string lazy = slurp(dir / "waves.fst");
    EXPECT_EQ(run(s, true, dir, true), without) << fidelity;
    EXPECT_FALSE(lazy.empty());
    EXPECT_TRUE(lazy == slurp(dir / "waves.fst")) << fidelity << ": --eager draws other waves";
  }
}

/// One run with its events, in this process.
struct Seen {
  Seen(const Scenario& s, const std::filesystem::path& out_dir) {
    RunOptions options;
    options.out_dir = out_dir;
    options.waves = true;
    options.events = &events;
    result = run_scenario(s, options);
  }
  /// Events of this kind in the window of the scenario.
  std::vector<Event> select(EventKind kind) const {
    std::vector<Event> v = events.select(kind);
    std::erase_if(v, [&](const Event& e) { return e.time_ps < result->start_ns * 1000 + 300'000'000; });
    return v;
  }
  EventList events;
  std::unique_ptr<RunResult> result;
};

TEST_F(Waves, DoorbellsAreWhereTheBusBroughtThem) {
  const Scenario s = scenario();
  const Seen seen(s, out("run"));
  const FstFile f(folder_ / "run/waves.fst");
  EXPECT_TRUE(f.in_order);
  EXPECT_EQ(f.timescale, -12);
  EXPECT_EQ(f.end_ps, seen.result->start_ns * 1000 + 500'000'000);

  const std::uint64_t bar = sim::HostPci::bar_base(0, 0);
  std::vector<std::uint64_t> expected, tlps;
  std::set<unsigned> queues;
  for (const Event& e : seen.select(EventKind::tlp)) {
    if (e.outbound != 0 || e.number != static_cast<unsigned>(TlpType::MWr)) continue;
    tlps.push_back(e.time_ps);
    for (unsigned q = 0; q < hw::reg::kQueues; ++q) {
      if (e.words[0] != bar + hw::reg::TDT(q)) continue;
      queues.insert(q);
      // 24 B at 2 GB/s, the traces, the root complex, the device's transaction layer; then the device's
      // clock.
      const Time at = Time::from_ps(e.time_ps) + 12_ns + s.pcie.propagation + s.pcie.root_complex_latency +
                      s.pcie.device_latency;
      expected.push_back(at.ceil(kDeviceClock).ps());
      const std::uint64_t t = expected.back();
      EXPECT_EQ(f.value_at("h1.eth0.tx.doorbell_queue", t), q);
      // RTL and TLM on one axis: the block's input changes with the model's register.
      const std::string ring = "h1.eth0.tx_ring" + std::to_string(q),
                        tdt = "h1.eth0.tx.TDT" + std::to_string(q);
      EXPECT_EQ(f.value_at(ring + ".tail", t), f.value_at(tdt, t));
      EXPECT_LT(f.value_at(ring + ".tail", t - 1), f.value_at(ring + ".tail", t));
    }
  }
  EXPECT_GE(expected.size(), 4u);
  EXPECT_EQ(f.times("h1.eth0.tx.doorbell"), expected);
  const auto& names = f.signal("h1.eth0.pcie_down.tlp").names;
  for (const std::uint64_t t : tlps) EXPECT_EQ(names.at(f.at("h1.eth0.pcie_down.tlp", t)), "MWr");
}

TEST_F(Waves, PacketsCarryTheirNumberFromBusToWire) {
  const Seen seen(scenario(), out("run"));
  const FstFile f(folder_ / "run/waves.fst");
  std::vector<std::uint64_t> sent, received;
  for (const Event& e : seen.select(EventKind::frame))
    (e.outbound != 0 ? sent : received).push_back(e.time_ps);
  ASSERT_EQ(f.times("h1.eth0.mac_tx.busy").size(), sent.size());
  ASSERT_EQ(f.times("h1.eth0.mac_rx.busy").size(), received.size());
  const std::uint64_t first = f.times("h1.eth0.mac_tx.busy").at(0);
  const std::string packet = f.at("h1.eth0.mac_tx.packet", first);
  EXPECT_TRUE(packet.starts_with("tx ")) << packet;
  EXPECT_EQ(f.at("h1.eth0.mac_tx.packet", sent[0]), "") << "the wire is free again at the last bit";
  // Its payload was asked for, came down, and the same name was on the bus each time.
  const auto asked = f.times("h1.eth0.pcie_up.packet", packet),
             came = f.times("h1.eth0.pcie_down.packet", packet);
  ASSERT_FALSE(asked.empty());
  ASSERT_FALSE(came.empty());
  EXPECT_LT(asked.front(), came.front());
  EXPECT_LT(came.back(), first);
  const std::string arrived = f.at("h1.eth0.mac_rx.packet", f.times("h1.eth0.mac_rx.busy").at(0));
  EXPECT_GT(f.times("h1.eth0.pcie_up.packet", arrived).at(0), received[0]);
}

TEST_F(Waves, InterruptsThrottleAndProcessors) {
  const Seen seen(scenario(), out("run"));
  const FstFile f(folder_ / "run/waves.fst");
  const auto messages = f.times("h1.eth0.interrupts.message");
  EXPECT_EQ(messages.size(), seen.select(EventKind::interrupt).size());
  unsigned ended = 0;
  for (const std::uint64_t t : messages) {
    const auto vector = std::to_string(f.value_at("h1.eth0.interrupts.message_vector", t));
    EXPECT_EQ(f.at("h1.eth0.interrupts.throttled" + vector, t), "1") << "a grant starts the counter";
    if (vector != "1") continue;
    // rx_usecs = 20: that long it runs, and goes on only where the next message starts it anew.
    EXPECT_EQ(f.at("h1.eth0.interrupts.throttled1", t + 19'999'999), "1");
    const bool next = std::find(messages.begin(), messages.end(), t + 20'000'000) != messages.end();
    EXPECT_EQ(f.at("h1.eth0.interrupts.throttled1", t + 20'000'000), next ? "1" : "0");
    ended += !next;
  }
  EXPECT_GE(ended, 1u);
  // Each interrupt finds its handler on a CPU.
  const auto& names = f.signal("h1.cpu0.runs").names;
  EXPECT_EQ(names.at("11"), "hardirq");
  for (const Event& e : seen.select(EventKind::interrupt)) {
    const std::string cpu = "h1.cpu" + std::to_string(e.words[0]);
    const auto handlers = f.times(cpu + ".runs", "11");
    EXPECT_TRUE(std::any_of(handlers.begin(), handlers.end(),
                            [&](std::uint64_t t) {
                              return t >= e.time_ps && t < e.time_ps + 3'000'000 &&
                                     f.at(cpu + ".context", t).starts_with("eth0-");
                            }))
        << cpu << " at " << e.time_ps;
  }
  EXPECT_THAT(f.times("h1.cpu1.context", "NET_RX"), testing::Not(testing::IsEmpty()));
}

TEST_F(Waves, SaveFilesNameSignalsThatAreThere) {
  const Seen seen(scenario(), out("run"));
  const FstFile f(folder_ / "run/waves.fst");
  for (const char* name : {"transmit", "receive"}) {
    std::ifstream in(std::string(NICLAB_SOURCE_DIR "/waves/") + name + ".gtkw");
    unsigned signals = 0;
    for (std::string line; std::getline(in, line);) {
      if (!line.starts_with("h1.")) continue;
      const auto range = line.find('[');
      const auto signal = f.signals.find(line.substr(0, range));
      ASSERT_NE(signal, f.signals.end()) << name << ".gtkw: " << line;
      const std::string bits = "[" + std::to_string(signal->second.bits - 1) + ":0]";
      EXPECT_EQ(range == std::string::npos ? "" : line.substr(range), signal->second.bits > 1 ? bits : "")
          << line;
      ++signals;
    }
    EXPECT_GT(signals, 20u) << name;
  }
}

TEST_F(Waves, WithoutAWindowEverythingFromPowerOn) {
  Scenario s = scenario();
  s.waves = {};
  const Seen seen(s, out("run"));
  const FstFile f(folder_ / "run/waves.fst");
  EXPECT_EQ(f.changes("h1.eth0.link_up").size(), 2u) << "down at first, then up";
  EXPECT_EQ(f.changes("h1.eth0.link_up").front(), (FstFile::Change{0, "0"}));
  EXPECT_EQ(f.end_ps, seen.result->time_ns * 1000);
}

}  // namespace
}  // namespace niclab::lab
