#include "bridge/vfio_user/server.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace niclab::vfio_user {
namespace {

bool is_dead_socket(const sockaddr_un& address) {
  struct stat info {};
  if (lstat(address.sun_path, &info) != 0 || !S_ISSOCK(info.st_mode)) return false;
  const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
         errno == ECONNREFUSED;
}

}  // namespace

Listener::Listener(std::string path) : path_(std::move(path)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.empty() || path_.size() >= sizeof address.sun_path)
    throw std::runtime_error(path_ + ": is no name for a socket, expected 1 to " +
                             std::to_string(sizeof address.sun_path - 1) + " bytes");
  std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
  socket_ = UniqueFd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto* raw = reinterpret_cast<const sockaddr*>(&address);
  int bound = bind(socket_.get(), raw, sizeof address);
  if (bound != 0 && errno == EADDRINUSE && is_dead_socket(address)) {
    unlink(path_.c_str());
    bound = bind(socket_.get(), raw, sizeof address);
  }
  if (bound != 0 || listen(socket_.get(), 1) != 0) {
    const std::string reason = std::strerror(errno);
    path_.clear();
    throw std::runtime_error(std::string(address.sun_path) + ": " + reason +
                             ", expected a name for a socket in a folder that can be written");
  }
}

Listener::~Listener() {
  if (socket_ && !path_.empty()) unlink(path_.c_str());
}

UniqueFd Listener::accept() {
  return UniqueFd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

}  // namespace niclab::vfio_user
