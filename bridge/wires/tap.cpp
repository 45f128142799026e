#include "bridge/wires/tap.hpp"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace niclab::bridge {

Tap::Tap(const std::string& name) : fd_(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)) {
  const auto fail = [](const std::string& what, const std::string& expected) {
    throw std::runtime_error(what + ": " + std::strerror(errno) + ", expected " + expected);
  };
  if (!fd_) fail("/dev/net/tun", "the kernel's TUN/TAP device");
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (name.empty() || name.size() >= sizeof request.ifr_name)
    throw std::runtime_error(name + ": is no name for an interface, expected 1 to 15 bytes");
  std::memcpy(request.ifr_name, name.c_str(), name.size() + 1);
  if (ioctl(fd_.get(), TUNSETIFF, &request) != 0)
    fail(name, "a TAP interface that is free, or a new one and the right to make it (CAP_NET_ADMIN)");
}

OutsideWire::Got Tap::read(std::span<std::byte> into) {
  const ssize_t n = ::read(fd_.get(), into.data(), into.size());
  if (n >= 0) return {Got::What::frame, static_cast<std::size_t>(n), {}};
  if (errno == EAGAIN || errno == EINTR) return {};
  return {Got::What::gone, 0, errno == EBADFD ? "the interface was deleted" : std::strerror(errno)};
}

/// An interface that is down takes nothing.
OutsideWire::Given Tap::write(std::span<const std::byte> frame) {
  return given(::write(fd_.get(), frame.data(), frame.size()), frame.size());
}

}  // namespace niclab::bridge
