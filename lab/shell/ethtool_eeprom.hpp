// ethtool -e and -E: the NVM of an interface's card.
#pragma once

#include <string>
#include <vector>

#include "lab/shell/command.hpp"

namespace niclab::lab::shell {

/// `ethtool -e DEV [raw off] [offset N] [length N]`: `arguments` is what follows the interface. Throws
/// CommandError.
Step show_eeprom(const std::string& interface, const std::vector<std::string>& arguments);

/// `ethtool -E DEV [magic N] [offset N] [length 1] value N`: one byte, and the checksums.
Step change_eeprom(const std::string& interface, const std::vector<std::string>& arguments);

}  // namespace niclab::lab::shell
