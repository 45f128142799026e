#!/bin/sh
# docs/registers.md from the register table, through `niclab regs --json`.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
new=$(mktemp)
trap 'rm -f "$new"' EXIT
"$build/niclab" regs --json | python3 scripts/registers.py >"$new"
cp "$new" docs/registers.md
echo "make docs: wrote docs/registers.md"
