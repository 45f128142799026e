#include "lab/progress.hpp"

#include <unistd.h>

#include <cstdio>

#include "lab/report.hpp"

namespace niclab::lab {

ProgressLine::ProgressLine(bool enabled)
    : enabled_(enabled && isatty(STDERR_FILENO) != 0), begin_(WallClock::now()), last_(begin_) {}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::clear() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

void ProgressLine::count(std::size_t done, std::size_t total, std::size_t before) {
  if (!enabled_) return;
  const auto wall = WallClock::now();
  if (shown_ && wall - last_ < std::chrono::milliseconds(100)) return;
  last_ = wall;
  shown_ = true;
  const std::chrono::duration<double> elapsed = wall - begin_;
  std::fprintf(stderr, "\r\033[K%s", count_text(done, total, before, elapsed.count()).c_str());
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

std::string ProgressLine::count_text(std::size_t done, std::size_t total, std::size_t before, double wall_s) {
  constexpr std::size_t kWidth = 30;
  const std::size_t filled = total == 0 ? kWidth : kWidth * done / total;
  std::string line = "[" + std::string(filled, '=');
  if (filled < kWidth) line += ">" + std::string(kWidth - filled - 1, ' ');
  line += "] " + std::to_string(done) + "/" + std::to_string(total);
  if (done <= before || done == total) return line;
  const double each = wall_s / static_cast<double>(done - before);
  return line + ", " + fixed(each * static_cast<double>(total - done), 0) + " s to go";
}

}  // namespace niclab::lab
