#include "lab/study/findings.hpp"

#include <algorithm>

#include "lab/study/finders.hpp"

namespace niclab::lab::study {
namespace {

constexpr FindingKind kKinds[] = {
    {"pareto", "the front of x and y, both to be small, and where the marked choice sits", "x y",
     find_pareto},
    {"equal", "whether points that differ in the parameter only have the same digest", "parameter",
     find_equal},
    {"first_drop", "going up the parameter: which of y is the first to be more than 0, and where",
     "parameter y", find_first_drop},
    {"saturation",
     "what limits the rate at each point, by the law \"ceiling\", and how much of that is reached", "",
     find_saturation},
    {"fill_order",
     "y are the instants at which buffers are fullest: their order, without those that metric <y>_full puts "
     "below 80",
     "y", find_fill_order},
};

}  // namespace

std::span<const FindingKind> finding_kinds() { return kKinds; }

std::vector<Finding> find(const StudySpec& spec, std::span<const PointResult> points) {
  std::vector<Finding> all;
  for (const FindingSpec& f : spec.findings) {
    const auto kinds = finding_kinds();
    const auto kind =
        std::find_if(kinds.begin(), kinds.end(), [&](const FindingKind& k) { return k.name == f.kind; });
    if (kind == kinds.end()) continue;  // the file was refused
    for (Finding& finding : kind->find(spec, f, points)) all.push_back(std::move(finding));
  }
  return all;
}

}  // namespace niclab::lab::study
