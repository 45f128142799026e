#include "lab/study/findings.hpp"

#include <algorithm>

namespace niclab::lab::study {

std::span<const FindingKind> finding_kinds() { return {}; }

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
