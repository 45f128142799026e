#include "bridge/qtest/config_space.hpp"

#include <bit>
#include <string>

namespace niclab::bridge::qtest {
namespace {

constexpr std::uint16_t kAddressPort = 0xCF8, kDataPort = 0xCFC, kSize = 256;
constexpr std::uint16_t kCommand = 0x04, kBar0 = 0x10, kCapabilities = 0x34;
constexpr std::uint32_t kDecode = 3;  // ports, memory
constexpr std::uint64_t kFirstMemory = 0xE000'0000, kFirstPort = 0xC000;
constexpr unsigned kMostCapabilities = 48;

constexpr std::uint64_t aligned(std::uint64_t at, std::uint64_t size) {
  return (at + size - 1) & ~(size - 1);
}

Command select(PciAddress function, std::uint16_t offset) {
  return write_port(kAddressPort, 4,
                    1u << 31 | std::uint32_t{function.requester_id()} << 8 | (offset & 0xFCu));
}

}  // namespace

std::array<Command, 2> config_read_commands(PciAddress function, std::uint16_t offset, unsigned width) {
  return {select(function, offset), read_port(static_cast<std::uint16_t>(kDataPort + (offset & 3)), width)};
}
std::array<Command, 2> config_write_commands(PciAddress function, std::uint16_t offset, unsigned width,
                                             std::uint32_t value) {
  return {select(function, offset),
          write_port(static_cast<std::uint16_t>(kDataPort + (offset & 3)), width, value)};
}

std::uint32_t config_read(Client& client, PciAddress function, std::uint16_t offset, unsigned width) {
  if (offset >= kSize) return ~0u;
  return static_cast<std::uint32_t>(client.run(config_read_commands(function, offset, width)));
}
void config_write(Client& client, PciAddress function, std::uint16_t offset, unsigned width,
                  std::uint32_t value) {
  if (offset < kSize) client.run(config_write_commands(function, offset, width, value));
}

std::array<Bar, 6> place_bars(Client& client, PciAddress function) {
  const auto fail = [&](const std::string& what) {
    throw Error("qtest: " + function.to_string() + ": " + what);
  };
  if ((config_read(client, function, 0, 4) & 0xFFFF) == 0xFFFF)
    fail("nobody answers, expected a PCI function");
  std::array<Bar, 6> bars;
  std::uint64_t memory = kFirstMemory, port = kFirstPort;
  for (unsigned i = 0; i < bars.size(); ++i) {
    const auto offset = static_cast<std::uint16_t>(kBar0 + 4 * i);
    config_write(client, function, offset, 4, ~0u);
    const std::uint32_t mask = config_read(client, function, offset, 4);
    if (mask == 0) continue;
    const bool io = (mask & 1) != 0, wide = !io && (mask & 6) == 4;
    const std::uint64_t size = io ? (~(mask & ~3u) + 1) & 0xFFFF : ~(mask & ~15u) + 1;
    if (!std::has_single_bit(size))
      fail("BAR " + std::to_string(i) + " of " + std::to_string(size) + " bytes, expected a power of two");
    std::uint64_t& next = io ? port : memory;
    bars[i] = {io ? Bar::Kind::io : Bar::Kind::memory, aligned(next, size), size};
    next = bars[i].base + size;
    config_write(client, function, offset, 4, static_cast<std::uint32_t>(bars[i].base));
    if (wide) config_write(client, function, static_cast<std::uint16_t>(kBar0 + 4 * ++i), 4, 0);
  }
  config_write(client, function, kCommand, 2, config_read(client, function, kCommand, 2) | kDecode);
  return bars;
}

std::uint16_t find_capability(Client& client, PciAddress function, std::uint8_t id) {
  auto at = static_cast<std::uint16_t>(config_read(client, function, kCapabilities, 1) & 0xFC);
  for (unsigned i = 0; at != 0; ++i) {
    if (i == kMostCapabilities)
      throw Error("qtest: " + function.to_string() + ": the list of capabilities has no end");
    const std::uint32_t header = config_read(client, function, at, 2);
    if ((header & 0xFF) == id) return at;
    at = static_cast<std::uint16_t>(header >> 8 & 0xFC);
  }
  return 0;
}

}  // namespace niclab::bridge::qtest
