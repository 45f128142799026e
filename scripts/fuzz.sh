#!/bin/sh
# libFuzzer on a port of the card, under AddressSanitizer and UBSan, for a minute. New inputs that reach
# new code go to build-fuzz/corpus; one that breaks a law ends the run with exit code 1 and lies in build-fuzz as crash-…
#   scripts/fuzz.sh            fuzz (SECONDS_TO_FUZZ=60)
#   scripts/fuzz.sh --corpus   then put the smallest set that reaches as much into tests/fuzz/corpus/port
set -eu
cd "$(dirname "$0")/.."
seconds=${SECONDS_TO_FUZZ:-60}
command -v clang++ >/dev/null 2>&1 || { echo "niclab: clang++ is missing (make deps with FUZZ=1 installs it)" >&2; exit 2; }
[ -f build-fuzz/build.ninja ] || cmake -S . -B build-fuzz -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=Debug \
  -DNICLAB_FUZZ=ON -DNICLAB_SANITIZE=ON
cmake --build build-fuzz -j "${JOBS:-2}" --target fuzz_port
mkdir -p build-fuzz/corpus
cd build-fuzz
tests/fuzz_port -max_total_time="$seconds" -max_len=4096 -timeout=20 -print_final_stats=1 corpus ../tests/fuzz/corpus/port
[ "${1:-}" = "--corpus" ] || exit 0
tests/fuzz_port -merge=1 -max_len=4096 ../tests/fuzz/corpus/port corpus
