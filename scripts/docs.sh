#!/bin/sh
# What of docs/ is generated: registers.md from the register table (niclab regs --json), the fields in nvm.md from
# niclab nvm fields --json, coverage.md from coverage.csv.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
new=$(mktemp)
trap 'rm -f "$new"' EXIT
"$build/niclab" regs --json | python3 scripts/registers.py >"$new"
cp "$new" docs/registers.md
"$build/niclab" nvm fields --json | python3 scripts/nvm_fields.py
python3 scripts/coverage.py
echo "make docs: wrote docs/registers.md, docs/nvm.md and docs/coverage.md"
