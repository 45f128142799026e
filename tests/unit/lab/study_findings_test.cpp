// What studies find, from made-up points (lab/study/find_*, lab/study/uncertainty).
#include <gtest/gtest.h>

#include "base/cost.hpp"
#include "lab/study/findings.hpp"
#include "lab/study/uncertainty.hpp"
#include "tlm/i350/quirks.hpp"

namespace niclab::lab::study {
namespace {

constexpr std::string_view kStudy = R"([study]
title = "Made up"
[study.core]
us = [3, 50]
[scenario.run]
duration = "1ms"
[[scenario.host]]
name = "h1"
[[scenario.host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
[[parameter]]
name = "unit"
key = "fidelity.intr_throttle"
values = ["model", "rtl"]
[[parameter]]
name = "us"
label = "rx-usecs"
unit = "µs"
key = "host.nic.rx_usecs"
values = [3, 10, 50]
)";

struct MadeUp {
  StudySpec spec;
  std::vector<PointResult> points;

  explicit MadeUp(const std::string& findings) {
    spec = study_from_text(std::string(kStudy) + findings, "made_up.toml", ".");
    for (const Choice& c : points_of(spec)) {
      PointResult p;
      p.choice = c;
      p.metrics.resize(all_metrics(spec).size());
      p.digest = "d" + std::to_string(c[1]);
      points.push_back(p);
    }
  }
  void set(std::size_t unit, std::size_t us, std::string_view metric, double value) {
    for (PointResult& p : points)
      if (p.choice == Choice{unit, us}) p.metrics[*metric_index(spec, metric)] = value;
  }
  std::vector<Finding> found() const { return find(spec, points); }
};

constexpr const char* kPareto = R"([[finding]]
kind = "pareto"
x = "cpu_percent"
y = "latency_p99_ns"
where = { unit = "model" }
mark = { us = 3 }
mark_label = "the default"
)";

TEST(Findings, ParetoPlacesTheMark) {
  MadeUp m(kPareto);
  const auto figures = [&](std::size_t us, double cpu, double p99) {
    m.set(0, us, "cpu_percent", cpu);
    m.set(0, us, "latency_p99_ns", p99);
  };
  figures(0, 10, 50'000);
  figures(1, 20, 10'000);
  figures(2, 8, 50'000);
  Finding f = m.found().at(0);
  EXPECT_EQ(f.front, (std::vector<std::size_t>{2, 1}));
  EXPECT_EQ(f.marked, (std::vector<std::size_t>{0}));
  EXPECT_NE(
      f.text.find(
          "the default (p99 latency 50 µs, CPU time 10 %) is not on the front: rx-usecs 50 µs needs 20 % "
          "less CPU time at no more p99 latency"),
      std::string::npos)
      << f.text;
  EXPECT_EQ(f.claims.at(1).second, "no");
  // Who loses frames has no latency to speak of.
  m.set(0, 2, "lost_percent", 5);
  f = m.found().at(0);
  EXPECT_EQ(f.front, (std::vector<std::size_t>{0, 1}));
  EXPECT_NE(f.text.find("Left out, because more than 0.1 % of the frames are lost: rx-usecs 50 µs."),
            std::string::npos);
  EXPECT_EQ(f.claims.at(1).second, "yes");
  // Nothing matters.
  for (std::size_t us = 0; us < 3; ++us) figures(us, 10, 50'000 + 100.0 * static_cast<double>(us));
  EXPECT_NE(m.found().at(0).text.find("makes no difference"), std::string::npos);
}

TEST(Findings, EqualComparesDigests) {
  MadeUp m("[[finding]]\nkind = \"equal\"\nparameter = \"unit\"\n");
  EXPECT_EQ(m.found().at(0).holds, true);
  m.points[4].digest = "another";
  const Finding f = m.found().at(0);
  EXPECT_EQ(f.holds, false);
  ASSERT_EQ(f.rows.size(), 1u);
  EXPECT_NE(f.rows[0][0].get<std::string>().find("10"), std::string::npos);
}

TEST(Findings, FirstDropGoesUpTheParameter) {
  MadeUp m(
      "[[finding]]\nkind = \"first_drop\"\nparameter = \"us\"\ny = [\"drops_missed\", \"drops_socket\"]\n");
  m.set(0, 1, "drops_socket", 7);
  m.set(0, 1, "drops_missed", 2);
  m.set(0, 2, "drops_missed", 100);
  const Finding f = m.found().at(0);
  ASSERT_EQ(f.rows.size(), 2u);
  EXPECT_EQ(f.rows[0][1], "10 µs");
  EXPECT_EQ(f.rows[0][2], "Drops: socket buffer full");
  EXPECT_EQ(f.rows[1][2], "nothing");
}

TEST(Findings, FillOrderSortsInstants) {
  MadeUp m(R"([[metric]]
name = "a"
label = "A"
path = "x"
[[metric]]
name = "b"
label = "B"
path = "x"
[[metric]]
name = "b_full"
path = "x"
[[finding]]
kind = "fill_order"
y = ["a", "b"]
where = { unit = "model", us = [3, 10] }
)");
  m.set(0, 0, "a", 500);
  m.set(0, 0, "b", 400);
  m.set(0, 0, "b_full", 90);
  m.set(0, 1, "a", 500);
  m.set(0, 1, "b", 400);
  m.set(0, 1, "b_full", 20);
  const Finding f = m.found().at(0);
  ASSERT_EQ(f.rows.size(), 2u);
  EXPECT_EQ(f.rows[0][1], "B, then A");
  EXPECT_EQ(f.rows[1][1], "A");
}

TEST(Findings, SaturationReadsTheCeiling) {
  MadeUp m("[[finding]]\nkind = \"saturation\"\nwhere = { unit = \"model\" }\n");
  const auto law = [&](std::size_t point, double reached, const char* where) {
    m.points[point].laws.push_back({"ceiling", true, true, reached, 1000, 0, where});
  };
  law(0, 990, "h1.eth0: link up");
  law(1, 500, "h1.eth0: wire");
  const Finding f = m.found().at(0);
  ASSERT_EQ(f.rows.size(), 2u);
  EXPECT_EQ(f.rows[0].back(), "link up");
  EXPECT_EQ(f.rows[1].back(), "software");
}

TEST(Uncertainty, EveryCostAndEveryOtherReading) {
  const MadeUp m(kPareto);
  const Scenario base = scenario_of(m.spec, m.points[0].choice);
  const auto steps = cost_steps(base);
  EXPECT_EQ(steps.size(), 2 * cost_table().size());
  EXPECT_EQ(steps[0].sets.at(0), "cost.instruction=\"180ps\"");
  EXPECT_EQ(steps[1].sets.at(0), "cost.instruction=\"220ps\"");
  std::size_t readings = 0;
  for (const sim::Quirk& q : sim::quirk_table()) readings += q.readings.size() - 1;
  const auto quirks = quirk_readings(base);
  EXPECT_EQ(quirks.size(), readings);
  EXPECT_EQ(quirks[0].sets.at(0), "host[0].nic[0].quirk.writeback_rule=\"threshold_only\"");
  // All of them are scenarios.
  for (const auto& list : {steps, quirks, cost_ranges({"lock"})}) {
    const StudySpec spec = with_assumptions(m.spec, list);
    for (std::size_t a = 0; a < list.size(); ++a)
      EXPECT_NO_THROW(scenario_of(spec, {a, 0, 0})) << list[a].name;
  }
}

TEST(Uncertainty, ElasticitiesAndWhatFalls) {
  MadeUp m(kPareto);
  const std::vector<Assumption> assumptions{
      {"as it is", Assumption::Kind::as_it_is, {}, {}},
      {"lock -10 %", Assumption::Kind::cost_step, {}, "lock"},
      {"lock +10 %", Assumption::Kind::cost_step, {}, "lock"},
      {"rqdpc = write_clears", Assumption::Kind::quirk, {}, "rqdpc"},
      {"eitr_write = interval", Assumption::Kind::quirk, {}, "eitr_write"}};
  const StudySpec spec = with_assumptions(m.spec, assumptions);
  std::vector<PointResult> points;
  const double p99[] = {100, 90, 110, 100, 100};
  for (const Choice& c : points_of(spec)) {
    PointResult p;
    p.choice = c;
    p.metrics.resize(all_metrics(spec).size());
    const auto us = static_cast<double>(c[2]);
    p.metrics[*metric_index(spec, "latency_p99_ns")] = p99[c[0]] * (us + 1);
    // Under the last reading CPU time no longer falls as latency rises: the default is off the front no more.
    p.metrics[*metric_index(spec, "cpu_percent")] = c[0] == 4 ? 10 + us : 10 - us;
    p.digest = c[0] == 4 ? "other" : "same";
    points.push_back(p);
  }
  const auto slopes = elasticities(spec, assumptions, points, "latency_p99_ns");
  ASSERT_EQ(slopes.size(), 1u);
  EXPECT_EQ(slopes[0].cost, "lock");
  EXPECT_NEAR(slopes[0].mean, 1, 1e-9);
  const auto found = uncertain_findings(spec, assumptions, points, slopes, {});
  EXPECT_NE(found.at(0).text.find("1 survive each of 2 other assumptions"), std::string::npos)
      << found[0].text;
  EXPECT_NE(found[0].text.find("1 readings of quirks change nothing"), std::string::npos) << found[0].text;
  ASSERT_EQ(found.at(1).rows.size(), 1u);
  EXPECT_EQ(found[1].rows[0][2], "eitr_write = interval");
}

}  // namespace
}  // namespace niclab::lab::study
