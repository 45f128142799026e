#include "bridge/vfio_user/server.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "bridge/unix_socket.hpp"

namespace niclab::vfio_user {

Listener::Listener(std::string path)
    : path_(std::move(path)), socket_(bridge::bind_unix(path_, SOCK_STREAM)) {
  if (listen(socket_.get(), 1) == 0) return;
  const std::string reason = std::strerror(errno);
  unlink(path_.c_str());
  throw std::runtime_error(path_ + ": " + reason + ", expected a socket to listen on");
}

Listener::~Listener() {
  if (socket_) unlink(path_.c_str());
}

UniqueFd Listener::accept() {
  return UniqueFd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

}  // namespace niclab::vfio_user
