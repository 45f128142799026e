#include <gmock/gmock.h>

#include "fake_simulation.hpp"
#include "lab/child_run.hpp"
#include "lab/commands.hpp"
#include "lab/kernel_log.hpp"
#include "lab/summary.hpp"
#include "support.hpp"

namespace niclab::lab {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kScenario = R"(
[[host]]
name = "h1"
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
[[traffic]]
to = "h1.eth0"
kind = "udp"
rate = "line"
count = 5000
[[expect]]
metric = "links.h1.eth0.rx_frames"
op = "=="
value = 5000
)";

struct Outcome {
  int code;
  std::string out, err;
};
Outcome niclab(const std::vector<std::string>& arguments) {
  std::ostringstream out, err;
  const int code = command_line(arguments, out, err);
  return {code, out.str(), err.str()};
}

class Commands : public testing::Test {
 protected:
  void SetUp() override {
    test::refusal.clear();
    test::account_gap = 0;
    file = folder.write("s.toml", kScenario).string();
    dir = (folder.path / "a" / "b").string();
  }
  Outcome run(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"run", file, "--out", dir});
    return niclab(more);
  }
  void expect_bad_input(const Outcome& o) {
    EXPECT_EQ(o.code, 2);
    EXPECT_EQ(o.out, "");
    EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << o.err;
    EXPECT_THAT(o.err, HasSubstr("expected"));
    EXPECT_FALSE(std::filesystem::exists(folder.path / "a")) << "something was written";
  }
  test::TempFolder folder;
  std::string file, dir;
};

TEST_F(Commands, RunWritesItsResults) {
  const auto o = run();
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.err, "");
  EXPECT_THAT(o.out, HasSubstr("5,000 frames"));
  const Json j = Json::parse(test::slurp(folder.path / "a/b/summary.json"));
  EXPECT_EQ(j["niclab"]["scenario"], "s");
  EXPECT_EQ(j["niclab"]["version"], version());
  EXPECT_EQ(j["niclab"]["fidelity"].size(), 9u);
  EXPECT_THAT(test::slurp(folder.path / "a/b/summary.json"),
              StartsWith("{\n  \"niclab\": {\n    \"version\""));
  EXPECT_THAT(test::slurp(folder.path / "a/b/junit.xml"), HasSubstr("failures=\"0\""));
}

TEST_F(Commands, QuietPrintsNothing) {
  const auto o = run({"--quiet"});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.out + o.err, "");
}

TEST_F(Commands, DefaultFolderIsNamedAfterTheScenario) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path);
  EXPECT_EQ(niclab({"run", "s.toml"}).code, 0);
  std::filesystem::current_path(before);
  EXPECT_TRUE(std::filesystem::exists(folder.path / "out/s/summary.json"));
}

TEST_F(Commands, FailedExpectationIsAFault) {
  const auto o = run({"--set", "expect.value=1", "--quiet"});
  EXPECT_EQ(o.code, 1);
  EXPECT_THAT(o.err, HasSubstr("expect links.h1.eth0.rx_frames == 1, found 5000"));
  EXPECT_THAT(test::slurp(folder.path / "a/b/junit.xml"), HasSubstr("failures=\"1\""));
  EXPECT_TRUE(std::filesystem::exists(folder.path / "a/b/summary.json"));
}

TEST_F(Commands, AccountGapIsAFault) {
  test::account_gap = 3;
  const auto o = run({"--quiet"});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.err, "fault: account h1.eth0: 3 received frames not accounted for\n");
}

TEST_F(Commands, FaultsByNumbers) {
  RunResult r;
  EXPECT_TRUE(faults_of(r).empty());
  r.pcie.push_back({"h1.eth0", {{}, {}, {}, 2}});
  r.lockstep.push_back({"tx_ring", {1, 1, 1}});
  EXPECT_EQ(faults_of(r).size(), 2u);
  r.faults = {"DMA fault: …"};
  EXPECT_EQ(faults_of(r).size(), 2u) << "the run named the DMA fault itself";
}

TEST_F(Commands, BadInputIsOneLineAndWritesNothing) {
  const std::vector<std::vector<std::string>> bad{{"--set", "run.sede=1"},
                                                  {"--set", "run.seed"},
                                                  {"--seed", "x"},
                                                  {"--seed", "-1"},
                                                  {"--seed"},
                                                  {"--frobnicate"},
                                                  {"extra"},
                                                  {"--set"},
                                                  {"--set", "waves.until=0us"},
                                                  {"--set", "fidelity.msix=rtl"},
                                                  {"--set", "traffic.count=\"a\nb\""}};
  for (const auto& b : bad) {
    SCOPED_TRACE(b[0] + (b.size() > 1 ? " " + b[1] : ""));
    expect_bad_input(run(b));
  }
  expect_bad_input(niclab({}));
  expect_bad_input(niclab({"run"}));
  expect_bad_input(niclab({"frob"}));
  expect_bad_input(niclab({"run", (folder.path / "none.toml").string(), "--out", dir}));
  expect_bad_input(niclab({"run", file, "--out", ""}));
  expect_bad_input(niclab({"study", "frobnicate"}));
  expect_bad_input(niclab({"study", file, "--out", dir}));  // a scenario is no study
}

TEST_F(Commands, ScenarioRefusedByTheSimulationLeavesNothing) {
  test::refusal = "s.toml:1: cannot do that, expected something else";
  expect_bad_input(run());
}

TEST_F(Commands, FolderThatCannotBeMade) {
  const auto o = niclab({"run", file, "--out", file + "/below"});
  expect_bad_input(o);
  EXPECT_THAT(o.err, StartsWith("--out "));
}

TEST_F(Commands, RepeatedSetsAllApply) {
  EXPECT_EQ(run({"--set", "traffic.count=70", "--set", "expect.value=70", "--quiet"}).code, 0);
  EXPECT_EQ(
      niclab({"run", "--set", "traffic.count=70", "--set", "expect.value=70", file, "--out", dir, "--quiet"})
          .code,
      0);
}

TEST_F(Commands, HelpAndVersion) {
  EXPECT_EQ(niclab({"--version"}).out, "niclab " + std::string(version()) + "\n");
  for (const char* command : {"run", "diff", "bench", "regs"}) {
    const auto o = niclab({command, "--help"});
    EXPECT_EQ(o.code, 0);
    EXPECT_THAT(o.out, HasSubstr(command));
    EXPECT_EQ(o.err, "");
  }
}

TEST_F(Commands, RegsListsTheTable) {
  const Json j = Json::parse(niclab({"regs", "--json"}).out);
  ASSERT_GT(j.size(), 50u);
  EXPECT_EQ(j[0]["name"], "CTRL");
  for (const auto& row : j)
    EXPECT_THAT((std::vector<std::string>{"implemented", "stub", "omitted"}),
                testing::Contains(row["status"]));
  EXPECT_THAT(niclab({"regs"}).out, HasSubstr("STATUS"));
}

TEST_F(Commands, BenchPrintsOneObject) {
  const auto o = niclab({"bench", "--json"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.err, "");
  const Json j = Json::parse(o.out);
  EXPECT_EQ(j["rx64_model_pps"], 500'000.0) << "250,000 datagrams of the first stream in half a second";
  EXPECT_EQ(j["rx64_model_load_pps"], 1'488'095.0) << "line rate, as nothing was dropped";
  EXPECT_EQ(j["rx1514_model_load_pps"], 81'274.0);
  for (const char* key : {"rx1514_model_pps", "tx64_model_pps", "tx64_model_load_pps", "tx1514_model_pps",
                          "tx1514_model_load_pps", "activations_per_packet", "slowdown_rtl_all_64",
                          "slowdown_rtl_all_1514", "slowdown_rtl_all_rx64", "slowdown_two_hosts_64",
                          "slowdown_two_hosts_1514", "rtl_cost", "register_read_ns", "register_write_ns"})
    EXPECT_TRUE(j.contains(key)) << key;
}

TEST_F(Commands, BenchOfARefusedRunIsAnError) {
  test::refusal = "no";
  const auto o = niclab({"bench", "--json"});
  EXPECT_EQ(o.code, 2);
  EXPECT_EQ(o.out, "");
  EXPECT_EQ(o.err, "no\n");
}

TEST(KernelLog, StampsWithSimulatedTime) {
  const test::TempFolder folder;
  {
    KernelLog log(folder.path / "kernel.log");
    log.line(Time::from_ps(1'234'567'890'123), "h1", "eth0: link {up}");
    log.line(Time::from_ps(999), "h2", "x");
  }
  EXPECT_EQ(test::slurp(folder.path / "kernel.log"),
            "[    1.234567] h1: eth0: link {up}\n[    0.000000] h2: x\n");
  EXPECT_THAT(test::error_of([] { KernelLog log("/proc/none/kernel.log"); }), HasSubstr("cannot write"));
}

class Diff : public Commands {
 protected:
  std::string make(const std::string& name, std::vector<std::string> more) {
    const std::string out = (folder.path / name).string();
    more.insert(more.begin(), {"run", file, "--quiet", "--out", out});
    EXPECT_EQ(niclab(more).code, 0);
    return out;
  }
};

TEST_F(Diff, IdenticalRuns) {
  const auto o = niclab({"diff", make("x", {}), make("y", {"--eager"})});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.out, "identical: 5,000 events\n");
}

TEST_F(Diff, FirstDifferenceInContentSideBySide) {
  const auto o = niclab({"diff", make("x", {"--seed", "5"}), make("y", {"--seed", "6"})});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.out,
            "first difference: event 3,000\n"
            "  A  3.041000 us  host 0 nic 0: frame received 60 B, content 0000000000000005\n"
            "  B  3.041000 us  host 0 nic 0: frame received 60 B, content 0000000000000006\n");
}

TEST_F(Diff, FirstDifferenceInTime) {
  const auto o =
      niclab({"diff", make("x", {"--set", "cost.syscall=42ns"}), make("y", {"--set", "cost.syscall=43ns"})});
  EXPECT_EQ(o.code, 1);
  EXPECT_THAT(o.out, HasSubstr("event 3,000\n"));
  EXPECT_THAT(o.out, HasSubstr("the same event, B 1,000 ps later"));
}

TEST_F(Diff, OneRunIsLonger) {
  const auto o = niclab(
      {"diff", make("x", {}), make("y", {"--set", "traffic.count=5001", "--set", "expect.value=5001"})});
  EXPECT_EQ(o.code, 1);
  EXPECT_THAT(o.out, HasSubstr("event 5,001\n  A  (no more events)\n  B  5.000000 us"));
}

TEST_F(Diff, RefusedReRunIsOneLine) {
  const auto x = make("x", {}), y = make("y", {});
  test::refusal = "s.toml:1: cannot do that, expected something else";
  expect_bad_input(niclab({"diff", x, y}));
}

TEST_F(Diff, BadInput) {
  const auto good = make("x", {});
  expect_bad_input(niclab({"diff", good}));
  expect_bad_input(niclab({"diff", good, (folder.path / "none").string()}));
  folder.write("scenario.json", "{}");
  expect_bad_input(niclab({"diff", good, folder.path.string()}));
}

TEST(ChildRun, CodesAndText) {
  ChildRun good([](int fd) { return write_all(fd, "hello", 5) ? 3 : 4; });
  EXPECT_EQ(good.read_all(), "hello");
  EXPECT_EQ(good.wait(), 3);
  ChildRun dead([](int) -> int { abort(); });
  EXPECT_EQ(dead.read_all(), "");
  EXPECT_THROW(dead.wait(), std::runtime_error);
  ChildRun refused([](int) -> int { throw UserError("s.toml:1: no"); });
  EXPECT_EQ(test::error_of([&] { refused.wait(); }), "s.toml:1: no");
}

}  // namespace
}  // namespace niclab::lab
