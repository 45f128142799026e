// What a run prints for people.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lab/expect.hpp"
#include "lab/results.hpp"

namespace niclab::lab {

/// Rates, latency, interrupts, PCIe cost, the account, expectations and where the files are; aligned tables,
/// a unit on each number.
std::string report_text(const RunResult& r, const std::vector<ExpectOutcome>& outcomes,
                        const std::optional<std::filesystem::path>& folder);

/// Rows of cells as aligned text: first column to the left, the others to the right; two blanks of
/// indentation.
std::string align(const std::vector<std::vector<std::string>>& rows);

/// 1234567 as "1,234,567".
std::string grouped(std::uint64_t v);
/// A value with `decimals` digits after the point.
std::string fixed(double v, int decimals);
/// Nanoseconds in a readable unit: "850 ns", "12.34 us", "1.250 ms", "3.000 s".
std::string readable_ns(std::uint64_t ns);

}  // namespace niclab::lab
