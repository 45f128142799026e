// A run_scenario for tests of the commands: events and counters follow from the scenario by simple rules.
#pragma once

#include <string>

namespace niclab::lab::test {

/// When not empty, run_scenario refuses with this line.
inline std::string refusal;
/// Added to the account's `injected`, to make a gap.
inline unsigned account_gap = 0;
inline unsigned runs = 0;

}  // namespace niclab::lab::test
