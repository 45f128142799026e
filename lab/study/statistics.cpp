#include "lab/study/statistics.hpp"

#include <cmath>

namespace niclab::lab::study {

double student_t95(unsigned degrees) {
  static constexpr double kTable[] = {12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060,
                                      2.2622,  2.2281, 2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199,
                                      2.1098,  2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639,
                                      2.0595,  2.0555, 2.0518, 2.0484, 2.0452, 2.0423};
  if (degrees <= std::size(kTable)) return kTable[degrees - 1];
  // Cornish and Fisher's expansion about the normal quantile; beyond the table its error is below 1e-5.
  const double z = 1.959963985, v = degrees;
  const double z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
  return z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * v * v * v);
}

Estimate estimate(std::span<const double> samples) {
  Estimate e;
  for (const double s : samples) e.mean += s;
  const auto n = static_cast<double>(samples.size());
  e.mean /= n;
  if (samples.size() < 2) return e;
  double squares = 0;
  for (const double s : samples) squares += (s - e.mean) * (s - e.mean);
  e.half_width = student_t95(static_cast<unsigned>(samples.size() - 1)) * std::sqrt(squares / (n - 1) / n);
  return e;
}

}  // namespace niclab::lab::study
