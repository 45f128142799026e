"""Two cards' clocks synchronised by PTP with hardware stamps (fact base 2.11)."""

import pathlib
import shutil
import tempfile
import unittest

from support import SOURCE, niclab, summary, tshark

SHORT = ["--set", "run.duration=400ms", "--set", "app[0].interval=5ms", "--set", "app[1].settle=150ms"]
LOAD = """
[[app]]
host = "h2"
kind = "sink"
port = 9
cpu = 1
[[app]]
host = "h1"
kind = "send"
to = "10.0.0.2:9"
size = 1000
interval = "40us"
burst = 3
cpu = 1
"""


class Ptp(unittest.TestCase):
    def run_scenario(self, *arguments, extra=""):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="niclab-e2e-"))
        self.addCleanup(shutil.rmtree, folder)
        text = (SOURCE / "scenarios/ptp.toml").read_text()
        (folder / "ptp.toml").write_text(text[:text.index("[[expect]]")] + extra)
        done = niclab("run", folder / "ptp.toml", "--out", folder / "out", "--quiet", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return summary(folder / "out"), folder / "out"

    def check(self, s):
        ptp = s["hosts"]["h2"]["ptp"]["eth0"]
        self.assertNotIn("ptp", s["hosts"]["h1"])
        self.assertGreater(ptp["samples"], 60)
        self.assertGreater(ptp["looks_after"], 80)
        self.assertLess(ptp["max_abs_offset_after_ns"], 100)
        self.assertGreater(ptp["max_abs_offset_after_ns"], 0, "stamps are cut to 8 ns")
        self.assertEqual(ptp["steps"], 1, "a quarter of a second, once")
        self.assertAlmostEqual(ptp["frequency_ppb"], 50000, delta=1500)
        self.assertLess(abs(ptp["path_delay_ns"] - 500), 20, "the propagation, and nothing of queues")
        return ptp

    def test_the_scenario_as_it_stands(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="niclab-e2e-"))
        self.addCleanup(shutil.rmtree, folder)
        done = niclab("run", SOURCE / "scenarios/ptp.toml", "--out", folder / "out", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_converges_and_stays_and_speaks_ptp(self):
        s, out = self.run_scenario(*SHORT)
        ptp = self.check(s)
        messages = tshark(out / "h1.eth0.pcap", "ptp", ["ptp.v2.messagetype", "ptp.v2.sequenceid", "udp.dstport"])
        kinds = [int(row[0], 16) for row in messages]
        self.assertEqual(kinds[:4], [0, 8, 1, 9], "Sync, Follow_Up, Delay_Req, Delay_Resp")
        self.assertGreaterEqual(kinds.count(9), ptp["samples"])
        self.assertEqual({(int(r[0], 16), r[2]) for r in messages}, {(0, "319"), (1, "319"), (8, "320"), (9, "320")})
        broken = tshark(out / "h1.eth0.pcap", "ptp && (_ws.malformed || udp.checksum.status == 0)", ["frame.number"],
                        "-o", "udp.check_checksum:TRUE")
        self.assertEqual(broken, [])

    def test_load_does_not_disturb_it(self):
        s, _ = self.run_scenario(*SHORT, extra=LOAD)
        self.check(s)
        self.assertGreater(next(x["rx_datagrams"] for x in s["hosts"]["h2"]["sockets"] if x["local"].endswith(":9")),
                           10000)

    def test_lazy_and_eager_agree(self):
        short = ["--set", "run.duration=60ms", "--set", "app[0].interval=5ms"]
        results = []
        for arguments in ([], ["--eager"]):
            s, _ = self.run_scenario(*short, *arguments)
            results.append((s["sim"]["digest"], s["hosts"]["h2"]["ptp"]))
        self.assertEqual(*results)
        self.assertGreater(results[0][1]["eth0"]["samples"], 5)

    def test_without_it_the_clocks_part(self):
        at = "".join(f"""
[[at]]
time = "{time}"
host = "{host}"
command = "phc_ctl eth0 get"
""" for time in ("100ms", "390ms") for host in ("h1", "h2"))
        _, out = self.run_scenario(*SHORT, "--set", "app[0].start=395ms", extra=at)
        log = (out / "kernel.log").read_text().splitlines()
        shown = [float(line.split()[-1]) for line in log if "clock time is" in line]
        self.assertEqual(len(shown), 4)
        gained = (shown[2] - shown[0]) - (shown[3] - shown[1])
        self.assertAlmostEqual(gained * 1e9 / 0.29, 50000, delta=500, msg="ppb")

    def test_ethtool_shows_the_clock(self):
        done = niclab("sh", SOURCE / "scenarios/ptp.toml", "--at", "1us", "-c", "ethtool -T eth0",
                      "-c", "phc_ctl eth0 set 5 freq 100 freq adj -0.5 get", "-c", "phc_ctl eth0 freq 62500000")
        self.assertEqual(done.returncode, 255)
        self.assertIn("PTP Hardware Clock: 0\n", done.stdout)
        self.assertIn("phc_ctl: clock frequency offset is 100ppb\n", done.stdout)
        self.assertRegex(done.stdout, r"phc_ctl: clock time is 4\.5000\d+\n")
        self.assertIn("Numerical result out of range", done.stdout)


if __name__ == "__main__":
    unittest.main()
