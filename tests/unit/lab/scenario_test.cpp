#include "lab/scenario.hpp"

#include <gmock/gmock.h>

#include "lab/commands.hpp"
#include "support.hpp"

namespace niclab::lab {
namespace {

using test::error_of;
using testing::HasSubstr;
using testing::StartsWith;

// Lines are counted in the tests below.
constexpr const char* kGood = R"([run]
duration = "5ms"
seed = 3
[[host]]
name = "h1"
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
[[host]]
name = "h2"
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:02"
ipv4 = "10.0.0.2/24"
[[app]]
host = "h1"
kind = "echo"
port = 7
[[app]]
host = "h2"
kind = "request"
to = "10.0.0.1:7"
[[traffic]]
to = "h1.eth0"
kind = "udp"
rate = "1000pps"
[[at]]
time = "1ms"
host = "h1"
command = "ethtool -S eth0"
[[expect]]
metric = "sim.time_ns"
op = ">"
value = 0
)";

Scenario parse(const std::string& text, const std::vector<std::string>& sets = {},
               std::optional<std::uint64_t> seed = {}) {
  return scenario_from_text(text, "s.toml", ".", sets, seed);
}
std::string error(const std::string& set) {
  return error_of([&] { parse(kGood, {set}); });
}
/// The error of the good scenario with one piece of text replaced.
std::string error(const std::string& what, const std::string& by) {
  std::string text = kGood;
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  text.replace(at, what.size(), by);
  return error_of([&] { parse(text); });
}

TEST(Scenario, GoodOneIsRead) {
  const Scenario s = parse(kGood);
  EXPECT_EQ(s.name, "s");
  EXPECT_EQ(s.run.duration, 5_ms);
  EXPECT_EQ(s.run.seed, 3u);
  ASSERT_EQ(s.hosts.size(), 2u);
  EXPECT_EQ(s.hosts[0].kernel.version, KernelVersion::v3_13);
  EXPECT_EQ(s.hosts[0].kernel.hz, 250u);
  EXPECT_EQ(s.hosts[0].cpus, 4u);
  EXPECT_EQ(s.hosts[0].nics[0].queues, 4u) << "min(8, cpus)";
  EXPECT_EQ(s.hosts[0].nics[0].ipv4.to_string(), "10.0.0.1/24");
  EXPECT_EQ(s.apps[0].kind, AppKind::echo);
  EXPECT_EQ(s.apps[1].host, 1u);
  EXPECT_EQ(s.apps[1].to.to_string(), "10.0.0.1:7");
  EXPECT_EQ(s.traffic[0].rate.pps, 1000u);
  EXPECT_EQ(s.traffic[0].dst.to_string(), "10.0.0.1");
  EXPECT_EQ(s.traffic[0].dst_mac, s.hosts[0].nics[0].mac);
  EXPECT_EQ(s.at[0].time, 1_ms);
  EXPECT_EQ(s.expects[0].op, CompareOp::gt);
  EXPECT_EQ(s.fidelity.size(), 9u);
  EXPECT_EQ(s.fidelity.at("tx_ring"), "model");
}

TEST(Scenario, FidelityOfAllIsThatOfEveryUnitWithATwin) {
  const Scenario s =
      scenario_from_text(kGood, "s.toml", ".", {"fidelity.all=rtl", "fidelity.tx_checksum=lockstep"});
  EXPECT_EQ(s.fidelity.at("tx_ring"), "rtl");
  EXPECT_EQ(s.fidelity.at("tx_checksum"), "lockstep") << "a unit's own word counts more";
  EXPECT_EQ(s.fidelity.at("rx_ring"), "rtl");
  EXPECT_EQ(s.fidelity.at("mac_fcs"), "model") << "it has no twin";
}

TEST(Scenario, SysctlNamesMayBeTablesOrQuoted) {
  const Scenario s =
      parse(std::string(kGood) +
                "[[host]]\nname = \"h3\"\n[host.sysctl]\nnet.core.netdev_budget = 64\n"
                "\"net.ipv4.ip_local_port_range\" = \"4000 5000\"\n[[host.nic]]\nif = \"eth0\"\n"
                "mac = \"02:00:00:00:00:03\"\nipv4 = \"10.0.0.3/24\"\n",
            {"host.sysctl.net.core.rmem_max=5000"});
  using Settings = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(s.hosts[0].sysctl, (Settings{{"net.core.rmem_max", "5000"}}));
  EXPECT_EQ(s.hosts[2].sysctl,
            (Settings{{"net.core.netdev_budget", "64"}, {"net.ipv4.ip_local_port_range", "4000 5000"}}));
  EXPECT_EQ(
      error("host.sysctl.net.core.netdev_budgt=300"),
      "--set host.sysctl.net.core.netdev_budgt: unknown tunable \"net.core.netdev_budgt\", expected perhaps "
      "\"net.core.netdev_budget\"");
}

TEST(Scenario, ArrivalsAndThresholds) {
  const Scenario s = parse(kGood, {"traffic.arrivals=bursts", "traffic.burst=16", "host.nic.tx_wthresh=1"});
  EXPECT_EQ(s.traffic[0].arrivals, Arrivals::bursts);
  EXPECT_EQ(s.traffic[0].burst, 16u);
  EXPECT_EQ(s.hosts[0].nics[0].tx_thresholds.wthresh, 1u);
  EXPECT_EQ(s.hosts[0].nics[0].tx_thresholds.pthresh, 8u) << "igb's";
  EXPECT_THAT(error("traffic.arrivals=bursts"), HasSubstr("traffic.burst: missing, expected frames"));
  EXPECT_NE(random_stream(1, RandomUser::traffic, 0), random_stream(1, RandomUser::traffic, 1));
  EXPECT_NE(random_stream(1, RandomUser::traffic, 0), random_stream(2, RandomUser::traffic, 0));
  EXPECT_NE(random_stream(1, RandomUser::traffic, 0), random_stream(1, RandomUser::app, 0));
}

TEST(Scenario, DefaultsOfTheBusAndCost) {
  const Scenario s = parse(kGood);
  EXPECT_EQ(s.pcie.gen, 2u);
  EXPECT_EQ(s.pcie.lanes, 4u);
  EXPECT_EQ(s.pcie.mps, 256u);
  EXPECT_EQ(s.pcie.mrrs, 512u);
  EXPECT_EQ(s.pcie.rcb, 64u);
  EXPECT_EQ(s.cost.cache_miss, 32_ns);
}

TEST(Scenario, OverridesAndSeed) {
  const Scenario s = parse(
      kGood,
      {"cost.syscall=77ns", "cost.instruction=250ps", "pcie.lanes=1", "app[1].size=100", "host[1].cpus=2",
       "host.nic.queues=8", "run.seed=5", "host.hz=1000", "host.kernel=\"4.0\"", "fidelity.all=model"},
      9);
  EXPECT_EQ(s.cost.syscall, 77_ns);
  EXPECT_EQ(s.cost.instruction, 250_ps);
  EXPECT_EQ(s.pcie.lanes, 1u);
  EXPECT_EQ(s.apps[1].size, 100u);
  EXPECT_EQ(s.hosts[1].cpus, 2u);
  EXPECT_EQ(s.hosts[0].nics[0].queues, 8u);
  EXPECT_EQ(s.hosts[0].kernel.hz, 1000u);
  EXPECT_EQ(s.hosts[0].kernel.version, KernelVersion::v4_0);
  EXPECT_EQ(s.run.seed, 9u);
}

TEST(Scenario, CommandLineMayReplaceTheEndOfTheRun) {
  const std::vector<std::string> ends{"run.until=idle", "app[1].count=1", "traffic.count=1"};
  EXPECT_TRUE(parse(kGood, ends).run.until_idle());
  std::string idle = kGood;
  idle.replace(idle.find("duration = \"5ms\""), 16, "until = \"idle\" ");
  EXPECT_EQ(parse(idle, {"run.duration=7ms"}).run.duration, 7_ms);
  EXPECT_THAT(error("seed = 3", "until = \"idle\""), StartsWith("s.toml:3: run.until: "));
  EXPECT_THAT(error("run.until=idle"), StartsWith("s.toml:20: app[1].count: missing"));
}

TEST(ScenarioErrors, NameFileLineKeyAndExpectation) {
  EXPECT_EQ(error("seed = 3", "sede = 3"), "s.toml:3: run.sede: unknown key, expected perhaps \"seed\"");
  EXPECT_EQ(error("seed = 3", "seed = \"x\""),
            "s.toml:3: run.seed: is \"x\", expected an integer from 0 to 9223372036854775807");
  EXPECT_EQ(error("\"5ms\"", "\"5 parsecs\""),
            "s.toml:2: run.duration: \"5 parsecs\" is not a time, expected \"<n>ns|us|ms|s\"");
  EXPECT_EQ(error("\"5ms\"", "5"), "s.toml:2: run.duration: is 5, expected \"<n>ns|us|ms|s\"");
  EXPECT_THAT(error("[[app]]\nhost = \"h1\"", "[[app]]\nhost = \"h9\""),
              StartsWith("s.toml:17: app.host: unknown host \"h9\", expected "));
  EXPECT_THAT(error("\"h1.eth0\"", "\"h1.eth7\""),
              StartsWith("s.toml:25: traffic.to: unknown interface \"h1.eth7\""));
  EXPECT_THAT(error("\"02:00:00:00:00:02\"", "\"02:00:00:00:00:01\""),
              StartsWith("s.toml:14: host[1].nic.mac: \"02:00:00:00:00:01\" is already used at s.toml:8"));
  EXPECT_THAT(error("\"10.0.0.2/24\"", "\"10.0.0.1/24\""), StartsWith("s.toml:15: host[1].nic.ipv4: "));
  EXPECT_THAT(error("name = \"h2\"", "name = \"h1\""), StartsWith("s.toml:11: host[1].name: "));
  EXPECT_THAT(error("mac = \"02:00:00:00:00:01\"\n", ""), StartsWith("s.toml:6: host.nic.mac: missing"));
  EXPECT_THAT(error("[run]", "[rum]"), StartsWith("s.toml:1: rum: unknown key"));
}

struct BadValue {
  const char* set;
};
class ScenarioRefuses : public testing::TestWithParam<BadValue> {};

TEST_P(ScenarioRefuses, WithOneLineNamingTheOption) {
  const auto e = error(GetParam().set);
  const std::string set = GetParam().set;
  EXPECT_THAT(e, StartsWith("--set " + set.substr(0, set.find('='))));
  EXPECT_THAT(e, HasSubstr(", expected "));
  EXPECT_EQ(e.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Values, ScenarioRefuses,
    testing::Values(
        BadValue{"run.duration=0s"}, BadValue{"run.duration=-1ms"}, BadValue{"run.duration=1.5ms"},
        BadValue{"run.until=never"}, BadValue{"run.seed=-1"}, BadValue{"run.seed=1.5"},
        BadValue{"cost.syscall=42"}, BadValue{"cost.nonsense=1ns"}, BadValue{"pcie.gen=3"},
        BadValue{"pcie.mps=100"}, BadValue{"pcie.completion=1024"}, BadValue{"pcie.rcb=32"},
        BadValue{"fidelity.mac_fcs=rtl"}, BadValue{"fidelity.mac_fcs=lockstep"},
        BadValue{"fidelity.all=fast"}, BadValue{"fidelity.tx_ring=fast"},
        BadValue{"fidelity.warp_core=model"}, BadValue{"host.kernel=2.6"},
        BadValue{"host.kernel=3.13"},  // a TOML float, not a string
        BadValue{"host.hz=200"}, BadValue{"host.cpus=0"}, BadValue{"host.cpus=two"},
        BadValue{"host.name=a.b"}, BadValue{"host.name="}, BadValue{"host.nic.if=interface-with-a-long-name"},
        BadValue{"host.nic.mac=02:00:00:00:00"}, BadValue{"host.nic.mac=03:00:00:00:00:01"},
        BadValue{"host.nic.mac=00:00:00:00:00:00"}, BadValue{"host.nic.mac=ff:ff:ff:ff:ff:ff"},
        BadValue{"host.nic.ipv4=10.0.0.1"}, BadValue{"host.nic.ipv4=10.0.0.256/24"},
        BadValue{"host.nic.ipv4=10.0.0.1/33"}, BadValue{"host.nic.ipv4=10.0.0.0/24"},
        BadValue{"host.nic.ipv4=10.0.0.255/24"}, BadValue{"host.nic.ipv4=224.0.0.1/24"},
        BadValue{"host.nic.ipv4=127.0.0.1/8"}, BadValue{"host.nic.ipv4=0.0.0.0/0"},
        BadValue{"host.nic.gateway=10.0.1.1"}, BadValue{"host.nic.gateway=10.0.0.1"},
        BadValue{"host.nic.queues=9"}, BadValue{"host.nic.rx_ring=100"}, BadValue{"host.nic.rx_usecs=5"},
        BadValue{"host.nic.interrupts=msi-x"}, BadValue{"host.nic.quirk.writeback_rule=x"},
        BadValue{"host.nic.quirk.nope=1"}, BadValue{"host.nic=5"}, BadValue{"host=5"},
        BadValue{"app.kind=teapot"}, BadValue{"app.port=0"}, BadValue{"app.port=70000"},
        BadValue{"app.port=\"7\""}, BadValue{"app.to=10.0.0.1:7"}, BadValue{"app.group=10.0.0.1"},
        BadValue{"app.cpu=4"}, BadValue{"app.rate=5pps"}, BadValue{"app[1].to=10.0.0.2:7"},
        BadValue{"app[1].to=10.0.0.1"}, BadValue{"app[1].size=70000"}, BadValue{"app[1].group=239.1.1.1"},
        BadValue{"traffic.kind=tcp"}, BadValue{"traffic.rate=captured"}, BadValue{"traffic.rate=1000"},
        BadValue{"traffic.size=63"}, BadValue{"traffic.size=9729"}, BadValue{"traffic.flows=65535"},
        BadValue{"traffic.dst=10.0.0.9"}, BadValue{"traffic.src=10.0.0.2"},
        BadValue{"traffic.src_mac=02:00:00:00:00:02"}, BadValue{"traffic.file=x.pcap"},
        BadValue{"traffic.arrivals=sometimes"}, BadValue{"traffic.burst=2"},
        BadValue{"app[1].arrivals=poisson"}, BadValue{"host.nic.rx_pthresh=17"},
        BadValue{"host.nic.rx_wthresh=16"}, BadValue{"host.nic.tx_hthresh=32"}, BadValue{"host.sysctl=1"},
        BadValue{"host.sysctl.net.core.netdev_budgt=300"}, BadValue{"host.sysctl.net.core.netdev_budget=0"},
        BadValue{"host.sysctl.net.core.rmem_max=true"}, BadValue{"at.time=soon"}, BadValue{"at.time=6ms"},
        BadValue{"at.host=h3"}, BadValue{"at.command="}, BadValue{"expect.op=="},
        BadValue{"expect.value=[1]"}, BadValue{"expect.value=text"}, BadValue{"expect.metric="},
        BadValue{"nonsense.key=1"}, BadValue{"run.seed=2026-01-01"}));

TEST(ScenarioErrors, TwoSocketsOnOnePort) {
  const char* second = "[[app]]\nhost = \"h1\"\nkind = \"sink\"\nport = 7\n";
  EXPECT_THAT(error_of([&] { parse(std::string(kGood) + second); }),
              HasSubstr("app[2].port: \"h1 udp 7\" is already used"));
  const std::string group = std::string(second) + "group = \"239.1.1.1\"\n";
  EXPECT_THAT(error_of([&] { parse(std::string(kGood) + group); }), HasSubstr("is already used"));
  EXPECT_EQ(error_of([&] { parse(std::string(kGood) + group, {"app[0].group=239.1.1.2"}); }), "no error");
  EXPECT_EQ(error_of([&] { parse(std::string(kGood) + second, {"app[2].host=h2"}); }), "no error");
}

TEST(ScenarioErrors, NothingInTheFile) {
  EXPECT_THAT(error_of([] { parse(""); }), StartsWith("s.toml:1: host: missing"));
  EXPECT_THAT(error_of([] { load_scenario("/nonexistent/x.toml"); }),
              StartsWith("/nonexistent/x.toml: cannot read"));
  EXPECT_THAT(error_of([] { load_scenario("/tmp"); }), StartsWith("/tmp: cannot read: it is a folder"));
}

TEST(ScenarioWires, TakeTheFarEndsPlace) {
  std::string text = kGood;
  text += "[[wire]]\nnic = \"h2.eth0\"\nkind = \"dgram\"\nlocal = \"/a\"\nremote = \"/b\"\n";
  const Scenario s = scenario_from_text(text, "s.toml", "/");
  ASSERT_EQ(s.wires.size(), 1u);
  EXPECT_EQ(s.wires[0].kind, LiveWire::Kind::dgram);
  EXPECT_EQ(s.wires[0].nic, (Link::End{1, 0}));
  EXPECT_EQ(s.wires[0].local, "/a");
  EXPECT_EQ(s.wires[0].remote, "/b");
  const auto refusal = [&](const std::string& more) {
    return error_of([&] { scenario_from_text(text + more, "s.toml", "/"); });
  };
  EXPECT_THAT(refusal("[[wire]]\nnic = \"h1.eth0\"\nkind = \"tap\"\nname = \"t\"\n"),
              HasSubstr("traffic.to: \"h1.eth0\" is at the end of the wire at"));
  EXPECT_THAT(refusal("[[wire]]\nnic = \"h2.eth0\"\nkind = \"tap\"\nname = \"t\"\n"),
              HasSubstr("wire[1].nic: \"h2.eth0\" is already used at"));
  EXPECT_THAT(refusal("[[link]]\na = \"h1.eth0\"\nb = \"h2.eth0\"\n"),
              HasSubstr("\"h2.eth0\" is already used at"));
  EXPECT_THAT(refusal("[[wire]]\nnic = \"h1.eth0\"\nkind = \"tap\"\n"), HasSubstr("wire[1].name: missing"));
}

TEST(ScenarioFiles, AreRelativeToTheScenarioOrTheCurrentFolder) {
  const test::TempFolder folder;
  std::filesystem::create_directory(folder.path / "sub");
  std::filesystem::copy_file(NICLAB_SOURCE_DIR "/tests/data/mix-a.pcap", folder.path / "sub" / "in.pcap");
  std::string text = kGood;
  text.replace(text.find("kind = \"udp\"\nrate = \"1000pps\""), 29, "kind = \"pcap\"\nfile = \"in.pcap\"");
  std::ofstream(folder.path / "sub" / "s.toml") << text;
  const auto path = folder.path / "sub" / "s.toml";
  EXPECT_EQ(load_scenario(path).traffic[0].file, folder.path / "sub" / "in.pcap");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path);
  EXPECT_THAT(error_of([&] { load_scenario("sub/s.toml", {"traffic.file=in.pcap"}); }),
              StartsWith("--set traffic.file: cannot read"));
  EXPECT_EQ(load_scenario("sub/s.toml", {"traffic.file=sub/in.pcap"}).traffic[0].file,
            std::filesystem::current_path() / "sub" / "in.pcap");
  std::filesystem::current_path(before);
  folder.write("sub/in.pcap", "not a capture");
  EXPECT_THAT(error_of([&] { load_scenario(path); }), HasSubstr("s.toml:27: traffic.file: "));
}

TEST(StoredRun, GivesTheSameScenarioBack) {
  const test::TempFolder folder;
  const Scenario s =
      parse(kGood, {"cost.syscall=50ns", "run.until=idle", "app[1].count=3", "traffic.count=4"}, 11);
  folder.write("scenario.json", stored_run_json(s, true));
  const StoredRun run = load_stored_run(folder.path);
  EXPECT_TRUE(run.eager);
  EXPECT_EQ(run.scenario.name, "s");
  EXPECT_EQ(run.scenario.run.seed, 11u);
  EXPECT_TRUE(run.scenario.run.until_idle());
  EXPECT_EQ(run.scenario.cost.syscall, 50_ns);
  EXPECT_EQ(stored_run_json(run.scenario, true), stored_run_json(s, true));
}

}  // namespace
}  // namespace niclab::lab
