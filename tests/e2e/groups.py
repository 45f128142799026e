"""A group of an application is joined on every interface of its host (path-map C-77)."""

import pathlib
import shutil
import tempfile
import unittest

from support import niclab, summary

SCENARIO = """
[[host]]
name = "h1"
cpus = 2
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
[[host.nic]]
if = "eth1"
mac = "02:00:00:00:00:02"
ipv4 = "10.0.1.1/24"
[[app]]
host = "h1"
kind = "sink"
port = 7000
group = "239.1.2.3"
[[traffic]]
to = "h1.eth0"
kind = "udp"
dst = "239.1.2.3"
dport = 7000
rate = "10000pps"
count = 30
[[traffic]]
to = "h1.eth1"
kind = "udp"
dst = "239.1.2.3"
dport = 7000
rate = "10000pps"
count = 12
"""


class Groups(unittest.TestCase):
    def test_a_sink_hears_its_group_on_both_interfaces(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="niclab-e2e-"))
        self.addCleanup(shutil.rmtree, folder)
        (folder / "s.toml").write_text(SCENARIO)
        done = niclab("run", folder / "s.toml", "--out", folder / "out")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(summary(folder / "out")["hosts"]["h1"]["sockets"][0]["rx_datagrams"], 42)


if __name__ == "__main__":
    unittest.main()
