// The progress line of long runs and of studies, on a terminal only.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "lab/simulation.hpp"

namespace niclab::lab {

/// Simulated time, rate and, when the end is known, the time to go. Writes to standard error.
class ProgressLine : public ProgressSink {
 public:
  /// Silent unless `enabled` and standard error is a terminal.
  explicit ProgressLine(bool enabled);
  ~ProgressLine() override;  ///< clears the line
  void progress(Time now, Time end) override;
  /// So many of `total` things are done; `before` of them were when this line began.
  void count(std::size_t done, std::size_t total, std::size_t before = 0);
  /// Makes room for a message.
  void clear();
  bool enabled() const { return enabled_; }

  /// "12.5 ms simulated, 0.31 ms/s, 4 s to go".
  static std::string text(Time now, Time end, double wall_s);
  /// "[=======>            ] 123/336, 12 s to go".
  static std::string count_text(std::size_t done, std::size_t total, std::size_t before, double wall_s);

 private:
  using WallClock = std::chrono::steady_clock;
  bool enabled_;
  bool shown_ = false;
  WallClock::time_point begin_, last_;
};

}  // namespace niclab::lab
