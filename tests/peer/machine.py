"""Virtual machines: an initramfs with tests/peer/guest and a kernel's modules, and QEMU of Debian sid run from its folder."""

import gzip
import json
import lzma
import os
import pathlib
import queue
import re
import shutil
import subprocess
import threading

PEER = pathlib.Path(os.environ.get("PEER", pathlib.Path.home() / ".cache/niclab-peer"))
MODULES = ["igb", "8021q"]


def archive(files):
    """A newc cpio of (name, mode, data, device)."""
    blob = bytearray()
    for inode, (name, mode, data, device) in enumerate([*files, ("TRAILER!!!", 0, b"", (0, 0))], 1):
        path = name.encode() + b"\0"
        fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(path), 0)
        for part in (b"070701" + b"".join(b"%08X" % f for f in fields) + path, data):
            blob += part
            blob += bytes(-len(blob) % 4)
    return bytes(blob)


class Kernel:
    """A Debian kernel unpacked in PEER/linux-SUITE."""

    def __init__(self, suite):
        self.tree = PEER / f"linux-{suite}"
        image = next(iter(sorted((self.tree / "boot").glob("vmlinuz-*"))), None)
        self.image = image
        self.version = re.match(r"vmlinuz-(\d+\.\d+)", image.name)[1] if image else suite

    def module(self, name):
        """The object file and the names of the modules it needs."""
        path = next(f for f in self.tree.rglob("*.ko*") if f.name.split(".ko")[0].replace("-", "_") == name.replace("-", "_"))
        data = lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()
        depends = re.search(rb"\0depends=([^\0]*)\0", data)
        return data, [d for d in depends[1].decode().split(",") if d]

    def modules(self):
        """[(name, object file)], each after those it needs."""
        done = {}

        def add(name):
            if name in done:
                return
            data, needs = self.module(name)
            for n in needs:
                add(n)
            done[name] = data

        for name in MODULES:
            add(name)
        return list(done.items())

    def initramfs(self):
        """Path of the initramfs, made anew."""
        folders = [(d, 0o040755, b"", (0, 0)) for d in ("dev", "proc", "sys", "modules")]
        files = [("init", 0o100755, (PEER / "guest-init").read_bytes(), (0, 0)), ("dev/console", 0o020600, b"", (5, 1))]
        for i, (name, data) in enumerate(self.modules()):
            files.append((f"modules/{i:02}-{name}.ko", 0o100644, data, (0, 0)))
        path = PEER / f"initramfs-{self.version}.gz"
        path.write_bytes(gzip.compress(archive(folders + files), 1))
        return path


def qemu():
    """The command that runs QEMU of sid by its own loader, and its environment."""
    lib = PEER / "sid/usr/lib/x86_64-linux-gnu"
    share = PEER / "sid/usr/share"
    command = [lib / "ld-linux-x86-64.so.2", "--library-path", lib, PEER / "sid/usr/bin/qemu-system-x86_64", "-L", share / "qemu",
               "-L", share / "seabios", "-L", PEER / "sid/usr/lib/ipxe/qemu"]
    return [str(c) for c in command], {**os.environ, "QEMU_MODULE_DIR": str(lib / "qemu")}


class Guest:
    """A running machine. `words` go to the guest's first process as its environment."""

    def __init__(self, kernel, nic, log, words, cpus=2, shared=True, kernel_words="", root_port=False):
        command, environment = qemu()
        line = "console=ttyS0 loglevel=1 panic=-1 nokaslr mitigations=off tsc=reliable random.trust_cpu=on net.ifnames=0 ipv6.disable=1 "
        line += kernel_words + " " + " ".join(f"{k}={v}" for k, v in words.items())
        machine = "q35"
        if shared:
            machine += ",memory-backend=ram"
            command += ["-object", "memory-backend-memfd,id=ram,size=256M,share=on"]
        if root_port:
            command += ["-device", "pcie-root-port,id=rp0,slot=1,addr=04.0"]
        command += ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio", "-accel", "tcg", "-cpu", "max",
                    "-smp", str(cpus), "-m", "256M", "-machine", machine, "-kernel", str(kernel.image), "-initrd", str(kernel.initramfs()),
                    "-append", line, *nic]
        self.lines = queue.Queue()
        self.log = log
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        with open(self.log, "w", encoding="utf-8") as log:
            for raw in self.process.stdout:
                line = raw.decode(errors="replace").strip()
                print(line, file=log, flush=True)
                found = re.search(r"@(ok|FAILED) (\w+): ?(.*?) \[[\d.]+ s\]$", line)
                if found:
                    self.lines.put(found.groups())
        self.lines.put(None)

    def result(self, timeout):
        """(verdict, check, remark) of the next check; None when the guest has ended; queue.Empty after `timeout` s."""
        return self.lines.get(timeout=timeout)

    def end(self):
        self.process.kill()
        self.process.wait()


def vfio_user(path, root_port=False, **properties):
    """QEMU's options for a card served on a socket."""
    where = {"bus": "rp0", "addr": "00.0"} if root_port else {"bus": "pcie.0", "addr": "04.0"}
    return ["-device", json.dumps({"driver": "vfio-user-pci", "socket": {"type": "unix", "path": str(path)}, **where, **properties})]


def qemu_igb(mine, other, mac):
    """QEMU's options for its own 82576, its wire two unix sockets."""
    return ["-netdev", f"dgram,id=n0,local.type=unix,local.path={mine},remote.type=unix,remote.path={other}",
            "-device", f"igb,netdev=n0,mac={mac},bus=pcie.0,addr=04.0"]


def start_qtest(folder, mac):
    """A machine without a processor: who listens at folder/qtest.sock drives it. Its igb's wire ends at folder/wire."""
    command, environment = qemu()
    command += ["-accel", "qtest", "-qtest", f"unix:{folder}/qtest.sock", "-qtest-log", "none", "-nodefaults", "-no-user-config", "-display", "none",
                "-machine", "q35,memory-backend=ram", "-m", "128M", "-object", f"memory-backend-file,id=ram,size=128M,mem-path={folder}/ram,share=on",
                *qemu_igb(folder / "qemu", folder / "wire", mac)]
    with open(folder / "qemu.log", "w", encoding="utf-8") as log:
        return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def clean(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
