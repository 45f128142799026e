// ethtool's self-test (-t) and wake-up settings (-s DEV wol), as steps of the shell.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lab/shell/command.hpp"

namespace niclab::lab::shell {

/// `ethtool -t DEV [offline|online]`: exit code 0 when all parts passed, else 2; 74 without a device. Throws
/// CommandError.
Step self_test_step(const std::string& interface, const std::vector<std::string>& arguments);

/// `ethtool -s DEV wol LETTERS`: some of p (link change), u, m, b (unicast, multicast, broadcast) and g
/// (magic packet), or d (nothing). Throws CommandError.
Step wake_step(const std::string& interface, const std::vector<std::string>& arguments);

/// Letters of WUFC filters, "d" for none.
std::string wake_letters(std::uint32_t filters);

}  // namespace niclab::lab::shell
