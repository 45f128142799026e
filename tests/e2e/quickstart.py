"""The quickstart scenario: results, determinism, --eager, and diff."""

import pathlib
import shutil
import tempfile
import unittest
import xml.etree.ElementTree

from support import SOURCE, frames, niclab, summary

SCENARIO = SOURCE / "scenarios/quickstart.toml"


class Quickstart(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="niclab-e2e-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        for name, more in {"a": [], "b": [], "eager": ["--eager"], "cost": ["--set", "cost.syscall=43ns"]}.items():
            done = niclab("run", SCENARIO, "--out", cls.folder / name, *more)
            assert done.returncode == 0, done.stderr
            assert done.stderr == "", done.stderr
            cls.report = done.stdout

    def test_same_bits_every_time(self):
        a, b = summary(self.folder / "a"), summary(self.folder / "b")
        for j in (a, b):
            for key in ("wall_s", "slowdown"):
                del j["sim"][key]
        self.assertEqual(a, b)
        self.assertEqual((self.folder / "a/h1.eth0.pcap").read_bytes(), (self.folder / "b/h1.eth0.pcap").read_bytes())

    def test_eager_changes_nothing(self):
        a, e = summary(self.folder / "a"), summary(self.folder / "eager")
        self.assertEqual(a["sim"]["digest"], e["sim"]["digest"])
        self.assertEqual(a["sim"]["digest_content"], e["sim"]["digest_content"])
        self.assertEqual(a["hosts"], e["hosts"])
        self.assertEqual(a["pcie"], e["pcie"])

    def test_one_nanosecond_of_cost_changes_the_digest(self):
        self.assertNotEqual(summary(self.folder / "a")["sim"]["digest"], summary(self.folder / "cost")["sim"]["digest"])

    def test_digests_are_16_hex_digits(self):
        for key in ("digest", "digest_content"):
            self.assertRegex(summary(self.folder / "a")["sim"][key], r"\A[0-9a-f]{16}\Z")

    def test_diff(self):
        same = niclab("diff", self.folder / "a", self.folder / "eager")
        self.assertEqual(same.returncode, 0, same.stderr + same.stdout)
        self.assertRegex(same.stdout, r"\Aidentical: [0-9,]+ events\n\Z")
        other = niclab("diff", self.folder / "a", self.folder / "cost")
        self.assertEqual(other.returncode, 1, other.stderr)
        self.assertIn("first difference: event", other.stdout)

    def test_report_and_junit(self):
        for word in ("On the wire", "Latency", "Interrupts", "PCI Express", "Account", "ok "):
            self.assertIn(word, self.report)
        suite = xml.etree.ElementTree.parse(self.folder / "a/junit.xml").getroot()
        self.assertEqual(suite.get("failures"), "0")
        self.assertEqual(len(suite.findall(".//testcase")), 5)

    def test_capture_carries_both_directions(self):
        all_frames, nano = frames(self.folder / "a/h1.eth0.pcap")
        self.assertTrue(nano)
        link = summary(self.folder / "a")["links"]["h1.eth0"]
        self.assertEqual(len(all_frames), link["rx_frames"] + link["tx_frames"])
        self.assertEqual(sum(len(f) + 4 for _, f in all_frames), link["rx_bytes"] + link["tx_bytes"])

    def test_same_datagrams_by_whatever_interrupt(self):
        a = summary(self.folder / "a")
        for kind in ("msi", "intx"):
            with self.subTest(kind):
                reports = []
                for more in ((), ("--eager",)):
                    out = self.folder / (kind + "".join(more))
                    done = niclab("run", SCENARIO, "--out", out, "--set", f"host.nic.interrupts={kind}", *more)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    reports.append(summary(out))
                lazy, eager = reports
                self.assertEqual(lazy["sim"]["digest"], eager["sim"]["digest"])
                self.assertEqual(lazy["sim"]["digest_content"], a["sim"]["digest_content"])
                self.assertEqual(lazy["account"], a["account"])
                self.assertEqual(list(lazy["hosts"]["h1"]["interrupts"]), ["eth0"])
                count = lazy["hosts"]["h1"]["interrupts"]["eth0"]["count"]
                # Two messages for each interrupt by the pin, none otherwise.
                self.assertEqual(lazy["pcie"]["h1.eth0"]["by_type"].get("Msg", 0), 2 * count if kind == "intx" else 0)
                self.assertGreater(count, 500)

    def test_failed_expectation_is_exit_1(self):
        done = niclab("run", SCENARIO, "--out", self.folder / "fail", "--quiet", "--set", "expect.value=1")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertTrue((self.folder / "fail/summary.json").exists())


if __name__ == "__main__":
    unittest.main()
