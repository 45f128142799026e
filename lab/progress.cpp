#include "lab/progress.hpp"

#include <unistd.h>

#include <cstdio>

#include "lab/report.hpp"

namespace niclab::lab {

ProgressLine::ProgressLine(bool enabled)
    : enabled_(enabled && isatty(STDERR_FILENO) != 0), begin_(WallClock::now()), last_(begin_) {}

ProgressLine::~ProgressLine() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void ProgressLine::progress(Time now, Time end) {
  if (!enabled_) return;
  const auto wall = WallClock::now();
  if (wall - last_ < std::chrono::milliseconds(200)) return;
  last_ = wall;
  shown_ = true;
  const std::chrono::duration<double> elapsed = wall - begin_;
  std::fprintf(stderr, "\r\033[K%s", text(now, end, elapsed.count()).c_str());
}

std::string ProgressLine::text(Time now, Time end, double wall_s) {
  std::string line = readable_ns(now.ns()) + " simulated";
  if (wall_s <= 0 || now.ps() == 0) return line;
  const double rate = static_cast<double>(now.ns()) / wall_s;
  line += ", " + readable_ns(static_cast<std::uint64_t>(rate)) + " a second";
  if (end != Time::never() && end > now)
    line += ", " + fixed(static_cast<double>((end - now).ns()) / rate, 0) + " s to go";
  return line;
}

}  // namespace niclab::lab
