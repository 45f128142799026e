"""A run may end at any instant: what it reports is the same, lazy or eager."""

import pathlib
import shutil
import tempfile
import unittest

from support import niclab, summary

SCENARIO = """
[run]
duration = "%dns"
[[host]]
name = "h1"
cpus = 2
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
rx_usecs = 0
[[app]]
host = "h1"
kind = "echo"
cpu = 1
port = 7
[[traffic]]
to = "h1.eth0"
kind = "udp"
flows = 8
dport = 7
rate = "300000pps"
"""


class Cut(unittest.TestCase):
    def report(self, file, folder, *options):
        done = niclab("run", file, "--out", folder, "--quiet", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = summary(folder)
        for varies in ("wall_s", "slowdown", "activations"):
            del found["sim"][varies]
        return found

    def test_every_end_is_the_same_for_both(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="niclab-e2e-"))
        self.addCleanup(shutil.rmtree, folder)
        for i in range(60):
            with self.subTest(i=i):
                file = folder / "s.toml"
                file.write_text(SCENARIO % (100_000 + 173 * i))
                lazy = self.report(file, folder / "lazy")
                self.assertEqual(lazy, self.report(file, folder / "eager", "--eager"))


if __name__ == "__main__":
    unittest.main()
