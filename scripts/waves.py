#!/usr/bin/env python3
"""Runs a scenario with waves and shows them in GTKWave; without a display, draws them as PNG files.

    waves.py NICLAB [--scenario FILE] [--out DIR] [--png]

The save files of waves/ go to DIR with the times of this run in them: each line `[*] marker X SIGNAL[=NAME]
[after Y | before Y]` sets marker X at the first event of SIGNAL, or the first time it becomes 1 (or NAME), not before
marker Y; or at the last one not after it.
"""
import argparse
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[1]
WIDTH, SIGNALS = 1680, 340  # pixels: of the picture, and of its part left of the waves
ROW, FRAME = 23, 150         # a line of the picture, and what is not lines


def fail(line):
    print(f"make waves: {line}", file=sys.stderr)
    sys.exit(2)


def need(*commands):
    missing = [c for c in commands if shutil.which(c) is None]
    if missing:
        fail(f"{', '.join(missing)} missing, expected gtkwave, xvfb and imagemagick (scripts/deps.sh --waves installs them)")


def changes(fst, wanted):
    """{signal: [(ps, value)]} of these signals, values as names where the signal has an enumeration."""
    found = {name: [] for name in wanted}
    scopes, names, types, tables, kind, now = [], {}, {}, {}, None, 0
    with subprocess.Popen(["fst2vcd", "-e", str(fst)], stdout=subprocess.PIPE, text=True) as vcd:
        for line in vcd.stdout:
            word = line.split()
            if line.startswith("$scope"):
                scopes.append(word[2])
            elif line.startswith("$upscope"):
                scopes.pop()
            elif line.startswith("$attrbegin misc 07"):
                if word[3] == '""':
                    kind = word[4]
                else:
                    n = int(word[4])
                    tables[word[5 + 2 * n]] = dict(zip(word[5 + n:5 + 2 * n], word[5:5 + n]))
            elif line.startswith("$var"):
                path = ".".join(scopes + [word[4]])
                if path in found:
                    names.setdefault(word[3], []).append(path)
                    types[path], kind = tables.get(kind, {}), None
                kind = None
            elif line.startswith("#"):
                now = int(line[1:])
            elif word and line[0] in "01xzbrs":
                code = word[1] if line[0] in "brs" and len(word) > 1 else line[1:].strip()
                for path in names.get(code, ()):
                    value = word[0][1:] if line[0] in "brs" else line[0]
                    found[path].append((now, types[path].get(value, value)))
    return found


def markers(text, fst):
    """{letter: ps} of the markers a save file asks for."""
    asked = re.findall(r"^\[\*\] marker ([A-Z]) ([^\s=]+)(?:=(\S+))?(?: (after|before) ([A-Z]))?$", text, re.M)
    seen = changes(fst, {signal for _, signal, _, _, _ in asked})
    times = {}
    for letter, signal, name, side, other in asked:
        when = [t for t, v in seen[signal] if v == (name or "1")]
        if side == "before":
            when = [t for t in when if t <= times[other]][-1:]
        when = [t for t in when if side != "after" or t >= times[other]]
        if not when:
            fail(f"{fst}: nothing to put marker {letter} on, expected a change of {signal}")
        times[letter] = when[0]
    return times


def height(text):
    """Pixels a picture of this save file needs."""
    return FRAME + ROW * sum(not line.startswith(("[", "@", "*")) for line in text.splitlines())


def fill(template, out):
    """Writes the save file of this run; returns its path."""
    text = template.read_text()
    times = markers(text, out / "waves.fst")
    first, last = min(times.values()), max(times.values())
    span = (last - first) * 1.15 + 1
    zoom = -math.log2(span / (WIDTH - SIGNALS) * 200)  # GTKWave counts in frames of 200 pixels
    named = " ".join(str(times.get(chr(ord("A") + i), -1)) for i in range(26))
    text = re.sub(r"^\[dumpfile\].*$", f'[dumpfile] "{(out / "waves.fst").resolve()}"', text, flags=re.M)
    text = re.sub(r"^\[timestart\].*$", f"[timestart] {int(first - span * 0.04)}", text, flags=re.M)
    text = re.sub(r"^\[size\].*$", f"[size] {WIDTH} {height(text)}", text, flags=re.M)
    text = re.sub(r"^\*-.*$", f"*{zoom:.6f} {times['A']} {named}", text, flags=re.M)
    save = out / template.name
    save.write_text(text)
    return save


def draw(save, png):
    """A picture of GTKWave showing a save file, on a display of its own."""
    size = height(save.read_text())
    reader, writer = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{WIDTH}x{size}x24", "-nolisten", "tcp"],
                              pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        display = f":{pipe.readline().strip()}"
    environment = {**os.environ, "DISPLAY": display, "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1"}
    viewer = subprocess.Popen(command(save, size), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        last, deadline = b"", time.monotonic() + 60
        while time.monotonic() < deadline:  # until the picture has something on it and stands still
            time.sleep(2)
            subprocess.run(["import", "-window", "root", "-colors", "24", f"PNG8:{png}"], env=environment, check=True,
                           stderr=subprocess.DEVNULL)
            picture = png.read_bytes()
            if len(picture) > 15000 and picture[-5000:] == last:
                break
            last = picture[-5000:]
    finally:
        for process in (viewer, server):
            process.terminate()
            process.wait()


def command(save, size=1050):
    return ["gtkwave", "--rcvar", "splash_disable on", "--rcvar", "hide_sst on", "--rcvar", "do_initial_zoom_fit off",
            "--rcvar", f"initial_window_x {WIDTH}", "--rcvar", f"initial_window_y {size}", "--rcvar", "initial_window_xpos 0",
            "--rcvar", "initial_window_ypos 0", "--rcvar", "fontname_signals Monospace 10", "--rcvar", "fontname_waves Monospace 9",
            "--rcvar", "hier_max_level 2", str(save)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("niclab", type=pathlib.Path)
    parser.add_argument("--scenario", type=pathlib.Path, default=SOURCE / "scenarios/waves.toml")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out/waves"))
    parser.add_argument("--png", action="store_true", help="draw even if there is a display")
    args = parser.parse_args()
    need("gtkwave", "fst2vcd")
    done = subprocess.run([args.niclab, "run", args.scenario, "--waves", "--quiet", "--out", args.out], check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)
    saves = [fill(template, args.out) for template in sorted((SOURCE / "waves").glob("*.gtkw"))]
    print(f"make waves: {args.out}/waves.fst, to be opened with: " + ", ".join(f"gtkwave {s}" for s in saves))
    if os.environ.get("DISPLAY") and not args.png:
        subprocess.run(command(args.out / "transmit.gtkw"), check=False, stderr=subprocess.DEVNULL)
        return
    need("Xvfb", "import")
    for save in saves:
        draw(save, save.with_suffix(".png"))
        print(f"make waves: no display; drawn as {save.with_suffix('.png')}")


if __name__ == "__main__":
    main()
