"""Every wrong input ends with exit code 2, one line on standard error, and nothing written."""

import pathlib
import shutil
import tempfile
import unittest

from support import CAPTURE, niclab

GOOD = """[run]
duration = "5ms"
[[host]]
name = "h1"
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
[[host]]
name = "h2"
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:02"
ipv4 = "10.0.0.2/24"
[[app]]
host = "h1"
kind = "sink"
port = 9000
[[traffic]]
to = "h1.eth0"
kind = "pcap"
file = "good.pcap"
rate = "captured"
[[expect]]
metric = "sim.time_ns"
op = ">"
value = 0
"""

FAULT = '[[fault]]\ntime = "%s"\nnic = "%s"\nkind = "%s"\n%s[[expect]]'

# text of the good scenario, what replaces it, what the line has to contain
FILES = [
    ('[[expect]]', FAULT % ("1ms", "h1.eth1", "ecc", ""), ["s.toml:26", "fault.nic", '"h1.eth1"', 'perhaps "h1.eth0"']),
    ('[[expect]]', FAULT % ("1ms", "h1.eth0", "gremlin", ""), ["s.toml:27", "fault.kind", "gremlin", "crc_error"]),
    ('[[expect]]', FAULT % ("1ms", "h1.eth0", "poisoned", "count = 0\n"), ["s.toml:28", "fault.count", "1 to"]),
    ('[[expect]]', FAULT % ("1ms", "h1.eth0", "ecc", "count = 2\n"), ["s.toml:28", "fault.count"]),
    ('[[expect]]', FAULT % ("1ms", "h1.eth0", "crc_error", 'duration = "1ms"\n'), ["s.toml:28", "fault.duration"]),
    ('[[expect]]', FAULT % ("1ms", "h1.eth0", "cable", ""), ["s.toml:24", "fault.duration", "missing"]),
    ('[[expect]]', FAULT % ("1ms", "h1.eth0", "all_ones", 'duration = "0ms"\n'), ["s.toml:28", "fault.duration", "zero"]),
    ('[[expect]]', FAULT % ("6ms", "h1.eth0", "ecc", ""), ["s.toml:25", "fault.time", "run.duration"]),
    ('[[expect]]', FAULT.replace('time = "%s"\n', "") % ("h1.eth0", "ecc", ""), ["s.toml:24", "fault.time", "missing"]),
    ('duration = "5ms"', 'durration = "5ms"', ["s.toml:2", "durration", "duration"]),
    ('duration = "5ms"', 'duration = 5', ["s.toml:2", "duration", "expected"]),
    ('"5ms"', '"5 minutes"', ["s.toml:2", "duration", "ns|us|ms|s"]),
    ('"5ms"', '"5ms', ["s.toml:2"]),
    ('[run]', '[runn]', ["s.toml:1", "runn"]),
    ('[run]', '[cost]\nsyscall = 42\n[run]', ["s.toml:2", "cost.syscall", "expected"]),
    ('[run]', '[cost]\nmystery = "1ns"\n[run]', ["s.toml:2", "cost.mystery"]),
    ('[run]', '[pcie]\nlanes = 3\n[run]', ["s.toml:2", "pcie.lanes", "1, 2, 4"]),
    ('[run]', '[fidelity]\nwarp = "model"\n[run]', ["s.toml:2", "fidelity.warp"]),
    ('[run]', '[fidelity]\nrss_hash = "rtl"\n[run]', ["s.toml:2", "unit rss_hash has no twin in RTL", "tx_checksum"]),
    ('[run]', '[fidelity]\ntx_ring = "fast"\n[run]', ["s.toml:2", 'unknown fidelity "fast"', "lockstep"]),
    ('name = "h2"', 'name = "h1"', ["s.toml:10", "name"]),
    ('name = "h2"', '', ["s.toml:9", "name", "missing"]),
    ('02:00:00:00:00:02', '02:00:00:00:00:01', ["s.toml:13", "mac", "s.toml:7"]),
    ('02:00:00:00:00:02', '02:00:00:00:00', ["s.toml:13", "mac"]),
    ('02:00:00:00:00:02', '01:00:5e:00:00:02', ["s.toml:13", "mac"]),
    ('10.0.0.2/24"', '10.0.0.2/24"\n[host.nic.quirk]\nrqdpc = "sometimes"',
     ["s.toml:16", "host[1].nic.quirk.rqdpc", '"sometimes"', "read_clears, write_clears"]),
    ('10.0.0.2/24"', '10.0.0.2/24"\n[host.nic.quirk]\nrqdcp = "read_clears"', ["s.toml:16", "rqdcp", "rqdpc"]),
    ('10.0.0.2/24"', '10.0.0.2/24"\n[host.nic.quirk]\ndescriptor_cache = "8_each"\n[fidelity]\nrx_ring = "lockstep"',
     ["s.toml:16", "host[1].nic.quirk.descriptor_cache", "one depth", "i210"]),
    ('10.0.0.2/24"', '10.0.0.2/24"\n[host.card]\nports = 3', ["s.toml:16", "host[1].card.ports", "1, 2, 4"]),
    ('10.0.0.2/24"', '10.0.0.2/24"\n[host.card]\nport = 4', ["s.toml:16", "port", "ports"]),
    ('10.0.0.2/24"', '10.0.0.2/24"\n[[host.nic]]\nif = "eth1"\nmac = "02:00:00:00:00:03"\nipv4 = "10.1.0.2/24"\n'
     '[host.card]\nports = 1', ["s.toml:20", "host[1].card.ports", "the host's 2 NICs"]),
    ('10.0.0.2/24', '10.0.0.1/24', ["s.toml:14", "ipv4", "s.toml:8"]),
    ('10.0.0.2/24', '10.0.0.2', ["s.toml:14", "ipv4", "a.b.c.d/len"]),
    ('10.0.0.2/24', '10.0.0.300/24', ["s.toml:14", "ipv4"]),
    ('[[app]]', '[[link]]\na = "h1.eth0"\n[[app]]', ["s.toml:15", "link.b", "missing"]),
    ('[[app]]', '[[link]]\na = "h2.eth0"\nb = "h9.eth0"\n[[app]]', ["s.toml:17", "link.b", "h9.eth0"]),
    ('[[app]]', '[[link]]\na = "h2.eth0"\nb = "h2.eth0"\n[[app]]', ["s.toml:17", "link.b", "s.toml:16"]),
    ('[[app]]', '[[link]]\na = "h2.eth0"\nb = "h1.eth0"\nspeed = 2500\n[[app]]', ["s.toml:18", "link.speed", "1000"]),
    ('[[app]]', '[[link]]\na = "h2.eth0"\nb = "h1.eth0"\n[[app]]', ["s.toml:23", "traffic.to", "s.toml:15"]),
    ('rate = "captured"', 'rate = "captured"\npause = true', ["s.toml:24", "traffic.pause", "switch"]),
    ('ipv4 = "10.0.0.1/24"', 'ipv4 = "10.0.0.1/24"\nflow_control = "half"', ["s.toml:9", "host.nic.flow_control", "full"]),
    ('ipv4 = "10.0.0.1/24"', 'ipv4 = "10.0.0.1/24"\nspeed = 40', ["s.toml:9", "host.nic.speed", "100"]),
    ('host = "h1"', 'host = "h3"', ["s.toml:16", "app.host", "h3"]),
    ('kind = "sink"', 'kind = "drain"', ["s.toml:17", "app.kind", "sink"]),
    ('port = 9000', 'port = "9000"', ["s.toml:18", "app.port", "integer"]),
    ('port = 9000', 'port = 90000', ["s.toml:18", "app.port"]),
    ('port = 9000', 'port = 9000\nspeed = 3', ["s.toml:19", "app.speed"]),
    ('"h1.eth0"', '"h1.eth1"', ["s.toml:20", "traffic.to", "eth1"]),
    ('"h1.eth0"', '"eth0"', ["s.toml:20", "traffic.to"]),
    ('good.pcap', 'none.pcap', ["s.toml:22", "traffic.file", "none.pcap"]),
    ('good.pcap', 'cut.pcap', ["s.toml:22", "traffic.file", "cut.pcap"]),
    ('good.pcap', 'text.pcap', ["s.toml:22", "traffic.file", "text.pcap"]),
    ('"captured"', '"warp"', ["s.toml:23", "traffic.rate", "captured"]),
    ('name = "h2"', 'name = "h2"\n[host.card]\nclock_ppb = 2000000', ["s.toml:12", "host[1].card.clock_ppb", "1000000"]),
    ('kind = "sink"\nport = 9000', 'kind = "ptp_slave"', ["s.toml:17", "app.kind", "without a ptp_master"]),
    ('kind = "sink"\nport = 9000', 'kind = "ptp_master"\ninterval = "1us"', ["s.toml:18", "app.interval", "1ms"]),
    ('kind = "sink"\nport = 9000', 'kind = "ptp_master"\nif = "eth1"', ["s.toml:18", "app.if", "eth0"]),
    # What only the running host can refuse.
    ('kind = "sink"\nport = 9000', 'kind = "request"\nto = "99.1.1.1:7"\ncount = 1',
     ["h1: request to 99.1.1.1:7: connect: Network is unreachable"]),
    ('op = ">"', 'op = "=>"', ["s.toml:26", "expect.op", ">="]),
    ('metric = "sim.time_ns"\n', '', ["s.toml:24", "expect.metric", "missing"]),
]

ARGUMENTS = [
    (["--set", "run.sede=1"], ["--set run.sede", "seed"]),
    (["--set", "app[7].port=1"], ["--set app[7].port", "7"]),
    (["--set", "app.port=none"], ["--set app.port", "none"]),
    (["--set", "traffic.file=good.pcap"], ["--set traffic.file", "good.pcap"]),  # relative to the current folder
    (["--set", "nonsense"], ["--set nonsense"]),
    (["--seed", "many"], ["--seed"]),
    (["--unknown"], ["--unknown"]),
    (["--waves", "--set", "waves.until=1us", "--set", "waves.from=2us"], ["--set waves.until", "waves.from"]),
]


class BadInput(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="niclab-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.work = self.folder / "work"
        self.work.mkdir()
        shutil.copy(CAPTURE, self.folder / "good.pcap")
        (self.folder / "cut.pcap").write_bytes(CAPTURE.read_bytes()[:5000])
        (self.folder / "text.pcap").write_text("no capture\n")
        self.file = self.folder / "s.toml"
        self.file.write_text(GOOD)

    def refuse(self, arguments, contains):
        before = sorted(self.folder.rglob("*"))
        done = niclab(*arguments, cwd=self.work)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        for text in contains:
            self.assertIn(text, done.stderr)
        self.assertEqual(sorted(self.folder.rglob("*")), before, "something was written")

    def test_files(self):
        for old, new, contains in FILES:
            with self.subTest(new=new):
                self.assertIn(old, GOOD)
                self.file.write_text(GOOD.replace(old, new, 1))
                self.refuse(["run", self.file], contains)

    def test_arguments(self):
        for arguments, contains in ARGUMENTS:
            with self.subTest(arguments=arguments):
                self.refuse(["run", self.file, *arguments], contains)

    def test_files_that_are_no_scenario(self):
        (self.folder / "binary.toml").write_bytes(bytes(range(256)))
        for name in ("none.toml", "binary.toml", "work"):
            with self.subTest(name=name):
                self.refuse(["run", self.folder / name], [name])

    def test_commands(self):
        self.refuse([], ["command"])
        self.refuse(["frobnicate"], ["frobnicate"])
        self.refuse(["diff", self.folder], ["B"])
        self.refuse(["diff", self.folder, self.folder], ["scenario.json"])
        self.refuse(["study", "frobnicate"], ["frobnicate", "coalescing"])

    def test_folder_that_cannot_be_made(self):
        self.refuse(["run", self.file, "--out", self.file / "below"], ["--out"])
        self.refuse(["run", self.file, "--out", "/proc/niclab/out"], ["--out", "/proc/niclab/out"])


if __name__ == "__main__":
    unittest.main()
