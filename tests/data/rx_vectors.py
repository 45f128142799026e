#!/usr/bin/python3
"""Writes tests/data/rx_vectors.txt: frames with random headers and options and right checksums, made by scapy.

Independent of the code it tests; run by hand (needs python3-scapy), the result is committed. One line a frame, without FCS:

  kind (udp tcp sctp udp-unchecked fragment other routed), 4 or 6, offset of the IP header, of what follows it and its options,
  end of the header that header split would take (0: none), end of the IP packet, frame in hex
"""

import os
import random

from scapy.all import (IP, TCP, UDP, SCTP, SCTPChunkData, ICMP, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                       IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, HAO, PadN, Raw, IPOption_NOP, IPOption_RR, conf)

conf.verb = 0


def payload(rng, most=40):
    return Raw(bytes(rng.randrange(256) for _ in range(rng.choice([0, 1, 2, 7, rng.randrange(most)]))))


def l4(rng, kind):
    if kind == "tcp":
        options = rng.sample([("MSS", 1460), ("NOP", None), ("WScale", 7), ("Timestamp", (1, 2)), ("SAckOK", b"")],
                             rng.randrange(5))
        return TCP(sport=rng.randrange(65536), dport=rng.randrange(65536), seq=rng.randrange(1 << 32),
                   flags=rng.randrange(256), window=rng.randrange(65536), options=options) / payload(rng)
    if kind in ("udp", "udp-unchecked"):
        return UDP(sport=rng.randrange(65536), dport=rng.randrange(65536),
                   **({"chksum": 0} if kind == "udp-unchecked" else {})) / payload(rng)
    if kind == "sctp":
        return SCTP(sport=1, dport=2, tag=rng.randrange(1 << 32)) / SCTPChunkData(data=bytes(payload(rng)))
    return ICMP() / payload(rng)


def ethernet(rng, ethertype, packet):
    head = bytes([2] + [rng.randrange(256) for _ in range(11)])
    for _ in range(rng.choice([0, 0, 1, 2])):
        head += b"\x81\x00" + rng.randrange(65536).to_bytes(2, "big")
    if rng.random() < 0.2:
        head += (8 + len(packet)).to_bytes(2, "big") + b"\xaa\xaa\x03\0\0\0"
    return head + ethertype.to_bytes(2, "big")


def frame(rng, kind):
    v4 = kind == "udp-unchecked" or kind == "other" or rng.random() < 0.6
    inner = l4(rng, "udp" if kind == "fragment" else kind)
    if v4:
        options = [o for o in (IPOption_NOP(), IPOption_RR(length=7, routers=["1.2.3.4"])) if rng.random() < 0.4]
        ip = IP(src=".".join(str(rng.randrange(1, 255)) for _ in range(4)),
                dst=".".join(str(rng.randrange(1, 255)) for _ in range(4)), id=rng.randrange(65536),
                tos=rng.randrange(256), ttl=rng.randrange(1, 256), flags="DF" if rng.random() < 0.5 else 0,
                options=options)
        if kind == "fragment":
            ip.flags, ip.frag = rng.choice([(1, 0), (1, 8), (0, 8)])
        packet = bytes(ip / inner)
        to_l4 = (packet[0] & 15) * 4
        split = to_l4
    else:
        ip = IPv6(src="2001:db8::%x" % rng.randrange(1, 65536), dst="fe80::%x" % rng.randrange(1, 65536),
                  tc=rng.randrange(256), fl=rng.randrange(1 << 20), hlim=rng.randrange(1, 256))
        to_l4 = 40
        for header, size in ((IPv6ExtHdrHopByHop, 8), (IPv6ExtHdrDestOpt, 16)):
            if rng.random() < 0.3:
                ip = ip / header(options=[PadN(optdata=b"\0" * (size - 4))])
                to_l4 += size
        split = to_l4
        if kind == "fragment":
            ip = ip / IPv6ExtHdrFragment(offset=rng.choice([0, 8]), m=1, id=rng.randrange(1 << 32))
            to_l4 += 8
        packet = bytes(ip / inner)
    head = ethernet(rng, 0x0800 if v4 else 0x86DD, packet)
    start = len(head)
    if kind in ("udp", "udp-unchecked"):
        split = to_l4 + 8
    elif kind == "tcp":
        split = to_l4 + (packet[to_l4 + 12] >> 4) * 4
    elif kind != "fragment":
        split = None
    whole = head + packet
    whole += bytes(rng.randrange(256) for _ in range(max(60 - len(whole), 0)))
    return (f"{kind} {4 if v4 else 6} {start} {start + to_l4} {0 if split is None else start + split} "
            f"{start + len(packet)} {whole.hex()}")


def routed(rng, number):
    """UDP and TCP over IPv6 with routing headers and home addresses. With segments left, or a home address, the
    checksum is over other addresses than the IPv6 header's: kind "routed"."""
    address = lambda: "2001:db8::%x" % rng.randrange(1, 65536)
    l4_kind = ("udp", "tcp")[number % 2]
    headers, size, own = [
        (IPv6ExtHdrRouting(type=0, segleft=0, addresses=[address(), address()]), 40, True),
        (IPv6ExtHdrRouting(type=2, segleft=0, addresses=[address()]), 24, True),
        (IPv6ExtHdrRouting(type=0, segleft=1, addresses=[address(), address()]), 40, False),
        (IPv6ExtHdrRouting(type=2, segleft=1, addresses=[address()]), 24, False),
        (IPv6ExtHdrDestOpt(options=[HAO(hoa=address())]), 24, False),
    ][number // 2]
    packet = bytes(IPv6(src=address(), dst=address()) / headers / l4(rng, l4_kind))
    to_l4 = 40 + size
    split = to_l4 + (8 if l4_kind == "udp" else (packet[to_l4 + 12] >> 4) * 4)
    head = ethernet(rng, 0x86DD, packet)
    return (f"{l4_kind if own else 'routed'} 6 {len(head)} {len(head) + to_l4} {len(head) + split} "
            f"{len(head) + len(packet)} {(head + packet).hex()}")


def main():
    rng = random.Random(350)
    kinds = ["udp"] * 20 + ["tcp"] * 20 + ["sctp"] * 8 + ["udp-unchecked"] * 4 + ["fragment"] * 8 + ["other"] * 4
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "rx_vectors.txt"), "w") as out:
        out.writelines(frame(rng, kind) + "\n" for kind in kinds)
        out.writelines(routed(rng, number) + "\n" for number in range(10))


main()
