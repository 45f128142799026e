// [[parameter]], [[metric]], [[exclude]], [study.core], [[plot]], [[finding]].
#include "lab/study/spec_sections.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "lab/study/findings.hpp"

namespace niclab::lab::study {
namespace {

constexpr std::size_t kMostValues = 10'000;

std::string cell(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

/// A number, a string or a boolean of the file.
Json scalar(const ConfigNode& node, const std::string& key) {
  if (const auto* s = std::get_if<std::string>(&node.value)) return *s;
  if (const auto* i = std::get_if<std::int64_t>(&node.value)) return *i;
  if (const auto* b = std::get_if<bool>(&node.value)) return *b;
  if (const auto* d = std::get_if<double>(&node.value); d != nullptr && std::isfinite(*d)) return *d;
  throw config_error(node.where, key, "is " + shown(node), "a number, a string or a boolean");
}

/// One string or several.
std::vector<std::string> texts(TableReader& t, std::string_view key, const std::string& expected) {
  const ConfigNode* node = t.node(key);
  if (node == nullptr) return {};
  std::vector<std::string> list;
  const auto add = [&](const ConfigNode& n) {
    const auto* s = std::get_if<std::string>(&n.value);
    if (s == nullptr || s->empty()) throw config_error(n.where, t.key_path(key), "is " + shown(n), expected);
    list.push_back(*s);
  };
  if (node->is_array())
    for (const auto& child : node->array()) add(child);
  else
    add(*node);
  if (list.empty()) throw t.error(key, "is empty", expected);
  return list;
}

/// A name that stands in files as a column and in a study as a word.
std::string read_name(TableReader& t) {
  const std::string expected = "a name of letters, digits and '_'";
  const std::string name = t.required_text("name", expected);
  if (!std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
      }))
    throw t.error("name", "\"" + name + "\" is not a name", expected);
  return name;
}

double as_number(TableReader& t, std::string_view key) {
  const ConfigNode* node = t.node(key);
  if (const auto* i = std::get_if<std::int64_t>(&node->value)) return static_cast<double>(*i);
  if (const auto* d = std::get_if<double>(&node->value); d != nullptr && std::isfinite(*d)) return *d;
  throw t.error(key, "is " + shown(*node), "a number");
}

bool whole(TableReader& t, std::string_view key) {
  const ConfigNode* node = t.node(key);
  return node == nullptr || std::holds_alternative<std::int64_t>(node->value);
}

/// A value of a range: whole when all that is given is, as far as a double tells.
ConfigNode range_value(double v, bool integral, const Where& where) {
  if (integral) return {static_cast<std::int64_t>(std::llround(v)), where};
  return {v, where};
}

/// `from`, `to`, and `step` or `points`.
ConfigArray read_range(TableReader& t) {
  t.require("from", "a number, or values");
  t.require("to", "a number");
  if (t.node("from") == nullptr || t.node("to") == nullptr) return {};
  const double from = as_number(t, "from"), to = as_number(t, "to");
  const bool log = t.choice("scale", {"linear", "log"}, 0) == 1;
  const bool integral = whole(t, "from") && whole(t, "to") && whole(t, "step");
  const bool stepped = t.node("step") != nullptr, counted = t.node("points") != nullptr;
  if (stepped == counted)
    throw t.error(stepped ? "step" : "from",
                  stepped ? "both step and points are given" : "a range without step", "step or points");
  if (to < from) throw t.error("to", "is below from: the range is empty", "a number from `from` on");
  if (log && from <= 0) throw t.error("from", "is not above 0", "a number above 0, because scale is log");
  if (log && stepped) throw t.error("step", "is given with scale = \"log\"", "points");
  ConfigArray values;
  if (stepped) {
    const double step = as_number(t, "step");
    if (step <= 0) throw t.error("step", "is not above 0", "a number above 0");
    if ((to - from) / step > kMostValues)
      throw t.error("step", "makes too many values", "at most " + std::to_string(kMostValues));
    // The last one may miss `to` by what a double cannot say.
    for (std::size_t i = 0; from + static_cast<double>(i) * step <= to + step * 1e-9; ++i)
      values.push_back(range_value(from + static_cast<double>(i) * step, integral, t.where()));
    return values;
  }
  const auto n = static_cast<std::size_t>(t.integer("points", 2, kMostValues).value_or(2));
  for (std::size_t i = 0; i < n; ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(n - 1);
    const double v = log ? from * std::pow(to / from, part) : from + (to - from) * part;
    values.push_back(range_value(i + 1 == n ? to : v, integral, t.where()));
    // Rounded to whole numbers, neighbours of a fine range are the same.
    if (values.size() > 1 && values.back().value.index() == values[values.size() - 2].value.index() &&
        integral &&
        std::get<std::int64_t>(values.back().value) ==
            std::get<std::int64_t>(values[values.size() - 2].value))
      values.pop_back();
  }
  return values;
}

/// What `as` makes of a value: "{}pps" of 1000 is "1000pps".
ConfigNode dressed(const ConfigNode& value, const std::optional<std::string>& as) {
  if (!as) return value;
  std::string text = *as;
  const Json j = scalar(value, "");
  text.replace(text.find("{}"), 2, cell(j));
  return {std::move(text), value.where};
}

void add_value(Parameter& p, const std::string& path, ParameterValue value, const Where& where) {
  const auto same = [&](const ParameterValue& v) { return v.name == value.name; };
  if (std::any_of(p.values.begin(), p.values.end(), same))
    throw config_error(where, path, "\"" + value.name + "\" is given twice", "each value once");
  p.values.push_back(std::move(value));
}

/// Tables within a `set` are written out: run.duration.
void collect_sets(const ConfigNode& node, const std::string& prefix, std::vector<std::string>& sets) {
  for (const auto& [key, child] : node.table()) {
    const std::string path = prefix.empty() ? key : prefix + "." + key;
    if (child.is_table())
      collect_sets(child, path, sets);
    else
      sets.push_back(path + "=" + override_text(child));
  }
}

/// [[parameter.value]]: each sets what it says.
void read_named_values(TableReader& t, Parameter& p) {
  t.each("value", [&](TableReader& v) {
    const std::string name = v.required_text("name", "what to call this value");
    v.require("set", "a table: key of the scenario = value");
    const ConfigNode* set = v.node("set");
    if (set == nullptr) return;
    if (!set->is_table()) throw v.error("set", "is " + shown(*set), "a table: key of the scenario = value");
    ParameterValue value{name, name, {}};
    collect_sets(*set, "", value.sets);
    add_value(p, v.key_path("name"), std::move(value), v.where());
  });
}

/// `values` beside [[parameter.value]]: which of them.
void choose_named(TableReader& t, Parameter& p) {
  const ConfigNode* chosen = t.node("values");
  if (chosen == nullptr) return;
  std::vector<std::string_view> names;
  for (const auto& v : p.values) names.push_back(v.name);
  std::vector<ParameterValue> kept;
  for (const auto& name : texts(t, "values", "names of [[parameter.value]]s")) {
    const auto it = std::find(names.begin(), names.end(), name);
    if (it == names.end())
      throw t.error("values", "unknown value \"" + name + "\"",
                    "names of [[parameter.value]]s" + perhaps(name, names));
    kept.push_back(p.values[static_cast<std::size_t>(it - names.begin())]);
  }
  p.values = std::move(kept);
}

/// Values that are written to `key`.
void read_plain_values(TableReader& t, Parameter& p) {
  const auto as = t.text("as", "a text with {} in it");
  if (as && as->find("{}") == std::string::npos)
    throw t.error("as", "\"" + *as + "\" has no {}", "a text with {} where the value goes");
  const ConfigNode* given = t.node("values");
  ConfigArray values;
  if (given != nullptr) {
    for (const char* key : {"from", "to", "step", "points", "scale"})
      if (t.node(key) != nullptr) throw t.error(key, "is given beside values", "values or a range");
    if (!given->is_array()) throw t.error("values", "is " + shown(*given), "an array");
    values = given->array();
  } else {
    values = read_range(t);
  }
  for (const ConfigNode& node : values) {
    ParameterValue value{scalar(node, t.key_path("values")), {}, {}};
    value.name = cell(value.value);
    const std::string text = override_text(dressed(node, as));
    for (const auto& key : p.keys) value.sets.push_back(key + "=" + text);
    add_value(p, t.key_path("values"), std::move(value), node.where);
  }
}

std::string key_of(const std::string& set) { return set.substr(0, set.find('=')); }

/// A key has one parameter that sets it; the later of two would hide the other.
void refuse_same_keys(TableReader& t, const StudySpec& s, const Parameter& p) {
  std::set<std::string> mine;
  for (const auto& v : p.values)
    for (const auto& set : v.sets) mine.insert(key_of(set));
  for (const Parameter& other : s.parameters)
    for (const auto& v : other.values)
      for (const auto& set : v.sets)
        if (mine.contains(key_of(set)))
          throw t.error(p.keys.empty() ? "value" : "key",
                        "sets " + key_of(set) + ", which parameter " + other.name + " (" +
                            other.where.to_string() + ") sets too",
                        "a key for one parameter");
}

}  // namespace

std::string perhaps(std::string_view word, const std::vector<std::string_view>& names) {
  const auto close = nearest(word, names);
  return close.empty() ? "" : ", perhaps \"" + std::string(close) + "\"";
}

void read_parameters(TableReader& root, StudySpec& s) {
  root.require("parameter", "at least one [[parameter]]");
  root.each("parameter", [&](TableReader& t) {
    Parameter p;
    p.where = t.where();
    p.name = read_name(t);
    if (s.parameter(p.name)) throw t.error("name", "\"" + p.name + "\" is used twice", "a name of its own");
    for (const Measure& m : measures())
      if (m.name == p.name) throw t.error("name", "\"" + p.name + "\" is a metric", "a name of its own");
    p.label = t.text("label").value_or(p.name);
    p.unit = t.text("unit").value_or("");
    const std::string expected = "a key of the scenario, such as \"host[0].nic[0].rx_usecs\"";
    p.keys = texts(t, "key", expected);
    for (auto& key : texts(t, "keys", "keys of the scenario")) p.keys.push_back(std::move(key));
    if (const ConfigNode* values = t.node("values")) p.reduced = values->where.command_line;
    if (t.node("value") != nullptr) {
      if (!p.keys.empty())
        throw t.error("value", "is given beside key", "key, or [[parameter.value]] that set keys");
      read_named_values(t, p);
      choose_named(t, p);
    } else {
      if (p.keys.empty()) t.require("key", expected);
      read_plain_values(t, p);
    }
    t.finish();  // a misspelt key explains more than what is missing without it
    if (p.values.empty()) throw t.error("values", "is empty", "at least one value");
    refuse_same_keys(t, s, p);
    s.parameters.push_back(std::move(p));
  });
}

void read_metrics(TableReader& root, StudySpec& s) {
  root.each("metric", [&](TableReader& t) {
    MetricSpec m;
    m.name = read_name(t);
    if (metric_index(s, m.name) || s.parameter(m.name))
      throw t.error("name", "\"" + m.name + "\" is used already", "a name of its own");
    m.label = t.text("label").value_or(m.name);
    m.unit = t.text("unit").value_or("");
    m.better = static_cast<Better>(t.choice("better", {"neither", "lower", "higher"}, 0));
    const std::string expected = "a path into summary.json";
    m.paths = texts(t, "path", expected);
    for (auto& path : texts(t, "paths", "paths into summary.json")) m.paths.push_back(std::move(path));
    if (m.paths.empty()) t.require("path", expected);
    m.per = texts(t, "per", "\"second\", or paths into summary.json");
    m.per_second = std::erase(m.per, "second") != 0;
    if (t.node("scale") != nullptr) m.scale = as_number(t, "scale");
    m.where = t.where();
    s.metrics.push_back(std::move(m));
  });
}

namespace {

/// By parameter the values a table names. A value the command line left out is no mistake.
Selection read_selection(const ConfigNode& table, const std::string& path, const StudySpec& s) {
  if (!table.is_table())
    throw config_error(table.where, path, "is " + shown(table), "a table: parameter = value, or values");
  Selection selection;
  std::vector<std::string_view> names;
  for (const Parameter& p : s.parameters) names.push_back(p.name);
  for (const auto& [key, node] : table.table()) {
    const auto index = s.parameter(key);
    const std::string full = path + "." + key;
    if (!index)
      throw config_error(node.where, full, "unknown parameter",
                         "the name of a [[parameter]]" + perhaps(key, names));
    const Parameter& p = s.parameters[*index];
    const auto add = [&](const ConfigNode& value) {
      const std::string name = cell(scalar(value, full));
      const auto it = std::find_if(p.values.begin(), p.values.end(),
                                   [&](const ParameterValue& v) { return v.name == name; });
      if (it != p.values.end())
        selection[*index].push_back(static_cast<std::size_t>(it - p.values.begin()));
      else if (!p.reduced)
        throw config_error(value.where, full, "\"" + name + "\" is not a value of " + p.name,
                           "one of its values (" + p.where.to_string() + ")");
    };
    selection[*index];
    if (node.is_array())
      for (const auto& child : node.array()) add(child);
    else
      add(node);
  }
  return selection;
}

Selection read_selection(TableReader& t, std::string_view key, const StudySpec& s) {
  const ConfigNode* node = t.node(key);
  return node == nullptr ? Selection{} : read_selection(*node, t.key_path(key), s);
}

/// Nothing of it is left after the command line chose other values.
bool is_void(const Selection& selection) {
  return std::any_of(selection.begin(), selection.end(),
                     [](const auto& entry) { return entry.second.empty(); });
}

std::vector<std::string_view> parameter_names(const StudySpec& s) {
  std::vector<std::string_view> names;
  for (const Parameter& p : s.parameters) names.push_back(p.name);
  return names;
}

/// Throws unless `name` is a metric (or, where it may be one, a parameter).
void check_name(TableReader& t, std::string_view key, const std::string& name, const StudySpec& s,
                bool metric, bool parameter) {
  if ((metric && metric_index(s, name)) || (parameter && s.parameter(name))) return;
  const auto metrics = all_metrics(s);
  std::vector<std::string_view> names;
  if (parameter) names = parameter_names(s);
  if (metric)
    for (const MetricInfo& m : metrics) names.push_back(m.name);
  const std::string what = metric && parameter ? "a parameter or a metric"
                           : metric            ? "a metric"
                                               : "a parameter";
  throw t.error(key, "\"" + name + "\" is not " + what, what + perhaps(name, names));
}

std::optional<std::string> read_parameter_name(TableReader& t, std::string_view key, const StudySpec& s) {
  const auto name = t.text(key, "a parameter");
  if (name) check_name(t, key, *name, s, false, true);
  return name;
}

std::vector<std::string> read_axes(TableReader& t, std::string_view key, const StudySpec& s, bool parameter) {
  auto names = texts(t, key, "a metric, or several");
  for (const auto& name : names) check_name(t, key, name, s, true, parameter);
  return names;
}

}  // namespace

void read_core(TableReader& study, StudySpec& s) {
  s.core = read_selection(study, "core", s);
  std::erase_if(s.core, [](const auto& entry) { return entry.second.empty(); });
}

void read_excludes(TableReader& root, StudySpec& s) {
  const ConfigNode* list = root.node("exclude");
  if (list == nullptr) return;
  if (!list->is_array())
    throw config_error(list->where, "exclude", "is " + shown(*list), "[[exclude]] elements");
  std::size_t i = 0;
  for (const ConfigNode& table : list->array()) {
    const std::string path = i++ == 0 ? "exclude" : "exclude[" + std::to_string(i - 1) + "]";
    if (table.is_table() && table.table().empty())
      throw config_error(table.where, path, "is empty, which is every point", "a parameter and its values");
    s.excludes.push_back(read_selection(table, path, s));
  }
}

void read_plots(TableReader& root, StudySpec& s) {
  root.each("plot", [&](TableReader& t) {
    PlotSpec p;
    p.title = t.required_text("title", "a line of text");
    p.kind = static_cast<PlotKind>(t.choice("kind", {"line", "scatter", "bar", "heatmap"}, 0));
    p.x = t.required_text("x", "a parameter or a metric");
    if (!p.x.empty()) check_name(t, "x", p.x, s, true, true);
    t.require("y", "a metric, or several");
    p.y = read_axes(t, "y", s, false);
    p.series = read_parameter_name(t, "series", s);
    p.facet = read_parameter_name(t, "facet", s);
    p.where = read_selection(t, "where", s);
    p.x_log = t.choice("x_scale", {"linear", "log"}, 0) == 1;
    p.y_log = t.choice("y_scale", {"linear", "log"}, 0) == 1;
    p.stack = t.boolean("stack").value_or(false);
    if (p.stack && p.kind != PlotKind::bar) throw t.error("stack", "is true", "kind = \"bar\" with it");
    if (p.kind == PlotKind::heatmap && !p.series)
      throw t.error("series", "missing", "the parameter of a heatmap's second axis");
    if (!is_void(p.where)) s.plots.push_back(std::move(p));
  });
}

void read_findings(TableReader& root, StudySpec& s) {
  std::vector<std::string_view> kinds;
  for (const FindingKind& k : finding_kinds()) kinds.push_back(k.name);
  root.each("finding", [&](TableReader& t) {
    FindingSpec f;
    f.where = t.where();
    const std::string expected = "a kind of finding";
    f.kind = t.required_text("kind", expected);
    const auto kind = std::find(kinds.begin(), kinds.end(), f.kind);
    if (!f.kind.empty() && kind == kinds.end())
      throw t.error("kind", "unknown kind \"" + f.kind + "\"", expected + perhaps(f.kind, kinds));
    f.title = t.text("title").value_or("");
    f.x = t.text("x", "a parameter or a metric").value_or("");
    if (!f.x.empty()) check_name(t, "x", f.x, s, true, true);
    f.y = read_axes(t, "y", s, true);
    f.parameter = read_parameter_name(t, "parameter", s).value_or("");
    f.group = texts(t, "for", "a parameter, or several");
    for (const auto& name : f.group) check_name(t, "for", name, s, false, true);
    f.mark = read_selection(t, "mark", s);
    f.mark_label = t.text("mark_label").value_or("");
    f.only = read_selection(t, "where", s);
    if (t.node("tolerance") != nullptr) f.tolerance = as_number(t, "tolerance");
    t.finish();
    std::string_view needs =
        kind == kinds.end() ? "" : finding_kinds()[static_cast<std::size_t>(kind - kinds.begin())].required;
    while (!needs.empty()) {
      const auto blank = std::min(needs.find(' '), needs.size());
      const auto key = needs.substr(0, blank);
      needs.remove_prefix(std::min(blank + 1, needs.size()));
      if (t.node(key) == nullptr) throw t.error(key, "missing", "it, because kind is \"" + f.kind + "\"");
    }
    if (!is_void(f.only) && !is_void(f.mark)) s.findings.push_back(std::move(f));
  });
}

void read_laws(TableReader& study, StudySpec& s) {
  for (const auto name : kLawsOfEveryPoint) s.laws.emplace_back(name);
  std::vector<std::string_view> names;
  for (const LawRow& l : law_table()) names.push_back(l.name);
  const ConfigNode* given = study.node("laws");
  if (given == nullptr || (given->is_array() && given->array().empty())) return;
  for (auto& name : texts(study, "laws", "names of laws")) {
    if (find_law(name) == nullptr)
      throw study.error("laws", "unknown law \"" + name + "\"", "names of laws" + perhaps(name, names));
    if (std::find(s.laws.begin(), s.laws.end(), name) == s.laws.end()) s.laws.push_back(std::move(name));
  }
}

}  // namespace niclab::lab::study
