// The table of `[host.nic.quirk]`: every choice between readings that a scenario has (docs/uncertain.md says
// why).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "tlm/i350/config.hpp"

namespace niclab::sim {

struct Quirk {
  std::string_view key;                    ///< in a scenario
  std::vector<std::string_view> readings;  ///< its values; the first is the default
  std::string_view section;                ///< of the fact base
  /// Makes reading number `n` hold.
  void (*choose)(I350Quirks& quirks, unsigned n);
  /// The number of the reading that holds.
  unsigned (*chosen)(const I350Quirks& quirks);
};

/// All of them, in the order of docs/uncertain.md.
std::span<const Quirk> quirk_table();

}  // namespace niclab::sim
