#!/usr/bin/env python3
"""The checks of `make peers`: an unmodified Linux, in QEMU, drives our card. One line a check; exit code 1 if one failed.
   peers.py NICLAB [WORD ...]     only boots whose name contains one of the words; what the guests said is in PEER/out"""

import os
import pathlib
import queue
import re
import signal
import subprocess
import sys
import time

from machine import PEER, Guest, Kernel, clean, qemu_igb, start_qtest, vfio_user

SOURCE = pathlib.Path(__file__).resolve().parents[2]
HERE = SOURCE / "tests/peer"
OUT = PEER / "out"
PATIENCE = 150  # seconds for one check
MAC = "a0:36:9f:00:00:02"
SHORT = ["probe", "mac", "mode", "link", "ping", "udp", "stats", "down_up", "reload", "trip", "dmesg"]
LONG = ["probe", "mac", "mode", "link", "ping", "udp", "stats", "coalesce", "rings", "channels", "offloads", "rss", "vectors", "down_up", "reload",
        "ptp", "trip", "bulk", "jumbo", "dmesg"]
FIRST_GUEST = {"ME": "10.9.0.1", "VLAN_ME": "10.100.0.1", "OTHER": "10.9.0.2"}


class Card:
    """`niclab serve`."""

    def __init__(self, niclab, folder, sockets, scenario=SOURCE / "scenarios/serve.toml", settings=(), within=(), record=False):
        self.niclab, self.folder = niclab, folder
        self.sockets = [folder / f"card{i}.sock" for i in range(sockets)]
        command = [*within, niclab, "serve", scenario, "--out", folder / "served"]
        for s in self.sockets:
            command += ["--vfio-user", s]
        for s in settings:
            command += ["--set", s]
        if record:
            command += ["--record", folder / "session.rec"]
        with open(folder / "serve.log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([str(c) for c in command], stdout=log, stderr=log)
        for _ in range(200):
            if all(s.exists() for s in self.sockets) or self.process.poll() is not None:
                break
            time.sleep(0.05)

    def verdict(self):
        """None if it served to the end."""
        if self.process.poll() is not None:
            return f"niclab serve ended with {self.process.returncode}"
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "niclab serve did not end"
        return None if code == 0 else f"niclab serve ended with {code}"


    def replay(self):
        """(whether `niclab run` of the record comes to the same digest, what it said)."""
        out = subprocess.run([self.niclab, "run", self.folder / "session.rec", "--out", self.folder / "replay"], capture_output=True, text=True,
                             timeout=PATIENCE, check=False).stdout
        here = re.search(r"digest (\w+)", out)
        there = re.search(r"digest (\w+)", (self.folder / "serve.log").read_text())
        return here is not None and there is not None and here[1] == there[1], out.strip().splitlines()[-1] if here is None else here[0]


class Peers:
    def __init__(self, niclab, words):
        self.niclab, self.words = pathlib.Path(niclab).resolve(), words
        self.counts = {"ok": 0, "FAILED": 0, "skipped": 0}

    def wanted(self, boot):
        return not self.words or any(w in boot for w in self.words)

    def say(self, verdict, boot, check, remark=""):
        self.counts[verdict] += 1
        print(f"{verdict:8}{boot}: {check}" + (f": {remark}" if remark else ""), flush=True)

    def judge(self, boot, guest, checks):
        """The guest's reports, one for each of `checks`; the guest is gone afterwards."""
        for i, check in enumerate(checks):
            try:
                found = guest.result(PATIENCE)
            except queue.Empty:
                found = None
            if found is None:
                self.say("FAILED", boot, check, f"no report from the guest: see {guest.log}")
                for other in checks[i + 1:]:
                    self.say("skipped", boot, other, f"{check} did not end")
                break
            self.say(found[0], boot, found[1], found[2])
        guest.end()

    def boot(self, name, kernel, checks, settings=(), words=None, root_port=False, properties=None, card=None, **machine):
        """One guest, and our stack at the other end of its wire."""
        if not self.wanted(name):
            return
        if kernel.image is None:
            self.say("skipped", name, "all", "the kernel was not fetched")
            return
        folder = clean(OUT / name.replace(" ", "-"))
        options = card or {}
        card = Card(self.niclab, folder, 1, settings=settings, **options)
        guest = Guest(kernel, vfio_user(card.sockets[0], root_port, **(properties or {})), folder / "console.log",
                      {"CHECKS": ",".join(checks), "MAC": MAC, **(words or {})}, root_port=root_port, **machine)
        self.judge(name, guest, checks)
        wrong = card.verdict()
        if wrong:
            self.say("FAILED", name, "serve", wrong)
        elif options.get("record"):
            same, remark = card.replay()
            self.say("ok" if same else "FAILED", name, "replay of the record", remark)

    def pair(self, name, kernel, checks, nics):
        """Two guests on one wire: the first serves echoes, the second judges."""
        folder = OUT / name.replace(" ", "-")
        first = Guest(kernel, nics[0], folder / "console0.log", {"CHECKS": "probe,serve", **FIRST_GUEST}, cpus=1)
        try:
            while (found := first.result(PATIENCE)) is not None and found[1] != "ready":
                if found[0] == "FAILED":
                    break
        except queue.Empty:
            found = None
        if found is None or found[1] != "ready":
            self.say("FAILED", name, "first guest", f"see {first.log}")
        else:
            self.judge(name, Guest(kernel, nics[1], folder / "console1.log", {"CHECKS": ",".join(checks), "MAC": MAC}, cpus=1), checks)
        first.end()

    def with_this_kernel(self, name, kernel, checks):
        """A guest, and the kernel of this machine at the other end of its wire."""
        if not self.wanted(name):
            return
        if os.geteuid() != 0 or not os.path.exists("/dev/net/tun") or subprocess.run(["unshare", "-n", "true"], check=False).returncode != 0:
            self.say("skipped", name, "all", "needs root, /dev/net/tun and network namespaces")
            return
        within = ["unshare", "-n", sys.executable, HERE / "far_end.py", "niclab0", "10.9.0.1/24"]
        self.boot(name, kernel, checks, card={"scenario": HERE / "tap.toml", "within": within})

    def back_to_back(self, name, kernel, checks):
        if not self.wanted(name) or kernel.image is None:
            return
        folder = clean(OUT / name.replace(" ", "-"))
        card = Card(self.niclab, folder, 2, HERE / "back_to_back.toml")
        self.pair(name, kernel, checks, [vfio_user(s) for s in card.sockets])
        wrong = card.verdict()
        if wrong:
            self.say("FAILED", name, "serve", wrong)

    def qemu_back_to_back(self, name, kernel, checks):
        """The same on QEMU's own 82576: what the numbers are to be compared with."""
        if not self.wanted(name) or kernel.image is None:
            return
        folder = clean(OUT / name.replace(" ", "-"))
        ends = folder / "a.sock", folder / "b.sock"
        self.pair(name, kernel, checks, [qemu_igb(*ends, "a0:36:9f:00:00:01"), qemu_igb(*reversed(ends), MAC)])

    def our_driver(self, interrupts):
        """Our driver and stack on QEMU's 82576, over qtest (tests/peer/qtest)."""
        name = f"our driver on the igb of qemu {interrupts}"
        if not self.wanted(name):
            return
        tool = self.niclab.parent / "tests/qtest_igb"
        if not tool.exists():
            self.say("skipped", name, "all", f"{tool} is not built: cmake --build {self.niclab.parent} --target qtest_igb")
            return
        folder = clean(OUT / name.replace(" ", "-"))
        ends = [folder / end for end in ("qtest.sock", "ram", "wire", "qemu")]
        judge = subprocess.Popen([str(x) for x in (tool, *ends, interrupts)], stdout=subprocess.PIPE, text=True)
        for _ in range(200):
            if ends[0].exists() or judge.poll() is not None:
                break
            time.sleep(0.05)
        machine = start_qtest(folder, "02:00:00:35:00:0a")
        try:
            out, _ = judge.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            judge.kill()
            out = judge.communicate()[0] + "@FAILED trial: did not end\n"
        machine.kill()
        machine.wait()
        ends[1].unlink(missing_ok=True)  # the machine's RAM
        found = re.findall(r"^@(ok|FAILED) ([\w ]+): (.*)$", out, re.M)
        for verdict, check, remark in found:
            self.say(verdict, name, check, remark)
        if judge.returncode not in (0, 1) or not found or (judge.returncode == 1 and all(v == "ok" for v, _, _ in found)):
            self.say("FAILED", name, "trial", f"ended with {judge.returncode}; see {folder}")

    def read_latency(self):
        """A register read as the client sees it. A number to look at: how fast the machine is fails nothing."""
        name = "register read"
        if not self.wanted(name):
            return
        card = Card(self.niclab, clean(OUT / "read"), 1)
        done = subprocess.run([PEER / "read-latency", card.sockets[0]], capture_output=True, text=True, timeout=60, check=False)
        self.say("ok" if done.returncode == 0 else "FAILED", name, "served", (done.stdout + done.stderr).strip())
        card.verdict()

    def run(self):
        self.read_latency()
        for interrupts in ("msix", "msi", "intx"):
            self.our_driver(interrupts)
        old, new = Kernel("bookworm"), Kernel("trixie")
        jumbo = ["host[1].nic[0].mtu=9000"]
        for kernel in (new, old):
            self.boot(f"linux {kernel.version} msix", kernel, LONG, jumbo)
        intx = {"MODE": "legacy"}
        self.boot(f"linux {new.version} intx", new, SHORT, words=intx, kernel_words="pci=nomsi")
        self.boot(f"linux {new.version} msi", new, SHORT, ['host[0].nic[0].interrupts="msi"'], words={"MODE": "MSI"}, card={"record": True})
        self.boot(f"linux {new.version} dma by messages", new, SHORT + ["fragments"], shared=False)
        # igb tests no I350 offline, but an I354 by the I350's list; registers and interrupts of an 82576 are others, its loopback is the same.
        for identity, remark, checks in ((0x1F41, "i354", ["selftest", "dmesg"]), (0x10C9, "82576", ["pba", "loopback"])):
            self.boot(f"linux {new.version} self-test as {remark}", new, ["probe", "link", *checks], root_port=True,
                      properties={"x-pci-device-id": identity})
        traffic = ["probe", "link", "ping", "udp", "vlan", "tcp", "trip", "bulk", "dmesg"]
        self.with_this_kernel(f"linux {new.version} with the kernel of this machine", new, ["probe", "link", "ping", "udp", "fragments", "tcp", "dmesg"])
        self.back_to_back(f"linux {new.version} back to back", new, traffic)
        self.qemu_back_to_back(f"linux {new.version} on the igb of qemu", new, [c for c in traffic if c not in ("vlan",)])
        print("make peers: " + ", ".join(f"{n} {what}" for what, n in self.counts.items()))
        return 1 if self.counts["FAILED"] else 0


if __name__ == "__main__":
    sys.exit(Peers(sys.argv[1], sys.argv[2:]).run())
