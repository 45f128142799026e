"""niclab sh: looks that change nothing, commands that take their time, exit codes, and the terminal (path-map F-01)."""

import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from support import NICLAB, SOURCE, niclab, summary

TWO_HOSTS = """
[run]
duration = "%s"
seed = 3
[[host]]
name = "h1"
cpus = 2
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:01"
ipv4 = "10.0.0.1/24"
queues = 2
rx_usecs = 10
[[host]]
name = "h2"
cpus = 1
[[host.nic]]
if = "eth0"
mac = "02:00:00:00:00:02"
ipv4 = "10.0.0.2/24"
[[app]]
host = "h1"
kind = "echo"
port = 7
[[app]]
host = "h2"
kind = "request"
to = "10.0.0.1:7"
interval = "20us"
"""

LOOKS = [
    "cat /proc/net/dev /proc/net/snmp /proc/net/netstat /proc/net/udp /proc/net/softnet_stat /proc/net/ptype",
    "cat /proc/interrupts /proc/softirqs /proc/stat /proc/net/stat/arp_cache",
    "cat /sys/class/net/eth0/statistics/*",
    "ethtool eth0; ethtool -i eth0; ethtool -c eth0; ethtool -g eth0; ethtool -l eth0; ethtool -k eth0",
    "ethtool -a eth0; ethtool -x eth0; ethtool -n eth0 rx-flow-hash udp4; ethtool -T eth0; ethtool -u eth0",
    "ifconfig -a; ip -s link; tc -s qdisc; sysctl -a; dmesg",
    "lspci -vvxxxx",
    "ethtool -i eth9; cat /proc/x; foo",
]


class Scenarios(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="niclab-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def scenario(self, duration="10ms"):
        file = self.folder / "s.toml"
        file.write_text(TWO_HOSTS % duration)
        return file



class Shell(Scenarios):
    def sh(self, file, *commands, options=(), code=0):
        done = niclab("sh", file, *options, *(word for c in commands for word in ("-c", c)))
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(done.stderr, "")
        return done.stdout

    def run_of(self, file):
        done = niclab("run", file, "--out", self.folder / "out")
        self.assertEqual(done.returncode, 0, done.stderr)
        return summary(self.folder / "out")

    def test_looks_and_pauses_do_not_change_the_run(self):
        for file in (self.scenario(), SOURCE / "scenarios/quickstart.toml"):
            digest = self.run_of(file)["sim"]["digest"]
            walk = LOOKS + ["run 1us"] + LOOKS + ["run 333us", "run 7ns"] + LOOKS + ["run 5ms"] + LOOKS
            out = self.sh(file, *walk, "run end", *LOOKS, "digest", options=("--at", "1234567ns"))
            self.assertEqual(out.splitlines()[-1], digest)

    def test_at_the_end_the_figures_are_those_of_the_report(self):
        file = self.scenario()
        report = self.run_of(file)["hosts"]["h1"]
        out = self.sh(file, "ethtool -S eth0")
        shown = dict(re.findall(r"^     (\w+): (\d+)$", out, re.M))
        self.assertEqual({k: int(v) for k, v in shown.items()}, report["ethtool"]["eth0"])
        udp = self.sh(file, "grep ^Udp: /proc/net/snmp").splitlines()
        self.assertEqual(dict(zip(udp[0].split()[1:], map(int, udp[1].split()[1:]))), report["proc"]["net/snmp"]["Udp"])
        rows = self.sh(file, "cat /proc/interrupts")
        for name, row in report["interrupts"].items():
            counts = " ".join(f"{n:10d}" for n in row["per_cpu"])
            self.assertRegex(rows, rf"(?m)^ \d+: {counts}  IR-PCI-MSI-edge      {re.escape(name)}$")

    def test_lspci_of_pciutils_understands_configuration_space(self):
        options = ("--set", "host.card.ports=4", "--at", "0ms")
        self.assertEqual(len(self.sh(self.scenario(), "lspci", options=options).splitlines()), 4)
        dump = self.folder / "dump"
        dump.write_text(self.sh(self.scenario(), "lspci -xxxx", options=options))
        lspci = shutil.which("lspci", path=os.environ["PATH"] + ":/usr/sbin:/sbin:/usr/bin")
        for address, last in (("01:00.0", False), ("01:00.3", True)):
            theirs = subprocess.run([lspci, "-F", dump, "-vvv", "-s", address], capture_output=True, text=True, check=True)
            ours = self.sh(self.scenario(), "lspci -v -s " + address, options=options)
            where = lambda text: re.findall(r"Capabilities: \[(\w+)", text)
            self.assertEqual(where(theirs.stdout), where(ours))
            for text in ("Interrupt: pin " + ("D" if last else "A"), "MSI-X: Enable" + ("-" if last else "+") + " Count=10",
                         "PME(D0+,D1-,D2-,D3hot+,D3cold+)", "Speed 5GT/s", "Width x4", "FLReset+", "Initial VFs: 0, Total VFs: 0",
                         "Next Function: " + ("0" if last else "1"), "Device Serial Number 02-00-00-ff-ff-00-00-01",
                         "Steering table in TPH capability structure"):
                self.assertIn(text, theirs.stdout)

    def test_the_driver_finds_the_bars_that_an_image_asks_for(self):
        image = self.folder / "image.toml"
        image.write_text('[card]\nwide_bars = 1\nbar0_size = 3\nrom_size = 1\nvpd = 1\nmsix_table_size = 4\n'
                         '[port0]\nmac = "02:00:00:00:00:01"\n')
        out = self.sh(self.scenario(), "lspci -v -s .0", "ethtool -S eth0 | grep -w rx_packets",
                      options=("--set", f"host.card.nvm={image}", "--at", "2ms"))
        self.assertRegex(out, r"Memory at 38\w{8} \(64-bit, non-prefetchable\) \[size=1M\]")
        self.assertRegex(out, r"Memory at 38\w{8} \(64-bit, non-prefetchable\) \[size=16K\]")
        self.assertRegex(out, r"Expansion ROM at \w{8} \[disabled\] \[size=512K\]")
        self.assertIn("[e0] Vital Product Data", out)
        self.assertIn("MSI-X: Enable+ Count=5 Masked-", out)
        self.assertGreater(int(re.search(r"rx_packets: (\d+)", out).group(1)), 10)

    def time_of(self, line):
        return int(re.match(r"(\d+) ns since power-on, \d+ ns after the start line$", line).group(1))

    def test_commands_that_act_take_simulated_time_and_looks_do_not(self):
        lines = self.sh(self.scenario(), "time", "cat /proc/net/dev", "time", "ethtool -S eth0 | tail -1", "time",
                        "sysctl -w net.core.netdev_budget=600", "time", options=("--at", "2ms")).splitlines()
        times = [self.time_of(line) for line in lines if "since power-on" in line]
        self.assertEqual(times[0], times[1])
        self.assertGreater(times[2] - times[1], 10_000)
        self.assertLess(times[2] - times[1], 200_000)
        self.assertGreater(times[3], times[2])
        self.assertLess(times[3] - times[2], 20_000)

    def test_settings_work(self):
        file = self.scenario("20ms")
        irqs = r"(?m)^ 65: +(\d+) +(\d+) .*eth0-rx-0$"
        count = lambda text: sum(map(int, re.search(irqs, text).groups()))
        plain = self.sh(file, "cat /proc/interrupts")
        slow = self.sh(file, "ethtool -C eth0 rx-usecs 1000", "run end", "cat /proc/interrupts", options=("--at", "10ms"))
        self.assertLess(count(slow), 0.6 * count(plain))
        out = self.sh(file, "ethtool -L eth0 combined 1", "ethtool -l eth0 | tail -2 | head -1", "ethtool -G eth0 rx 512",
                      "ethtool -g eth0 | grep ^RX: | tail -n 1", "ifconfig eth0 mtu 1400", "ifconfig eth0 | grep -o MTU:1400")
        self.assertEqual(out, "Combined:\t1\nRX:\t\t512\nMTU:1400\n")

    def test_a_command_may_begin_before_the_end_and_finish_after_it(self):
        out = self.sh(self.scenario(), "ethtool -G eth0 rx 512", "time", "run", "cat /sys/class/net/eth0/carrier",
                      options=("--at", "9990us"))
        self.assertIn("run: the scenario is over\n", out)
        self.assertTrue(out.endswith("\n1\n") or out.endswith("\n0\n"))

    def test_exit_codes(self):
        file = self.scenario()
        self.assertEqual(self.sh(file, "foo", code=127), "sh: 1: foo: not found\n")
        self.assertEqual(self.sh(file, "cat /proc/x", code=1), "cat: /proc/x: No such file or directory\n")
        self.assertEqual(self.sh(file, "foo", "echo fine"), "sh: 1: foo: not found\nfine\n")
        self.assertIn("no such device", self.sh(file, "ethtool -l eth7", code=1).lower())
        self.assertEqual(self.sh(file, "exit 5", "echo not reached", code=5), "")
        self.assertEqual(self.sh(file, "run 5", code=2), "run: 5: not a time, expected <n>ns, us, ms or s, or end\n")
        for bad in (["--at", "5xs"], ["--host", "h9"], ["--set", "run.nothing=1"]):
            done = niclab("sh", file, *bad, "-c", "time")
            self.assertEqual((done.returncode, done.stdout, len(done.stderr.splitlines())), (2, "", 1), bad)

    def test_hosts(self):
        out = self.sh(self.scenario(), "host", "ifconfig | grep -o 10.0.0.[0-9]*", "host h1",
                      "ifconfig | grep -o 10.0.0.[12]", options=("--host", "h2", "--at", "1ms"))
        self.assertEqual(out, "  h1\n* h2\n10.0.0.2\n10.0.0.255\n10.0.0.1\n10.0.0.2\n")

    def test_lines_from_a_pipe(self):
        done = subprocess.run([NICLAB, "sh", self.scenario()], input="time\nrun 1ms\ntime\nls /proc/net/stat\nfoo\n",
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 127)
        lines = done.stdout.splitlines()
        self.assertEqual(self.time_of(lines[1]) - self.time_of(lines[0]), 1_000_000)
        self.assertEqual(lines[2:], ["arp_cache", "sh: 1: foo: not found"])

    def test_a_scenario_that_cannot_start(self):
        done = niclab("sh", self.scenario(), "--set", "host.nic.ipv4=10.0.0.9/33", "-c", "time")
        self.assertEqual((done.returncode, done.stdout), (2, ""))


class Terminal:
    """A shell at a pseudo-terminal."""

    def __init__(self, file, home):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(NICLAB, ["niclab", "sh", str(file)], {**os.environ, "TERM": "xterm", "HOME": str(home)})

    def until(self, pattern, seconds=60):
        seen, end = "", time.monotonic() + seconds
        while not re.search(pattern, seen):
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise AssertionError(f"no {pattern!r} in {seen!r}")
            seen += os.read(self.fd, 4096).decode()
        return seen

    def type(self, text):
        os.write(self.fd, text.encode())

    def code(self):
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class AtATerminal(Scenarios):
    def test_completion_history_and_exit(self):
        t = Terminal(self.scenario(), self.folder)
        t.until(r"h1 \+0 ns# ")
        t.type("cat /proc/net/so\t\n")
        t.until(r"ftnet_stat(.|\n)*00000000 00000000(.|\n)*# ")
        t.type("run 1ms\n")
        t.until(r"\+1000\.00 us# ")
        t.type("exit 3\n")
        self.assertEqual(t.code(), 3)
        self.assertIn("softnet_stat", (self.folder / ".niclab_history").read_text())

    def test_ctrl_c_pauses_a_run(self):
        t = Terminal(self.scenario("1000s"), self.folder)
        t.until(r"h1 \+0 ns# ")
        t.type("run\n")
        t.until(r"simulated")
        t.type("\x03")
        t.until(r"h1 \+[0-9.]+ \w+# ")
        time.sleep(0.3)  # until the terminal has left its line mode: there, Ctrl-C forgets what was typed and echoed
        t.type("garbage")
        t.until("garbage")
        t.type("\x03")
        t.until(r"# ")
        t.type("ethtool -i et\t\n")
        t.until(r"driver: igb")
        t.type("\x04")
        self.assertEqual(t.code(), 0)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    unittest.main()
