#include "lab/child_run.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <stdexcept>

#include "lab/user_error.hpp"

namespace niclab::lab {
namespace {

constexpr int kRefused = 2;

int run_body(const std::function<int(int)>& body, int fd, int error_fd) {
  try {
    return body(fd);
  } catch (const UserError& e) {
    write_all(error_fd, e.what(), std::strlen(e.what()));
    return kRefused;
  } catch (const std::exception& e) {
    write_all(error_fd, e.what(), std::strlen(e.what()));
    return ChildRun::kFailed;
  }
}

/// Reads until the buffer is full or the stream ends.
std::size_t read_some(int fd, char* buffer, std::size_t size) {
  std::size_t got = 0;
  while (got < size) {
    const ssize_t n = ::read(fd, buffer + got, size - got);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  return got;
}

std::string read_to_end(int fd) {
  std::string all;
  char chunk[65536];
  while (const std::size_t n = read_some(fd, chunk, sizeof chunk)) all.append(chunk, n);
  return all;
}

}  // namespace

bool write_all(int fd, const void* data, std::size_t size) {
  const char* p = static_cast<const char*>(data);
  while (size != 0) {
    const ssize_t n = ::write(fd, p, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    p += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

ChildRun::ChildRun(const std::function<int(int fd)>& body) {
  int data[2], errors[2];
  if (pipe2(data, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  if (pipe2(errors, O_CLOEXEC) != 0) {
    close(data[0]);
    close(data[1]);
    throw std::runtime_error("cannot make a pipe");
  }
  std::cout.flush();
  std::fflush(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    close(data[0]);
    close(errors[0]);
    std::signal(SIGPIPE, SIG_IGN);
    _exit(run_body(body, data[1], errors[1]));
  }
  close(data[1]);
  close(errors[1]);
  fd_ = data[0];
  error_fd_ = errors[0];
  if (pid_ < 0) {
    close(fd_);
    close(error_fd_);
    throw std::runtime_error("cannot start a process");
  }
}

ChildRun::~ChildRun() {
  close(fd_);
  close(error_fd_);
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

std::size_t ChildRun::read(void* buffer, std::size_t size) {
  return read_some(fd_, static_cast<char*>(buffer), size);
}

std::string ChildRun::read_all() { return read_to_end(fd_); }

bool ChildRun::read_some_of(std::string& text) {
  char chunk[65536];
  ssize_t n = 0;
  do n = ::read(fd_, chunk, sizeof chunk);
  while (n < 0 && errno == EINTR);
  if (n > 0) text.append(chunk, static_cast<std::size_t>(n));
  return n > 0;
}

ChildRun::Ending ChildRun::end() {
  Ending ending;
  ending.error = read_to_end(error_fd_);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (WIFSIGNALED(status)) ending.signal = WTERMSIG(status);
  if (WIFEXITED(status)) ending.code = WEXITSTATUS(status);
  return ending;
}

int ChildRun::wait() {
  const Ending ending = end();
  if (ending.code == kRefused && !ending.error.empty()) throw UserError(ending.error);
  if (ending.died())
    throw std::runtime_error(ending.error.empty() ? "a simulation process died" : ending.error);
  return ending.code;
}

}  // namespace niclab::lab
