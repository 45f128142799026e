// report.html and its pictures.
#pragma once

#include <filesystem>
#include <ostream>
#include <string>

#include "lab/summary.hpp"

namespace niclab::lab::study {

/// The study as text that may stand inside a script element: no "<" in it, wherever its strings came from.
std::string script_json(const Json& study);

/// The whole page: it loads nothing, and depends on nothing but the study.
std::string report_page(const Json& study);

/// plot-1.png … in `dir`, one for each plot, drawn by node with the page's own code and made bytes by
/// rsvg-convert. Where one of the two is missing or fails, `err` gets one line and there are no pictures;
/// those of an earlier run are gone in any case.
void write_pictures(const Json& study, const std::filesystem::path& dir, std::ostream& err);

}  // namespace niclab::lab::study
