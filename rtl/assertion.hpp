// What a Verilated block throws when an assertion beside its logic fails.
#pragma once

#include <stdexcept>
#include <string>

namespace niclab::rtl {

/// what(): file, line and instance of the assertion.
class AssertionFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace niclab::rtl
