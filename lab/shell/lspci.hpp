// What lspci prints about a function, from its configuration space alone.
#pragma once

#include <string>

#include "lab/shell/host.hpp"

namespace niclab::lab::shell {

struct LspciOptions {
  unsigned verbose = 0;    ///< -v, -vv
  bool numeric = false;    ///< -n: IDs for names
  unsigned hex_bytes = 0;  ///< -x, -xxx, -xxxx: 64, 256 or 4096 bytes of the space
};

/// One function's text as lspci 3.1 prints it, ends with a line feed.
std::string lspci_text(const PciFunction& f, const LspciOptions& options);

}  // namespace niclab::lab::shell
