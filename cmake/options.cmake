set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")
# The command is <build>/niclab; test executables are in <build>/tests (cmake/testing.cmake).
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})

option(NICLAB_SANITIZE "Build the SystemC-free rooms with AddressSanitizer and UBSan" OFF)
option(NICLAB_COVERAGE "Instrument for gcov" OFF)
option(NICLAB_FUZZ "Build the fuzz targets for libFuzzer (clang++; scripts/fuzz.sh)" OFF)

# The path of a packet is longer than the instruction cache; what makes code denser makes the simulator faster
# (docs/performance.md). Rooms carry both machine code, which tests link at once, and what link-time optimisation
# wants, which only the command uses.
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT NICLAB_SANITIZE AND NOT NICLAB_COVERAGE)
  add_compile_options(-fno-pie -fno-plt)
  add_link_options(-no-pie)
  set(NICLAB_LTO_COMPILE -flto=auto -ffat-lto-objects)
  set(NICLAB_LTO_LINK -flto=auto -O3)
  set(CMAKE_AR ${CMAKE_CXX_COMPILER_AR})
  set(CMAKE_RANLIB ${CMAKE_CXX_COMPILER_RANLIB})
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(niclab_options INTERFACE)
target_include_directories(niclab_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(niclab_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror)
# GCC 12 sees overlapping copies in "literal" + std::string that are not there (GCC bug 105651).
target_compile_options(niclab_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(NICLAB_SANITIZE)  # with assertions, and quick enough to be part of every test run
  target_compile_options(niclab_options INTERFACE -O1 -g1)
  target_compile_options(niclab_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(niclab_options INTERFACE -fsanitize=address,undefined)
endif()
if(NICLAB_FUZZ)
  target_compile_options(niclab_options INTERFACE -fsanitize=fuzzer-no-link -Wno-error
    "SHELL:-include ${PROJECT_SOURCE_DIR}/tests/fuzz/source_location.hpp")
endif()
if(NICLAB_COVERAGE)
  target_compile_options(niclab_options INTERFACE --coverage)
  target_link_options(niclab_options INTERFACE --coverage)
endif()
