#!/usr/bin/python3
"""Writes tests/data/tx_vectors.txt: packets as software hands them to the device, and what must leave, made by scapy.

Independent of the code it tests; run by hand (needs python3-scapy), the result is committed. One line a packet:

  name, context dwords 0, 2, 3, data dword 2 flags (TSE, VLE), data dword 3 (POPTS, PAYLEN), DTXTCPFLGL, DTXTCPFLGH,
  header in hex, bytes behind it, seed of their values; then length and FCS (of these bytes) of each frame that leaves

The bytes behind the header: x = 1103515245 * x + 12345 mod 2^31, and the byte is bits 23:16 of x.
"""

import os
import random
import struct
import zlib

from scapy.all import (IP, TCP, UDP, SCTP, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop, PadN, Raw, IPOption_NOP,
                       IPOption_RR, conf)

conf.verb = 0
TSE, VLE = 1 << 31, 1 << 30
IXSM, TXSM = 1 << 8, 1 << 9
SNAP, IPV4 = 1 << 9, 1 << 10
L4T = {"udp": 0, "tcp": 1 << 11, "sctp": 2 << 11}
MASKS = [(0x0FF60FF6, 0x0F7F), (0x0F760FF6, 0x0F7F), (0x0FFF0FFF, 0x0FFF), (0x00FF0000, 0x0F00)]


def filler(seed, n):
    out = bytearray()
    for _ in range(n):
        seed = (1103515245 * seed + 12345) & 0x7FFFFFFF
        out.append(seed >> 16 & 0xFF)
    return bytes(out)


def fold(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


class Flow:
    """What all segments of a packet share."""

    def __init__(self, rng, l4):
        self.rng, self.l4 = rng, l4
        self.dst, self.src = (bytes([2] + [rng.randrange(256) for _ in range(5)]) for _ in range(2))
        self.v4 = rng.random() < 0.6
        self.snap = rng.random() < 0.15
        self.vlan = rng.choice([None, None, "device", "software"])
        self.tci = rng.randrange(65536)
        self.id = rng.choice([rng.randrange(65536), 0xFFFE, 0xFFFF])
        self.seq = rng.choice([rng.randrange(1 << 32), (1 << 32) - 100, 0])
        self.flags = rng.randrange(512)
        self.reserved = rng.randrange(8)
        self.ports = rng.randrange(1, 65536), rng.randrange(1, 65536)
        self.ttl, self.tos = rng.randrange(1, 256), rng.randrange(256)
        self.ip_options = rng.choice([[], [], [IPOption_NOP()] * 4, [IPOption_RR(length=15), IPOption_NOP()]])
        self.tcp_options = rng.choice([[], [("NOP", None), ("NOP", None), ("Timestamp", (rng.randrange(1 << 32), 7))],
                                       [("MSS", 1460), ("NOP", None), ("WScale", 7)], [("SAckOK", ""), ("NOP", None), ("NOP", None)]])
        self.extensions = rng.choice([[], [], ["hop"], ["dest"], ["hop", "dest"]])
        self.addresses = ([".".join(str(rng.randrange(1, 255)) for _ in range(4)) for _ in range(2)] if self.v4 else
                          [":".join(f"{rng.randrange(65536):x}" for _ in range(8)) for _ in range(2)])
        self.ack, self.window, self.urgent = rng.randrange(1 << 32), rng.randrange(65536), rng.randrange(65536)

    def ip(self, number):
        src, dst = self.addresses
        if self.v4:
            return IP(src=src, dst=dst, id=(self.id + number) & 0xFFFF, ttl=self.ttl, tos=self.tos, flags="DF",
                      options=self.ip_options)
        p = IPv6(src=src, dst=dst, hlim=self.ttl, tc=self.tos, fl=self.id)
        for e in self.extensions:
            options = [PadN(optdata=b"\0" * self.rng.choice([4]))]
            p = p / (IPv6ExtHdrHopByHop(options=options) if e == "hop" else IPv6ExtHdrDestOpt(options=options))
        return p

    def l4_layer(self, offset, mask):
        sport, dport = self.ports
        if self.l4 == "tcp":
            twelve = (self.reserved << 9 | self.flags) & mask
            return TCP(sport=sport, dport=dport, seq=(self.seq + offset) & 0xFFFFFFFF, ack=self.ack, flags=twelve & 511,
                       reserved=twelve >> 9, window=self.window, urgptr=self.urgent, options=self.tcp_options)
        if self.l4 == "udp":
            return UDP(sport=sport, dport=dport)
        return SCTP(sport=sport, dport=dport, tag=self.seq)

    def mac(self, behind, for_device):
        tag = struct.pack("!HH", 0x8100, self.tci)
        if self.vlan is None or (self.vlan == "device" and for_device):
            tag = b""
        kind = struct.pack("!H", 0x0800 if self.v4 else 0x86DD)
        if self.snap:
            kind = struct.pack("!H", 8 + behind) + b"\xaa\xaa\x03\0\0\0" + kind
        return self.dst + self.src + tag + kind

    def packet(self, payload, number=0, offset=0, mask=0xFFF):
        """From the IP header on, every field right."""
        return bytes(self.ip(number) / self.l4_layer(offset, mask) / Raw(payload))

    def lengths(self):
        bare = self.packet(b"")
        l4 = {"tcp": None, "udp": 8, "sctp": 12}[self.l4]
        iplen = len(bytes(self.ip(0) / Raw(b"")))
        if l4 is None:
            l4 = len(bare) - iplen
        return len(self.mac(0, True)), iplen, l4

    def pseudo(self, length):
        import ipaddress
        data = b"".join(ipaddress.ip_address(a).packed for a in self.addresses)
        proto = {"tcp": 6, "udp": 17, "sctp": 132}[self.l4]
        return fold(data + struct.pack("!HH", proto, 0) + struct.pack("!I", length))


FIELD = {"tcp": 16, "udp": 6, "sctp": 8}


def put(data, at, new):
    return data[:at] + new + data[at + len(new):]


def frame(flow, body):
    f = flow.mac(len(body), False) + body
    return f"{len(f)}:{zlib.crc32(f):08x}"


def line(name, flow, mss, flags, popts, paylen, masks, header, behind, seed, frames):
    mac, ip, l4 = flow.lengths()
    dw0 = flow.tci << 16 | mac << 9 | ip
    dw2 = 0x20200000 | L4T[flow.l4] | (IPV4 if flow.v4 else 0) | (SNAP if flow.snap else 0)
    dw3 = mss << 16 | l4 << 8
    if flow.vlan == "device":
        flags |= VLE
    words = " ".join(f"{w:08x}" for w in (dw0, dw2, dw3, flags, paylen << 14 | popts, masks[0], masks[1]))
    return f"{name} {words} {header.hex()} {behind} {seed} {' '.join(frames)}"


def segmentation(rng, number):
    flow = Flow(rng, rng.choice(["tcp", "tcp", "tcp", "udp"]))
    masks = rng.choice(MASKS)
    mss = rng.choice([1, 2, 7, 100, 536, 1000, 1448, 1460, rng.randrange(1, 3000), rng.randrange(1, 9000)])
    count = rng.choice([1, 2, 3, rng.randrange(1, 13)])
    behind = rng.choice([mss * count, max(1, mss * count - rng.randrange(mss)), 1])
    if number in (50, 150):
        mss, behind = 1448, 65000 + 131072 * (number == 150)
    popts = rng.choice([IXSM | TXSM] * 6 + [IXSM, TXSM, 0]) & ~(0 if flow.v4 else IXSM)
    seed = rng.randrange(1 << 31)
    payload = filler(seed, behind)
    mac, ip, l4 = flow.lengths()
    # The prototype: lengths are anything, sums as software seeds them.
    head = flow.packet(b"")
    head = put(head, 2, rng.randbytes(2)) if flow.v4 else put(head, 4, rng.randbytes(2))
    if flow.v4:
        head = put(head, 10, b"\0\0")
    if flow.l4 == "udp":
        head = put(head, ip + 4, rng.randbytes(2))
    seeded = struct.pack("!H", flow.pseudo(0))
    field = ip + FIELD[flow.l4]
    head = put(head, field, seeded)
    prototype = flow.mac(rng.randrange(1400), True) + head
    assert len(prototype) == mac + ip + l4
    frames = []
    pieces = [payload[i:i + mss] for i in range(0, behind, mss)]
    for k, piece in enumerate(pieces):
        mask = masks[1] if k == len(pieces) - 1 else masks[0] & 0xFFF if k == 0 else masks[0] >> 16
        body = flow.packet(piece, k, k * mss, mask)
        if flow.v4 and not popts & IXSM:
            body = put(body, 10, b"\0\0")
        if not popts & TXSM:
            body = put(body, field, seeded)
        frames.append(frame(flow, body))
    return line(f"{flow.l4}-segmentation", flow, mss, TSE, popts, behind, masks, prototype, behind, seed, frames)


def checksum(rng):
    flow = Flow(rng, rng.choice(["tcp", "udp", "sctp"]))
    behind = rng.choice([0, 1, 2, 17, rng.randrange(64), rng.randrange(1400), rng.randrange(8000)])
    popts = rng.choice([IXSM | TXSM] * 6 + [IXSM, TXSM, 0])
    seed = rng.randrange(1 << 31)
    payload = filler(seed, behind)
    body = flow.packet(payload)
    mac, ip, l4 = flow.lengths()
    field = ip + FIELD[flow.l4]
    raw = body
    if flow.v4 and popts & IXSM:
        raw = put(raw, 10, rng.randbytes(2))
    if popts & TXSM:
        junk = rng.randbytes(4) if flow.l4 == "sctp" else struct.pack("!H", flow.pseudo(len(body) - ip))
        raw = put(raw, field, junk)
    header = flow.mac(len(body), True) + raw[:ip + l4]
    return line(f"{flow.l4}-checksum", flow, 0, 0, popts, len(header) + behind, MASKS[0], header, behind, seed,
                [frame(flow, body)])


def main():
    rng = random.Random(350)
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "tx_vectors.txt"), "w") as out:
        for number in range(220):
            print(segmentation(rng, number), file=out)
        for _ in range(320):
            print(checksum(rng), file=out)


if __name__ == "__main__":
    main()
