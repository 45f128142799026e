// A failed assertion of a Verilated block is an exception, not the end of the process.
#include "rtl/assertion.hpp"

#include <verilated.h>

void vl_stop(const char* filename, int linenum, const char* hier) {
  throw niclab::rtl::AssertionFailed(
      std::string(filename) + ":" + std::to_string(linenum) +
      (hier != nullptr && *hier != 0 ? std::string(" in ") + hier : std::string()));
}
