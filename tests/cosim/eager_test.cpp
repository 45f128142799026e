// The proof of exactness (docs/architecture.md, "Time"): every effect an event of its own, and the same
// digest; on random machines and on every scenario of the project.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "random_scenario.hpp"
#include "runs.hpp"

namespace niclab::lab {
namespace {

void expect_lazy_equals_eager(const Scenario& scenario) {
  const Fingerprint lazy = run_apart(scenario, false);
  const Fingerprint eager = run_apart(scenario, true);
  EXPECT_EQ(lazy.digest, eager.digest);
  EXPECT_EQ(lazy.content, eager.content);
  EXPECT_EQ(lazy.time_ns, eager.time_ns);
  EXPECT_EQ(lazy.frames, eager.frames);
  EXPECT_EQ(lazy.datagrams, eager.datagrams);
  EXPECT_EQ(lazy.faults, 0u);
  EXPECT_EQ(eager.faults, 0u);
  EXPECT_GT(lazy.frames, 0u);
}

/// Each test takes twelve seeds.
class RandomMachine : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, RandomMachine, testing::Range<std::uint64_t>(0, 120, 12));

TEST_P(RandomMachine, LazyEqualsEager) {
  for (std::uint64_t seed = GetParam(); seed < GetParam() + 12; ++seed) {
    const std::string text = RandomScenario(seed).text();
    SCOPED_TRACE(text);
    expect_lazy_equals_eager(from_text(text));
  }
}

TEST(EveryScenario, LazyEqualsEager) {
  std::vector<std::filesystem::path> files;
  for (const auto& e : std::filesystem::directory_iterator(NICLAB_SOURCE_DIR "/scenarios"))
    if (e.path().extension() == ".toml") files.push_back(e.path());
  std::sort(files.begin(), files.end());
  ASSERT_FALSE(files.empty());
  for (const auto& file : files) {
    SCOPED_TRACE(file);
    expect_lazy_equals_eager(load_scenario(file, fidelity_of_test()));
  }
}

}  // namespace
}  // namespace niclab::lab
