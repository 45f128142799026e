// Means and confidence intervals of repeated runs.
#pragma once

#include <optional>
#include <span>

namespace niclab::lab::study {

/// The two-sided 95 % quantile of Student's t distribution (the 0.975 quantile), to 4 digits; `degrees` >= 1.
double student_t95(unsigned degrees);

struct Estimate {
  double mean = 0;
  std::optional<double> half_width;  ///< of the 95 % interval; nullopt: fewer than two samples
};

/// `samples` is not empty.
Estimate estimate(std::span<const double> samples);

}  // namespace niclab::lab::study
