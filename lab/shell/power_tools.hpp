// Files of the shell that act on the power of a function.
#pragma once

#include <vector>

#include "lab/shell/files.hpp"

namespace niclab::lab::shell {

/// /sys/bus/pci/devices/ADDRESS/reset of every port: writing 1 resets the function, as Linux's PCI core does.
std::vector<File> power_files(Host& host);

}  // namespace niclab::lab::shell
