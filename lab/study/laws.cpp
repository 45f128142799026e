#include "lab/study/laws.hpp"

#include <algorithm>
#include <cstdlib>

namespace niclab::lab::study {
namespace {

LawResult check_account(const RunResult& r, const Scenario&) {
  LawResult law;
  for (const auto& [name, a] : r.accounts)
    for (const auto& [way, gap] : {std::pair{" received", a.rx_gap()}, {" sent", a.tx_gap()}})
      if (std::abs(static_cast<double>(gap)) > std::abs(law.measured)) {
        law.measured = static_cast<double>(gap);
        law.where = name + way;
        law.holds = false;
      }
  return law;
}

constexpr LawRow kLaws[] = {
    {"account", "Every frame is accounted for: frames whose way is unknown, at any port, either way.",
     check_account},
};

}  // namespace

std::span<const LawRow> law_table() { return kLaws; }

const LawRow* find_law(std::string_view name) {
  const auto table = law_table();
  const auto it = std::find_if(table.begin(), table.end(), [&](const LawRow& l) { return l.name == name; });
  return it == table.end() ? nullptr : &*it;
}

}  // namespace niclab::lab::study
