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
  /// The field it chooses: one that is true or false, or a number with a value for each reading.
  bool& (*flag)(I350Quirks& quirks) = nullptr;
  unsigned& (*number)(I350Quirks& quirks) = nullptr;
  std::vector<unsigned> numbers{};

  /// Makes reading number `n` hold.
  void choose(I350Quirks& quirks, unsigned n) const;
  /// The number of the reading that holds.
  unsigned chosen(I350Quirks quirks) const;
};

/// All of them, in the order of docs/uncertain.md.
std::span<const Quirk> quirk_table();

}  // namespace niclab::sim
