#!/bin/sh
# Plants faults, one at a time, and asks the test that should find each (tests/mutants/mutants.py).
#   scripts/mutants.sh           all of them: minutes
#   scripts/mutants.sh NAME…     these rows of tests/mutants/mutants.toml
# In a build folder of its own, build-mutants, where little is optimised. Exit 1 if one survives or does not compile.
set -eu
cd "$(dirname "$0")/.."
run="python3 -B tests/mutants/mutants.py"

$run check
cmake -S . -B build-mutants -G Ninja -DCMAKE_BUILD_TYPE=Dev -DCMAKE_CXX_FLAGS=-O1 >/dev/null
# shellcheck disable=SC2046  # one target a word
cmake --build build-mutants -j "${JOBS:-2}" --target $($run suites | sed 's/^/test_/')
if [ $# -gt 0 ]; then
  $run run build-mutants "$@"
else
  $run run build-mutants --everything
fi
