"""niclab study: the same bytes however it is run, nothing lost when it is stopped, and one line for each mistake."""

import csv
import json
import os
import pathlib
import pty
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from support import NICLAB, SOURCE, niclab

STUDY = """[study]
title = "A small study"
laws = ["account"]

[scenario.run]
duration = "2ms"
[[scenario.host]]
name = "h1"
cpus = 2
[[scenario.host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
[[scenario.app]]
host = "h1"
kind = "sink"
port = 9
[[scenario.traffic]]
to = "h1.eth0"
kind = "udp"
rate = "line"
arrivals = "poisson"

[[parameter]]
name = "rx_usecs"
key = "host[0].nic[0].rx_usecs"
values = [3, 50]

[[parameter]]
name = "load"
[[parameter.value]]
name = "light, and \\"random\\""
set = { "traffic[0].rate" = "20000pps" }
[[parameter.value]]
name = "line"
set = { "traffic[0].rate" = "line", "traffic[0].arrivals" = "regular" }

[[parameter]]
name = "size"
key = "traffic[0].size"
values = [64, 512]

[[metric]]
name = "read"
path = "hosts.h1.sockets[*].rx_datagrams"
per = "second"
"""
POINTS = 8
# Long enough that somebody can stop it.
SLOW = ["--set", "run.duration=150ms", "--set", "parameter.rx_usecs.values=[3]"]
RESULTS = ("points.csv", "points.json", "report.html")
MPIRUN = ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", "3"]


class Study(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="niclab-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = self.folder / "small.toml"
        self.file.write_text(STUDY)

    def study(self, out, *arguments, file=None):
        return niclab("study", file or self.file, "--out", self.folder / out, *arguments, cwd=self.folder)

    def start(self, out, *arguments):
        """A study under way, its standard error as a file."""
        errors = (self.folder / "errors").open("w+")
        self.addCleanup(errors.close)
        process = subprocess.Popen([NICLAB, "study", str(self.file), "--out", str(self.folder / out), *arguments],
                                   stdout=subprocess.DEVNULL, stderr=errors, cwd=self.folder)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, errors

    def journal(self, out):
        file = self.folder / out / "journal.jsonl"
        return file.read_text().splitlines() if file.exists() else []

    def wait_until(self, condition):
        deadline = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), deadline, "it does not happen")
            time.sleep(0.005)

    @staticmethod
    def children(process):
        return [int(p) for p in pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]

    def same(self, a, b, names=RESULTS):
        for name in names:
            self.assertEqual((self.folder / a / name).read_bytes(), (self.folder / b / name).read_bytes(), name)

    def test_same_bytes_for_any_jobs_and_ranks(self):
        sets = ["--set", "study.repetitions=2"]
        done = self.study("one", "--jobs", "1", *sets)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("account: held at 8 of 8 points", done.stdout)
        self.assertEqual(self.study("four", "--jobs", "4", *sets).returncode, 0)
        self.same("one", "four")
        ranks = subprocess.run([*MPIRUN, NICLAB, "study", str(self.file), "--out", str(self.folder / "ranks"), *sets],
                               capture_output=True, text=True, cwd=self.folder, check=False)
        self.assertEqual(ranks.returncode, 0, ranks.stderr)
        self.same("one", "ranks")
        self.assertEqual(len(self.journal("ranks")), 2 * POINTS)

        with (self.folder / "one/points.csv").open(newline="") as f:
            rows = list(csv.DictReader(f))
        points = json.loads((self.folder / "one/points.json").read_text())
        self.assertEqual([(r["rx_usecs"], r["load"], r["size"]) for r in rows][:3],
                         [("3", 'light, and "random"', "64"), ("3", 'light, and "random"', "512"), ("3", "line", "64")])
        for row, point in zip(rows, points, strict=True):
            self.assertEqual(float(row["read"]), point["metrics"]["read"])
            self.assertEqual(float(row["read_ci95"]), point["interval"]["read"])
            self.assertEqual(row["digest"], point["digest"])
        first, second = points[0]["digest"].split()
        self.assertNotEqual(first, second)  # Poisson arrivals follow the seed
        self.assertGreater(points[0]["interval"]["latency_p50_ns"] + points[0]["interval"]["cpu_percent"], 0)
        self.assertEqual(len(set(points[2]["digest"].split())), 1)  # nothing random at line rate

    def test_command_of_a_point_gives_its_digest(self):
        self.assertEqual(self.study("out").returncode, 0)
        points = json.loads((self.folder / "out/points.json").read_text())
        for point in (points[0], points[7]):
            words = shlex.split(point["command"])
            self.assertEqual(words[:2], ["niclab", "run"])
            done = niclab(*words[1:], "--quiet", "--out", self.folder / "run", cwd=self.folder)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            summary = json.loads((self.folder / "run/summary.json").read_text())
            self.assertEqual(summary["sim"]["digest"], point["digest"])
            self.assertEqual(summary["latency_ns"]["wire_to_app"]["p99"], point["metrics"]["latency_p99_ns"])

    def test_built_in_studies(self):
        done = niclab("study")
        self.assertEqual(done.returncode, 0)
        self.assertIn("coalescing", done.stdout)
        listed = niclab("study", "coalescing", "--list")
        commands = listed.stdout.splitlines()
        self.assertGreaterEqual(len(commands), 300)
        words = shlex.split(commands[-1])
        done = niclab(*words[1:], "--set", "run.duration=1ms", "--quiet", "--out", self.folder / "run")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_sigint_and_on_from_there(self):
        self.assertEqual(self.study("whole", *SLOW).returncode, 0)
        process, errors = self.start("cut", "--jobs", "2", *SLOW)
        self.wait_until(lambda: len(self.journal("cut")) >= 1)
        children = self.children(process)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(30), 130)
        errors.seek(0)
        self.assertRegex(errors.read(), r"^niclab study: interrupted; \d of 4 runs are kept, the same command goes on from "
                                        r"there\n$")
        for child in children:
            self.assertFalse(pathlib.Path(f"/proc/{child}").exists())
        kept = self.journal("cut")
        self.assertLess(len(kept), 4)
        self.assertEqual(self.study("cut", *SLOW).returncode, 0)
        self.assertEqual(self.journal("cut")[:len(kept)], kept)  # nothing ran twice
        self.assertEqual(len(self.journal("cut")), 4)
        self.same("whole", "cut")

    def test_sigkill_and_a_torn_journal(self):
        self.assertEqual(self.study("whole", *SLOW).returncode, 0)
        process, _ = self.start("cut", "--jobs", "2", *SLOW)
        self.wait_until(lambda: len(self.journal("cut")) >= 1)
        children = self.children(process)
        process.kill()
        process.wait()
        self.wait_until(lambda: not any(pathlib.Path(f"/proc/{c}/exe").exists() for c in children))
        with (self.folder / "cut/journal.jsonl").open("a") as f:
            f.write('{"key": "00')
        self.assertEqual(self.study("cut", *SLOW).returncode, 0)
        self.assertEqual(len(self.journal("cut")), 4)
        self.same("whole", "cut")

    def test_killed_point_is_run_once_more(self):
        self.assertEqual(self.study("whole", *SLOW).returncode, 0)
        process, errors = self.start("killed", "--jobs", "2", *SLOW)
        self.wait_until(lambda: self.children(process))
        os.kill(self.children(process)[0], signal.SIGKILL)
        self.assertEqual(process.wait(60), 0)
        errors.seek(0)
        self.assertRegex(errors.read(), r"^niclab study: rx_usecs 3, .*: its process was killed by signal 9 \(Killed\); "
                                        r"once more\n$")
        self.same("whole", "killed")

    def test_point_killed_twice_is_marked(self):
        process, errors = self.start("killed", "--jobs", "1", *SLOW)
        seen = set()
        for _ in range(2):
            self.wait_until(lambda: set(self.children(process)) - seen)
            child, = set(self.children(process)) - seen
            seen.add(child)
            os.kill(child, signal.SIGKILL)
        self.assertEqual(process.wait(60), 1)
        errors.seek(0)
        self.assertEqual(len(errors.read().splitlines()), 2)
        points = json.loads((self.folder / "killed/points.json").read_text())
        self.assertEqual([p["error"] for p in points], ["its process was killed by signal 9 (Killed)"] + 3 * [None])
        self.assertIsNotNone(points[1]["metrics"]["cpu_percent"])

    def refuse(self, contains, *arguments, text=None):
        if text:
            self.file.write_text(text)
        done = self.study("refused", *arguments)
        with self.subTest(arguments=arguments, contains=contains):
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertEqual(done.stdout, "")
            self.assertRegex(done.stderr, r"\A[^\n]+\n\Z")
            for words in contains:
                self.assertIn(words, done.stderr)
            self.assertFalse((self.folder / "refused").exists())

    def test_bad_input_is_one_line_and_nothing_written(self):
        self.refuse(["small.toml:", "parameter rx_usecs", "unknown key"],
                    "--set", "parameter.rx_usecs.key=\"host[0].nic[0].rx_usec\"")
        self.refuse(["rx_usecs", "is 7, expected 0, 1, 3 or 10"], "--set", "parameter.rx_usecs.values=[3, 7]")
        self.refuse(["is empty"], "--set", "parameter.rx_usecs.values=[]")
        self.refuse(["unknown value \"none\""], "--set", "parameter.load.values=[\"none\"]")
        self.refuse(["unknown key", "perhaps \"duration\""], "--set", "run.durations=\"1ms\"")
        self.refuse(["--jobs"], "--jobs", "0")
        self.refuse(["the range is empty"], text=STUDY.replace("values = [64, 512]", "from = 9\nto = 8\nstep = 1"))
        self.refuse(["small.toml:40", "small.toml:29", "sets too"], text=STUDY.replace("traffic[0].size", "traffic[0].rate"))
        self.refuse(["not TOML"], text="[study\n")
        self.refuse(["study.scenario", "none.toml", "cannot read"],
                    text='[study]\nscenario = "none.toml"\n[[parameter]]\nname = "a"\nkey = "b"\nvalues = [1]\n')
        self.refuse(["is external, expected `niclab serve`"], text=STUDY.replace("cpus = 2", "external = true"))

    def test_folder_that_cannot_be_made(self):
        done = self.study("small.toml/below")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"\A--out [^\n]+\n\Z")

    def test_two_studies_in_one_folder(self):
        process, _ = self.start("shared", *SLOW)
        self.wait_until(lambda: (self.folder / "shared/journal.jsonl").exists() and self.children(process))
        done = self.study("shared", *SLOW)
        self.assertEqual(done.returncode, 2)
        self.assertIn("another `niclab study` writes there", done.stderr)

    def test_refused_point_is_marked_and_the_others_are_kept(self):
        # A completion may not be larger than a payload: one of four combinations contradicts itself.
        text = STUDY.replace('key = "host[0].nic[0].rx_usecs"\nvalues = [3, 50]', 'key = "pcie.mps"\nvalues = [128, 256]')
        self.file.write_text(text.replace('key = "traffic[0].size"\nvalues = [64, 512]',
                                          'key = "pcie.completion"\nvalues = [128, 256]'))
        done = self.study("out", "--set", "parameter.load.values=[\"line\"]")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"\Aniclab study: rx_usecs 128, load line, size 256: .*pcie.completion: is 256[^\n]*\n\Z")
        points = json.loads((self.folder / "out/points.json").read_text())
        self.assertEqual([bool(p["error"]) for p in points], [False, True, False, False])
        self.assertIsNone(points[1]["metrics"].get("cpu_percent"))
        self.assertGreater(points[3]["metrics"]["cpu_percent"], 0)

    def test_metric_that_no_run_has(self):
        done = self.study("out", "--set", "metric.path=\"hosts.h1.socket[*].drops\"")
        self.assertEqual(done.returncode, 2)
        self.assertIn("metric read: no run has hosts.h1.socket[*].drops", done.stderr)

    def test_progress_is_for_terminals(self):
        ours, theirs = pty.openpty()
        process = subprocess.Popen([NICLAB, "study", str(self.file), "--out", str(self.folder / "out")],
                                   stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        shown = b""
        while True:
            try:
                shown += os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
        os.close(ours)
        self.assertEqual(process.wait(), 0)
        self.assertRegex(shown, rb"\[=*>? *\] \d/8")
        self.assertTrue(shown.endswith(b"\r\x1b[K"))


class Golden(unittest.TestCase):
    """scripts/golden.py: the committed points are today's, and what moves is said."""

    def golden(self, *arguments):
        return subprocess.run([SOURCE / "scripts/golden.py", NICLAB, *map(str, arguments)], capture_output=True, text=True,
                              check=False)

    def test_nothing_moved(self):
        done = self.golden()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_what_moved_is_shown(self):
        with tempfile.TemporaryDirectory(prefix="niclab-e2e-") as folder:
            file = pathlib.Path(folder) / "golden.json"
            points = json.loads((SOURCE / "tests/data/golden.json").read_text())
            points[0]["metrics"]["cpu_percent"] *= 0.5
            points[1]["digest"] = "0" * 16
            file.write_text(json.dumps(points))
            done = self.golden("--golden", file)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, r"cpu_percent .* \+100\.0+ %")
            self.assertRegex(done.stdout, r"digest only")
            self.assertEqual(self.golden("--golden", file, "--update").returncode, 0)
            self.assertEqual(file.read_bytes(), (SOURCE / "tests/data/golden.json").read_bytes())


if __name__ == "__main__":
    unittest.main()
