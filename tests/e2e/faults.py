"""[[fault]]: what breaks is told, counted and survived, in the same way however the run is computed (fact base 1.5, 4.9,
4.11, 6.4)."""

import pathlib
import shutil
import tempfile
import unittest

from support import SOURCE, niclab, summary

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
queues = 1
[[app]]
host = "h1"
kind = "echo"
port = 7
[[traffic]]
to = "h1.eth0"
kind = "udp"
rate = "20000pps"
dport = 7
size = 1000
"""

FAULT = """
[[fault]]
time = "%s"
nic = "h1.eth0"
kind = "%s"
%s
"""


class Faults(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="niclab-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.runs = 0

    def run_file(self, file, *arguments):
        self.runs += 1
        out = self.folder / str(self.runs)
        done = niclab("run", file, "--out", out, "--quiet", *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result = summary(out)
        for account in result["account"].values():
            self.assertEqual((account["rx_gap"], account["tx_gap"]), (0, 0), account)
        return result, (out / "kernel.log").read_text()

    def run_with(self, duration, *faults, arguments=()):
        file = self.folder / "s.toml"
        file.write_text(SCENARIO % duration + "".join(FAULT % f for f in faults))
        return self.run_file(file, *arguments)

    def test_an_example_to_read(self):
        result, log = self.run_file(SOURCE / "scenarios/faults.toml")
        aer = result["hosts"]["h1"]["aer"]["eth0"]
        self.assertEqual(aer["errors"]["CmpltTO"], 1)
        self.assertGreaterEqual(aer["nonfatal"], 1)
        self.assertEqual(result["hosts"]["h1"]["ethtool"]["eth0"]["rx_crc_errors"], 3)
        self.assertIn("AER: Uncorrected (Non-Fatal) error received: 0000:01:00.0", log)
        self.assertIn("[14] CmpltTO", log)
        self.assertIn("device recovery successful", log)
        self.assertIn("PCIe link lost", log)
        # In the end the echo answers as in the beginning.
        account = result["account"]["h1.eth0"]
        self.assertGreater(account["on_the_wire"], 2000)

    def test_many_faults_give_one_digest(self):
        faults = [("300us", "crc_error", "count = 2"), ("500us", "completion_timeout", "count = 2"),
                  ("600us", "late_completion", 'duration = "40ms"'), ("700us", "unsupported_request", ""),
                  ("800us", "completer_abort", "count = 2"), ("40ms", "poisoned", "count = 3"),
                  ("41ms", "poisoned_write", ""), ("42ms", "bad_tlp", ""), ("43ms", "tx_stall", 'duration = "500us"'),
                  ("45ms", "ecc", ""), ("46ms", "device_reset", ""), ("60ms", "port_reset", ""),
                  ("61ms", "cable", 'duration = "100us"'), ("70ms", "flr", ""),
                  ("75ms", "all_ones", 'duration = "1ms"'), ("180ms", "malformed_tlp", "")]
        digests = {}
        for name, arguments in (("lazy", []), ("eager", ["--eager"]), ("rtl", ["--set", "fidelity.all=rtl"]),
                                ("lockstep", ["--set", "fidelity.all=lockstep"])):
            result, _ = self.run_with("200ms", *faults, arguments=arguments)
            digests[name] = result["sim"]["digest"]
            errors = result["hosts"]["h1"]["aer"]["eth0"]["errors"]
            self.assertIn("CmpltTO", errors)
            self.assertIn("TLP", errors)
        self.assertEqual(len(set(digests.values())), 1, digests)

    def test_a_stalled_transmitter_is_found_hung_and_reset(self):
        result, log = self.run_with("13s", ("100ms", "tx_stall", 'duration = "30s"'),
                                    arguments=("--set", "traffic.rate=200pps"))
        said = [log.find(line) for line in ("fault: eth0 tx_stall", "Detected Tx Unit Hang", "NETDEV WATCHDOG: eth0",
                                            "Reset adapter")]
        self.assertEqual(said[:4], sorted(said[:4]))
        self.assertGreater(said[0], 0)
        self.assertGreater(log.rfind("NIC Link is Up"), said[3])
        self.assertGreater(result["account"]["h1.eth0"]["on_the_wire"], 300, "it sends again")

    def test_a_fatal_error_resets_the_link(self):
        result, log = self.run_with("1s", ("10ms", "bad_tlp", ""), ("20ms", "malformed_tlp", ""),
                                    arguments=("--set", "traffic.rate=200pps"))
        aer = result["hosts"]["h1"]["aer"]["eth0"]
        self.assertEqual((aer["correctable"], aer["nonfatal"], aer["fatal"]), (1, 0, 1))
        self.assertEqual((aer["errors"]["BadTLP"], aer["errors"]["MalfTLP"]), (1, 1))
        self.assertIn("AER: Corrected error received: 0000:01:00.0", log)
        self.assertIn("[18] MalfTLP", log)
        self.assertIn("device recovery successful", log)
        self.assertGreater(result["account"]["h1.eth0"]["on_the_wire"], 50, "the echo answers again")

    def test_a_card_that_is_gone_is_gone(self):
        result, log = self.run_with("3s", ("10ms", "all_ones", ""), arguments=("--set", "traffic.rate=200pps"))
        self.assertRegex(log, "(?i)PCIe link lost")
        self.assertLess(result["account"]["h1.eth0"]["on_the_wire"], 10)

    def test_a_fault_of_one_port_is_not_the_other_ones(self):
        file = self.folder / "two.toml"
        second = '[[host.nic]]\nif = "eth1"\nmac = "02:00:00:00:00:02"\nipv4 = "10.0.1.1/24"\nqueues = 1\n[[app]]'
        text = (SCENARIO % "5ms").replace("[[app]]", second, 1)
        file.write_text(text + (FAULT % ("1ms", "crc_error", "count = 3")).replace("h1.eth0", "h1.eth1"))
        result, _ = self.run_file(file)
        self.assertEqual(result["account"]["h1.eth0"]["error_drops"], 0)
        self.assertEqual(result["hosts"]["h1"]["aer"]["eth1"]["errors"], {})


if __name__ == "__main__":
    unittest.main()
