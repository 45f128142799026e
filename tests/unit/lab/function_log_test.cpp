#include "lab/function_log.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <tuple>
#include <vector>

#include "lab/journeys.hpp"
#include "lab/trace_log.hpp"

namespace niclab {
class Task {};  // an implementation's, opaque to the log
}  // namespace niclab

namespace niclab::lab {
namespace {

Time us(std::uint64_t n) { return Time{} + Duration::from_us(n); }

/// A host of two CPUs; of its three packets the second is not told.
class FunctionLogTest : public testing::Test {
 protected:
  FunctionLogTest() {
    log.start_line(us(100));
    journeys.trace(log);
    for (JourneyId& id : packets) id = journeys.received(0, 60, us(100));
  }
  /// (name, begin, end) in microseconds of each slice on a CPU's track, in the order of the file.
  using Slice = std::tuple<std::string, double, double>;
  std::vector<Slice> slices(unsigned cpu) {
    log.close();
    writer.close();
    const auto document = nlohmann::json::parse(std::ifstream(file));
    std::vector<Slice> found;
    for (const auto& e : document["traceEvents"])
      if (e["ph"] == "X" && e["pid"] == 1 && e["tid"] == cpu + 1)
        found.emplace_back(e["name"], e["ts"], e["ts"].get<double>() + e["dur"].get<double>());
    return found;
  }
  void call(std::string_view name, std::uint64_t begin, std::uint64_t end,
            JourneyId packet = JourneyId::none) {
    functions.enters(0, name, packet, us(begin));
    functions.leaves(0, us(end));
  }

  const Scenario scenario = scenario_from_text(
      "[trace]\nevery = 2\nfrom = \"0us\"\n[run]\nuntil = \"idle\"\n[[host]]\nname = \"h1\"\ncpus = 2\n"
      "[[host.nic]]\nif = \"eth0\"\nmac = \"02:00:00:00:00:01\"\nipv4 = \"10.0.0.1/24\"\n",
      "test", ".");
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() /
      ("niclab-function-log-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
  WriterThread writer;
  TraceLog log{scenario, writer, file};
  Journeys journeys{{"h1.eth0"}};
  FunctionLog functions{0, 2, journeys, log};
  JourneyId packets[3];
  JourneyId& told = packets[0];
  JourneyId& other = packets[1];
  void TearDown() override { std::filesystem::remove(file); }
};

TEST_F(FunctionLogTest, OnlyWhatServesAToldPacketAndItsCallersAreKept) {
  functions.enters(0, "igb_poll", JourneyId::none, us(110));
  call("igb_clean_tx_irq", 110, 111);
  call("napi_gro_receive", 111, 112, other);
  functions.enters(0, "napi_gro_receive", told, us(112));
  call("ip_rcv", 113, 114);
  functions.leaves(0, us(115));
  functions.leaves(0, us(116));
  call("net_tx_action", 117, 118);
  EXPECT_EQ(slices(0), (std::vector<Slice>{
                           {"igb_poll", 110, 116}, {"napi_gro_receive", 112, 115}, {"ip_rcv", 113, 114}}));
}

TEST_F(FunctionLogTest, WhatAFunctionTurnsOutToServeHoldsForAllThatRun) {
  functions.enters(0, "sendto", JourneyId::none, us(110));
  functions.enters(0, "udp_sendmsg", JourneyId::none, us(111));
  functions.serves(0, told);
  functions.leaves(0, us(112));
  functions.leaves(0, us(113));
  EXPECT_EQ(slices(0), (std::vector<Slice>{{"sendto", 110, 113}, {"udp_sendmsg", 111, 112}}));
}

// Inside an Instant functions are entered and left where the charges will lead; an interrupt comes first.
TEST_F(FunctionLogTest, WhatLiesAheadSlidesBehindAnInterrupt) {
  functions.enters(0, "sendto", told, us(110));
  call("udp_sendmsg", 111, 112);
  functions.enters(0, "ip_send_skb", JourneyId::none, us(112));
  call("ip_output", 113, 115);
  functions.leaves(0, us(116));
  call("dev_queue_xmit", 116, 117);
  functions.interrupted(0, us(114));
  call("do_IRQ", 114, 134);
  functions.resumed(0, us(134));
  functions.leaves(0, us(138));
  EXPECT_EQ(slices(0), (std::vector<Slice>{{"sendto", 110, 138},
                                           {"udp_sendmsg", 111, 112},
                                           {"ip_send_skb", 112, 136},
                                           {"ip_output", 113, 135},
                                           {"do_IRQ", 114, 134},
                                           {"dev_queue_xmit", 136, 137}}));
}

TEST_F(FunctionLogTest, TheInterruptThatLedToASoftirqIsTold) {
  functions.interrupted(0, us(110));
  functions.enters(0, "do_IRQ", JourneyId::none, us(110));
  call("igb_msix_ring", 111, 112);
  functions.leaves(0, us(113));
  functions.enters(0, "__do_softirq", JourneyId::none, us(113));
  call("napi_gro_receive", 114, 115, told);
  functions.leaves(0, us(116));
  functions.resumed(0, us(116));
  functions.interrupted(0, us(120));
  call("do_IRQ", 120, 121);
  functions.resumed(0, us(121));
  EXPECT_EQ(slices(0), (std::vector<Slice>{{"do_IRQ", 110, 113},
                                           {"igb_msix_ring", 111, 112},
                                           {"__do_softirq", 113, 116},
                                           {"napi_gro_receive", 114, 115}}));
}

TEST_F(FunctionLogTest, ATaskThatSleepsGoesOnInASliceOfItsOwn) {
  const Task sender{}, reader{};
  functions.enters(0, "recvfrom", JourneyId::none, us(110));
  functions.switched(0, reader, sender, us(112));
  functions.enters(0, "sendto", other, us(113));
  functions.leaves(0, us(114));
  functions.switched(0, sender, reader, us(115));
  functions.serves(0, told);
  functions.leaves(0, us(117));
  EXPECT_EQ(slices(0), (std::vector<Slice>{{"recvfrom", 115, 117}}));
}

}  // namespace
}  // namespace niclab::lab
