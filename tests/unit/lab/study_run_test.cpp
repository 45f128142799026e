// Points in processes, what they measure, and what is written of them.
#include <gmock/gmock.h>

#include <csignal>
#include <sstream>

#include "fake_simulation.hpp"
#include "lab/child_pool.hpp"
#include "lab/study/journal.hpp"
#include "lab/study/report.hpp"
#include "lab/study/runner.hpp"
#include "lab/study/statistics.hpp"
#include "support.hpp"

namespace niclab::lab::study {
namespace {

using lab::test::slurp;
using lab::test::TempFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr const char* kStudy = R"([study]
title = "A \"study\""
[scenario.run]
until = "idle"
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
count = 1
[[parameter]]
name = "count"
key = "traffic[0].count"
values = [5, 7]
[[parameter]]
name = "note"
[[parameter.value]]
name = 'plain'
set = { "run.seed" = 10 }
[[parameter.value]]
name = 'with, comma and "quotes"'
set = { "run.seed" = 20 }
[[metric]]
name = "read"
path = "hosts.*.sockets[*].rx_datagrams"
per = "second"
)";

StudySpec study(const std::vector<std::string>& sets = {}) {
  return study_from_text(kStudy, "s.toml", "/", sets);
}

StudyRun run(const StudySpec& spec, unsigned jobs, const std::optional<std::filesystem::path>& journal = {}) {
  std::ostringstream err;
  RunnerOptions options;
  options.jobs = jobs;
  options.journal = journal;
  options.progress = false;
  const Plan plan = plan_study(spec);
  return run_points(spec, plan, options, err);
}

TEST(StudyRunTest, PointsAreTheSameForAnyNumberOfJobs) {
  const StudySpec spec = study();
  const std::string one = points_json(spec, run(spec, 1).points).dump();
  EXPECT_EQ(points_json(spec, run(spec, 3).points).dump(), one);
  const Json points = Json::parse(one);
  ASSERT_EQ(points.size(), 4u);
  EXPECT_EQ(points[2].at("params").dump(), R"({"count":7,"note":"plain"})");
  EXPECT_EQ(points[2].at("metrics").at("read"), 7000);  // the fake run measures 1 ms
  EXPECT_EQ(points[2].at("error"), nullptr);
}

TEST(StudyRunTest, CsvQuotesWhatHasToBe) {
  const StudySpec spec = study();
  const std::string csv = points_csv(spec, run(spec, 2).points);
  EXPECT_THAT(csv, HasSubstr("\r\n5,\"with, comma and \"\"quotes\"\"\","));
  EXPECT_TRUE(csv.starts_with("count,note,interrupts_per_s,"));
  EXPECT_TRUE(csv.ends_with(",0000000000000abc,\r\n"));
}

TEST(StudyRunTest, JournalIsReadAndNothingRunsTwice) {
  const TempFolder folder;
  const StudySpec spec = study();
  const auto journal = folder.path / "journal.jsonl";
  const std::string first = points_json(spec, run(spec, 2, journal).points).dump();
  const std::string lines = slurp(journal);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 4);
  lab::test::refusal = "must not run";
  const StudyRun again = run(spec, 2, journal);
  lab::test::refusal.clear();
  EXPECT_EQ(points_json(spec, again.points).dump(), first);
  EXPECT_EQ(slurp(journal), lines);
}

TEST(StudyRunTest, TornLineOfTheJournalIsRunAgain) {
  const TempFolder folder;
  const StudySpec spec = study();
  const auto journal = folder.path / "journal.jsonl";
  const std::string first = points_json(spec, run(spec, 1, journal).points).dump();
  const std::string lines = slurp(journal);
  folder.write("journal.jsonl", "not JSON\n" + lines.substr(0, lines.size() - 20));
  EXPECT_EQ(points_json(spec, run(spec, 1, journal).points).dump(), first);
  const std::string mended = slurp(journal);
  EXPECT_EQ(mended.substr(mended.size() - lines.size()), lines);
}

TEST(StudyRunTest, JournalOfAnotherQuestionIsNotBelieved) {
  const StudySpec spec = study(), other = study({"traffic[0].size=128"}), scaled = study({"metric.scale=2"});
  const Choice choice{0, 0};
  const auto key = key_of(spec, scenario_of(spec, choice));
  EXPECT_EQ(key_of(spec, scenario_of(spec, choice)), key);
  EXPECT_NE(key_of(other, scenario_of(other, choice)), key);
  EXPECT_NE(key_of(scaled, scenario_of(scaled, choice)), key);
  EXPECT_NE(key_of(spec, scenario_of(spec, choice, 1)), key);
}

TEST(StudyRunTest, RefusedPointIsMarkedAndTheOthersAreKept) {
  lab::test::refusal = "s.toml:1: cannot do that, expected something else";
  const StudyRun refused = run(study(), 2);
  lab::test::refusal.clear();
  EXPECT_TRUE(refused.refused);
  EXPECT_EQ(refused.points[0].error, "s.toml:1: cannot do that, expected something else");
  EXPECT_TRUE(refused.points[0].metrics.empty());
}

TEST(StudyRunTest, ValueThatNoPointCanHaveIsRefusedBeforeAnythingRuns) {
  lab::test::runs = 0;
  const auto error = lab::test::error_of([] { plan_study(study({"parameter.count.values=[5, 0]"})); });
  EXPECT_THAT(error, HasSubstr("s.toml:16: parameter count: --set traffic[0].count: traffic.count: is 0"));
  const auto key =
      lab::test::error_of([] { plan_study(study({"parameter.count.key=\"traffic[0].cuont\""})); });
  EXPECT_THAT(key, HasSubstr("parameter count: --set traffic[0].cuont: traffic.cuont: unknown key"));
}

TEST(StudyRunTest, RepetitionsHaveTheirSeedsAndAnInterval) {
  const StudySpec spec = study({"study.repetitions=3"});
  const StudyRun r = run(spec, 2);
  EXPECT_EQ(r.points[0].digest, "0000000000000abc 0000000000000abc 0000000000000abc");
  const std::size_t read = *metric_index(spec, "read");
  EXPECT_EQ(r.points[0].metrics[read], 5000);
  EXPECT_EQ(r.points[0].interval[read], 0);
  EXPECT_THAT(points_csv(spec, r.points), HasSubstr(",read_ci95,digest,error\r\n"));
}

TEST(StudyStatistics, StudentsT) {
  EXPECT_DOUBLE_EQ(student_t95(1), 12.7062);
  EXPECT_DOUBLE_EQ(student_t95(9), 2.2622);
  EXPECT_NEAR(student_t95(31), 2.03951, 1e-5);
  EXPECT_NEAR(student_t95(100), 1.98397, 1e-5);
  EXPECT_NEAR(student_t95(100000), 1.95996, 3e-5);
  const double samples[] = {1, 2, 3, 4};  // s = 1.29099, t(3) = 3.1824
  const Estimate e = estimate(samples);
  EXPECT_DOUBLE_EQ(e.mean, 2.5);
  EXPECT_NEAR(*e.half_width, 3.1824 * 1.2909944 / 2, 1e-4);
  EXPECT_FALSE(estimate(std::span(samples, 1)).half_width);
}

TEST(StudyMeasure, CountersFromPowerOnCountFromTheStartLine) {
  RunResult r;
  r.start_ns = 500'000'000;
  r.time_ns = 600'000'000;
  HostResult h;
  h.interrupts = {{"eth0-rx-0", {100, 20}, false}};  // from power-on
  h.measured.interrupts = {{"eth0-rx-0", 100}};
  h.measured.cpu = {{10'000'000, 0, 1'000'000, 5'000'000}};
  h.napi = {{"eth0", {{50, 10, 160, 0, 50, 0}}}};
  r.hosts.push_back(h);
  r.links.push_back({"h1.eth0", {40, 160, 0, 0, 0}});
  PcieResult pcie;
  pcie.load_up = {{}, {{"MWr", 3900}, {"MRd", 100}}, 0.25};
  pcie.load_down = {{}, {{"CplD", 600}}, 0.5};
  r.pcie.push_back({"h1.eth0", pcie});
  const auto value = [&](std::string_view name) -> std::optional<double> {
    for (const Measure& m : measures())
      if (m.name == name) return m.value(r, Scenario{});
    ADD_FAILURE() << name;
    return {};
  };
  EXPECT_DOUBLE_EQ(*value("interrupts_per_s"), 1000);
  EXPECT_DOUBLE_EQ(*value("packets_per_interrupt"), 2);
  EXPECT_DOUBLE_EQ(*value("cpu_percent"), 10);
  EXPECT_DOUBLE_EQ(*value("cpu_hardirq_percent"), 1);
  EXPECT_DOUBLE_EQ(*value("cpu_task_percent"), 4);
  EXPECT_DOUBLE_EQ(*value("pcie_up_bytes_per_packet"), 20);
  EXPECT_DOUBLE_EQ(*value("pcie_down_bytes_per_packet"), 3);
  EXPECT_DOUBLE_EQ(*value("pcie_down_percent"), 50);
  EXPECT_DOUBLE_EQ(*value("packets_per_poll"), 3.2);
  EXPECT_DOUBLE_EQ(*value("empty_polls_per_s"), 100);
  EXPECT_EQ(value("latency_p99_ns"), std::nullopt);
  EXPECT_EQ(value("rx_buffer_p50_ns"), std::nullopt);
}

TEST(StudyMeasure, PathsWithWildcards) {
  const Json summary =
      Json::parse(R"({"a": {"x.y": {"n": [1, 2]}, "z": {"n": [3, "text"]}}, "b": {"*": 5}})");
  EXPECT_THAT(numbers_at(summary, "a.x.y.n[*]"), ElementsAre(1, 2));
  EXPECT_THAT(numbers_at(summary, "a.*.n[0]"), ElementsAre(1, 3));
  EXPECT_THAT(numbers_at(summary, "a.*.n[*]"), ElementsAre(1, 2, 3));
  EXPECT_THAT(numbers_at(summary, "a.*.m"), ElementsAre());
  EXPECT_EQ(find_metric(summary, "a.*.n[0]"), nullptr);  // of [[expect]]: one value
  EXPECT_EQ(*find_metric(summary, "b.*"), 5);
}

TEST(ChildPoolTest, SaysHowEachEnded) {
  ChildPool pool;
  pool.start(1, [](int fd) { return write_all(fd, "one", 3) ? 0 : 1; });
  pool.start(2, [](int) -> int { throw UserError("no"); });
  pool.start(3, [](int) { return raise(SIGKILL); });
  pool.start(4, [](int) -> int { throw std::runtime_error("broken"); });
  std::vector<std::string> seen;
  while (pool.running() != 0) {
    const auto e = pool.wait();
    seen.push_back(std::to_string(e->id) + " " + e->output + " " + std::to_string(e->ending.code) + " " +
                   std::to_string(e->ending.signal) + " " + e->ending.error);
  }
  EXPECT_THAT(seen, UnorderedElementsAre("1 one 0 0 ", "2  2 0 no", "3  0 9 ", "4  254 0 broken"));
}

}  // namespace
}  // namespace niclab::lab::study
