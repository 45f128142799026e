#include "lab/register_bench.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <vector>

#include "hw/registers.hpp"
#include "lab/child_run.hpp"
#include "lab/live_run.hpp"

namespace niclab::lab {
namespace {

constexpr unsigned kBatch = 100, kBatches = 10'000, kWarmUp = 100;

/// The median over batches of the wall time of one call, ns.
template <typename Access>
double median_ns(Access access) {
  using WallClock = std::chrono::steady_clock;
  std::vector<double> batches;
  for (unsigned b = 0; b < kWarmUp + kBatches; ++b) {
    const auto begin = WallClock::now();
    for (unsigned i = 0; i < kBatch; ++i) access();
    const std::chrono::duration<double, std::nano> taken = WallClock::now() - begin;
    if (b >= kWarmUp) batches.push_back(taken.count() / kBatch);
  }
  const auto middle = batches.begin() + kBatches / 2;
  std::nth_element(batches.begin(), middle, batches.end());
  return *middle;
}

RegisterTimes measure_here(const Scenario& scenario) {
  RunOptions options;
  options.quiet = true;
  RegisterTimes times;
  open_live_run(scenario, options, 1_ms).run_task([&](PciDevice& nic) {
    times.read_ns = median_ns([&] { nic.mmio_read32(0, hw::reg::STATUS); });
    times.write_ns = median_ns([&] { nic.mmio_write32(0, hw::reg::FCTTV, 0); });
  });
  return times;
}

}  // namespace

RegisterTimes measure_registers(const Scenario& scenario) {
  ChildRun child([&](int fd) {
    const RegisterTimes times = measure_here(scenario);
    return write_all(fd, &times, sizeof times) ? 0 : 1;
  });
  RegisterTimes times;
  const bool complete = child.read(&times, sizeof times) == sizeof times;
  if (child.wait() != 0 || !complete) throw std::runtime_error("bench: a run gave no result");
  return times;
}

}  // namespace niclab::lab
