#include "lab/study/spec.hpp"

#include <algorithm>

#include "lab/study/builtin.hpp"
#include "lab/study/spec_sections.hpp"

namespace niclab::lab::study {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBaseSuffix = "_base";
constexpr std::string_view kStudyPrefix = "study:";

/// A study's text, and where what it names is to be looked for.
struct Source {
  std::string text, name;
  fs::path folder;
  bool builtin = false;
};

std::string unknown_study(const std::string& name) {
  std::vector<std::string_view> names;
  std::string list;
  for (const BuiltinFile& f : builtin_files()) {
    if (f.name.ends_with(kBaseSuffix)) continue;
    names.push_back(f.name);
    list += (list.empty() ? "" : ", ") + std::string(f.name);
  }
  return "niclab study: " + name + ": no such study or file, expected " +
         (list.empty() ? "" : list + " or ") + "a study file" + perhaps(name, names);
}

Source open_study(const std::string& name_or_file) {
  if (const BuiltinFile* f = find_builtin(name_or_file); f != nullptr && !name_or_file.ends_with(kBaseSuffix))
    return {std::string(f->text()), name_or_file, fs::current_path(), true};
  std::error_code ec;
  if (!fs::exists(name_or_file, ec) && name_or_file.find_first_of("/.") == std::string::npos)
    throw UserError(unknown_study(name_or_file));
  return {read_text_file(name_or_file, "a study file"), name_or_file,
          fs::absolute(name_or_file).parent_path(), false};
}

constexpr std::string_view kStudyWords[] = {"study", "parameter", "exclude", "metric", "plot", "finding"};

bool is_of_study(std::string_view assignment) {
  const auto word = assignment.substr(0, assignment.find_first_of(".[="));
  return std::find(std::begin(kStudyWords), std::end(kStudyWords), word) != std::end(kStudyWords);
}

/// "parameter.NAME.…" as "parameter[i].…".
std::string by_index(const ConfigNode& root, const std::string& assignment) {
  constexpr std::string_view kWord = "parameter.";
  const ConfigNode* list = root.find("parameter");
  if (!assignment.starts_with(kWord) || list == nullptr || !list->is_array()) return assignment;
  const auto end = std::min(assignment.find_first_of(".=", kWord.size()), assignment.size());
  const std::string name = assignment.substr(kWord.size(), end - kWord.size());
  for (std::size_t i = 0; i < list->array().size(); ++i) {
    const ConfigNode* own = list->array()[i].find("name");
    const auto* text = own == nullptr ? nullptr : std::get_if<std::string>(&own->value);
    if (text != nullptr && *text == name)
      return "parameter[" + std::to_string(i) + "]" + assignment.substr(end);
  }
  return assignment;
}

/// The tree of the base scenario, as it is written.
struct Base {
  ConfigNode tree;
  std::string name;     ///< of the scenario
  std::string command;  ///< what `niclab run` takes
  fs::path folder;
};

Base base_of(const ConfigNode& root, const Source& source, const std::string& study_name) {
  const ConfigNode* table = root.find("scenario");
  const ConfigNode* study = root.find("study");
  const ConfigNode* file = study == nullptr ? nullptr : study->find("scenario");
  const std::string expected = "study.scenario, a file, or the tables of one under [scenario]";
  if (table != nullptr && file != nullptr)
    throw config_error(table->where, "scenario", "is given beside study.scenario", "one of them");
  if (table != nullptr) {
    if (!table->is_table()) throw config_error(table->where, "scenario", "is " + shown(*table), "a table");
    return {*table, study_name, std::string(kStudyPrefix) + source.name, source.folder};
  }
  if (file == nullptr) throw config_error(root.where, "study.scenario", "missing", expected);
  const auto* name = std::get_if<std::string>(&file->value);
  if (name == nullptr || name->empty())
    throw config_error(file->where, "study.scenario", "is " + shown(*file), expected);
  const std::string stem = fs::path(*name).stem().string();
  if (source.builtin) {
    const BuiltinFile* f = find_builtin(stem);
    if (f == nullptr)
      throw config_error(file->where, "study.scenario", "no file \"" + *name + "\"", "one of studies/");
    return {parse_toml(f->text(), *name), stem, std::string(kStudyPrefix) + source.name, source.folder};
  }
  const fs::path path = fs::path(source.name).parent_path() / *name;
  try {
    return {parse_toml(read_text_file(path, "a scenario file"), path.string()), stem, path.string(),
            fs::absolute(path).parent_path()};
  } catch (const UserError& e) {
    throw UserError(file->where.to_string() + ": study.scenario: " + e.what());
  }
}

std::string stem_of(const Source& source) { return fs::path(source.name).stem().string(); }

StudySpec make_spec(const Source& source, const std::vector<std::string>& sets) {
  const std::string shown_as = source.builtin ? "studies/" + source.name + ".toml" : source.name;
  ConfigNode root = parse_toml(source.text, shown_as, "a study in TOML");
  StudySpec s;
  s.arguments = sets;
  for (const auto& assignment : sets) {
    if (is_of_study(assignment))
      apply_override(root, by_index(root, assignment));
    else
      s.base_sets.push_back(assignment);
  }
  s.source = source.name;
  s.name = stem_of(source);
  TableReader t(root, "");
  t.node("scenario");
  t.require("study", "[study]");
  for (const char* list : {"parameter", "exclude", "metric", "plot", "finding"}) t.node(list);
  t.node("study");
  t.finish();
  t.table("study", [&](TableReader& study) {
    if (const auto name = study.text("name")) s.name = *name;
    if (s.name.empty() || s.name.find('/') != std::string::npos)
      throw study.error("name", "\"" + s.name + "\" is not a name", "a name without '/'");
    s.title = study.text("title").value_or(s.name);
    study.text("scenario");
    s.repetitions = study.number("repetitions", 1, 1, 1000);
    read_laws(study, s);
    read_parameters(t, s);
    read_metrics(t, s);
    read_core(study, s);
  });
  read_excludes(t, s);
  read_plots(t, s);
  read_findings(t, s);
  Base base = base_of(root, source, s.name);
  s.scenario = std::move(base.tree);
  s.scenario_name = base.name;
  s.base = base.command;
  s.folder = base.folder;
  for (const auto& assignment : s.base_sets) apply_override(s.scenario, assignment);
  return s;
}

}  // namespace

const BuiltinFile* find_builtin(std::string_view name) {
  const auto files = builtin_files();
  const auto it =
      std::find_if(files.begin(), files.end(), [&](const BuiltinFile& f) { return f.name == name; });
  return it == files.end() ? nullptr : &*it;
}

std::string_view to_string(PlotKind k) {
  constexpr std::string_view kWords[] = {"line", "scatter", "bar", "heatmap"};
  return kWords[static_cast<std::size_t>(k)];
}

std::optional<std::size_t> StudySpec::parameter(std::string_view parameter_name) const {
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (parameters[i].name == parameter_name) return i;
  return std::nullopt;
}

std::vector<MetricInfo> all_metrics(const StudySpec& spec) {
  std::vector<MetricInfo> all;
  for (const Measure& m : measures())
    all.push_back(
        {std::string(m.name), std::string(m.label), std::string(m.unit), m.better, std::string(m.says)});
  for (const MetricSpec& m : spec.metrics) {
    std::string says;
    for (const auto& path : m.paths) says += (says.empty() ? "" : " + ") + path;
    all.push_back({m.name, m.label, m.unit, m.better, "summary.json: " + says});
  }
  return all;
}

std::optional<std::size_t> metric_index(const StudySpec& spec, std::string_view name) {
  const auto common = measures();
  for (std::size_t i = 0; i < common.size(); ++i)
    if (common[i].name == name) return i;
  for (std::size_t i = 0; i < spec.metrics.size(); ++i)
    if (spec.metrics[i].name == name) return common.size() + i;
  return std::nullopt;
}

StudySpec load_study(const std::string& name_or_file, const std::vector<std::string>& sets) {
  return make_spec(open_study(name_or_file), sets);
}

StudySpec study_from_text(std::string_view toml, const std::string& source, const fs::path& folder,
                          const std::vector<std::string>& sets) {
  return make_spec({std::string(toml), source, folder, false}, sets);
}

std::pair<ConfigNode, fs::path> base_scenario(std::string_view study) {
  const Source source = open_study(std::string(study));
  const std::string shown_as = source.builtin ? "studies/" + source.name + ".toml" : source.name;
  Base base = base_of(parse_toml(source.text, shown_as, "a study in TOML"), source, stem_of(source));
  return {std::move(base.tree), std::move(base.folder)};
}

}  // namespace niclab::lab::study
