// Whatever a lawful driver, a network and a host do, the port keeps the law
// (tests/support/port_exerciser.hpp).
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/port_exerciser.hpp"

namespace niclab::test {
namespace {

std::vector<std::byte>& memory() {
  static std::vector<std::byte> bytes(PortExerciser::kMemory);
  return bytes;
}

struct Outcome {
  std::uint64_t digest = 0, writes = 0, descriptors = 0;
  sim::PortAccount account;
  sim::I350Function::ErrorCounts errors;
};

Outcome exercise(std::uint64_t seed, const PortExerciser::Options& options) {
  Choices choices(seed);
  std::fill(memory().begin(), memory().end(), std::byte{});
  PortExerciser e(choices, memory(), options);
  e.run();
  return {e.digest(), e.writes(), e.descriptors(), e.account(), e.errors()};
}

std::uint64_t environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 0);
}

/// In the environment: NICLAB_WRITES register writes, from seed NICLAB_SEED on; NICLAB_TELL: each is told.
TEST(PortProperties, HoldForAMillionRandomWrites) {
  const std::uint64_t wanted = environment("NICLAB_WRITES", 1'000'000);
  std::uint64_t seed = environment("NICLAB_SEED", 1);
  Outcome all;
  for (; all.writes < wanted; ++seed) {
    try {
      const Outcome o = exercise(seed, {.tell = std::getenv("NICLAB_TELL") != nullptr});
      all.writes += o.writes;
      all.descriptors += o.descriptors;
      all.account.delivered += o.account.delivered;
      all.account.on_the_wire += o.account.on_the_wire;
      all.account.queue_drops += o.account.queue_drops;
      all.account.missed += o.account.missed;
      for (std::size_t i = 0; i < all.errors.found.size(); ++i) all.errors.found[i] += o.errors.found[i];
      all.errors.nonfatal += o.errors.nonfatal;
    } catch (const Violation& v) {
      ADD_FAILURE() << "seed " << seed << ": " << v.what();
      if (std::getenv("NICLAB_ALL_SEEDS") == nullptr) return;
      all.writes += 1000;
    }
  }
  // The histories are worth something: all of it happens.
  EXPECT_GT(all.descriptors, wanted / 4);
  EXPECT_GT(all.account.delivered, wanted / 50);
  EXPECT_GT(all.account.on_the_wire, wanted / 50);
  EXPECT_GT(all.account.queue_drops, 0u);
  using hw::PciError;
  for (const PciError e :
       {PciError::completion_timeout, PciError::unexpected_completion, PciError::poisoned_tlp})
    EXPECT_GT(all.errors.found[static_cast<unsigned>(e)], 0u) << static_cast<unsigned>(e);
  EXPECT_GT(all.errors.nonfatal, 0u);
  RecordProperty("writes", std::to_string(all.writes));
  std::printf("%llu writes, %llu descriptors, %llu delivered, %llu sent, %llu dropped, %llu missed\n",
              static_cast<unsigned long long>(all.writes), static_cast<unsigned long long>(all.descriptors),
              static_cast<unsigned long long>(all.account.delivered),
              static_cast<unsigned long long>(all.account.on_the_wire),
              static_cast<unsigned long long>(all.account.queue_drops),
              static_cast<unsigned long long>(all.account.missed));
}

TEST(PortProperties, EveryHistoryIsTheSameLazyEagerAndInLockstep) {
  const std::uint64_t first = environment("NICLAB_SEED", 1),
                      last = first + environment("NICLAB_HISTORIES", 30);
  for (std::uint64_t seed = first; seed < last; ++seed) {
    SCOPED_TRACE(seed);
    const Outcome lazy = exercise(seed, {.blocks_too = true});
    EXPECT_EQ(exercise(seed, {.eager = true, .blocks_too = true}).digest, lazy.digest) << "eager";
    sim::RtlWorld rtl(false);
    constexpr auto kBoth = sim::Fidelity::lockstep;
    const sim::Fidelities lockstep{kBoth, kBoth, kBoth, kBoth};
    const bool tell = std::getenv("NICLAB_TELL") != nullptr;
    EXPECT_EQ(exercise(seed, {.tell = tell, .blocks_too = true, .fidelity = lockstep, .rtl = &rtl}).digest,
              lazy.digest)
        << "lockstep";
  }
}

}  // namespace
}  // namespace niclab::test
