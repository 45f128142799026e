// Splits a command line as a shell does: words, quotes, pipes, redirections.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace niclab::lab::shell {

/// A command line in parts, nothing checked but its punctuation.
struct RawPipeline {
  std::vector<std::vector<std::string>> commands;
  std::string redirect;       ///< after ">"; empty: none
  bool only_if_good = false;  ///< "&&" stands before it
};

/// Quotes ('…', "…") and backslash hold blanks and operators together; a word that begins with # starts a
/// comment. Throws CommandError (code 2) for an open quote or an operator where a command should be.
std::vector<RawPipeline> split_line(std::string_view line);

}  // namespace niclab::lab::shell
