#include <algorithm>
#include <cmath>

#include "lab/study/finders.hpp"
#include "lab/study/finding_view.hpp"

namespace niclab::lab::study {
namespace {

constexpr std::string_view kLaw = "ceiling";
constexpr double kAtTheLimit = 0.97;

const LawResult* ceiling_of(const PointResult& p) {
  for (const LawResult& l : p.laws)
    if (l.name == kLaw && l.applies && l.expected > 0) return &l;
  return nullptr;
}

/// "h1.eth0: link up" -> "link up".
std::string limit_of(const LawResult& l) {
  const auto colon = l.where.find(": ");
  return colon == std::string::npos ? l.where : l.where.substr(colon + 2);
}

}  // namespace

std::vector<Finding> find_saturation(const StudySpec& spec, const FindingSpec& f,
                                     std::span<const PointResult> points) {
  const FindingView view(spec, points);
  Finding finding;
  finding.kind = f.kind;
  finding.title = f.title.empty() ? "What limits" : f.title;
  finding.columns = {"case", "lowest bound", "ceiling", "reached", "share", "limited by"};
  const auto selected = view.select(f.only);
  std::vector<std::pair<std::string, std::size_t>> limits;
  std::size_t looked = 0, below = 0;
  double most = 0;
  for (const std::size_t i : selected) {
    const LawResult* law = ceiling_of(view[i]);
    if (law == nullptr) continue;
    ++looked;
    const double share = law->measured / law->expected;
    most = std::max(most, share);
    const bool reached = share >= kAtTheLimit;
    const std::string limit = reached ? limit_of(*law) : "software";
    below += !reached;
    if (reached) {
      auto it = std::find_if(limits.begin(), limits.end(), [&](const auto& l) { return l.first == limit; });
      if (it == limits.end()) it = limits.insert(limits.end(), {limit, 0});
      ++it->second;
    }
    const std::string name = view.what_differs(i, selected);
    finding.rows.push_back({name, limit_of(*law), in_words(law->expected, "1/s"),
                            in_words(law->measured, "1/s"), in_words(std::round(share * 1000) / 10, "%"),
                            limit});
    finding.claims.emplace_back(name + ": limited by", limit);
  }
  std::vector<std::string> words;
  for (const auto& [limit, n] : limits) words.push_back(limit + " at " + std::to_string(n) + " points");
  if (below != 0)
    words.push_back("software, which asks for less than 97 % of what the card could do, at " +
                    std::to_string(below));
  finding.text = "Of " + std::to_string(looked) + " points, limited by: " + listed(words) +
                 ". None is faster than the analytic ceiling; the closest reaches " +
                 in_words(std::round(most * 1000) / 10, "%") + " of it.";
  return {std::move(finding)};
}

}  // namespace niclab::lab::study
