// What is measured at a point: the figures every study has, and those a study file adds.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lab/results.hpp"
#include "lab/scenario.hpp"
#include "lab/summary.hpp"

namespace niclab::lab::study {

/// Which way is better, for findings.
enum class Better : std::uint8_t { neither, lower, higher };

/// A figure every point has.
struct Measure {
  std::string_view name;   ///< "latency_p99_ns": as in points.csv and study files
  std::string_view label;  ///< of an axis: "Latency, p99"
  std::string_view unit;   ///< "ns", "1/s", "%", …; empty: a pure number
  Better better = Better::neither;
  std::string_view says;  ///< what it is, one sentence
  /// nullopt: the run has no such figure (nobody received anything, no such stage).
  std::optional<double> (*value)(const RunResult&, const Scenario&);
};

/// All of them, in the order of points.csv.
std::span<const Measure> measures();

/// From the start line to the end, in seconds: what "a second" means in every measure.
double measured_seconds(const RunResult& r);

/// `[[metric]]`: a figure of a study's own, from summary.json.
struct MetricSpec {
  Where where;
  std::string name, label, unit;
  Better better = Better::neither;
  std::vector<std::string> paths;  ///< as `expect` takes them; "[*]" and ".*" stand for every element. Summed
  bool per_second = false;         ///< divided by the measured time
  std::vector<std::string> per;    ///< or by the sum of these
  double scale = 1;                ///< multiplies the result
};

/// nullopt when a path is not there, or the divisor is zero.
std::optional<double> metric_value(const MetricSpec& metric, const RunResult& r, const Json& summary);

/// The numbers at `path`: "[*]" stands for every element of an array, ".*" for every member of an object.
/// Empty when there are none.
std::vector<double> numbers_at(const Json& summary, std::string_view path);

/// One column of a study: what a reader has to know of it.
struct MetricInfo {
  std::string name, label, unit;
  Better better = Better::neither;
  std::string says;
};

std::string_view to_string(Better b);  ///< "", "lower", "higher"

}  // namespace niclab::lab::study
