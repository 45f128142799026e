// A study under mpirun: rank 0 hands out points, the others run them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "lab/study/crew.hpp"
#include "lab/study/mpi_plugin.hpp"

namespace niclab::lab::study {

/// Whether this process is one of several that mpirun has started, and not the first.
bool is_worker_rank();
/// Whether it is one of several.
bool is_rank();

/// The ranks and their messages. One in a process.
class Ranks {
 public:
  /// Joins. Throws UserError when the command has no part that speaks MPI.
  Ranks();
  /// Ends all ranks at once, unless finish() was called.
  ~Ranks();
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;
  int rank() const { return mpi_.rank; }
  int size() const { return mpi_.size; }
  void send(int to, const std::string& text);
  /// The next message and who sent it; nullopt: none waits.
  std::optional<std::pair<int, std::string>> receive();
  /// In order: waits for all ranks.
  void finish();

 private:
  NiclabMpi mpi_{};
  bool finished_ = false;
};

/// On rank 0: the other ranks.
class RankCrew final : public Crew {
 public:
  explicit RankCrew(Ranks& ranks) : ranks_(ranks) {}
  std::size_t idle() const override { return idle_.size(); }
  void start(const Job& job, std::uint64_t key) override;
  std::optional<Answer> wait(int stop_fd) override;
  void dismiss() override;

 private:
  Ranks& ranks_;
  std::vector<int> idle_;  // ranks, as often as they can take a job
};

/// On the other ranks: runs what it is told, `jobs` at once, until it is dismissed or a signal comes.
void work(const StudySpec& spec, const std::vector<Choice>& points, Ranks& ranks, unsigned jobs);

}  // namespace niclab::lab::study
