#include "bridge/wires/dgram.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace niclab::bridge {

Dgram::Dgram(const std::string& local, const std::string& remote)
    : local_(local), remote_(unix_address(remote)), fd_(bind_unix(local, SOCK_DGRAM)) {}

Dgram::~Dgram() { unlink(local_.c_str()); }

OutsideWire::Got Dgram::read(std::span<std::byte> into) {
  const ssize_t n = ::recv(fd_.get(), into.data(), into.size(), MSG_TRUNC);
  if (n >= 0) return {Got::What::frame, static_cast<std::size_t>(n), {}};
  if (errno == EAGAIN || errno == EINTR) return {};
  return {Got::What::gone, 0, std::strerror(errno)};
}

OutsideWire::Given Dgram::write(std::span<const std::byte> frame) {
  const auto* to = reinterpret_cast<const sockaddr*>(&remote_);
  return given(::sendto(fd_.get(), frame.data(), frame.size(), MSG_NOSIGNAL, to, sizeof remote_),
               frame.size());
}

}  // namespace niclab::bridge
