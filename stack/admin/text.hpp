// printf into a string, for texts whose layout Linux gives as a printf format.
#pragma once

#include <string>

namespace niclab::stack::admin {

/// What std::printf would print.
[[gnu::format(printf, 1, 2)]] std::string strprintf(const char* format, ...);

}  // namespace niclab::stack::admin
