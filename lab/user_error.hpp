// The one way to say "your input is wrong": one line, exit code 2.
#pragma once

#include <stdexcept>
#include <string>

namespace niclab::lab {

/// What is wrong with the user's input, in one line: "file:line: key: what, expected …".
class UserError : public std::runtime_error {
 public:
  explicit UserError(const std::string& line) : std::runtime_error(line) {}
};

}  // namespace niclab::lab
