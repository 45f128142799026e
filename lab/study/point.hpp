// A point of a study: the values it stands for, and what running it gave. Plain values, nothing that depends
// on how or where it was run.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lab/study/laws.hpp"

namespace niclab::lab::study {

/// The choice a point makes: for each parameter of the study the index of its value.
using Choice = std::vector<std::size_t>;

struct PointResult {
  Choice choice;
  /// In the order of all_metrics(); nullopt: this run has no such figure. Several repetitions: their mean.
  std::vector<std::optional<double>> metrics;
  /// Half the width of the 95 % confidence interval, likewise; all nullopt with one repetition.
  std::vector<std::optional<double>> interval;
  std::string digest;                ///< sim.digest; those of several repetitions with a blank between
  std::vector<LawResult> laws;       ///< in the order of StudySpec::laws; of several repetitions the worst
  std::vector<std::string> faults;   ///< of the runs, one line each
  std::optional<std::string> error;  ///< why there are no figures: one line
  std::string command;               ///< what runs this point by itself
};

}  // namespace niclab::lab::study
