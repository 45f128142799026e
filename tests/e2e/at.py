"""[[at]]: commands of a host's shell while the scenario runs (path-map F-29, F-22)."""

import pathlib
import shutil
import tempfile
import unittest

from support import niclab, summary

SCENARIO = """
[run]
duration = "40ms"
[[host]]
name = "h1"
cpus = 2
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
queues = 1
rx_usecs = 10
[[app]]
host = "h1"
kind = "sink"
port = 9
[[traffic]]
to = "h1.eth0"
kind = "udp"
rate = "50000pps"
"""

AT = """
[[at]]
time = "%s"
host = "h1"
command = "%s"
"""


class At(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="niclab-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def run_with(self, name, *commands):
        file = self.folder / (name + ".toml")
        file.write_text(SCENARIO + "".join(AT % c for c in commands))
        done = niclab("run", file, "--out", self.folder / name)
        self.assertEqual(done.returncode, 0, done.stderr)
        return summary(self.folder / name)["hosts"]["h1"]

    def test_coalescing_changes_at_its_time(self):
        # 50,000 frames a second. At 10 us every frame interrupts; at 1 ms there are 1,000 interrupts a second.
        fast = self.run_with("fast")["interrupts"]["eth0-rx-0"]["count"]
        half = self.run_with("half", ("20ms", "ethtool -C eth0 rx-usecs 1000"))["interrupts"]["eth0-rx-0"]["count"]
        self.assertAlmostEqual(fast, 2000, delta=20)
        self.assertAlmostEqual(half, 1000 + 20, delta=20)

    def test_interface_down_and_up_again(self):
        down = self.run_with("down", ("10ms", "ifconfig eth0 down"))
        received = down["sockets"][0]["rx_datagrams"]
        self.assertAlmostEqual(received, 500, delta=10)
        self.assertIn("sh: ifconfig eth0 down", (self.folder / "down/kernel.log").read_text())

    def test_what_the_driver_refuses_is_logged(self):
        self.run_with("refused", ("1ms", "ethtool -C eth0 rx-usecs 5"))
        log = (self.folder / "refused/kernel.log").read_text().splitlines()
        self.assertTrue(log[-2].endswith(" h1: sh: ethtool -C eth0 rx-usecs 5"), log)
        self.assertTrue(log[-1].endswith(" h1: Cannot set device coalesce parameters: Invalid argument"), log)

    def test_pipes_and_files_work_as_in_the_shell(self):
        self.run_with("pipes", ("20ms", "sudo sysctl -w net.core.netdev_budget=600"),
                      ("21ms", "cat /proc/sys/net/core/netdev_budget | grep 6"))
        log = (self.folder / "pipes/kernel.log").read_text()
        self.assertIn(" h1: net.core.netdev_budget = 600\n", log)
        self.assertTrue(log.endswith(" h1: 600\n"), log)

    def test_statistics_are_printed(self):
        self.run_with("statistics", ("20ms", "ethtool -S eth0"))
        log = (self.folder / "statistics/kernel.log").read_text()
        received = int(log.split("     rx_packets: ")[1].split()[0])
        self.assertAlmostEqual(received, 1000, delta=5)

    def test_unknown_command_is_an_input_error(self):
        file = self.folder / "bad.toml"
        file.write_text(SCENARIO + AT % ("1ms", "reboot"))
        done = niclab("run", file, "--out", self.folder / "bad")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(len(done.stderr.splitlines()), 1)
        self.assertRegex(done.stderr, r'^\S+bad\.toml:\d+: .*"reboot": sh: 1: reboot: not found, expected ')
        self.assertFalse((self.folder / "bad").exists())

    def test_a_run_may_end_inside_a_command(self):
        # Reading the statistics takes some 30 us and holds the driver's lock.
        for duration in ("1005us", "1010us", "1020us"):
            file = self.folder / "end.toml"
            file.write_text(SCENARIO.replace("40ms", duration) + AT % ("1ms", "ethtool -S eth0"))
            done = niclab("run", file, "--out", self.folder / "end")
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_reset_in_the_middle_of_a_packet(self):
        # Three tags on a narrow link: a packet is half read when the transmitter stops. The descriptors of a ring that
        # was taken away are not written back.
        file = self.folder / "reset.toml"
        text = SCENARIO.replace('duration = "40ms"', 'duration = "30ms"\n[pcie]\nlanes = 1\ntags = 3\nmrrs = 128')
        text = text.replace("sink", "echo").replace("queues = 1", "queues = 2")
        text = text.replace('rate = "50000pps"', 'dport = 9\nsize = 1518\nrate = "line"')
        for k in range(12):
            file.write_text(text + AT % (f"{2600 + 13 * k}us", "ethtool -L eth0 combined 1"))
            done = niclab("run", file, "--out", self.folder / "reset")
            self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
