"""Two hosts on one wire: PAUSE, speeds, and what the captures of both ends say (path-map D-41; fact base 4.7, 4.8)."""

import pathlib
import shutil
import tempfile
import unittest

from support import SOURCE, frames, niclab, summary, tshark

PAIR = """
[run]
duration = "2ms"
[[host]]
name = "h1"
cpus = 2
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
[[host]]
name = "h2"
cpus = 2
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:02"
ipv4 = "10.0.0.2/24"
[[link]]
a = "h1.eth0"
b = "h2.eth0"
propagation = "500ns"
[[app]]
host = "h2"
kind = "sink"
port = 9
[[app]]
host = "h1"
kind = "send"
to = "10.0.0.2:9"
burst = 100
interval = "10ms"
"""


class Link(unittest.TestCase):
    def run_file(self, file, *arguments):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="niclab-e2e-"))
        self.addCleanup(shutil.rmtree, folder)
        if not isinstance(file, pathlib.Path):
            (folder / "s.toml").write_text(file)
            file = folder / "s.toml"
        done = niclab("run", file, "--out", folder / "out", "--quiet", *arguments)
        return done, folder / "out"

    # D-39, D-41
    def test_a_slow_host_stops_a_fast_one(self):
        done, out = self.run_file(SOURCE / "scenarios/pause.toml")
        self.assertEqual(done.returncode, 0, done.stderr)
        s = summary(out)
        slow, fast = s["account"]["h2.eth0"], s["account"]["h1.eth0"]
        counters = {h: s["hosts"][h]["ethtool"]["eth0"] for h in ("h1", "h2")}
        for account in (slow, fast):
            for lost in ("missed", "queue_drops", "error_drops", "tx_counted", "rx_gap", "tx_gap"):
                self.assertEqual(account[lost], 0, lost)
        self.assertGreater(counters["h2"]["tx_flow_control_xoff"], 3)
        for kind in ("xon", "xoff"):
            self.assertEqual(counters["h2"][f"tx_flow_control_{kind}"], counters["h1"][f"rx_flow_control_{kind}"])
        self.assertEqual(slow["tx_control"], sum(counters["h2"][f"tx_flow_control_{k}"] for k in ("xon", "xoff")))
        # tshark's judgement of the frames, and the silence after each: from the end of an XOFF to that of the XON no
        # frame begins, but the one in flight.
        pauses = tshark(out / "h1.eth0.pcap", "macc.opcode == 0x0001", ["frame.number", "macc.pause_time", "eth.dst"])
        self.assertEqual([row[1] for row in pauses[:2]], ["65535", "0"])
        self.assertEqual({row[2] for row in pauses}, {"01:80:c2:00:00:01"})
        seen, _ = frames(out / "h1.eth0.pcap")
        marks = [(seen[int(row[0]) - 1][0], int(row[1])) for row in pauses]
        sent = [at for at, data in seen if data[6:12] == bytes([2, 0, 0, 0, 0, 1])]
        for (xoff, quanta), (xon, _) in zip(marks, marks[1:]):
            if quanta:
                self.assertLessEqual(sum(xoff < at <= xon for at in sent), 1, "frames between XOFF and XON")

    def test_without_pause_frames_are_missed(self):
        done, out = self.run_file(SOURCE / "scenarios/pause.toml", "--set", "host[1].nic.flow_control=none")
        self.assertEqual(done.returncode, 1, "the scenario expects PAUSE")
        s = summary(out)
        self.assertGreater(s["account"]["h2.eth0"]["missed"], 100)
        self.assertGreater(s["hosts"]["h2"]["ethtool"]["eth0"]["rx_no_buffer_count"], 0)
        self.assertEqual(s["account"]["h2.eth0"]["rx_gap"], 0)
        self.assertEqual(s["account"]["h2.eth0"]["tx_control"], 0)

    def test_lazy_and_eager_agree_about_pauses(self):
        digests = set()
        for arguments in ([], ["--eager"]):
            done, out = self.run_file(SOURCE / "scenarios/pause.toml", "--set", "run.duration=3ms", *arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
            digests.add(summary(out)["sim"]["digest"])
        self.assertEqual(len(digests), 1)

    def test_speed_is_the_best_of_both(self):
        for arguments, speed in (([], 1000), (["--set", "link.speed=100"], 100), (["--set", "host[1].nic.speed=10"], 10)):
            with self.subTest(speed=speed):
                done, out = self.run_file(PAIR, *arguments)
                self.assertEqual(done.returncode, 0, done.stderr)
                log = (out / "kernel.log").read_text()
                for host in ("h1", "h2"):
                    self.assertRegex(log, rf"{host}: igb: eth0 NIC Link is Up {speed} Mbps Full Duplex, "
                                          r"Flow Control: RX/TX")
                at, _ = frames(out / "h2.eth0.pcap")
                data = [t for t, f in at if len(f) == 60 and f[12:14] == b"\x08\x00"]
                gaps = {b - a for a, b in zip(data, data[1:])}
                self.assertIn(84 * 8 * 1000 // speed, gaps)
                self.assertGreaterEqual(min(gaps), 84 * 8 * 1000 // speed)
                there, _ = frames(out / "h1.eth0.pcap")
                self.assertEqual(at[0][0] - there[0][0], 500, "propagation")

    def test_a_far_end_obeys_only_if_it_is_told_to(self):
        traffic = PAIR[:PAIR.index("[[host]]\nname = \"h2\"")] + """
[[app]]
host = "h1"
kind = "sink"
port = 9
[[traffic]]
to = "h1.eth0"
kind = "udp"
rate = "line"
"""
        slow = ["--set", "host.cpus=1", "--set", "host.nic.rx_ring=80", "--set", "host.nic.rx_usecs=10000",
                "--set", "run.duration=20ms"]
        done, out = self.run_file(traffic, *slow)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(summary(out)["account"]["h1.eth0"]["missed"], 0)
        self.assertIn("Flow Control: RX\n", (out / "kernel.log").read_text())
        done, out = self.run_file(traffic, *slow, "--set", "traffic.pause=true")
        self.assertEqual(done.returncode, 0, done.stderr)
        account = summary(out)["account"]["h1.eth0"]
        self.assertEqual(account["missed"], 0)
        self.assertGreater(account["tx_control"], 1)

    def test_ethtool_switches_pause_off_and_on(self):
        at = """
[[at]]
time = "200us"
host = "h2"
command = "ethtool -A eth0 autoneg off rx off tx off"
[[at]]
time = "1ms"
host = "h2"
command = "ethtool -a eth0"
"""
        done, out = self.run_file(PAIR + at)
        self.assertEqual(done.returncode, 0, done.stderr)
        log = (out / "kernel.log").read_text()
        self.assertRegex(log, r"Autonegotiate:\s+off")
        self.assertRegex(log, r"RX:\s+off")


if __name__ == "__main__":
    unittest.main()
