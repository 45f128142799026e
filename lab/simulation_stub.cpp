// Stands in until simulation.cpp exists.
#include "lab/simulation.hpp"
#include "lab/user_error.hpp"

namespace niclab::lab {

std::unique_ptr<RunResult> run_scenario(const Scenario&, const RunOptions&) {
  throw UserError("this build has no simulation, expected one with lab/simulation.cpp");
}

}  // namespace niclab::lab
