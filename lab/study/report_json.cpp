// points.json, points.csv, and the JSON of the page.
#include <cmath>

#include "lab/commands.hpp"
#include "lab/study/assumptions.hpp"
#include "lab/study/report.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab::study {
namespace {

Json figures(const std::vector<MetricInfo>& metrics, const std::vector<std::optional<double>>& values) {
  Json j = Json::object();
  for (std::size_t m = 0; m < metrics.size() && m < values.size(); ++m)
    j[metrics[m].name] = values[m] && std::isfinite(*values[m]) ? Json(*values[m]) : Json(nullptr);
  return j;
}

Json intervals(const std::vector<MetricInfo>& metrics, const std::vector<std::optional<double>>& values) {
  Json j = Json::object();
  for (std::size_t m = 0; m < metrics.size() && m < values.size(); ++m)
    if (values[m]) j[metrics[m].name] = *values[m];
  return j;
}

Json laws_json(const std::vector<LawResult>& laws) {
  Json j = Json::array();
  for (const LawResult& l : laws)
    if (l.applies)
      j.push_back(Json{{"name", l.name},
                       {"holds", l.holds},
                       {"measured", l.measured},
                       {"expected", l.expected},
                       {"bound", l.bound},
                       {"where", l.where}});
  return j;
}

Json point_json(const StudySpec& spec, const std::vector<MetricInfo>& metrics, const PointResult& p) {
  Json params = Json::object();
  for (std::size_t i = 0; i < spec.parameters.size(); ++i)
    params[spec.parameters[i].name] = spec.parameters[i].values[p.choice[i]].value;
  return Json{{"params", std::move(params)},
              {"metrics", figures(metrics, p.metrics)},
              {"digest", p.digest},
              {"interval", intervals(metrics, p.interval)},
              {"error", p.error ? Json(*p.error) : Json(nullptr)},
              {"command", p.command},
              {"laws", laws_json(p.laws)},
              {"faults", p.faults}};
}

Json parameters_json(const StudySpec& spec) {
  Json all = Json::array();
  for (const Parameter& p : spec.parameters) {
    Json values = Json::array();
    for (const auto& v : p.values) values.push_back(v.value);
    all.push_back(Json{{"name", p.name},
                       {"label", p.label},
                       {"unit", p.unit},
                       {"key", p.keys},
                       {"values", std::move(values)}});
  }
  return all;
}

/// By parameter the allowed values.
Json selection_json(const StudySpec& spec, const Selection& selection) {
  Json j = Json::object();
  for (const auto& [parameter, values] : selection) {
    Json list = Json::array();
    for (const std::size_t v : values) list.push_back(spec.parameters[parameter].values[v].value);
    j[spec.parameters[parameter].name] = std::move(list);
  }
  return j;
}

Json plots_json(const StudySpec& spec) {
  Json all = Json::array();
  for (const PlotSpec& p : spec.plots)
    all.push_back(Json{{"title", p.title},
                       {"kind", to_string(p.kind)},
                       {"x", p.x},
                       {"y", p.y},
                       {"series", p.series ? Json(*p.series) : Json(nullptr)},
                       {"facet", p.facet ? Json(*p.facet) : Json(nullptr)},
                       {"where", selection_json(spec, p.where)},
                       {"x_scale", p.x_log ? "log" : "linear"},
                       {"y_scale", p.y_log ? "log" : "linear"},
                       {"stack", p.stack}});
  return all;
}

Json findings_json(std::span<const Finding> findings) {
  Json all = Json::array();
  for (const Finding& f : findings)
    all.push_back(Json{{"kind", f.kind},
                       {"title", f.title},
                       {"text", f.text},
                       {"rows", Json{{"columns", f.columns}, {"values", f.rows}}},
                       {"x", f.x},
                       {"y", f.y},
                       {"front", f.front},
                       {"marked", f.marked},
                       {"mark_label", f.mark_label},
                       {"holds", f.holds ? Json(*f.holds) : Json(nullptr)}});
  return all;
}

/// Each law of the study over all points: how often it was checked, and the point at which it was furthest
/// off.
Json law_summary(const StudySpec& spec, std::span<const PointResult> points) {
  Json all = Json::array();
  for (const auto& name : spec.laws) {
    std::size_t checked = 0, failed = 0;
    double worst = 0, bound = 0;
    for (const PointResult& p : points)
      for (const LawResult& l : p.laws) {
        if (l.name != name || !l.applies) continue;
        const double off = std::abs(l.measured - l.expected);
        if (checked++ == 0 || off > worst) {
          worst = off;
          bound = l.bound;
        }
        failed += !l.holds;
      }
    const LawRow* row = find_law(name);
    all.push_back(Json{{"name", name},
                       {"says", row == nullptr ? "" : row->says},
                       {"checked", checked},
                       {"failed", failed},
                       {"worst", worst},
                       {"bound", bound}});
  }
  return all;
}

/// Of the first point: what parameters vary is said elsewhere.
Json assumptions_of_first(const StudySpec& spec) {
  const auto choices = points_of(spec);
  if (choices.empty()) return Json::array();
  try {
    return assumptions_json(scenario_of(spec, choices.front()));
  } catch (const UserError&) {
    return Json::array();  // the point itself says why it cannot run
  }
}

/// A field of RFC 4180: quoted when it has to be.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

/// The shortest text that is this number again.
std::string shortest(const std::optional<double>& v) {
  return v && std::isfinite(*v) ? Json(*v).dump() : std::string();
}

std::string row(const std::vector<std::string>& fields) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) line += (i == 0 ? "" : ",") + field(fields[i]);
  return line + "\r\n";
}

}  // namespace

Json points_json(const StudySpec& spec, std::span<const PointResult> points) {
  const auto metrics = all_metrics(spec);
  Json all = Json::array();
  for (const PointResult& p : points) all.push_back(point_json(spec, metrics, p));
  return all;
}

Json report_json(const StudySpec& spec, std::span<const PointResult> points,
                 std::span<const Finding> findings) {
  Json metrics = Json::array();
  for (const MetricInfo& m : all_metrics(spec))
    metrics.push_back(
        Json{{"name", m.name},
             {"label", m.label},
             {"unit", m.unit},
             {"better", m.better == Better::neither ? Json(nullptr) : Json(to_string(m.better))},
             {"says", m.says}});
  return Json{{"version", version()},
              {"name", spec.name},
              {"title", spec.title},
              {"command", study_command_of(spec)},
              {"scenario", spec.base},
              {"repetitions", spec.repetitions},
              {"parameters", parameters_json(spec)},
              {"metrics", std::move(metrics)},
              {"plots", plots_json(spec)},
              {"points", points_json(spec, points)},
              {"findings", findings_json(findings)},
              {"laws", law_summary(spec, points)},
              {"assumptions", assumptions_of_first(spec)}};
}

std::string points_csv(const StudySpec& spec, std::span<const PointResult> points) {
  const auto metrics = all_metrics(spec);
  const bool repeated = spec.repetitions > 1;
  std::vector<std::string> fields;
  for (const Parameter& p : spec.parameters) fields.push_back(p.name);
  for (const MetricInfo& m : metrics) fields.push_back(m.name);
  if (repeated)
    for (const MetricInfo& m : metrics) fields.push_back(m.name + "_ci95");
  fields.insert(fields.end(), {"digest", "error"});
  std::string csv = row(fields);
  for (const PointResult& p : points) {
    fields.clear();
    for (std::size_t i = 0; i < spec.parameters.size(); ++i)
      fields.push_back(spec.parameters[i].values[p.choice[i]].name);
    const auto add = [&](const std::vector<std::optional<double>>& values) {
      for (std::size_t m = 0; m < metrics.size(); ++m)
        fields.push_back(m < values.size() ? shortest(values[m]) : std::string());
    };
    add(p.metrics);
    if (repeated) add(p.interval);
    fields.push_back(p.digest);
    fields.push_back(p.error.value_or(""));
    csv += row(fields);
  }
  return csv;
}

}  // namespace niclab::lab::study
