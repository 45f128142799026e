# Tests. A suite without SystemC is one executable and one ctest entry (it runs as one process); a suite with SystemC
# is one executable and one ctest entry a test, because a SystemC kernel can be elaborated only once in a process.
#
#   niclab_test(<name> SOURCES <files> USES <rooms> [LIBRARIES <targets>] [TIMEOUT <seconds>])
#   niclab_systemc_test(<name> SOURCES <files> USES <rooms> [LIBRARIES <targets>] [TIMEOUT <seconds>] [FIDELITIES <words>])
#
# FIDELITIES rtl lockstep: the suite is run again for each, with every block that has a twin in that fidelity.
find_package(GTest 1.12 REQUIRED)
include(GoogleTest)

# Last of a test's libraries. With sanitizers a test takes three times as long to compile as the room it tests, half of
# it for UBSan: what is to be watched for undefined behaviour is the room.
add_library(niclab_quickly_compiled INTERFACE)
if(NICLAB_SANITIZE)
  target_compile_options(niclab_quickly_compiled INTERFACE -O0 -fno-sanitize=undefined)
endif()

set(NICLAB_TEST_SUPPORT ${PROJECT_SOURCE_DIR}/tests/support)

# With NICLAB_SANITIZE a suite that uses a room which is not built there (tlm, lab) is left out.
function(_niclab_rooms_exist result)
  cmake_parse_arguments(TEST "" "TIMEOUT" "SOURCES;USES;LIBRARIES;FIDELITIES" ${ARGN})
  set(${result} ON PARENT_SCOPE)
  foreach(room IN LISTS TEST_USES)
    if(NICLAB_SANITIZE AND NOT TARGET niclab_${room})
      set(${result} OFF PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

function(_niclab_test_executable name)
  cmake_parse_arguments(TEST "" "TIMEOUT" "SOURCES;USES;LIBRARIES;FIDELITIES" ${ARGN})
  if(TEST_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "test ${name}: unknown arguments ${TEST_UNPARSED_ARGUMENTS}")
  endif()
  add_executable(test_${name} ${TEST_SOURCES})
  set_target_properties(test_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_link_libraries(test_${name} PRIVATE niclab_options)
  # A test is built oftener than its speed matters: it takes the machine code of the rooms, which lies beside what
  # link-time optimisation wants.
  target_compile_options(test_${name} PRIVATE -O1)
  target_link_options(test_${name} PRIVATE -fno-lto)
  target_compile_definitions(test_${name} PRIVATE NICLAB_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  foreach(room IN LISTS TEST_USES)
    target_link_libraries(test_${name} PRIVATE niclab_${room})
  endforeach()
  target_link_libraries(test_${name} PRIVATE ${TEST_LIBRARIES} niclab_quickly_compiled)
endfunction()

function(niclab_test name)
  _niclab_rooms_exist(possible ${ARGN})
  if(NOT possible)
    return()
  endif()
  cmake_parse_arguments(SUITE "" "TIMEOUT" "" ${ARGN})
  if(NOT SUITE_TIMEOUT)
    set(SUITE_TIMEOUT 120)
  endif()
  _niclab_test_executable(${name} ${ARGN})
  target_link_libraries(test_${name} PRIVATE GTest::gmock_main)
  add_test(NAME ${name} COMMAND test_${name} --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES TIMEOUT ${SUITE_TIMEOUT})
endfunction()

function(niclab_systemc_test name)
  _niclab_rooms_exist(possible ${ARGN})
  if(NOT possible)
    return()
  endif()
  cmake_parse_arguments(SUITE "" "TIMEOUT" "FIDELITIES;SOURCES;USES;LIBRARIES" ${ARGN})
  if(NOT SUITE_TIMEOUT)
    set(SUITE_TIMEOUT 120)
  endif()
  _niclab_test_executable(${name} ${ARGN})
  target_sources(test_${name} PRIVATE ${NICLAB_TEST_SUPPORT}/systemc_main.cpp)
  target_link_libraries(test_${name} PRIVATE niclab_systemc GTest::gmock)
  gtest_discover_tests(test_${name} TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${SUITE_TIMEOUT} LABELS systemc)
  foreach(fidelity IN LISTS SUITE_FIDELITIES)
    gtest_discover_tests(test_${name} TEST_PREFIX "${name}.${fidelity}." TEST_LIST ${name}_${fidelity} DISCOVERY_TIMEOUT 60
      PROPERTIES TIMEOUT ${SUITE_TIMEOUT} LABELS systemc ENVIRONMENT NICLAB_FIDELITY=${fidelity})
  endforeach()
endfunction()
