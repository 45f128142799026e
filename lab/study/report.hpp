// What a study leaves behind: points.csv, points.json, report.html.
#pragma once

#include <filesystem>
#include <ostream>
#include <span>

#include "lab/study/findings.hpp"

namespace niclab::lab::study {

/// All that the page knows (docs/study.md, "What goes to the report").
Json report_json(const StudySpec& spec, std::span<const PointResult> points,
                 std::span<const Finding> findings);

/// The array of points.json.
Json points_json(const StudySpec& spec, std::span<const PointResult> points);

/// RFC 4180: parameters, metrics, half widths of intervals (with repetitions), digest, error.
std::string points_csv(const StudySpec& spec, std::span<const PointResult> points);

/// Writes the page and its pictures into `dir`, which exists. What it cannot do without being wrong (a tool
/// is missing) it says on `err` in one line. Throws UserError when it cannot write.
void write_report(const Json& study, const std::filesystem::path& dir, std::ostream& err);

}  // namespace niclab::lab::study
