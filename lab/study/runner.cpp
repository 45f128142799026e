#include "lab/study/runner.hpp"

#include <algorithm>
#include <deque>
#include <thread>

#include "lab/progress.hpp"
#include "lab/stop_signal.hpp"
#include "lab/study/journal.hpp"
#include "lab/study/ranks.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab::study {
namespace {

/// What stands before the first run: every point's scenario was loaded once.
struct Checked {
  std::vector<std::vector<std::uint64_t>> keys;  ///< by point and repetition
  std::vector<std::optional<std::string>> refusals;
};

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
void refuse_useless_values(const StudySpec& spec, const std::vector<Choice>& points, const Checked& checked) {
  for (std::size_t i = 0; i < spec.parameters.size(); ++i)
    for (std::size_t v = 0; v < spec.parameters[i].values.size(); ++v) {
      std::size_t good = 0;
      const std::string* words = nullptr;
      for (std::size_t p = 0; p < points.size(); ++p) {
        if (points[p][i] != v) continue;
        good += !checked.refusals[p];
        if (checked.refusals[p] && words == nullptr) words = &*checked.refusals[p];
      }
      if (good == 0 && words != nullptr) throw UserError(*words);
    }
}

Checked check(const StudySpec& spec, const std::vector<Choice>& points) {
  Checked c;
  for (const Choice& choice : points) {
    c.keys.emplace_back();
    c.refusals.emplace_back();
    try {
      for (unsigned r = 0; r < spec.repetitions; ++r)
        c.keys.back().push_back(key_of(spec, scenario_of(spec, choice, r)));
    } catch (const UserError& e) {
      c.refusals.back() = with_parameter(spec, e.what());
    }
  }
  refuse_useless_values(spec, points, c);
  return c;
}

/// Hands out what is to do, and takes what comes back.
class Runner {
 public:
  Runner(const StudySpec& spec, const std::vector<Choice>& points, Checked checked,
         const RunnerOptions& options, std::ostream& err)
      : spec_(spec), points_(points), checked_(std::move(checked)), err_(err), progress_(options.progress) {
    if (options.journal) journal_.emplace(*options.journal);
    runs_.resize(points.size(), std::vector<std::optional<PointRun>>(spec.repetitions));
    errors_ = checked_.refusals;
    for (std::size_t p = 0; p < points.size(); ++p) {
      if (errors_[p]) {
        say(p, *errors_[p]);
        refused_ = true;
      }
      for (unsigned r = 0; r < spec.repetitions && !errors_[p]; ++r) plan({p, r});
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
    for (std::size_t p = 0; p < points_.size(); ++p) {
      std::vector<PointRun> runs;
      for (const auto& r : runs_[p])
        if (r && !errors_[p]) runs.push_back(*r);
      all.push_back(combine(spec_, points_[p], runs));
      all.back().error = errors_[p];
    }
    return result;
  }

 private:
  std::uint64_t key(const Job& job) const { return checked_.keys[job.point][job.repetition]; }

  void plan(const Job& job) {
    ++total_;
    if (const PointRun* known = journal_ ? journal_->find(key(job)) : nullptr)
      runs_[job.point][job.repetition] = *known;
    else
      to_do_.push_back(job);
  }

  void say(std::size_t point, const std::string& what) {
    progress_.clear();
    err_ << "niclab study: " << describe(spec_, points_[point]) << ": " << what << "\n" << std::flush;
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
  const std::vector<Choice>& points_;
  const Checked checked_;
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

unsigned default_jobs() { return is_rank() ? 1 : std::max(2u, std::thread::hardware_concurrency()); }

}  // namespace

StudyRun run_points(const StudySpec& spec, const RunnerOptions& options, std::ostream& err) {
  const std::vector<Choice> points = points_of(spec);
  const unsigned jobs = options.jobs == 0 ? default_jobs() : options.jobs;
  if (is_worker_rank()) {
    Ranks ranks;
    work(spec, points, ranks, jobs);
    ranks.finish();
    return {};
  }
  Runner runner(spec, points, check(spec, points), options, err);
  bool interrupted = false;
  if (is_rank()) {
    Ranks ranks;
    RankCrew crew(ranks);
    interrupted = runner.run(crew);
    crew.dismiss();
    ranks.finish();
  } else {
    LocalCrew crew(spec, points, jobs);
    interrupted = runner.run(crew);
  }
  StudyRun result = runner.results();
  result.interrupted = interrupted;
  return result;
}

}  // namespace niclab::lab::study
