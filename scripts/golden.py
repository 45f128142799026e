#!/usr/bin/env python3
"""The golden matrix: runs studies/golden.toml and compares its points with the committed ones.

    golden.py NICLAB [--golden FILE] [--update]

Prints a table of what moved, and exits 1 if anything did. --update writes the points of today instead.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def points_of(niclab):
    """Today's points: parameters, the figures that exist, digest."""
    with tempfile.TemporaryDirectory(prefix="niclab-golden-") as folder:
        done = subprocess.run([niclab, "study", ROOT / "studies/golden.toml", "--out", folder, "--quiet"], check=False)
        if done.returncode != 0:
            sys.exit(f"golden: the study itself failed (exit code {done.returncode})")
        points = json.loads((pathlib.Path(folder) / "points.json").read_text())
    return [{"params": p["params"], "digest": p["digest"],
             "metrics": {k: v for k, v in p["metrics"].items() if v is not None}} for p in points]


def change(old, new):
    return f"{100 * (new - old) / abs(old):+.3g} %" if old and abs((new - old) / old) < 1e-3 else \
        f"{100 * (new - old) / abs(old):+.2f} %" if old else "from 0"


def moves(golden, today):
    """Rows (point, figure, was, is, change) of what moved."""
    was = {json.dumps(p["params"]): p for p in golden}
    for point in today:
        name = ", ".join(f"{k} {v}" for k, v in point["params"].items())
        old = was.pop(json.dumps(point["params"]), None)
        if old is None:
            yield name, "the point", "-", "new", ""
            continue
        rows = []
        for key, value in old["metrics"].items():
            new = point["metrics"].get(key)
            if new is None:
                rows.append((name, key, f"{value:.6g}", "-", "gone"))
            elif new != value:
                rows.append((name, key, f"{value:.6g}", f"{new:.6g}", change(value, new)))
        for key in point["metrics"].keys() - old["metrics"].keys():
            rows.append((name, key, "-", f"{point['metrics'][key]:.6g}", "new"))
        if not rows and old["digest"] != point["digest"]:
            rows.append((name, "digest only", old["digest"], point["digest"], ""))
        yield from sorted(rows, key=lambda r: r[1])
    for left in was.values():
        yield ", ".join(f"{k} {v}" for k, v in left["params"].items()), "the point", "was", "-", "gone"


def table(rows):
    widths = [max(len(r[i]) for r in rows) for i in range(5)]
    for r in rows:
        print("  ".join([r[0].ljust(widths[0]), r[1].ljust(widths[1]), *(r[i].rjust(widths[i]) for i in (2, 3, 4))]).rstrip())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("niclab")
    parser.add_argument("--golden", type=pathlib.Path, default=ROOT / "tests/data/golden.json")
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    today = points_of(arguments.niclab)
    golden = json.loads(arguments.golden.read_text()) if arguments.golden.exists() else []
    rows = list(moves(golden, today))
    if rows:
        table([("point", "figure", "was", "is", "change"), *rows])
    if arguments.update:
        arguments.golden.write_text(json.dumps(today, indent=1) + "\n")
        print(f"golden: {arguments.golden} holds today's {len(today)} points")
        return 0
    print(f"golden: {len(rows)} figures of {len(today)} points moved" if rows else
          f"golden: nothing moved at {len(today)} points")
    return 1 if rows else 0


if __name__ == "__main__":
    sys.exit(main())
