// The front of two figures that should both be small, and where a choice sits.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace niclab::lab::study {

struct XY {
  double x = 0, y = 0;
  bool operator==(const XY&) const = default;
};

/// Indices of the points no other point beats: none has both figures as small and one of them smaller, where
/// a difference of at most `tolerance`, as a share, is none. Sorted by x, then y; points that are equal are
/// all there.
std::vector<std::size_t> pareto_front(std::span<const XY> points, double tolerance = 0);

/// Where a point sits against the others.
struct Position {
  bool on_front = true;
  /// The point with the smallest x among those whose y is no larger, and by which share (0..1) its x is
  /// smaller.
  std::optional<std::size_t> cheaper;
  double saves = 0;
  /// The point with the smallest y among those whose x is no larger, likewise.
  std::optional<std::size_t> faster;
  double gains = 0;
};
/// `tolerance`: advantages of at most this share are none.
Position position_of(std::size_t point, std::span<const XY> points, double tolerance = 0);

/// d ln y / d ln x by a symmetric difference: y at x (1 - step) and at x (1 + step); nullopt where a
/// logarithm has no value. 1: y grows as x does; 0: it does not care.
std::optional<double> elasticity(double y_low, double y_high, double step);

}  // namespace niclab::lab::study
