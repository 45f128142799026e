// What findings share: figures of points by name, groups of points, and how both are put in words.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lab/study/findings.hpp"

namespace niclab::lab::study {

/// "54.7 µs", "12.3 %", "20,000 /s": a figure as a person says it.
std::string in_words(double value, std::string_view unit);

/// "first", "first and second", "first, second and third".
std::string listed(const std::vector<std::string>& words);

class FindingView {
 public:
  FindingView(const StudySpec& spec, std::span<const PointResult> points);

  /// Points that were run and that `only` allows, in order.
  std::vector<std::size_t> select(const Selection& only) const;

  /// A metric, or a parameter whose values are numbers; nullopt: this point has no such figure.
  std::optional<double> value(std::size_t point, std::string_view name) const;
  /// Label and unit of a metric or parameter.
  std::string label(std::string_view name) const;
  /// The label within a sentence: "Latency, p99" is p99 latency.
  std::string spoken(std::string_view name) const;
  std::string unit(std::string_view name) const;
  std::string in_words(std::size_t point, std::string_view name) const;
  bool higher_is_better(std::string_view metric) const;

  struct Group {
    std::vector<std::size_t> values;  ///< of the parameters it is a group of
    std::vector<std::size_t> points;
  };
  /// In the order in which they come; no parameters: one group.
  std::vector<Group> groups(const std::vector<std::size_t>& points,
                            const std::vector<std::string>& parameters) const;
  /// "load pings, size 64": of those parameters; "" for none.
  std::string name(const Group& group, const std::vector<std::string>& parameters) const;

  /// What tells `point` from the others of `among`: "rx-usecs 50". Parameters named in `without` are left
  /// out.
  std::string what_differs(std::size_t point, const std::vector<std::size_t>& among,
                           const std::vector<std::string>& without = {}) const;
  const ParameterValue& value_of(std::size_t point, std::size_t parameter) const;
  const PointResult& operator[](std::size_t i) const { return points_[i]; }
  const StudySpec& spec() const { return spec_; }

 private:
  const StudySpec& spec_;
  std::span<const PointResult> points_;
  std::vector<MetricInfo> metrics_;
};

}  // namespace niclab::lab::study
