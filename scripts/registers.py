#!/usr/bin/env python3
"""docs/registers.md on stdout from the JSON of `niclab regs --json` on stdin."""
import json
import sys

WORDS = {
    "implemented": "behaves as the chip does",
    "stub": "holds its value or reads its reset value; nothing acts on it",
    "omitted": "reads 0, writes are dropped",
}


def number(value):
    return int(value, 0) if isinstance(value, str) else value


def offset(row):
    first, count = number(row["offset"]), row.get("count", 1)
    if count == 1:
        return f"`{first:05X}`"
    return f"`{first:05X}` + `{number(row['stride']):X}`·n, n < {count}"


def cell(text):
    return str(text).replace("|", "\\|")


def main():
    document = json.load(sys.stdin)
    rows = document["registers"] if isinstance(document, dict) else document
    counts = {status: sum(row["status"] == status for row in rows) for status in WORDS}
    print("# Registers\n")
    print("Written by `make docs` from the tables in `hw/registers.cpp` and `hw/register_guide.cpp`; do not edit.")
    print("\"Section\" is that of the fact base ([i350.md](i350.md)). Old addresses of a register (fact base 2.1) reach the same one.\n")
    for status, words in WORDS.items():
        print(f"* **{status}** ({counts[status]}): {words}")
    print("\n| Register | Offset | Access | Reset | Writable | Status | Section | What, and fields with their bits |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        what = row.get("what", row.get("description", ""))
        if fields := row.get("fields"):
            what += ": " + ", ".join(f"{f['name']} {f['bits']}" for f in fields)
        print(
            f"| {row['name']} | {offset(row)} | {row['access']} | `{number(row['reset']):08X}` "
            f"| `{number(row['write_mask']):08X}` | {row['status']} | {row['section']} | {cell(what)} |"
        )


if __name__ == "__main__":
    main()
