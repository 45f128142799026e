#include "bridge/wires/outside_wire.hpp"

#include <cerrno>

namespace niclab::bridge {

OutsideWire::Given OutsideWire::given(std::ptrdiff_t written, std::size_t size) {
  if (written == static_cast<std::ptrdiff_t>(size)) return Given::taken;
  const bool full = errno == EAGAIN || errno == ENOBUFS || errno == EINTR;
  return written < 0 && full ? Given::later : Given::refused;
}

}  // namespace niclab::bridge
