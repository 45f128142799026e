// Meters as results.
#pragma once

#include "base/meters.hpp"
#include "lab/results.hpp"

namespace niclab::lab {

/// Of a meter that has been told of what is still inside.
inline BufferResult buffer_result(const BufferMeter& m, Time end) {
  const OccupancyMeter& o = m.occupancy();
  const auto ns = [](ThingTime ps) { return static_cast<std::uint64_t>(ps / 1000); };
  return {m.arrivals(), m.departures(),  o.level(),     o.mean(end),
          o.most(),     ns(o.area(end)), ns(m.waits()), (o.most_since() - o.begun()).ns()};
}

}  // namespace niclab::lab
