#include "lab/results.hpp"

#include <numeric>

namespace niclab::lab {

std::uint64_t PerCpuCount::total() const {
  return std::accumulate(per_cpu.begin(), per_cpu.end(), std::uint64_t{0});
}

std::int64_t AccountResult::rx_gap() const {
  return static_cast<std::int64_t>(injected - delivered - filtered - missed - queue_drops - error_drops -
                                   rx_inside - rx_control);
}

std::int64_t AccountResult::tx_gap() const {
  return static_cast<std::int64_t>(handed_to_device - on_the_wire - tx_counted - tx_inside);
}

double RunResult::slowdown() const {
  return time_ns == 0 ? 0 : wall_s / (static_cast<double>(time_ns) * 1e-9);
}

}  // namespace niclab::lab
