// What a study found, in sentences.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lab/study/spec.hpp"

namespace niclab::lab::study {

struct Finding {
  std::string kind, title;
  std::string text;  ///< sentences a person can use
  std::vector<std::string> columns;
  std::vector<std::vector<Json>> rows;  ///< cells are text or numbers
  std::string x, y;                     ///< of the plot the front belongs to; empty: none
  std::vector<std::size_t> front;   ///< indices of points, to be drawn as a line in plots with that x and y
  std::vector<std::size_t> marked;  ///< of these points to be pointed at there: where the marked choice sits
  std::string mark_label;           ///< what they are, in a legend: "igb's default"
  /// What it says without figures, each under a name: the same study under other assumptions says the same
  /// there, or this does not survive them (lab/study/uncertainty).
  std::vector<std::pair<std::string, std::string>> claims{};
  std::optional<bool> holds;  ///< of findings that are claims; false: the study fails (exit 1)
};

/// May give several findings: one for each group. `points` are all points of the study, in order.
using Finder = std::vector<Finding> (*)(const StudySpec& spec, const FindingSpec& finding,
                                        std::span<const PointResult> points);

struct FindingKind {
  std::string_view name;
  std::string_view says;      ///< what it looks for, one sentence
  std::string_view required;  ///< keys it cannot do without, separated by blanks: "x y parameter for mark"
  Finder find;
};

/// Every kind there is.
std::span<const FindingKind> finding_kinds();

/// Those of the study, in the order of its file.
std::vector<Finding> find(const StudySpec& spec, std::span<const PointResult> points);

}  // namespace niclab::lab::study
