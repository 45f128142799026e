# Files compiled into the command.
#
#   niclab_embed(TARGET <target> FUNCTION <function> FILE <file>)
#
# adds to <target> the definition of `std::string_view <function>()`, with its namespaces, which returns the text of the
# file. Who calls it declares it in a header of its own.
function(niclab_embed)
  cmake_parse_arguments(EMBED "" "TARGET;FUNCTION;FILE" "" ${ARGN})
  cmake_path(ABSOLUTE_PATH EMBED_FILE BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
  string(REPLACE "::" "_" name ${EMBED_FUNCTION})
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/embedded/${name}.cpp)
  add_custom_command(OUTPUT ${generated}
    COMMAND ${CMAKE_COMMAND} -DFILE=${EMBED_FILE} -DFUNCTION=${EMBED_FUNCTION} -DOUTPUT=${generated}
      -P ${PROJECT_SOURCE_DIR}/cmake/embed_file.cmake
    DEPENDS ${EMBED_FILE} ${PROJECT_SOURCE_DIR}/cmake/embed_file.cmake
    COMMENT "Embedding ${name}" VERBATIM)
  target_sources(${EMBED_TARGET} PRIVATE ${generated})
endfunction()
