"""Frames beyond 1500 bytes, from socket to socket: several buffers a frame on receive, one descriptor on transmit
(fact base 2.7.3, 2.7.6, 3.6; 4.10 for a host that did not ask for them)."""

import pathlib
import shutil
import tempfile
import unittest

from support import niclab, summary, tshark

HOST = """
[[host]]
name = "{name}"
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:{number:02x}"
ipv4 = "10.0.0.{number}/24"
mtu = {mtu}
"""

PAIR = HOST.format(name="h1", number=1, mtu=9000) + HOST.format(name="h2", number=2, mtu=9000) + """
[[app]]
host = "h2"
kind = "echo"
port = 7
[[app]]
host = "h1"
kind = "request"
to = "10.0.0.2:7"
size = 8972
count = 50
[[app]]
host = "h1"
kind = "send"
to = "10.0.0.2:7"
size = 20000
interval = "1ms"
count = 20
"""

TRAFFIC = """
[[app]]
host = "h1"
kind = "sink"
port = 9
[[traffic]]
to = "h1.eth0"
kind = "udp"
size = 9018
rate = "line"
count = 300
"""


class Jumbo(unittest.TestCase):
    def run_scenario(self, text):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="niclab-e2e-"))
        self.addCleanup(shutil.rmtree, folder)
        (folder / "s.toml").write_text('[run]\nuntil = "idle"\n' + text)
        done = niclab("run", folder / "s.toml", "--out", folder / "out", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        return folder / "out", summary(folder / "out")

    def test_datagrams_of_a_whole_jumbo_frame_and_fragments_of_larger_ones(self):
        out, s = self.run_scenario(PAIR)
        self.assertEqual(s["hosts"]["h2"]["sockets"][0]["rx_bytes"], 50 * 8972 + 20 * 20000)
        # Requests, answers, and two of three fragments each way (the last is 2090 bytes long).
        lengths = [row[0] for row in tshark(out / "h1.eth0.pcap", "ip", ["frame.len"])]
        self.assertEqual({n: lengths.count(n) for n in set(lengths)}, {"9014": 100, "9010": 80, "2090": 40})
        bad = tshark(out / "h1.eth0.pcap", "udp.checksum.status == 0 || ip.checksum.status == 0", ["frame.number"],
                     "-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")
        self.assertEqual(bad, [])

    def test_line_rate_is_received_whole(self):
        _, s = self.run_scenario(HOST.format(name="h1", number=1, mtu=9000) + TRAFFIC)
        socket = s["hosts"]["h1"]["sockets"][0]
        self.assertEqual((socket["rx_datagrams"], socket["rx_bytes"]), (300, 300 * (9018 - 18 - 28)))
        self.assertEqual(s["hosts"]["h1"]["ethtool"]["eth0"]["rx_long_byte_count"], 300 * 9018)

    def test_a_host_with_the_standard_mtu_drops_them_as_oversize(self):
        _, s = self.run_scenario(HOST.format(name="h1", number=1, mtu=1500) + TRAFFIC)
        self.assertEqual(s["hosts"]["h1"]["sockets"][0]["rx_datagrams"], 0)
        self.assertEqual(s["account"]["h1.eth0"]["error_drops"], 300)
        self.assertEqual(s["hosts"]["h1"]["ethtool"]["eth0"]["rx_length_errors"], 300)


if __name__ == "__main__":
    unittest.main()
