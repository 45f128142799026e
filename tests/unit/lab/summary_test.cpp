#include "lab/summary.hpp"

#include <gmock/gmock.h>

#include "lab/expect.hpp"
#include "support.hpp"

namespace niclab::lab {
namespace {

using testing::HasSubstr;

RunResult sample() {
  RunResult r;
  r.version = "0.1.0";
  r.scenario = "s";
  r.seed = 3;
  r.fidelity = {{"mac_fcs", "model"}, {"tx_ring", "model"}};
  r.time_ns = 2'000'000'000;
  r.start_ns = 1'000'000'000;
  r.wall_s = 1;
  r.digest = 0xabcdef;
  r.activations = 5;
  HostResult h;
  h.name = "h1";
  h.snmp = {{"Ip", {{"InReceives", 10}}}, {"Udp", {{"InDatagrams", 9}, {"NoPorts", 1}}}};
  h.netstat = {{"IpExt", {{"InOctets", 100}}}};
  h.softnet_stat = {{{"processed", 10}}};
  h.ethtool = {{"eth0", {{"rx_packets", 10}}}};
  h.interrupts = {{"eth0-rx-0", {3, 4}}};
  h.softirqs = {{"NET_RX", {3, 4}}};
  h.cpu = {{1, 2, 3, 4}};
  h.sockets = {{"udp", "0.0.0.0:7", 9, 90, 0}};
  h.napi = {{"eth0", {{3, 1, 9, 0, 2, 1}}}};
  r.hosts.push_back(h);
  r.links = {{"h1.eth0", {1, 10, 64, 640, 0.5}}};
  AccountResult account;
  account.injected = 10;
  account.delivered = 7;
  account.filtered = account.queue_drops = 1;
  account.handed_to_device = 2;
  account.on_the_wire = 1;
  r.accounts = {{"h1.eth0", account}};
  r.pcie = {{"h1.eth0", {{1, 2, 3, 4}, {5, 6, 7, 8}, {{"MRd", 1}, {"MWr", 2}}, 0}}};
  r.lockstep = {{"tx_ring", {1, 2, 0}}};
  r.latency = {{"wire_to_app", {9, 1, 2, 3, 4, 5, 6}}};
  return r;
}

std::vector<std::string> keys(const Json& j) {
  std::vector<std::string> out;
  for (const auto& [key, value] : j.items()) out.push_back(key);
  return out;
}

TEST(Summary, KeysInTheirOrder) {
  using testing::ElementsAre;
  const Json j = summary_json(sample());
  EXPECT_THAT(keys(j),
              ElementsAre("niclab", "sim", "hosts", "links", "account", "pcie", "lockstep", "latency_ns"));
  EXPECT_THAT(keys(j["niclab"]), ElementsAre("version", "scenario", "seed", "fidelity"));
  EXPECT_THAT(keys(j["niclab"]["fidelity"]), ElementsAre("tx_ring", "mac_fcs"));
  EXPECT_THAT(keys(j["sim"]), ElementsAre("time_ns", "start_ns", "wall_s", "slowdown", "digest",
                                          "digest_content", "activations"));
  EXPECT_THAT(keys(j["hosts"]["h1"]), ElementsAre("proc", "ethtool", "aer", "interrupts", "softirqs", "cpu",
                                                  "sockets", "napi", "measured"));
  EXPECT_THAT(
      keys(j["hosts"]["h1"]["napi"]["eth0"][0]),
      ElementsAre("polls", "empty_polls", "rx_packets", "tx_packets", "completes", "budget_exhausted"));
  EXPECT_THAT(keys(j["hosts"]["h1"]["measured"]),
              ElementsAre("ns", "interrupts", "softirqs", "cpu", "softnet_stat"));
  EXPECT_THAT(keys(j["hosts"]["h1"]["proc"]), ElementsAre("net/snmp", "net/netstat", "net/softnet_stat"));
  EXPECT_THAT(keys(j["hosts"]["h1"]["cpu"][0]),
              ElementsAre("busy_ns", "idle_ns", "hardirq_ns", "softirq_ns"));
  EXPECT_THAT(keys(j["hosts"]["h1"]["sockets"][0]),
              ElementsAre("proto", "local", "rx_datagrams", "rx_bytes", "drops"));
  EXPECT_THAT(keys(j["links"]["h1.eth0"]),
              ElementsAre("tx_frames", "rx_frames", "tx_bytes", "rx_bytes", "utilisation"));
  EXPECT_THAT(keys(j["account"]["h1.eth0"]),
              ElementsAre("injected", "delivered", "filtered", "missed", "queue_drops", "error_drops",
                          "rx_inside", "rx_gap", "handed_to_device", "on_the_wire", "tx_counted", "tx_inside",
                          "tx_gap", "rx_control", "tx_control"));
  EXPECT_THAT(keys(j["pcie"]["h1.eth0"]), ElementsAre("up", "down", "by_type", "dma_faults", "tlps_by_type",
                                                      "bytes_by_type", "utilisation", "reads", "fetches"));
  EXPECT_THAT(keys(j["pcie"]["h1.eth0"]["reads"]),
              ElementsAre("descriptor", "descriptor_bytes", "payload", "payload_bytes"));
  EXPECT_THAT(keys(j["pcie"]["h1.eth0"]["up"]),
              ElementsAre("tlps", "payload_bytes", "wire_bytes", "dllp_bytes"));
  EXPECT_THAT(keys(j["lockstep"]["tx_ring"]), ElementsAre("transactions", "cycles", "mismatches"));
  EXPECT_THAT(keys(j["latency_ns"]["wire_to_app"]),
              ElementsAre("n", "min", "p50", "p90", "p99", "p999", "max"));
}

TEST(Summary, WhatIsMeasuredOnDemand) {
  using testing::ElementsAre;
  RunResult r = sample();
  r.buffers = {{"h1.eth0", {{"rx_buffer", {10, 8, 2, 1.5, 3, 1500, 1500, 90}}}}};
  r.hosts[0].sockets[0].receive_queue = r.buffers[0].second[0].second;
  r.pcie[0].second.stalls = {{"no_tag", 7}};
  const Json j = summary_json(r);
  EXPECT_EQ(keys(j).back(), "buffers");
  EXPECT_THAT(keys(j["buffers"]["h1.eth0"]["rx_buffer"]),
              ElementsAre("arrivals", "departures", "left", "mean_occupancy", "max_occupancy",
                          "occupancy_ns_total", "wait_ns_total", "max_after_ns"));
  EXPECT_EQ(j["hosts"]["h1"]["sockets"][0]["receive_queue"], j["buffers"]["h1.eth0"]["rx_buffer"]);
  EXPECT_EQ(keys(j["pcie"]["h1.eth0"]).back(), "stalls");
  EXPECT_THAT(keys(j["pcie"]["h1.eth0"]["reads"]["tags"]), ElementsAre("mean", "max"));
  EXPECT_EQ(*find_metric(j, "buffers.h1.eth0.rx_buffer.max_occupancy"), 3);
}

TEST(Summary, Values) {
  const Json j = summary_json(sample());
  EXPECT_EQ(j["sim"]["digest"], "0000000000abcdef");
  EXPECT_TRUE(j["sim"]["digest_content"].is_null());
  EXPECT_EQ(j["sim"]["slowdown"], 0.5);
  EXPECT_EQ(j["account"]["h1.eth0"]["rx_gap"], 1);
  EXPECT_EQ(j["account"]["h1.eth0"]["tx_gap"], 1);
  EXPECT_EQ(j["hosts"]["h1"]["interrupts"]["eth0-rx-0"]["count"], 7);
  EXPECT_EQ(j["hosts"]["h1"]["interrupts"]["eth0-rx-0"]["per_cpu"], Json::array({3, 4}));
  RunResult gap = sample();
  gap.accounts[0].second.delivered = 20;
  EXPECT_EQ(summary_json(gap)["account"]["h1.eth0"]["rx_gap"], -12);
}

TEST(Summary, EmptyPartsAreThere) {
  const Json j = summary_json(RunResult{});
  EXPECT_TRUE(j["hosts"].is_object());
  EXPECT_TRUE(j["lockstep"].is_object());
  EXPECT_TRUE(j["sim"]["digest"].is_null());
}

TEST(Metric, KeysWithDotsAndSlashes) {
  const Json j = summary_json(sample());
  const auto value = [&](const char* path) {
    const Json* v = find_metric(j, path);
    return v == nullptr ? std::string("none") : v->dump();
  };
  EXPECT_EQ(value("hosts.h1.proc.net/snmp.Udp.InDatagrams"), "9");
  EXPECT_EQ(value("links.h1.eth0.rx_frames"), "10");
  EXPECT_EQ(value("latency_ns.wire_to_app.p99"), "4");
  EXPECT_EQ(value("hosts.h1.sockets[0].drops"), "0");
  EXPECT_EQ(value("hosts.h1.interrupts.eth0-rx-0.per_cpu[1]"), "4");
  for (const char* none :
       {"", "hosts.h1.sockets[1].drops", "hosts.h1.sockets[x]", "hosts.h1.sockets[0", "links.h1.eth0.",
        "links.h1", "links.h1.eth0.rx_framesx", "sim.time_ns.x", "sim[0]", "hosts.h1.sockets[].drops"})
    EXPECT_EQ(value(none), "none") << none;
}

TEST(Metric, LongestKeyThatResolvesWins) {
  const Json j = Json::parse(R"({"a":{"b.c":1,"b":{"c":2,"d":3}},"x.y":{"z":4},"x":{"y.z":5,"y":{"w":6}}})");
  EXPECT_EQ(*find_metric(j, "a.b.c"), 1);
  EXPECT_EQ(*find_metric(j, "a.b.d"), 3) << "b.c does not fit";
  EXPECT_EQ(*find_metric(j, "x.y.z"), 4);
  EXPECT_EQ(*find_metric(j, "x.y.w"), 6) << "x.y fits, but leads nowhere";
}

Expect expect(const std::string& metric, CompareOp op, decltype(Expect::value) value) {
  return {{"s.toml", 9}, metric, op, std::move(value)};
}

TEST(Judge, Comparisons) {
  const Json j =
      Json::parse(R"({"i":5,"d":0.5,"s":"ok","b":true,"n":null,"big":18446744073709551615,"neg":-3})");
  const auto holds = [&](const char* m, CompareOp op, decltype(Expect::value) v) {
    return judge({expect(m, op, v)}, j)[0].passed;
  };
  using V = std::int64_t;
  EXPECT_TRUE(holds("i", CompareOp::eq, V{5}));
  EXPECT_TRUE(holds("i", CompareOp::eq, 5.0));
  EXPECT_TRUE(holds("i", CompareOp::ge, V{5}));
  EXPECT_TRUE(holds("i", CompareOp::le, V{5}));
  EXPECT_FALSE(holds("i", CompareOp::lt, V{5}));
  EXPECT_FALSE(holds("i", CompareOp::gt, V{5}));
  EXPECT_FALSE(holds("i", CompareOp::ne, V{5}));
  EXPECT_TRUE(holds("d", CompareOp::lt, V{1}));
  EXPECT_TRUE(holds("s", CompareOp::eq, std::string("ok")));
  EXPECT_TRUE(holds("b", CompareOp::eq, true));
  EXPECT_TRUE(holds("big", CompareOp::gt, V{-1}));
  EXPECT_TRUE(holds("neg", CompareOp::lt, V{0}));
  EXPECT_FALSE(holds("s", CompareOp::eq, V{5})) << "types do not meet";
  EXPECT_FALSE(holds("n", CompareOp::eq, V{0}));
  EXPECT_FALSE(holds("missing", CompareOp::ne, V{0})) << "a metric that is not there holds nothing";
}

TEST(Judge, SaysWhatItFound) {
  const auto o =
      judge({expect("a", CompareOp::lt, std::int64_t{3}), expect("b", CompareOp::eq, std::int64_t{1})},
            Json::parse(R"({"a":4})"));
  EXPECT_EQ(o[0].statement, "a < 3");
  EXPECT_EQ(o[0].actual, "4");
  EXPECT_EQ(o[0].place, "s.toml:9");
  EXPECT_EQ(o[1].actual, "no such metric");
}

TEST(Junit, OneCaseAnExpectEscaped) {
  const std::string xml =
      junit_xml("n&b", {{"a < 3", "s.toml:1", "4", false}, {"b == \"x\"", "s.toml:2", "\"x\"", true}});
  EXPECT_THAT(xml, HasSubstr("tests=\"2\" failures=\"1\""));
  EXPECT_THAT(xml, HasSubstr("<testcase classname=\"n&amp;b\" name=\"a &lt; 3\">"));
  EXPECT_THAT(xml, HasSubstr("<failure message=\"found 4\">s.toml:1</failure>"));
  EXPECT_THAT(xml, HasSubstr("name=\"b == &quot;x&quot;\"/>"));
}

}  // namespace
}  // namespace niclab::lab
