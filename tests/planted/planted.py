"""A bug planted in a block's RTL ends a lockstep run, with a report a person can act on.

    planted.py NAME NICLAB        NAME: <block>-<bug>, NICLAB: the executable with the planted block
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

NAME, PLANTED = sys.argv[1:3]
BLOCK = NAME.split("-")[0]
SOUND = os.environ["NICLAB"]

# Both ways over rings that wrap often, with bursts that fill the caches and lone packets in between.
SCENARIO = """
[run]
duration = "12ms"
[[host]]
name = "h1"
cpus = 2
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
queues = 2
tx_ring = 80
rx_ring = 80
[[app]]
host = "h1"
kind = "send"
to = "10.0.0.9:9"
size = 1021
burst = 30
interval = "700us"
[[app]]
host = "h1"
kind = "send"
cpu = 1
to = "10.0.0.8:9"
size = 18
burst = 3
interval = "31us"
[[app]]
host = "h1"
kind = "send"
to = "10.0.0.7:9"
size = 333
interval = "97us"
[[app]]
host = "h1"
kind = "echo"
port = 7
[[traffic]]
to = "h1.eth0"
kind = "udp"
dport = 7
size = 90
rate = "200000pps"
flows = 5
[[traffic]]
to = "h1.eth0"
kind = "udp"
dport = 9
size = 1518
rate = "3000pps"
"""


class Planted(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="niclab-planted-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = self.folder / "s.toml"
        self.file.write_text(SCENARIO)

    def run_with(self, niclab, fidelity):
        out = self.folder / "out"
        done = subprocess.run([niclab, "run", self.file, "--out", out, "--set", f"fidelity.all={fidelity}"],
                              capture_output=True, text=True, check=False)
        return done, json.loads((out / "summary.json").read_text()) if (out / "summary.json").exists() else None

    def test_the_sound_block_passes(self):
        done, summary = self.run_with(SOUND, "lockstep")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(summary["lockstep"][BLOCK]["transactions"], 100)
        self.assertEqual(summary["lockstep"][BLOCK]["mismatches"], 0)

    def test_lockstep_stops_and_shows_both_sides(self):
        done, summary = self.run_with(PLANTED, "lockstep")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(f"lockstep mismatch: h1.eth0 {BLOCK}", done.stderr)
        self.assertIn("<- differs", done.stderr)
        self.assertIn("what went in before, oldest first:", done.stderr)
        self.assertRegex(done.stderr, r"clock cycle that begins at \d+ ns")
        self.assertEqual(summary["lockstep"][BLOCK]["mismatches"], 1)
        self.assertLess(summary["sim"]["time_ns"] - summary["sim"]["start_ns"], 12_000_000, "stopped at once")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-q"])
