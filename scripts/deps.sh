#!/bin/sh
# Installs the Debian packages niclab needs and does not find; prints nothing when all are there.
#   scripts/deps.sh            install what is missing (sudo when not root)
#   scripts/deps.sh --check    only say what is missing; exit 2 if something is
#   scripts/deps.sh --waves    also what `make waves` needs
# FUZZ=1 in the environment: also what `make fuzz` needs.
# NO_INSTALL=1 in the environment means --check. A CXX that is already set is respected.
set -eu

tools="cmake ninja-build ccache pkg-config"
libraries="libsystemc-dev libspdlog-dev libboost-dev libboost-context-dev libcli11-dev libtomlplusplus-dev
  nlohmann-json3-dev libpcap-dev libedit-dev zlib1g-dev libopenmpi-dev openmpi-bin"
rtl="verilator yosys z3"
report="librsvg2-bin"  # makes pictures of a study's plots
tests="libgtest-dev libgmock-dev libbenchmark-dev libtins-dev tshark pciutils python3 jq patch chromium chromium-driver"

waves="gtkwave xvfb imagemagick"

check_only=${NO_INSTALL:+1}
[ "${1:-}" = "--check" ] && check_only=1
if [ "${1:-}" = "--waves" ]; then tests="$tests $waves"; fi
if [ -n "${FUZZ:-}" ]; then tests="$tests clang-14 libclang-rt-14-dev"; fi

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "niclab: not a Debian system; please see to these yourself: g++ $tools $libraries $rtl nodejs npm librsvg2-bin $tests" | tr '\n' ' ' >&2
  echo >&2
  exit 0
fi

missing=""
if [ -n "${CXX:-}" ]; then
  if ! command -v "${CXX%% *}" >/dev/null 2>&1; then
    echo "niclab: CXX is set to '$CXX', which is not there" >&2
    exit 2
  fi
elif ! command -v c++ >/dev/null 2>&1; then
  missing="g++"
fi
# npm fetches the chart library of the study report, node draws the pictures: Debian's, unless others are there.
command -v node >/dev/null 2>&1 || report="$report nodejs"
command -v npm >/dev/null 2>&1 || report="$report npm"
for package in $tools $libraries $rtl $report $tests; do
  case "$(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null || true)" in
    ii*) ;;
    *) missing="$missing $package" ;;
  esac
done
missing=${missing# }
[ -z "$missing" ] && exit 0

if [ -n "$check_only" ]; then
  echo "niclab: missing Debian packages: $missing (make deps installs them)" >&2
  exit 2
fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "niclab: missing Debian packages, and neither root nor sudo to install them: $missing" >&2
    exit 2
  fi
  as_root="sudo"
fi
apt_get() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q "$@"; }

echo "niclab: installing $missing"
# The package lists of a fresh machine are empty or old; ask for new ones only when a name is unknown or gone.
for package in $missing; do
  if ! apt-cache show "$package" >/dev/null 2>&1; then
    apt_get update
    break
  fi
done
# shellcheck disable=SC2086  # a list of words
apt_get install --no-install-recommends $missing || { apt_get update && apt_get install --no-install-recommends $missing; }
