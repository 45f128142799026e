// The readers of the sections of a study file (internal to lab/study/spec*.cpp).
#pragma once

#include "lab/study/spec.hpp"
#include "lab/table_reader.hpp"

namespace niclab::lab::study {

void read_parameters(TableReader& root, StudySpec& s);
void read_metrics(TableReader& root, StudySpec& s);
// What follows speaks of parameters and metrics by name.
void read_core(TableReader& study, StudySpec& s);
void read_excludes(TableReader& root, StudySpec& s);
void read_plots(TableReader& root, StudySpec& s);
void read_findings(TableReader& root, StudySpec& s);
void read_laws(TableReader& study, StudySpec& s);

/// ", perhaps \"x\"" when a name is close to `word`, else nothing.
std::string perhaps(std::string_view word, const std::vector<std::string_view>& names);

}  // namespace niclab::lab::study
