"""What happens when a result cannot be written: one line, exit code 2, and the run does not go on for nothing."""

import os
import pathlib
import shutil
import tempfile
import time
import unittest

from support import SOURCE, niclab


class Disk(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="niclab-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def run_quickstart(self, *more):
        done = niclab("run", SOURCE / "scenarios/quickstart.toml", "--out", self.folder, "--quiet", *more)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertFalse((self.folder / "summary.json").exists())
        return done.stderr

    def test_a_full_disk_ends_the_run(self):
        os.symlink("/dev/full", self.folder / "h1.eth0.pcap")
        begin = time.monotonic()
        line = self.run_quickstart("--set", "run.duration=1000s", "--set", "traffic.count=1000000000")
        self.assertEqual(line, f"{self.folder}/h1.eth0.pcap: cannot write, expected room on the disk\n")
        self.assertLess(time.monotonic() - begin, 100)

    def test_a_capture_that_cannot_be_made(self):
        (self.folder / "h1.eth0.pcap").mkdir()
        self.assertIn("h1.eth0.pcap", self.run_quickstart())


if __name__ == "__main__":
    unittest.main()
