#include "lab/expect.hpp"

#include <algorithm>
#include <compare>

namespace niclab::lab {
namespace {

Json to_json(const Expect& e) {
  return std::visit([](const auto& v) { return Json(v); }, e.value);
}

/// Integers exactly, everything else as it compares; unordered when the types do not meet.
std::partial_ordering compare(const Json& a, const Json& b) {
  if (a.is_number_integer() && b.is_number_integer()) {
    const bool a_large = a.is_number_unsigned() && a.get<std::uint64_t>() > INT64_MAX;
    const bool b_large = b.is_number_unsigned() && b.get<std::uint64_t>() > INT64_MAX;
    if (a_large || b_large)
      return a_large && b_large ? a.get<std::uint64_t>() <=> b.get<std::uint64_t>()
                                : int{a_large} <=> int{b_large};
    return a.get<std::int64_t>() <=> b.get<std::int64_t>();
  }
  if (a.is_number() && b.is_number()) return a.get<double>() <=> b.get<double>();
  if (a.is_string() && b.is_string())
    return a.get_ref<const std::string&>() <=> b.get_ref<const std::string&>();
  if (a.is_boolean() && b.is_boolean()) return int{a.get<bool>()} <=> int{b.get<bool>()};
  return std::partial_ordering::unordered;
}

bool holds(const Json& actual, CompareOp op, const Json& value) {
  const auto order = compare(actual, value);
  switch (op) {
    case CompareOp::eq: return order == 0;
    case CompareOp::ne: return order != 0;
    case CompareOp::lt: return order < 0;
    case CompareOp::le: return order <= 0;
    case CompareOp::gt: return order > 0;
    case CompareOp::ge: return order >= 0;
  }
  return false;
}

}  // namespace

std::string xml_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&apos;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

std::vector<ExpectOutcome> judge(const std::vector<Expect>& expects, const Json& summary) {
  std::vector<ExpectOutcome> outcomes;
  for (const Expect& e : expects) {
    const Json value = to_json(e);
    const Json* actual = find_metric(summary, e.metric);
    ExpectOutcome o{e.metric + " " + std::string(to_string(e.op)) + " " + value.dump(), e.where.to_string(),
                    "no such metric"};
    if (actual != nullptr) {
      o.actual = actual->is_structured() ? std::string("not a single value") : actual->dump();
      o.passed = !actual->is_structured() && holds(*actual, e.op, value);
    }
    outcomes.push_back(std::move(o));
  }
  return outcomes;
}

std::string junit_xml(const std::string& suite, const std::vector<ExpectOutcome>& outcomes) {
  const auto failures =
      std::count_if(outcomes.begin(), outcomes.end(), [](const auto& o) { return !o.passed; });
  const std::string counts = " tests=\"" + std::to_string(outcomes.size()) + "\" failures=\"" +
                             std::to_string(failures) + "\" errors=\"0\"";
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + counts +
                    ">\n  <testsuite name=\"" + xml_escape(suite) + "\"" + counts + ">\n";
  for (const auto& o : outcomes) {
    xml += "    <testcase classname=\"" + xml_escape(suite) + "\" name=\"" + xml_escape(o.statement) + "\"";
    if (o.passed) {
      xml += "/>\n";
      continue;
    }
    xml += ">\n      <failure message=\"" + xml_escape("found " + o.actual) + "\">" + xml_escape(o.place) +
           "</failure>\n    </testcase>\n";
  }
  return xml + "  </testsuite>\n</testsuites>\n";
}

}  // namespace niclab::lab
