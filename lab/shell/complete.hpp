// What the word being typed may become.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/shell/host.hpp"

namespace niclab::lab::shell {

/// The last word of an unfinished line, and what may stand in its place, sorted: commands where a command is
/// expected (`builtins` among them), then interfaces, files, sysctl names, or hosts after `host`.
struct Completion {
  std::string word;
  std::vector<std::string> candidates;
};
Completion complete(std::string_view line, Host& host, const std::vector<std::string>& builtins,
                    const std::vector<std::string>& host_names);

}  // namespace niclab::lab::shell
