"""niclab serve: a client of vfio-user drives the card, as a virtual machine monitor does. Every byte of the protocol is
made here, from QEMU's specification of it."""

import array
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import tempfile
import unittest

from support import NICLAB, SOURCE, frames, niclab, summary

SERVE = SOURCE / "scenarios/serve.toml"
CONFIG, MSIX, INTX = 7, 2, 0
CTRL, STATUS, EERD, ICS, EIMS, GPIE, IVAR_MISC, IMS = 0x0, 0x8, 0x14, 0x1504, 0x1524, 0x1514, 0x1740, 0x1508
EICS, EITR0, RAL0, RAH0 = 0x1520, 0x1680, 0x5400, 0x5404
TDBAL, TDBAH, TDLEN, TDT, TDH, TXDCTL, TCTL = 0xE000, 0xE004, 0xE008, 0xE018, 0xE010, 0xE028, 0x400


class Client:
    """One connection; requests are answered in order."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(20)
        self.socket.connect(str(path))
        self.next_id = 1

    def close(self):
        self.socket.close()

    def send(self, command, body=b"", fds=(), flags=0):
        message = struct.pack("<HHIII", self.next_id, command, 16 + len(body), flags, 0) + body
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        self.socket.sendmsg([message], rights)
        self.next_id += 1

    def exactly(self, n):
        data = b""
        while len(data) < n:
            part = self.socket.recv(n - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def receive(self):
        identity, command, size, flags, error = struct.unpack("<HHIII", self.exactly(16))
        return identity, command, flags, error, self.exactly(size - 16)

    def ask(self, command, body=b"", fds=()):
        """(errno, body) of the reply."""
        self.send(command, body, fds)
        identity, answered, flags, error, reply = self.receive()
        assert identity == self.next_id - 1 and answered == command and flags & 0xF == 1
        return error, reply

    def greet(self):
        error, reply = self.ask(1, struct.pack("<HH", 0, 0) + json.dumps({"capabilities": {"max_msg_fds": 16, "pgsizes": 4096, "max_dma_maps": 65535}}).encode() + b"\0")
        assert error == 0, error
        return json.loads(reply[4:-1])

    def read(self, region, offset, n=4):
        error, reply = self.ask(9, struct.pack("<QII", offset, region, n))
        assert error == 0 and len(reply) == 16 + n, error
        return int.from_bytes(reply[16:], "little")

    def write(self, region, offset, value, n=4, posted=False):
        body = struct.pack("<QII", offset, region, n) + value.to_bytes(n, "little")
        if posted:
            self.send(10, body, flags=0x10)
        else:
            assert self.ask(10, body)[0] == 0

    def map(self, size, iova=0):
        fd = os.memfd_create("guest", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
        os.ftruncate(fd, size)
        error, _ = self.ask(2, struct.pack("<IIQQQ", 32, 3, 0, iova, size), [fd])
        assert error == 0
        return fd

    def bind(self, index, vector, fd):
        error, _ = self.ask(8, struct.pack("<IIIII", 20, 0x24, index, vector, 1), [fd])
        assert error == 0

    def enable(self):
        """Memory and bus mastering, as a driver's probe."""
        self.write(CONFIG, 4, 6, 2)


class Serve(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name) / "card.sock"
        self.record = pathlib.Path(self.folder.name) / "session.jsonl"
        self.results = pathlib.Path(self.folder.name) / "results"

    def start(self, *options):
        self.server = subprocess.Popen([NICLAB, "serve", SERVE, "--vfio-user", self.path, "--out", self.results, *options],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.server.kill)
        line = self.server.stderr.readline()
        self.assertEqual(line, f"niclab serve: guest.eth0 on {self.path}\n")

    def stop(self):
        """What it said: standard output and the rest of standard error."""
        self.server.send_signal(signal.SIGINT)
        out, err = self.server.communicate(timeout=20)
        self.assertEqual(self.server.returncode, 0, err)
        return out, err

    def client(self):
        c = Client(self.path)
        self.addCleanup(c.close)
        c.greet()
        return c

    def test_a_driver_finds_the_card(self):
        self.start("--pace", "free")
        c = self.client()
        self.assertEqual(struct.unpack("<IIII", c.ask(4, struct.pack("<IIII", 16, 0, 0, 0))[1]), (16, 3, 9, 5))
        sizes = [struct.unpack("<IIIIQQ", c.ask(5, struct.pack("<IIIIQQ", 32, 0, i, 0, 0, 0))[1])[4] for i in range(9)]
        self.assertEqual(sizes, [0x20000, 0, 0x20, 0x4000, 0, 0, 0, 4096, 0])
        vectors = [struct.unpack("<IIII", c.ask(7, struct.pack("<IIII", 16, 0, i, 0))[1])[3] for i in range(5)]
        self.assertEqual(vectors, [1, 1, 10, 0, 0])
        self.assertEqual(c.read(CONFIG, 0), 0x15218086)
        self.assertEqual(c.read(CONFIG, 0, 2), 0x8086)
        self.assertEqual(c.read(CONFIG, 2, 2), 0x1521)
        _, whole = c.ask(9, struct.pack("<QII", 0, CONFIG, 4096))
        self.assertEqual(whole[16:20], bytes.fromhex("86802115"))
        for bar, size in ((0, 0x20000), (2, 0x20), (3, 0x4000)):  # sized by the client, at no cost to the card
            kind = c.read(CONFIG, 0x10 + 4 * bar)
            c.write(CONFIG, 0x10 + 4 * bar, 0xFFFFFFFF)
            self.assertEqual(c.read(CONFIG, 0x10 + 4 * bar), (0x100000000 - size) | kind)
            c.write(CONFIG, 0x10 + 4 * bar, 0)
        self.assertEqual(c.read(0, STATUS), 0xFFFFFFFF, "memory decoding is off")
        c.enable()
        self.assertEqual(c.read(0, RAL0), 0x009F36A0)
        self.assertEqual(c.read(0, RAH0), 0x80000200)
        c.write(0, EERD, 0 << 2 | 1)
        self.assertEqual(c.read(0, EERD) >> 16, 0x36A0)
        c.write(2, 0, STATUS)  # the I/O window
        self.assertEqual(c.read(2, 4) & 0x80000, 0x80000) if c.read(CONFIG, 4, 2) & 1 else None
        self.assertEqual(c.ask(13)[0], 0)
        self.assertEqual(c.read(CONFIG, 4, 2), 0, "reset")
        self.stop()

    def test_interrupts_are_events(self):
        self.start("--pace", "free")
        c = self.client()
        c.enable()
        other = os.eventfd(0, os.EFD_NONBLOCK)
        c.bind(MSIX, 3, other)
        c.write(CONFIG, 0x72, 0x8009, 2)
        c.write(0, GPIE, 0xC0000011)
        c.write(0, EIMS, 1 << 3)
        c.write(0, EICS, 1 << 3)
        c.read(0, STATUS)
        self.assertEqual(os.eventfd_read(other), 1)
        # The pin: told once, and again only after it was unmasked.
        c.ask(13)
        c.enable()
        pin = os.eventfd(0, os.EFD_NONBLOCK)
        c.bind(INTX, 0, pin)
        c.write(0, IMS, 4)
        c.write(0, ICS, 4)
        c.read(0, STATUS)
        self.assertEqual(os.eventfd_read(pin), 1)
        unmask = struct.pack("<IIIII", 20, 0x11, INTX, 0, 1)
        c.ask(8, unmask)
        self.assertEqual(os.eventfd_read(pin), 1, "still asserted")
        c.read(0, 0x1500)  # ICR
        c.read(0, STATUS)
        c.ask(8, unmask)
        with self.assertRaises(BlockingIOError):
            os.eventfd_read(pin)
        self.stop()

    def send_frame(self, c, memory):
        """A broadcast ARP request from the guest, as a driver with one descriptor."""
        frame = bytes.fromhex("ffffffffffff a0369f000002 0806 0001 0800 06 04 0001 a0369f000002 0a090002 000000000000 0a090001".replace(" ", ""))
        os.pwrite(memory, frame, 0x2000)
        os.pwrite(memory, struct.pack("<QII", 0x2000, 0x2B300000 | len(frame), len(frame) << 14), 0x1000)
        for offset, value in ((TDBAL, 0x1000), (TDBAH, 0), (TDLEN, 128), (TXDCTL, 1 << 25), (TCTL, 0x0103F0FA), (CTRL, 0x00100241), (TDT, 1)):
            c.write(0, offset, value, posted=True)
        for _ in range(2_000_000):
            if os.pread(memory, 4, 0x100C)[0] & 1:
                return
            c.read(0, STATUS)
        self.fail("the descriptor was not written back")

    def test_a_nic_offers_the_interrupts_of_the_scenario(self):
        """The capabilities are PM 40, MSI 50, MSI-X 70, PCIe a0; what is not offered is not in the list (fact base 1.2)."""
        for offer, listed in (("msix", [0x40, 0x50, 0x70, 0xA0]), ("msi", [0x40, 0x50, 0xA0]), ("intx", [0x40, 0xA0])):
            self.path = pathlib.Path(self.folder.name) / f"{offer}.sock"
            self.start("--set", f'host[0].nic[0].interrupts="{offer}"')
            client = self.client()
            for width in (1, 2):  # the DWORD of a capability in pieces
                found, at = [], client.read(CONFIG, 0x34, 1)
                while at:
                    found.append(at)
                    at = client.read(CONFIG, at, 2) >> 8 if width == 2 else client.read(CONFIG, at + 1, 1)
                self.assertEqual(found[:len(listed)], listed)
            whole = client.ask(9, struct.pack("<QII", 0, CONFIG, 256))[1][16:]  # the snapshot a monitor takes
            self.assertEqual([whole[at + 1] for at in listed[:-1]], listed[1:])
            for index, there in ((1, offer != "intx"), (MSIX, offer == "msix")):
                count = struct.unpack("<IIII", client.ask(7, struct.pack("<IIII", 16, 0, index, 0))[1])[3]
                self.assertEqual(count > 0, there, (offer, index))
            client.close()

    def test_a_session_runs_again_from_its_record(self):
        self.start("--pace", "free", "--record", self.record)
        c = self.client()
        memory = c.map(0x10000)
        c.enable()
        self.send_frame(c, memory)
        for _ in range(100):
            c.read(0, STATUS)
        c.close()
        out, err = self.stop()
        self.assertIn("client closed the connection", err)
        digest = out.split("digest ")[1].strip()
        results = pathlib.Path(self.folder.name) / "again"
        done = niclab("run", self.record, "--out", results, "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(summary(results)["sim"]["digest"], digest)
        self.assertEqual(summary(results)["account"]["guest.eth0"]["on_the_wire"], 1)
        again = niclab("run", self.record, "--out", results, "--quiet", "--eager")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(summary(results)["sim"]["digest"], digest)
        # What is no recording any more is said so, with the line.
        lines = self.record.read_text().splitlines()
        for text, reason in (("\n".join(lines[:-1]), "has no end"),
                             ("\n".join([lines[0], "{", *lines[1:]]), ":2: "),
                             ("\n".join([lines[0], '{"t":1,"host":7,"do":"MRd"}']), ":2: "),
                             ("\n".join([lines[0], '{"host":0,"fetch":"0g"}', lines[-1]]), "hexadecimal")):
            self.record.write_text(text + "\n")
            bad = niclab("run", self.record, "--out", results, "--quiet")
            self.assertEqual(bad.returncode, 2)
            self.assertIn(reason, bad.stderr)
            self.assertEqual(len(bad.stderr.splitlines()), 1)

    def test_what_is_left_of_a_session(self):
        """Design 6: summary.json after every run, digests null for live runs; the capture; the log of accesses."""
        log = pathlib.Path(self.folder.name) / "registers.txt"
        self.start("--pace", "free", "--registers", log, "--waves", "--set", 'waves.until="1ms"')
        c = self.client()
        memory = c.map(0x10000)
        c.enable()
        self.send_frame(c, memory)
        lines = log.read_text().splitlines()  # while it is served
        self.assertRegex(lines[0], r"^ +\d+\.\d{9} s  guest\.eth0  write  config 0x04 +0x0006$")
        self.assertTrue(any(re.search(r" write  TDT\[0\] +0x00000001$", line) for line in lines), lines)
        self.assertTrue(any(re.search(r" read   STATUS +0x[0-9a-f]{8}$", line) for line in lines), lines)
        times = [float(line.split()[0]) for line in lines]
        self.assertEqual(times, sorted(times))
        for _ in range(100):
            c.read(0, STATUS)
        c.close()
        out, _ = self.stop()
        self.assertIn(f"results in {self.results}\n", out)
        left = summary(self.results)
        self.assertIsNone(left["sim"]["digest"])
        self.assertIsNone(left["sim"]["digest_content"])
        self.assertEqual(left["niclab"]["scenario"], "serve")
        self.assertEqual(left["account"]["guest.eth0"]["on_the_wire"], 1)
        self.assertEqual([frame[0][1][12:14].hex() for frame in [frames(self.results / "guest.eth0.pcap")[0]]], ["0806"])
        self.assertGreater((self.results / "waves.fst").stat().st_size, 0)

    def test_two_ports_of_a_card_have_two_sockets(self):
        scenario = pathlib.Path(self.folder.name) / "two.toml"
        scenario.write_text(SERVE.read_text().replace('[[host]]\nname = "h1"', """[[host.nic]]
if = "eth1"
mac = "a0:36:9f:00:00:03"
ipv4 = "10.9.1.2/24"

[[host]]
name = "h1\""""))
        other = pathlib.Path(self.folder.name) / "other.sock"
        server = subprocess.Popen([NICLAB, "serve", scenario, "--vfio-user", self.path, "--vfio-user", other, "--pace", "free", "--out", self.results],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(server.kill)
        for name, path in (("eth0", self.path), ("eth1", other)):
            self.assertEqual(server.stderr.readline(), f"niclab serve: guest.{name} on {path}\n")
        first, second = self.client(), Client(other)
        self.addCleanup(second.close)
        second.greet()
        for c, rar, function in ((first, 0x80000200, 0), (second, 0x80000300, 1)):
            c.enable()
            self.assertEqual((c.read(0, RAL0), c.read(0, RAH0)), (0x009F36A0, rar))
            self.assertEqual(c.read(0, STATUS) >> 2 & 3, function, "STATUS.LAN_ID")
        second.write(0, 0x5200, 0x12345678)  # MTA[0] of one port is not the other's
        self.assertEqual((first.read(0, 0x5200), second.read(0, 0x5200)), (0, 0x12345678))
        second.close()
        again = Client(other)  # one client goes and another comes, the first stays
        self.addCleanup(again.close)
        again.greet()
        self.assertEqual((first.read(0, RAL0), again.read(CONFIG, 0)), (0x009F36A0, 0x15218086))
        server.send_signal(signal.SIGINT)
        _, err = server.communicate(timeout=20)
        self.assertEqual(server.returncode, 0, err)

    def test_the_server_outlives_its_clients(self):
        self.start("--pace", "free")
        for hostile in (b"\0" * 16, struct.pack("<HHIII", 1, 9, 0xFFFFFFFF, 0, 0), struct.pack("<HHIII", 1, 4, 32, 0, 0) + bytes(16)):
            c = Client(self.path)
            c.socket.sendall(hostile)
            with self.assertRaises((EOFError, ConnectionResetError)):
                c.receive()
            c.close()
        c = self.client()
        self.assertEqual(c.ask(9, struct.pack("<QII", 0x20000, 0, 4))[0], 22, "past the end of the BAR")
        self.assertEqual(c.ask(8, struct.pack("<IIIII", 20, 0x21, MSIX, 11, 1))[0], 22)
        self.assertEqual(c.ask(77)[0], 38)
        self.assertEqual(c.read(CONFIG, 0), 0x15218086)
        _, err = self.stop()
        self.assertEqual(err.count("client connected"), 4)
        for reason in ("header: size 0", "size 4294967295", "expected VERSION"):
            self.assertIn(reason, err)

    def test_bad_input(self):
        quickstart = SOURCE / "scenarios/quickstart.toml"
        for arguments, reason in ((("serve", quickstart, "--vfio-user", self.path), "no host is external"),
                                  (("serve", SERVE, "--vfio-user", self.path, "--vfio-user", "/tmp/b"), "2 sockets, expected 1"),
                                  (("serve", SERVE, "--vfio-user", self.path / "deeper"), "folder that can be written"),
                                  (("serve", SERVE, "--vfio-user", "x" * 200), "1 to 107 bytes"),
                                  (("serve", SERVE), "--vfio-user"),
                                  (("serve", SERVE, "--vfio-user", self.path, "--pace", "slow"), "--pace"),
                                  (("serve", SERVE, "--vfio-user", self.path, "--record", "/nowhere/x"), "--record /nowhere/x"),
                                  (("serve", SERVE, "--vfio-user", self.path, "--registers", "/nowhere/x"), "--registers /nowhere/x"),
                                  (("serve", SERVE, "--vfio-user", self.path, "--out", "/proc/x"), "--out /proc/x"),
                                  (("run", SERVE, "--out", self.folder.name + "/out"), "guest is external")):
            done = niclab(*arguments, cwd=self.folder.name)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(reason, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)


if __name__ == "__main__":
    unittest.main()
