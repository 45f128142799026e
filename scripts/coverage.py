#!/usr/bin/env python3
"""The path map (docs/coverage.md): which rows are implemented where, and which test proves them.

    coverage.py          writes docs/coverage.md from docs/coverage.csv and the tests' names and comments
    coverage.py --check  prints one line a violation, exit code 1 if there is any

docs/coverage.csv is written by hand: id, status (done, partly, not yet), source ("file:name", several separated by
spaces), what the row says, note. A test proves a row if its name carries the row's ID (B_51_...), or a comment in its
body or directly above it does (B-51).
"""
import argparse
import csv
import pathlib
import re
import sys

GROUPS = {
    "A": ("Device, PCIe and driver bring-up", 39),
    "B": ("Transmit: system call to completion", 129),
    "C": ("Receive: DMA to application", 87),
    "D": ("TCP, the stack in general, driver and NIC, buffers and flow control", 43),
    "E": ("Observability: files, counters, command output", 64),
    "F": ("Tunables", 40),
}
STATUSES = ("done", "partly", "not yet")
FIELDS = ["id", "status", "source", "what", "note"]
HEADER = "| ID | What it says | Status | Source | Tests | Note |"

TEST = re.compile(r"^TEST(?:_F|_P)?\(\s*\w+\s*,\s*(\w+)\s*\)")
PYTHON_TEST = re.compile(r"^\s*def (test_\w+)\(")
IN_NAME = re.compile(r"(?:^|_)([A-F])_(\d{2,3})(?=_|$)")
IN_COMMENT = re.compile(r"\b([A-F])-(\d{2,3})\b")
COMMENT = re.compile(r"(?://|#)(.*)$")


def all_ids():
    return [f"{group}-{n:02d}" for group, (_, count) in GROUPS.items() for n in range(1, count + 1)]


def read_rows(root):
    with open(root / "docs/coverage.csv", encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != FIELDS:
            raise SystemExit(f"docs/coverage.csv: expected the columns {', '.join(FIELDS)}")
        return list(reader)


def ids_of(pattern, text):
    return [f"{letter}-{int(number):02d}" for letter, number in pattern.findall(text)]


def tests_of_file(path):
    """Pairs (row, test name) of one file."""
    start = PYTHON_TEST if path.suffix == ".py" else TEST
    name, above = None, []
    for line in path.read_text(encoding="utf-8").splitlines():
        found = start.match(line)
        if found:
            name = found[1]
            yield from ((row, name) for row in ids_of(IN_NAME, name) + above)
            above = []
        comment = COMMENT.search(line)
        rows = ids_of(IN_COMMENT, comment[1]) if comment else []
        if name is not None:
            yield from ((row, name) for row in rows)
            if line == "}":
                name = None
        elif line.lstrip().startswith(("//", "#")):
            above += rows
        else:
            above = []


def read_tests(root):
    """Row -> names of the tests that carry it, each once, in the order of the files."""
    tests = {}
    for path in sorted((root / "tests").rglob("*")):
        if path.suffix not in (".cpp", ".py") or "house" in path.relative_to(root).parts:
            continue
        for row, name in tests_of_file(path):
            names = tests.setdefault(row, [])
            if name not in names:
                names.append(name)
    return tests


def cell(text):
    return text.replace("|", "\\|")


def source_cell(row):
    return "<br>".join(f"`{s}`" for s in row["source"].split())


def tests_cell(names):
    return "<br>".join(f"`{n}`" for n in names)


def line_of(row, names):
    cells = (row["id"], cell(row["what"]), row["status"], source_cell(row), tests_cell(names), cell(row["note"]))
    return "| " + " | ".join(cells) + " |"


INTRODUCTION = """# Coverage of the path map

The path map is a list of numbered statements about the Linux network path: what driver, stack, files, commands and
tunables of Linux 3.13 (and 4.0 where they differ) do. Comments and test names cite it ("path-map B-51", `B_51_…`). This
table says for each row how far niclab follows it.

* **done**: all of it, and at least one test that names the row proves it
* **partly**: a part is missing (the note says which), or no test names the row
* **not yet**

Written by `scripts/coverage.py` from `docs/coverage.csv`, which is kept by hand, and from the tests; `tests/house` checks
it. In the column Source, `file:name` is where to begin reading."""


def document(rows, tests):
    lines = [INTRODUCTION, "", "| Group | Subject | Rows | done | partly | not yet |", "|---|---|---|---|---|---|"]
    for group, (subject, _) in GROUPS.items():
        counts = count([r for r in rows if r["id"][:1] == group])
        lines.append(f"| {group} | {subject} | {sum(counts)} | {counts[0]} | {counts[1]} | {counts[2]} |")
    counts = count(rows)
    lines.append(f"| | All | {sum(counts)} | {counts[0]} | {counts[1]} | {counts[2]} |")
    for group, (subject, _) in GROUPS.items():
        lines += ["", f"## {group}: {subject}", "", HEADER, "|---|---|---|---|---|---|"]
        lines += [line_of(r, tests.get(r["id"], [])) for r in rows if r["id"][:1] == group]
    return "\n".join(lines) + "\n"


def count(rows):
    return [sum(r["status"] == s for r in rows) for s in STATUSES]


def violations_of_row(root, row, tests):
    where = f"docs/coverage.csv: {row['id']}"
    if row["status"] not in STATUSES:
        yield f"{where}: status '{row['status']}', expected {', '.join(STATUSES)}"
    if not row["what"]:
        yield f"{where}: says nothing"
    if row["status"] in ("done", "partly") and not row["source"]:
        yield f"{where}: is {row['status']} but names no source"
    if row["status"] == "done" and not tests.get(row["id"]):
        yield f"{where}: is done but no test carries it"
    for source in row["source"].split():
        file, _, name = source.partition(":")
        if not (root / file).is_file():
            yield f"{where}: no file {file}"
        elif not name or not re.search(rf"\b{re.escape(name)}\b", (root / file).read_text(encoding="utf-8")):
            yield f"{where}: no '{name}' in {file}"


def violations_of_document(root, rows, tests):
    """The page says what the data say; it may lack tests that are newer, but names none that is gone."""
    page = root / "docs/coverage.md"
    written = {}
    for line in page.read_text(encoding="utf-8").splitlines() if page.is_file() else ():
        cells = re.split(r"(?<!\\)\|", line.strip())[1:-1]
        if len(cells) == 6 and re.fullmatch(r" [A-F]-\d+ ", cells[0]):
            written.setdefault(cells[0].strip(), []).append(cells)
    for row in rows:
        lines = written.pop(row["id"], [])
        expected = re.split(r"(?<!\\)\|", line_of(row, []))[1:-1]
        if len(lines) != 1:
            yield f"docs/coverage.md: {row['id']} stands there {len(lines)} times (scripts/coverage.py writes the page)"
            continue
        named = re.findall(r"`([^`]+)`", lines[0][4])
        if lines[0][:4] + lines[0][5:] != expected[:4] + expected[5:]:
            yield f"docs/coverage.md: {row['id']} differs from docs/coverage.csv (scripts/coverage.py writes the page)"
        for name in named:
            if name not in tests.get(row["id"], []):
                yield f"docs/coverage.md: {row['id']}: no test {name} carries it"
        if row["status"] == "done" and not named:
            yield f"docs/coverage.md: {row['id']} is done but names no test"
    for unknown in written:
        yield f"docs/coverage.md: {unknown} is not in docs/coverage.csv"


def violations(root):
    rows, tests, ids = read_rows(root), read_tests(root), all_ids()
    found = [r["id"] for r in rows]
    for row in ids:
        if found.count(row) != 1:
            yield f"docs/coverage.csv: {row} stands there {found.count(row)} times, expected once"
    for row in sorted(set(found) - set(ids)):
        yield f"docs/coverage.csv: {row} is no row of the path map"
    for row in sorted(set(tests) - set(ids)):
        yield f"tests: {', '.join(tests[row])}: {row} is no row of the path map"
    for row in rows:
        yield from violations_of_row(root, row, tests)
    yield from violations_of_document(root, rows, tests)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).parent.parent)
    args = parser.parse_args()
    if args.check:
        wrong = list(violations(args.root))
        print("\n".join(wrong), end="\n" if wrong else "")
        return 1 if wrong else 0
    rows, tests = read_rows(args.root), read_tests(args.root)
    (args.root / "docs/coverage.md").write_text(document(rows, tests), encoding="utf-8")
    print(f"docs/coverage.md: {len(rows)} rows, " + ", ".join(f"{n} {s}" for n, s in zip(count(rows), STATUSES)))
    late = [r["id"] for r in rows if r["status"] == "not yet" and r["id"] in tests]
    if late:
        print(f"not yet, although tests carry them: {', '.join(late)}")
    perhaps = [r["id"] for r in rows if r["status"] == "partly" and not r["note"] and r["id"] in tests]
    if perhaps:
        print(f"partly without a note, although tests carry them: {', '.join(perhaps)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
