# cmake -DFOLDER=… -DPREFIX=… -DVERILATOR=<command, words separated by |> -P run_verilator.cmake
#
# Runs Verilator into an empty FOLDER and gathers what it generated, whose names nobody knows beforehand, into the one
# translation unit FOLDER/PREFIX__all.cpp.
string(REPLACE "|" ";" command "${VERILATOR}")
file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})
execute_process(COMMAND ${command} RESULT_VARIABLE code)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "Verilator failed on ${PREFIX}")
endif()
file(GLOB generated RELATIVE ${FOLDER} ${FOLDER}/*.cpp)
list(SORT generated)
set(text "")
foreach(name IN LISTS generated)
  string(APPEND text "#include \"${name}\"\n")
endforeach()
file(WRITE ${FOLDER}/${PREFIX}__all.cpp "${text}")
