#include "bridge/unix_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace niclab::bridge {
namespace {

bool is_dead_socket(const sockaddr_un& address, int type) {
  struct stat info {};
  if (lstat(address.sun_path, &info) != 0 || !S_ISSOCK(info.st_mode)) return false;
  const UniqueFd probe(socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  return connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
         errno == ECONNREFUSED;
}

}  // namespace

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    throw std::runtime_error(path + ": is no name for a socket, expected 1 to " +
                             std::to_string(sizeof address.sun_path - 1) + " bytes");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

UniqueFd bind_unix(const std::string& path, int type) {
  const sockaddr_un address = unix_address(path);
  UniqueFd fd(socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto* raw = reinterpret_cast<const sockaddr*>(&address);
  int bound = bind(fd.get(), raw, sizeof address);
  if (bound != 0 && errno == EADDRINUSE && is_dead_socket(address, type)) {
    unlink(path.c_str());
    bound = bind(fd.get(), raw, sizeof address);
  }
  if (bound != 0)
    throw std::runtime_error(path + ": " + std::strerror(errno) +
                             ", expected a name for a socket in a folder that can be written");
  return fd;
}

}  // namespace niclab::bridge
