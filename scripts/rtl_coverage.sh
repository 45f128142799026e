#!/bin/sh
# Line coverage of the blocks of rtl/, reached by their own tests.
#   scripts/rtl_coverage.sh [--build DIR] [BLOCK…]    all blocks with a coverage test, or these; DIR: build
# Runs DIR/tests/test_rtl_BLOCK_coverage (made by niclab_rtl_coverage_test) and prints one line a block, and the lines
# of rtl/, modules it shares with others included, that were never reached. Exit 1 if a block is below 95 %, 2 if something is missing.
set -eu
cd "$(dirname "$0")/.."
build=build
if [ "${1:-}" = --build ]; then
  build=$2
  shift 2
fi

fail() {
  echo "rtl_coverage: $*" >&2
  exit 2
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v verilator_coverage >/dev/null 2>&1 || fail "verilator_coverage is missing (apt-get install verilator)"
if [ $# -eq 0 ]; then
  set -- $(cd rtl && for folder in */; do [ ! -f "$folder${folder%/}.sv" ] || echo "${folder%/}"; done)
fi

failed=0
for block; do
  test="$build/tests/test_rtl_${block}_coverage"
  [ -x "$test" ] || fail "$test is missing: build it first"
  mkdir "$work/$block"
  NICLAB_RTL_COVERAGE="$work/$block" "$test" --gtest_brief=1 >"$work/$block.log" 2>&1 || fail "$test failed:
$(tail -n 20 "$work/$block.log")"
  find "$work/$block" -name '*.dat' | sort | xargs verilator_coverage --write-info "$work/$block.info" >"$work/$block.log" 2>&1 ||
    fail "$block: verilator_coverage: $(tail -n 1 "$work/$block.log")"
  # A line of the result: SF:file, then DA:line,count for each of its lines.
  awk -v block="$block" '
    /^SF:/ { inside = $0 ~ "(^SF:|/)rtl/[a-z0-9_]*/"; file = $0; sub(/^SF:(.*\/)?rtl\//, "rtl/", file) }
    inside && /^DA:/ { split(substr($0, 4), at, ","); key = file ":" at[1]; lines[key] = lines[key] + at[2] }
    END {
      for (key in lines) { total++; if (lines[key] > 0) reached++; else missed[key] = 1 }
      if (total == 0) { print "no lines of rtl/" block; exit 2 }
      printf "%-14s %6.1f %%  %d of %d lines\n", block, 100 * reached / total, reached, total
      for (key in missed) print "  never reached: " key | "sort -t: -k1,2 -k3n"
      close("sort -t: -k1,2 -k3n")
      exit 100 * reached < 95 * total
    }' "$work/$block.info" || failed=1
done
exit $failed
