#!/bin/sh
# An unmodified Linux igb driver judges our card: QEMU (Debian sid: the one that speaks vfio-user) boots Debian's kernels
# 6.1 and 6.12 on `niclab serve`. And our driver runs on QEMU's own igb, over qtest (the target qtest_igb). Nothing is installed: packages are unpacked in the folder PEER (default
# ~/.cache/niclab-peer, 900 MB), once. Needs g++ with a static libc, python3, apt and the keys of Debian's archive.
#   scripts/peers.sh NICLAB [WORD ...]    all boots, or those whose name contains one of the words
#   scripts/peers.sh --fetch              only fetch
# Then, if no words are given, the kernel of this machine against our stack, over a TAP (tests/peer/kernel_stack.py).
set -eu
cd "$(dirname "$0")/.."
PEER=${PEER:-$HOME/.cache/niclab-peer}
export PEER
KEYS=/usr/share/keyrings/debian-archive-keyring.gpg
MIRROR=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' 2>/dev/null | grep -v security | head -1)}

skip() { echo "skipped: all checks: $*"; exit 0; }

# apt_of SUITE COMMAND ...: apt-get of another suite, which believes that nothing is installed.
apt_of() {
  state=$PEER/apt-$1
  suite=$1
  shift
  if [ ! -f "$state/fetched" ]; then
    mkdir -p "$state/etc/apt/preferences.d" "$state/etc/apt/apt.conf.d" "$state/var/lib/apt/lists/partial" \
      "$state/var/lib/dpkg" "$state/var/cache/apt/archives/partial"
    : >"$state/var/lib/dpkg/status"
    echo "deb [signed-by=$KEYS] $MIRROR $suite main" >"$state/etc/apt/sources.list"
    cat >"$state/apt.conf" <<CONF
Dir "$state";
Dir::State::status "$state/var/lib/dpkg/status";
APT::Sandbox::User "$(id -un)";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
CONF
    APT_CONFIG=$state/apt.conf apt-get -qq update && : >"$state/fetched" || return 1
  fi
  APT_CONFIG=$state/apt.conf "$@"
}

# $PEER/sid: the tree from which QEMU runs, by the tree's own loader.
fetch_qemu() {
  [ -x "$PEER/sid/usr/bin/qemu-system-x86_64" ] && return
  apt_of sid apt-get -qq -y --no-install-recommends --download-only install qemu-system-x86 >/dev/null || return 1
  for package in "$PEER"/apt-sid/var/cache/apt/archives/*.deb; do dpkg -x "$package" "$PEER/sid"; done
}

# fetch_kernel SUITE: $PEER/linux-SUITE/boot/vmlinuz-* and its modules.
fetch_kernel() {
  [ -f "$PEER/linux-$1/whole" ] && return
  package=$(apt_of "$1" apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
  [ -n "$package" ] || return 1
  mkdir -p "$PEER/download-$1"
  (cd "$PEER/download-$1" && apt_of "$1" apt-get -qq download "$package") || return 1
  dpkg -x "$PEER/download-$1/${package}"_*.deb "$PEER/linux-$1" && : >"$PEER/linux-$1/whole"
}

mkdir -p "$PEER"
fetch_qemu || skip "QEMU of Debian sid could not be fetched from $MIRROR"
for suite in bookworm trixie; do
  fetch_kernel "$suite" || echo "skipped: kernel of $suite: could not be fetched from $MIRROR"
done
[ "${1:-}" != --fetch ] || exit 0
g++ -std=c++20 -O2 -Wall -Wextra -static -o "$PEER/guest-init" tests/peer/guest/*.cpp || skip "the guest's program could not be built"
g++ -std=c++20 -O2 -Wall -Wextra -o "$PEER/read-latency" tests/peer/read_latency.cpp

failed=0
python3 tests/peer/peers.py "$@" || failed=1
if [ $# = 1 ]; then
  for mtu in 1500 9000; do NICLAB=$1 python3 tests/peer/kernel_stack.py --mtu $mtu --step 97 || failed=1; done
fi
exit $failed
