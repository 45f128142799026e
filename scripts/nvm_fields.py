#!/usr/bin/env python3
"""Replaces the table of fields in docs/nvm.md by that of `niclab nvm fields --json` on stdin."""
import json
import pathlib
import sys

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs/nvm.md"
HEADING = "## Fields\n"


def default(row):
    if row["default"] is None:
        return "none"
    return f"{row['default']:#06x}" if row["default"] > 15 else str(row["default"])


def table(rows):
    yield "| Word | Bits | Table | Field | Default | Bits from | What |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        source = "2.4.3" if row["documented"] else "ours"
        yield (f"| `{row['word']:02X}` | {row['bits']} | {row['table']} | `{row['name']}` | {default(row)} | {source} "
               f"| {row['description']} |")


def main():
    text = PAGE.read_text(encoding="utf-8")
    before = text[:text.index(HEADING) + len(HEADING)]
    intro = "\nWritten by `make docs` from `hw/nvm_fields.hpp`; do not edit below this line.\n\n"
    PAGE.write_text(before + intro + "\n".join(table(json.load(sys.stdin))) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
