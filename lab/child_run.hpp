// Runs a scenario in a child process, because a process can elaborate SystemC only once.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>

namespace niclab::lab {

/// A child process and the pipe it writes to.
class ChildRun {
 public:
  /// Forks; the child calls `body(fd)` with the pipe's writing end and exits with the code it returns. A
  /// UserError in the child becomes one line on standard error and exit code 2.
  explicit ChildRun(const std::function<int(int fd)>& body);
  /// Ends the child if it still runs.
  ~ChildRun();
  ChildRun(const ChildRun&) = delete;
  ChildRun& operator=(const ChildRun&) = delete;

  /// Reads up to `size` bytes, fewer only at the end of the stream.
  std::size_t read(void* buffer, std::size_t size);
  std::string read_all();
  /// Waits for the child; its exit code. Throws UserError or std::runtime_error with the words of the child's
  /// own exception, or because it died.
  int wait();

 private:
  pid_t pid_ = -1;
  int fd_ = -1;
  int error_fd_ = -1;
};

/// Writes all of it; false when the reader is gone.
bool write_all(int fd, const void* data, std::size_t size);

}  // namespace niclab::lab
