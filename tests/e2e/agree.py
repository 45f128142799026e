"""Random scenarios of the whole command: lazy, eager, in RTL and in lockstep report the same, to the last counter.

NICLAB_SEEDS=FROM..TO chooses others than the few of a test run: what differs is left in a folder it names.
"""

import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import tempfile
import unittest

from support import niclab

WAYS = {
    "lazy": (),
    "eager": ("--eager",),
    "rtl": ("--set", "fidelity.all=rtl"),
    "lockstep, eager": ("--eager", "--set", "fidelity.all=lockstep"),
    "one block": ("--set", "fidelity.rx_ring=lockstep"),
    "the throttle": ("--set", "fidelity.intr_throttle=lockstep"),
}
USECS = (0, 1, 3, 10, 20, 125, 1000)


def scenario(seed):
    rng = random.Random(seed)
    pick = rng.choice
    hosts = rng.randint(1, 3)
    out = [f'[run]\nduration = "{rng.randint(200_000, 5_000_000)}ns"\nseed = {seed}']
    out.append(f'[pcie]\ngen = {pick((1, 2))}\nlanes = {pick((1, 2, 4))}\nmps = {pick((128, 256, 512))}\n'
               f'mrrs = {pick((128, 256, 512, 1024, 4096))}\ntags = {pick((3, 8, 32))}\n'
               f'iova_bits = {pick((32, 64))}\niotlb_entries = {pick((1, 8, 64))}')
    cpus = [rng.randint(1, 4) for _ in range(hosts)]
    for h in range(hosts):
        out.append(f'[[host]]\nname = "h{h}"\ncpus = {cpus[h]}\nkernel = "{pick(("3.13", "4.0"))}"')
        for n in range(pick((1, 1, 2))):
            out.append(f'[[host.nic]]\nif = "eth{n}"\nmac = "02:00:00:00:0{n}:0{h + 1}"\n'
                       f'ipv4 = "10.{n}.0.{h + 1}/24"\nqueues = {rng.randint(1, 4)}\nrx_usecs = {pick(USECS[0:1] + USECS[2:])}\n'
                       f'tx_ring = {pick((80, 88, 256))}\nrx_ring = {pick((80, 256))}\nmtu = {pick((1500, 1500, 576))}\n'
                       f'interrupts = "{pick(("msix", "msix", "msi", "intx"))}"\n'
                       f'[host.nic.quirk]\nwriteback_rule = "{pick(("eitr_flushes", "eitr_flushes", "threshold_only"))}"')
    for h in range(hosts):
        out.append(f'[[app]]\nhost = "h{h}"\nkind = "echo"\nport = 7\ncpu = {rng.randrange(cpus[h])}')
        for _ in range(rng.randint(0, 3)):
            to = f"10.0.0.{pick([i + 1 for i in range(hosts) if i != h] or [77])}:{pick((7, 9))}"
            app = f'[[app]]\nhost = "h{h}"\ncpu = {rng.randrange(cpus[h])}\nto = "{to}"\nsize = {pick((0, 1, 18, 19, 333, 1021, 1472, 3001))}\n'
            if rng.random() < 0.4:
                app += 'kind = "request"\ntimeout = "900us"'
            else:
                app += f'kind = "send"\nburst = {rng.randint(1, 40)}\ninterval = "{rng.randint(3, 900)}us"'
            out.append(app + f'\nstart = "{rng.randrange(400)}us"')
    for _ in range(rng.randint(0, 2) if hosts > 1 else rng.randint(0, 3)):
        out.append(f'[[traffic]]\nto = "h{rng.randrange(hosts)}.eth0"\nkind = "udp"\nsize = {rng.randint(64, 1518)}\n'
                   f'rate = "{pick(("line", "1000pps", "50000pps", "300000pps"))}"\nflows = {rng.randint(1, 9)}\n'
                   f'dport = {pick((7, 9))}\nstart = "{rng.randrange(400)}us"')
    for _ in range(pick((0, 0, 1, 2, 3))):
        command = pick(("ethtool -S eth0", f"ethtool -C eth0 rx-usecs {pick(USECS)}", f"ethtool -G eth0 tx {pick((80, 128, 256))}",
                        f"ethtool -G eth0 rx {pick((80, 512))}", "ethtool -L eth0 combined 1", "ifconfig eth0 down", "ifconfig eth0 up",
                        "ifconfig eth0 mtu 900"))
        out.append(f'[[at]]\ntime = "{rng.randrange(3_000)}us"\nhost = "h{rng.randrange(hosts)}"\ncommand = "{command}"')
    return "\n".join(out) + "\n"


def report(file, folder, options):
    """What a run said: (exit code, first line of what it complained of, summary without what may vary)."""
    done = niclab("run", file, "--out", folder, "--quiet", *options)
    if done.returncode == 2:
        return 2, done.stderr, None
    found = json.loads((folder / "summary.json").read_text())
    for varies in ("wall_s", "slowdown", "activations"):
        del found["sim"][varies]
    del found["niclab"]["fidelity"], found["lockstep"]
    return done.returncode, done.stderr, found


def disagreement(seed):
    """None, or what differs; leaves its files then."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"niclab-agree-{seed}-"))
    file = folder / "s.toml"
    file.write_text(scenario(seed))
    first = None
    for way, options in WAYS.items():
        found = report(file, folder / way.replace(", ", "-").replace(" ", "-"), options)
        first = first or found
        if found != first:
            return f"seed {seed}: {way} differs from lazy (niclab diff in {folder}): {found[1][:2000]}"
        if found[0] not in (0, 2):
            return f"seed {seed}, {way}: exit code {found[0]}, in {folder}: {found[1][:2000]}"
    shutil.rmtree(folder)
    return "refused" if first[0] == 2 else None


class Agree(unittest.TestCase):
    def test_every_way_of_simulating_reports_the_same(self):
        first, last = map(int, os.environ.get("NICLAB_SEEDS", "1..40").split(".."))
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            found = list(pool.map(disagreement, range(first, last + 1)))
        different = [f for f in found if f not in (None, "refused")]
        self.assertEqual(different, [])
        self.assertLess(found.count("refused"), len(found) / 2, "most seeds were refused as input")


if __name__ == "__main__":
    unittest.main()
