// A study as plain values: what a study file says after defaults, overrides and validation (docs/study.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/config_tree.hpp"
#include "lab/scenario.hpp"
#include "lab/study/measure.hpp"
#include "lab/study/point.hpp"

namespace niclab::lab::study {

/// One value of a parameter.
struct ParameterValue {
  Json value;                     ///< a number, a string or a boolean: in points.json, on axes
  std::string name;               ///< the same as text: in points.csv and in messages
  std::vector<std::string> sets;  ///< what it does to the scenario: "a.b=V" as `--set` takes it
};

/// `[[parameter]]`.
struct Parameter {
  Where where;
  std::string name, label, unit;
  std::vector<std::string> keys;  ///< it sets all of them to its value; empty: its values say what they set
  std::vector<ParameterValue> values;
  bool reduced = false;  ///< the command line chose its values: others may be spoken of, and are ignored
};

/// Points by their values: for parameter i the allowed values (indices). Parameters that are not named allow
/// all.
using Selection = std::map<std::size_t, std::vector<std::size_t>>;

/// Whether the choice has an allowed value of each parameter of the selection.
bool matches(const Selection& selection, const Choice& choice);

enum class PlotKind : std::uint8_t { line, scatter, bar, heatmap };
std::string_view to_string(PlotKind k);

/// `[[plot]]`. Names are those of parameters and metrics; x may be either.
struct PlotSpec {
  std::string title;
  PlotKind kind = PlotKind::line;
  std::string x;
  std::vector<std::string> y;
  std::optional<std::string> series, facet;
  Selection where;
  bool x_log = false, y_log = false;
  bool stack = false;  ///< of bars: the metrics of y stand upon each other
};

/// `[[finding]]`: what a kind makes of the keys is said in lab/study/findings.
struct FindingSpec {
  Where where;
  std::string kind, title;
  std::string x;                   ///< a metric or parameter; empty: not given
  std::vector<std::string> y;      ///< likewise
  std::string parameter;           ///< a parameter; empty: not given
  std::vector<std::string> group;  ///< key `for`: parameters; one answer for each combination of their values
  Selection mark;                  ///< the choice to place
  std::string mark_label;
  Selection only;  ///< key `where`: the points looked at
  double tolerance = 0;
};

struct StudySpec {
  std::string name, title;
  std::string source;  ///< "coalescing" or the file, as the user gave it
  std::string base;    ///< what `niclab run` takes to run the base scenario: a file, or "study:" and a study
  std::vector<std::string> base_sets;  ///< overrides of the base scenario from the command line
  ConfigNode scenario;                 ///< the base scenario's tree, with base_sets
  std::filesystem::path folder;        ///< file names in it are relative to
  std::string scenario_name;
  unsigned repetitions = 1;
  std::vector<std::string> laws;  ///< those of every point first
  std::vector<Parameter> parameters;
  std::vector<Selection> excludes;
  Selection core;  ///< the part `study uncertainty` repeats; empty: all
  std::vector<MetricSpec> metrics;
  std::vector<PlotSpec> plots;
  std::vector<FindingSpec> findings;
  bool under_assumptions = false;      ///< `study uncertainty` made it of the study `source`
  std::vector<std::string> arguments;  ///< of the command line that made it, for its command

  /// Its index, or nullopt.
  std::optional<std::size_t> parameter(std::string_view parameter_name) const;
};

/// The metrics of each point: measures(), then those of the study.
std::vector<MetricInfo> all_metrics(const StudySpec& spec);

/// Of all_metrics(): the index, or nullopt.
std::optional<std::size_t> metric_index(const StudySpec& spec, std::string_view name);

/// Reads a built-in study's name or a file, with `--set` overrides: those of keys that begin with study,
/// parameter, exclude, metric, plot or finding change the study ("parameter.NAME" finds a parameter by its
/// name), all others the base scenario. Throws UserError.
StudySpec load_study(const std::string& name_or_file, const std::vector<std::string>& sets = {});

/// The same from text; `source` names it in errors, relative files are relative to `folder`.
StudySpec study_from_text(std::string_view toml, const std::string& source,
                          const std::filesystem::path& folder, const std::vector<std::string>& sets = {});

/// The full product in the order of the file, the last parameter fastest, without what is excluded.
std::vector<Choice> points_of(const StudySpec& spec);

/// What `--set` would have to say for this point, in order; without StudySpec::base_sets.
std::vector<std::string> sets_of(const StudySpec& spec, const Choice& choice);

/// The scenario of a point; its seed is that of the base plus `repetition`. Throws UserError.
Scenario scenario_of(const StudySpec& spec, const Choice& choice, unsigned repetition = 0);

/// What a user types to run this point alone, quoted for a shell.
std::string command_of(const StudySpec& spec, const Choice& choice);

/// What a user types to run the study again, likewise.
std::string study_command_of(const StudySpec& spec);

/// "rx_usecs 50, load pings": for messages.
std::string describe(const StudySpec& spec, const Choice& choice);

/// The base scenario's tree of a built-in study or a study file, without any override, and the folder its
/// file names are relative to: what "study:NAME" stands for where a scenario file is expected.
std::pair<ConfigNode, std::filesystem::path> base_scenario(std::string_view study);

}  // namespace niclab::lab::study
