// Configuration space by mechanism 1 (ports CF8 and CFC), and what firmware would have done to a function.
#pragma once

#include <array>
#include <cstdint>

#include "base/addresses.hpp"
#include "bridge/qtest/client.hpp"

namespace niclab::bridge::qtest {

/// The first 256 bytes; beyond them all ones are read and nothing is written.
std::uint32_t config_read(Client& client, PciAddress function, std::uint16_t offset, unsigned width);
void config_write(Client& client, PciAddress function, std::uint16_t offset, unsigned width,
                  std::uint32_t value);
/// The same as commands, for whoever has to say when; `offset` below 256.
std::array<Command, 2> config_read_commands(PciAddress function, std::uint16_t offset, unsigned width);
std::array<Command, 2> config_write_commands(PciAddress function, std::uint16_t offset, unsigned width,
                                             std::uint32_t value);

struct Bar {
  enum class Kind : std::uint8_t { absent, memory, io };
  Kind kind = Kind::absent;
  std::uint64_t base = 0, size = 0;
};

/// Sizes all BARs and places them, memory from E0000000 and ports from C000 on; decoding of both is turned
/// on. Throws Error: nobody at that address, or a BAR of an impossible size.
std::array<Bar, 6> place_bars(Client& client, PciAddress function);

/// Offset of a capability; 0: not there. Throws Error when the list has no end.
std::uint16_t find_capability(Client& client, PciAddress function, std::uint8_t id);

}  // namespace niclab::bridge::qtest
