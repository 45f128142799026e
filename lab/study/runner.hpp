// Runs the points of a study in processes of their own, on this machine or on many.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <ostream>
#include <span>
#include <vector>

#include "lab/study/spec.hpp"

namespace niclab::lab::study {

struct RunnerOptions {
  unsigned jobs = 0;  ///< processes at once; 0: as many as there are hardware threads, at least 2
  std::optional<std::filesystem::path> journal;  ///< kept there; what it already has is not run again
  bool progress = true;                          ///< a bar on standard error, if that is a terminal
};

struct StudyRun {
  std::vector<PointResult> points;  ///< in the order of points_of()
  bool refused = false;             ///< some point's scenario was
  bool died = false;                ///< some point's process did, twice
  bool interrupted = false;         ///< by SIGINT or SIGTERM; what was finished is in the journal
};

/// What is known before the first run: every point's scenario was loaded once.
struct Plan {
  std::vector<Choice> points;                        ///< points_of()
  std::vector<std::vector<std::uint64_t>> keys;      ///< of the runs (key_of), by point and repetition
  std::vector<std::optional<std::string>> refusals;  ///< by point: why it cannot be run
};

/// Throws UserError when some value of a parameter cannot be run with any values of the others: that is a
/// mistake of the study, not of a point.
Plan plan_study(const StudySpec& spec);

/// What happens to single points is said on `err`, and in PointResult::error.
StudyRun run_points(const StudySpec& spec, const Plan& plan, const RunnerOptions& options, std::ostream& err);

/// On a rank that is not the first: runs what it is told until there is no more.
void work_for_rank_0(const StudySpec& spec, unsigned jobs);

}  // namespace niclab::lab::study
