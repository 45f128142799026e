#include "lab/study/point_run.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "base/digest.hpp"
#include "lab/commands.hpp"
#include "lab/study/statistics.hpp"

namespace niclab::lab::study {
namespace {

namespace fs = std::filesystem;

std::uint64_t hash_text(std::string_view text) { return hash_bytes(std::as_bytes(std::span(text))); }

std::uint64_t hash_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return hash_text(text.view());
}

/// This program: another build may measure something else.
std::uint64_t program_hash() {
  static const std::uint64_t kHash = hash_file("/proc/self/exe");
  return kHash;
}

/// Files by their content: captures, NVM images.
void add_files(const ConfigNode& node, Digest& digest) {
  if (node.is_table())
    for (const auto& [key, child] : node.table()) add_files(child, digest);
  if (node.is_array())
    for (const auto& child : node.array()) add_files(child, digest);
  const auto* text = std::get_if<std::string>(&node.value);
  std::error_code ec;
  if (text != nullptr && text->starts_with("/") && fs::is_regular_file(*text, ec))
    digest.add(hash_file(*text));
}

/// By how much a law's number is off; one that says nothing is not off at all.
double badness(const LawResult& l) {
  if (!l.applies) return -1;
  return (l.holds ? 0 : 1e300) + std::abs(l.measured - l.expected);
}

Json number(double v) { return std::isfinite(v) ? Json(v) : Json(nullptr); }
double number(const Json& j) { return j.is_number() ? j.get<double>() : std::nan(""); }

}  // namespace

PointRun run_point(const StudySpec& spec, const Choice& choice, unsigned repetition) {
  const Scenario scenario = scenario_of(spec, choice, repetition);
  RunOptions options;
  options.quiet = true;
  options.stages = true;
  const auto result = timed_run(scenario, options);
  PointRun run;
  for (const Measure& m : measures()) run.metrics.push_back(m.value(*result, scenario));
  if (!spec.metrics.empty()) {
    const Json summary = summary_json(*result);
    for (const MetricSpec& m : spec.metrics) run.metrics.push_back(metric_value(m, *result, summary));
  }
  for (const auto& name : spec.laws) {
    run.laws.push_back(find_law(name)->check(*result, scenario));
    run.laws.back().name = name;
  }
  run.digest = result->digest ? hex16(*result->digest) : "";
  run.faults = faults_of(*result);
  return run;
}

Json to_json(const PointRun& run) {
  Json metrics = Json::array(), laws = Json::array();
  for (const auto& m : run.metrics) metrics.push_back(m ? number(*m) : Json(nullptr));
  for (const LawResult& l : run.laws)
    laws.push_back(
        {l.name, l.applies, l.holds, number(l.measured), number(l.expected), number(l.bound), l.where});
  return Json{{"digest", run.digest}, {"metrics", metrics}, {"laws", laws}, {"faults", run.faults}};
}

PointRun point_run_from_json(const Json& j) {
  PointRun run;
  run.digest = j.at("digest").get<std::string>();
  for (const Json& m : j.at("metrics"))
    run.metrics.push_back(m.is_number() ? std::optional(m.get<double>()) : std::nullopt);
  for (const Json& l : j.at("laws"))
    run.laws.push_back({l.at(0).get<std::string>(), l.at(1).get<bool>(), l.at(2).get<bool>(), number(l.at(3)),
                        number(l.at(4)), number(l.at(5)), l.at(6).get<std::string>()});
  run.faults = j.at("faults").get<std::vector<std::string>>();
  return run;
}

std::uint64_t key_of(const StudySpec& spec, const Scenario& scenario) {
  Digest digest;
  digest.add(program_hash());
  digest.add(hash_text(stored_run_json(scenario, false)));
  add_files(scenario.tree, digest);
  for (const MetricSpec& m : spec.metrics) {
    for (const auto& path : m.paths) digest.add(hash_text(path));
    digest.add(m.per_second ? 1 : 2);
    for (const auto& path : m.per) digest.add(hash_text(path));
    digest.add(hash_text(Json(m.scale).dump()));
  }
  for (const auto& law : spec.laws) digest.add(hash_text(law));
  return digest.value();
}

PointResult combine(const StudySpec& spec, const Choice& choice, std::span<const PointRun> runs) {
  PointResult p;
  p.choice = choice;
  p.command = command_of(spec, choice);
  if (runs.empty()) return p;
  const std::size_t metrics = runs.front().metrics.size();
  for (std::size_t m = 0; m < metrics; ++m) {
    std::vector<double> samples;
    for (const PointRun& run : runs)
      if (run.metrics[m]) samples.push_back(*run.metrics[m]);
    p.metrics.emplace_back();
    p.interval.emplace_back();
    if (samples.empty()) continue;
    const Estimate e = estimate(samples);
    p.metrics.back() = e.mean;
    p.interval.back() = e.half_width;
  }
  p.laws = runs.front().laws;
  for (const PointRun& run : runs) {
    p.digest += (p.digest.empty() ? "" : " ") + run.digest;
    for (std::size_t l = 0; l < p.laws.size(); ++l)
      if (badness(run.laws[l]) > badness(p.laws[l])) p.laws[l] = run.laws[l];
    p.faults.insert(p.faults.end(), run.faults.begin(), run.faults.end());
  }
  return p;
}

}  // namespace niclab::lab::study
