"""The built-in studies, reduced: every law they name is checked somewhere and holds everywhere; what they find makes sense."""

import json
import pathlib
import tempfile
import unittest

from support import niclab


def study(name, *sets):
    """Runs it; the finished process, and its points."""
    with tempfile.TemporaryDirectory() as folder:
        args = [a for s in sets for a in ("--set", s)]
        done = niclab("study", *name.split(), "--out", folder, "--quiet", *args)
        points = pathlib.Path(folder) / "points.json"
        return done, json.loads(points.read_text()) if points.exists() else []


def choose(parameter, *values):
    return f"parameter.{parameter}.values={json.dumps(list(values), ensure_ascii=False)}"


class BuiltIn(unittest.TestCase):
    def holds(self, name, laws, *sets):
        result, points = study(name, *sets)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        checked = {}
        for p in points:
            self.assertIsNone(p["error"], p["params"])
            for law in p["laws"]:
                self.assertTrue(law["holds"], (p["params"], law))
                checked[law["name"]] = checked.get(law["name"], 0) + 1
        for law in laws:
            self.assertGreater(checked.get(law, 0), 0, law)
        return points

    def test_coalescing(self):
        points = self.holds(
            "coalescing",
            ["account", "little", "throttle", "throttle_rate", "slow_period", "lone_ping", "poisson_wait"],
            choose("rx_usecs", 3, 50, 500),
            choose("load", "pings", "Poisson 20k", "regular 60k"),
            choose("size", 64),
            "run.duration=50ms",
        )
        at = {(p["params"]["load"], p["params"]["queues"], p["params"]["rx_usecs"]): p["metrics"] for p in points}
        # One vector, an interrupt each 50 us.
        self.assertAlmostEqual(at["regular 60k", "one", 50]["interrupts_per_s"], 20000, delta=100)
        # Four of them.
        self.assertAlmostEqual(at["regular 60k", "four", 500]["interrupts_per_s"], 8000, delta=400)
        # A ping does not care.
        pings = [at["pings", "four", us]["latency_p50_ns"] for us in (3, 50, 500)]
        self.assertLess(max(pings) - min(pings), 50)
        self.assertGreater(at["Poisson 20k", "one", 500]["latency_p99_ns"], at["Poisson 20k", "one", 50]["latency_p99_ns"])
        # RTL and model grant at the same instants.
        digests = {}
        for p in points:
            key = tuple(v for k, v in p["params"].items() if k != "fidelity")
            digests.setdefault(key, set()).add(p["digest"])
        self.assertTrue(all(len(d) == 1 for d in digests.values()))

    def test_dma(self):
        self.holds(
            "dma",
            ["account", "little", "pcie_bytes", "ceiling", "pcie_limited"],
            choose("stream", "receive, bursts of 16", "receive, two ports at line rate", "send, one at a time", "send, flat out"),
            choose("size", "64", "1518"),
            choose("thresholds", "igb's", "0/0/0"),
            choose("link", "gen 2 x4", "MPS 128", "gen 1 x1", "slow reads, MRRS 128"),
        )

    def test_rings(self):
        points = self.holds(
            "rings", ["account", "little"], choose("host", "4 CPUs, 1 queue", "4 CPUs, 4 queues"), choose("burst", 64, 1024),
            choose("rx_ring", 256, 4096), choose("rx_usecs", 250), choose("budget", 300), choose("work", "0us", "2us"),
            choose("rcvbuf", 65536, 4194304),
        )
        at = {tuple(p["params"][k] for k in ("host", "rx_ring", "burst", "work", "rcvbuf")): p["metrics"] for p in points}
        big, small = (1024, "0us", 4194304), (64, "0us", 4194304)
        self.assertEqual(at["4 CPUs, 4 queues", 256, *small]["lost_percent"], 0)
        # Between two interrupts come more than the ring holds. One queue lets them wait in the packet buffer, several drop
        # (path-map A-27).
        self.assertEqual(at["4 CPUs, 1 queue", 256, *big]["lost_percent"], 0)
        self.assertGreater(at["4 CPUs, 4 queues", 256, *big]["drops_queue"], 0)
        self.assertEqual(at["4 CPUs, 4 queues", 4096, *big]["lost_percent"], 0)
        # A slow application is its socket's trouble.
        slow = at["4 CPUs, 1 queue", 256, 1024, "2us", 65536]
        self.assertGreater(slow["drops_socket"], 0)
        self.assertEqual(slow["drops_missed"] + slow["drops_queue"], 0)

    def test_backpressure(self):
        points = self.holds("backpressure", ["account", "little"], choose("size", "18"), choose("slow", "application", "CPU"), "run.duration=20ms")
        at = {(p["params"]["slow"], p["params"]["pause"]): p["metrics"] for p in points}
        # A socket drops, and the card never knows; a slow CPU stops the sender, if PAUSE may.
        self.assertGreater(at["application", "full"]["drops_socket"], 0)
        self.assertEqual(at["application", "full"]["pauses"], 0)
        self.assertGreater(at["CPU", "full"]["pauses"], 0)
        self.assertEqual(at["CPU", "full"]["drops_missed"], 0)
        self.assertGreater(at["CPU", "none"]["drops_missed"], 0)

    def test_uncertainty(self):
        done, points = study("uncertainty coalescing", choose("rx_usecs", 3, 50), choose("load", "Poisson 20k"), "run.duration=2ms")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        at = {}
        for p in points:
            at.setdefault(p["params"]["assumption"], []).append(p)
        for name in ("as it is", "instruction -10 %", "instruction +10 %", "writeback_rule = threshold_only", "eitr_write = interval"):
            self.assertEqual(len(at[name]), 2, name)
        # Instructions cost latency; a reading that igb cannot see changes nothing.
        slopes = [p["metrics"]["elasticity"] for p in at["instruction +10 %"]]
        self.assertTrue(all(s is not None and s > 0 for s in slopes), slopes)
        self.assertEqual([p["digest"] for p in at["rqdpc = write_clears"]], [p["digest"] for p in at["as it is"]])
        self.assertEqual(sum(name.endswith((" lowest", " highest")) for name in at), 6)

    def test_uncertainty_of_nothing(self):
        done, _ = study("uncertainty")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr.count("\n"), 1)


if __name__ == "__main__":
    unittest.main()
