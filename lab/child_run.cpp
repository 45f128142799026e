#include "lab/child_run.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>

#include "lab/user_error.hpp"

namespace niclab::lab {
namespace {

int run_body(const std::function<int(int)>& body, int fd) {
  try {
    return body(fd);
  } catch (const UserError& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "fault: %s\n", e.what());
    return 1;
  }
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
  int ends[2];
  if (pipe(ends) != 0) throw UserError("cannot make a pipe, expected free file descriptors");
  std::cout.flush();
  std::fflush(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    close(ends[0]);
    std::signal(SIGPIPE, SIG_IGN);
    const int code = run_body(body, ends[1]);
    std::fflush(stderr);
    _exit(code);
  }
  close(ends[1]);
  fd_ = ends[0];
  if (pid_ < 0) {
    close(fd_);
    throw UserError("cannot start a process, expected room for one");
  }
}

ChildRun::~ChildRun() {
  if (fd_ >= 0) close(fd_);
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

std::size_t ChildRun::read(void* buffer, std::size_t size) {
  std::size_t got = 0;
  while (got < size) {
    const ssize_t n = ::read(fd_, static_cast<char*>(buffer) + got, size - got);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  return got;
}

std::string ChildRun::read_all() {
  std::string all;
  char chunk[65536];
  while (const std::size_t n = read(chunk, sizeof chunk)) all.append(chunk, n);
  return all;
}

int ChildRun::wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

}  // namespace niclab::lab
