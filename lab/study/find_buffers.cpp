// What points say of buffers: which overflows first, and in which order they fill. And whether points that
// may not differ do.
#include <algorithm>

#include "lab/study/finders.hpp"
#include "lab/study/finding_view.hpp"

namespace niclab::lab::study {
namespace {

/// Parameters other than `parameter`, by name: points of one group differ in that one only.
std::vector<std::string> all_but(const StudySpec& spec, const std::string& parameter) {
  std::vector<std::string> names;
  for (const Parameter& p : spec.parameters)
    if (p.name != parameter) names.push_back(p.name);
  return names;
}

/// Names of groups that say only what varies between them.
std::string group_name(const FindingView& view, const FindingView::Group& group,
                       const std::vector<std::size_t>& all, const std::string& without) {
  return group.points.size() == all.size() ? "every point"
                                           : view.what_differs(group.points[0], all, {without});
}

struct Largest {
  std::string metric;
  double value = 0;
};

Largest largest_of(const FindingView& view, std::size_t point, const std::vector<std::string>& metrics) {
  Largest best;
  for (const auto& m : metrics)
    if (const double v = view.value(point, m).value_or(0); v > best.value) best = {m, v};
  return best;
}

constexpr std::string_view kFull = "_full";
constexpr double kFullPercent = 65;  // above the watermark at which PAUSE holds the packet buffer

/// Whether the buffer whose instant is metric `m` got full: metric m_full, if there is one, says how full.
bool got_full(const FindingView& view, std::size_t point, const std::string& m) {
  const std::string full = m + std::string(kFull);
  return !metric_index(view.spec(), full) || view.value(point, full).value_or(0) >= kFullPercent;
}

Finding named(const FindingSpec& f, const std::string& fallback) {
  Finding finding;
  finding.kind = f.kind;
  finding.title = f.title.empty() ? fallback : f.title;
  return finding;
}

}  // namespace

std::vector<Finding> find_equal(const StudySpec& spec, const FindingSpec& f,
                                std::span<const PointResult> points) {
  const FindingView view(spec, points);
  Finding finding = named(f, "Points that differ in " + view.label(f.parameter) + " only are the same");
  const auto selected = view.select(f.only);
  std::size_t compared = 0, different = 0;
  for (const auto& group : view.groups(selected, all_but(spec, f.parameter))) {
    if (group.points.size() < 2) continue;
    ++compared;
    const bool equal = std::all_of(group.points.begin(), group.points.end(), [&](std::size_t i) {
      return view[i].digest == view[group.points[0]].digest;
    });
    if (equal) continue;
    ++different;
    finding.rows.push_back({group_name(view, group, selected, f.parameter), view[group.points[0]].digest,
                            view[group.points.back()].digest});
  }
  finding.holds = compared != 0 && different == 0;
  finding.claims.emplace_back(finding.title, different == 0 ? "yes" : "no");
  if (!finding.rows.empty()) finding.columns = {"point", "first digest", "last digest"};
  if (compared == 0)
    finding.text = "No two points differ in " + view.label(f.parameter) + " only: nothing was compared.";
  else if (different == 0)
    finding.text = "At " + std::to_string(compared) + " points, with every " + view.label(f.parameter) +
                   ", the digests are equal: no frame, TLP or interrupt came a nanosecond earlier or later.";
  else
    finding.text = "At " + std::to_string(different) + " of " + std::to_string(compared) +
                   " points the digest depends on " + view.label(f.parameter) + ".";
  return {std::move(finding)};
}

std::vector<Finding> find_first_drop(const StudySpec& spec, const FindingSpec& f,
                                     std::span<const PointResult> points) {
  const FindingView view(spec, points);
  Finding finding = named(f, "What drops first");
  finding.columns = {"case", view.label(f.parameter), "drops first", "frames there"};
  const auto selected = view.select(f.only);
  std::vector<std::string> causes;
  std::size_t cases = 0, dropped = 0;
  for (const auto& group : view.groups(selected, all_but(spec, f.parameter))) {
    ++cases;
    std::vector<std::size_t> rising = group.points;
    std::stable_sort(rising.begin(), rising.end(), [&](std::size_t a, std::size_t b) {
      return view.value(a, f.parameter).value_or(0) < view.value(b, f.parameter).value_or(0);
    });
    const std::string name = group_name(view, group, selected, f.parameter);
    const auto first = std::find_if(rising.begin(), rising.end(),
                                    [&](std::size_t i) { return largest_of(view, i, f.y).value > 0; });
    if (first == rising.end()) {
      finding.rows.push_back({name, "-", "nothing", 0});
      finding.claims.emplace_back(name + ": drops first", "nothing");
      continue;
    }
    ++dropped;
    const Largest cause = largest_of(view, *first, f.y);
    causes.push_back(cause.metric);
    finding.claims.emplace_back(name + ": drops first",
                                view.label(cause.metric) + " at " + view.in_words(*first, f.parameter));
    finding.rows.push_back({name, view.in_words(*first, f.parameter), view.label(cause.metric), cause.value});
  }
  std::vector<std::string> counts;
  for (const auto& m : f.y)
    if (const auto n = std::count(causes.begin(), causes.end(), m); n != 0)
      counts.push_back(view.label(m) + " in " + std::to_string(n));
  finding.text = "Of " + std::to_string(cases) + " cases, " + std::to_string(dropped) +
                 " drop within the range of " + view.label(f.parameter) + ".";
  if (!counts.empty()) finding.text += " What drops first: " + listed(counts) + ".";
  return {std::move(finding)};
}

std::vector<Finding> find_fill_order(const StudySpec& spec, const FindingSpec& f,
                                     std::span<const PointResult> points) {
  const FindingView view(spec, points);
  Finding finding = named(f, "In which order buffers fill");
  finding.columns = {"case", "order", "when"};
  const auto selected = view.select(f.only);
  std::vector<std::pair<std::string, std::vector<std::string>>> orders;  // an order, and its cases
  for (const std::size_t i : selected) {
    std::vector<std::pair<double, std::string>> filled;
    for (const auto& m : f.y)
      if (const auto at = view.value(i, m); at && got_full(view, i, m)) filled.emplace_back(*at, m);
    std::stable_sort(filled.begin(), filled.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string order, when;
    for (const auto& [at, m] : filled) {
      order += (order.empty() ? "" : ", then ") + view.label(m);
      when += (when.empty() ? "" : ", ") + in_words(at, view.unit(m));
    }
    if (order.empty()) order = "no buffer gets full";
    const std::string name = view.what_differs(i, selected);
    finding.rows.push_back({name, order, when});
    finding.claims.emplace_back(name + ": order of filling", order);
    auto it = std::find_if(orders.begin(), orders.end(), [&](const auto& o) { return o.first == order; });
    if (it == orders.end()) it = orders.insert(orders.end(), {order, {}});
    it->second.push_back(name);
  }
  std::stable_sort(orders.begin(), orders.end(),
                   [](const auto& a, const auto& b) { return a.second.size() > b.second.size(); });
  for (const auto& [order, cases] : orders)
    finding.text +=
        (finding.text.empty() ? "" : " ") +
        (cases.size() > 3 ? "In " + std::to_string(cases.size()) + " cases" : "With " + listed(cases)) +
        ": " + order + ".";
  return {std::move(finding)};
}

}  // namespace niclab::lab::study
