#include "lab/values.hpp"

#include <charconv>
#include <cstdint>

namespace niclab::lab {
namespace {

/// A decimal integer without sign at the front of `text`, removed from it.
std::optional<std::uint64_t> take_integer(std::string_view& text) {
  std::uint64_t n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (ec != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return n;
}

constexpr std::pair<std::string_view, std::uint64_t> kUnitPs[] = {
    {"ps", 1}, {"ns", 1'000}, {"us", 1'000'000}, {"ms", 1'000'000'000}, {"s", 1'000'000'000'000}};
constexpr std::uint64_t kLongestPs = 1'000'000 * 1'000'000'000'000ull;

constexpr std::pair<std::string_view, CompareOp> kOps[] = {{"==", CompareOp::eq}, {"!=", CompareOp::ne},
                                                           {"<", CompareOp::lt},  {"<=", CompareOp::le},
                                                           {">", CompareOp::gt},  {">=", CompareOp::ge}};

}  // namespace

std::optional<Duration> parse_duration(std::string_view text, bool picoseconds) {
  const auto n = take_integer(text);
  if (!n) return std::nullopt;
  for (const auto& [unit, ps] : kUnitPs) {
    if (text != unit || (ps == 1 && !picoseconds)) continue;
    if (*n > kLongestPs / ps) return std::nullopt;
    return Duration::from_ps(*n * ps);
  }
  return std::nullopt;
}

std::optional<Rate> parse_rate(std::string_view text) {
  if (text == "captured") return Rate{Rate::Kind::captured, 0};
  if (text == "line") return Rate{Rate::Kind::line, 0};
  const auto n = take_integer(text);
  if (!n || *n == 0 || *n > 1'000'000'000 || text != "pps") return std::nullopt;
  return Rate{Rate::Kind::pps, *n};
}

std::optional<CompareOp> parse_compare(std::string_view text) {
  for (const auto& [name, op] : kOps)
    if (name == text) return op;
  return std::nullopt;
}

std::string_view to_string(CompareOp op) { return kOps[static_cast<std::size_t>(op)].first; }

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto ip = Ipv4Address::parse(text.substr(0, colon));
  text.remove_prefix(colon + 1);
  const auto n = take_integer(text);
  if (!ip || !n || *n == 0 || *n > 65535 || !text.empty()) return std::nullopt;
  return Endpoint{*ip, static_cast<std::uint16_t>(*n)};
}

std::string Endpoint::to_string() const { return address.to_string() + ":" + std::to_string(port); }

}  // namespace niclab::lab
