// Study files: what they say, in which order their points come, and what is wrong with them in one line.
#include <gmock/gmock.h>

#include "lab/study/spec.hpp"
#include "support.hpp"

namespace niclab::lab::study {
namespace {

using lab::test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// Lines are counted in the tests below.
constexpr const char* kGood = R"([study]
title = "A study"
repetitions = 2
[study.core]
queues = 4
[scenario.run]
duration = "5ms"
[[scenario.host]]
name = "h1"
[[scenario.host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
[[scenario.traffic]]
to = "h1.eth0"
kind = "udp"
rate = "1000pps"
[[parameter]]
name = "rx_usecs"
label = "rx-usecs"
unit = "µs"
key = "host[0].nic[0].rx_usecs"
values = [3, 50]
[[parameter]]
name = "load"
[[parameter.value]]
name = "pings"
set = { "traffic[0].rate" = "1000pps" }
[[parameter.value]]
name = "line"
set = { "traffic[0].rate" = "line", run.duration = "1ms" }
[[parameter]]
name = "queues"
key = "host[0].nic[0].queues"
values = [1, 4]
[[exclude]]
load = "pings"
queues = [4]
[[metric]]
name = "frames"
path = "links.*.rx_frames"
[[plot]]
title = "A plot"
x = "rx_usecs"
y = ["latency_p99_ns", "frames"]
series = "load"
where = { queues = 1 }
)";

StudySpec parse(const std::string& text, const std::vector<std::string>& sets = {}) {
  return study_from_text(text, "s.toml", "/tmp", sets);
}

/// The good study with one piece of text replaced.
std::string with(const std::string& from, const std::string& to) {
  std::string text = kGood;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string error(const std::string& from, const std::string& to) {
  return error_of([&] { parse(with(from, to)); });
}

std::vector<std::string> names(const Parameter& p) {
  std::vector<std::string> all;
  for (const auto& v : p.values) all.push_back(v.name);
  return all;
}

TEST(StudySpec, SaysWhatTheFileSays) {
  const StudySpec s = parse(kGood);
  EXPECT_EQ(s.name, "s");
  EXPECT_EQ(s.title, "A study");
  EXPECT_EQ(s.repetitions, 2u);
  EXPECT_EQ(s.base, "study:s.toml");
  ASSERT_EQ(s.parameters.size(), 3u);
  EXPECT_EQ(s.parameters[0].label, "rx-usecs");
  EXPECT_EQ(s.parameters[1].label, "load");
  EXPECT_THAT(s.parameters[1].values[1].sets, ElementsAre("traffic[0].rate=line", "run.duration=1ms"));
  EXPECT_EQ(s.core, (Selection{{2, {1}}}));
  ASSERT_EQ(s.plots.size(), 1u);
  EXPECT_EQ(s.plots[0].where, (Selection{{2, {0}}}));
  EXPECT_EQ(s.laws.front(), "account");
  EXPECT_EQ(all_metrics(s).back().name, "frames");
}

TEST(StudySpec, LastParameterIsFastestAndExcludedPointsAreLeftOut) {
  const StudySpec s = parse(kGood);
  EXPECT_THAT(points_of(s), ElementsAre(Choice{0, 0, 0}, Choice{0, 1, 0}, Choice{0, 1, 1}, Choice{1, 0, 0},
                                        Choice{1, 1, 0}, Choice{1, 1, 1}));
  EXPECT_EQ(describe(s, {1, 1, 0}), "rx_usecs 50, load line, queues 1");
}

TEST(StudySpec, PointIsTheBaseScenarioWithItsOverrides) {
  const StudySpec s = parse(kGood, {"host[0].cpus=2"});
  const Scenario scenario = scenario_of(s, {1, 1, 1});
  EXPECT_EQ(scenario.hosts[0].nics[0].rx_usecs, 50u);
  EXPECT_EQ(scenario.hosts[0].nics[0].queues, 4u);
  EXPECT_EQ(scenario.hosts[0].cpus, 2u);
  EXPECT_EQ(scenario.traffic[0].rate.kind, Rate::Kind::line);
  EXPECT_EQ(scenario.run.duration, 1_ms);
  EXPECT_EQ(scenario_of(s, {1, 1, 1}, 3).run.seed, scenario.run.seed + 3);
  EXPECT_EQ(command_of(s, {1, 0, 0}),
            "niclab run study:s.toml --set 'host[0].cpus=2' --set 'host[0].nic[0].rx_usecs=50' --set "
            "'traffic[0].rate=1000pps' --set 'host[0].nic[0].queues=1'");
  EXPECT_EQ(study_command_of(s), "niclab study s.toml --set 'host[0].cpus=2'");
}

TEST(StudySpec, CommandOfAPointLoadsTheSameScenario) {
  const lab::test::TempFolder folder;
  const auto file = folder.write("my.toml", kGood);
  const StudySpec s = load_study(file.string());
  const Scenario typed = load_scenario("study:" + file.string(), sets_of(s, {1, 1, 0}));
  const Scenario own = scenario_of(s, {1, 1, 0});
  EXPECT_EQ(config_to_json(typed.tree), config_to_json(own.tree));
  EXPECT_EQ(typed.name, own.name);
}

TEST(StudySpec, BaseScenarioInAFileBesideTheStudy) {
  const lab::test::TempFolder folder;
  folder.write("base.toml",
               "[[host]]\nname = \"h1\"\n[[host.nic]]\nif = \"eth0\"\nmac = \"02:00:00:00:00:01\"\n"
               "ipv4 = \"10.0.0.1/24\"\n[run]\nuntil = \"idle\"\n");
  const auto file = folder.write("my.toml",
                                 "[study]\nscenario = \"base.toml\"\n[[parameter]]\nname = \"q\"\nkey = "
                                 "\"host[0].nic[0].queues\"\nvalues = [1, 2]\n");
  const StudySpec s = load_study(file.string());
  EXPECT_EQ(s.base, (folder.path / "base.toml").string());
  EXPECT_EQ(scenario_of(s, {1}).hosts[0].nics[0].queues, 2u);
}

TEST(StudySpec, Ranges) {
  const auto values = [](const std::string& range) {
    return names(parse(with("values = [3, 50]", range)).parameters[0]);
  };
  EXPECT_THAT(values("from = 10\nto = 30\nstep = 10"), ElementsAre("10", "20", "30"));
  EXPECT_THAT(values("from = 10\nto = 35\nstep = 10"), ElementsAre("10", "20", "30"));
  EXPECT_THAT(values("from = 0.1\nto = 0.3\nstep = 0.1")[2], StartsWith("0.3"));
  EXPECT_THAT(values("from = 0\nto = 1\npoints = 3\nscale = \"linear\""),
              ElementsAre("0", "1"));  // whole numbers
  EXPECT_THAT(values("from = 0.0\nto = 1\npoints = 3"), ElementsAre("0.0", "0.5", "1.0"));
  EXPECT_THAT(values("from = 10\nto = 1000\npoints = 3\nscale = \"log\""), ElementsAre("10", "100", "1000"));
}

TEST(StudySpec, ValuesMayBeDressed) {
  const StudySpec s = parse(with("key = \"host[0].nic[0].rx_usecs\"\nvalues = [3, 50]",
                                 "key = \"cost.syscall\"\nvalues = [3, 50]\nas = \"{}us\""));
  EXPECT_THAT(s.parameters[0].values[1].sets, ElementsAre("cost.syscall=50us"));
  EXPECT_EQ(s.parameters[0].values[1].value, 50);
}

TEST(StudySpec, CommandLineReducesAStudy) {
  const StudySpec s = parse(kGood, {"parameter.queues.values=[1]", "parameter.load.values=[\"line\"]",
                                    "study.repetitions=1", "run.duration=2ms"});
  EXPECT_EQ(points_of(s).size(), 2u);
  EXPECT_EQ(s.repetitions, 1u);
  EXPECT_TRUE(s.core.empty());  // queues = 4 is not asked for
  EXPECT_THAT(s.base_sets, ElementsAre("run.duration=2ms"));
  EXPECT_EQ(s.parameters[1].values[0].name, "line");
}

TEST(StudySpec, ErrorsAreOneLineWithThePlace) {
  EXPECT_EQ(error("repetitions", "repetition"),
            "s.toml:3: study.repetition: unknown key, expected perhaps \"repetitions\"");
  EXPECT_THAT(error("values = [3, 50]", "values = []"), StartsWith("s.toml:23: parameter.values: is empty"));
  EXPECT_THAT(error("values = [3, 50]", "from = 5\nto = 3\nstep = 1"), HasSubstr("the range is empty"));
  EXPECT_THAT(error("values = [3, 50]", "from = 5\nto = 9"), HasSubstr("a range without step"));
  EXPECT_THAT(error("values = [3, 50]", "from = 0\nto = 9\npoints = 3\nscale = \"log\""),
              HasSubstr("not above 0"));
  EXPECT_THAT(error("values = [3, 50]", "values = [3, 3]"), HasSubstr("\"3\" is given twice"));
  EXPECT_THAT(error("values = [3, 50]", "values = [3]\nfrom = 2"), HasSubstr("given beside values"));
  EXPECT_THAT(error("values = [3, 50]", "values = [[3]]"), HasSubstr("a number, a string or a boolean"));
  EXPECT_THAT(error("key = \"host[0].nic[0].queues\"", "key = \"host[0].nic[0].rx_usecs\""),
              HasSubstr("which parameter rx_usecs (s.toml:18) sets too"));
  EXPECT_THAT(error("name = \"queues\"", "name = \"load\""), HasSubstr("used twice"));
  EXPECT_THAT(error("name = \"queues\"", "name = \"cpu_percent\""), HasSubstr("is a metric"));
  EXPECT_THAT(
      error("load = \"pings\"\nqueues", "laod = \"pings\"\nqueues"),
      StartsWith("s.toml:37: exclude.laod: unknown parameter, expected the name of a [[parameter]], perhaps "
                 "\"load\""));
  EXPECT_THAT(error("queues = [4]", "queues = [5]"), HasSubstr("\"5\" is not a value of queues"));
  EXPECT_THAT(error("latency_p99_ns", "latency_p99ns"), HasSubstr("perhaps \"latency_p99_ns\""));
  EXPECT_THAT(error("series = \"load\"", "series = \"frames\""), HasSubstr("\"frames\" is not a parameter"));
  EXPECT_THAT(error("path = \"links", "pat = \"links"),
              HasSubstr("metric.pat: unknown key, expected perhaps \"path\""));
  EXPECT_THAT(error("title = \"A study\"", "laws = [\"acount\"]"),
              HasSubstr("unknown law \"acount\", expected names of "
                        "laws, perhaps \"account\""));
  EXPECT_THAT(error("[[plot]]", "[[finding]]\nkind = \"frob\"\n[[plot]]"),
              HasSubstr("unknown kind \"frob\""));
  EXPECT_THAT(error("[study]\n", "[study]\nscenario = \"b.toml\"\n"),
              HasSubstr("given beside study.scenario"));
  EXPECT_THAT(error("[[plot]]", "[[plot]]\nstack = true"),
              HasSubstr("stack: is true, expected kind = \"bar\""));
  EXPECT_THAT(error("[[exclude]]\nload = \"pings\"\nqueues = [4]", "[[exclude]]"),
              HasSubstr("exclude: is empty"));
  EXPECT_THAT(error_of([] { points_of(parse(with("load = \"pings\"\nqueues = [4]", "queues = [1, 4]"))); }),
              HasSubstr("leaves out every point"));
  EXPECT_THAT(error_of([] { load_study("frobnicate"); }), HasSubstr("no such study or file"));
  EXPECT_THAT(error_of([] { parse(kGood, {"parameter.queus.values=[1]"}); }), HasSubstr("unknown key"));
}

TEST(StudySpec, OverrideTextIsReadBackAsItWas) {
  for (const char* value : {"50", "-3", "1.5", "2.0", "true", "\"line\"", "\"10\"", "\"a b\"",
                            "\"q\\\"\\\\\"", "[1, \"x\"]", "{\"a.b\" = 1}", "\"\""}) {
    SCOPED_TRACE(value);
    const ConfigNode written = parse_toml("v = " + std::string(value), "t");
    ConfigNode read = parse_toml("v = 0", "t");
    apply_override(read, "v=" + override_text(*written.find("v")));
    EXPECT_EQ(config_to_json(read), config_to_json(written));
  }
}

}  // namespace
}  // namespace niclab::lab::study
