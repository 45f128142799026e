// `niclab study uncertainty NAME`: a study's core under other assumptions.
//
// What nobody knows for certain of the card are its quirks (docs/uncertain.md), of the host its costs
// (docs/cost-model.md). The core of the study runs again with every cost ten per cent lower and higher, which
// gives elasticities; then under each reading of each quirk, and with the three costs that matter most at
// either end of their range. What the study's findings claim must survive.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "lab/study/findings.hpp"
#include "lab/study/runner.hpp"

namespace niclab::lab::study {

/// One thing assumed differently.
struct Assumption {
  enum class Kind : std::uint8_t { as_it_is, cost_step, cost_range, quirk };
  std::string name;  ///< "rqdpc = write_clears", "cache_miss +10 %"
  Kind kind = Kind::as_it_is;
  std::vector<std::string> sets;  ///< as `--set` takes them
  std::string subject;            ///< the key of the cost or quirk
};

inline constexpr double kCostStep = 0.1;     ///< of elasticities
inline constexpr std::size_t kDominant = 3;  ///< costs that run over their range

/// Every cost of the base scenario, lower and higher by kCostStep, in this order.
std::vector<Assumption> cost_steps(const Scenario& base);
/// These costs at either end of their range.
std::vector<Assumption> cost_ranges(const std::vector<std::string>& keys);
/// Every reading but the default of every quirk, for each NIC of the base scenario.
std::vector<Assumption> quirk_readings(const Scenario& base);

/// The study reduced to its core, with the assumptions as first parameter ("assumption"). Plots of the study
/// are left out; its findings stay, to be asked under each assumption.
StudySpec with_assumptions(const StudySpec& core, const std::vector<Assumption>& assumptions);
/// The study reduced to its core: what `--set parameter.NAME.values=…` does.
StudySpec core_of(const StudySpec& spec);

/// The metric the study is about: y of its first finding that is a metric, else the median latency.
std::string main_metric(const StudySpec& spec);

/// Elasticity of a metric at each point of the core, for each cost in the order of cost_steps(); points as
/// with_assumptions() has them, "as it is" first.
struct Elasticity {
  std::string cost;
  std::vector<std::optional<double>> at;  ///< by point of the core
  double mean = 0;                        ///< of their absolute values
};
std::vector<Elasticity> elasticities(const StudySpec& spec, const std::vector<Assumption>& assumptions,
                                     std::span<const PointResult> points, const std::string& metric);

struct Uncertainty {
  StudySpec spec;
  StudyRun run;
  std::vector<Finding> findings;
};
class UncertainStudy {
 public:
  /// Throws UserError as load_study() does.
  UncertainStudy(const std::string& name_or_file, const std::vector<std::string>& sets);
  /// What runs first: the core as it is and with every cost lower and higher. What follows depends on it.
  const StudySpec& first() const { return first_; }
  /// Runs all of it. Throws UserError as plan_study() does.
  Uncertainty run(const RunnerOptions& options, std::ostream& err);

 private:
  StudySpec core_;
  std::string metric_;
  std::vector<Assumption> assumptions_;
  StudySpec first_;
};

/// What survives, and the table of elasticities.
std::vector<Finding> uncertain_findings(const StudySpec& spec, const std::vector<Assumption>& assumptions,
                                        std::span<const PointResult> points,
                                        const std::vector<Elasticity>& elasticities,
                                        const std::vector<std::string>& skipped);

}  // namespace niclab::lab::study
