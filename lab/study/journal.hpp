// The finished runs of a study, kept line by line so that an interrupted study goes on where it was.
#pragma once

#include <filesystem>
#include <map>
#include <optional>

#include "bridge/vfio_user/unique_fd.hpp"
#include "lab/study/point_run.hpp"

namespace niclab::lab::study {

/// A file of JSON lines, {"key": "0123456789abcdef", "run": {…}}, that only grows. A line that is cut off or
/// damaged is as if it were not there.
class Journal {
 public:
  /// Reads what is there, made by whomever, and keeps others out while it lives. Throws UserError when it
  /// cannot write, or another study writes there.
  explicit Journal(const std::filesystem::path& file);

  /// nullptr: not run yet.
  const PointRun* find(std::uint64_t key) const;
  /// On disk when it returns, as far as this process can tell. Throws UserError when it cannot write.
  void add(std::uint64_t key, const PointRun& run);

 private:
  std::filesystem::path file_;
  vfio_user::UniqueFd fd_;
  std::map<std::uint64_t, PointRun> runs_;
};

}  // namespace niclab::lab::study
