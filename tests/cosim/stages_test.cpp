// Latency by stage (docs/latency.md): every packet's stages meet, observing changes nothing, and the stages
// that follow from bytes and bit rates alone are what one computes by hand.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "random_scenario.hpp"
#include "runs.hpp"

namespace niclab::lab {
namespace {

/// What a run with stages leaves: fixed size, so that it fits through a pipe.
struct Staged {
  Fingerprint fingerprint;
  std::array<LatencyStats, kStageNames.size() + 2> stages{};  // in the order of RunResult::stages
  char first_fault[400] = {};
};

Staged run_staged(const Scenario& scenario, bool eager) {
  return apart<Staged>([&] {
    RunOptions options;
    options.eager = eager;
    options.quiet = true;
    options.stages = true;
    const auto r = run_scenario(scenario, options);
    Staged s;
    s.fingerprint = fingerprint(*r);
    for (std::size_t i = 0; i < s.stages.size(); ++i) s.stages[i] = r->stages.at(i).latency;
    if (!r->faults.empty()) r->faults.front().copy(s.first_fault, sizeof s.first_fault - 1);
    return s;
  });
}

LatencyStats stage(const Staged& s, std::string_view name) {
  std::size_t i = 0;
  for (unsigned n = 0; n < kStageNames.size(); ++n, ++i) {
    if (n == kFirstTxStage && name == "rx_total") return s.stages[i];
    if (n == kFirstTxStage) ++i;
    if (kStageNames[n] == name) return s.stages[i];
  }
  return s.stages.back();
}

bool same(const LatencyStats& a, const LatencyStats& b) {
  return a.n == b.n && a.min == b.min && a.p50 == b.p50 && a.p90 == b.p90 && a.p99 == b.p99 && a.max == b.max;
}

// --- on whatever machine -------------------------------------------------------------------------

class StagesOfRandomMachines : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, StagesOfRandomMachines, testing::Range<std::uint64_t>(1000, 1080, 16));

TEST_P(StagesOfRandomMachines, MeetAndChangeNothingAndAreTheSameWhenEager) {
  std::uint64_t received = 0, sent = 0;
  for (std::uint64_t seed = GetParam(); seed < GetParam() + 16; ++seed) {
    const Scenario scenario = from_text(RandomScenario(seed).text());
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Fingerprint without = run_apart(scenario, false);
    const Staged lazy = run_staged(scenario, false), eager = run_staged(scenario, true);
    EXPECT_STREQ(lazy.first_fault, "");
    EXPECT_STREQ(eager.first_fault, "");
    EXPECT_EQ(lazy.fingerprint, without);
    EXPECT_EQ(eager.fingerprint, without);
    for (std::size_t i = 0; i < lazy.stages.size(); ++i)
      EXPECT_TRUE(same(lazy.stages[i], eager.stages[i])) << "result " << i;
    received += stage(lazy, "rx_total").n;
    sent += stage(lazy, "tx_total").n;
    EXPECT_LE(stage(lazy, "rx_total").n, without.datagrams);
  }
  EXPECT_GT(received, 0u);
  EXPECT_GT(sent, 0u);
}

/// Runs with trace.json in `folder`, which exists.
Fingerprint run_traced(const Scenario& scenario, bool eager, const std::filesystem::path& folder) {
  RunOptions options;
  options.eager = eager;
  options.quiet = true;
  options.trace = true;
  options.out_dir = folder;
  return run_apart(scenario, options);
}

std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class TracesOfRandomMachines : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, TracesOfRandomMachines, testing::Range<std::uint64_t>(2000, 2096, 8));

// Functions synchronise where they are told; that must not be seen either.
TEST_P(TracesOfRandomMachines, ChangeNothingAndAreTheSameWhenEager) {
  std::string name = (std::filesystem::temp_directory_path() / "niclab-stages-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(name.data());
  for (const char* way : {"lazy", "eager"}) std::filesystem::create_directory(folder / way);
  std::size_t told = 0;
  for (std::uint64_t seed = GetParam(); seed < GetParam() + 8; ++seed) {
    const Scenario scenario = from_text(RandomScenario(seed).text());
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Fingerprint without = run_apart(scenario, false);
    EXPECT_EQ(run_traced(scenario, false, folder / "lazy"), without);
    EXPECT_EQ(run_traced(scenario, true, folder / "eager"), without);
    const std::string lazy = contents(folder / "lazy/trace.json");
    EXPECT_TRUE(lazy == contents(folder / "eager/trace.json"));
    told += lazy.size();
  }
  EXPECT_GT(told, 100'000u);
  std::filesystem::remove_all(folder);
}

TEST(Stages, CountEveryDatagramOfTheQuickstart) {
  const Scenario scenario = load_scenario(NICLAB_SOURCE_DIR "/scenarios/quickstart.toml");
  const Staged s = run_staged(scenario, false);
  EXPECT_STREQ(s.first_fault, "");
  EXPECT_EQ(s.fingerprint, run_apart(scenario, false));
  for (unsigned i = 0; i < kStageNames.size(); ++i)
    EXPECT_EQ(stage(s, kStageNames[i]).n, i < kFirstTxStage ? 2500u : 500u) << kStageNames[i];
  EXPECT_EQ(stage(s, "rx_total").n, 2500u);
  EXPECT_EQ(stage(s, "tx_total").n, 500u);
}

// Both sockets take what comes to their port for any group (IP_MULTICAST_ALL).
TEST(Stages, EachReceiverOfAMulticastDatagramHasItsOwnJourney) {
  const char* kText = R"(
[run]
until = "idle"
[[host]]
name = "h1"
cpus = 2
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
[[app]]
host = "h1"
kind = "sink"
port = 5000
group = "239.1.2.3"
[[app]]
host = "h1"
kind = "sink"
port = 5000
cpu = 1
group = "239.1.2.4"
[[traffic]]
to = "h1.eth0"
kind = "udp"
dst = "239.1.2.3"
dport = 5000
size = 128
count = 20
rate = "1000pps"
)";
  const Staged s = run_staged(from_text(kText), false);
  EXPECT_STREQ(s.first_fault, "");
  EXPECT_EQ(stage(s, "rx_wire").n, 40u);
  EXPECT_EQ(stage(s, "rx_total").n, 40u);
}

// --- closed forms --------------------------------------------------------------------------------

struct Link {
  unsigned gen, lanes;
  std::uint64_t ps_per_byte;  // ten bits a byte at 2.5 or 5 Gb/s a lane
};
struct Form {
  Link link;
  unsigned frame;  // bytes with FCS
};
void PrintTo(const Form& f, std::ostream* out) {
  *out << f.frame << " B at gen " << f.link.gen << " x" << f.link.lanes;
}

class ClosedForm : public testing::TestWithParam<Form> {
 protected:
  static constexpr std::uint64_t kPropagation = 5'000, kRootComplex = 150'000, kMemory = 90'000,
                                 kDevice = 120'000, kIommu = 10'000, kMps = 256, kMrrs = 512,
                                 kCompletion = 64;
  static std::uint64_t grid(std::uint64_t ps) { return (ps + 7'999) / 8'000 * 8'000; }
  static std::uint64_t words(std::uint64_t bytes) { return (bytes + 3) / 4 * 4; }
  std::uint64_t ps(std::uint64_t wire_bytes) const { return wire_bytes * GetParam().link.ps_per_byte; }
  /// A TLP with 3 DW header: framing 8, header 12, payload.
  std::uint64_t tlp(std::uint64_t payload) const { return ps(8 + 12 + words(payload)); }
  std::uint64_t length() const { return GetParam().frame - 4; }  // without FCS

  /// One datagram to an echo server, whose answer has the same length. Looking up an address costs the same
  /// whether it is known or not.
  Staged echo() const {
    const Form& f = GetParam();
    return run_staged(from_text("[run]\nuntil = \"idle\"\n[pcie]\niommu_miss = \"10ns\"\ngen = " +
                                std::to_string(f.link.gen) + "\nlanes = " + std::to_string(f.link.lanes) +
                                "\n[[host]]\nname = \"h1\"\ncpus = 1\n[[host.nic]]\nif = \"eth0\"\n"
                                "mac = \"02:00:00:00:00:01\"\nipv4 = \"10.0.0.1/24\"\n"
                                "[[app]]\nhost = \"h1\"\nkind = \"echo\"\nport = 7\n"
                                "[[traffic]]\nto = \"h1.eth0\"\nkind = \"udp\"\ndport = 7\nsize = " +
                                std::to_string(f.frame) + "\nrate = \"1000pps\"\ncount = 1\n"),
                      false);
  }
};
constexpr Link kSlow{1, 1, 4'000}, kMiddle{2, 1, 2'000}, kFast{2, 4, 500};
INSTANTIATE_TEST_SUITE_P(Frames, ClosedForm,
                         testing::Values(Form{kSlow, 64}, Form{kSlow, 350}, Form{kSlow, 1518},
                                         Form{kMiddle, 64}, Form{kMiddle, 777}, Form{kFast, 64},
                                         Form{kFast, 350}, Form{kFast, 1024}, Form{kFast, 1518}));

TEST_P(ClosedForm, OfWireAndBus) {
  const Staged s = echo();
  ASSERT_STREQ(s.first_fault, "");
  const auto is = [&](const char* name, std::uint64_t expected_ps) {
    const LatencyStats l = stage(s, name);
    EXPECT_EQ(l.n, 1u) << name;
    EXPECT_EQ(l.min, expected_ps / 1000) << name;
    EXPECT_EQ(l.max, expected_ps / 1000) << name;
  };
  // The wire: eight bytes of preamble, the frame, its FCS, at 8 ns a byte.
  is("rx_wire", (8 + length() + 4) * 8'000);
  is("tx_wire", (8 + length() + 4) * 8'000);
  // The payload's writes leave one after another; the engine sees the last go on its next clock. Buffers are
  // half pages, so none crosses a page.
  std::uint64_t payload = 0;
  for (std::uint64_t left = length(); left != 0; left -= std::min(left, kMps))
    payload += tlp(std::min(left, kMps));
  is("rx_dma", grid(payload));
  // One descriptor's write-back through the root complex into memory.
  is("rx_writeback", tlp(16) + kPropagation + kRootComplex + kIommu);
  // The doorbell, a write of four bytes, is posted at any instant and seen on the device's next clock.
  const std::uint64_t flight = tlp(4) + kPropagation + kRootComplex + kDevice;
  EXPECT_GE(stage(s, "tx_doorbell").min, flight / 1000);
  EXPECT_LT(stage(s, "tx_doorbell").min, flight / 1000 + 8);
  // One clock to decide, the request, the look into memory, and a context and a data descriptor in one
  // completion.
  const std::uint64_t memory = kPropagation + kRootComplex + kMemory + kIommu;
  // The data descriptor enters the cache a clock after the context, which enters it at the end of the clock
  // it came in; the engine takes them three clocks apart.
  is("tx_descriptor_fetch", 8'000 + grid(tlp(0) + memory + tlp(32) + kPropagation + kDevice) + 2 * 8'000);
  is("tx_descriptor_wait", (3 - 1) * 8'000);
  // The payload: requests leave one after another; each is sampled in its time, and its completions, cut at
  // multiples of 64 bytes, follow those of the request before. An Ethernet header begins two bytes into its
  // line.
  std::uint64_t free = 0, address = 2;
  for (std::uint64_t done = 0, n = 1; done < length(); ++n) {
    const std::uint64_t end = std::min(done + kMrrs, length());
    free = std::max(free, n * tlp(0) + memory);
    while (done < end) {
      const std::uint64_t piece = std::min(end - done, kCompletion - address % 64);
      free += tlp(piece);
      address += piece;
      done += piece;
    }
  }
  is("tx_payload_fetch", grid(free + kPropagation + kDevice));
}

}  // namespace
}  // namespace niclab::lab
