"""What happens when a result cannot be written: one line, exit code 2, and the run does not go on for nothing."""

import os
import pathlib
import resource
import shutil
import signal
import tempfile
import time
import unittest

from support import SOURCE, niclab


class Disk(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="niclab-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def run_quickstart(self, *more, before=None):
        done = niclab("run", SOURCE / "scenarios/quickstart.toml", "--out", self.folder, "--quiet", *more, before=before)
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

    def test_files_that_cannot_be_made(self):
        for name, more in (("h1.eth0.pcap", []), ("waves.fst", ["--waves"])):
            (self.folder / name / "not empty").mkdir(parents=True)
            self.assertIn(f"{self.folder}/{name}: ", self.run_quickstart(*more))
            shutil.rmtree(self.folder / name)

    def test_waves_that_do_not_fit(self):
        def small_disk():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))

        line = self.run_quickstart("--waves", "--set", "traffic.count=3", "--set", "traffic[1].count=3", before=small_disk)
        self.assertEqual(line, f"{self.folder}/waves.fst: cannot write, expected room on the disk\n")


if __name__ == "__main__":
    unittest.main()
