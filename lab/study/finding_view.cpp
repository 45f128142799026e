#include "lab/study/finding_view.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace niclab::lab::study {
namespace {

std::string digits(double value, int decimals) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  std::string s = text.data();
  const std::size_t point = s.find('.') == std::string::npos ? s.size() : s.find('.');
  const std::size_t first = s[0] == '-' ? 1 : 0;
  for (std::size_t i = point; i > first + 3; i -= 3) s.insert(i - 3, ",");
  return s;
}

/// Three digits that count, or all before the point.
std::string three_digits(double value) {
  const double size = std::abs(value);
  if (size == 0) return "0";
  if (size == std::floor(size) && size < 1e6) return digits(value, 0);
  return digits(value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

std::string value_text(const Parameter& p, const ParameterValue& v) {
  return v.name + (p.unit.empty() || !v.value.is_number() ? "" : " " + p.unit);
}

}  // namespace

std::string in_words(double value, std::string_view unit) {
  if (unit == "ns" && std::abs(value) >= 999.5e3) return three_digits(value * 1e-6) + " ms";
  if (unit == "ns" && std::abs(value) >= 999.5) return three_digits(value * 1e-3) + " µs";
  if (unit == "1/s") return three_digits(value) + " a second";
  if (unit == "% of a CPU") return three_digits(value) + " %";
  return three_digits(value) + (unit.empty() ? "" : " " + std::string(unit));
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  return text;
}

FindingView::FindingView(const StudySpec& spec, std::span<const PointResult> points)
    : spec_(spec), points_(points), metrics_(all_metrics(spec)) {}

std::vector<std::size_t> FindingView::select(const Selection& only) const {
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < points_.size(); ++i)
    if (!points_[i].error && matches(only, points_[i].choice)) chosen.push_back(i);
  return chosen;
}

std::optional<double> FindingView::value(std::size_t point, std::string_view name) const {
  for (std::size_t m = 0; m < metrics_.size(); ++m)
    if (metrics_[m].name == name)
      return m < points_[point].metrics.size() ? points_[point].metrics[m] : std::nullopt;
  if (const auto p = spec_.parameter(name)) {
    const Json& v = value_of(point, *p).value;
    if (v.is_number()) return v.get<double>();
  }
  return std::nullopt;
}

std::string FindingView::label(std::string_view name) const {
  for (const MetricInfo& m : metrics_)
    if (m.name == name) return m.label.empty() ? m.name : m.label;
  if (const auto p = spec_.parameter(name))
    return spec_.parameters[*p].label.empty() ? spec_.parameters[*p].name : spec_.parameters[*p].label;
  return std::string(name);
}

std::string FindingView::spoken(std::string_view name) const {
  std::string text = label(name);
  const auto is = [](char c, char from, char to) { return c >= from && c <= to; };
  // "CPU time" keeps its capital.
  if (text.size() > 1 && is(text[0], 'A', 'Z') && is(text[1], 'a', 'z'))
    text[0] = static_cast<char>(text[0] + 32);
  const auto comma = text.find(", ");
  return comma == std::string::npos ? text : text.substr(comma + 2) + " " + text.substr(0, comma);
}

std::string FindingView::unit(std::string_view name) const {
  for (const MetricInfo& m : metrics_)
    if (m.name == name) return m.unit;
  if (const auto p = spec_.parameter(name)) return spec_.parameters[*p].unit;
  return {};
}

std::string FindingView::in_words(std::size_t point, std::string_view name) const {
  const auto v = value(point, name);
  return v ? study::in_words(*v, unit(name)) : "nothing";
}

bool FindingView::higher_is_better(std::string_view metric) const {
  return std::any_of(metrics_.begin(), metrics_.end(),
                     [&](const MetricInfo& m) { return m.name == metric && m.better == Better::higher; });
}

std::vector<FindingView::Group> FindingView::groups(const std::vector<std::size_t>& points,
                                                    const std::vector<std::string>& parameters) const {
  std::vector<Group> all;
  for (const std::size_t i : points) {
    std::vector<std::size_t> values;
    for (const auto& name : parameters)
      if (const auto p = spec_.parameter(name)) values.push_back(points_[i].choice[*p]);
    auto it = std::find_if(all.begin(), all.end(), [&](const Group& g) { return g.values == values; });
    if (it == all.end()) it = all.insert(all.end(), Group{values, {}});
    it->points.push_back(i);
  }
  return all;
}

std::string FindingView::name(const Group& group, const std::vector<std::string>& parameters) const {
  std::string text;
  std::size_t n = 0;
  for (const auto& parameter : parameters) {
    const auto p = spec_.parameter(parameter);
    if (!p) continue;
    const Parameter& row = spec_.parameters[*p];
    text +=
        (text.empty() ? "" : ", ") + label(parameter) + " " + value_text(row, row.values[group.values[n++]]);
  }
  return text;
}

std::string FindingView::what_differs(std::size_t point, const std::vector<std::size_t>& among,
                                      const std::vector<std::string>& without) const {
  std::string text;
  for (std::size_t p = 0; p < spec_.parameters.size(); ++p) {
    const Parameter& row = spec_.parameters[p];
    if (std::find(without.begin(), without.end(), row.name) != without.end()) continue;
    const bool varies = std::any_of(among.begin(), among.end(), [&](std::size_t i) {
      return points_[i].choice[p] != points_[point].choice[p];
    });
    if (varies)
      text += (text.empty() ? "" : ", ") + label(row.name) + " " + value_text(row, value_of(point, p));
  }
  return text.empty() ? "the only point" : text;
}

const ParameterValue& FindingView::value_of(std::size_t point, std::size_t parameter) const {
  return spec_.parameters[parameter].values[points_[point].choice[parameter]];
}

}  // namespace niclab::lab::study
