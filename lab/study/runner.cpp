#include "lab/study/runner.hpp"

#include <algorithm>
#include <deque>
#include <thread>

#include "lab/commands.hpp"
#include "lab/progress.hpp"
#include "lab/stop_signal.hpp"
#include "lab/study/journal.hpp"
#include "lab/study/ranks.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab::study {
namespace {

/// The words of a refusal, with the parameter that wrote what was refused.
std::string with_parameter(const StudySpec& spec, const std::string& words) {
  for (const Parameter& p : spec.parameters)
    for (const auto& value : p.values)
      for (const auto& set : value.sets)
        if (words.starts_with("--set " + set.substr(0, set.find('=')) + ":"))
          return p.where.to_string() + ": parameter " + p.name + ": " + words;
  return words;
}

/// A value of a parameter with which no point can be loaded is a mistake of the study, not of a point.
void refuse_useless_values(const StudySpec& spec, const Plan& plan) {
  for (std::size_t i = 0; i < spec.parameters.size(); ++i)
    for (std::size_t v = 0; v < spec.parameters[i].values.size(); ++v) {
      std::size_t good = 0;
      const std::string* words = nullptr;
      for (std::size_t p = 0; p < plan.points.size(); ++p) {
        if (plan.points[p][i] != v) continue;
        good += !plan.refusals[p];
        if (plan.refusals[p] && words == nullptr) words = &*plan.refusals[p];
      }
      if (good == 0 && words != nullptr) throw UserError(*words);
    }
}

/// Hands out what is to do, and takes what comes back.
class Runner {
 public:
  Runner(const StudySpec& spec, const Plan& plan, const RunnerOptions& options, std::ostream& err)
      : spec_(spec), plan_(plan), err_(err), progress_(options.progress) {
    if (options.journal) journal_.emplace(*options.journal);
    runs_.resize(plan_.points.size(), std::vector<std::optional<PointRun>>(spec.repetitions));
    errors_ = plan_.refusals;
    for (std::size_t p = 0; p < plan_.points.size(); ++p) {
      if (errors_[p]) {
        say(p, *errors_[p]);
        refused_ = true;
      }
      for (unsigned r = 0; r < spec.repetitions && !errors_[p]; ++r) enlist({p, r});
    }
  }

  /// True when a signal ended it.
  bool run(Crew& crew) {
    const StopSignal stop;
    const std::size_t before = total_ - to_do_.size();
    std::size_t under_way = 0, done = before;
    while (!to_do_.empty() || under_way != 0) {
      for (; !to_do_.empty() && crew.idle() != 0; ++under_way) {
        crew.start(to_do_.front(), key(to_do_.front()));
        to_do_.pop_front();
      }
      progress_.count(done, total_, before);
      const auto answer = crew.wait(stop.fd());
      if (stop.came()) return interrupted(done);
      if (!answer) continue;
      --under_way;
      done += take(*answer);
    }
    return false;
  }

  StudyRun results() const {
    StudyRun result;
    result.died = died_;
    result.refused = refused_;
    auto& all = result.points;
    for (std::size_t p = 0; p < plan_.points.size(); ++p) {
      std::vector<PointRun> runs;
      for (const auto& r : runs_[p])
        if (r && !errors_[p]) runs.push_back(*r);
      all.push_back(combine(spec_, plan_.points[p], runs));
      all.back().error = errors_[p];
    }
    return result;
  }

 private:
  std::uint64_t key(const Job& job) const { return plan_.keys[job.point][job.repetition]; }

  void enlist(const Job& job) {
    ++total_;
    if (const PointRun* known = journal_ ? journal_->find(key(job)) : nullptr)
      runs_[job.point][job.repetition] = *known;
    else
      to_do_.push_back(job);
  }

  void say(std::size_t point, const std::string& what) {
    progress_.clear();
    err_ << "niclab study: " << describe(spec_, plan_.points[point]) << ": " << what << "\n" << std::flush;
  }

  /// Whether nothing more is to come of this job.
  bool take(const Answer& a) {
    std::string why = a.text;
    if (a.kind == Answer::Kind::done) {
      const Json j = Json::parse(a.text, nullptr, false);
      if (!j.is_discarded()) {
        const PointRun& run = runs_[a.job.point][a.job.repetition].emplace(point_run_from_json(j));
        if (journal_) journal_->add(key(a.job), run);
        return true;
      }
      why = "its process sent no result";
    }
    const bool first = std::find(tried_.begin(), tried_.end(), a.job) == tried_.end();
    if (a.kind != Answer::Kind::refused && first) {
      tried_.push_back(a.job);
      say(a.job.point, why + "; once more");
      to_do_.push_front(a.job);
      return false;
    }
    say(a.job.point, why);
    errors_[a.job.point] = why;
    (a.kind == Answer::Kind::refused ? refused_ : died_) = true;
    return true;
  }

  bool interrupted(std::size_t done) {
    progress_.clear();
    err_ << "niclab study: interrupted; " << done << " of " << total_ << " runs are kept"
         << (journal_ ? ", the same command goes on from there" : "") << "\n"
         << std::flush;
    return true;
  }

  const StudySpec& spec_;
  const Plan& plan_;
  std::ostream& err_;
  ProgressLine progress_;
  std::optional<Journal> journal_;
  std::vector<std::vector<std::optional<PointRun>>> runs_;  // by point and repetition
  std::vector<std::optional<std::string>> errors_;          // by point
  std::deque<Job> to_do_;
  std::vector<Job> tried_;  // that died once
  std::size_t total_ = 0;
  bool refused_ = false, died_ = false;
};

unsigned jobs_or_default(unsigned jobs) {
  if (jobs != 0) return jobs;
  return is_rank() ? 1 : std::max(2u, std::thread::hardware_concurrency());
}

}  // namespace

Plan plan_study(const StudySpec& spec) {
  Plan plan;
  plan.points = points_of(spec);
  for (const Choice& choice : plan.points) {
    plan.keys.emplace_back();
    plan.refusals.emplace_back();
    try {
      for (unsigned r = 0; r < spec.repetitions; ++r) {
        const Scenario scenario = scenario_of(spec, choice, r);
        refuse_outside(scenario, spec.source);
        plan.keys.back().push_back(key_of(spec, scenario));
      }
    } catch (const UserError& e) {
      plan.refusals.back() = with_parameter(spec, e.what());
    }
  }
  refuse_useless_values(spec, plan);
  return plan;
}

StudyRun run_points(const StudySpec& spec, const Plan& plan, const RunnerOptions& options,
                    std::ostream& err) {
  Runner runner(spec, plan, options, err);
  bool interrupted = false;
  if (is_rank()) {
    Ranks ranks;
    RankCrew crew(ranks);
    interrupted = runner.run(crew);
    crew.dismiss();
    ranks.finish();
  } else {
    LocalCrew crew(spec, plan.points, jobs_or_default(options.jobs));
    interrupted = runner.run(crew);
  }
  StudyRun result = runner.results();
  result.interrupted = interrupted;
  return result;
}

void work_for_rank_0(const StudySpec& spec, unsigned jobs) {
  Ranks ranks;
  work(spec, points_of(spec), ranks, jobs_or_default(jobs));
  ranks.finish();
}

}  // namespace niclab::lab::study
