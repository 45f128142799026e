// The proof of exactness (docs/architecture.md, "Time"; docs/rtl.md): every effect an event of its own, or
// the blocks in RTL, and the same digest; on random machines and on every scenario of the project.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "random_scenario.hpp"
#include "runs.hpp"

namespace niclab::lab {
namespace {

/// With every block that has a twin in this fidelity.
Scenario in_fidelity(Scenario s, const char* fidelity) {
  for (const auto unit : kTwins) s.fidelity[std::string(unit)] = fidelity;
  return s;
}

/// Lazy or eager, C++ or RTL: the same simulation.
void expect_all_ways_agree(const Scenario& scenario) {
  const Fingerprint lazy = run_apart(scenario, false);
  EXPECT_EQ(lazy.faults, 0u);
  EXPECT_GT(lazy.frames, 0u);
  const auto same = [&](const char* way, const Fingerprint& other) {
    SCOPED_TRACE(way);
    EXPECT_EQ(lazy.digest, other.digest);
    EXPECT_EQ(lazy.content, other.content);
    EXPECT_EQ(lazy.time_ns, other.time_ns);
    EXPECT_EQ(lazy.frames, other.frames);
    EXPECT_EQ(lazy.datagrams, other.datagrams);
    EXPECT_EQ(other.faults, 0u);
  };
  same("eager", run_apart(scenario, true));
  same("rtl", run_apart(in_fidelity(scenario, "rtl"), false));
  same("lockstep, every clock edge an event", run_apart(in_fidelity(scenario, "lockstep"), true));
}

/// Each test takes twelve seeds.
class RandomMachine : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, RandomMachine, testing::Range<std::uint64_t>(0, 120, 12));

TEST_P(RandomMachine, IsTheSameLazyEagerAndInRtl) {
  for (std::uint64_t seed = GetParam(); seed < GetParam() + 12; ++seed) {
    const std::string text = RandomScenario(seed).text();
    SCOPED_TRACE(text);
    expect_all_ways_agree(from_text(text));
  }
}

TEST(EveryScenario, IsTheSameLazyEagerAndInRtl) {
  std::vector<std::filesystem::path> files;
  for (const auto& e : std::filesystem::directory_iterator(NICLAB_SOURCE_DIR "/scenarios"))
    if (e.path().extension() == ".toml") files.push_back(e.path());
  std::sort(files.begin(), files.end());
  ASSERT_FALSE(files.empty());
  for (const auto& file : files) {
    SCOPED_TRACE(file);
    const Scenario scenario = load_scenario(file);
    const auto external = [](const Host& h) { return h.external; };  // those are served: tests/e2e/serve.py
    if (std::none_of(scenario.hosts.begin(), scenario.hosts.end(), external)) expect_all_ways_agree(scenario);
  }
}

}  // namespace
}  // namespace niclab::lab
