// Judges the [[expect]]s of a scenario against a summary, and tells a CI about it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/scenario.hpp"
#include "lab/summary.hpp"

namespace niclab::lab {

struct ExpectOutcome {
  std::string statement;  ///< "links.h1.eth0.rx_frames == 100"
  std::string place;      ///< where it is written, "file:line"
  std::string actual;     ///< the value found, or "no such metric"
  bool passed = false;
};

/// One outcome an [[expect]], in order. A metric that does not exist fails.
std::vector<ExpectOutcome> judge(const std::vector<Expect>& expects, const Json& summary);

/// JUnit XML: one test case an outcome.
std::string junit_xml(const std::string& suite, const std::vector<ExpectOutcome>& outcomes);

/// Text as it stands in XML and HTML, in an attribute too; control characters become blanks.
std::string xml_escape(std::string_view text);

}  // namespace niclab::lab
