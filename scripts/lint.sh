#!/bin/sh
# Formatting of all sources against .clang-format (FIX=1 mends it); with TIDY=1 also clang-tidy on what build/ compiles.
set -eu
cd "$(dirname "$0")/.."

need() {
  command -v "$1" >/dev/null 2>&1 && return
  echo "make lint: $1 is missing (apt-get install $1)" >&2
  exit 2
}

need clang-format
if [ "${FIX:-0}" = 1 ]; then mode="-i"; else mode="--dry-run -Werror"; fi
# shellcheck disable=SC2086  # two words
git ls-files -z '*.hpp' '*.cpp' | xargs -0 -r clang-format $mode
if [ "${TIDY:-0}" = 1 ]; then
  need clang-tidy
  [ -f build/compile_commands.json ] || cmake -S . -B build -G Ninja
  git ls-files -z '*.cpp' ':!tests' |
    xargs -0 -r -n 4 -P 2 clang-tidy -p build --quiet --warnings-as-errors='*' \
      --checks='-*,bugprone-*,-bugprone-easily-swappable-parameters,performance-*,clang-analyzer-*'
fi
echo "make lint: clean"
