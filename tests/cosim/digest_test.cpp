// What the two digests see and what they do not (docs/architecture.md, "Digests"), and the horizon law: who
// merely looks at the clock changes nothing.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <systemc>

#include "base/bytes.hpp"
#include "lab/capture.hpp"
#include "lab/events.hpp"
#include "random_scenario.hpp"
#include "runs.hpp"

namespace niclab::lab {
namespace {

namespace fs = std::filesystem;

/// A sink far from overload: timing decides about nothing but time.
std::string calm(const std::string& cost = "") {
  return "[run]\nduration = \"5ms\"\n" + cost + R"(
[[host]]
name = "h1"
cpus = 2
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
queues = 2
[[app]]
host = "h1"
kind = "echo"
port = 7
[[traffic]]
to = "h1.eth0"
kind = "udp"
rate = "20000pps"
dport = 7
size = 200
flows = 4
count = 60
)";
}

TEST(Digest, SameScenarioAndSeedAreTheSameBits) {
  for (const std::uint64_t seed : {3, 8}) {
    const Scenario s = from_text(RandomScenario(seed).text());
    EXPECT_EQ(run_apart(s, false), run_apart(s, false));
  }
}

TEST(Digest, OneNanosecondOfCostChangesTheTimedOneOnly) {
  const Fingerprint a = run_apart(from_text(calm("[cost]\nsyscall = \"42ns\"\n")), false);
  const Fingerprint b = run_apart(from_text(calm("[cost]\nsyscall = \"43ns\"\n")), false);
  EXPECT_NE(a.digest, b.digest);
  EXPECT_EQ(a.content, b.content);
  EXPECT_EQ(a.datagrams, 60u);
  EXPECT_EQ(b.datagrams, 60u);
}

TEST(Digest, EveryPrimitiveThatPacketsMeetIsInTheTimedOne) {
  const Fingerprint plain = run_apart(from_text(calm()), false);
  for (const char* key : {"instruction", "l3_hit", "lock", "hardirq_entry", "softirq_entry", "wakeup",
                          "mmio_write", "dma_map"}) {
    const std::string cost = std::string("[cost]\n") + key + " = \"301ps\"\n";
    const Fingerprint changed = run_apart(from_text(calm(cost)), false);
    EXPECT_NE(plain.digest, changed.digest) << key;
    EXPECT_EQ(plain.content, changed.content) << key;
  }
}

/// One UDP datagram without checksum, 10.0.0.2:1000 to 10.0.0.1:7, whose last payload byte is `last`.
std::vector<std::byte> datagram(std::uint8_t last) {
  constexpr std::uint8_t kFrame[] = {2,    0,    0,  0,  0, 1,  2, 0, 0,  0,  0,    2,    8,  0,  // Ethernet
                                     0x45, 0,    0,  46, 0, 1,  0, 0, 64, 17, 0x66, 0xBC, 10, 0,
                                     0,    2,    10, 0,  0, 1,          // IPv4
                                     3,    0xE8, 0,  7,  0, 26, 0, 0};  // UDP
  std::vector<std::byte> f(60, std::byte{0x11});
  for (std::size_t i = 0; i < sizeof kFrame; ++i) f[i] = static_cast<std::byte>(kFrame[i]);
  f.back() = static_cast<std::byte>(last);
  return f;
}

Fingerprint replay(std::uint8_t last_byte) {
  const fs::path file = fs::temp_directory_path() / ("niclab-digest-" + std::to_string(getpid()) + ".pcap");
  WriterThread thread;
  CaptureWriter writer(thread, file);
  for (unsigned i = 0; i < 10; ++i)
    writer.frame(Time{} + Duration::from_us(50 * i), datagram(i == 6 ? last_byte : std::uint8_t{0x40}));
  thread.close();
  std::string text = calm();
  text.replace(text.find("[[traffic]]"), std::string::npos,
               "[[traffic]]\nto = \"h1.eth0\"\nkind = \"pcap\"\nfile = \"" + file.string() + "\"\n");
  const Fingerprint f = run_apart(from_text(text), false);
  fs::remove(file);
  return f;
}

TEST(Digest, OnePayloadBitChangesBoth) {
  const Fingerprint a = replay(0x40), b = replay(0x41), again = replay(0x40);
  EXPECT_EQ(a.datagrams, 10u);
  EXPECT_EQ(b.datagrams, 10u);
  EXPECT_EQ(a, again);
  EXPECT_NE(a.digest, b.digest);
  EXPECT_NE(a.content, b.content);
}

// --- the horizon law -----------------------------------------------------------------------------

/// Somebody else's model, which wakes up every microsecond, for ever, and does nothing that concerns us.
struct Ticker : sc_core::sc_module {
  Ticker(sc_core::sc_module_name name, unsigned first_ms) : sc_module(name), first_ms_(first_ms) {
    SC_HAS_PROCESS(Ticker);
    SC_THREAD(thread);
  }
  void thread() {
    sc_core::wait(first_ms_, sc_core::SC_MS);
    for (;;) {
      sc_core::wait(1, sc_core::SC_US);
      ++ticks;
    }
  }
  std::uint64_t ticks = 0;
  unsigned first_ms_;
};

class ForeignTicker : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, ForeignTicker, testing::Values(0, 1, 2));

TEST_P(ForeignTicker, ChangesNeitherDigestNorTheEndOfTheRun) {
  const Scenario s = from_text(GetParam() == 0 ? calm() : RandomScenario(GetParam()).text());
  const Fingerprint alone = run_apart(s, false);
  for (const bool eager : {false, true}) {
    const Fingerprint ticked = apart<Fingerprint>([&] {
      const Ticker ticker("ticker", 500);
      RunOptions options;
      options.eager = eager;
      options.quiet = true;
      const Fingerprint f = fingerprint(*run_scenario(s, options));
      if (ticker.ticks <= 1000) throw std::runtime_error("the foreign module hardly ran");
      return f;
    });
    EXPECT_EQ(alone, ticked) << (eager ? "eager" : "lazy");
  }
  EXPECT_GT(alone.frames, 0u);
}

}  // namespace
}  // namespace niclab::lab
