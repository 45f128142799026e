// The host's shell, as far as this version has one: the commands of `[[at]]`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace niclab::lab {

/// One command line, understood.
struct ShellCommand {
  enum class Kind : std::uint8_t {
    statistics,
    coalesce,
    ring,
    channels,
    up,
    down,
    mtu,
    txqueuelen
  } kind = Kind::up;
  std::string interface;
  std::optional<unsigned> rx, tx;  ///< coalesce: rx-usecs, tx-usecs; ring: rx, tx
  unsigned value = 0;              ///< channels: combined; mtu; txqueuelen
};

/// `ethtool -S|-C|-G|-L IF …` (path-map E-47, F-23, F-24, F-29) and `ifconfig IF up|down|mtu N|txqueuelen N`
/// (F-21, F-22), each with or without `sudo`. nullopt: not a command of this version, or its arguments are
/// off.
std::optional<ShellCommand> parse_command(std::string_view line);

/// What parse_command understands, for error messages.
inline constexpr std::string_view kShellCommands =
    "ethtool -S IF, ethtool -C IF rx-usecs N [tx-usecs N], ethtool -G IF [rx N] [tx N], ethtool -L IF "
    "combined N, ifconfig IF up, "
    "down, mtu N or txqueuelen N";

}  // namespace niclab::lab
