#include <algorithm>
#include <cmath>

#include "lab/study/finders.hpp"
#include "lab/study/finding_view.hpp"
#include "lab/study/pareto.hpp"

namespace niclab::lab::study {
namespace {

constexpr std::string_view kLost = "lost_percent";
constexpr double kMostLost = 0.1;  // %: a figure of those who got through is no figure of the traffic

/// The points of a group that have both figures, with those for which less is worse turned round. Points that
/// lose frames are left out, unless all do.
struct Plane {
  std::vector<std::size_t> points;
  std::vector<XY> at;
  std::vector<std::size_t> lossy;  ///< left out
};

Plane plane_of(const FindingView& view, const FindingSpec& f, const std::vector<std::size_t>& points) {
  Plane plane;
  const double sign_x = view.higher_is_better(f.x) ? -1 : 1, sign_y = view.higher_is_better(f.y[0]) ? -1 : 1;
  std::vector<std::size_t> kept;
  for (const std::size_t i : points)
    (view.value(i, kLost).value_or(0) > kMostLost ? plane.lossy : kept).push_back(i);
  if (kept.empty()) {
    kept = points;
    plane.lossy.clear();
  }
  for (const std::size_t i : kept) {
    const auto x = view.value(i, f.x), y = view.value(i, f.y[0]);
    if (!x || !y) continue;
    plane.points.push_back(i);
    plane.at.push_back({*x * sign_x, *y * sign_y});
  }
  return plane;
}

/// "; 3 settings lose more than 0.1 % of the frames and are left out (rx-usecs 300, …)".
std::string left_out(const FindingView& view, const FindingSpec& f, const Plane& plane,
                     const std::vector<std::size_t>& all) {
  if (plane.lossy.empty()) return {};
  std::vector<std::string> names;
  for (const std::size_t i : plane.lossy)
    names.push_back(view.what_differs(i, all, f.group) + (matches(f.mark, view[i].choice) && !f.mark.empty()
                                                              ? ", " + f.mark_label
                                                              : std::string()));
  return " Left out, because more than 0.1 % of the frames are lost: " + listed(names) + ".";
}

std::string percent(double share) { return in_words(std::round(share * 1000) / 10, "%"); }

/// "no more CPU time", and what passes for it: "… (give or take 1 %)".
std::string no_more(const FindingSpec& f, const std::string& figure) {
  return "no more " + figure + (f.tolerance > 0 ? " (give or take " + percent(f.tolerance) + ")" : "");
}

class ParetoText {
 public:
  ParetoText(const FindingView& view, const FindingSpec& f, const Plane& plane)
      : view_(view), f_(f), plane_(plane), x_(view.spoken(f.x)), y_(view.spoken(f.y[0])) {}

  std::string point(std::size_t i) const {
    return view_.what_differs(plane_.points[i], plane_.points, f_.group);
  }
  std::string figures(std::size_t i) const {
    return y_ + " " + view_.in_words(plane_.points[i], f_.y[0]) + ", " + x_ + " " +
           view_.in_words(plane_.points[i], f_.x);
  }
  /// "is on the front", or how far off.
  std::string place(const Position& p) const {
    if (p.on_front) return "on the front: nothing else is better in one of them and no worse in the other";
    std::vector<std::string> ways;
    if (p.cheaper)
      ways.push_back(point(*p.cheaper) + " needs " + percent(p.saves) + " less " + x_ + " at " +
                     no_more(f_, y_) + " (" + figures(*p.cheaper) + ")");
    if (p.faster && p.faster != p.cheaper)
      ways.push_back(point(*p.faster) + " has " + percent(p.gains) + " less " + y_ + " at " +
                     no_more(f_, x_) + " (" + figures(*p.faster) + ")");
    return "not on the front: " + listed(ways);
  }
  std::string no_difference() const {
    const auto range = [&](double XY::*axis, const std::string& name) {
      const auto [low, high] = std::minmax_element(
          plane_.at.begin(), plane_.at.end(),
          [&](const XY& a, const XY& b) { return std::abs(a.*axis) < std::abs(b.*axis); });
      return view_.in_words(plane_.points[static_cast<std::size_t>(low - plane_.at.begin())], name) + " to " +
             view_.in_words(plane_.points[static_cast<std::size_t>(high - plane_.at.begin())], name);
    };
    return "The setting makes no difference: " + y_ + " " + range(&XY::y, f_.y[0]) + ", " + x_ + " " +
           range(&XY::x, f_.x) + ".";
  }
  std::string ends(const std::vector<std::size_t>& front) const {
    if (front.size() < 2)
      return "One point is best in both: " + point(front[0]) + " (" + figures(front[0]) + ").";
    return "The front of " + std::to_string(front.size()) + " points goes from " + point(front.front()) +
           " (" + figures(front.front()) + ") to " + point(front.back()) + " (" + figures(front.back()) +
           ").";
  }

 private:
  const FindingView& view_;
  const FindingSpec& f_;
  const Plane& plane_;
  std::string x_, y_;
};

constexpr double kNoDifference = 0.05;

bool makes_no_difference(const Plane& plane) {
  const auto within = [&](double XY::*axis) {
    const auto [low, high] =
        std::minmax_element(plane.at.begin(), plane.at.end(),
                            [&](const XY& a, const XY& b) { return std::abs(a.*axis) < std::abs(b.*axis); });
    return std::abs((*high).*axis) <= std::abs((*low).*axis) * (1 + kNoDifference);
  };
  return plane.at.size() > 1 && within(&XY::x) && within(&XY::y);
}

/// How all groups' marks stand, for the finding that comes first.
struct Tally {
  std::size_t groups = 0, on_front = 0;
  double worst_saves = 0, worst_gains = 0;
  std::string saves_where, gains_where;
  std::vector<std::string> indifferent;  ///< groups in which nothing matters
  std::vector<std::vector<Json>> rows;

  void add(const std::string& group, const Position& p) {
    ++groups;
    on_front += p.on_front;
    if (p.saves > worst_saves) {
      worst_saves = p.saves;
      saves_where = group;
    }
    if (p.gains > worst_gains) {
      worst_gains = p.gains;
      gains_where = group;
    }
  }
};

std::string mark_name(const FindingSpec& f) {
  return f.mark_label.empty() ? "the marked choice" : f.mark_label;
}

Finding summary(const FindingView& view, const FindingSpec& f, Tally tally) {
  Finding all;
  all.kind = f.kind;
  all.title = (f.title.empty() ? view.label(f.y[0]) + " against " + view.label(f.x) : f.title);
  const std::string x = view.spoken(f.x), y = view.spoken(f.y[0]);
  all.text = mark_name(f) + " is on the Pareto front of " + y + " against " + x + " in " +
             std::to_string(tally.on_front) + " of " + std::to_string(tally.groups) + " cases.";
  if (tally.worst_saves > 0)
    all.text += " At " + no_more(f, y) + ", up to " + percent(tally.worst_saves) + " of its " + x +
                " could be saved (" + tally.saves_where + ").";
  if (tally.worst_gains > 0)
    all.text += " At " + no_more(f, x) + ", its " + y + " could be up to " + percent(tally.worst_gains) +
                " lower (" + tally.gains_where + ").";
  all.columns = {
      "case", y, x, "on the front", "same " + y + " for less " + x, "same " + x + " for less " + y};
  all.rows = std::move(tally.rows);
  return all;
}

std::vector<Json> row_of(const FindingView& view, const FindingSpec& f, const Plane& plane,
                         const ParetoText& text, const std::string& group, std::size_t mark,
                         const Position& p) {
  const auto alternative = [&](const std::optional<std::size_t>& other, double share) {
    return other ? Json(text.point(*other) + ": -" + percent(share)) : Json("-");
  };
  return {group,
          view.in_words(plane.points[mark], f.y[0]),
          view.in_words(plane.points[mark], f.x),
          p.on_front ? "yes" : "no",
          alternative(p.cheaper, p.saves),
          alternative(p.faster, p.gains)};
}

}  // namespace

std::vector<Finding> find_pareto(const StudySpec& spec, const FindingSpec& f,
                                 std::span<const PointResult> points) {
  const FindingView view(spec, points);
  std::vector<Finding> found;
  Tally tally;
  for (const auto& group : view.groups(view.select(f.only), f.group)) {
    const Plane plane = plane_of(view, f, group.points);
    if (plane.points.empty()) continue;
    const ParetoText text(view, f, plane);
    const std::vector<std::size_t> front = pareto_front(plane.at, f.tolerance);
    Finding finding;
    finding.kind = f.kind;
    const std::string name = view.name(group, f.group);
    finding.title = (f.title.empty() ? "" : f.title + ": ") +
                    (name.empty() ? view.spoken(f.y[0]) + " against " + view.spoken(f.x) : name);
    finding.x = f.x;
    finding.y = f.y[0];
    finding.columns = {"on the front", view.label(f.x), view.label(f.y[0])};
    for (const std::size_t i : front) {
      finding.front.push_back(plane.points[i]);
      finding.rows.push_back(
          {text.point(i), view.in_words(plane.points[i], f.x), view.in_words(plane.points[i], f.y[0])});
    }
    if (makes_no_difference(plane)) {
      finding.text = text.no_difference() + left_out(view, f, plane, group.points);
      finding.claims.emplace_back(finding.title + ": the setting matters", "no");
      if (!f.mark.empty()) tally.indifferent.push_back(name);
      found.push_back(std::move(finding));
      continue;
    }
    finding.text = text.ends(front) + left_out(view, f, plane, group.points);
    std::string members;
    for (const std::size_t i : front) members += (members.empty() ? "" : ", ") + text.point(i);
    finding.claims.emplace_back(finding.title + ": the front", members);
    // Several points may have the marked values (other parameters vary): the best placed of them speaks.
    for (std::size_t i = 0; i < plane.points.size() && !f.mark.empty(); ++i) {
      if (!matches(f.mark, view[plane.points[i]].choice)) continue;
      const Position p = position_of(i, plane.at, f.tolerance);
      finding.text = mark_name(f) + " (" + text.figures(i) + ") is " + text.place(p) + ". " + finding.text;
      finding.claims.emplace_back(finding.title + ": " + mark_name(f) + " on the front",
                                  p.on_front ? "yes" : "no");
      finding.marked = {plane.points[i]};
      finding.mark_label = mark_name(f);
      tally.add(name, p);
      tally.rows.push_back(row_of(view, f, plane, text, name, i, p));
      break;
    }
    found.push_back(std::move(finding));
  }
  if (tally.groups > 1) found.insert(found.begin(), summary(view, f, std::move(tally)));
  return found;
}

}  // namespace niclab::lab::study
