// A pair of unix datagram sockets, one frame a datagram: what QEMU calls -netdev dgram.
#pragma once

#include <sys/un.h>

#include "bridge/unix_socket.hpp"
#include "bridge/wires/outside_wire.hpp"

namespace niclab::bridge {

class Dgram final : public OutsideWire {
 public:
  /// Receives at the name `local`, sends to `remote`, which need not be there yet and may come again. Throws
  /// std::runtime_error in one line.
  Dgram(const std::string& local, const std::string& remote);
  ~Dgram() override;
  Dgram(const Dgram&) = delete;
  Dgram& operator=(const Dgram&) = delete;
  int fd() const override { return fd_.get(); }
  Got read(std::span<std::byte> into) override;
  Given write(std::span<const std::byte> frame) override;

 private:
  std::string local_;
  sockaddr_un remote_;
  UniqueFd fd_;
};

}  // namespace niclab::bridge
