#!/bin/sh
# Proves the blocks of rtl/ with yosys and z3 (make formal).
#   scripts/formal.sh [--slow] [BLOCK…]    every property set of these blocks, or of all
#   scripts/formal.sh [--slow] --planted [BLOCK…]   every planted fault must be refuted by the set that names it
# Without --slow, sets marked slow (and the faults they catch) are left out.
# One line a property set: block, set, what it says, depth, seconds, result. Exit 1 if one does not hold (or a planted
# fault is not caught), 2 if something cannot be read. PACKAGE: the generated i350_pkg.sv (default: from build/rtl).
#
# A property set is a file tests/formal/BLOCK/SET.proof of lines "key value"; lines that begin with # are comments:
#   what     TEXT         one line that says what is proved
#   top      MODULE       the module that states it, with assert and assume (FORMAL is defined)
#   sources  FILE…        its sources, from the top of the tree; globs are allowed
#   param    NAME VALUE   a parameter of the top module (repeatable)
#   define   NAME         a macro for the sources (repeatable)
#   prove    DEPTH        for all time: the first DEPTH cycles from reset, and induction over DEPTH cycles
#   check    DEPTH        only the first DEPTH cycles
#   reach    DEPTH        every cover statement is reached within DEPTH cycles
#   gates    yes          the problem in gates, not in words: faster where it is all adders
#   fresh    yes          a new solver for each cycle: slower where one search is like the last, faster for hard arithmetic
#   slow     yes          takes more than a few seconds: only with --slow
# A planted fault is a sed script tests/formal/BLOCK/planted/FAULT.sed with comment lines: "# file: PATH" is what it edits,
# "# caught by: SET" what must find a counterexample, from reset, within "# within: DEPTH" cycles (default: the set's). An
# edit that changes nothing is an error.
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C
package=${PACKAGE:-build/rtl/i350_pkg.sv}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
  printf 'formal: %s\n' "$*" >&2
  exit 2
}

values() {  # FILE KEY: the values of a key, one a line
  sed -n "s/^$2[[:space:]][[:space:]]*//p" "$1"
}

now() { date +%s.%N; }

line() {  # block, set, what, depth, begin, result
  seconds=$(echo "$5 $(now)" | awk '{printf "%.1f", $2 - $1}')
  printf '%-12s %-14s %-66s %5s %7s s  %s\n' "$1" "$2" "$3" "$4" "$seconds" "$6"
}

# The proof problem of a set, in SMT-LIB 2, from the tree $2 (the project, or a copy with a fault).
model() {  # PROOF TREE OUTPUT
  defines="" parameters=""
  for name in $(values "$1" define); do defines="$defines -D$name"; done
  top=$(values "$1" top)
  values "$1" param >"$work/parameters"
  while read -r name value; do parameters="$parameters -set $name $value"; done <"$work/parameters"
  [ -z "$parameters" ] || parameters="chparam$parameters $top;"
  gates=""
  [ -z "$(values "$1" gates)" ] || gates="techmap; opt_expr; opt_clean; abc -g AND,XOR,MUX; opt_clean;"
  sources=$(cd "$2" && for file in $(values "$1" sources); do echo "$2/$file"; done)
  yosys -q -p "read_verilog -sv -formal$defines $package $(echo "$sources" | tr '\n' ' ');
    $parameters prep -flatten -nordff -top $top; async2sync; dffunmap; setundef -undriven -anyseq;
    $gates write_smt2 -wires $3" >"$3.log" 2>&1 ||
    fail "$1: yosys cannot read it: $(grep -m 1 -i error "$3.log" || tail -n 1 "$3.log")"
}

# 0: holds; 1: refuted; anything else stops the script. Without --unroll, z3 expands the nested functions of the model
# as trees instead of as graphs: minutes instead of a second.
solve() {  # LOG ARGUMENT…
  log=$1
  shift
  # shellcheck disable=SC2086  # an option or nothing
  yosys-smtbmc -s z3 --unroll --noprogress $again "$@" >"$log" 2>&1 && return 0
  grep -q 'Status: FAILED' "$log" && return 1
  fail "yosys-smtbmc stopped: $(tail -n 1 "$log")"
}

depth_of() {  # PROOF: sets mode, depth and again
  again=""
  [ -z "$(values "$1" fresh)" ] || again=--noincr
  for mode in prove check reach; do
    depth=$(values "$1" "$mode")
    [ -z "$depth" ] || return 0
  done
  fail "$1: no prove, check or reach"
}

first_failure() {  # LOG: file:line of it
  grep -m 1 -E 'Assert failed|Unreached cover' "$1" | grep -o -E '[a-z0-9_/]+\.sv:[0-9]+' | tail -n 1 | sed 's|.*/||'
}

prove() {  # BLOCK PROOF
  [ -n "$slow" ] || [ -z "$(values "$2" slow)" ] || return 0
  begin=$(now)
  set_name=$(basename "$2" .proof)
  smt2="$work/$1.$set_name.smt2"
  depth_of "$2"
  model "$2" . "$smt2"
  result=proved
  case $mode in
    reach) solve "$smt2.log" -c -t "$depth" "$smt2" && result=reached || result="FAILED: not reached" ;;
    *)
      [ $mode = prove ] || result="holds so far"
      if ! solve "$smt2.log" -t "$depth" "$smt2"; then
        result="FAILED: $(first_failure "$smt2.log")"
      elif [ $mode = prove ] && ! solve "$smt2.log" -i -t "$depth" "$smt2"; then
        result="FAILED: induction: $(first_failure "$smt2.log")"
      fi
      ;;
  esac
  case $result in FAILED*) failed=1 ;; esac
  line "$1" "$set_name" "$(values "$2" what)" "$depth" "$begin" "$result"
}

# A fault counts as caught only if there is a history from reset that shows it.
plant() {  # BLOCK SED
  begin=$(now)
  fault=$(basename "$2" .sed)
  edited=$(sed -n 's/^# file: //p' "$2")
  set_name=$(sed -n 's/^# caught by: //p' "$2")
  proof="tests/formal/$1/$set_name.proof"
  [ -n "$slow" ] || [ -z "$(values "$proof" slow)" ] || return 0
  [ -f "$edited" ] && [ -f "$proof" ] || fail "$2: needs '# file: PATH' and '# caught by: SET' that are there"
  tree="$work/tree"
  rm -rf "$tree"
  mkdir -p "$tree/tests"
  cp -r rtl "$tree/rtl"
  cp -r tests/formal "$tree/tests/formal"
  sed -f "$2" "$edited" >"$tree/$edited"
  cmp -s "$edited" "$tree/$edited" && fail "$2 changes nothing in $edited"
  depth_of "$proof"
  within=$(sed -n 's/^# within: //p' "$2")
  depth=${within:-$depth}
  model "$proof" "$tree" "$work/planted.smt2"
  [ $mode = reach ] && option=-c || option=""
  # shellcheck disable=SC2086  # an option or nothing
  if solve "$work/planted.log" $option -t "$depth" "$work/planted.smt2"; then
    result="NOT CAUGHT"
    failed=1
  else
    result="caught: $(first_failure "$work/planted.log")"
  fi
  line "$1" "$set_name" "planted: $fault" "$depth" "$begin" "$result"
}

for tool in yosys yosys-smtbmc z3; do
  command -v $tool >/dev/null 2>&1 || fail "$tool is missing (apt-get install yosys z3)"
done
[ -f "$package" ] || fail "$package is missing: build first, or say PACKAGE=<i350_pkg.sv>"
package=$(realpath "$package")

action=prove
pattern='*.proof'
slow=""
while :; do
  case ${1:-} in
    --slow) slow=yes ;;
    --planted) action=plant pattern='planted/*.sed' ;;
    --*) fail "unknown option $1 (there: --slow --planted)" ;;
    *) break ;;
  esac
  shift
done
[ $# -gt 0 ] || set -- $(cd tests/formal && ls -d -- */ | tr -d /)
for block; do
  [ -d "tests/formal/$block" ] || fail "no block $block in tests/formal (there: $(ls tests/formal | tr '\n' ' '))"
  # shellcheck disable=SC2086  # a glob
  for file in tests/formal/$block/$pattern; do
    [ -f "$file" ] && $action "$block" "$file"
  done
done
exit $failed
