#!/usr/bin/env python3
"""The house rules, checked on the source tree (docs/architecture.md).

    house.py includes ROOT                            who may include whom
    house.py headers ROOT --compiler CXX --cache DIR  every public header compiles alone
    house.py text ROOT                                the tree refers to nothing outside itself

Each prints one line a violation and exits 1 if there is any.
"""
import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import re
import subprocess
import sys

ROOMS = ("base", "hw", "rtl", "stack", "driver", "tlm", "firmware", "bridge", "lab")

# What a file may include of the project: prefixes of paths. A file's own room is always allowed. The longest matching
# key counts, so that tlm/core is stricter than tlm.
MAY_INCLUDE = {
    "base/": (),
    "hw/": ("base/",),
    "rtl/": ("base/", "hw/"),
    "stack/": ("base/",),
    "driver/": ("base/", "hw/registers.hpp", "hw/descriptors.hpp", "stack/net_device.hpp", "stack/skbuff.hpp"),
    "tlm/": ("base/", "hw/"),
    "tlm/core/": ("base/",),
    "tlm/rtl/": ("base/", "hw/", "tlm/", "rtl/"),
    "firmware/": ("base/", "hw/"),
    "bridge/": ("base/", "hw/", "tlm/", "driver/"),
    "lab/": tuple(room + "/" for room in ROOMS),
}

# Rooms that know only the standard library, with what they may include besides it.
ONLY_STANDARD_AND = {"base/": (), "hw/": (), "rtl/": ("verilated", "gtkwave/"), "stack/": (), "driver/": (), "tlm/core/": ("boost/", "sanitizer/", "sys/mman.h")}
# Standard headers that would let wall-clock time or threads in.
NOT_IN_SIMULATED_CODE = ("chrono", "ctime", "thread", "mutex", "condition_variable", "future", "atomic")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
OUTSIDE = re.compile(r"(?<!\w)/wo" r"rk/|\.\./sha" r"red")
WARNINGS = "-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror".split()
SYSTEMC = "-DSC_CPLUSPLUS=201703L -DSC_INCLUDE_DYNAMIC_PROCESSES".split()


def row_of(path, table):
    """The longest key of `table` that `path` begins with, or None."""
    keys = [key for key in table if path.startswith(key)]
    return max(keys, key=len) if keys else None


def sources(root, suffixes, folders=ROOMS):
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in suffixes and path.is_file():
                yield path.relative_to(root).as_posix()


def includes(root, path):
    """Pairs (is_project, name) of the includes of a file."""
    text = (root / path).read_text(encoding="utf-8")
    return [(kind == '"', name) for kind, name in INCLUDE.findall(text)]


def check_project_include(path, name):
    row = row_of(path, MAY_INCLUDE)
    if name.startswith(row) or name.startswith(MAY_INCLUDE[row]):
        return None
    return f"{path}: may not include \"{name}\" (allowed: {', '.join((row,) + MAY_INCLUDE[row])})"


def check_system_include(path, name):
    row = row_of(path, ONLY_STANDARD_AND)
    if row is None:
        return None
    if name in NOT_IN_SIMULATED_CODE:
        return f"{path}: <{name}> has no place in simulated code"
    standard = re.fullmatch(r"[a-z_0-9]+", name) and name not in ("systemc", "tlm")
    if standard or name.startswith(ONLY_STANDARD_AND[row]):
        return None
    return f"{path}: may not include <{name}>: {row} uses the standard library only"


def violations_of_includes(root):
    for path in sources(root, (".hpp", ".cpp", ".h", ".inc")):
        for is_project, name in includes(root, path):
            if is_project and not (root / name).is_file():
                yield f'{path}: "{name}" is not a path from the top of the tree'
                continue
            violation = check_project_include(path, name) if is_project else check_system_include(path, name)
            if violation:
                yield violation
    for path in sources(root, (".hpp", ".cpp"), [f"tests/unit/{room}" for room in ("base", "hw", "stack", "driver")]):
        for _, name in includes(root, path):
            if name in ("systemc", "systemc.h", "tlm", "tlm.h"):
                yield f"{path}: <{name}>: tests of this room need no SystemC"


def closure(root, path, seen=None):
    """A header and all project headers it includes, directly or not."""
    seen = set() if seen is None else seen
    if path not in seen and (root / path).is_file():
        seen.add(path)
        for is_project, name in includes(root, path):
            if is_project:
                closure(root, name, seen)
    return seen


def fingerprint(root, path, command):
    digest = hashlib.sha256("\0".join(command).encode())
    for name in sorted(closure(root, path)):
        digest.update(name.encode() + b"\0" + (root / name).read_bytes())
    return digest.hexdigest()


def compile_alone(root, path, compiler, flags, cache):
    command = [compiler, "-std=c++20", "-fsyntax-only", "-x", "c++", "-I", str(root), *WARNINGS, *SYSTEMC, *flags, "-"]
    stamp = cache / fingerprint(root, path, command)
    if stamp.exists():
        return None
    done = subprocess.run(command, cwd=root, input=f'#include "{path}"\n', capture_output=True, text=True, check=False)
    if done.returncode == 0:
        stamp.touch()
        return None
    return f"{path}: does not compile alone\n{done.stderr}"


def shown_by_the_build(root, header):
    """Whether the header is the first thing its own source file includes: the build has then compiled it alone."""
    source = header.removesuffix(".hpp") + ".cpp"
    return (root / source).is_file() and includes(root, source)[:1] == [(True, header)]


def violations_of_headers(root, compiler, flags, cache):
    cache.mkdir(parents=True, exist_ok=True)
    headers = [path for path in sources(root, (".hpp",)) if not shown_by_the_build(root, path)]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        results = pool.map(lambda path: compile_alone(root, path, compiler, flags, cache), headers)
        yield from (violation for violation in results if violation)


def violations_of_text(root):
    for folder, names, files in os.walk(root):
        if pathlib.Path(folder) == root:
            names[:] = [n for n in names if n != ".git" and not re.match(r"build|out", n)]
        names[:] = sorted(n for n in names if n != "__pycache__")
        for file in sorted(files):
            path = pathlib.Path(folder) / file
            data = path.read_bytes() if path.is_file() else b""
            if b"\0" in data:
                continue
            for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
                if OUTSIDE.search(line):
                    yield f"{path.relative_to(root)}:{number}: refers to something outside the tree: {line.strip()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rule", choices=("includes", "headers", "text"))
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--compiler", default="c++")
    parser.add_argument("--flag", action="append", default=[], help="a further compiler flag")
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path("house-cache"))
    args = parser.parse_args()
    root = args.root.resolve()
    found = {
        "includes": lambda: violations_of_includes(root),
        "headers": lambda: violations_of_headers(root, args.compiler, args.flag, args.cache),
        "text": lambda: violations_of_text(root),
    }[args.rule]()
    count = 0
    for violation in found:
        print(violation)
        count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
