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

  /// How a child ended.
  struct Ending {
    int code = 0;       ///< what `body` returned; 2: it threw a UserError
    int signal = 0;     ///< that killed it; 0: none
    std::string error;  ///< the words of the exception it ended with
    bool died() const { return signal != 0 || code == kFailed; }
  };
  static constexpr int kFailed =
      254;  ///< the code of a body that ended with an exception that is no UserError

  pid_t pid() const { return pid_; }
  /// The pipe's reading end, for poll().
  int fd() const { return fd_; }
  /// Reads what is there, without waiting for more, and adds it to `text`; false at the end of the stream.
  /// After poll().
  bool read_some_of(std::string& text);
  /// Reads up to `size` bytes, fewer only at the end of the stream.
  std::size_t read(void* buffer, std::size_t size);
  std::string read_all();
  /// Waits for the child.
  Ending end();
  /// The same; its exit code. Throws UserError or std::runtime_error with the words of the child's
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
