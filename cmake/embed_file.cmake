# cmake -DFILE=… -DFUNCTION=a::b::name -DOUTPUT=… -P embed_file.cmake: writes a source that defines
# `std::string_view a::b::name()`, which returns the text of the file.
file(READ ${FILE} text)
set(mark "]niclab")
string(FIND "${text}" ")${mark}\"" at)
if(NOT at EQUAL -1)
  message(FATAL_ERROR "${FILE}: contains the mark that ends it in ${OUTPUT}")
endif()
string(REGEX MATCH "^(.*)::([^:]+)$" matched ${FUNCTION})
file(WRITE ${OUTPUT} "#include <string_view>
namespace ${CMAKE_MATCH_1} {
std::string_view ${CMAKE_MATCH_2}();
std::string_view ${CMAKE_MATCH_2}() {
  using namespace std::string_view_literals;
  return R\"${mark}(${text})${mark}\"sv;
}
}  // namespace ${CMAKE_MATCH_1}
")
