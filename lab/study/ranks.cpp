#include "lab/study/ranks.hpp"

#include <dlfcn.h>
#include <poll.h>

#include <cstdlib>
#include <filesystem>

#include "lab/stop_signal.hpp"
#include "lab/study/point_run.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab::study {
namespace {

constexpr int kPatience = 1;  // ms between two looks for messages

int from_environment(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? 0 : std::atoi(text);
}

/// Waits a little, or until `fd` is readable: true then.
bool pause(int fd) {
  pollfd watched{fd, POLLIN, 0};
  return ::poll(&watched, 1, kPatience) > 0;
}

Json to_json(const Job& job) { return {job.point, job.repetition}; }
Job job_of(const Json& j) { return {j.at(0).get<std::size_t>(), j.at(1).get<unsigned>()}; }

/// Whether this rank would run the same thing.
std::optional<std::string> difference(const StudySpec& spec, const std::vector<Choice>& points,
                                      const Job& job, const std::string& key, int rank) {
  const std::string other =
      "rank " + std::to_string(rank) + " has another study, scenario or build than rank 0";
  if (job.point >= points.size()) return other;
  try {
    if (hex16(key_of(spec, scenario_of(spec, points[job.point], job.repetition))) != key) return other;
  } catch (const UserError& e) {
    return other + ": " + e.what();
  }
  return std::nullopt;
}

}  // namespace

bool is_rank() { return from_environment("OMPI_COMM_WORLD_SIZE") > 1; }
bool is_worker_rank() { return is_rank() && from_environment("OMPI_COMM_WORLD_RANK") != 0; }

Ranks::Ranks() {
  const auto plugin = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "niclab_mpi.so";
  // Open MPI's own parts look for each other's symbols.
  void* library = dlopen(plugin.c_str(), RTLD_NOW | RTLD_GLOBAL);
  void* open = library == nullptr ? nullptr : dlsym(library, "niclab_mpi_open");
  if (open == nullptr)
    throw UserError("niclab study: started by mpirun, but " + plugin.string() +
                    " cannot be loaded, expected it beside the command");
  mpi_ = reinterpret_cast<NiclabMpi (*)()>(open)();
}

Ranks::~Ranks() {
  if (!finished_) mpi_.abort(2);
}

void Ranks::send(int to, const std::string& text) { mpi_.send(to, text.data(), text.size()); }

std::optional<std::pair<int, std::string>> Ranks::receive() {
  int from = 0;
  std::size_t size = 0;
  if (!mpi_.probe(&from, &size)) return std::nullopt;
  std::string text(size, '\0');
  mpi_.receive(from, text.data(), size);
  return std::pair{from, std::move(text)};
}

void Ranks::finish() {
  finished_ = true;
  mpi_.finalize();
}

void RankCrew::start(const Job& job, std::uint64_t key) {
  const int rank = idle_.back();
  idle_.pop_back();
  ranks_.send(rank, Json{{"job", to_json(job)}, {"key", hex16(key)}}.dump());
}

std::optional<Answer> RankCrew::wait(int stop_fd) {
  const auto message = ranks_.receive();
  if (!message) {
    pause(stop_fd);
    return std::nullopt;
  }
  const Json j = Json::parse(message->second);
  idle_.insert(idle_.begin(), j.at("ready").get<std::size_t>(), message->first);
  if (!j.contains("job")) return std::nullopt;
  return Answer{job_of(j.at("job")), static_cast<Answer::Kind>(j.at("kind").get<int>()),
                j.at("text").get<std::string>()};
}

void RankCrew::dismiss() {
  for (int rank = 1; rank < ranks_.size(); ++rank) ranks_.send(rank, Json{{"done", true}}.dump());
}

void work(const StudySpec& spec, const std::vector<Choice>& points, Ranks& ranks, unsigned jobs) {
  const StopSignal stop;
  LocalCrew crew(spec, points, jobs);
  const auto answer = [&](const Answer& a) {
    ranks.send(
        0, Json{{"ready", 1}, {"job", to_json(a.job)}, {"kind", static_cast<int>(a.kind)}, {"text", a.text}}
               .dump());
  };
  ranks.send(0, Json{{"ready", jobs}}.dump());
  while (!stop.came()) {
    if (const auto message = ranks.receive()) {
      const Json j = Json::parse(message->second);
      if (j.contains("done")) return;
      const Job job = job_of(j.at("job"));
      if (const auto why = difference(spec, points, job, j.at("key").get<std::string>(), ranks.rank()))
        answer({job, Answer::Kind::refused, *why});
      else
        crew.start(job, 0);
    } else if (const auto ended = crew.wait(stop.fd(), kPatience)) {
      answer(*ended);
    }
  }
}

}  // namespace niclab::lab::study
