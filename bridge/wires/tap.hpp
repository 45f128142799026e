// A TAP interface of this machine: what its kernel sends through the interface comes out here, and what is
// written here the kernel receives.
#pragma once

#include "bridge/vfio_user/unique_fd.hpp"
#include "bridge/wires/outside_wire.hpp"

namespace niclab::bridge {

class Tap final : public OutsideWire {
 public:
  /// The interface `name`, of 1 to 15 bytes; made, and gone with this object, unless it was made persistent
  /// before. Throws std::runtime_error in one line.
  explicit Tap(const std::string& name);
  int fd() const override { return fd_.get(); }
  Got read(std::span<std::byte> into) override;
  Given write(std::span<const std::byte> frame) override;

 private:
  vfio_user::UniqueFd fd_;
};

}  // namespace niclab::bridge
