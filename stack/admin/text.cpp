#include "stack/admin/text.hpp"

#include <cstdarg>
#include <cstdio>

namespace niclab::stack::admin {

std::string strprintf(const char* format, ...) {
  std::va_list once, again;
  va_start(once, format);
  va_copy(again, once);
  std::string s(static_cast<std::size_t>(std::vsnprintf(nullptr, 0, format, once)), '\0');
  va_end(once);
  std::vsnprintf(s.data(), s.size() + 1, format, again);
  va_end(again);
  return s;
}

}  // namespace niclab::stack::admin
