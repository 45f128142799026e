// How single values are written in a scenario.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.hpp"
#include "lab/scenario.hpp"

namespace niclab::lab {

/// "<n>ns|us|ms|s", and "<n>ps" when `picoseconds`; n is a decimal integer, the result at most 10^6 s.
std::optional<Duration> parse_duration(std::string_view text, bool picoseconds = false);

/// "captured", "line" or "<n>pps" with n from 1 to 10^9.
std::optional<Rate> parse_rate(std::string_view text);

/// "==", "!=", "<", "<=", ">", ">=".
std::optional<CompareOp> parse_compare(std::string_view text);

}  // namespace niclab::lab
