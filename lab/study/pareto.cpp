#include "lab/study/pareto.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace niclab::lab::study {
namespace {

bool no_worse(double a, double b, double tolerance) { return a <= b + std::abs(b) * tolerance; }
bool better(double a, double b, double tolerance) { return a < b - std::abs(b) * tolerance; }

bool beats(const XY& a, const XY& b, double t) {
  return no_worse(a.x, b.x, t) && no_worse(a.y, b.y, t) && (better(a.x, b.x, t) || better(a.y, b.y, t));
}

/// How much smaller `a` is than `b`, as a share of it.
double smaller_by(double a, double b) { return b > 0 ? (b - a) / b : 0; }

}  // namespace

std::vector<std::size_t> pareto_front(std::span<const XY> points, double tolerance) {
  std::vector<std::size_t> front;
  for (std::size_t i = 0; i < points.size(); ++i)
    if (std::none_of(points.begin(), points.end(),
                     [&](const XY& p) { return beats(p, points[i], tolerance); }))
      front.push_back(i);
  std::sort(front.begin(), front.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(points[a].x, points[a].y, a) < std::tie(points[b].x, points[b].y, b);
  });
  return front;
}

Position position_of(std::size_t point, std::span<const XY> points, double tolerance) {
  Position p;
  const XY& here = points[point];
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double saves = smaller_by(points[i].x, here.x), gains = smaller_by(points[i].y, here.y);
    if (no_worse(points[i].y, here.y, tolerance) && saves > tolerance && saves > p.saves) {
      p.cheaper = i;
      p.saves = saves;
    }
    if (no_worse(points[i].x, here.x, tolerance) && gains > tolerance && gains > p.gains) {
      p.faster = i;
      p.gains = gains;
    }
  }
  p.on_front = !p.cheaper && !p.faster;
  return p;
}

std::optional<double> elasticity(double y_low, double y_high, double step) {
  if (!(y_low > 0) || !(y_high > 0) || !(step > 0) || step >= 1) return std::nullopt;
  return std::log(y_high / y_low) / std::log((1 + step) / (1 - step));
}

}  // namespace niclab::lab::study
