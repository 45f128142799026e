// Whole scenarios, as `niclab run` runs them: in this process (once), or in a child of its own.
#pragma once

#include <cstdlib>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "lab/child_run.hpp"
#include "lab/commands.hpp"
#include "lab/scenario.hpp"
#include "lab/simulation.hpp"

namespace niclab::lab {

struct EventList final : EventSink {
  void event(const Event& e) override { events.push_back(e); }
  std::vector<Event> select(EventKind kind) const {
    std::vector<Event> v;
    for (const Event& e : events)
      if (static_cast<EventKind>(e.kind) == kind) v.push_back(e);
    return v;
  }
  std::vector<Event> events;
};

/// NICLAB_FIDELITY in the environment of a test: every suite is run with the blocks in RTL too.
inline std::vector<std::string> fidelity_of_test() {
  const char* name = std::getenv("NICLAB_FIDELITY");
  if (name == nullptr) return {};
  return {"fidelity.all=" + std::string(name)};
}

inline Scenario from_text(const std::string& toml) {
  return scenario_from_text(toml, "test", NICLAB_SOURCE_DIR "/scenarios", fidelity_of_test());
}

/// What two runs are compared by.
struct Fingerprint {
  std::uint64_t digest = 0, content = 0, time_ns = 0, frames = 0, datagrams = 0, faults = 0;
  bool operator==(const Fingerprint&) const = default;
};

inline std::uint64_t value_of(const Counters& counters, std::string_view name) {
  for (const auto& [key, value] : counters)
    if (key == name) return value;
  throw std::out_of_range("no counter " + std::string(name));
}

inline Fingerprint fingerprint(const RunResult& r) {
  Fingerprint f{*r.digest, *r.digest_content, r.time_ns, 0, 0, faults_of(r).size()};
  for (const auto& [name, link] : r.links) f.frames += link.rx_frames + link.tx_frames;
  for (const auto& h : r.hosts)
    for (const auto& s : h.sockets) f.datagrams += s.rx_datagrams;
  return f;
}

/// What `body` returns, worked out in a child process; throws with the words of what it throws.
template <class T>
T apart(const std::function<T()>& body) {
  static_assert(std::is_trivially_copyable_v<T>, "comes through a pipe");
  ChildRun child([&](int fd) {
    const T value = body();
    return write_all(fd, &value, sizeof value) ? 0 : 1;
  });
  const std::string bytes = child.read_all();
  child.wait();
  if (bytes.size() != sizeof(T)) throw std::runtime_error("a run ended without a result");
  T value;
  std::memcpy(static_cast<void*>(&value), bytes.data(), sizeof value);
  return value;
}

/// Runs a scenario in a child process.
inline Fingerprint run_apart(const Scenario& scenario, const RunOptions& options) {
  return apart<Fingerprint>([&] { return fingerprint(*run_scenario(scenario, options)); });
}
inline Fingerprint run_apart(const Scenario& scenario, bool eager) {
  RunOptions options;
  options.eager = eager;
  options.quiet = true;
  return run_apart(scenario, options);
}

}  // namespace niclab::lab
