#include "lab/study/crew.hpp"

#include <algorithm>
#include <cstring>

#include "lab/study/point_run.hpp"

namespace niclab::lab::study {
namespace {

/// One line: what is said of a point stands in a table.
std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

Answer answer_of(const Job& job, ChildPool::Ended&& ended) {
  using enum Answer::Kind;
  const ChildRun::Ending& e = ended.ending;
  if (e.signal != 0)
    return {
        job, died,
        "its process was killed by signal " + std::to_string(e.signal) + " (" + strsignal(e.signal) + ")"};
  if (e.code == 0) return {job, done, std::move(ended.output)};
  if (e.code == 2 && !e.error.empty()) return {job, refused, one_line(e.error)};
  return {job, died,
          e.error.empty() ? "its process ended with code " + std::to_string(e.code) : one_line(e.error)};
}

}  // namespace

void LocalCrew::start(const Job& job, std::uint64_t) {
  const auto slot = std::find(running_.begin(), running_.end(), std::nullopt);
  *slot = job;
  pool_.start(static_cast<std::size_t>(slot - running_.begin()), [&](int fd) {
    const std::string text = to_json(run_point(spec_, points_[job.point], job.repetition)).dump();
    return write_all(fd, text.data(), text.size()) ? 0 : 1;
  });
}

std::optional<Answer> LocalCrew::wait(int stop_fd, int milliseconds) {
  auto ended = pool_.wait(stop_fd, milliseconds);
  if (!ended) return std::nullopt;
  const Job job = *running_[ended->id];
  running_[ended->id].reset();
  return answer_of(job, std::move(*ended));
}

}  // namespace niclab::lab::study
