"""A replayed capture, judged by tshark: what the capture holds must arrive, and what comes back must be sound."""

import collections
import pathlib
import shutil
import tempfile
import unittest

from support import CAPTURE, SOURCE, frames, niclab, summary, tshark

HOST = "02:00:00:35:00:0a"
HOST_BYTES = bytes.fromhex(HOST.replace(":", ""))
PORTS = {7, 53, 161, 5201, 9999, 7000}
# What the far end of the wire sends: not the host's own frames, for the host or a group, no ARP replies.
INJECTED = f"!(eth.src=={HOST}) && (eth.dst=={HOST} || eth.dst.ig==1) && !(arp.opcode==2)"
SENT = f"eth.src=={HOST}"
CHECKS = ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"]
FRAGMENT = "(ip.flags.mf==1 || ip.frag_offset>0)"


def is_arp_reply(frame):
    return frame[12:14] == b"\x08\x06" and frame[20:22] == b"\x00\x02"


def datagrams_by_port(file, display_filter):
    """(datagrams, payload bytes) by destination port, fragments put together."""
    totals = collections.defaultdict(lambda: [0, 0])
    for port, length in tshark(file, f"udp && !icmp && {display_filter}", ["udp.dstport", "udp.length"]):
        totals[int(port)][0] += 1
        totals[int(port)][1] += int(length) - 8
    return {port: tuple(t) for port, t in totals.items()}


class Replay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="niclab-e2e-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        for name, more in {"a": [], "b": [], "eager": ["--eager"]}.items():
            done = niclab("run", SOURCE / "scenarios/replay.toml", "--out", cls.folder / name, "--quiet", *more)
            assert done.returncode == 0, done.stderr
        cls.out = cls.folder / "a/h1.eth0.pcap"
        cls.result = summary(cls.folder / "a")
        cls.snmp = cls.result["hosts"]["h1"]["proc"]["net/snmp"]

    def count(self, file, display_filter):
        return len(tshark(file, display_filter, ["frame.number"]))

    def test_same_digest_twice_and_eager(self):
        digests = {(summary(self.folder / n)["sim"]["digest"], summary(self.folder / n)["sim"]["digest_content"])
                   for n in ("a", "b", "eager")}
        self.assertEqual(len(digests), 1, digests)

    def test_injected_frames_are_the_captures_in_order_and_not_early(self):
        captured, _ = frames(CAPTURE)
        expected = [(t - captured[0][0], f.ljust(60, b"\0")) for t, f in captured
                    if f[6:12] != HOST_BYTES and (f[:6] == HOST_BYTES or f[0] & 1) and not is_arp_reply(f)]
        written, nano = frames(self.out)
        self.assertTrue(nano)
        received = [(t, f) for t, f in written if f[6:12] != HOST_BYTES and not is_arp_reply(f)]
        self.assertEqual(len(received), len(expected))
        start = self.result["sim"]["start_ns"]
        for (when, frame), (t, f) in zip(expected, received):
            self.assertEqual(frame, f)
            self.assertGreaterEqual(t, start + when)
        self.assertEqual([t for t, _ in written], sorted(t for t, _ in written))
        self.assertGreaterEqual(min(len(f) for _, f in written), 60)

    def test_account(self):
        written, _ = frames(self.out)
        arrived = sum(f[6:12] != HOST_BYTES for _, f in written)
        account, link = self.result["account"]["h1.eth0"], self.result["links"]["h1.eth0"]
        self.assertEqual(account["injected"], arrived)
        self.assertEqual(link["rx_frames"], arrived)
        self.assertEqual(link["tx_frames"], len(written) - arrived)
        self.assertEqual(account["on_the_wire"], len(written) - arrived)
        self.assertEqual(account["missed"] + account["queue_drops"] + account["error_drops"], 0)
        self.assertEqual((account["rx_gap"], account["tx_gap"]), (0, 0))

    def test_sockets(self):
        expected = {p: v for p, v in datagrams_by_port(CAPTURE, INJECTED).items() if p in PORTS}
        self.assertEqual(set(expected), PORTS, "the capture speaks to every socket")
        found = {int(s["local"].rsplit(":", 1)[1]): (s["rx_datagrams"], s["rx_bytes"], s["drops"])
                 for s in self.result["hosts"]["h1"]["sockets"]}
        self.assertEqual(found, {p: (*v, 0) for p, v in expected.items()})

    def test_udp_counters(self):
        by_port = datagrams_by_port(CAPTURE, INJECTED)
        heard = sum(n for p, (n, _) in by_port.items() if p in PORTS)
        unheard = sum(n for p, (n, _) in by_port.items() if p not in PORTS)
        udp = self.snmp["Udp"]
        self.assertEqual(udp["InDatagrams"], heard)
        self.assertEqual(udp["NoPorts"], unheard)
        self.assertEqual(udp["InErrors"] + udp["InCsumErrors"] + udp["RcvbufErrors"] + udp["SndbufErrors"], 0)
        self.assertEqual(udp["OutDatagrams"], by_port[7][0])

    def test_ip_counters(self):
        ip = self.snmp["Ip"]
        fragments = self.count(CAPTURE, f"{INJECTED} && {FRAGMENT}")
        whole = len({tuple(r) for r in tshark(CAPTURE, f"{INJECTED} && {FRAGMENT}", ["ip.src", "ip.id", "ip.proto"])})
        self.assertEqual(ip["InReceives"], self.count(CAPTURE, f"{INJECTED} && ip"))
        self.assertEqual(ip["InUnknownProtos"], self.count(CAPTURE, f"{INJECTED} && tcp"))
        self.assertEqual(ip["InUnknownProtos"], 69)
        self.assertEqual(ip["ReasmReqds"], fragments)
        self.assertEqual(ip["ReasmOKs"], whole)
        self.assertEqual(ip["ReasmFails"] + ip["InHdrErrors"] + ip["InAddrErrors"] + ip["InDiscards"], 0)
        self.assertEqual(ip["FragCreates"], self.count(self.out, f"{SENT} && {FRAGMENT}"))

    def test_icmp_echo(self):
        fields = ["icmp.ident", "icmp.seq", "icmp.checksum", "data.data"]
        requests = tshark(CAPTURE, f"{INJECTED} && icmp.type==8", fields)
        replies = tshark(self.out, f"{SENT} && icmp.type==0", fields)
        self.assertGreater(len(requests), 0)
        self.assertEqual(len(replies), len(requests))
        for request, reply in zip(requests, replies):
            self.assertEqual(reply[:2], request[:2])
            # tshark takes a time stamp off the data when it is near the frame's time; the checksum covers all of it
            # and differs by the type only (8 becomes 0).
            tail = min(len(request[3]), len(reply[3]))
            self.assertEqual(reply[3][-tail:], request[3][-tail:])
            total = int(request[2], 16) + 0x0800
            self.assertEqual(int(reply[2], 16) % 0xFFFF, (total + (total >> 16)) % 0x10000 % 0xFFFF)
        self.assertEqual(self.snmp["Icmp"]["InEchos"], len(requests))
        self.assertEqual(self.snmp["Icmp"]["OutEchoReps"], len(requests))

    def test_port_unreachable(self):
        refused = tshark(self.out, f"{SENT} && icmp.type==3 && icmp.code==3", ["frame.number"])
        self.assertEqual(len(refused), 1)

    def test_echo_payloads(self):
        sent = tshark(CAPTURE, f"udp.dstport==7 && !icmp && {INJECTED}", ["udp.srcport", "udp.payload"])
        back = tshark(self.out, f"udp.srcport==7 && !icmp && {SENT}", ["udp.dstport", "udp.payload"])
        self.assertGreater(len(sent), 0)
        self.assertEqual(back, sent)

    def test_multicast_join_is_reported(self):
        reports = tshark(self.out, f"{SENT} && igmp.type==0x22", ["igmp.maddr"])
        self.assertGreaterEqual(len(reports), 2)
        self.assertEqual(reports[0], ["239.1.2.3"])

    def test_tshark_finds_no_bad_frame_among_ours(self):
        bad = ("ip.checksum.status==0 || udp.checksum.status==0 || icmp.checksum.status==0 || igmp.checksum.status==0"
               " || _ws.malformed")
        self.assertEqual(tshark(self.out, f"{SENT} && ({bad})", ["frame.number"], *CHECKS), [])
        self.assertEqual(tshark(self.out, f"{SENT} && udp.checksum==0 && !icmp", ["frame.number"], *CHECKS), [])
        good = tshark(self.out, f"{SENT} && udp.checksum.status==1 && !icmp", ["frame.number"], *CHECKS)
        self.assertEqual(len(good), self.snmp["Udp"]["OutDatagrams"], "each one was really checked")


if __name__ == "__main__":
    unittest.main()
