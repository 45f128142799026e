"""trace.json: a valid trace, that tells the packets of the captures by the functions Linux has."""

import json
import pathlib
import shutil
import tempfile
import unittest

from support import SOURCE, frames, niclab, summary

SCENARIO = SOURCE / "scenarios/quickstart.toml"

MULTICAST = """
[run]
until = "idle"
[[host]]
name = "h1"
kernel = "4.0"
cpus = 2
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
[[app]]
host = "h1"
kind = "sink"
port = 5000
cpu = 1
group = "239.1.2.3"
[[app]]
host = "h1"
kind = "sink"
port = 5000
cpu = 0
group = "239.1.2.4"
[[traffic]]
to = "h1.eth0"
kind = "udp"
dst = "239.1.2.3"
dport = 5000
size = 128
count = 5
rate = "1000pps"
"""

BUSY = """
[run]
duration = "3ms"
[[host]]
name = "a"
cpus = 1
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
rx_usecs = 0
[[host]]
name = "b"
kernel = "4.0"
cpus = 2
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:02"
ipv4 = "10.0.0.2/24"
queues = 2
[[host.nic]]
if = "eth1"
mac = "02:00:00:00:00:03"
ipv4 = "10.1.0.2/24"
[[app]]
host = "a"
kind = "echo"
port = 7
work = "3us"
[[app]]
host = "a"
kind = "send"
to = "10.0.0.2:9"
size = 900
sndbuf = 4608
[[app]]
host = "b"
kind = "sink"
port = 9
cpu = 1
[[app]]
host = "b"
kind = "request"
to = "10.0.0.1:7"
size = 40
cpu = 0
[[traffic]]
to = "b.eth1"
kind = "udp"
dport = 9
size = 64
rate = "200000pps"
count = 500
"""


def ns(microseconds):
    return round(microseconds * 1000)


class Trace:
    """One trace.json, taken apart."""

    def __init__(self, folder):
        self.folder = folder
        self.document = json.loads((folder / "trace.json").read_text())
        self.events = self.document["traceEvents"]
        self.packets = {p["id"]: p for p in self.document["packets"]}
        self.names = {(e["pid"], e["tid"]): e["args"]["name"] for e in self.events
                      if e["ph"] == "M" and e["name"] == "thread_name"}
        self.processes = {e["pid"]: e["args"]["name"] for e in self.events
                          if e["ph"] == "M" and e["name"] == "process_name"}

    def slices(self, track=None):
        return [e for e in self.events if e["ph"] == "X" and track in (None, (e["pid"], e["tid"]))]


class Schema:
    """What every trace must fulfil; the tests below make one each."""

    def test_every_track_has_a_name(self):
        for e in self.trace.events:
            self.assertIn(e["pid"], self.trace.processes)
            if e["ph"] != "M":
                self.assertIn((e["pid"], e["tid"]), self.trace.names, e)

    def test_time_never_runs_backwards_on_a_track(self):
        last = {}
        for e in self.trace.events:
            if e["ph"] == "M":
                continue
            track = (e["pid"], e["tid"])
            self.assertGreaterEqual(ns(e["ts"]), last.get(track, 0), e)
            last[track] = ns(e["ts"])

    def test_slices_of_a_track_nest(self):
        for track in self.trace.names:
            around = []
            for e in self.trace.slices(track):
                begin, end = ns(e["ts"]), ns(e["ts"]) + ns(e["dur"])
                while around and around[-1] <= begin:
                    around.pop()
                if around:
                    self.assertLessEqual(end, around[-1], e)
                around.append(end)

    def test_wires_and_links_carry_one_thing_at_a_time(self):
        for track, name in self.trace.names.items():
            if not name.startswith(("wire", "PCIe")):
                continue
            free = 0
            for e in self.trace.slices(track):
                self.assertGreaterEqual(ns(e["ts"]), free, e)
                free = ns(e["ts"]) + ns(e["dur"])

    def test_every_beginning_has_its_end_and_stages_follow_each_other(self):
        open_ones, ended = {}, {}
        for e in self.trace.events:
            if e["ph"] not in "be":
                continue
            row = (e["pid"], e["tid"], e["id"])
            stack = open_ones.setdefault(row, [])
            if e["ph"] == "b":
                if stack and row in ended:
                    self.assertEqual(ns(e["ts"]), ended[row], e)
                stack.append(e["name"])
            else:
                self.assertTrue(stack, e)
                self.assertEqual(stack.pop(), e["name"])
                ended[row] = ns(e["ts"])
        self.assertTrue(open_ones)
        for row, stack in open_ones.items():
            self.assertEqual(stack, [], row)

    def test_arrows_begin_and_end_once_and_touch_slices(self):
        slices = {}
        for e in self.trace.slices():
            slices.setdefault((e["pid"], e["tid"]), []).append((ns(e["ts"]), ns(e["ts"]) + ns(e["dur"])))
        flows = {}
        for e in self.trace.events:
            if e["ph"] in "stf":
                flows.setdefault(e["id"], []).append(e)
                at = ns(e["ts"])
                self.assertTrue(any(b <= at <= x for b, x in slices[(e["pid"], e["tid"])]), e)
        self.assertEqual(set(flows), set(self.trace.packets))
        for steps in flows.values():
            phases = "".join(e["ph"] for e in steps)
            self.assertRegex(phases, r"\Ast*f\Z")

    def test_ids_are_packets_of_the_captures(self):
        told = {e.get("id", e.get("args", {}).get("packet")) for e in self.trace.events if e["ph"] in "bestf"}
        self.assertEqual(told, set(self.trace.packets))
        captures = {}
        for p in self.trace.packets.values():
            if p["capture"] not in captures:
                captures[p["capture"]] = frames(self.trace.folder / p["capture"])[0]
            time, data = captures[p["capture"]][p["frame"] - 1]
            self.assertEqual(time, p["last_bit_ns"])
            self.assertEqual(len(data), p["bytes"])
            sent_by_us = p["direction"] == "tx"
            self.assertEqual(data[6:12].hex() in ("020000000001", "020000000002", "020000000003"),
                             sent_by_us or p["nic"] in self.both_ours)


def run(test, text, name, *more):
    """Runs a scenario with --trace, and without: nothing simulated may differ."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="niclab-trace-"))
    test.addClassCleanup(shutil.rmtree, folder)
    file = folder / (name + ".toml")
    file.write_text(text)
    for out, options in {"traced": ["--trace"], "plain": []}.items():
        done = niclab("run", file, "--quiet", "--out", folder / out, *options, *more)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
    digests = [summary(folder / out)["sim"]["digest"] for out in ("traced", "plain")]
    assert digests[0] == digests[1]
    assert not (folder / "plain/trace.json").exists()
    return Trace(folder / "traced")


class Quickstart(Schema, unittest.TestCase):
    both_ours = ()

    @classmethod
    def setUpClass(cls):
        cls.trace = run(cls, SCENARIO.read_text(), "quickstart")

    def test_is_small_by_default(self):
        self.assertLess((self.trace.folder / "trace.json").stat().st_size, 4_000_000)

    def test_eager_tells_the_same(self):
        folder = self.trace.folder.parent
        done = niclab("run", folder / "quickstart.toml", "--quiet", "--trace", "--eager", "--out", folder / "eager")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((folder / "eager/trace.json").read_bytes(), (folder / "traced/trace.json").read_bytes())

    def test_sending_is_told_by_function(self):
        # The first one sends an ARP request on its way.
        sent = [p for p in self.trace.packets.values() if p["direction"] == "tx"][1]
        names = [e["name"] for e in self.trace.slices()
                 if e.get("args", {}).get("packet") == sent["id"] and e["pid"] == 1]
        expected = ["sendto", "udp_sendmsg", "ip_make_skb", "__ip_append_data", "__ip_make_skb", "udp_send_skb",
                    "ip_send_skb", "ip_local_out", "ip_output", "ip_finish_output", "ip_finish_output2",
                    "dev_queue_xmit", "__dev_xmit_skb", "sch_direct_xmit", "dev_hard_start_xmit", "igb_xmit_frame",
                    "igb_xmit_frame_ring", "igb_tx_csum", "igb_tx_map"]
        self.assertEqual(names, expected)

    def test_start_line_and_processes_are_named(self):
        start = float(self.trace.document["otherData"]["start_line_us"])
        self.assertEqual(ns(start), summary(self.trace.folder)["sim"]["start_ns"])
        self.assertEqual(self.trace.processes, {1: "host h1", 2: "NIC h1.eth0"})
        self.assertEqual([n for (p, _), n in sorted(self.trace.names.items()) if p == 1], ["CPU 0", "CPU 1"])
        self.assertEqual([n for (p, _), n in sorted(self.trace.names.items()) if p == 2],
                         ["wire rx", "wire tx", "PCIe up", "PCIe down", "interrupts", "rx queue 0", "rx queue 1",
                          "tx queue 0", "tx queue 1"])


class Busy(Schema, unittest.TestCase):
    """Two hosts, three NICs, interrupts on whatever runs, senders that wait for memory."""
    both_ours = ("a.eth0", "b.eth0")

    @classmethod
    def setUpClass(cls):
        cls.trace = run(cls, BUSY, "busy")


class Sampled(Schema, unittest.TestCase):
    both_ours = ()

    @classmethod
    def setUpClass(cls):
        cls.trace = run(cls, SCENARIO.read_text(), "sampled", "--set", "trace.every=7", "--set", "trace.packets=20",
                        "--set", "trace.from=5ms", "--set", "trace.until=40ms")

    def test_only_the_chosen_packets_are_told(self):
        self.assertEqual(len(self.trace.packets), 20)
        start = summary(self.trace.folder)["sim"]["start_ns"]
        for p in self.trace.packets.values():
            self.assertGreaterEqual(p["last_bit_ns"], start + 5_000_000)
        for e in self.trace.events:
            packet = e.get("args", {}).get("packet", e.get("id"))
            if packet is not None:
                self.assertIn(packet, self.trace.packets)

    def test_a_range_that_ends_before_it_begins_is_refused(self):
        done = niclab("run", SCENARIO, "--set", "trace.from=5ms", "--set", "trace.until=5ms")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn("trace.until", done.stderr)


class Multicast(Schema, unittest.TestCase):
    both_ours = ()

    @classmethod
    def setUpClass(cls):
        cls.trace = run(cls, MULTICAST, "multicast")

    def test_E_64_order_of_functions(self):
        """The nesting of path-map E-64, igb for ixgbe; instead of ep_poll_callback a reader in recvfrom is woken."""
        receive = ["napi_gro_receive", "dev_gro_receive", "inet_gro_receive", "udp4_gro_receive",
                   "netif_receive_skb_internal", "__netif_receive_skb", "__netif_receive_skb_core", "ip_rcv",
                   "ip_rcv_finish", "ip_local_deliver", "ip_local_deliver_finish", "udp_rcv", "__udp4_lib_rcv",
                   "__udp4_lib_mcast_deliver", "flush_stack"]
        deliver = ["udp_queue_rcv_skb", "__udp_queue_rcv_skb", "sock_queue_rcv_skb", "sock_def_readable",
                   "__wake_up_sync_key", "__wake_up_common"]
        tracks = {(e["pid"], e["tid"]) for e in self.trace.slices() if e["name"] == "net_rx_action"}
        paths = []  # of each function, the names from the outermost to it
        for track in tracks:
            around = []
            for e in self.trace.slices(track):
                begin, end = ns(e["ts"]), ns(e["ts"]) + ns(e["dur"])
                while around and (around[-1][1] < end or around[-1][1] <= begin < end):
                    around.pop()  # a function without a cost has no length: it stays with its caller
                around.append((e["name"], end))
                paths.append([name for name, _ in around])
        poll = ["net_rx_action", "igb_poll", "igb_clean_rx_irq"]
        found = [p[p.index("net_rx_action"):] for p in paths if "net_rx_action" in p]
        gro = poll + receive[:1]
        self.assertIn(poll + ["igb_fetch_rx_buffer"], found)
        self.assertIn(gro + receive[1:4], found)
        stack = gro + receive[4:]
        for depth in range(len(gro), len(stack) + 1):
            self.assertIn(stack[:depth], found)
        for depth in range(1, len(deliver) + 1):
            self.assertIn(stack + deliver[:depth], found)

    def test_E_64_each_receiver_is_told(self):
        names = [e["name"] for e in self.trace.slices()]
        self.assertEqual(names.count("udp_queue_rcv_skb"), 10)
        self.assertEqual(names.count("flush_stack"), 5)
        self.assertEqual(len(self.trace.packets), 10)
        self.assertEqual(len({p["frame"] for p in self.trace.packets.values()}), 5)


if __name__ == "__main__":
    unittest.main()
