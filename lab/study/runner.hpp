// Runs the points of a study in processes of their own, on this machine or on many.
#pragma once

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

/// Throws UserError when no point could be run with some value of a parameter. What happens to single points
/// is said on `err`, and in PointResult::error.
StudyRun run_points(const StudySpec& spec, const RunnerOptions& options, std::ostream& err);

}  // namespace niclab::lab::study
