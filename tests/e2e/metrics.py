"""What a run measures of itself: arrivals on the wire, buffers (Little's law), polls, the bus."""

import pathlib
import tempfile
import unittest

from support import SOURCE, frames, niclab, summary

HOST = """[run]
duration = "10ms"
[[host]]
name = "h1"
cpus = 2
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
queues = 1
"""
SINK = """[[app]]
host = "h1"
kind = "sink"
port = 9
cpu = 1
"""
TRAFFIC = """[[traffic]]
to = "h1.eth0"
kind = "udp"
"""
SLOW = '[cost]\ninstruction = "1ns"\n'
# A host that cannot keep up: the socket, and the packet buffer, overflow.
DROPS = SLOW + HOST + SINK + 'work = "5us"\nrcvbuf = 8192\n' + TRAFFIC + 'rate = "900000pps"\narrivals = "poisson"\n'
# Line rate both ways, with frames of several descriptors; everything is full when the run ends.
OVERLOAD = (SLOW + HOST.replace("queues = 1", "queues = 1\nmtu = 9000\ntx_ring = 80") + SINK +
            TRAFFIC + 'rate = "line"\n' + TRAFFIC + 'rate = "2000pps"\nsize = 6000\nsport = 2000\n' +
            '[[app]]\nhost = "h1"\nkind = "send"\nto = "10.0.0.9:9"\nsize = 4000\n')
PAUSE = SLOW + HOST + SINK + TRAFFIC + 'rate = "line"\npause = true\n'


class Run(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def run_scenario(self, text, *options):
        (self.folder / "s.toml").write_text(text)
        done = niclab("run", self.folder / "s.toml", "--out", self.folder / "o", "--quiet", *options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return summary(self.folder / "o")

    def buffers(self, s):
        """(name, buffer) of every buffer of a summary."""
        for port, buffers in s["buffers"].items():
            yield from ((f"{port} {name}", b) for name, b in buffers.items())
        for host, h in s["hosts"].items():
            yield from ((f"{host} {k['local']}", k["receive_queue"]) for k in h["sockets"])


class Little(Run):
    """The integral of the occupancy is the sum of the waits: two measurements that know nothing of each other."""

    def holds(self, s, busy):
        time = s["sim"]["time_ns"] - s["sim"]["start_ns"]
        for name, b in self.buffers(s):
            with self.subTest(name):
                self.assertEqual(b["occupancy_ns_total"], b["wait_ns_total"])
                self.assertAlmostEqual(b["mean_occupancy"] * time, b["wait_ns_total"], delta=1 + b["wait_ns_total"] * 1e-9)
                self.assertEqual(b["arrivals"], b["departures"] + b["left"])
                self.assertLessEqual(max(b["mean_occupancy"], b["left"]), b["max_occupancy"])
        for path in busy:
            port, name = path.split(" ")
            self.assertGreater(s["buffers"][port][name]["wait_ns_total"], 0, path)

    def test_with_drops(self):
        s = self.run_scenario(DROPS)
        self.assertGreater(s["hosts"]["h1"]["sockets"][0]["drops"], 0)
        self.assertGreater(s["account"]["h1.eth0"]["missed"], 0)
        self.holds(s, [f"h1.eth0 {b}" for b in ("rx_buffer", "rx_buffer_bytes", "rx_ring", "reads")])
        queue = s["hosts"]["h1"]["sockets"][0]["receive_queue"]
        self.assertIn(queue["departures"] - s["hosts"]["h1"]["sockets"][0]["rx_datagrams"], (0, 1))  # one is being copied
        account = s["account"]["h1.eth0"]
        self.assertEqual(s["buffers"]["h1.eth0"]["rx_buffer"]["arrivals"], account["delivered"] + account["rx_inside"])
        self.assertEqual(s["buffers"]["h1.eth0"]["rx_buffer"]["left"], account["rx_inside"])
        self.assertGreater(s["pcie"]["h1.eth0"]["stalls"]["no_rx_descriptor"], 0)

    def test_when_everything_is_full(self):
        s = self.run_scenario(OVERLOAD)
        self.assertGreater(s["account"]["h1.eth0"]["missed"], 0)
        self.holds(s, [f"h1.eth0 {b}" for b in ("rx_buffer", "rx_ring", "qdisc", "tx_ring", "tx_buffer", "tx_buffer_bytes")])

    def test_with_pauses(self):
        s = self.run_scenario(PAUSE)
        self.assertGreater(s["account"]["h1.eth0"]["tx_control"], 0)
        self.assertEqual(s["account"]["h1.eth0"]["missed"], 0)
        self.holds(s, ["h1.eth0 rx_buffer"])
        s = self.run_scenario((SOURCE / "scenarios" / "pause.toml").read_text())
        self.assertGreater(s["account"]["h2.eth0"]["tx_control"], 0)
        self.holds(s, ["h1.eth0 tx_buffer", "h1.eth0 tx_ring", "h1.eth0 qdisc", "h2.eth0 rx_buffer"])
        self.assertGreater(s["pcie"]["h1.eth0"]["stalls"]["no_tx_buffer"], 0)

    def test_when_the_interface_goes_and_the_card_is_reset_meanwhile(self):
        at = '[[at]]\ntime = "%s"\nhost = "h1"\ncommand = "%s"\n'
        fault = '[[fault]]\ntime = "8ms"\nnic = "h1.eth0"\nkind = "port_reset"\n'
        s = self.run_scenario(OVERLOAD.replace('"10ms"', '"40ms"') + at % ("3ms", "ifconfig eth0 down") + at % ("5ms", "ifconfig eth0 up") +
                              at % ("20ms", "ethtool -G eth0 tx 128") + fault)
        self.holds(s, [])


class Measured(Run):
    def test_polls_reads_and_bytes_of_a_packet_a_millisecond(self):
        """Everything can be counted on one's fingers: each packet has an interrupt, a poll and a second, empty one at most."""
        s = self.run_scenario(HOST + SINK + TRAFFIC + 'rate = "1000pps"\nstart = "500us"\n', "--set", "host.nic.rx_usecs=0",
                              "--set", "host.nic.rx_pthresh=0", "--set", "host.nic.rx_wthresh=0")
        port, host = s["pcie"]["h1.eth0"], s["hosts"]["h1"]
        (rx, tx), (interrupts, ) = host["napi"]["eth0"], [host["measured"]["interrupts"]]
        self.assertEqual({k: rx[k] for k in ("polls", "empty_polls", "rx_packets", "tx_packets", "completes", "budget_exhausted")},
                         {"polls": 10, "empty_polls": 0, "rx_packets": 10, "tx_packets": 0, "completes": 10, "budget_exhausted": 0})
        self.assertEqual(interrupts["eth0-rx-0"], 10)
        self.assertEqual(tx["rx_packets"], 0)
        self.assertEqual((port["fetches"]["rx_writebacks"], port["fetches"]["rx_descriptors_written"]), (10, 10))
        # A frame of 60 bytes, a write-back of 16, an MSI-X message of 4, each behind 20 bytes of framing and header.
        self.assertEqual(port["bytes_by_type"]["up"]["MWr"], 10 * (80 + 36 + 24))
        self.assertEqual(port["tlps_by_type"]["up"]["MWr"], 30)
        # 20 Gbit/s: 4 bytes each 2 ns.
        up = sum(port["bytes_by_type"]["up"].values())
        self.assertAlmostEqual(port["utilisation"]["up"], up * 0.5e-9 / 10e-3, delta=1e-12)
        self.assertEqual(port["reads"]["payload"], 0)
        self.assertLessEqual(port["reads"]["tags"]["max"], 1)
        self.assertEqual(host["measured"]["ns"], 10_000_000)
        for c in host["measured"]["cpu"]:
            self.assertAlmostEqual(c["busy_ns"] + c["idle_ns"], 10_000_000, delta=2)

    def test_payload_reads_run_out_of_tags_and_links_out_of_time(self):
        send = '[[app]]\nhost = "h1"\nkind = "send"\nto = "10.0.0.9:9"\nsize = 1472\nburst = 50\ninterval = "1ms"\n'
        s = self.run_scenario(HOST + send, "--set", "pcie.lanes=1", "--set", "pcie.gen=1", "--set", "pcie.mrrs=128")
        port = s["pcie"]["h1.eth0"]
        self.assertGreaterEqual(port["reads"]["tags"]["max"], 7)  # six of payload, and of descriptors
        self.assertGreater(port["stalls"]["no_tag"], 100_000)
        self.assertGreater(port["stalls"]["link_busy"], 0)
        wire = s["links"]["h1.eth0"]
        padding = wire["tx_bytes"] - 4 * wire["tx_frames"] - port["reads"]["payload_bytes"]
        self.assertIn(padding, (0, 18))  # of an ARP request

    def test_thresholds_decide_about_write_backs(self):
        one = self.run_scenario(HOST + SINK + TRAFFIC + 'rate = "200000pps"\n', "--set", "host.nic.rx_wthresh=0")
        many = self.run_scenario(HOST + SINK + TRAFFIC + 'rate = "200000pps"\n', "--set", "host.nic.rx_wthresh=8")
        each = [s["pcie"]["h1.eth0"]["fetches"] for s in (one, many)]
        self.assertEqual(each[0]["rx_writebacks"], each[0]["rx_descriptors_written"])
        self.assertGreater(each[1]["rx_descriptors_written"] / each[1]["rx_writebacks"], 4)


class Arrivals(Run):
    def times(self, arrivals, seed=1):
        self.run_scenario(HOST + TRAFFIC + f'rate = "10000pps"\n{arrivals}\n', "--seed", seed)
        return [t for t, data in frames(self.folder / "o" / "h1.eth0.pcap")[0] if data[6:10] == b"\x02\x00\x00\xff" and data[12:14] == b"\x08\x00"]

    def test_bursts_are_back_to_back_to_the_bit_time(self):
        at = self.times('arrivals = "bursts"\nburst = 8')
        self.assertEqual(len(at), 13 * 8)  # 10 ms hold 12.5 periods of 800 us, and each begins with its burst
        gaps = [b - a for a, b in zip(at, at[1:])]
        self.assertEqual({g for i, g in enumerate(gaps) if i % 8 != 7}, {84 * 8})
        self.assertEqual({b - a for a, b in zip(at, at[8:])}, {800_000})

    def test_poisson_arrivals_depend_on_the_seed_alone(self):
        at = self.times('arrivals = "poisson"')
        self.assertEqual(at, self.times('arrivals = "poisson"'))
        self.assertNotEqual(at, self.times('arrivals = "poisson"', seed=2))
        self.assertAlmostEqual(len(at), 100, delta=50)  # five standard deviations
        self.assertGreater(len({b - a for a, b in zip(at, at[1:])}), len(at) * 0.9)


if __name__ == "__main__":
    unittest.main()
