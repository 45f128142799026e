#!/bin/sh
# The whole test suite: the suites of the SystemC-free rooms under AddressSanitizer and UBSan (build-asan), all others
# as make builds them (build).
# Both are built and run even when the first fails; the exit code is 0 only if all passed.
set -eu
cd "$(dirname "$0")/.."
jobs=${JOBS:-2}

configure() {  # folder, arguments…
  folder=$1
  shift
  cmake -S . -B "$folder" -G Ninja "$@" >/dev/null
}

configure build -DNICLAB_UNIT_TESTS=OFF
cmake --build build -j "$jobs"
configure build-asan -DCMAKE_BUILD_TYPE=Debug -DNICLAB_SANITIZE=ON
cmake --build build-asan -j "$jobs"

failed=""
ctest --test-dir build-asan --output-on-failure --no-tests=error -j "$jobs" || failed="$failed build-asan"
ctest --test-dir build --output-on-failure --no-tests=error -j "$jobs" || failed="$failed build"
if [ -n "$failed" ]; then
  echo "make test: FAILED in$failed (the logs are in <folder>/Testing/Temporary/LastTest.log)"
  exit 1
fi
echo "make test: every suite passed, those of the SystemC-free rooms under AddressSanitizer and UBSan"
