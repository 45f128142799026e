// From a study to its points: which there are, what each sets, and how a user runs one alone.
#include <algorithm>

#include "lab/study/spec.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab::study {
namespace {

constexpr std::size_t kMostPoints = 1'000'000;

/// Counts like an odometer, the last wheel fastest. False when it starts again.
bool advance(Choice& choice, const StudySpec& spec) {
  for (std::size_t i = choice.size(); i-- > 0;) {
    if (++choice[i] < spec.parameters[i].values.size()) return true;
    choice[i] = 0;
  }
  return false;
}

/// As a word for a shell.
std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,@%+";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string q = "'";
  for (const char c : word) q += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return q + "'";
}

}  // namespace

bool matches(const Selection& selection, const Choice& choice) {
  return std::all_of(selection.begin(), selection.end(), [&](const auto& entry) {
    const auto& [parameter, values] = entry;
    return std::find(values.begin(), values.end(), choice[parameter]) != values.end();
  });
}

std::vector<Choice> points_of(const StudySpec& spec) {
  std::size_t product = 1;
  for (const Parameter& p : spec.parameters) {
    product *= p.values.size();
    if (product > kMostPoints)
      throw UserError(p.where.to_string() + ": parameter: more than " + std::to_string(kMostPoints) +
                      " points, expected fewer values");
  }
  std::vector<Choice> points;
  Choice choice(spec.parameters.size(), 0);
  do {
    const auto excluded = [&](const Selection& e) { return matches(e, choice); };
    if (std::none_of(spec.excludes.begin(), spec.excludes.end(), excluded)) points.push_back(choice);
  } while (advance(choice, spec));
  if (points.empty())
    throw UserError(spec.source + ": exclude: leaves out every point, expected one at least to stay");
  return points;
}

std::vector<std::string> sets_of(const StudySpec& spec, const Choice& choice) {
  std::vector<std::string> sets;
  for (std::size_t i = 0; i < choice.size(); ++i)
    for (const auto& set : spec.parameters[i].values[choice[i]].sets) sets.push_back(set);
  return sets;
}

Scenario scenario_of(const StudySpec& spec, const Choice& choice, unsigned repetition) {
  ConfigNode tree = spec.scenario;
  for (const auto& set : sets_of(spec, choice)) apply_override(tree, set);
  if (repetition != 0) {
    const ConfigNode* run = tree.find("run");
    const ConfigNode* seed = run == nullptr || !run->is_table() ? nullptr : run->find("seed");
    const auto* first = seed == nullptr ? nullptr : std::get_if<std::int64_t>(&seed->value);
    const std::int64_t base = first == nullptr ? static_cast<std::int64_t>(Run{}.seed) : *first;
    apply_override(tree, "run.seed=" + std::to_string(base + repetition));
  }
  return scenario_from_tree(std::move(tree), spec.scenario_name, spec.folder);
}

std::string command_of(const StudySpec& spec, const Choice& choice) {
  std::string command = "niclab run " + quoted(spec.base);
  for (const auto& set : spec.base_sets) command += " --set " + quoted(set);
  for (const auto& set : sets_of(spec, choice)) command += " --set " + quoted(set);
  return command;
}

std::string study_command_of(const StudySpec& spec) {
  std::string command =
      std::string("niclab study ") + (spec.under_assumptions ? "uncertainty " : "") + quoted(spec.source);
  for (const auto& set : spec.arguments) command += " --set " + quoted(set);
  return command;
}

std::string describe(const StudySpec& spec, const Choice& choice) {
  std::string text;
  for (std::size_t i = 0; i < choice.size(); ++i)
    text += (i == 0 ? "" : ", ") + spec.parameters[i].name + " " + spec.parameters[i].values[choice[i]].name;
  return text;
}

}  // namespace niclab::lab::study
