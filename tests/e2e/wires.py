"""[[wire]]: frames of other programs reach a simulated host and its answers come back, and the session runs again from its
record."""

import os
import pathlib
import random
import signal
import socket
import struct
import subprocess
import tempfile
import unittest

import serve
from support import NICLAB, niclab, summary

OURS, THEIRS = bytes.fromhex("a0369f000001"), bytes.fromhex("020000000002")
ADDRESS, PEER = bytes([10, 9, 1, 1]), bytes([10, 9, 1, 2])
HOST = """
[[host]]
name = "h1"
cpus = 1
[[host.nic]]
if = "eth0"
mac = "a0:36:9f:00:00:01"
ipv4 = "10.9.1.1/24"
negotiation = "1ms"
[[app]]
host = "h1"
kind = "echo"
port = 7
[[wire]]
nic = "h1.eth0"
"""


def ethernet(kind, body):
    return OURS + THEIRS + struct.pack(">H", kind) + body


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def udp(payload):
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 1, 0, 64, 17, 0, PEER, ADDRESS)
    header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
    return ethernet(0x800, header + struct.pack(">HHHH", 4000, 7, 8 + len(payload), 0) + payload)


ARP_REQUEST = ethernet(0x806, struct.pack(">HHBBH6s4s6s4s", 1, 0x800, 6, 4, 1, THEIRS, PEER, bytes(6), ADDRESS))
ARP_REPLY = ethernet(0x806, struct.pack(">HHBBH6s4s6s4s", 1, 0x800, 6, 4, 2, THEIRS, PEER, OURS, ADDRESS))


class Wires(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.scenario = self.folder / "wire.toml"
        self.record = self.folder / "session.jsonl"

    def write(self, keys):
        self.scenario.write_text(HOST + keys)

    def start(self, *options):
        """`niclab serve`, once it has said where the wire goes."""
        self.server = subprocess.Popen([NICLAB, "serve", self.scenario, "--record", self.record, "--out", self.scenario.parent / "served", *options],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.server.kill)
        return self.server.stderr.readline()

    def stop(self):
        """Its digest, and what it said on standard error since."""
        self.server.send_signal(signal.SIGINT)
        out, err = self.server.communicate(timeout=20)
        self.assertEqual(self.server.returncode, 0, err)
        return out.split("digest ")[1].strip(), err

    def replay(self, digest, *options):
        done = niclab("run", self.record, "--out", self.folder / "again", "--quiet", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(summary(self.folder / "again")["sim"]["digest"], digest)
        return summary(self.folder / "again")

    def peer(self):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(s.close)
        s.settimeout(20)
        s.bind(str(self.folder / "peer"))
        return s

    def hear(self, peer, kind, begin):
        """The next frame of an EtherType whose body begins so."""
        while True:
            frame = peer.recv(65536)
            if frame[12:14] == struct.pack(">H", kind) and frame[14:].startswith(begin):
                return frame

    def exchange(self, peer, noisy=False):
        """`noisy`: answers to what was sent before may come in between."""
        send = lambda frame: peer.sendto(frame, str(self.folder / "ours"))
        send(ARP_REQUEST)
        answer = self.hear(peer, 0x806, bytes.fromhex("0001080006040002"))
        self.assertEqual(answer[:12] + answer[22:32], THEIRS + OURS + OURS + ADDRESS)
        self.assertEqual(len(answer), 60)
        send(ARP_REPLY)
        for size in (0, 1, 1472):
            payload = bytes(i % 251 for i in range(size))
            send(udp(payload))
            answer = self.hear(peer, 0x800, b"\x45")
            while noisy and (struct.unpack_from(">HHH", answer, 34), answer[42:42 + size]) != ((7, 4000, 8 + size), payload):
                answer = self.hear(peer, 0x800, b"\x45")
            self.assertEqual(struct.unpack_from(">HHH", answer, 34), (7, 4000, 8 + size))
            self.assertEqual(answer[42:42 + size], payload)

    def test_datagram_sockets(self):
        self.write(f'kind = "dgram"\nlocal = "{self.folder}/ours"\nremote = "{self.folder}/peer"\n')
        line = self.start()
        self.assertEqual(line, f"niclab serve: h1.eth0: wire at {self.folder}/ours to {self.folder}/peer\n")
        peer = self.peer()
        self.exchange(peer)
        for length in (0, 13, 9729, 60000):  # no frames
            peer.sendto(bytes(length), str(self.folder / "ours"))
        peer.close()
        os.unlink(self.folder / "peer")
        self.exchange(self.peer())  # who comes back is served
        digest, err = self.stop()
        self.assertRegex(err, r"h1.eth0: 10 frames in, \d+ out; dropped: 4 of a length that is no frame's, \d+ that nobody took")
        self.assertFalse((self.folder / "ours").exists())
        result = self.replay(digest)
        self.assertEqual(result["account"]["h1.eth0"]["injected"], 10)
        self.replay(digest, "--eager")
        text = self.record.read_text()
        for bad, reason in (('{"t":1,"wire":1,"frame":"00"}', ":2: "), ('{"t":1,"wire":0,"frame":"00"}', "a frame of 1 bytes")):
            lines = text.splitlines()
            self.record.write_text("\n".join([lines[0], bad, *lines[1:]]))
            done = niclab("run", self.record, "--out", self.folder / "bad", "--quiet")
            self.assertEqual(done.returncode, 2)
            self.assertIn(reason, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_bursts_keep_their_order(self):
        self.write(f'kind = "dgram"\nlocal = "{self.folder}/ours"\nremote = "{self.folder}/peer"\n')
        self.start("--pace", "free")
        peer = self.peer()
        self.exchange(peer)
        for first in range(0, 200, 50):  # a unix socket may hold no more than ten
            for i in range(first, first + 50):
                peer.sendto(udp(struct.pack(">I", i)), str(self.folder / "ours"))
            for i in range(first, first + 50):
                answer = self.hear(peer, 0x800, b"\x45")
                self.assertEqual(struct.unpack_from(">I", answer, 42), (i,))
        digest, _ = self.stop()
        self.replay(digest)

    def test_noise_is_only_noise(self):
        self.write(f'kind = "dgram"\nlocal = "{self.folder}/ours"\nremote = "{self.folder}/peer"\n')
        self.start("--pace", "free")
        rng = random.Random(6)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as noise:
            for i in range(1500):
                frame = bytearray(udp(rng.randbytes(rng.randrange(1472))) if i % 3 else rng.randbytes(rng.randrange(14, 9729)))
                frame[:6] = rng.choice((OURS, b"\xff" * 6, b"\1\0\x5e\0\0\1"))
                frame[12:14] = rng.choice((b"\x08\x00", b"\x08\x06", b"\x81\x00", b"\x86\xdd", bytes(frame[12:14])))
                for _ in range(rng.randrange(4)):
                    frame[rng.randrange(12, min(60, len(frame)))] = rng.randrange(256)
                noise.sendto(frame, str(self.folder / "ours"))
        self.exchange(self.peer(), noisy=True)
        digest, _ = self.stop()
        self.assertEqual(self.replay(digest)["account"]["h1.eth0"]["injected"], 1505)

    def test_the_card_of_an_external_host_has_a_wire_too(self):
        self.scenario.write_text(f'''
[[host]]
name = "guest"
external = true
[[host.nic]]
if = "eth0"
mac = "a0:36:9f:00:00:02"
ipv4 = "10.9.0.2/24"
[[wire]]
nic = "guest.eth0"
kind = "dgram"
local = "{self.folder}/ours"
remote = "{self.folder}/peer"
''')
        self.start("--pace", "free", "--vfio-user", self.folder / "card")
        self.assertIn("guest.eth0 on", self.server.stderr.readline())
        peer = self.peer()
        card = serve.Client(self.folder / "card")
        self.addCleanup(card.close)
        card.greet()
        memory = card.map(0x10000)
        card.enable()
        serve.Serve.send_frame(self, card, memory)
        self.assertEqual(peer.recv(2000), os.pread(memory, 42, 0x2000) + bytes(18))
        card.close()
        digest, _ = self.stop()
        self.replay(digest)

    def test_a_tap_that_goes_ends_the_wire_and_nothing_else(self):
        if os.geteuid() != 0 or not os.access("/dev/net/tun", os.R_OK | os.W_OK):
            self.skipTest("no right to make a TAP interface")
        name = f"nlw{os.getpid() % 100000}"
        if subprocess.run(["ip", "tuntap", "add", name, "mode", "tap"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("no TAP interfaces here")
        self.addCleanup(subprocess.run, ["ip", "link", "del", name], check=False, stderr=subprocess.DEVNULL)
        self.write(f'kind = "tap"\nname = "{name}"\n')
        self.assertEqual(self.start(), f"niclab serve: h1.eth0: wire to TAP {name}\n")
        subprocess.run(["ip", "link", "set", name, "up"], check=True)
        subprocess.run(["ip", "link", "del", name], check=True)
        self.assertIn("h1.eth0: the wire ends: ", self.server.stderr.readline())
        self.assertIsNone(self.server.poll())
        digest, _ = self.stop()
        self.replay(digest)

    def test_bad_input(self):
        dgram = f'kind = "dgram"\nlocal = "{self.folder}/ours"\nremote = "{self.folder}/peer"\n'
        traffic = '[[traffic]]\nto = "h1.eth0"\nkind = "udp"\nrate = "line"\ncount = 1\n'
        for keys, command, reason in ((dgram, "run", "leads out of the simulation, expected `niclab serve`"),
                                      (dgram, "sh", "leads out of the simulation, expected `niclab serve`"),
                                      (dgram + traffic, "serve", "is at the end of the wire at"),
                                      (dgram + '[[wire]]\nnic = "h1.eth0"\n' + dgram, "serve", "already used at"),
                                      ('kind = "capture"\n', "serve", 'one of tap, dgram'),
                                      ('kind = "tap"\n', "serve", "wire.name"),
                                      ('kind = "tap"\nname = "0123456789abcdef"\n', "serve", "1 to 15 bytes"),
                                      ('kind = "dgram"\nlocal = "/nowhere/x"\nremote = "y"\n', "serve", "folder that can be written"),
                                      (dgram.replace("peer", "p" * 108), "serve", "1 to 107 bytes")):
            self.write(keys)
            options = ("--out", self.folder / "out") if command == "run" else ()
            done = niclab(command, self.scenario, *options)
            self.assertEqual(done.returncode, 2, keys)
            self.assertIn(reason, done.stderr)
            self.assertIn("wire.toml:", done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)


if __name__ == "__main__":
    unittest.main()
