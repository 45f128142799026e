"""Runs niclab and reads what it leaves; shared by the end-to-end tests."""

import json
import os
import pathlib
import struct
import subprocess

NICLAB = os.environ["NICLAB"]
SOURCE = pathlib.Path(os.environ["NICLAB_SOURCE"])
CAPTURE = SOURCE / "tests/data/mix-a.pcap"


# Every suite is run with the blocks in RTL too.
FIDELITY = os.environ.get("NICLAB_FIDELITY")


def niclab(*arguments, cwd=None, before=None):
    """The finished process of one command. `before` is called in its process first."""
    if FIDELITY and arguments[0] == "run":
        arguments = (*arguments, "--set", f"fidelity.all={FIDELITY}")
    return subprocess.run([NICLAB, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, preexec_fn=before,
                          check=False)


def summary(folder):
    return json.loads((pathlib.Path(folder) / "summary.json").read_text())


def tshark(file, display_filter, fields, *options):
    """Rows of field values (first occurrence) of the frames a display filter selects."""
    command = ["tshark", "-n", "-r", str(file), "-Y", display_filter, "-T", "fields", "-E", "occurrence=f", *options]
    for f in fields:
        command += ["-e", f]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def frames(file):
    """(nanoseconds, bytes) of each frame of a little-endian pcap, and whether its stamps are in nanoseconds."""
    data = pathlib.Path(file).read_bytes()
    magic, = struct.unpack_from("<I", data)
    nano = {0xA1B23C4D: True, 0xA1B2C3D4: False}[magic]
    out, at = [], 24
    while at < len(data):
        seconds, fraction, captured, length = struct.unpack_from("<IIII", data, at)
        assert captured == length
        at += 16
        out.append((seconds * 10**9 + fraction * (1 if nano else 1000), data[at:at + length]))
        at += length
    return out, nano
