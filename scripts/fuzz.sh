#!/bin/sh
# libFuzzer on a port of the card and on the server of vfio-user, under AddressSanitizer and UBSan, for a minute each. New
# inputs that reach new code go to build-fuzz/corpus; one that breaks a law ends the run with exit code 1 and lies in
# build-fuzz as crash-…
#   scripts/fuzz.sh            fuzz (SECONDS_TO_FUZZ=60)
#   scripts/fuzz.sh --corpus   then put the smallest sets that reach as much into tests/fuzz/corpus
set -eu
cd "$(dirname "$0")/.."
seconds=${SECONDS_TO_FUZZ:-60}
command -v clang++ >/dev/null 2>&1 || { echo "niclab: clang++ is missing (make deps with FUZZ=1 installs it)" >&2; exit 2; }
[ -f build-fuzz/build.ninja ] || cmake -S . -B build-fuzz -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=Debug \
  -DNICLAB_FUZZ=ON -DNICLAB_SANITIZE=ON
cmake --build build-fuzz -j "${JOBS:-2}" --target fuzz_port fuzz_vfio_user
cd build-fuzz
for target in port vfio_user; do
  mkdir -p "corpus/$target"
  "tests/fuzz_$target" -max_total_time="$seconds" -max_len=4096 -timeout=20 -print_final_stats=1 "corpus/$target" \
    "../tests/fuzz/corpus/$target"
  [ "${1:-}" != "--corpus" ] || "tests/fuzz_$target" -merge=1 -max_len=4096 "../tests/fuzz/corpus/$target" "corpus/$target"
done
