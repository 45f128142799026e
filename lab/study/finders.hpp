// The kinds of `[[finding]]`, as rows of finding_kinds() (lab/study/findings).
#pragma once

#include <span>
#include <vector>

#include "lab/study/findings.hpp"

namespace niclab::lab::study {

/// The front of x and y for each group, and where the marked choice sits.
std::vector<Finding> find_pareto(const StudySpec&, const FindingSpec&, std::span<const PointResult>);
/// Points that differ in `parameter` only have the same digest.
std::vector<Finding> find_equal(const StudySpec&, const FindingSpec&, std::span<const PointResult>);
/// Going up `parameter`: the first value at which one of the metrics `y` is not zero, and which is largest
/// there.
std::vector<Finding> find_first_drop(const StudySpec&, const FindingSpec&, std::span<const PointResult>);
/// The metrics `y` are instants: in which order they come at each point.
std::vector<Finding> find_fill_order(const StudySpec&, const FindingSpec&, std::span<const PointResult>);
/// What limits the rate at each point, by the law "ceiling", and how much of it is reached.
std::vector<Finding> find_saturation(const StudySpec&, const FindingSpec&, std::span<const PointResult>);

}  // namespace niclab::lab::study
