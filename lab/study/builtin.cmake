# The files of studies/, compiled into the command: their texts, and the table of lab/study/builtin.hpp.
file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/studies/*.toml)
list(SORT files)
set(declarations "")
set(rows "")
foreach(file IN LISTS files)
  cmake_path(GET file STEM name)
  string(MAKE_C_IDENTIFIER ${name} identifier)
  niclab_embed(TARGET niclab_lab FUNCTION niclab::lab::study::text_of_${identifier} FILE ${file})
  string(APPEND declarations "std::string_view text_of_${identifier}();\n")
  string(APPEND rows "    {\"${name}\", text_of_${identifier}},\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/embedded/builtin_studies.cpp CONTENT "#include \"lab/study/builtin.hpp\"
namespace niclab::lab::study {
@declarations@
std::span<const BuiltinFile> builtin_files() {
  static constexpr BuiltinFile kFiles[] = {
@rows@  };
  return kFiles;
}
}  // namespace niclab::lab::study
" @ONLY)
target_sources(niclab_lab PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/embedded/builtin_studies.cpp)
