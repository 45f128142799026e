"""The kernel's stack at the other end of a TAP: Linux, in a network namespace of its own, against a simulated host.

    NICLAB=build/niclab python3 tests/peer/kernel_stack.py [--mtu 1500] [--step 1]

One line a check: ok, FAILED or skipped. Exit code 1 when one failed. Pings and datagrams of every --step'th size go there and
back; then the counters of both stacks are laid side by side, ours as `niclab run` of the recorded session finds them."""

import argparse
import errno
import fcntl
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

NICLAB = os.environ.get("NICLAB", "build/niclab")
OURS, LINUX, GROUP, THEIR_GROUP = "10.9.1.1", "10.9.1.2", "239.1.2.3", "239.9.9.9"
ECHO, GROUP_PORT, SERVICE, LISTENER, CLOSED = 7, 9, 5001, 5002, 5999
TAP = "niclab0"
SO_NO_CHECK = 11  # of SOL_SOCKET
PAST_COUNTERS = 7  # packets that Linux sent as they were, and counted as nothing
RAW_FRAGMENTS = 6  # of those: one lonely, five that make a datagram
REQUESTS, ANNOUNCEMENTS, UNWANTED = 50, 20, 3
WAIT = 10  # seconds; the machine may be busy
failed = False

SCENARIO = """
[[host]]
name = "h1"
cpus = 2
[[host.nic]]
if = "eth0"
mac = "a0:36:9f:00:00:01"
ipv4 = "{ours}/24"
gateway = "{linux}"  # else it has no route to a group
mtu = {mtu}
negotiation = "1ms"
[[wire]]
nic = "h1.eth0"
kind = "tap"
name = "{tap}"
[[app]]
host = "h1"
kind = "echo"
port = {echo}
rcvbuf = 1000000
[[app]]
host = "h1"
kind = "echo"
port = {group_port}
group = "{group}"
[[app]]
host = "h1"
kind = "request"
to = "{linux}:{service}"
size = 2000
count = {requests}
interval = "5ms"
start = "1s"
[[app]]
host = "h1"
kind = "send"
to = "{their_group}:{listener}"
size = 100
count = {announcements}
interval = "10ms"
start = "1s"
[[app]]
host = "h1"
kind = "send"
to = "{linux}:{closed}"
count = {unwanted}
interval = "10ms"
start = "1s"
"""


def check(name, good, what=""):
    global failed
    print(f"{'ok     ' if good else 'FAILED '} {name}{'' if good else ': ' + str(what)}", flush=True)
    failed = failed or not good


def skip(reason):
    print(f"skipped  the kernel's stack over a TAP: {reason}")
    sys.exit(0)


def tool(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def enter_namespace():
    """This process again in a network namespace of its own."""
    if os.environ.get("NICLAB_NAMESPACE"):
        return
    if os.geteuid() != 0 or not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        skip("needs root and /dev/net/tun")
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        skip("needs unshare and ip")
    if subprocess.run(["unshare", "-n", "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
        skip("network namespaces are not allowed here")
    os.environ["NICLAB_NAMESPACE"] = "1"
    os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])


def make_tap(name, mtu):
    def setting(path, value):
        pathlib.Path("/proc/sys/net", path).write_text(value)
    setting("ipv6/conf/default/disable_ipv6", "1")
    setting("ipv4/ping_group_range", "0 0")
    setting("ipv4/icmp_ratelimit", "0")
    if subprocess.run(["ip", "tuntap", "add", name, "mode", "tap"], check=False).returncode != 0:
        skip("no TAP interfaces here")
    tool("ip", "address", "add", LINUX + "/24", "dev", name)
    tool("ip", "link", "set", name, "mtu", str(mtu), "up")
    tool("ip", "route", "add", "224.0.0.0/4", "dev", name)


def wait_for_carrier():
    """Until then Linux drops what it sends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        flags = lambda: struct.unpack_from("16xH", fcntl.ioctl(s, 0x8913, TAP.encode().ljust(32, b"\0")))[0]  # SIOCGIFFLAGS
        end = time.monotonic() + WAIT
        while not flags() & 0x40 and time.monotonic() < end:  # IFF_RUNNING
            time.sleep(0.01)
    time.sleep(0.1)


def pattern(size):
    return bytes((i * 7 + size) & 0xFF for i in range(size))


def receive(s, wanted, seconds=WAIT):
    """Whether a datagram for which `wanted` holds came."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0 and select.select([s], [], [], left)[0]:
        if wanted(s.recvfrom(70000)):
            return True
    return False


def pings(sizes):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    lost = []
    for n, size in enumerate(sizes):
        s.sendto(struct.pack(">BBHHH", 8, 0, 0, 0, n & 0xFFFF) + pattern(size), (OURS, 0))
        answer = lambda m: m[0][0] == 0 and m[0][6:] == struct.pack(">H", n & 0xFFFF) + pattern(size)
        if not receive(s, answer):
            lost.append(size)
            if len(lost) > 3:
                break
    check(f"ping: {len(sizes)} sizes, {sizes[0]} to {sizes[-1]}", not lost, f"no right answer of {lost}")


def echoes(sizes):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    s.connect((OURS, ECHO))
    lost = []
    for size in sizes:
        s.send(pattern(size))
        if not receive(s, lambda m: m[0] == pattern(size)):
            lost.append(size)
            if len(lost) > 3:
                break
    check(f"UDP echo: {len(sizes)} sizes, {sizes[0]} to {sizes[-1]}", not lost, f"no right answer of {lost}")


def bursts():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    s.connect((OURS, ECHO))
    missing = set(range(64))
    for i in range(64):
        s.send(struct.pack(">I", i) + bytes(996))
    receive(s, lambda m: missing.discard(struct.unpack_from(">I", m[0])[0]) or not missing)
    check("a burst of 64 datagrams", not missing, f"{len(missing)} did not come back")


def multicast():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LINUX))
    for size in (1, 1000, 4000):
        s.sendto(pattern(size), (GROUP, GROUP_PORT))
        check(f"multicast of {size} bytes to a group our host joined",
              receive(s, lambda m: m == (pattern(size), (OURS, GROUP_PORT))))
    s.sendto(b"?", ("239.1.2.4", GROUP_PORT))
    check("multicast to another group stays unanswered", not receive(s, lambda m: True, 0.5))


def icmp_errors():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((OURS, 4321))
    for attempt in range(4):
        s.send(pattern(100 * attempt + 1))
        end, found = time.monotonic() + WAIT, None
        while found is None and time.monotonic() < end:
            try:
                select.select([s], [], [], 0.1)
                s.recv(100, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            except OSError as e:
                found = e.errno
        check(f"a closed port refuses, time {attempt + 1}", found == errno.ECONNREFUSED, found)
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, 253)
    icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    raw.sendto(b"unknown!", (OURS, 0))
    check("an unknown protocol is unreachable",
          receive(icmp, lambda m: m[1][0] == OURS and m[0][20:22] == b"\3\2" and m[0][28 + 9] == 253))
    rest = bytes.fromhex("12340001") + bytes(12)  # identifier and number, three times
    icmp.sendto(struct.pack(">BBH", 13, 0, checksum(b"\x0d\0\0\0" + rest)) + rest, (OURS, 0))
    check("a timestamp request is answered", receive(icmp, lambda m: m[0][20] == 14 and m[0][24:28] == rest[:4]))


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip_header(identification, fragment, length=0, check=0):
    """Of UDP to our host; Linux fills in length and checksum when it sends it."""
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, length, identification, fragment, 64, 17, check, socket.inet_aton(LINUX), socket.inet_aton(OURS))


def send_raw(packet):
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(packet, (OURS, 0))


def lonely_fragment():
    """The first fragment of a datagram whose rest never comes; returns the socket that hears of it."""
    icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    icmp.setsockopt(255, 1, struct.pack("=I", ~(1 << 11) & 0xFFFFFFFF))  # ICMP_FILTER: time exceeded only
    send_raw(ip_header(0x4242, 0x2000) + struct.pack(">HHHH", 4000, ECHO, 4000, 0) + bytes(1000))
    return icmp


def odd_datagrams():
    """What Linux sends seldom."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((LINUX, 4001))
    s.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
    s.sendto(b"no checksum", (OURS, ECHO))
    check("a datagram without checksum is answered", receive(s, lambda m: m[0] == b"no checksum"))
    s.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 0)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.sendto(b"all", ("10.9.1.255", ECHO))
    check("a broadcast datagram is answered", receive(s, lambda m: m == (b"all", (OURS, ECHO))))
    for options in (b"\1\1\1\1", b"\x94\4\0\0"):  # nothing, router alert
        s.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, options)
        s.sendto(options, (OURS, ECHO))
        check(f"a datagram with IP options {options.hex()} is answered", receive(s, lambda m: m[0] == options))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, b"")
    datagram = struct.pack(">HHHH", 4001, ECHO, 2000, 0) + pattern(1992)
    for at in range(2000 // 400 - 1, -1, -1):
        send_raw(ip_header(0x4343, (0 if at == 4 else 0x2000) | at * 50) + datagram[at * 400:at * 400 + 400])
    check("fragments in reverse order are put together", receive(s, lambda m: m[0] == pattern(1992)))
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind((TAP, 0x800))
    link.send(bytes.fromhex("a0369f000001 020000000002 0800") + ip_header(1, 0, 29, 0x1234) + struct.pack(">HHHH", 4001, ECHO, 9, 0) + b"x")
    ping = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
    ping.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    ping.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
    for to in ("10.9.1.255", "224.0.0.1"):
        ping.sendto(struct.pack(">BBHHH", 8, 0, 0, 0, 1) + b"all", (to, 0))
    check("a ping of everybody stays unanswered", not receive(ping, lambda m: m[1][0] == OURS, 0.5))


def bad_checksum():
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
    raw.sendto(struct.pack(">HHHH", 4000, ECHO, 9, 0x1234) + b"x", (OURS, 0))


class Guests:
    """Linux's side of what our host's applications ask for."""

    def __init__(self):
        self.service = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.service.bind((LINUX, SERVICE))
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.listener.bind(("", LISTENER))
        self.listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(THEIR_GROUP) + socket.inet_aton(LINUX))
        self.served, self.heard = 0, 0

    def serve(self):
        end = time.monotonic() + WAIT
        while time.monotonic() < end and (self.served < REQUESTS or self.heard < ANNOUNCEMENTS):
            for s in select.select([self.service, self.listener], [], [], 0.1)[0]:
                data, sender = s.recvfrom(70000)
                if s is self.service:
                    self.served += 1
                    s.sendto(data, sender)
                else:
                    self.heard += 1
        check(f"{REQUESTS} requests of our host", self.served == REQUESTS, self.served)
        check(f"{ANNOUNCEMENTS} datagrams of our host to a group", self.heard == ANNOUNCEMENTS, self.heard)


def kernel_counters():
    rows = pathlib.Path("/proc/net/snmp").read_text().splitlines()
    return {names.split(":")[0]: dict(zip(names.split()[1:], map(int, values.split()[1:]))) for names, values in zip(rows[::2], rows[1::2])}


def compare(ours, filtered, linux):
    """What one sent the other received. Nothing is lost on this wire."""
    def same(name, a, b):
        check(f"counters: {name}", a == b, f"{a} and {b}")
    linux["Ip"]["InReceives"] -= 2  # broadcasts, which the sender hears itself: a datagram and a ping
    linux["Icmp"]["InEchos"] -= 1
    linux["Icmp"]["InMsgs"] -= 1
    linux["Ip"]["OutRequests"] += PAST_COUNTERS
    for one, other, names in ((linux, ours, "Linux sent, ours received"), (ours, linux, "ours sent, Linux received")):
        # What leaves as fragments arrives as fragments; OutRequests counts it once.
        # Groups nobody joined, and reports about those Linux joined, stay outside our NIC.
        same(f"IP packets, {names}", one["Ip"]["OutRequests"] - one["Ip"]["FragOKs"] + one["Ip"]["FragCreates"],
             other["Ip"]["InReceives"] + (filtered if one is linux else 0))
        same(f"fragments, {names}", one["Ip"]["FragCreates"] + (RAW_FRAGMENTS if one is linux else 0), other["Ip"]["ReasmReqds"])
        same(f"whole again, {names}", one["Ip"]["FragOKs"] + (one is linux), other["Ip"]["ReasmOKs"])
        for kind in ("Echos", "EchoReps", "DestUnreachs", "TimeExcds", "TimestampReps"):
            same(f"ICMP {kind}, {names}", one["Icmp"]["Out" + kind], other["Icmp"]["In" + kind])
        same(f"ICMP messages, {names}", one["Icmp"]["OutMsgs"], other["Icmp"]["InMsgs"])
    mine, theirs = ours["Udp"], linux["Udp"]
    same("UDP datagrams, ours sent, Linux received", mine["OutDatagrams"], theirs["InDatagrams"] + theirs["NoPorts"])
    # One went to no group of ours, and one was sent as raw fragments.
    same("UDP datagrams, Linux sent, ours received", theirs["OutDatagrams"] - 1 + 1, mine["InDatagrams"] + mine["NoPorts"])
    same("UDP without a port, ours", mine["NoPorts"], 4)
    same("UDP without a port, Linux", theirs["NoPorts"], UNWANTED)
    same("UDP errors, ours", (mine["InErrors"], mine["InCsumErrors"]), (1, 1))
    same("UDP errors, Linux", theirs["InErrors"], 0)
    same("IP errors", (ours["Ip"]["InHdrErrors"], linux["Ip"]["InHdrErrors"], linux["Ip"]["ReasmFails"]), (1, 0, 0))
    same("reassemblies given up, ours", ours["Ip"]["ReasmFails"], 1)


def run(options, folder):
    make_tap(TAP, options.mtu)
    scenario, record = folder / "kernel_stack.toml", folder / "session.jsonl"
    scenario.write_text(SCENARIO.format(ours=OURS, linux=LINUX, mtu=options.mtu, tap=TAP, echo=ECHO, group=GROUP, group_port=GROUP_PORT,
                                        service=SERVICE, requests=REQUESTS, their_group=THEIR_GROUP, listener=LISTENER,
                                        announcements=ANNOUNCEMENTS, closed=CLOSED, unwanted=UNWANTED))
    server = subprocess.Popen([NICLAB, "serve", scenario, "--record", record, "--out", folder / "served"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        if "wire to TAP" not in server.stderr.readline():
            sys.exit("niclab serve: " + server.communicate()[1])
        wait_for_carrier()
        lonely = lonely_fragment()
        start = time.monotonic()
        guests = Guests()
        guests.serve()
        bad_checksum()
        icmp_errors()
        multicast()
        odd_datagrams()
        pings([*range(0, 8973, options.step)])
        echoes([*range(1, 9001, options.step), 20000, 65507])
        bursts()
        print(f"         these took {time.monotonic() - start:.1f} s", flush=True)
        check("a reassembly that takes too long is told", receive(lonely, lambda m: m[0][20:22] == b"\x0b\1" and m[0][28 + 4:28 + 6] == b"\x42\x42", max(1, 40 - (time.monotonic() - start))))
        linux = kernel_counters()
        check("niclab serve lives", server.poll() is None)
        server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=30)
    finally:
        server.kill()
    print("         " + "\n         ".join((out + err).splitlines()))
    again = subprocess.run([NICLAB, "run", record, "--out", folder / "out", "--quiet"], capture_output=True, text=True, check=False)
    check("the recorded session runs again", again.returncode == 0, again.stderr)
    found = json.loads((folder / "out/summary.json").read_text())
    check("with the same digest", found["sim"]["digest"] == out.split("digest ")[1].strip(), found["sim"]["digest"])
    compare(found["hosts"]["h1"]["proc"]["net/snmp"], found["account"]["h1.eth0"]["filtered"], linux)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mtu", type=int, default=1500)
    parser.add_argument("--step", type=int, default=1)
    options = parser.parse_args()
    enter_namespace()
    with tempfile.TemporaryDirectory() as folder:
        run(options, pathlib.Path(folder))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
