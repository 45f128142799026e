// Those who run the points: processes of this machine, or ranks of many.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lab/child_pool.hpp"
#include "lab/study/spec.hpp"

namespace niclab::lab::study {

/// One run to do: a point (its place among points_of()) with one seed.
struct Job {
  std::size_t point = 0;
  unsigned repetition = 0;
  bool operator==(const Job&) const = default;
};

struct Answer {
  enum class Kind : std::uint8_t { done, refused, died };
  Job job;
  Kind kind = Kind::done;
  std::string text;  ///< done: the run as JSON; else why, in one line
};

class Crew {
 public:
  virtual ~Crew() = default;
  /// How many jobs could be started now; may grow while waiting.
  virtual std::size_t idle() const = 0;
  /// `key` names what the run depends on (key_of), so that nobody runs something else. Only when somebody is
  /// idle.
  virtual void start(const Job& job, std::uint64_t key) = 0;
  /// Waits for an answer, but not long; nullopt: none yet, or `stop_fd` is readable.
  virtual std::optional<Answer> wait(int stop_fd) = 0;
  /// No more jobs.
  virtual void dismiss() {}
};

/// Children of this process, `jobs` at once.
class LocalCrew final : public Crew {
 public:
  LocalCrew(const StudySpec& spec, const std::vector<Choice>& points, unsigned jobs)
      : spec_(spec), points_(points), jobs_(jobs), running_(jobs) {}
  std::size_t idle() const override { return jobs_ - pool_.running(); }
  std::size_t running() const { return pool_.running(); }
  void start(const Job& job, std::uint64_t key) override;
  std::optional<Answer> wait(int stop_fd) override { return wait(stop_fd, -1); }
  std::optional<Answer> wait(int stop_fd, int milliseconds);

 private:
  const StudySpec& spec_;
  const std::vector<Choice>& points_;
  unsigned jobs_;
  std::vector<std::optional<Job>> running_;  // by slot
  ChildPool pool_;
};

}  // namespace niclab::lab::study
