// What a study takes for granted: the costs of software, and the readings of the data sheet.
#pragma once

#include "lab/scenario.hpp"
#include "lab/summary.hpp"

namespace niclab::lab::study {

/// [{"name": "cost.lock", "value": "16 ns", "says": "plausible 10 ns to 30 ns; …"}, …]: every cost, then
/// every quirk. Where the NICs of a scenario read the data sheet differently, the value names all their
/// readings.
Json assumptions_json(const Scenario& scenario);

}  // namespace niclab::lab::study
