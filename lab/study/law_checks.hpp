// The laws of law_table(), by what they are about. Each is a Law (lab/study/laws).
#pragma once

#include "lab/study/laws.hpp"

namespace niclab::lab::study {

LawResult check_account(const RunResult&, const Scenario&);
LawResult check_little(const RunResult&, const Scenario&);

LawResult check_throttle(const RunResult&, const Scenario&);
LawResult check_throttle_rate(const RunResult&, const Scenario&);
LawResult check_slow_period(const RunResult&, const Scenario&);
LawResult check_lone_ping(const RunResult&, const Scenario&);
LawResult check_poisson_wait(const RunResult&, const Scenario&);

LawResult check_pcie_bytes(const RunResult&, const Scenario&);
LawResult check_ceiling(const RunResult&, const Scenario&);
LawResult check_pcie_limited(const RunResult&, const Scenario&);

/// Mean wait of packets that arrive as a Poisson process, `rate` a second, at an idle vector whose throttle
/// has this interval, in microseconds: after a grant the countdown runs; those that come meanwhile wait for
/// its end, and if none comes the next waits not at all. (l t^2 / 2) / (l t + exp(-l t)).
double poisson_throttle_wait_us(double rate, double interval_us);
/// Standard deviation of the mean of n such waits.
double poisson_throttle_wait_sigma_us(double rate, double interval_us, double n);

}  // namespace niclab::lab::study
