// Frames and buffers: what comes in is inside or has gone out.
#include <cstdlib>
#include <utility>

#include "lab/study/law_checks.hpp"
#include "lab/study/law_view.hpp"

namespace niclab::lab::study {

LawResult check_account(const RunResult& r, const Scenario&) {
  LawWorst worst;
  for (const auto& [name, a] : r.accounts)
    for (const auto& [way, gap] : {std::pair{" received", a.rx_gap()}, {" sent", a.tx_gap()}})
      worst.within(static_cast<double>(gap), 0, 0, name + way);
  return worst.result();
}

}  // namespace niclab::lab::study
