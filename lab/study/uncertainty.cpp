#include "lab/study/uncertainty.hpp"

#include <algorithm>
#include <cmath>

#include "base/cost.hpp"
#include "lab/study/finding_view.hpp"
#include "lab/study/pareto.hpp"
#include "lab/user_error.hpp"
#include "tlm/i350/quirks.hpp"

namespace niclab::lab::study {
namespace {

constexpr std::string_view kParameter = "assumption", kElasticity = "elasticity";
constexpr std::string_view kAsItIs = "as it is";
constexpr std::string_view kLawOfFindings = "ceiling";  // saturation
constexpr std::size_t kNamed = 3;  // conclusions that fall, in the sentence; the table has all
constexpr std::string_view kFallback = "latency_p50_ns";

Assumption as_it_is() { return {std::string(kAsItIs), Assumption::Kind::as_it_is, {}, {}}; }

std::string cost_set(std::string_view key, Duration d) {
  return "cost." + std::string(key) + "=\"" + std::to_string(d.ps()) + "ps\"";
}

Duration scaled(Duration d, double by) {
  return Duration::from_ps(static_cast<std::uint64_t>(std::llround(static_cast<double>(d.ps()) * by)));
}

/// Parameters move one place up: a new one stands before them.
Selection shifted(const Selection& selection) {
  Selection moved;
  for (const auto& [parameter, values] : selection) moved[parameter + 1] = values;
  return moved;
}

std::string toml_of(const Json& value) { return value.dump(); }

/// The points of one assumption.
Selection under(std::size_t assumption) { return {{0, {assumption}}}; }

}  // namespace

std::vector<Assumption> cost_steps(const Scenario& base) {
  std::vector<Assumption> all;
  for (const CostEntry& c : cost_table())
    for (const auto& [by, sign] : {std::pair{1 - kCostStep, " -10 %"}, {1 + kCostStep, " +10 %"}})
      all.push_back({std::string(c.key) + sign,
                     Assumption::Kind::cost_step,
                     {cost_set(c.key, scaled(base.cost.*c.member, by))},
                     std::string(c.key)});
  return all;
}

std::vector<Assumption> cost_ranges(const std::vector<std::string>& keys) {
  std::vector<Assumption> all;
  for (const auto& key : keys)
    for (const CostEntry& c : cost_table()) {
      if (c.key != key) continue;
      for (const auto& [value, word] : {std::pair{c.low, " lowest"}, {c.high, " highest"}})
        all.push_back({key + word, Assumption::Kind::cost_range, {cost_set(key, value)}, key});
    }
  return all;
}

std::vector<Assumption> quirk_readings(const Scenario& base) {
  std::vector<Assumption> all;
  for (const sim::Quirk& q : sim::quirk_table())
    for (std::size_t r = 1; r < q.readings.size(); ++r) {
      Assumption a{std::string(q.key) + " = " + std::string(q.readings[r]),
                   Assumption::Kind::quirk,
                   {},
                   std::string(q.key)};
      for (std::size_t h = 0; h < base.hosts.size(); ++h)
        for (std::size_t n = 0; n < base.hosts[h].nics.size(); ++n)
          a.sets.push_back("host[" + std::to_string(h) + "].nic[" + std::to_string(n) + "].quirk." +
                           std::string(q.key) + "=\"" + std::string(q.readings[r]) + "\"");
      all.push_back(std::move(a));
    }
  return all;
}

StudySpec core_of(const StudySpec& spec) {
  std::vector<std::string> sets = spec.arguments;
  for (const auto& [parameter, values] : spec.core) {
    std::string list;
    for (const std::size_t v : values)
      list += (list.empty() ? "" : ", ") + toml_of(spec.parameters[parameter].values[v].value);
    sets.push_back("parameter." + spec.parameters[parameter].name + ".values=[" + list + "]");
  }
  StudySpec core = load_study(spec.source, sets);
  core.arguments = spec.arguments;
  return core;
}

StudySpec with_assumptions(const StudySpec& core, const std::vector<Assumption>& assumptions) {
  StudySpec spec = core;
  spec.under_assumptions = true;
  Parameter p;
  p.name = p.label = kParameter;
  for (const Assumption& a : assumptions) p.values.push_back({a.name, a.name, a.sets});
  spec.parameters.insert(spec.parameters.begin(), std::move(p));
  for (Selection& e : spec.excludes) e = shifted(e);
  for (FindingSpec& f : spec.findings) {
    f.only = shifted(f.only);
    f.mark = shifted(f.mark);
  }
  spec.core.clear();
  spec.plots.clear();
  // Only what holds of every run, and what findings read: a reading may well break what another law says of
  // the default one.
  std::erase_if(spec.laws, [](const std::string& name) {
    return name != kLawOfFindings && std::find(std::begin(kLawsOfEveryPoint), std::end(kLawsOfEveryPoint),
                                               name) == std::end(kLawsOfEveryPoint);
  });
  return spec;
}

std::string main_metric(const StudySpec& spec) {
  for (const FindingSpec& f : spec.findings)
    for (const auto& y : f.y)
      if (metric_index(spec, y)) return y;
  return std::string(kFallback);
}

std::vector<Elasticity> elasticities(const StudySpec& spec, const std::vector<Assumption>& assumptions,
                                     std::span<const PointResult> points, const std::string& metric) {
  const FindingView view(spec, points);
  std::vector<Elasticity> all;
  for (std::size_t a = 0; a + 1 < assumptions.size(); ++a) {
    const bool pair = assumptions[a].kind == Assumption::Kind::cost_step &&
                      assumptions[a + 1].kind == Assumption::Kind::cost_step &&
                      assumptions[a].subject == assumptions[a + 1].subject;
    if (!pair) continue;
    const auto low = view.select(under(a)), high = view.select(under(a + 1));
    Elasticity e{assumptions[a].subject, {}, 0};
    std::size_t n = 0;
    for (const std::size_t i : low) {
      const auto same = std::find_if(high.begin(), high.end(), [&](std::size_t j) {
        return std::equal(points[i].choice.begin() + 1, points[i].choice.end(), points[j].choice.begin() + 1);
      });
      std::optional<double> value;
      if (same != high.end())
        if (const auto y0 = view.value(i, metric), y1 = view.value(*same, metric); y0 && y1)
          value = elasticity(*y0, *y1, kCostStep);
      e.at.push_back(value);
      if (!value) continue;
      e.mean += std::abs(*value);
      ++n;
    }
    if (n != 0) e.mean /= static_cast<double>(n);
    all.push_back(std::move(e));
    ++a;
  }
  return all;
}

namespace {

/// What the findings of the study claim under an assumption.
std::vector<std::pair<std::string, std::string>> claims_under(const StudySpec& spec, std::size_t assumption,
                                                              std::span<const PointResult> points) {
  StudySpec one = spec;
  for (FindingSpec& f : one.findings) f.only[0] = {assumption};
  std::vector<std::pair<std::string, std::string>> claims;
  for (const Finding& f : find(one, points)) claims.insert(claims.end(), f.claims.begin(), f.claims.end());
  return claims;
}

/// How an assumption's points differ from those as it is.
struct Difference {
  std::size_t points = 0, digests = 0, failed = 0;
  double largest = 0;  ///< change of the main metric, as a share
};

Difference difference(const FindingView& view, std::span<const PointResult> points, std::size_t assumption,
                      const std::string& metric) {
  Difference d;
  const auto base = view.select(under(0));
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i].choice[0] != assumption) continue;
    ++d.points;
    if (points[i].error) {
      ++d.failed;
      continue;
    }
    const auto same = std::find_if(base.begin(), base.end(), [&](std::size_t j) {
      return std::equal(points[i].choice.begin() + 1, points[i].choice.end(), points[j].choice.begin() + 1);
    });
    if (same == base.end()) continue;
    d.digests += points[i].digest != points[*same].digest;
    const auto before = view.value(*same, metric), now = view.value(i, metric);
    if (before && now && *before != 0 && std::abs(*now / *before - 1) > std::abs(d.largest))
      d.largest = *now / *before - 1;
  }
  return d;
}

std::string share(double s) { return in_words(std::round(s * 1000) / 10, "%"); }

}  // namespace

std::vector<Finding> uncertain_findings(const StudySpec& spec, const std::vector<Assumption>& assumptions,
                                        std::span<const PointResult> points,
                                        const std::vector<Elasticity>& all_elasticities,
                                        const std::vector<std::string>& skipped) {
  const FindingView view(spec, points);
  const std::string metric = main_metric(spec);
  const auto base = claims_under(spec, 0, points);
  Finding survives;
  survives.kind = "survives";
  survives.title = "What survives other assumptions";
  survives.columns = {"assumption", "points that changed at all", "largest change of " + view.label(metric),
                      "conclusions that change"};
  Finding fallen;
  fallen.kind = "survives";
  fallen.title = "Conclusions that do not survive";
  fallen.columns = {"conclusion", "as it is", "assumption", "then"};
  std::vector<std::string> broken, quiet_quirks;
  std::size_t asked = 0;
  for (std::size_t a = 1; a < assumptions.size(); ++a) {
    const bool step = assumptions[a].kind == Assumption::Kind::cost_step;
    const Difference d = difference(view, points, a, metric);
    if (step) continue;  // these are for elasticities
    ++asked;
    const auto now = claims_under(spec, a, points);
    std::size_t changed = 0;
    for (const auto& [key, was] : base) {
      const auto it = std::find_if(now.begin(), now.end(), [&](const auto& c) { return c.first == key; });
      const std::string is = it == now.end() ? "nothing to say" : it->second;
      if (is == was) continue;
      ++changed;
      if (std::find(broken.begin(), broken.end(), key) == broken.end()) broken.push_back(key);
      fallen.rows.push_back({key, was, assumptions[a].name, is});
    }
    if (d.digests == 0 && d.failed == 0 && assumptions[a].kind == Assumption::Kind::quirk)
      quiet_quirks.push_back(assumptions[a].name);
    else
      survives.rows.push_back({assumptions[a].name,
                               std::to_string(d.digests) + " of " + std::to_string(d.points) +
                                   (d.failed == 0 ? "" : ", " + std::to_string(d.failed) + " cannot run"),
                               share(d.largest), changed});
  }
  survives.text = "Of " + std::to_string(base.size()) + " conclusions, " +
                  std::to_string(base.size() - broken.size()) + " survive each of " + std::to_string(asked) +
                  " other assumptions.";
  if (!quiet_quirks.empty())
    survives.text += " " + std::to_string(quiet_quirks.size()) +
                     " readings of quirks change nothing at all here, not a bit of a digest.";
  if (!skipped.empty()) survives.text += " Not tried: " + listed(skipped) + ".";
  std::vector<Finding> found{std::move(survives)};
  if (!fallen.rows.empty()) {
    fallen.text = std::to_string(broken.size()) + " of them change under some assumption: ";
    std::vector<std::string> named(
        broken.begin(), broken.begin() + static_cast<std::ptrdiff_t>(std::min(broken.size(), kNamed)));
    if (broken.size() > kNamed) named.push_back(std::to_string(broken.size() - kNamed) + " more");
    fallen.text += listed(named) + ".";
    found.push_back(std::move(fallen));
  }
  Finding slopes;
  slopes.kind = "elasticity";
  slopes.title = "Elasticity of " + view.label(metric);
  slopes.columns = {"cost", "mean of absolute values", "least", "most"};
  auto sorted = all_elasticities;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Elasticity& a, const Elasticity& b) { return a.mean > b.mean; });
  std::vector<std::string> first;
  for (const Elasticity& e : sorted) {
    double least = 0, most = 0;
    bool any = false;
    for (const auto& v : e.at) {
      if (!v) continue;
      least = any ? std::min(least, *v) : *v;
      most = any ? std::max(most, *v) : *v;
      any = true;
    }
    slopes.rows.push_back({e.cost, in_words(e.mean, ""), in_words(least, ""), in_words(most, "")});
    if (first.size() < kDominant) first.push_back(e.cost + " (" + in_words(e.mean, "") + ")");
  }
  slopes.text = "By how many per cent " + view.label(metric) +
                " changes when a cost changes by one. What matters most: " + listed(first) + ".";
  found.push_back(std::move(slopes));
  return found;
}

namespace {

/// Assumptions that some point of the core can be run with; the others, and why not, in `skipped`.
std::vector<Assumption> possible(const StudySpec& core, std::vector<Assumption> wanted,
                                 std::vector<std::string>& skipped) {
  const Choice choice = points_of(core)[0];
  std::vector<Assumption> kept;
  for (Assumption& a : wanted) {
    StudySpec one = core;
    for (const auto& set : a.sets) apply_override(one.scenario, set);
    try {
      scenario_of(one, choice);
      kept.push_back(std::move(a));
    } catch (const UserError& e) {
      skipped.push_back(a.name + " (" + e.what() + ")");
    }
  }
  return kept;
}

void append(StudyRun& to, StudyRun&& from) {
  to.points.insert(to.points.end(), std::make_move_iterator(from.points.begin()),
                   std::make_move_iterator(from.points.end()));
  to.refused = to.refused || from.refused;
  to.died = to.died || from.died;
  to.interrupted = to.interrupted || from.interrupted;
}

/// Elasticities as a metric of the points with a higher cost, and a plot of it.
void add_elasticities(StudySpec& spec, StudyRun& run, const std::vector<Assumption>& assumptions,
                      const std::vector<Elasticity>& all, const std::string& metric) {
  MetricSpec m;
  m.name = kElasticity;
  m.label = "Elasticity of " + metric;
  spec.metrics.push_back(m);
  std::vector<std::size_t> seen(assumptions.size(), 0);
  for (PointResult& p : run.points) {
    const Assumption& a = assumptions[p.choice[0]];
    std::optional<double> value;
    const bool higher = a.kind == Assumption::Kind::cost_step && a.name.ends_with("+10 %");
    for (const Elasticity& e : all)
      if (higher && e.cost == a.subject && seen[p.choice[0]] < e.at.size()) value = e.at[seen[p.choice[0]]];
    if (!p.error) ++seen[p.choice[0]];
    p.metrics.push_back(value);
    p.interval.push_back(std::nullopt);
  }
  PlotSpec plot;
  plot.title = "Elasticities: per cent of " + metric + " for a per cent of a cost";
  plot.kind = PlotKind::bar;
  plot.x = kParameter;
  plot.y = {std::string(kElasticity)};
  std::vector<std::size_t> steps, others;
  for (std::size_t a = 0; a < assumptions.size(); ++a) {
    if (assumptions[a].kind == Assumption::Kind::cost_step && assumptions[a].name.ends_with("+10 %"))
      steps.push_back(a);
    if (assumptions[a].kind != Assumption::Kind::cost_step) others.push_back(a);
  }
  // What varies in the core tells the bars apart: two parameters at most, the others at their first value.
  std::vector<std::size_t> varying;
  for (std::size_t i = 1; i < spec.parameters.size(); ++i)
    if (spec.parameters[i].values.size() > 1) varying.push_back(i);
  for (std::size_t i = 0; i < varying.size(); ++i) {
    if (i == 0) plot.series = spec.parameters[varying[i]].name;
    if (i == 1) plot.facet = spec.parameters[varying[i]].name;
    if (i > 1) plot.where[varying[i]] = {0};
  }
  PlotSpec ranges = plot;
  plot.where[0] = steps;
  ranges.where[0] = others;
  ranges.title = metric + " under other readings, and with the dominant costs at the ends of their range";
  ranges.y = {metric};
  ranges.y_log = true;
  spec.plots = {std::move(plot), std::move(ranges)};
}

}  // namespace

UncertainStudy::UncertainStudy(const std::string& name_or_file, const std::vector<std::string>& sets)
    : core_(core_of(load_study(name_or_file, sets))), metric_(main_metric(core_)), assumptions_{as_it_is()} {
  for (Assumption& a : cost_steps(scenario_of(core_, points_of(core_)[0])))
    assumptions_.push_back(std::move(a));
  first_ = with_assumptions(core_, assumptions_);
  first_.name = "uncertainty-" + core_.name;
}

Uncertainty UncertainStudy::run(const RunnerOptions& options, std::ostream& err) {
  std::vector<Assumption> assumptions = assumptions_;
  Uncertainty u;
  u.spec = first_;
  u.run = run_points(u.spec, plan_study(u.spec), options, err);
  if (u.run.interrupted) return u;
  const auto slopes = elasticities(u.spec, assumptions, u.run.points, metric_);

  auto sorted = slopes;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Elasticity& a, const Elasticity& b) { return a.mean > b.mean; });
  std::vector<std::string> dominant;
  for (const Elasticity& e : sorted)
    if (dominant.size() < kDominant) dominant.push_back(e.cost);
  std::vector<Assumption> wanted = cost_ranges(dominant);
  for (Assumption& a : quirk_readings(scenario_of(core_, points_of(core_)[0])))
    wanted.push_back(std::move(a));
  std::vector<std::string> skipped;
  const std::vector<Assumption> more = possible(core_, std::move(wanted), skipped);
  const StudySpec second = with_assumptions(core_, more);
  StudyRun rest = run_points(second, plan_study(second), options, err);
  for (PointResult& p : rest.points) p.choice[0] += assumptions.size();
  append(u.run, std::move(rest));
  if (u.run.interrupted) return u;

  assumptions.insert(assumptions.end(), more.begin(), more.end());
  u.spec = with_assumptions(core_, assumptions);
  u.findings = uncertain_findings(u.spec, assumptions, u.run.points, slopes, skipped);
  add_elasticities(u.spec, u.run, assumptions, slopes, metric_);
  u.spec.name = "uncertainty-" + core_.name;
  u.spec.title = core_.title + " - under other assumptions";
  u.spec.findings.clear();
  return u;
}

}  // namespace niclab::lab::study
