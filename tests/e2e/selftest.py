"""The driver beside the data path: self-test, suspension, function reset, shared interrupts (fact base 2.2, 4.9, 4.11, 5.5)."""

import pathlib
import shutil
import tempfile
import unittest

from support import niclab, summary

SCENARIO = """
[run]
duration = "%s"
[[host]]
name = "h1"
cpus = 2
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
[[app]]
host = "h1"
kind = "echo"
port = 9
[[traffic]]
to = "h1.eth0"
kind = "udp"
dport = 9
rate = "%s"
"""

AT = """
[[at]]
time = "%s"
host = "h1"
command = "%s"
"""

FAULT = """
[[fault]]
time = "%s"
nic = "h1.eth0"
%s
"""

PASS = """The test result is PASS
The test extra info:
Register test  (offline)\t 0
Eeprom test    (offline)\t 0
Interrupt test (offline)\t 0
Loopback test  (offline)\t 0
Link test   (on/offline)\t 0

"""

RESET = "echo 1 > /sys/bus/pci/devices/0000:01:00.0/reset"


class SelfTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="niclab-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def file(self, text):
        path = self.folder / "s.toml"
        path.write_text(text)
        return path

    def run_file(self, file, *arguments):
        done = niclab("run", file, "--out", self.folder / "out", "--quiet", *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return summary(self.folder / "out"), (self.folder / "out/kernel.log").read_text()

    def same_every_way(self, file, *ways):
        """The run, whose digest is the same the eager way and with the blocks in RTL; its account closes (exit code 0)."""
        result, log = self.run_file(file)
        for way in ways or (["--eager"], ["--set", "fidelity.all=lockstep"]):
            self.assertEqual(self.run_file(file, *way)[0]["sim"]["digest"], result["sim"]["digest"], way)
        return result, log

    #
    def test_offline_passes_with_every_kind_of_interrupt(self):
        file = self.file(SCENARIO % ("1ms", "1000pps"))
        for kind in ("msix", "msi", "intx"):
            with self.subTest(kind=kind):
                done = niclab("sh", file, "--set", f"host.nic.interrupts={kind}", "-c", "ethtool -t eth0")
                self.assertEqual((done.stdout, done.returncode), (PASS, 0), done.stderr)

    def test_online_asks_for_the_link_only(self):
        file = self.file(SCENARIO % ("1ms", "1000pps"))
        done = niclab("sh", file, "-c", "ethtool -t eth0 online", "-c", "dmesg | tail -n 1")
        self.assertTrue(done.stdout.startswith(PASS), done.stdout)
        self.assertIn("online testing starting", done.stdout)
        done = niclab("sh", file, "-c", "ethtool -t eth0 sideways", "-c", "ethtool -t eth7")
        self.assertIn("ethtool: bad command line argument(s)", done.stdout)
        self.assertIn("Cannot get strings: No such device", done.stdout)
        self.assertEqual(done.returncode, 74)

    def test_a_running_port_is_tested_and_works_again(self):
        file = self.file(SCENARIO % ("15s", "200pps") + AT % ("1ms", "ethtool -t eth0"))
        result, log = self.same_every_way(file)
        self.assertIn("h1: Loopback test  (offline)\t 0\n", log)
        echoed = result["hosts"]["h1"]["ethtool"]["eth0"]["tx_packets"]
        self.assertGreater(echoed, 640 + 200)  # the test's own frames, and seconds of traffic after it

    def test_suspended_and_reset_under_traffic(self):
        file = self.file(SCENARIO % ("3s", "20000pps") + AT % ("10ms", "rtcwake -m mem -s 1") +
                         AT % ("1700ms", RESET) + AT % ("2400ms", "ethtool -S eth0 | grep rx_packets"))
        result, log = self.same_every_way(file)
        self.assertEqual(log.count("NIC Link is Up"), 3)
        received = result["hosts"]["h1"]["sockets"][0]["rx_datagrams"]
        self.assertGreater(received, 10000)  # about half a second of 20,000 frames a second at least
        self.assertIn("rx_packets: ", log)

    def test_resets_at_any_moment(self):
        # At line rate, between and within packets.
        text = SCENARIO.replace('rate = "%s"', 'rate = "line"\nsize = 512') % "1500us"
        for k in range(8):
            file = self.file(text + AT % (f"{200 + 13 * k}us", RESET))
            self.run_file(file, "--set", "host.nic.queues=4")

    # both ports on INTA; each handler is asked, and claims only its own (fact base 5.5).
    def test_two_ports_share_a_line(self):
        second = """
[[host.nic]]
if = "eth1"
mac = "02:00:00:00:00:02"
ipv4 = "10.0.1.1/24"
interrupts = "intx"
[host.nic.quirk]
intx_pins = "all_inta"
"""
        text = (SCENARIO % ("20ms", "20000pps")).replace(
            'ipv4 = "10.0.0.1/24"\n', 'ipv4 = "10.0.0.1/24"\ninterrupts = "intx"\n[host.nic.quirk]\nintx_pins = "all_inta"\n' + second)
        text += '\n[[traffic]]\nto = "h1.eth1"\nkind = "udp"\ndport = 9\nrate = "7000pps"\n'
        result, _ = self.same_every_way(self.file(text))
        interrupts = result["hosts"]["h1"]["interrupts"]
        self.assertIn("eth0, eth1", interrupts)
        for nic in ("eth0", "eth1"):
            self.assertGreater(result["account"][f"h1.{nic}"]["on_the_wire"], 100)
        done = niclab("sh", self.file(text), "-c", "ethtool -t eth1", "-c", "dmesg")
        self.assertTrue(done.stdout.startswith(PASS), done.stdout)
        self.assertIn("testing shared interrupt", done.stdout)

    # B-126, E-61: the driver sees the hang, the stack has it reset, traffic goes on (fact base 4.11).
    def test_a_stalled_transmitter_is_found_and_reset(self):
        file = self.file(SCENARIO % ("20s", "200pps") + FAULT % ("100ms", 'kind = "tx_stall"\nduration = "12s"'))
        result, log = self.same_every_way(file)
        places = [log.index(text) for text in ("Detected Tx Unit Hang", "NETDEV WATCHDOG: eth0 (igb): transmit queue ",
                                               "igb 0000:01:00.0 eth0: Reset adapter")]
        self.assertEqual(places, sorted(places), log)
        self.assertIn("NIC Link is Up", log[places[-1]:])
        self.assertGreaterEqual(result["hosts"]["h1"]["ethtool"]["eth0"]["tx_timeout_count"], 1)
        self.assertGreater(result["account"]["h1.eth0"]["on_the_wire"], 600)

    # Fact base 4.11, last row.
    def test_a_device_that_is_gone_is_detached(self):
        file = self.file(SCENARIO % ("5s", "1000pps") + FAULT % ("100ms", 'kind = "all_ones"') +
                         AT % ("4s", "ethtool -c eth0") + AT % ("4100ms", "ifconfig eth0 mtu 1400") +
                         AT % ("4200ms", "ifconfig eth0 down && ifconfig -a") + AT % ("4300ms", "ifconfig eth0 up"))
        _, log = self.same_every_way(file)
        self.assertEqual(log.count("PCIe link lost, device now detached"), 1)
        self.assertIn("Cannot get device coalesce settings: No such device", log)
        self.assertIn("SIOCSIFMTU: No such device", log)
        self.assertIn("SIOCSIFFLAGS: No such device", log)
        self.assertIn("h1: eth0      Link encap:Ethernet", log)

    def test_bad_command_lines(self):
        file = self.file(SCENARIO % ("1ms", "1000pps"))
        for command, text in (("rtcwake -m disk -s 1", "rtcwake: usage"), ("rtcwake -m mem -s 0", "rtcwake: usage"),
                              ("rtcwake -m mem", "rtcwake: usage"),
                              ("echo 2 > /sys/bus/pci/devices/0000:01:00.0/reset", "Invalid argument"),
                              ("ethtool -s eth0 wol x", "bad command line")):
            with self.subTest(command=command):
                done = niclab("sh", file, "-c", command)
                self.assertIn(text, done.stdout)
                self.assertNotEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
