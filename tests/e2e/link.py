"""Two hosts on one wire: PAUSE, speeds, and what the captures of both ends say (path-map D-41; fact base 4.7, 4.8)."""

import pathlib
import re
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

    def test_one_end_is_forced_the_other_negotiates(self):
        """The duplex mismatch everybody has seen: whoever negotiates hears a speed only, and takes half duplex."""
        at = self.events(("1ms", "ethtool -s eth0 speed 100 duplex full autoneg off"), ("400ms", "ethtool eth0"),
                         ("401ms", "ethtool -s eth0 autoneg on"), ("799ms", "ethtool --show-eee eth0"), ("800ms", "ethtool -r eth0"))
        done, out = self.run_file(PAIR + at, "--set", "run.duration=1200ms", "--set", "host[0].nic.negotiation=100ms",
                                  "--set", "host[1].nic.negotiation=100ms", "--set", "app[1].count=10")
        self.assertEqual(done.returncode, 0, done.stderr)
        log = (out / "kernel.log").read_text()
        ups = {host: re.findall(rf"{host}: igb: eth0 NIC Link is Up (.*)", log) for host in ("h1", "h2")}
        full = "1000 Mbps Full Duplex, Flow Control: RX/TX"
        self.assertEqual(ups["h1"], [full, "100 Mbps Full Duplex, Flow Control: None", full, full])
        self.assertEqual(ups["h2"], [full, "100 Mbps Half Duplex, Flow Control: None", full, full])
        self.assertRegex(log, r"Speed: 100Mb/s\n.*Duplex: Full")
        self.assertIn("Auto-negotiation: off", log)
        self.assertIn("EEE status: enabled - active", log, "both cards offer it")

    # --- the cable (fact base 4.8) ---------------------------------------------------------------

    def events(self, *commands):
        return "".join(f'[[at]]\ntime = "{time}"\nhost = "h1"\ncommand = "{command}"\n' for time, command in commands)

    def test_a_cable_is_pulled_in_the_middle_of_a_frame_and_plugged_in_again(self):
        pulled = PAIR + self.events(("1ms", "link eth0 down"), ("1ms", "link eth0 down"), ("20ms", "link eth0 up"))
        arguments = ["--set", "run.duration=150ms", "--set", "host[0].nic.negotiation=100ms", "--set", "app[1].interval=1us",
                     "--set", "app[1].burst=1", "--set", "host[1].nic.negotiation=100ms", "--set", "app[1].size=1400"]
        digests = set()
        for eager in ([], ["--eager"]):
            done, out = self.run_file(pulled, *arguments, *eager)
            self.assertEqual(done.returncode, 0, done.stderr)
            digests.add(summary(out)["sim"]["digest"])
        self.assertEqual(len(digests), 1)
        log = (out / "kernel.log").read_text()
        for host in ("h1", "h2"):
            said = [line.split("NIC Link is ")[1].split()[0] for line in log.splitlines() if f"{host}: igb: eth0 NIC Link" in line]
            self.assertEqual(said, ["Up", "Down", "Up"])
        account = summary(out)["account"]
        sent, received = account["h1.eth0"], account["h2.eth0"]
        self.assertGreater(sent["tx_counted"], 0, "frames that waited were thrown away by the reset")
        self.assertEqual(received["filtered"], 1, "the frame on the wire lost its end")
        self.assertIn(sent["on_the_wire"] - received["injected"], (0, 1), "one may start before the loss is heard")
        times = [at for at, _ in frames(out / "h2.eth0.pcap")[0]]
        pause = max(b - a for a, b in zip(times, times[1:]))
        self.assertGreater(pause, 119_000_000, "from the pull to the end of the negotiation")

    def test_a_switch_and_a_far_end_lose_what_is_under_way(self):
        third = PAIR[PAIR.index("[[host]]\nname = \"h2\""):PAIR.index("[[link]]")].replace("h2", "h3").replace(":02\"", ":03\"") \
            .replace("10.0.0.2", "10.0.0.3")
        switched = PAIR[:PAIR.index("[[link]]")] + third + PAIR[PAIR.index("[[app]]"):] + \
            self.events(("1ms", "link eth0 down")) + '[[traffic]]\nto = "h3.eth0"\nkind = "udp"\nrate = "1000pps"\ncount = 20\n'
        arguments = ["--set", "run.duration=30ms", "--set", "app[1].interval=1us", "--set", "app[1].burst=1",
                     "--set", "app[1].size=1400"]
        far = self.events(("1050us", "link eth0 down"), ("10050us", "link eth0 up"))
        done, out = self.run_file(switched, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        sent, received = (sum(data[6:12] == bytes([2, 0, 0, 0, 0, 1]) for _, data in frames(out / f"{host}.eth0.pcap")[0])
                          for host in ("h1", "h2"))
        self.assertGreater(received, 50)
        self.assertEqual(sent - received, 1, "the frame that was cut in two")
        self.assertGreaterEqual(summary(out)["account"]["h3.eth0"]["injected"], 20)
        alone = PAIR[:PAIR.index("[[host]]\nname = \"h2\"")] + far + """
[[traffic]]
to = "h1.eth0"
kind = "udp"
rate = "10000pps"
count = 200
"""
        done, out = self.run_file(alone, "--set", "run.duration=30ms")
        self.assertEqual(done.returncode, 0, done.stderr)
        arrived = sum(f[:6] == bytes([2, 0, 0, 0, 0, 1]) and f[12:14] == b"\x08\x00" for _, f in frames(out / "h1.eth0.pcap")[0])
        self.assertEqual(arrived, 200 - 90, "what is sent while the cable is out goes nowhere")
        self.assertEqual(summary(out)["account"]["h1.eth0"]["filtered"], 99, "no link yet")

    def test_a_cable_that_is_not_there(self):
        done, _ = self.run_file(PAIR + self.events(("1ms", "link eth7 down")))
        self.assertEqual(done.returncode, 2)
        self.assertIn('no interface "eth7" on host h1', done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1)
        done, _ = self.run_file(PAIR + self.events(("1ms", "link eth0 sideways")))
        self.assertEqual(done.returncode, 2)
        self.assertIn("Usage: link DEV up|down", done.stderr)
        done, _ = self.run_file(PAIR, "--set", "host[0].nic.negotiation=11s")
        self.assertEqual(done.returncode, 2)
        self.assertIn("1us to 10s", done.stderr)


if __name__ == "__main__":
    unittest.main()
