// One run of one point: what a worker sends back, and what several of them make.
#pragma once

#include <span>

#include "lab/study/spec.hpp"

namespace niclab::lab::study {

/// One run: a point with one seed.
struct PointRun {
  std::vector<std::optional<double>> metrics;  ///< in the order of all_metrics()
  std::string digest;
  std::vector<LawResult> laws;  ///< in the order of StudySpec::laws
  std::vector<std::string> faults;
};

/// Runs it in this process: once a process. Throws UserError when the scenario is refused.
PointRun run_point(const StudySpec& spec, const Choice& choice, unsigned repetition);

/// What passes pipes and is kept in the journal; a number keeps every bit.
Json to_json(const PointRun& run);
/// Throws Json::exception when it is none.
PointRun point_run_from_json(const Json& j);

/// Names what a run depends on: the resolved scenario, the contents of files it names, what is measured and
/// checked, and the program itself.
std::uint64_t key_of(const StudySpec& spec, const Scenario& scenario);

/// The point that its repetitions, in order, make.
PointResult combine(const StudySpec& spec, const Choice& choice, std::span<const PointRun> runs);

}  // namespace niclab::lab::study
