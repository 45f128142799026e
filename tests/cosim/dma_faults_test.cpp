// Mistakes of a driver, planted one by one, end as a fault with a name: never as a crash, never as a hang
// (docs/architecture.md, "The bus": a sanitizer for drivers).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runs.hpp"

namespace niclab::lab {
namespace {

using testing::Contains;
using testing::HasSubstr;

/// A host that hears 200 datagrams and says 200, for 20 ms after the start line.
constexpr const char* kScenario = R"(
[run]
duration = "20ms"
[[host]]
name = "h1"
cpus = 2
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
[[app]]
host = "h1"
kind = "echo"
port = 7
[[app]]
host = "h1"
kind = "send"
to = "10.0.0.2:9"
size = 100
count = 200
interval = "50us"
cpu = 1
[[traffic]]
to = "h1.eth0"
kind = "udp"
rate = "20000pps"
dport = 7
size = 128
count = 200
)";

std::unique_ptr<RunResult> run_with(const igb::PlantedBugs& bugs, bool eager = false,
                                    const char* scenario_text = kScenario) {
  static Scenario scenario;  // the simulation keeps a reference until the process ends
  scenario = from_text(scenario_text);
  RunOptions options;
  options.eager = eager;
  options.quiet = true;
  options.bugs = bugs;
  return run_scenario(scenario, options);
}

std::uint64_t udp(const RunResult& r, std::string_view name) {
  for (const auto& [group, counters] : r.hosts.at(0).snmp)
    if (group == "Udp") return value_of(counters, name);
  return 0;
}

TEST(PlantedBug, NoneNoFault) {
  const auto r = run_with({});
  EXPECT_THAT(faults_of(*r), testing::IsEmpty());
  EXPECT_EQ(udp(*r, "InDatagrams"), 200u);
  EXPECT_EQ(udp(*r, "OutDatagrams"), 400u);
}

TEST(PlantedBug, TransmitBufferUnmappedBeforeTheCardHasReadIt) {
  igb::PlantedBugs bugs;
  bugs.unmap_tx_early = true;
  const auto r = run_with(bugs);
  EXPECT_THAT(r->faults, Contains(testing::AllOf(HasSubstr("h1: DMA fault at"), HasSubstr("port 0 reads"),
                                                 HasSubstr("unmapped at tx.cpp:"))));
  EXPECT_GT(r->pcie.at(0).second.dma_faults, 0u);
  EXPECT_EQ(r->accounts.at(0).second.tx_gap(), 0);  // refused packets are counted, not lost
  EXPECT_EQ(udp(*r, "InDatagrams"), 200u);          // the rest of the machine goes on
}

TEST(PlantedBug, ReceiveRingAddressOutsideTheRing) {
  igb::PlantedBugs bugs;
  bugs.wrong_ring_address = true;
  const auto r = run_with(bugs);
  EXPECT_THAT(r->faults, Contains(testing::AllOf(HasSubstr("DMA fault at"), HasSubstr("port 0 reads"),
                                                 HasSubstr("never mapped"))));
  EXPECT_THAT(r->faults,
              Contains(testing::AllOf(HasSubstr("h1.eth0: device fault at"),
                                      HasSubstr("receive descriptor fetch of queue 0 refused by the host"))));
  EXPECT_EQ(r->accounts.at(0).second.rx_gap(), 0);
}

TEST(PlantedBug, BusMasterBitForgotten) {
  igb::PlantedBugs bugs;
  bugs.no_bus_master = true;
  const auto r = run_with(bugs);
  EXPECT_THAT(r->faults, Contains(testing::AllOf(HasSubstr("h1.eth0: device fault at"),
                                                 HasSubstr("bus mastering is off (Command bit 2)"))));
  EXPECT_EQ(r->faults.size(), 1u);  // told once
  EXPECT_EQ(udp(*r, "InDatagrams"), 0u);
  EXPECT_EQ(r->pcie.at(0).second.dma_faults, 0u);  // no DMA at all
  EXPECT_EQ(r->accounts.at(0).second.rx_gap(), 0);
}

TEST(PlantedBug, DoorbellRungBeforeTheDescriptorsAreWritten) {
  igb::PlantedBugs bugs;
  bugs.doorbell_before_descriptor = true;
  const auto r = run_with(bugs);
  EXPECT_THAT(r->faults,
              Contains(testing::AllOf(HasSubstr("h1.eth0: device fault at"), HasSubstr("transmit queue "),
                                      HasSubstr("a legacy descriptor of no bytes that ends no packet"))));
  EXPECT_EQ(r->accounts.at(0).second.tx_gap(), 0);
}

class PlantedBugBothWays : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Bugs, PlantedBugBothWays, testing::Range(0, 4));

// A driver's mistake is no excuse for a run that depends on how it is computed.
TEST_P(PlantedBugBothWays, LazyEqualsEager) {
  igb::PlantedBugs bugs;
  bugs.unmap_tx_early = GetParam() == 0;
  bugs.wrong_ring_address = GetParam() == 1;
  bugs.no_bus_master = GetParam() == 2;
  bugs.doorbell_before_descriptor = GetParam() == 3;
  const auto faults = [&](bool eager) {
    ChildRun child([&](int fd) {
      const auto r = run_with(bugs, eager);
      std::string all = std::to_string(*r->digest) + "\n";
      for (const auto& f : r->faults) all += f + "\n";
      return write_all(fd, all.data(), all.size()) ? 0 : 1;
    });
    const std::string all = child.read_all();
    child.wait();
    return all;
  };
  const std::string lazy = faults(false);
  EXPECT_THAT(lazy, HasSubstr("fault at"));
  EXPECT_EQ(lazy, faults(true));
}

}  // namespace
}  // namespace niclab::lab
