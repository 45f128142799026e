#include "lab/study/assumptions.hpp"

#include <algorithm>
#include <string>

#include "base/cost.hpp"
#include "lab/report.hpp"
#include "tlm/i350/quirks.hpp"

namespace niclab::lab::study {
namespace {

std::string text_of(Duration d) {
  return d.ps() % 1000 == 0 ? readable_ns(d.ns()) : std::to_string(d.ps()) + " ps";
}

Json row(std::string name, std::string value, std::string says) {
  return Json{{"name", std::move(name)}, {"value", std::move(value)}, {"says", std::move(says)}};
}

Json cost_row(const CostEntry& entry, const CostModel& cost) {
  std::string says = "plausible " + text_of(entry.low) + " to " + text_of(entry.high) + ": ";
  says.append(entry.citation).append(" (").append(entry.cpu).append(")");
  return row("cost." + std::string(entry.key), text_of(cost.*entry.member), std::move(says));
}

void add_word(std::string& list, std::string_view word) {
  if (!list.empty()) list += ", ";
  list += word;
}

Json quirk_row(const sim::Quirk& quirk, const Scenario& scenario) {
  std::vector<unsigned> chosen;
  for (const Host& host : scenario.hosts)
    for (const Nic& nic : host.nics) {
      const unsigned reading = quirk.chosen(nic.quirks);
      if (std::find(chosen.begin(), chosen.end(), reading) == chosen.end()) chosen.push_back(reading);
    }
  std::string value, others;
  for (const unsigned c : chosen) add_word(value, quirk.readings[c]);
  for (unsigned r = 0; r < quirk.readings.size(); ++r)
    if (std::find(chosen.begin(), chosen.end(), r) == chosen.end()) add_word(others, quirk.readings[r]);
  return row("host.nic.quirk." + std::string(quirk.key), value, others.empty() ? "" : "or " + others);
}

}  // namespace

Json assumptions_json(const Scenario& scenario) {
  Json all = Json::array();
  for (const CostEntry& entry : cost_table()) all.push_back(cost_row(entry, scenario.cost));
  for (const sim::Quirk& quirk : sim::quirk_table()) all.push_back(quirk_row(quirk, scenario));
  return all;
}

}  // namespace niclab::lab::study
