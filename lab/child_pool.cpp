#include "lab/child_pool.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <vector>

namespace niclab::lab {

void ChildPool::start(std::size_t id, const std::function<int(int fd)>& body) {
  const pid_t parent = getpid();
  children_.emplace_back(id, [&](int fd) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) return ChildRun::kFailed;  // it was quicker
    return body(fd);
  });
}

std::optional<ChildPool::Ended> ChildPool::wait(int other_fd, int milliseconds) {
  for (;;) {
    std::vector<pollfd> watched;
    for (const Child& c : children_) watched.push_back({c.run.fd(), POLLIN, 0});
    watched.push_back({other_fd, POLLIN, 0});
    if (::poll(watched.data(), watched.size(), milliseconds) <= 0) return std::nullopt;
    if (watched.back().revents != 0) return std::nullopt;
    std::size_t i = 0;
    for (auto it = children_.begin(); it != children_.end(); ++it, ++i) {
      if (watched[i].revents == 0 || it->run.read_some_of(it->output)) continue;
      Ended ended{it->id, std::move(it->output), it->run.end()};
      children_.erase(it);
      return ended;
    }
  }
}

}  // namespace niclab::lab
