// Closed forms a run is held against.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lab/results.hpp"
#include "lab/scenario.hpp"

namespace niclab::lab::study {

/// What a law says of one run. A law with several places (a buffer each, a vector each) reports the worst.
struct LawResult {
  std::string name;
  bool applies = true;  ///< false: it says nothing of such a run; the rest is then empty
  bool holds = true;    ///< |measured - expected| <= bound, or as the law says
  double measured = 0, expected = 0, bound = 0;  ///< in the law's unit
  std::string where;                             ///< "h1.eth0 rx_buffer"; empty: there is only one place
};

/// Must not depend on anything but its arguments. Fills all but LawResult::name.
using Law = LawResult (*)(const RunResult& result, const Scenario& scenario);

struct LawRow {
  std::string_view name;
  std::string_view says;  ///< one sentence, with the unit of the numbers
  Law check;
};

/// Every law there is.
std::span<const LawRow> law_table();

/// The row of that name, or nullptr.
const LawRow* find_law(std::string_view name);

/// Those that are checked at every point of every study.
inline constexpr std::string_view kLawsOfEveryPoint[] = {"account", "little"};

}  // namespace niclab::lab::study
