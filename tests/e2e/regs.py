"""niclab regs: every register with what is known of it, and every field that the source names."""

import json
import re
import unittest

from support import SOURCE, niclab

KEYS = ["name", "offset", "count", "stride", "access", "reset", "write_mask", "status", "chapter", "section", "description", "fields"]


class Regs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rows = json.loads(niclab("regs", "--json").stdout)
        cls.by_name = {row["name"]: row for row in cls.rows}

    def test_every_row_is_whole(self):
        self.assertGreater(len(self.rows), 250)
        for row in self.rows:
            self.assertEqual(list(row), KEYS)
            self.assertIn(row["status"], ("implemented", "stub", "omitted"))
            self.assertRegex(row["section"], r"^2\.\d+(\.\d+)?$")

    def test_omitted_registers_are_listed(self):
        for name in ("VLVF", "HICR", "VMBMEM", "PCS"):
            self.assertEqual(self.by_name[name]["status"], "omitted")

    def test_the_transcription_says_the_same_is_left_out(self):
        rows = [line.split(",") for line in (SOURCE / "tests/data/i350-registers.csv").read_text().splitlines()
                if line[:1] not in "#o" and line]
        left_out = {row[1] for row in rows if row[8] == "no"}
        unaddressed = {"BSCTRH", "MSCTRH"}  # named in the fact base without an address of their own
        self.assertEqual({row["name"] for row in self.rows if row["status"] == "omitted"} - unaddressed, left_out)
        self.assertEqual({row["name"] for row in self.rows} - unaddressed, {row[1] for row in rows})
        for row in rows:
            self.assertEqual(self.by_name[row[1]]["offset"], int(row[0], 0), row[1])
            if row[1] != "FFLT":  # its layout is not stated
                self.assertEqual(self.by_name[row[1]]["count"], int(row[2], 0), row[1])

    def test_no_two_registers_share_an_address(self):
        seen = {}
        for row in self.rows:
            for i in range(row["count"]):
                at = row["offset"] + i * row["stride"]
                self.assertNotIn(at, seen, f"{row['name']} and {seen.get(at)}")
                seen[at] = row["name"]

    def test_fields(self):
        fields = {f["name"]: f["bits"] for f in self.by_name["EITR"]["fields"]}
        self.assertEqual(fields, {"INTERVAL": "14:2", "LLI_EN": "15", "LL_COUNTER": "20:16", "COUNTER": "30:21", "CNT_INGR": "31"})
        self.assertEqual(self.by_name["EITR"]["section"], "2.6.6")

    def test_every_field_the_source_names_is_listed(self):
        text = re.sub(r"//.*", "", (SOURCE / "hw/register_fields.hpp").read_text())
        listed = {(row["name"].lower(), f["name"]) for row in self.rows for f in row["fields"]}
        named = set()
        for register, body in re.findall(r"^namespace (\w+) \{(.*?)^\}", text, re.M | re.S):
            if register in ("niclab", "ivar"):  # ivar: one byte of four
                continue
            names = re.findall(r"(\w+) = bit\(\d+\)", body) + re.findall(r"(\w+)\{\d+, \d+\}", body)
            named |= {(register, name) for name in names if not name.startswith("k")}  # k: sets of fields
        self.assertEqual(named - listed, set())
        self.assertGreater(len(named), 150)

    def test_the_table_says_the_same(self):
        lines = niclab("regs").stdout.splitlines()
        self.assertEqual(len(lines), len(self.rows) + 1)
        self.assertRegex(lines[1], r"^0x00000 +CTRL +1 +0 +mixed +0x00100201 +implemented +2\.3\.1 .*: FD 0, ")


if __name__ == "__main__":
    unittest.main()
