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

LawResult check_little(const RunResult& r, const Scenario&) {
  LawWorst worst;
  const auto hold = [&](const BufferResult& b, const std::string& where) {
    worst.within(static_cast<double>(b.wait_ns_total), static_cast<double>(b.occupancy_ns_total), 0, where);
    worst.within(static_cast<double>(b.departures + b.left), static_cast<double>(b.arrivals), 0,
                 where + " (arrivals)");
  };
  for (const auto& [port, buffers] : r.buffers)
    for (const auto& [name, b] : buffers) hold(b, port + " " + name);
  for (const HostResult& h : r.hosts)
    for (const SocketResult& s : h.sockets)
      if (s.receive_queue) hold(*s.receive_queue, h.name + " socket " + s.local);
  return worst.result();
}

}  // namespace niclab::lab::study
